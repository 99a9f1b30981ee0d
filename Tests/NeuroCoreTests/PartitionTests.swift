// Partitions: complete, within every capacity, the same every time, and as good as can be.

import Diagnostics
import SpikeIR
import TestSupport
import Testing

@testable import HardwareTargets
@testable import NeuroCore

@Suite struct PartitionTests {

  // MARK: - Right

  @Test(arguments: 0..<60) func randomNetworksOnRandomMachines(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let graph = randomSpikingGraph(
      using: &random, options: SpikingGraphOptions(codes: [.rate(timesteps: 4)]))
    let target = TargetDescription.random(using: &random)
    for strategy in Partition.Strategy.allCases {
      var options = Partition.Options()
      options.strategy = strategy
      switch try Partition.attempt(graph, target, options) {
      case .fits(let partition):
        try expectRight(partition, target)
        #expect(try Partition.make(graph, target, options) == partition)
      case .doesNotFit(let report):
        #expect(report.error.exitCode == .doesNotFit)
        #expect(!report.layers.isEmpty || report.shortage != nil)
        // Whatever is said to stand in the way does.
        for layer in report.layers {
          #expect(layer.attempts.contains { !$0.fits }, "\(layer.name)")
        }
      }
    }
  }

  @Test(arguments: Partition.Strategy.allCases)
  func networksOnLoihi(strategy: Partition.Strategy) throws {
    let target = try #require(TargetDescription.builtIn("loihi1"))
    var options = Partition.Options()
    options.strategy = strategy
    for graph in [
      plainNetwork(side: 12), residualNetwork(side: 8, blocks: 2), denseNetwork([40, 600]),
    ] {
      try expectRight(Partition.make(graph, target, options), target)
    }
  }

  /// Expects that every neuron has one place, and that no capacity is exceeded, counted one by one.
  private func expectRight(_ partition: Partition, _ target: TargetDescription) throws {
    let graph = partition.mapped.graph
    var places = graph.populations.elements.map { [Int](repeating: 0, count: $0.shape.count) }
    for slice in partition.mapped.slices.elements {
      let shape = graph[slice.population].shape
      #expect(graph[slice.population].hasNeurons && !slice.box.isEmpty)
      for offset in 0..<slice.box.count {
        places[slice.population.index][slice.box.neuron(at: offset, of: shape)] += 1
      }
    }
    for population in graph.populations.ids {
      let expected = graph[population].hasNeurons ? 1 : 0
      #expect(places[population.index].allSatisfy { $0 == expected })
    }
    let populations = partition.mapped.slices.elements.map(\.population)
    #expect(zip(populations, populations.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(
      Set(partition.mapped.slices.elements.map(\.core)) == Set(partition.cores.indices))
    let counted = try BruteForceAccountant(partition, target).used()
    for (number, core) in partition.cores.enumerated() {
      let budget = CoreBudget(
        target.cores[core.kind], coresPerChip: target.coresPerChip)
      var capacities = target.cores[core.kind].capacities
      for entry in budget.entries { capacities[entry.name] = entry.capacity }
      for (name, range) in counted[number] {
        guard let used = core.used[name] else { continue }
        #expect(range ~= used, "core \(number), \(name)")
        if let capacity = capacities[name] { #expect(used <= capacity, "core \(number), \(name)") }
      }
      for name in capacities.keys where core.used[name] == nil {
        #expect(partition.statistics.unchecked.contains(name))
      }
      let parts = core.used.compactMap { (name, used) in
        capacities[name].map { Double(used) / Double($0) }
      }
      #expect(core.utilization == parts.max() ?? 0)
    }
  }

  // MARK: - Good

  @Test(arguments: 0..<20) func cutsAreCheapestOfAll(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var network = LayeredNetwork("tiny", input: [4, 4, 2], seed: seed)
    network.addConv("conv", random.pick([2, 3, 4]), kernel: 3, stride: random.int(1...2))
    let graph = network.end(classes: 3)
    var target = TargetDescription.unlimited()
    target.cores[0].resources = [
      "neurons": Quantity(Double(random.int(4...12))),
      "inAxons": Quantity(Double(random.int(30...40))),
    ]
    let model = try NetworkModel(graph, on: target)
    let accountant = ResourceAccountant(model, kind: 0)
    let layer = 1
    let found = try #require(CutSearch(accountant, Partition.Options()).candidates(of: layer).first)
    // Cuts of the axes anywhere are hardly cheaper than nearly even ones.
    var best = Double.infinity
    let shape = model.layers[layer].shape
    for rows in cuts(shape[0]) {
      for columns in cuts(shape[1]) {
        for channels in cuts(shape[2]) {
          let cut = TileCut(
            rows: AxisCut(bounds: rows), columns: AxisCut(bounds: columns),
            channels: AxisCut(bounds: channels))
          best = min(best, cost(of: cut, layer, accountant))
        }
      }
    }
    #expect(abs(cost(of: found.cut, layer, accountant) - found.cost) < 1e-9)
    #expect(found.cost <= best * 1.25)
    #expect(found.cost <= evenBest(shape, layer, accountant) + 1e-9)
  }

  /// The least cost of all products of nearly even cuts.
  private func evenBest(_ shape: Shape, _ layer: Int, _ accountant: ResourceAccountant) -> Double {
    var best = Double.infinity
    for y in 1...shape[0] {
      for x in 1...shape[1] {
        for c in 1...shape[2] {
          let cut = TileCut(
            rows: AxisCut(shape[0], parts: y), columns: AxisCut(shape[1], parts: x),
            channels: AxisCut(shape[2], parts: c))
          best = min(best, cost(of: cut, layer, accountant))
        }
      }
    }
    return best
  }

  /// The cost of a cut, tile by tile; infinite if it does not fit.
  private func cost(of cut: TileCut, _ layer: Int, _ accountant: ResourceAccountant) -> Double {
    var (cores, axons) = (0.0, 0)
    for box in cut.boxes {
      let demand = accountant.demand(of: layer, box)
      guard accountant.budget.fits(demand) else { return .infinity }
      let load = accountant.budget.load(demand)
      cores += load > 0.25 ? 1 / (1 / load).rounded(.down) : load
      cores += 1.0 / 256
      axons += demand.inAxons
    }
    let unit = accountant.budget.entries.first { $0.name == "inAxons" }?.capacity ?? 1
    return cores + Partition.Options().trafficWeight * Double(axons) / Double(unit)
  }

  /// All ways to cut an axis.
  private func cuts(_ count: Int) -> [[Int]] {
    (0..<1 << (count - 1)).map { mask in
      [0] + (1..<count).filter { mask >> ($0 - 1) & 1 == 1 } + [count]
    }
  }

  @Test func mobileNetFillsLoihi() throws {
    let target = try #require(TargetDescription.builtIn("loihi1"))
    let graph = mobileNet()
    let weights = graph.projections.elements.compactMap { $0.kind.weights }
      .reduce(0) { $0 + graph.tensors[$1].shape.count }
    #expect(weights > 4_000_000)
    let partition = try Partition.make(graph, target)
    #expect(partition.statistics.meanUtilization >= 0.8)
    var options = Partition.Options()
    options.strategy = .greedy
    let greedy = try Partition.make(graph, target, options)
    #expect(partition.statistics.packets < greedy.statistics.packets)
    #expect(partition.cores.count <= greedy.cores.count)
  }

  @Test func smallLayersShareCores() throws {
    let target = try #require(TargetDescription.builtIn("loihi1"))
    let partition = try Partition.make(denseNetwork([20, 30, 20], classes: 5), target)
    #expect(partition.cores.count == 1)
    #expect(partition.cores[0].used["neurons"] == 2 * (20 + 30 + 20) + 5)
    let slices = partition.mapped.slices.elements
    #expect(slices.map(\.first) == [0, 40, 100, 140])
  }

  @Test func measuredSpikesWeighTraffic() throws {
    let target = try #require(TargetDescription.builtIn("loihi1"))
    let graph = plainNetwork(side: 12)
    var options = Partition.Options()
    options.spikesPerNeuron = graph.populations.elements.map {
      [Float](repeating: 0.5, count: $0.shape.count)
    }
    let partition = try Partition.make(graph, target, options)
    #expect(partition.statistics.measuredPackets == Double(partition.statistics.packets) / 2)
    #expect(try Partition.make(graph, target).mapped == partition.mapped)
  }

  @Test func classesOfCoresAreMatched() throws {
    let target = try #require(TargetDescription.builtIn("speck2"))
    var network = LayeredNetwork("speck", input: [32, 32, 2])
    network.addConv("conv1", 16, kernel: 3)
    network.addConv("conv2", 16, kernel: 3, stride: 2)
    network.addConv("conv3", 32, kernel: 3, stride: 2)
    let partition = try Partition.make(network.end(classes: 10), target)
    #expect(partition.cores.count == 5)
    try expectRight(partition, target)
    var counts = [Int](repeating: 0, count: target.cores.count)
    for core in partition.cores { counts[core.kind] += 1 }
    #expect(zip(counts, target.cores).allSatisfy { $0 <= $1.count })
  }
}

extension NeuronFeatures {

  /// Neurons with little but costs.
  static func basic(subtractCost: Int, thresholds: Int, gate: Bool) -> NeuronFeatures {
    NeuronFeatures(
      model: .integrateAndFire, state: [:], parameters: [:], comparison: nil, rounding: nil,
      leak: nil, resets: [Reset(mode: .subtract, neuronCost: subtractCost, mostSpikesPerStep: 1)],
      refractory: nil, profiles: ["threshold": thresholds], outputBits: 1, codes: [],
      maximum: gate ? MaximumGate(costPerInput: 1, costPerOutput: 1, grade: .assumed) : nil)
  }
}

extension TargetDescription {

  /// A machine with random capacities, some unknown, and any accounting.
  static func random(using random: inout SplitMix64) -> TargetDescription {
    var target = TargetDescription.unlimited(coresPerChip: 64)
    var kind = target.cores[0]
    func capacity(_ range: ClosedRange<Int>) -> Quantity {
      Quantity(random.chance(0.25) ? nil : Double(random.int(range)))
    }
    kind.resources = [
      "neurons": capacity(2...200), "inAxons": capacity(20...400), "outAxons": capacity(20...2000),
    ]
    if random.chance(0.3) {
      kind.neuron = .basic(
        subtractCost: random.int(1...3), thresholds: random.int(2...12), gate: random.chance(0.5))
    }
    let sharing: [SynapseFeatures.Sharing] = random.chance(0.6) ? [.kernel] : [.none]
    kind.synapse = SynapseFeatures(
      weight: RegisterField(bits: 9, isSigned: true), weightBits: [1, 2, 4, 8], signModes: [],
      exponent: nil, table: nil, delay: nil, accumulator: nil, sharing: sharing)
    let algorithm = random.pick(
      CoreClass.Accounting.Algorithm.allCases.filter { $0 != .powersOfTwo })
    var accounting = CoreClass.Accounting(algorithm: algorithm, parameters: [:], options: [:])
    func parameters(_ values: [String: Double]) {
      accounting.parameters = values.mapValues { Quantity($0) }
    }
    switch algorithm {
    case .synapseBlocks:
      parameters([
        "wordBits": 64, "blockWeights": 64, "formatBits": 4, "countBits": 6, "indexBitsMin": 6,
        "indexBitsMax": 12, "baseMultiple": Double(random.pick([1, 4])),
      ])
      kind.resources["synMemWords"] = capacity(40...2000)
      kind.resources["synFormats"] = capacity(2...8)
    case .denseRectangle:
      parameters(["rows": Double(random.int(30...200)), "cols": Double(random.int(10...100))])
    case .synapseRows:
      parameters([
        "synapseBytes": 4, "alignmentBytes": 16, "rowSynapses": 256, "ringBufferBits": 14,
      ])
      // The chip's, for as many cores as it has.
      let each = capacity(500...20000).value ?? 0
      kind.resources["sdramBytes"] = Quantity(each * Double(target.coresPerChip))
    case .bytes:
      parameters(["neuronBytes": 4, "inputBits": 3])
      accounting.options = [
        "neuronMemory": "sramBytes", "synapseMemory": "sramBytes", "inputMemory": "sramBytes",
      ]
      kind.resources["sramBytes"] = capacity(500...20000)
    case .tiles:
      parameters([
        "rows": Double(random.int(60...400)), "cols": Double(random.int(10...100)),
        "rowsPerInput": 2,
      ])
    case .powersOfTwo: break
    }
    kind.accounting = accounting
    target.cores = [kind]
    return target
  }
}
