// What is checked of a model before anything is built, so that all of it is reported at once.

internal import Diagnostics

extension ONNXModel {

  /// The oldest version of the standard operators that is read.
  static let oldestOpset = 7

  /// The newest version of the standard operators that was known when this was written.
  static let newestOpset = 27

  /// The inputs that are given when the network runs: those that are no initializers.
  var networkInputs: [ONNXValueInfo] {
    let constants = Set(graph.initializers.map(\.name))
    return graph.inputs.filter { !constants.contains($0.name) }
  }

  /// Checks that the version of the standard operators is one that is read; an older one will do
  /// if no operator of the network has changed since.
  ///
  /// - Throws: `onnx.unsupported-opset`.
  func checkOpset(_ nodes: [PlannedNode]) throws(CompileError) {
    guard let opset else {
      throw CompileError(
        .unsupportedOpset(path, "the file names no version of the standard operators"))
    }
    let isUnchanged = !nodes.contains {
      OperatorDefinition.of($0.node)?.traits.contains(.changedInOpset7) ?? false
    }
    guard opset >= ONNXModel.oldestOpset || (opset >= 1 && isUnchanged) else {
      throw CompileError(
        .unsupportedOpset(
          path,
          "found version \(opset) of the standard operators, expected "
            + "\(ONNXModel.oldestOpset) to \(ONNXModel.newestOpset)"))
    }
  }

  /// Returns the nodes that the outputs need, operands first.
  func plannedNodes() throws(Diagnostic) -> [PlannedNode] {
    guard !graph.outputs.isEmpty else {
      throw .badOutput(path, "the model has no outputs, expected at least one")
    }
    let defined = Set(graph.initializers.map(\.name) + graph.inputs.map(\.name))
    return try ordered(
      try inlinedNodes(), outputs: graph.outputs.map(\.name), defined: defined, file: path)
  }

  /// Checks that all operators are known, and that none has operands that would not be looked at.
  ///
  /// - Throws: one diagnostic for each node whose operator is not known or has too many operands.
  func checkOperators(_ nodes: [PlannedNode]) throws(CompileError) {
    var sink = DiagnosticSink()
    for planned in nodes {
      let node = planned.node
      let site = NodeSite(node, file: path)
      guard let definition = OperatorDefinition.of(node) else {
        sink.report(
          .unsupportedOperator(
            site, domain: node.domain, advice: advice(on: node.opType, domain: node.domain)))
        continue
      }
      // Optional operands at the end may be written as left out.
      let count = (node.inputs.lastIndex { !$0.isEmpty } ?? -1) + 1
      guard count > definition.operands else { continue }
      let operands = count == 1 ? "an operand" : "\(count) operands"
      sink.report(.badNode(site, "has \(operands), accepted are \(definition.operands)"))
    }
    try sink.throwIfErrors()
  }
}

/// Returns what to do about an operator that is not supported.
private func advice(on opType: String, domain: String) -> String {
  if domain == "com.microsoft" {
    return "export the model without onnxruntime's own optimizations"
  }
  guard domain.isEmpty else {
    return "export the model with operators of the standard only"
  }
  switch opType {
  case "LSTM", "GRU", "RNN", "Scan", "Loop":
    return "recurrent networks are not supported; use convolutions over time"
  case "If":
    return "export with fixed shapes and constant folding, which decides the condition"
  case "LayerNormalization", "InstanceNormalization", "GroupNormalization", "RMSNormalization",
    "LRN", "MeanVarianceNormalization":
    return "its statistics depend on the input; train with BatchNormalization instead"
  case "Attention", "RotaryEmbedding":
    return "attention multiplies values with each other, which spikes do not compute"
  case "MatMulInteger", "ConvInteger", "DynamicQuantizeLinear":
    return "quantize the model statically: its scales must be constants"
  default:
    return "'spikec list layers' shows what is supported; replace the operator and export again"
  }
}
