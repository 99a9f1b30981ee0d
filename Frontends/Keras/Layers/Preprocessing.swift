// Layers that prepare the data: affine functions with constants, and data augmentation, which
// does nothing when a network is used.

internal import Diagnostics
internal import SpikeIR

extension LayerDefinition {

  /// The layers that scale and shift.
  static let preprocessings: [LayerDefinition] = [
    LayerDefinition(
      "Rescaling", "by one number or one a channel",
      check: { (config) throws(Diagnostic) in
        _ = try config.constant("scale")
        _ = try config.constant("offset")
      },
      build: { (call, builder) throws(Diagnostic) in try builder.rescaling(call) }),
    LayerDefinition(
      "Normalization", "adapted or with given statistics, along any dimensions, inverted or not",
      weights: { (config) throws(Diagnostic) in
        // mean, variance and the number of samples they come from.
        WeightCounts(nonTrainable: config["mean"] == nil ? 3 : 0)
      },
      build: { (call, builder) throws(Diagnostic) in try builder.normalization(call) }),
  ]

  /// The layers that do nothing when a network is used.
  static let dropped: [LayerDefinition] =
    [
      "Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout",
      "AlphaDropout", "ActivityRegularization", "Identity", "RandomFlip", "RandomRotation",
      "RandomZoom", "RandomTranslation", "RandomContrast", "RandomBrightness",
    ].map { className in
      LayerDefinition(
        className, "left out",
        build: { (call, _) throws(Diagnostic) in try call.onlyInput() })
    }
}

extension GraphBuilder {

  fileprivate mutating func rescaling(_ call: LayerCall) throws(Diagnostic) -> Value {
    let input = try plain(try call.onlyInput(), for: call)
    func tensor(
      _ key: String, _ builder: inout GraphBuilder
    ) throws(Diagnostic) -> TensorID? {
      guard let array = try call.config.constant(key) else { return nil }
      let shape = array.extents.isEmpty ? Shape([1]) : Shape(array.extents)
      return builder.constant(call, key, shape, array.numbers.map { Float($0) })
    }
    let factor = try tensor("scale", &self)
    let offset = try tensor("offset", &self)
    return Value(
      node: try add(.scale(Scale(factor: factor, offset: offset)), [input], for: call))
  }

  /// Adds (x − mean) / max(√variance, ε), or its inverse; ε is 10⁻⁷.
  ///
  /// - Source: the layer `Normalization` of tf-keras 2.15 and Keras 3.15.
  fileprivate mutating func normalization(_ call: LayerCall) throws(Diagnostic) -> Value {
    let input = try plain(try call.onlyInput(), for: call)
    let shape = graph[input].shape
    let axes = try call.config.keptAxes(rank: shape.rank)
    let kept = Shape(axes.map { shape[$0] })
    let broadcast = Shape(shape.extents.indices.map { axes.contains($0) ? shape[$0] : 1 })
    let mean = try statistics(call, "mean", 0, kept)
    let variance = try statistics(call, "variance", 1, kept)
    guard variance.allSatisfy({ $0 >= 0 }) else {
      throw .badLayer(call.place, "the variance has a negative element")
    }
    let deviations = variance.map { max($0.squareRoot(), 1e-7) }
    let isInverted = try call.config.flag("invert", default: false)
    let factors = deviations.map { Float(isInverted ? $0 : 1 / $0) }
    let offsets = zip(mean, deviations).map { m, d in Float(isInverted ? m : -m / d) }
    let op = Scale(
      factor: constant(call, "factor", broadcast, factors),
      offset: constant(call, "offset", broadcast, offsets))
    return Value(node: try add(.scale(op), [input], for: call))
  }

  /// Returns the statistics `key`, of shape `kept`, from the options or from the weights.
  private func statistics(
    _ call: LayerCall, _ key: String, _ index: Int, _ kept: Shape
  ) throws(Diagnostic) -> [Double] {
    guard call.config["mean"] != nil else {
      return try floats(call, index, key, kept).map { Double($0) }
    }
    guard let array = try call.config.constant(key) else {
      throw call.config.wrong(key, expected: "finite numbers")
    }
    if array.numbers.count == 1 {
      return [Double](repeating: array.numbers[0], count: kept.count)
    }
    guard array.numbers.count == kept.count else {
      throw call.config.wrong(key, expected: "\(kept.count) numbers")
    }
    return array.numbers
  }
}

extension LayerConfig {

  /// Returns the dimensions that have their own statistics, ascending, counted without the batch.
  fileprivate func keptAxes(rank: Int) throws(Diagnostic) -> [Int] {
    guard self["axis"] != nil else { return [] }
    var result: Set<Int> = []
    for axis in try integerList("axis") {
      let index = axis < 0 ? axis + rank : axis - 1
      guard 0..<rank ~= index else {
        throw wrong("axis", expected: "dimensions of an operand of rank \(rank + 1)")
      }
      result.insert(index)
    }
    return result.sorted()
  }
}
