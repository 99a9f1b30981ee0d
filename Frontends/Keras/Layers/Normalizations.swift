// Batch normalization along any dimension.

internal import Diagnostics
internal import SpikeIR

extension LayerDefinition {

  /// The normalizations with moving statistics.
  static let normalizations: [LayerDefinition] = [
    "BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization",
  ].map { className in
    LayerDefinition(
      className, "along any one dimension, with moving statistics",
      weights: { (config) throws(Diagnostic) in
        let scale = try config.flag("scale", default: true) ? 1 : 0
        let center = try config.flag("center", default: true) ? 1 : 0
        return WeightCounts(trainable: scale + center, nonTrainable: 2)
      },
      check: { (config) throws(Diagnostic) in
        guard try !config.flag("renorm", default: false) else {
          throw .unsupportedOption(config.place, "'renorm' is true, expected false")
        }
      },
      build: { (call, builder) throws(Diagnostic) in try builder.batchNormalization(call) })
  }
}

extension LayerConfig {

  /// Returns the one dimension `axis`, counted without the batch, of an operand of the given rank.
  ///
  /// - Throws: `keras.bad-layer` or, if it is the batch or there are several,
  ///   `keras.unsupported-option`.
  func axis(rank: Int, default fallback: Int = -1) throws(Diagnostic) -> Int {
    let axes = self["axis"] == nil ? [fallback] : try integerList("axis")
    guard let axis = axes.first, axes.count == 1 else {
      throw .unsupportedOption(place, "'axis' is \(axes), expected a single dimension")
    }
    guard -rank - 1...rank ~= axis else {
      throw wrong("axis", expected: "a number in [\(-rank - 1), \(rank)]")
    }
    let index = axis < 0 ? axis + rank : axis - 1
    guard index >= 0 else {
      throw .unsupportedOption(place, "'axis' is the batch, expected another dimension")
    }
    return index
  }
}

extension GraphBuilder {

  fileprivate mutating func batchNormalization(_ call: LayerCall) throws(Diagnostic) -> Value {
    let input = try call.onlyInput()
    let shape = kerasShape(input)
    let axis = try call.config.axis(rank: shape.rank)
    let op = try batchNorm(call, channels: shape[axis])
    return try alongLast(.batchNorm(op), input, axis: axis, call)
  }

  /// Adds an operator that works along the last dimension, to work along dimension `axis`.
  mutating func alongLast(
    _ op: Op, _ input: Value, axis: Int, _ call: LayerCall
  ) throws(Diagnostic) -> Value {
    let rank = kerasShape(input).rank
    if rank == 3, axis == 0 {
      let image = try image(input, isChannelsFirst: true, for: call)
      return Value(node: try add(op, [image], for: call), isChannelsFirst: true)
    }
    let node = try plain(input, for: call)
    guard axis != rank - 1 else { return Value(node: try add(op, [node], for: call)) }
    let order = (0..<rank).filter { $0 != axis } + [axis]
    let back = (0..<rank).map { i in order.firstIndex(of: i) ?? i }
    let moved = try add(.transpose(Transpose(order)), [node], for: call, "axis-last")
    let result = try add(op, [moved], for: call)
    return Value(node: try add(.transpose(Transpose(back)), [result], for: call, "axis-back"))
  }

  private mutating func batchNorm(
    _ call: LayerCall, channels: Int
  ) throws(Diagnostic) -> BatchNorm {
    let config = call.config
    let epsilon = try config.number("epsilon", default: 1e-3)
    guard epsilon >= 0 else { throw config.wrong("epsilon", expected: "0 or more") }
    var next = 0
    func take() -> Int {
      defer { next += 1 }
      return next
    }
    let scale =
      try config.flag("scale", default: true)
      ? try weight(call, take(), "gamma", [channels]) : nil
    let offset =
      try config.flag("center", default: true)
      ? try weight(call, take(), "beta", [channels]) : nil
    let mean = try weight(call, take(), "mean", [channels])
    let place = call.place
    let variance = try weight(call, take(), "variance", [channels]) {
      (elements, site) throws(Diagnostic) in
      let smallest = elements.min() ?? 0
      guard smallest >= 0, smallest + Float(epsilon) > 0 else {
        throw .badWeights(
          place, "the variance has an element \(smallest), expected positive ones", at: site)
      }
    }
    return BatchNorm(
      scale: scale, offset: offset, mean: mean, variance: variance, epsilon: Float(epsilon))
  }
}
