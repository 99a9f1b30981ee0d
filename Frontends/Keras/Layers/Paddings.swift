// Layers that add, remove and repeat rows and columns.

internal import Diagnostics
internal import JSONReading
internal import SpikeIR

extension LayerDefinition {

  /// The layers that change the extent of images.
  static let paddings: [LayerDefinition] = [1, 2].flatMap { rank in
    [
      LayerDefinition(
        "ZeroPadding\(rank)D",
        build: { (call, builder) throws(Diagnostic) in
          let input = try builder.spatialInput(call, rank: rank)
          let pads = try call.config.borders("padding", rank)
          let node = try builder.add(.pad(Pad(pads)), [input], for: call)
          return try builder.spatialOutput(node, call, rank: rank)
        }),
      LayerDefinition(
        "Cropping\(rank)D",
        build: { (call, builder) throws(Diagnostic) in try builder.cropping(call, rank) }),
      LayerDefinition(
        "UpSampling\(rank)D", "nearest neighbour",
        check: { (config) throws(Diagnostic) in
          let method = try config.word("interpolation", default: "nearest")
          guard method == "nearest" else {
            throw .unsupportedOption(
              config.place, "'interpolation' is '\(method)', expected 'nearest'",
              advice: "train with nearest-neighbour interpolation")
          }
        },
        build: { (call, builder) throws(Diagnostic) in
          let input = try builder.spatialInput(call, rank: rank)
          let factors = try call.config.pair("size", rank: rank, default: 2)
          let node = try builder.add(.upsample(Upsample(factors)), [input], for: call)
          return try builder.spatialOutput(node, call, rank: rank)
        }),
    ]
  }
}

extension LayerConfig {

  /// Returns the rows and columns `key`: one number for all borders, one for each dimension, or
  /// two for each dimension.
  fileprivate func borders(_ key: String, _ rank: Int) throws(Diagnostic) -> Padding {
    let expected = "whole numbers of 0 or more, one or two for each dimension"
    guard let value = self[key] else { throw wrong(key, expected: expected) }
    let isFlatPair = rank == 1 && value.elements?.count == 2
    let entries =
      isFlatPair ? [value] : value.elements ?? [JSON](repeating: value, count: rank)
    guard entries.count == rank else { throw wrong(key, expected: expected) }
    var pairs: [[Int]] = []
    for entry in entries {
      let pair = (entry.elements ?? [entry, entry]).compactMap(\.int)
      guard pair.count == 2, pair.allSatisfy({ 0...Window.limit ~= $0 }) else {
        throw wrong(key, expected: expected)
      }
      pairs.append(pair)
    }
    if rank == 1 { pairs.insert([0, 0], at: 0) }
    return Padding(
      top: pairs[0][0], left: pairs[1][0], bottom: pairs[0][1], right: pairs[1][1])
  }
}

extension GraphBuilder {

  fileprivate mutating func cropping(_ call: LayerCall, _ rank: Int) throws(Diagnostic) -> Value {
    let input = try spatialInput(call, rank: rank)
    let shape = graph[input].shape
    let cut = try call.config.borders("cropping", rank)
    let slice = Slice(
      starts: [cut.top, cut.left, 0],
      ends: [shape[0] - cut.bottom, shape[1] - cut.right, shape[2]])
    guard slice.starts[0] < slice.ends[0], slice.starts[1] < slice.ends[1] else {
      throw .badLayer(
        call.place, "cutting \(cut.list) leaves nothing of the operand \(shape)")
    }
    let node = try add(.slice(slice), [input], for: call)
    return try spatialOutput(node, call, rank: rank)
  }
}
