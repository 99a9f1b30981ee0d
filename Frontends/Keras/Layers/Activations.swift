// Layers that are activation functions.

internal import Diagnostics
internal import SpikeIR

extension LayerDefinition {

  /// The layers that are activation functions.
  static let activations: [LayerDefinition] =
    ["ReLU", "LeakyReLU", "ELU", "ThresholdedReLU"].map { className in
      LayerDefinition(
        className,
        check: { (config) throws(Diagnostic) in
          _ = try ActivationFunctions.layer(className, config)
        },
        build: { (call, builder) throws(Diagnostic) in
          let op = try ActivationFunctions.layer(className, call.config)
          return try builder.applyIfAny(op, call)
        })
    } + [
      LayerDefinition(
        "Activation", ActivationFunctions.names.joined(separator: ", "),
        check: { (config) throws(Diagnostic) in _ = try config.activation() },
        build: { (call, builder) throws(Diagnostic) in
          try builder.applyIfAny(try call.config.activation(), call)
        }),
      LayerDefinition(
        "Softmax", "along any one dimension",
        build: { (call, builder) throws(Diagnostic) in
          let input = try call.onlyInput()
          let axis = try call.config.axis(rank: builder.kerasShape(input).rank)
          return try builder.alongLast(.softmax(Softmax()), input, axis: axis, call)
        }),
      LayerDefinition(
        "PReLU", "shared axes",
        weights: { (_) throws(Diagnostic) in WeightCounts(trainable: 1) },
        build: { (call, builder) throws(Diagnostic) in try builder.prelu(call) }),
    ]
}

extension GraphBuilder {

  /// Adds the operator of an activation function to `value`; all but softmax work on any layout.
  mutating func apply(
    _ op: Op, to value: Value, _ call: LayerCall, _ suffix: String? = nil
  ) throws(Diagnostic) -> Value {
    if case .softmax = op {
      return Value(node: try add(op, [try plain(value, for: call)], for: call, suffix))
    }
    return Value(
      node: try add(op, [value.node], for: call, suffix), isChannelsFirst: value.isChannelsFirst)
  }

  /// Adds the operator of a layer, or nothing if the layer is linear.
  mutating func applyIfAny(_ op: Op?, _ call: LayerCall) throws(Diagnostic) -> Value {
    let input = try call.onlyInput()
    guard let op else { return input }
    return try apply(op, to: input, call)
  }

  fileprivate mutating func prelu(_ call: LayerCall) throws(Diagnostic) -> Value {
    let input = try plain(try call.onlyInput(), for: call)
    var shape = graph[input].shape
    let shared = call.config["shared_axes"] == nil ? [] : try call.config.integerList("shared_axes")
    for axis in shared {
      guard 1...max(1, shape.rank) ~= axis, axis <= shape.rank else {
        throw call.config.wrong("shared_axes", expected: "numbers in [1, \(shape.rank)]")
      }
      shape[axis - 1] = 1
    }
    let slope = try weight(call, 0, "alpha", shape)
    return Value(node: try add(.prelu(PReLU(slope: slope)), [input], for: call))
  }
}
