// What partitions take of cores, counted connection by connection, without any of the shortcuts of the
// accountant.

import SpikeIR

@testable import HardwareTargets
@testable import NeuroCore

/// Counts what the slices of a partition take.
struct BruteForceAccountant {

  private let partition: Partition
  private let target: TargetDescription
  private let network: NetworkModel
  private let paths: [Int: ListedPath]

  private var graph: SpikingGraph { partition.mapped.graph }
  private var slices: [CoreSlice] { partition.mapped.slices.elements }

  init(_ partition: Partition, _ target: TargetDescription) throws {
    self.partition = partition
    self.target = target
    let graph = partition.mapped.graph
    network = try NetworkModel(graph, on: target)
    let isConstant = graph.isConstant
    var paths: [Int: ListedPath] = [:]
    for (p, path) in network.paths.enumerated() where !isConstant[path.source.index] {
      paths[p] = try ListedPath(path, in: graph)
    }
    self.paths = paths
  }

  /// Returns, for each core, what is used by name; a range where lists that could be shared need not
  /// be found.
  func used() -> [[String: ClosedRange<Int>]] {
    let (axons, outAxons) = axons()
    return partition.cores.indices.map { core in
      let kind = target.cores[partition.cores[core].kind]
      let own = slices.filter { $0.core == core }
      var neurons = 0
      var places = 0
      var thresholds: Set<Int> = []
      for slice in own {
        neurons += slice.box.count
        places += slice.box.count * kind.placesPerNeuron(of: slice.population, in: graph)
        thresholds.formUnion(self.thresholds(of: slice))
      }
      var result: [String: ClosedRange<Int>] = [
        "neurons": places...places, "cols": places...places,
        "inAxons": axons[core]...axons[core], "outAxons": outAxons[core]...outAxons[core],
        "thresholdProfiles": thresholds.count...thresholds.count,
        "rows": axons[core] * 2...axons[core] * 2,
      ]
      memory(of: own, kind, neurons, axons[core], &result)
      return result
    }
  }

  // MARK: - Axons

  /// Returns the axons of each core, and its pairs of neurons and cores that receive from them.
  private func axons() -> ([Int], [Int]) {
    var boxes: [[Int]: NeuronBox] = [:]
    for slice in slices {
      for (p, path) in paths where network.paths[p].target == slice.population {
        let (population, shape) = (network.paths[p].source, path.source)
        let needed = path.reached.indices.filter { n in
          path.reached[n].keys.contains { slice.box.contains(neuron: $0, of: path.target) }
        }
        guard let first = needed.first else { continue }
        let hull = needed.reduce(NeuronBox(neuron: first, of: shape)) {
          $0.hull(NeuronBox(neuron: $1, of: shape))
        }
        guard graph[population].hasNeurons else {
          let key = [slice.core, -1 - population.index]
          boxes[key] = boxes[key]?.hull(hull) ?? hull
          continue
        }
        for (s, source) in slices.enumerated() where source.population == population {
          guard needed.contains(where: { source.box.contains(neuron: $0, of: shape) }) else {
            continue
          }
          let part = hull.intersection(source.box)
          boxes[[slice.core, s]] = boxes[[slice.core, s]]?.hull(part) ?? part
        }
      }
    }
    var result = [Int](repeating: 0, count: partition.cores.count)
    var out = result
    for (key, box) in boxes {
      result[key[0]] += box.count
      if key[1] >= 0 { out[slices[key[1]].core] += box.count }
    }
    return (result, out)
  }

  // MARK: - Neurons

  /// The thresholds of a slice, as keys.
  private func thresholds(of slice: CoreSlice) -> Set<Int> {
    let population = graph[slice.population]
    guard case .integrateAndFire(let model) = population.model,
      let values = try? graph.tensors.integers(model.threshold)
    else { return [-1 - mnemonics(population)] }
    return Set(
      (0..<slice.box.count).map { offset in
        let neuron = slice.box.neuron(at: offset, of: population.shape)
        return Int(values[values.count == population.shape.count ? neuron : neuron % values.count])
      })
  }

  private func mnemonics(_ population: Population) -> Int {
    ["maximum", "integrator", "staircase"].firstIndex(of: population.model.mnemonic) ?? 3
  }

  // MARK: - Synapses

  private func memory(
    of slices: [CoreSlice], _ kind: CoreClass, _ neurons: Int, _ axons: Int,
    _ result: inout [String: ClosedRange<Int>]
  ) {
    let shares = kind.synapse?.sharing.contains { $0 != .none } ?? false
    var (low, high) = (0, 0)
    for slice in slices {
      for (p, path) in paths where network.paths[p].target == slice.population {
        let source = NeuronBox(all: path.source)
        let lists = path.lists(from: source, to: slice.box)
        guard !lists.isEmpty, let input = input(p, slice.population) else { continue }
        let bits = input.weights.stored(in: kind.synapse, limit: nil)
        let isProduct = input.geometry.axes != nil
        let shared = self.words(lists, slice, kind, bits, shares: shares)
        let unshared = self.words(lists, slice, kind, bits, shares: false)
        low += shared
        high += isProduct || !shares ? shared : unshared
      }
    }
    switch kind.accounting?.rule {
    case .synapseBlocks: result["synMemWords"] = low...high
    case .synapseRows: result["sdramBytes"] = low...high
    case .bytes(let bytes):
      let other = neurons * bytes.neuronBytes + (axons * bytes.inputBits + 7) / 8
      result["sramBytes"] = low + other...high + other
    default: break
    }
  }

  private func input(_ path: Int, _ population: PopulationID) -> LayerInput? {
    network.layer[population.index].flatMap { layer in
      network.layers[layer].inputs.first { $0.path == path }
    }
  }

  /// Returns what the lists of a path in a slice take.
  private func words(
    _ lists: [ListedPath.List], _ slice: CoreSlice, _ kind: CoreClass, _ bits: Int, shares: Bool
  ) -> Int {
    switch kind.accounting?.rule {
    case .synapseBlocks(let blocks):
      let multiple = Int(kind.accounting?.parameters["baseMultiple"]?.value ?? 1)
      var shifts: Set<Int> = []
      for position in 0..<slice.box.rows.count * slice.box.columns.count {
        shifts.insert(position * slice.box.channels.count % multiple)
      }
      let index = max(6, slice.box.count.bitsToTellApart)
      var counts: [[[Int]: [[Int]]]: Int] = [:]
      var words = 0
      for list in lists {
        counts[list.shifted, default: 0] += 1
        guard !shares || counts[list.shifted, default: 0] <= shifts.count else { continue }
        var left = list.synapses.count
        while left > 0 {
          let used = min(64, left) * (bits + (list.isRun ? 0 : min(12, index))) + 10
          words += (used + blocks.wordBits - 1) / blocks.wordBits
          left -= min(64, left)
        }
      }
      return words
    case .synapseRows:
      let longest = lists.map(\.synapses.count).max() ?? 0
      return (lists.count * longest * 4 + 15) / 16 * 16
    case .bytes:
      var seen: Set<[[Int]: [[Int]]]> = []
      var stored = 0
      for list in lists where !shares || seen.insert(list.shifted).inserted {
        stored += list.synapses.count
      }
      return (stored * bits + 7) / 8
    default: return 0
    }
  }
}
