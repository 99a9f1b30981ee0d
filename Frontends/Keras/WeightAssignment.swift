// Which weights of the file belong to which layer. A nested model's group lists the trained
// weights of all its layers first and the others after them.

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

extension ModelSpec {

  /// Gives every layer its weights.
  ///
  /// - Throws: `keras.missing-weights`, for all layers concerned.
  mutating func assignWeights(from file: borrowing WholeModelFile) throws(CompileError) {
    var sink = DiagnosticSink()
    let listed: [String]?
    do throws(Diagnostic) {
      listed = try file.list("layer_names", of: WholeModelFile.weightsGroup)
    } catch {
      throw CompileError(error)
    }
    let known = Set(layers.map(\.name))
    let extra = (listed ?? []).filter { !known.contains($0) }
    for i in layers.indices {
      do throws(Diagnostic) {
        let isListed = listed?.contains(layers[i].name) ?? true
        try layers[i].assignWeights(from: file, isListed: isListed, unknownLayers: extra)
      } catch {
        sink.report(error)
      }
    }
    try sink.throwIfErrors()
  }

  /// Returns the places of this nested model's weights, one list a layer, by replaying the order
  /// in which Keras lists them.
  ///
  /// - Source: the property `weights` of the classes `Layer` and `Model` in tf-keras 2.15 and
  ///   Keras 3.15; orders checked against files of both.
  fileprivate func slots(from start: Int = 0) throws(Diagnostic) -> WeightSlots {
    var next = start
    var parts: [WeightSlots] = []
    for layer in layers { parts.append(try layer.slots(from: &next)) }
    let trainable = parts.flatMap(\.trainable)
    let nonTrainable = parts.flatMap(\.nonTrainable)
    guard !isTrainable else {
      return WeightSlots(trainable: trainable, nonTrainable: nonTrainable, count: next - start)
    }
    let all: [Int]
    switch layers.first?.config.generation {
    case .three: all = parts.flatMap { $0.inLayerOrder }
    case .two, nil: all = trainable + nonTrainable
    }
    return WeightSlots(trainable: [], nonTrainable: all, count: next - start)
  }
}

/// The weights of a layer or nested model as numbers, each standing for a weight of one layer,
/// counted layer by layer; in the two lists that Keras keeps.
private struct WeightSlots {

  /// The trained weights, in order.
  var trainable: [Int]

  /// The others, in order.
  var nonTrainable: [Int]

  /// How many numbers were given.
  var count: Int

  /// The weights in the order of the layers.
  var inLayerOrder: [Int] { (trainable + nonTrainable).sorted() }
}

extension LayerSpec {

  /// Gives the layer, or the layers of the nested model, their weights.
  fileprivate mutating func assignWeights(
    from file: borrowing WholeModelFile, isListed: Bool, unknownLayers: [String]
  ) throws(Diagnostic) {
    var next = 0
    let slots = try slots(from: &next)
    guard next > 0 else { return }
    let group = "\(WholeModelFile.weightsGroup)/\(name)"
    guard isListed, let paths = try file.weights(ofLayer: name) else {
      let names = unknownLayers.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
      throw .missingWeights(
        config.place, "its weights are missing, expected \(next)", at: group,
        notes: names.isEmpty ? [] : ["the file has weights of \(names), which are not layers"])
    }
    guard paths.count == next else {
      throw .missingWeights(
        config.place, "found \(paths.count) weights, expected \(next)", at: group)
    }
    // The k-th path of the file belongs to the k-th slot of Keras's order.
    var bySlot = paths
    for (path, slot) in zip(paths, slots.trainable + slots.nonTrainable) { bySlot[slot] = path }
    var rest = bySlot[...]
    try take(from: &rest)
  }

  /// Takes the layer's weights off a list in the order of the layers.
  private mutating func take(from list: inout ArraySlice<WeightPath>) throws(Diagnostic) {
    guard model == nil else {
      for i in model?.layers.indices ?? 0..<0 { try model?.layers[i].take(from: &list) }
      return
    }
    let count = try weightCounts().total
    weights = Array(list.prefix(count))
    list = list.dropFirst(count)
  }

  /// Returns the layer's weights as numbers from `next` on.
  fileprivate func slots(from next: inout Int) throws(Diagnostic) -> WeightSlots {
    if let model {
      let slots = try model.slots(from: next)
      next += slots.count
      return slots
    }
    let counts = try weightCounts()
    let trainable = Array(next..<next + counts.trainable)
    let nonTrainable = Array(next + counts.trainable..<next + counts.total)
    next += counts.total
    return config.isTrainable
      ? WeightSlots(trainable: trainable, nonTrainable: nonTrainable, count: counts.total)
      : WeightSlots(trainable: [], nonTrainable: trainable + nonTrainable, count: counts.total)
  }

  private func weightCounts() throws(Diagnostic) -> WeightCounts {
    try LayerDefinition.named(config.className)?.weights(config) ?? WeightCounts()
  }
}
