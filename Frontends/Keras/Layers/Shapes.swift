// Layers that change the shape and nothing else.

internal import Diagnostics
internal import SpikeIR

extension LayerDefinition {

  /// The layers that change the shape.
  static let shapes: [LayerDefinition] = [
    LayerDefinition(
      "Flatten",
      check: { (config) throws(Diagnostic) in _ = try config.isChannelsFirst() },
      build: { (call, builder) throws(Diagnostic) in try builder.flatten(call) }),
    LayerDefinition(
      "Reshape", "one extent may be inferred",
      build: { (call, builder) throws(Diagnostic) in
        // The operation of the same name counts the batch, the layer does not.
        if call.config["newshape"] != nil {
          let extents = try call.config.integerList("newshape")
          return try builder.reshape(call, Array(extents.dropFirst()), "newshape")
        }
        let extents = try call.config.integerList("target_shape")
        return try builder.reshape(call, extents, "target_shape")
      }),
    LayerDefinition(
      "Permute", build: { (call, builder) throws(Diagnostic) in try builder.permute(call) }),
    LayerDefinition(
      "RepeatVector",
      build: { (call, builder) throws(Diagnostic) in try builder.repeatVector(call) }),
  ]
}

extension GraphBuilder {

  fileprivate mutating func flatten(_ call: LayerCall) throws(Diagnostic) -> Value {
    let input = try call.onlyInput()
    let shape = kerasShape(input)
    // Keras moves the channels to the end before it flattens.
    var node: NodeID
    if try call.config.isChannelsFirst(), shape.rank >= 2 {
      if shape.rank == 3 {
        node = try image(input, isChannelsFirst: true, for: call)
      } else {
        let order = Array(1..<shape.rank) + [0]
        node = try add(
          .transpose(Transpose(order)), [try plain(input, for: call)], for: call, "channels-last")
      }
    } else {
      node = try plain(input, for: call)
    }
    guard shape.rank != 1 else { return Value(node: node) }
    node = try add(.reshape(Reshape([shape.count])), [node], for: call)
    return Value(node: node)
  }

  /// Adds a reshaping to `extents`, of which one may be −1.
  mutating func reshape(
    _ call: LayerCall, _ extents: [Int], _ key: String
  ) throws(Diagnostic) -> Value {
    let node = try plain(try call.onlyInput(), for: call)
    let count = graph[node].shape.count
    let asked = extents
    var extents = extents
    let unknown = extents.indices.filter { extents[$0] == -1 }
    guard unknown.count <= 1, extents.allSatisfy({ $0 == -1 || $0 >= 1 }) else {
      throw call.config.wrong(key, expected: "extents of 1 or more, at most one of them -1")
    }
    if let i = unknown.first {
      extents[i] = 1
      guard let rest = Shape(extents).checkedCount, count % rest == 0 else {
        throw .badLayer(
          call.place, "\(count) elements cannot be reshaped to \(asked)")
      }
      extents[i] = count / rest
    }
    return Value(node: try add(.reshape(Reshape(Shape(extents))), [node], for: call))
  }

  fileprivate mutating func permute(_ call: LayerCall) throws(Diagnostic) -> Value {
    let node = try plain(try call.onlyInput(), for: call)
    let rank = graph[node].shape.rank
    let dims = try call.config.integerList("dims")
    guard dims.sorted() == Array(1..<rank + 1) else {
      throw call.config.wrong("dims", expected: "a permutation of \(Array(1..<rank + 1))")
    }
    return Value(
      node: try add(.transpose(Transpose(dims.map { $0 - 1 })), [node], for: call))
  }

  fileprivate mutating func repeatVector(_ call: LayerCall) throws(Diagnostic) -> Value {
    let input = try plain(try call.onlyInput(), for: call)
    let shape = graph[input].shape
    guard shape.rank == 1 else { throw .badRank(call.place, shape, expected: 1) }
    let count = try call.config.integer("n", atLeast: 1)
    let pixel = try add(.reshape(Reshape([1, 1, shape[0]])), [input], for: call, "expand")
    let line = try add(.upsample(Upsample(Pair(1, count))), [pixel], for: call)
    return Value(
      node: try add(.reshape(Reshape([count, shape[0]])), [line], for: call, "squeeze"))
  }
}
