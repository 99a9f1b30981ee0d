// The search for cuts: all shapes of tiles of every layer, and of their combinations the cheapest whose
// spikes find enough axons.

internal import Diagnostics
internal import Kernels
internal import SpikeIR
internal import Synchronization

/// Chooses a cut for every layer.
///
/// Layers are cut from the last to the first, since to how many cores a neuron sends depends on how
/// those are cut that listen to it; a few of the cheapest combinations are kept at every step.
///
///     cost = cores + w · axons / (axons of a core)
///
/// summed over the layers: the axons of a core are those neurons whose spikes are sent to it, so
/// that their sum is the number of packets if every neuron spikes once. Where spikes were measured,
/// the axons from a population count as often as it spikes more than the mean.
///
/// - Source: the walk from the output backwards with a beam is that of NxTF, Massa et al. (2021).
struct CutSearch {

  let accountant: ResourceAccountant
  let options: Partition.Options

  /// The combinations that are kept.
  let beam = 6

  /// The cuts of a layer that are tried in each combination.
  let breadth = 6

  private var network: NetworkModel { accountant.network }

  /// A cut with its cost.
  struct Candidate: Sendable {
    var cut: TileCut
    var cost: Double
  }

  /// A combination of cuts of the last layers.
  private struct State {
    var cost = 0.0
    /// The position of the candidate of each layer, `nil` where none was chosen yet.
    var chosen: [Int?]
  }

  /// Why there are no cuts.
  enum Failure: Error {
    /// Layers of which no tile fits a core.
    case layers([Int])
    /// A layer whose spikes go to too many cores, however it is cut.
    case fanOut(Int)
  }

  init(_ accountant: ResourceAccountant, _ options: Partition.Options) {
    self.accountant = accountant
    self.options = options
  }

  /// Returns the cheapest cuts found, one for each layer.
  ///
  /// - Complexity: O(layers · shapes of tiles), whatever the number of tiles, for layers whose
  ///   connections are products of the axes.
  func cuts() throws(Failure) -> [TileCut] {
    let candidates = candidates()
    let failing = candidates.indices.filter { candidates[$0].isEmpty }
    guard failing.isEmpty else { throw .layers(failing) }
    var states = [State(chosen: [Int?](repeating: nil, count: candidates.count))]
    var fans = FanOutCache(accountant)
    for layer in candidates.indices.reversed() {
      states = extended(states, by: layer, candidates, &fans)
      if states.isEmpty { throw .fanOut(layer) }
    }
    let best = states[0].chosen
    return candidates.indices.map { candidates[$0][best[$0] ?? 0].cut }
  }

  /// Returns the cuts of each layer whose tiles fit, the cheapest first.
  private func candidates() -> [[Candidate]] {
    let result = Mutex([[Candidate]](repeating: [], count: network.layers.count))
    let rates = options.rates(of: network)
    forEachItem(network.layers.count, workers: processorCount) { (_, layer) in
      let own = candidates(of: layer, rates)
      result.withLock { $0[layer] = own }
    }
    return result.withLock { $0 }
  }

  /// Returns the cuts of a layer whose tiles fit, the cheapest first.
  func candidates(of layer: Int) -> [Candidate] {
    candidates(of: layer, options.rates(of: network))
  }

  private func candidates(of layer: Int, _ rates: [Double]) -> [Candidate] {
    var evaluator = CutEvaluator(accountant, layer)
    let model = network.layers[layer]
    var cuts = evaluator.cuts()
    if let forced = options.forced[model.population] {
      cuts = [TileCut(model.shape, tile: forced)]
    }
    var result: [Candidate] = []
    for cut in cuts {
      // Where every tile costs time, the first that fit must do.
      if !evaluator.isFast, result.count >= 4 * breadth { break }
      let found = evaluator.evaluate(cut)
      guard found.fits, sendsToFewEnough(cut, evaluator) else { continue }
      var packets = 0.0
      for (sender, axons) in zip(model.senders, found.axons) {
        packets += Double(axons) * rates[sender.population.index]
      }
      let cost = found.cores + options.trafficWeight * packets / axonsOfCore
      result.append(Candidate(cut: cut, cost: cost))
    }
    return result.enumerated().sorted {
      ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset)
    }
    .map(\.element)
  }

  /// The axons of a core, as the unit in which traffic is compared with cores.
  private var axonsOfCore: Double {
    let known = accountant.budget.entries.first { $0.name == "inAxons" }?.capacity
    return Double(max(1, known ?? 4096))
  }

  /// Returns whether no neuron needs more destinations than the machine offers, as far as that
  /// depends on this layer alone.
  private func sendsToFewEnough(_ cut: TileCut, _ evaluator: CutEvaluator) -> Bool {
    guard let most = accountant.mostDestinations else { return true }
    return network.layers[evaluator.layer].senders.allSatisfy { sender in
      let source = sender.population
      return !network.graph[source].hasNeurons
        || evaluator.fanOut(of: cut, from: source).most <= most
    }
  }

  // MARK: - Combinations

  /// Returns the cheapest combinations of `states` with cuts of `layer`.
  private func extended(
    _ states: [State], by layer: Int, _ candidates: [[Candidate]], _ fans: inout FanOutCache
  ) -> [State] {
    var result: [State] = []
    for state in states {
      let receivers = network.consumers[layer].map { consumer in
        fans.fanOut(
          of: consumer, choice: state.chosen[consumer] ?? 0,
          candidates[consumer][state.chosen[consumer] ?? 0].cut,
          from: network.layers[layer].population)
      }
      var taken = 0
      for (i, candidate) in candidates[layer].enumerated() where taken < breadth {
        guard fits(candidate.cut, of: layer, receivers) else { continue }
        var next = state
        next.cost += candidate.cost
        next.chosen[layer] = i
        result.append(next)
        taken += 1
      }
    }
    let order = result.enumerated().sorted {
      ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset)
    }
    return order.prefix(beam).map(\.element)
  }

  /// Returns whether the spikes of all tiles of `cut` find axons out.
  private func fits(_ cut: TileCut, of layer: Int, _ receivers: [FanOut]) -> Bool {
    if let most = accountant.mostDestinations, receivers.reduce(0, { $0 + $1.most }) > most {
      // Neurons of a layer may send to different receivers.
      let shape = network.layers[layer].shape
      let all = NeuronBox(all: shape)
      for y in all.rows {
        for x in all.columns {
          for c in all.channels {
            let box = NeuronBox(rows: y..<y + 1, columns: x..<x + 1, channels: c..<c + 1)
            if receivers.reduce(0, { $0 + $1.sum(in: box) }) > most { return false }
          }
        }
      }
    }
    guard let capacity = accountant.budget.entries.first(where: { $0.name == "outAxons" })?.capacity
    else { return true }
    let bounds = receivers.map { $0.largestSum(in: cut) }
    if !bounds.contains(nil) {
      let bound = bounds.reduce(0) { $0 + ($1 ?? 0) }
      if bound <= capacity { return true }
      if receivers.count == 1 { return false }
    }
    return cut.boxes.allSatisfy { box in
      receivers.reduce(0) { $0 + $1.sum(in: box) } <= capacity
    }
  }
}

/// Where spikes go under cuts that several combinations share.
private struct FanOutCache {

  private struct Key: Hashable {
    var consumer: Int
    var choice: Int
    var source: PopulationID
  }

  private let accountant: ResourceAccountant
  private var known: [Key: FanOut] = [:]

  init(_ accountant: ResourceAccountant) { self.accountant = accountant }

  mutating func fanOut(
    of consumer: Int, choice: Int, _ cut: TileCut, from source: PopulationID
  ) -> FanOut {
    let key = Key(consumer: consumer, choice: choice, source: source)
    if let result = known[key] { return result }
    let result = CutEvaluator(accountant, consumer).fanOut(of: cut, from: source)
    known[key] = result
    return result
  }
}

extension TileCut {

  /// The cut of a population into tiles of at most the given extents, all nearly equal.
  init(_ shape: Shape, tile: TileShape) {
    let all = NeuronBox(all: shape)
    func axis(_ count: Int, _ size: Int) -> AxisCut {
      AxisCut(count, parts: (count + max(1, size) - 1) / max(1, size))
    }
    self.init(
      rows: axis(all.rows.count, tile.rows), columns: axis(all.columns.count, tile.columns),
      channels: axis(all.channels.count, tile.channels))
  }
}
