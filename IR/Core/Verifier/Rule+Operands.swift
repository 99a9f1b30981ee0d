// Rules on the values of an `ann` graph: they exist, and operands are computed first.

internal import Diagnostics

extension VerifierRule<ANNGraph> {

  /// Operands and outputs exist; operands are computed by earlier nodes.
  static var operandsComeFirst: Self {
    Self(
      ["ir.bad-operand", "ir.use-before-def", "ir.bad-output"],
      "Operands and outputs are values of the graph; an operand is computed by an earlier node."
    ) { graph, sink in
      for id in graph.ids {
        for input in graph[id].inputs where input >= id {
          sink.report(
            graph.nodes.find(input) == nil
              ? .badOperand(input, at: graph.site(id)) : .useBeforeDef(input, at: graph.site(id)))
        }
      }
      for output in graph.outputs where graph.nodes.find(output) == nil {
        sink.report(.badOutput(output, of: graph.name))
      }
    }
  }

  /// The network has at least one input and one output.
  static var hasInputAndOutput: Self {
    Self(
      ["ir.no-input", "ir.no-output"], "The network has at least one input and one output."
    ) { graph, sink in
      if graph.inputs.isEmpty { sink.report(.noInput(of: graph.name)) }
      if graph.outputs.isEmpty { sink.report(.noOutput(of: graph.name)) }
    }
  }
}

extension Diagnostic {

  /// Returns an error about an operand that names no value.
  fileprivate static func badOperand(_ id: NodeID, at site: Site) -> Diagnostic {
    .error("ir.bad-operand", "the operand \(id) names no value of the graph", at: site)
  }

  /// Returns an error about an operand that is computed by the node itself or a later one.
  fileprivate static func useBeforeDef(_ id: NodeID, at site: Site) -> Diagnostic {
    .error("ir.use-before-def", "the operand \(id) is used before it is computed", at: site)
  }

  /// Returns an error about an output that names no value.
  fileprivate static func badOutput(_ id: NodeID, of graph: String) -> Diagnostic {
    .error("ir.bad-output", "the output \(id) names no value of the graph", at: .entity(graph))
  }

  /// Returns an error about a network without an input.
  static func noInput(of graph: String) -> Diagnostic {
    .error("ir.no-input", "the network has no input, expected at least one", at: .entity(graph))
  }

  /// Returns an error about a network without an output.
  static func noOutput(of graph: String) -> Diagnostic {
    .error("ir.no-output", "the network has no output, expected at least one", at: .entity(graph))
  }
}
