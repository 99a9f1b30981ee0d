// The problems that the executor of tensor graphs reports.

internal import Diagnostics
internal import SpikeIR

extension Diagnostic {

  /// Returns an error about an operator that only a plugin knows.
  static func unsupportedOperator(_ name: String) -> Diagnostic {
    .error(
      "interpreter.unsupported-operator", "the operator '\(name)' cannot be executed",
      notes: ["let the plugin that made it replace it with built-in operators"])
  }

  /// Returns an error about a node that uses a value computed later, or not at all.
  static func useBeforeDefinition(_ node: Node) -> Diagnostic {
    .error("interpreter.bad-graph", "'\(node.name)' uses a value that is not computed before it")
  }

  /// Returns an error about an output that is not a node of the graph.
  static func unknownOutput(_ id: NodeID) -> Diagnostic {
    .error("interpreter.bad-graph", "the output \(id) is not a value of the graph")
  }

  /// Returns an error about an input node that has operands.
  static func inputWithOperands(_ node: Node) -> Diagnostic {
    .error(
      "interpreter.bad-graph", "input '\(node.name)' has \(node.inputs.count) operands, expected 0")
  }

  /// Returns an error about a node whose shape is not what its operator computes.
  static func shapeMismatch(_ node: Node, expected: Shape) -> Diagnostic {
    .error(
      "interpreter.bad-graph", "'\(node.name)' says shape \(node.shape), computes \(expected)")
  }

  /// Returns an error about a value with more elements than the executor takes.
  static func valueTooLarge(_ shape: Shape) -> Diagnostic {
    .error(
      "interpreter.value-too-large",
      "a value of shape \(shape) has no elements or more than \(largestValue)")
  }

  /// Returns an error about a sample that has not as many inputs as the network.
  static func wrongInputCount(_ found: Int, expected: Int) -> Diagnostic {
    .error(
      "interpreter.bad-input", "a sample has \(found, of: "input"), the network takes \(expected)")
  }

  /// Returns an error about an input that has not as many elements as the network takes.
  static func wrongInputSize(_ found: Int, of name: String, expected: Shape) -> Diagnostic {
    .error(
      "interpreter.bad-input",
      "a sample has \(found, of: "element") for input '\(name)', expected \(expected.count) for "
        + "shape \(expected)", at: .entity(name))
  }
}
