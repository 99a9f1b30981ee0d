// Pooling over windows and over everything, in one and two dimensions.

internal import Diagnostics
internal import SpikeIR

extension LayerDefinition {

  /// The pooling layers.
  static let poolings: [LayerDefinition] = [1, 2].flatMap { rank in
    [Pool.Kind.maximum, .average].flatMap { kind in
      let word = kind == .maximum ? "Max" : "Average"
      return [
        LayerDefinition(
          "\(word)Pooling\(rank)D", "padding valid, same",
          check: { (config) throws(Diagnostic) in
            _ = try config.padding()
            _ = try config.isChannelsFirst()
          },
          build: { (call, builder) throws(Diagnostic) in
            try builder.pooling(call, kind, rank)
          }),
        LayerDefinition(
          "Global\(word)Pooling\(rank)D", "keepdims",
          check: { (config) throws(Diagnostic) in _ = try config.isChannelsFirst() },
          build: { (call, builder) throws(Diagnostic) in
            let keeps = try call.config.flag("keepdims", default: false)
            return try builder.globalPooling(call, kind, rank, keepsDimensions: keeps)
          }),
      ]
    }
  }
}

extension GraphBuilder {

  fileprivate mutating func pooling(
    _ call: LayerCall, _ kind: Pool.Kind, _ rank: Int
  ) throws(Diagnostic) -> Value {
    let input = try spatialInput(call, rank: rank)
    let size = try call.config.pair("pool_size", rank: rank, default: 2)
    let strides =
      call.config["strides"] == nil ? size : try call.config.pair("strides", rank: rank)
    let window = Window(
      size: size, strides: strides, mode: try call.config.padding(), over: graph[input].shape)
    let node = try add(.pool(Pool(kind, window: window)), [input], for: call)
    return try spatialOutput(node, call, rank: rank)
  }

  /// Adds pooling over the whole extent.
  mutating func globalPooling(
    _ call: LayerCall, _ kind: Pool.Kind, _ rank: Int, keepsDimensions: Bool
  ) throws(Diagnostic) -> Value {
    let input = try spatialInput(call, rank: rank)
    let shape = graph[input].shape
    let window = Window(size: Pair(shape[0], shape[1]))
    let node = try add(.pool(Pool(kind, window: window)), [input], for: call)
    guard !keepsDimensions else { return try spatialOutput(node, call, rank: rank) }
    return Value(
      node: try add(.reshape(Reshape([shape[2]])), [node], for: call, "squeeze"))
  }
}
