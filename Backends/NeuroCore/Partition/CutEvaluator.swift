// What a cut of a layer takes, without looking at every tile: tiles that differ only in their place are
// counted once.

internal import SpikeIR

/// Counts what the tiles of a cut take.
struct CutEvaluator {

  let accountant: ResourceAccountant
  let layer: Int

  private let model: LayerModel

  /// The relations of each input, `nil` where an input's are no product, or thresholds are neurons'
  /// own: then tiles are looked at one by one.
  private let axes: [ProjectionRelation.Axes]?

  /// The classes of parts that were looked at before.
  private var known: [Key: [AxisClass]] = [:]

  private struct Key: Hashable {
    var axis: Axis
    var cut: AxisCut
  }

  /// An axis of neurons.
  enum Axis: Hashable, CaseIterable { case rows, columns, channels }

  /// Parts of an axis that take the same.
  private struct AxisClass {
    /// One of them.
    var range: Range<Int>
    /// The number of them.
    var count: Int
    /// For each sender the places that they listen to.
    var axons: [Int]
    /// For each input the patterns of links.
    var patterns: [[AxisPattern]]
  }

  /// What a cut takes.
  struct Evaluation {
    /// The cut.
    var cut: TileCut
    /// The cores that it takes, where tiles of half a core and less share one.
    var cores: Double
    /// The axons of all tiles, by sender.
    var axons: [Int]
    /// Whether every tile fits a core, as far as axons out are not asked for.
    var fits: Bool
    /// The tile that takes the largest part of some capacity.
    var worst: CoreDemand
    /// That part.
    var load: Double
  }

  init(_ accountant: ResourceAccountant, _ layer: Int) {
    self.accountant = accountant
    self.layer = layer
    model = accountant.network.layers[layer]
    let axes = model.inputs.map(\.geometry.axes)
    var isProduct = !axes.contains { $0 == nil }
    if case .neurons = model.thresholds { isProduct = false }
    self.axes = isProduct ? axes.compactMap { $0 } : nil
  }

  /// Whether tiles that differ only in their place are counted once.
  var isFast: Bool { axes != nil }

  /// Returns all cuts into parts of nearly equal size whose tiles have no more neurons than a core
  /// has places, from few tiles to many.
  func cuts() -> [TileCut] {
    let all = NeuronBox(all: model.shape)
    if accountant.takesWholeLayers { return [.whole(model.shape)] }
    let aligned = accountant.alignment
    let unit = all.channels.count.isMultiple(of: aligned) ? aligned : 1
    let channels = AxisCut.choices(all.channels.count, unit: unit)
    let columns = AxisCut.choices(all.columns.count, unit: 1)
    let places = accountant.budget.entries.first { $0.name == "neurons" }?.capacity ?? Int.max
    let most = places / max(1, accountant.placesPerNeuron(layer))
    var result: [TileCut] = []
    for y in AxisCut.choices(all.rows.count, unit: 1) {
      for x in columns {
        for c in channels where y.largest * x.largest * c.largest <= most {
          result.append(TileCut(rows: y, columns: x, channels: c))
        }
      }
    }
    return result.sorted {
      ($0.count, $0.rows.count, $0.columns.count)
        < ($1.count, $1.rows.count, $1.columns.count)
    }
  }

  /// Counts what `cut` takes; stops at a tile that does not fit if `isHasty`.
  mutating func evaluate(_ cut: TileCut, isHasty: Bool = true) -> Evaluation {
    var result = Evaluation(
      cut: cut, cores: 0, axons: [Int](repeating: 0, count: model.senders.count), fits: true,
      worst: CoreDemand(), load: -1)
    guard axes != nil else {
      for box in cut.boxes {
        let axons = model.senders.map { accountant.hull(of: layer, box, from: $0)?.count ?? 0 }
        add(accountant.demand(of: layer, box), axons, count: 1, to: &result)
        if isHasty, !result.fits { return result }
      }
      return result
    }
    let rows = classes(.rows, cut.rows)
    let columns = classes(.columns, cut.columns)
    let channels = classes(.channels, cut.channels)
    for c in channels {
      for y in rows {
        for x in columns {
          let (demand, axons) = demand(y, x, c)
          add(demand, axons, count: y.count * x.count * c.count, to: &result)
          if isHasty, !result.fits { return result }
        }
      }
    }
    return result
  }

  private func add(
    _ demand: CoreDemand, _ axons: [Int], count: Int, to result: inout Evaluation
  ) {
    let load = accountant.budget.load(demand)
    if load > result.load { (result.load, result.worst) = (load, demand) }
    if !accountant.budget.fits(demand) { result.fits = false }
    result.cores += Double(count) * Self.share(load)
    for i in axons.indices { result.axons[i] += axons[i] * count }
  }

  /// Returns how much of a core a tile costs that takes the part `load` of it: what it takes, but what is
  /// left beside large tiles is of no use to others like them; and a little for being a tile.
  static func share(_ load: Double) -> Double {
    (load > 0.25 ? 1 / max(1, (1 / load).rounded(.down)) : load) + 1.0 / 256
  }

  private func demand(_ y: AxisClass, _ x: AxisClass, _ c: AxisClass) -> (CoreDemand, [Int]) {
    let box = NeuronBox(rows: y.range, columns: x.range, channels: c.range)
    var result = accountant.neurons(of: layer, box)
    let axons = model.senders.indices.map { y.axons[$0] * x.axons[$0] * c.axons[$0] }
    result.inAxons = axons.reduce(0, +)
    var lists: [SynapseList] = []
    for (i, input) in model.inputs.enumerated() {
      lists.removeAll(keepingCapacity: true)
      for vertical in y.patterns[i] {
        for horizontal in x.patterns[i] {
          for across in c.patterns[i] {
            lists.append(
              SynapseList(
                synapses: vertical.links * horizontal.links * across.links,
                axons: vertical.places * horizontal.places * across.places,
                distinct: across.places,
                isRun: PathGeometry.isRun(vertical, horizontal, across, in: box)))
          }
        }
      }
      accountant.add(lists, of: input, box, to: &result)
    }
    return (result, axons)
  }

  // MARK: - Parts of an axis

  /// Returns the places of a sender that part `range` of an axis listens to.
  private func sources(_ axis: Axis, _ range: Range<Int>, from sender: Sender) -> Range<Int> {
    var result: Range<Int>?
    for (input, axes) in zip(model.inputs, axes ?? []) where input.sender == sender {
      let own =
        switch axis {
        case .rows: axes.rows.sources(of: range)
        case .columns: axes.columns.sources(of: range)
        case .channels: axes.channels.sources(of: range)
        }
      guard !own.isEmpty else { continue }
      let lower = min(result?.lowerBound ?? own.lowerBound, own.lowerBound)
      result = lower..<max(result?.upperBound ?? own.upperBound, own.upperBound)
    }
    return result ?? 0..<0
  }

  private mutating func classes(_ axis: Axis, _ cut: AxisCut) -> [AxisClass] {
    let key = Key(axis: axis, cut: cut)
    if let result = known[key] { return result }
    var result: [AxisClass] = []
    var places: [ClassKey: Int] = [:]
    for part in 0..<cut.count {
      let own = axisClass(axis, cut[part])
      var classKey = ClassKey(size: own.range.count, axons: own.axons, patterns: own.patterns)
      if axis == .channels, case .channels(let numbers) = model.thresholds {
        classKey.thresholds = Set(own.range.map { numbers[$0] }).sorted()
      }
      if let place = places[classKey] {
        result[place].count += 1
      } else {
        places[classKey] = result.count
        result.append(own)
      }
    }
    known[key] = result
    return result
  }

  private struct ClassKey: Hashable {
    var size: Int
    var axons: [Int]
    var patterns: [[AxisPattern]]
    var thresholds: [Int] = []
  }

  private func axisClass(_ axis: Axis, _ range: Range<Int>) -> AxisClass {
    let patterns = (axes ?? []).map { axes in
      switch axis {
      case .rows: axes.rows.patterns(from: axes.rows.sources(of: range), to: range)
      case .columns: axes.columns.patterns(from: axes.columns.sources(of: range), to: range)
      case .channels: axes.channels.patterns(from: axes.channels.sources(of: range), to: range)
      }
    }
    return AxisClass(
      range: range, count: 1,
      axons: model.senders.map { sources(axis, range, from: $0).count }, patterns: patterns)
  }

  // MARK: - Where spikes go

  /// Returns to how many tiles of `cut` each neuron of population `source` sends, counted once for
  /// each type of axon.
  func fanOut(of cut: TileCut, from source: PopulationID) -> FanOut {
    let shape = accountant.network.graph[source].shape
    let senders = model.senders.filter { $0.population == source }
    guard axes != nil, senders.count == 1 else {
      var counts = [Int32](repeating: 0, count: shape.count)
      for box in cut.boxes {
        for sender in senders {
          guard let hull = accountant.hull(of: layer, box, from: sender) else { continue }
          for offset in 0..<hull.count { counts[hull.neuron(at: offset, of: shape)] += 1 }
        }
      }
      return .listed(counts, shape)
    }
    let all = NeuronBox(all: shape)
    func cover(_ axis: Axis, _ own: AxisCut, _ count: Int) -> FanOut.Cover {
      FanOut.Cover((0..<own.count).map { sources(axis, own[$0], from: senders[0]) }, count: count)
    }
    return .product(
      rows: cover(.rows, cut.rows, all.rows.count),
      columns: cover(.columns, cut.columns, all.columns.count),
      channels: cover(.channels, cut.channels, all.channels.count))
  }
}

/// To how many boxes each neuron of a population sends.
enum FanOut: Sendable {

  /// The product of what holds for row, column and channel.
  case product(rows: Cover, columns: Cover, channels: Cover)

  /// Neuron by neuron.
  case listed([Int32], Shape)

  /// How many ranges hold each place of an axis.
  struct Cover: Sendable {
    private let counts: [Int]
    private let sums: [Int]

    init(_ ranges: [Range<Int>], count: Int) {
      var steps = [Int](repeating: 0, count: count + 1)
      for range in ranges where !range.isEmpty {
        steps[range.lowerBound] += 1
        steps[range.upperBound] -= 1
      }
      var (counts, sums, running) = ([Int](), [0], 0)
      for step in steps.dropLast() {
        running += step
        counts.append(running)
        sums.append(sums[sums.count - 1] + running)
      }
      (self.counts, self.sums) = (counts, sums)
    }

    /// Returns the sum over the places of `range`.
    func sum(_ range: Range<Int>) -> Int { sums[range.upperBound] - sums[range.lowerBound] }

    /// The most ranges that hold one place.
    var most: Int { counts.max() ?? 0 }
  }

  /// Returns the number of pairs of a neuron of `box` and a box to which it sends.
  func sum(in box: NeuronBox) -> Int {
    switch self {
    case .product(let rows, let columns, let channels):
      rows.sum(box.rows) * columns.sum(box.columns) * channels.sum(box.channels)
    case .listed(let counts, let shape):
      (0..<box.count).reduce(0) { $0 + Int(counts[box.neuron(at: $1, of: shape)]) }
    }
  }

  /// The most boxes to which a neuron sends.
  var most: Int {
    switch self {
    case .product(let rows, let columns, let channels): rows.most * columns.most * channels.most
    case .listed(let counts, _): Int(counts.max() ?? 0)
    }
  }

  /// Returns the largest sum in a tile of `cut`, `nil` if tiles must be looked at one by one.
  func largestSum(in cut: TileCut) -> Int? {
    guard case .product(let rows, let columns, let channels) = self else { return nil }
    func most(_ own: AxisCut, _ cover: Cover) -> Int {
      (0..<own.count).reduce(0) { max($0, cover.sum(own[$1])) }
    }
    return most(cut.rows, rows) * most(cut.columns, columns) * most(cut.channels, channels)
  }
}
