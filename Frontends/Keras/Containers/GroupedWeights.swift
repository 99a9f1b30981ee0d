// The weights of legacy HDF5 files: a group for each layer of the model, which lists its weights
// in order; those of a nested model stand in one list, the trained ones first.

internal import Diagnostics
internal import SpikeIR

/// Weights in groups that are named after layers.
struct GroupedWeights: WeightLayout {

  /// The file.
  var arrays: ArrayFile

  /// The group of the groups, `/` if they are at the root.
  var group: String

  /// `true` iff the description comes from elsewhere: then every weight of the file must be used,
  /// and layers may have other names.
  var isComplete = false

  /// How the kernels of convolutions lie in the file.
  var convention = KernelConvention()

  /// Gives every layer of `model` its weights.
  ///
  /// - Throws: `keras.missing-weights` and `keras.unmatched-weights`, for all layers concerned.
  func assign(to model: inout ModelSpec, sink: inout DiagnosticSink) throws(CompileError) {
    let listed = try liftingDiagnostic { () throws(Diagnostic) in
      try arrays.list("layer_names", of: group)
    }
    var problems = DiagnosticSink()
    let groups = matched(model, listed, &sink, &problems)
    let unknown = (listed ?? []).filter { name in !model.layers.contains { $0.name == name } }
    for i in model.layers.indices {
      do throws(Diagnostic) {
        try assign(to: &model.layers[i], groups[model.layers[i].name], unknown)
      } catch {
        problems.report(error)
      }
    }
    try problems.throwIfErrors()
  }

  /// Returns the name of each layer's group: its own, or, where names differ because a network was
  /// built anew, the one at the same position among those that have weights.
  private func matched(
    _ model: ModelSpec, _ listed: [String]?, _ sink: inout DiagnosticSink,
    _ problems: inout DiagnosticSink
  ) -> [String: String] {
    let layers = model.layers.map(\.name)
    guard let listed else { return Dictionary(uniqueKeysWithValues: layers.map { ($0, $0) }) }
    let known = Set(listed)
    let byName = Dictionary(
      uniqueKeysWithValues: layers.filter { known.contains($0) }.map { ($0, $0) })
    guard isComplete else { return byName }
    let filled = listed.filter {
      (try? arrays.list("weight_names", of: path(of: $0)))??.isEmpty == false
    }
    let weighted = model.layers.filter { ((try? $0.weightCount()) ?? 0) > 0 }.map(\.name)
    let unmatched = filled.filter { !layers.contains($0) }
    guard !unmatched.isEmpty else { return byName }
    if filled.count == weighted.count {
      sink.report(.matchedByOrder(arrays.file, unmatched, weighted.filter { !known.contains($0) }))
      return Dictionary(uniqueKeysWithValues: zip(weighted, filled))
    }
    for name in unmatched {
      let count = (try? arrays.list("weight_names", of: path(of: name)))??.count ?? 0
      problems.report(.unmatchedWeights(name, count: count, at: arrays.site(path(of: name))))
    }
    return byName
  }

  private func path(of name: String) -> String {
    group == "/" ? "/\(name)" : "\(group)/\(name)"
  }

  private func assign(
    to layer: inout LayerSpec, _ name: String?, _ unknown: [String]
  ) throws(Diagnostic) {
    var next = 0
    let slots = try layer.slots(from: &next)
    guard next > 0 else { return }
    let path = path(of: name ?? layer.name)
    guard let name, let listed = try arrays.list("weight_names", of: path) else {
      let names = unknown.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
      throw .missingWeights(
        layer.config.place, "its weights are missing, expected \(next)", at: arrays.site(path),
        notes: names.isEmpty || isComplete
          ? [] : ["the file has weights of \(names), which are not layers"])
    }
    guard listed.count == next else {
      let other = name == layer.name ? "" : " of '\(name)'"
      throw .missingWeights(
        layer.config.place, "found \(listed.count) weights\(other), expected \(next)",
        at: arrays.site(path))
    }
    // The k-th path of the file belongs to the k-th slot of Keras's order.
    var bySlot = listed
    for (entry, slot) in zip(listed, slots.trainable + slots.nonTrainable) { bySlot[slot] = entry }
    var rest = bySlot.map { WeightPath(path: "\(path)/\($0)") }[...]
    try layer.take(from: &rest, convention)
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

extension ModelSpec {

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
    case .one, .two, nil: all = trainable + nonTrainable
    }
    return WeightSlots(trainable: [], nonTrainable: all, count: next - start)
  }
}

extension LayerSpec {

  /// Takes the layer's weights off a list in the order of the layers.
  fileprivate mutating func take(
    from list: inout ArraySlice<WeightPath>, _ convention: KernelConvention
  ) throws(Diagnostic) {
    guard model == nil else {
      for i in model?.layers.indices ?? 0..<0 {
        try model?.layers[i].take(from: &list, convention)
      }
      return
    }
    let count = try weightCounts().total
    weights = Array(list.prefix(count))
    for i in weights.indices { weights[i].order = try convention.order(of: i, in: config) }
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
}
