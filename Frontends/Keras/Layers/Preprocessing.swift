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
    let isInverted = try call.config.flag("invert", default: false)
    let place = call.place
    let deviations = variance.map(count: kept.count) { elements throws(Diagnostic) in
      guard elements.allSatisfy({ $0 >= 0 }) else {
        throw .badLayer(place, "the variance has a negative element")
      }
      return elements.map { max($0.squareRoot(), 1e-7) }
    }
    let factors = deviations.map(count: kept.count) { deviations in
      isInverted ? deviations : deviations.map { 1 / $0 }
    }
    let offsets = mean.map(count: kept.count) { mean throws(Diagnostic) in
      isInverted ? mean : zip(mean, try deviations.load()).map { m, d in -m / d }
    }
    let op = Scale(
      factor: computed(call, "factor", broadcast, factors),
      offset: computed(call, "offset", broadcast, offsets))
    return Value(node: try add(.scale(op), [input], for: call))
  }

  /// Returns the statistics `key`, of shape `kept`, from the options or from the weights.
  private mutating func statistics(
    _ call: LayerCall, _ key: String, _ index: Int, _ kept: Shape
  ) throws(Diagnostic) -> DeferredElements {
    guard call.config["mean"] != nil else { return try elements(call, index, key, kept) }
    guard let array = try call.config.constant(key) else {
      throw call.config.wrong(key, expected: "finite numbers")
    }
    guard array.numbers.count == 1 || array.numbers.count == kept.count else {
      throw call.config.wrong(key, expected: "\(kept.count) numbers")
    }
    let numbers = array.numbers.map { Float($0) }
    return DeferredElements(count: kept.count) { () throws(Diagnostic) in
      numbers.count == 1 ? [Float](repeating: numbers[0], count: kept.count) : numbers
    }
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
