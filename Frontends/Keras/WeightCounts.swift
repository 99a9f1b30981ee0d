// How many weights layers have.

internal import Diagnostics

/// How many weights a layer has.
struct WeightCounts: Hashable, Sendable {

  /// The weights that training changes, unless the layer is frozen.
  var trainable = 0

  /// The weights that training does not change.
  var nonTrainable = 0

  /// All weights.
  var total: Int { trainable + nonTrainable }
}

extension LayerSpec {

  /// Returns how many weights the layer itself has, none for a model.
  ///
  /// - Throws: what wrong options throw.
  func weightCounts() throws(Diagnostic) -> WeightCounts {
    guard model == nil else { return WeightCounts() }
    return try LayerDefinition.named(config.className)?.weights(config) ?? WeightCounts()
  }

  /// Returns how many weights the layer has, all layers of a nested model counted.
  ///
  /// - Throws: what wrong options throw.
  func weightCount() throws(Diagnostic) -> Int {
    guard let model else { return try weightCounts().total }
    var sum = 0
    for layer in model.layers { sum += try layer.weightCount() }
    return sum
  }
}
