// The dense layer.

internal import Diagnostics
internal import SpikeIR

extension LayerDefinition {

  /// The dense layer.
  static let dense: [LayerDefinition] = [
    LayerDefinition(
      "Dense", "along the last dimension",
      weights: { (config) throws(Diagnostic) in
        WeightCounts(trainable: try config.usesBias() ? 2 : 1)
      },
      check: { (config) throws(Diagnostic) in
        _ = try config.activation()
        _ = try config.usesBias()
      },
      build: { (call, builder) throws(Diagnostic) in try builder.dense(call) })
  ]
}

extension GraphBuilder {

  fileprivate mutating func dense(_ call: LayerCall) throws(Diagnostic) -> Value {
    let input = try plain(try call.onlyInput(), for: call)
    let shape = graph[input].shape
    guard shape.rank >= 1 else { throw .badRank(call.place, shape, expected: 1) }
    let units = try call.config.integer("units", atLeast: 1)
    let kernel = try weight(call, 0, "kernel", [shape.channels, units])
    let bias = try call.config.usesBias() ? try weight(call, 1, "bias", [units]) : nil
    var node = try add(.dense(Dense(kernel: kernel, bias: bias)), [input], for: call)
    if let op = try call.config.activation() {
      node = try add(op, [node], for: call, "activation")
    }
    return Value(node: node)
  }
}
