// From cuts to a partition: slices on cores, cores of classes, numbers.

internal import Diagnostics
internal import HardwareTargets
internal import SpikeIR

/// Makes the partition of a network.
struct PartitionBuilder {

  let network: NetworkModel
  let options: Partition.Options

  /// The accountants of the classes of cores.
  let accountants: [ResourceAccountant]

  /// The class for which layers are cut: that of the most cores.
  let main: Int

  init(_ network: NetworkModel, _ options: Partition.Options) {
    self.network = network
    self.options = options
    let kinds = network.target.cores
    accountants = kinds.indices.map { ResourceAccountant(network, kind: $0) }
    main = kinds.indices.max { (kinds[$0].count, -$0) < (kinds[$1].count, -$1) } ?? 0
  }

  /// The chips that may be used.
  var mostChips: Int {
    let offered = max(1, network.target.topology.levels.first?.count ?? 1)
    return min(offered, max(1, options.chips ?? offered))
  }

  /// Returns the partition, or why there is none.
  ///
  /// - Throws: `ir.elided-tensor`.
  func outcome() throws(CompileError) -> Partition.Outcome {
    if accountants[main].takesWholeLayers { return try finished(wholeLayers()) }
    switch options.strategy {
    case .greedy:
      switch GreedyFill.cores(accountants[main]) {
      case .success(let cores): return try finished(cores)
      case .failure(let failure):
        return .doesNotFit(try FitDiagnosis(self).report(layers: [failure.layer]))
      }
    case .search:
      let cuts: [TileCut]
      do throws(CutSearch.Failure) {
        cuts = try CutSearch(accountants[main], options).cuts()
      } catch {
        switch error {
        case .layers(let layers): return .doesNotFit(try FitDiagnosis(self).report(layers: layers))
        case .fanOut(let layer): return .doesNotFit(try FitDiagnosis(self).report(fanOut: layer))
        }
      }
      return try finished(packed(cuts, accountants[main]))
    }
  }

  /// Each layer on a core of its own.
  private func wholeLayers() -> [[Tile]] {
    network.layers.enumerated().map { [Tile(layer: $0, box: NeuronBox(all: $1.shape))] }
  }

  /// Returns the slices of cuts, on cores.
  func packed(_ cuts: [TileCut], _ accountant: ResourceAccountant) -> [[Tile]] {
    let tiles = cuts.enumerated().flatMap { (layer, cut) in
      cut.boxes.map { Tile(layer: layer, box: $0) }
    }
    return CorePacking(AxonMap(tiles, accountant), accountant).cores().map { core in
      core.tiles.map { tiles[$0] }
    }
  }

  /// Returns the partition that puts slices on the given cores, if there are enough of them.
  private func finished(_ cores: [[Tile]]) throws(CompileError) -> Partition.Outcome {
    let use = CoreUse(cores, accountants[main])
    let supply = network.target.cores.map { $0.count * mostChips }
    let kinds = matchedKinds(choices(use, cores), supply: supply)
    guard !kinds.contains(nil) else {
      return .doesNotFit(try FitDiagnosis(self).report(cores, use, kinds))
    }
    var slices: [CoreSlice] = []
    var entries: [Partition.LogicalCore] = []
    for (number, tiles) in cores.enumerated() {
      let accountant = accountants[kinds[number] ?? main]
      var first = 0
      for tile in tiles {
        slices.append(
          CoreSlice(
            population: network.layers[tile.layer].population, box: tile.box, core: number,
            first: first))
        first += tile.box.count * accountant.placesPerNeuron(tile.layer)
      }
      let demand = use.demand(of: number, accountant)
      let binding = accountant.budget.binding(demand)
      entries.append(
        Partition.LogicalCore(
          kind: kinds[number] ?? main, used: accountant.used(demand),
          binding: binding?.entry.name, utilization: binding?.part ?? 0))
    }
    var mapped = MappedGraph(network.graph, target: network.target.id)
    let order = slices.indices.sorted {
      (slices[$0].population, $0) < (slices[$1].population, $1)
    }
    for i in order { mapped.slices.append(slices[i]) }
    let statistics = statistics(of: entries, use)
    return .fits(Partition(mapped: mapped, cores: entries, statistics: statistics))
  }

  /// Returns, for each core, the classes that can hold it.
  private func choices(_ use: CoreUse, _ cores: [[Tile]]) -> [[Int]] {
    let order = [main] + accountants.indices.filter { $0 != main }
    if order.count == 1 {
      return cores.indices.map { _ in order }
    }
    return cores.indices.map { core in
      order.filter { accountants[$0].holds(use.demand(of: core, accountants[$0]), class: $0) }
        // The smallest that fits, so that large ones are left to those that need them.
        .sorted { use.slack(of: core, accountants[$0]) > use.slack(of: core, accountants[$1]) }
    }
  }

  private func statistics(
    of cores: [Partition.LogicalCore], _ use: CoreUse
  ) -> Partition.Statistics {
    var binding: [String: Int] = [:]
    for core in cores { if let name = core.binding { binding[name, default: 0] += 1 } }
    let sum = cores.reduce(0) { $0 + $1.utilization }
    let perChip = max(1, network.target.coresPerChip)
    var unchecked: Set<String> = []
    for kind in Set(cores.map(\.kind)) {
      unchecked.formUnion(accountants[kind].budget.unchecked)
    }
    return Partition.Statistics(
      chips: (cores.count + perChip - 1) / perChip,
      meanUtilization: cores.isEmpty ? 0 : sum / Double(cores.count), binding: binding,
      packets: use.packets, measuredPackets: use.measuredPackets(options.spikesPerNeuron),
      padding: accountants[main].padding(use.total), unchecked: unchecked.sorted())
  }
}

/// What the slices of each core take, with the axons that they really need.
struct CoreUse {

  private let cores: [[Tile]]
  private let network: NetworkModel

  /// The blocks of axons of each core.
  private var axons: [CoreAxons] = []

  /// The pairs of a neuron of the core and a core that receives from it.
  private var outAxons: [Int]

  /// What each core takes, counted for the main class.
  private var demands: [CoreDemand] = []

  private let tiles: [Tile]
  private let main: String

  init(_ cores: [[Tile]], _ accountant: ResourceAccountant) {
    self.cores = cores
    network = accountant.network
    main = accountant.kind.name
    outAxons = [Int](repeating: 0, count: cores.count)
    tiles = cores.flatMap { $0 }
    let home = cores.enumerated().flatMap { (core, own) in own.map { _ in core } }
    let map = AxonMap(tiles, accountant)
    var next = 0
    for own in cores {
      var axons = CoreAxons()
      for _ in own {
        axons.add(map.blocks(of: next))
        next += 1
      }
      for (sender, box) in axons.boxes where sender.source >= 0 {
        outAxons[home[sender.source]] += box.count
      }
      self.axons.append(axons)
    }
    demands = cores.indices.map { count(of: $0, accountant) }
  }

  /// Returns what core `core` takes, counted as for the class of `accountant`.
  func demand(of core: Int, _ accountant: ResourceAccountant) -> CoreDemand {
    accountant.kind.name == main ? demands[core] : count(of: core, accountant)
  }

  private func count(of core: Int, _ accountant: ResourceAccountant) -> CoreDemand {
    var result = CoreDemand()
    for tile in cores[core] { result.add(accountant.demand(of: tile.layer, tile.box)) }
    result.inAxons = axons[core].count
    result.outAxons = outAxons[core]
    return result
  }

  /// Returns how much of a core of a class is used.
  func slack(of core: Int, _ accountant: ResourceAccountant) -> Double {
    accountant.budget.load(demand(of: core, accountant))
  }

  /// What all cores take together.
  var total: CoreDemand {
    var result = CoreDemand()
    for demand in demands { result.add(demand) }
    return result
  }

  /// The number of pairs of a neuron, or input of the host, and a core that receives from it.
  var packets: Int { axons.reduce(0) { $0 + $1.count } }

  /// Returns the number of packets for an input, if spikes were measured.
  func measuredPackets(_ spikes: [[Float]]?) -> Double? {
    guard let spikes, spikes.count == network.graph.populations.count else { return nil }
    var result = 0.0
    for core in axons {
      for (sender, box) in core.boxes {
        let source = sender.source
        let population =
          source < 0 ? -1 - source : network.layers[tiles[source].layer].population.index
        let own = spikes[population]
        let shape = network.graph.populations.elements[population].shape
        guard own.count == shape.count else { return nil }
        for offset in 0..<box.count { result += Double(own[box.neuron(at: offset, of: shape)]) }
      }
    }
    return result
  }
}

extension ResourceAccountant {

  /// Returns whether a core of this class, at position `kind` in the description, holds what takes
  /// `demand`.
  func holds(_ demand: CoreDemand, class kind: Int) -> Bool {
    budget.fits(demand) && demand.mayLie(on: kind)
  }

  /// Returns the use by names of resources.
  func used(_ demand: CoreDemand) -> [String: Int] {
    let amounts = budget.amounts(demand)
    return Dictionary(uniqueKeysWithValues: zip(budget.entries.map(\.name), amounts))
  }

  /// Returns the part of the synapse memory of `demand` that holds no weight or what describes it.
  func padding(_ demand: CoreDemand) -> Double? {
    guard let unit = memoryUnitBits, demand.memory > 0 else { return nil }
    return max(0, 1 - Double(demand.filledBits) / (Double(demand.memory) * Double(unit)))
  }

  /// The bits of the unit in which synapse memory is counted; `nil` where synapses take none.
  var memoryUnitBits: Int? {
    switch kind.accounting?.rule {
    case .synapseBlocks(let blocks): blocks.wordBits
    case .powersOfTwo: kind.synapse?.weight.bits ?? 8
    case .synapseRows, .bytes: 8
    case .denseRectangle, .tiles, nil: nil
    }
  }
}
