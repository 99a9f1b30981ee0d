// What emulations report, against counts made by hand: registers that overflow, packets and links,
// energy and time, operating points; and machines without ticks.

import Diagnostics
import SpikeExecution
import SpikeIR
import TestSupport
import Testing

@testable import HardwareTargets
@testable import NeuroCore

@Suite("Emulation report") struct EmulationReportTests {

  /// Runs a chain of three neurons, each on a core of its own, for one image of one unit.
  ///
  /// The first fires in each of the 8 ticks, the second in every second.
  private func report(
    on target: TargetDescription, grid: [Int]? = [8, 8]
  ) throws -> EmulationReport {
    let graph = chain(weights: [[2], [1], [1]], thresholds: [2, 2])
    var target = target
    if target.coresPerChip > 1 {
      target.cores[0].count = 64
      target.topology.levels[1] = level("core", 64, grid)
    }
    var tables = try layout(graph, on: target)
    let isSpread = target.coresPerChip > 1 && grid != nil
    for c in tables.cores.indices {
      tables.cores[c].position = isSpread ? GridPoint(x: 2 * c, y: c) : GridPoint(x: 0, y: 0)
    }
    for r in tables.routes.indices { tables.routes[r].hops = 3 }
    let result = try MeshEmulator(loading: tables).run(
      count: 1, options: RunOptions(), input: { _ in [[1]] }, progress: { _ in })
    return result.report
  }

  @Test("counts spikes, packets, links, synapses and updates")
  func counts() throws {
    let report = try report(on: .unlimited(latency: 1))
    // h = θ/2, so that the second neuron fires in its ticks 1, 3, 5 and 7.
    #expect(report.spikes == 12 && report.packets == 12 && report.synapticOperations == 12)
    #expect(report.hops == 36 && report.steps == 10 && report.axons == 2 && report.neurons == 3)
    let links = report.links.map { [$0.from.x, $0.from.y, $0.to.x, $0.to.y, $0.packets] }
    let expected = [
      [0, 0, 1, 0, 8], [1, 0, 2, 0, 8], [2, 0, 2, 1, 8], [2, 1, 3, 1, 4], [3, 1, 4, 1, 4],
      [4, 1, 4, 2, 4],
    ]
    #expect(links == expected)
    #expect(report.activeUpdates + report.inactiveUpdates == 3 * 10)
    #expect(report.cores.map(\.spikes) == [8, 4, 0] && report.cores.map(\.packets) == [0, 8, 4])
    #expect(report.load.spikes.count == 30 && report.load.packets.reduce(0, +) == 12)
    #expect(report.lostArrivals == 0 && report.overflows.total == 0)
  }

  @Test("a spike to several cores takes a common link once where routers copy")
  func multicast() throws {
    for copies in [false, true] {
      let graph = chain(weights: [[2], [1, 1]], thresholds: [2])
      var target = TargetDescription.unlimited(latency: 1)
      if copies { target.topology.network.delivery = .multicast }
      var mapped = MappedGraph(graph, target: target.id)
      let ids = graph.populations.ids
      mapped.slices.append(
        CoreSlice(population: ids[1], box: NeuronBox(all: [1]), core: 0, first: 0))
      for c in 0..<2 {
        let box = NeuronBox(rows: 0..<1, columns: 0..<1, channels: c..<c + 1)
        mapped.slices.append(CoreSlice(population: ids[2], box: box, core: c + 1, first: 0))
      }
      var tables = try Allocation(of: mapped, on: target, cores: entries(of: mapped))
      for r in tables.routes.indices { tables.routes[r].hops = tables.routes[r].core }
      let report = try MeshEmulator(loading: tables).run(
        count: 1, options: RunOptions(), input: { _ in [[1]] }, progress: { _ in }
      ).report
      #expect(report.packets == 16 && report.links.map(\.packets) == [copies ? 8 : 16, 8])
      #expect(report.hops == (copies ? 16 : 24))
    }
  }

  @Test("has an energy where all constants are known, and no total where one is missing")
  func energy() throws {
    var target = TargetDescription.unlimited(latency: 1)
    target.sources = [.init(key: "A", citation: "a paper"), .init(key: "B", citation: "another")]
    target.energy.model = .perEvent
    target.energy.events = [
      "synop": Quantity(2, grade: .silicon, source: "A"), "hopEW": Quantity(3),
      "hopNS": Quantity(5, grade: .presilicon, source: "A"),
    ]
    target.energy.standing = ["chip": Quantity(7, grade: .silicon, source: "A")]
    target.time.step = Quantity(0.5)
    let full = try report(on: target)
    // 12 synapses; 2 links along rows and 1 along columns for each of 12 packets.
    let dynamic: Double = 24 + 72 + 60
    #expect(full.energy.dynamicJoules == dynamic)
    #expect(full.energy.staticJoules == 35)
    #expect(full.time.seconds == 5)
    #expect(full.energy.totalJoules == 191)
    #expect(full.energy.missing.isEmpty)
    #expect(full.energy.grade == .presilicon && full.energy.sources.map(\.key) == ["A"])

    target.energy.events["hopNS"] = Quantity(nil)
    let partial = try report(on: target)
    #expect(partial.energy.dynamicJoules == nil && partial.energy.totalJoules == nil)
    #expect(partial.energy.missing == ["events.hopNS"])
    #expect(partial.energy.staticJoules == 35)

    target.energy.events["hopNS"] = Quantity(5)
    target.energy.events["tea"] = Quantity(5)
    #expect(try report(on: target).energy.missing == ["count of 'tea'"])
    let none = try report(on: .unlimited(latency: 1)).energy
    #expect(none.totalJoules == nil && none.dynamicJoules == nil && !none.missing.isEmpty)
  }

  @Test("models the time of a step by its busiest core and the barrier")
  func time() throws {
    var target = TargetDescription.unlimited(latency: 1)
    #expect(try report(on: target).time.seconds == nil)
    target.energy.latency = [
      "synop": Quantity(4e-9), "neuronActive": Quantity(3e-9), "neuronInactive": Quantity(1e-9),
    ]
    #expect(try report(on: target).time.missing == ["time.barrier"])
    target.time.barrier = [
      .init(tiles: 1, latency: Quantity(1e-9)), .init(tiles: 32, latency: Quantity(2e-9)),
    ]
    let report = try report(on: target)
    // Ticks 1 to 8 carry a synapse of 4 ns, and the tick after them the last of the slower chain,
    // if it fires; the first tick has neurons only.
    let seconds = try #require(report.time.seconds)
    let longest = try #require(report.time.longestStep)
    #expect(abs(longest - 6e-9) < 1e-15)
    #expect(seconds > 30e-9)
    #expect(seconds <= 60e-9)
    #expect(!report.time.isRealTime)
  }

  @Test("chooses operating points by what was received, and counts overruns")
  func operatingPoints() throws {
    var target = TargetDescription.unlimited(latency: 1)
    target.time.step = Quantity(1e-3)
    target.energy.model = .levels
    func point(_ name: String, _ hertz: Double, _ most: Double?) -> Energy.OperatingPoint {
      Energy.OperatingPoint(
        name: name, volts: nil, hertz: Quantity(hertz), baseline: Quantity(hertz / 1e3),
        perNeuron: Quantity(1e-3), perSynapticOperation: Quantity(1e-4),
        mostSpikesPerStep: most.map { Quantity($0) }, cyclesPerNeuron: Quantity(10),
        cyclesPerSynapticOperation: Quantity(5))
    }
    // At 10 kHz an update takes a millisecond: with a synapse it does not fit.
    target.energy.levels = [point("fast", 100e3, nil), point("slow", 10e3, 0)]
    let report = try report(on: target)
    #expect(report.operatingPoints.map(\.name) == ["slow", "fast"])
    // Three cores take 10 steps each; the second receives 8 packets, the third 4, each of which
    // makes the next step a fast one, but for what is received in the last step.
    #expect(report.operatingPoints.map(\.steps).reduce(0, +) == 30)
    let fast = report.operatingPoints[1]
    #expect(fast.steps == 12)
    // Ten ticks and two of delivery: the cores that hear nothing yet are slow.
    for (tick, slow) in report.operatingPoints[0].stepsOfTick.enumerated() {
      #expect(slow + fast.stepsOfTick[tick] == 30 / report.operatingPoints[0].stepsOfTick.count)
    }
    #expect(fast.stepsOfTick.reduce(0, +) == 12 && fast.stepsOfTick[0] == 0)
    let slow = report.operatingPoints[0]
    #expect(slow.overruns ?? 0 > 0 && fast.overruns == 0)
    // An update alone takes the tick: what does not fit takes no more time than there is.
    #expect(slow.steps == 18)
    #expect(abs((slow.busySeconds ?? 0) - 18e-3) < 1e-12)
    let busy = try #require(fast.busySeconds)
    #expect(busy > 12e-4 && busy < 12e-3)
    let dynamic = try #require(report.energy.dynamicJoules)
    let standing = try #require(report.energy.staticJoules)
    #expect(abs(dynamic - (30 * 1e-3 + 12 * 1e-4)) < 1e-12)
    #expect(abs(standing - (10 * 18e-3 + 100 * busy + 10 * (12e-3 - busy))) < 1e-9)
    #expect(report.energy.missing.isEmpty)
    target.sources = [.init(key: "A", citation: "a paper")]
    target.energy.levels[0].baseline = Quantity(100, grade: .silicon, source: "A")
    let cited = try self.report(on: target).energy
    #expect(cited.grade == .silicon && cited.sources.map(\.key) == ["A"])
    target.energy.levels[0].baseline = nil
    let unknown = try self.report(on: target).energy
    #expect(unknown.dynamicJoules == report.energy.dynamicJoules)
    #expect(unknown.staticJoules == nil && unknown.totalJoules == nil)
    #expect(unknown.missing == ["levels.fast.baseline"])
  }

  @Test("says nothing of operating points where nobody says how they are chosen")
  func unknownOperatingPoints() throws {
    var target = TargetDescription.unlimited(latency: 1)
    target.energy = try #require(TargetDescription.builtIn("spinnaker2")).energy
    target.time.step = Quantity(1e-3)
    let report = try report(on: target)
    #expect(report.operatingPoints.isEmpty)
    #expect(report.energy.dynamicJoules == nil && report.energy.staticJoules == nil)
    for level in ["PL1", "PL2", "PL3"] {
      for name in ["perNeuron", "perSynop", "baseline", "cyclesPerNeuron", "cyclesPerSynop"] {
        #expect(report.energy.missing.contains("levels.\(level).\(name)"))
      }
      #expect(!report.energy.missing.contains("levels.\(level).hertz"))
    }
  }

  @Test("counts steps that ask too much of a core, where rates are known")
  func overloads() throws {
    var target = TargetDescription.unlimited(latency: 1)
    target.time.step = Quantity(1e-3)
    #expect(try report(on: target).overloads == .init())
    // Half an operation a tick, and no spike that can wait: each of twelve packets is too much.
    target.cores[0].resources["synopsPerSecond"] = Quantity(500)
    target.cores[0].resources["inputSpikes"] = Quantity(0)
    let tight = try report(on: target).overloads
    #expect(tight.synapticOperations == 12 && tight.inputSpikes == 12)
    target.cores[0].resources["synopsPerSecond"] = Quantity(1000)
    target.cores[0].resources["inputSpikes"] = Quantity(1)
    let wide = try report(on: target).overloads
    #expect(wide.synapticOperations == 0 && wide.inputSpikes == 0)
    target.time.step = nil
    #expect(try report(on: target).overloads.synapticOperations == nil)
  }

  @Test("what a neuron takes to reset by subtraction is updated, too")
  func secondCompartments() throws {
    var target = TargetDescription.currentBased
    let single = try report(on: target)
    target.cores[0].neuron?.resets = [.init(mode: .subtract, neuronCost: 2)]
    target.energy.latency = [
      "synop": Quantity(0), "neuronActive": Quantity(3e-9), "neuronInactive": Quantity(1e-9),
    ]
    target.time.barrier = [.init(tiles: 32, latency: Quantity(0))]
    let double = try report(on: target)
    // Two of three neurons fire, twelve times; they take two places each.
    #expect(single.activeUpdates + single.inactiveUpdates == 3 * 10)
    #expect(double.activeUpdates + double.inactiveUpdates == 5 * 10)
    #expect(double.activeUpdates == single.activeUpdates + 12)
    // The first neuron and its second compartment take 6 ns in the ticks in which it fires.
    #expect(abs((double.time.longestStep ?? 0) - 6e-9) < 1e-15)
  }

  @Test("does not know the barrier of more tiles than were measured, or of several chips")
  func barriers() throws {
    var target = TargetDescription.unlimited(latency: 1)
    target.energy.latency = ["synop": Quantity(4e-9), "neuronUpdate": Quantity(3e-9)]
    target.time.barrier = [.init(tiles: 3, latency: Quantity(1e-9))]
    #expect(try report(on: target).time.missing.isEmpty)
    target.time.barrier = [.init(tiles: 2, latency: Quantity(1e-9))]
    let beyond = try report(on: target).time
    #expect(beyond.missing == ["time.barrier"] && beyond.seconds == nil)
    target.time.barrier = [.init(tiles: 32, latency: Quantity(1e-9))]
    target.cores[0].count = 1
    target.topology.levels[1] = level("core", 1, [1, 1])
    #expect(try report(on: target).time.missing == ["time.barrier"])
    // Three chips: that of the next larger number counts.
    target.time.chipBarrier = [.init(chips: 2, latency: Quantity(1e-6))]
    #expect(try report(on: target).time.missing == ["time.barrier"])
    target.time.chipBarrier += [
      .init(chips: 9, latency: Quantity(9e-6)), .init(chips: 4, latency: Quantity(4e-6)),
    ]
    let several = try report(on: target).time
    #expect(several.missing.isEmpty)
    // A synapse takes the busiest core 4 ns.
    #expect(abs((several.longestStep ?? 0) - 4.004e-6) < 1e-12)
  }

  @Test("a core in use or not takes its power")
  func idleCores() throws {
    var target = TargetDescription.unlimited(latency: 1)
    target.energy.model = .perEvent
    target.energy.events = ["synop": Quantity(0)]
    target.time.step = Quantity(1)
    target.energy.standing = ["core": Quantity(2)]
    #expect(try report(on: target).energy.staticJoules == 64 * 2 * 10)
    target.energy.standing = ["activeCore": Quantity(2)]
    #expect(try report(on: target).energy.staticJoules == 3 * 2 * 10)
  }

  @Test("has no links where nobody says how cores are joined")
  func unknownArrangement() throws {
    var target = TargetDescription.unlimited(latency: 1)
    target.energy.model = .perEvent
    target.energy.events = ["hopEW": Quantity(3), "synop": Quantity(1)]
    let report = try report(on: target, grid: nil)
    #expect(report.hops == nil && report.links.isEmpty && report.packets == 12)
    #expect(report.energy.dynamicJoules == nil)
    #expect(report.energy.missing.contains("count of 'hopEW'"))
  }

  @Test("refuses a core at a router that the machine does not have")
  func beyondTheGrid() throws {
    for position in [
      GridPoint(x: 1_000_000_000, y: 0), GridPoint(x: 0, y: 1), GridPoint(x: -1, y: 0),
    ] {
      var tables = try layout(chain(weights: [[2], [1]], thresholds: [2]))
      tables.cores[1].position = position
      #expect {
        try MeshEmulator(loading: tables)
      } throws: { error in
        (error as? CompileError)?.diagnostics.map(\.id) == ["emulator.bad-table"]
      }
    }
  }

  @Test("keeps operations of the host's spikes apart")
  func hostOperations() throws {
    let report = try MeshEmulator(loading: pair(weights: [4, -4], threshold: 4)).run(
      count: 1, options: RunOptions(), input: { _ in [[1, 1]] }, progress: { _ in })
    #expect(report.report.hostSpikes > 0)
    #expect(report.report.hostSynapticOperations == report.report.hostSpikes)
    #expect(report.report.synapticOperations == 0)
    let own = report.run.populations.reduce(0) { $0 + $1.synapticOperations }
    #expect(own == report.report.synapticOperations)
  }

  @Test("counts currents that wrap around and potentials that saturate")
  func overflows() throws {
    // 2^17 and more, times 64, leaves 24 bits; thresholds of 131,001 are exact at 64 units only.
    let weight = 140_000
    var graph = chain(weights: [[1], [weight], [1]], thresholds: [1, 131_001], timesteps: 4)
    var emulator = try MeshEmulator(loading: layout(graph, on: .currentBased))
    var report = try emulator.run(
      count: 1, options: RunOptions(), input: { _ in [[1]] }, progress: { _ in }
    ).report
    #expect(report.overflows.currents == 4 && report.overflows.sums == 0)
    // The neuron hears −121,… instead: 140,000 · 64 − 2^24 = −7,817,216, and saturates below.
    #expect(report.overflows.potentials == 3)
    let trace = try emulator.trace([[1]])
    #expect(trace.units[2] == [[0], [0], [0], [0]])
    #expect(trace.potentials[2] == [Int32(-8_388_607) >> 6])

    graph = chain(weights: [[1], [-100_000], [1]], thresholds: [1, 131_001], timesteps: 4)
    emulator = try MeshEmulator(loading: layout(graph, on: .currentBased))
    report = try emulator.run(
      count: 1, options: RunOptions(), input: { _ in [[1]] }, progress: { _ in }
    ).report
    #expect(report.overflows.currents == 0 && report.overflows.potentials == 3)
  }

  @Test("what is added in each tick is refused where it might leave 31 bits")
  func drives() throws {
    /// Returns the ids of what is refused of a current of 2^shift and a bias.
    func refused(_ shift: Int, bias: Int32, on target: TargetDescription) throws -> [String] {
      var graph = chain(weights: [[1], [1]], thresholds: [1 << 20], timesteps: 4)
      graph[ProjectionID(0)].shift = shift
      graph[PopulationID(1)].bias = graph.tensors.add(
        Tensor("bias", shape: [1], data: .int32([bias])))
      let tables = try layout(graph, on: target)
      do throws(CompileError) {
        _ = try MeshEmulator(loading: tables)
        return []
      } catch {
        return error.diagnostics.map(\.id)
      }
    }
    // Registers of 24 bits limit potentials, not what is added to them.
    let most: Int32 = 1 << 30
    for target in [TargetDescription.currentBased, .unlimited(latency: 1)] {
      #expect(try refused(20, bias: 0, on: target) == [])
      #expect(try refused(20, bias: most, on: target) == ["emulator.overflow"])
    }
    #expect(try refused(20, bias: most - 1 << 20 - 1, on: .currentBased) == [])
    #expect(try refused(20, bias: most - 1 << 20, on: .currentBased) == ["emulator.overflow"])
    #expect(try refused(0, bias: -most, on: .currentBased) == ["emulator.overflow"])
  }

  @Test("thresholds that no mantissa holds are refused")
  func thresholds() throws {
    let graph = chain(weights: [[1], [1]], thresholds: [1 << 23])
    #expect {
      try MeshEmulator(loading: layout(graph, on: .currentBased))
    } throws: { error in
      (error as? CompileError)?.diagnostics.map(\.id) == ["emulator.threshold"]
        && (error as? CompileError)?.exitCode == .doesNotFit
    }
  }

  // MARK: Machines without ticks

  @Test("without ticks the order of spikes matters")
  func eventOrder() throws {
    // Two sources of one spike a tick each: +4 and −4 on a neuron of threshold 4. With ticks they
    // cancel; one after the other the neuron fires before it is inhibited.
    let tables = try pair(weights: [4, -4], threshold: 4)
    let ticking = try MeshEmulator(loading: tables).trace([[1, 1]])
    #expect(ticking.units[1].joined().allSatisfy { $0 == 0 })
    var other = tables
    other.target.time.model = .event
    let ordered = try MeshEmulator(loading: other).trace([[1, 1]])
    #expect(ordered.units[1].first == [1])
    let swapped = try pair(weights: [-4, 4], threshold: 4)
    var third = swapped
    third.target.time.model = .event
    #expect(
      try MeshEmulator(loading: third).trace([[1, 1]]).units[1].joined().allSatisfy { $0 == 0 })
  }

  @Test("without ticks and inhibition, counts do not depend on the order")
  func abelian() throws {
    for seed in 0..<20 {
      var random = SplitMix64(seed: UInt64(300 + seed))
      let (graph, weights, threshold) = excited(&random)
      var target = TargetDescription.unlimited(latency: 1)
      target.time.model = .event
      let tables = try layout(graph, on: target)
      let emulator = try MeshEmulator(loading: tables)
      let input = [(0..<graph.populations.elements[0].shape.count).map { _ in random.float(0...1) }]
      let trace = try emulator.trace(input)
      let train = SpikeTrain(
        graph.encoders[0], at: 0, saying: try #require(emulator.inputs.first).encode(input[0]),
        image: 0, timesteps: emulator.timesteps)
      var counts = input[0].map { _ in 0 }
      for t in 0..<emulator.timesteps {
        for (n, unit) in train.units(at: t).enumerated() { counts[n] += Int(unit) }
      }
      for (l, matrix) in weights.enumerated() {
        let width = matrix.count / counts.count
        let sums = (0..<width).map { k in
          counts.indices.reduce(0) { $0 + counts[$1] * matrix[$1 * width + k] }
        }
        let own = graph.populations.ids[l + 1]
        guard l < threshold.count else {
          #expect(trace.potentials[own.index].map { Int($0) } == sums)
          break
        }
        // Each spike adds at most the threshold, so that none is owed at the end.
        counts = sums.map { ($0 + threshold[l] / 2) / threshold[l] }
        let said = (0..<width).map { n in trace.units[own.index].reduce(0) { $0 + Int($1[n]) } }
        #expect(said == counts, "seed \(seed), layer \(l)")
      }
    }
  }

  /// Returns the tables of two sources of spikes into one neuron.
  private func pair(weights: [Int32], threshold: Int32) throws -> Allocation {
    var graph = SpikingGraph(name: "pair")
    let code = SpikeCode.rate(timesteps: 4)
    let quantum = graph.tensors.add("quantum", shape: [1], floats: [1])
    let input = graph.populations.append(
      Population(name: "input", shape: [2], code: code, model: .source, quantum: quantum))
    graph.encoders.append(Encoder(population: input, levels: 1, kind: .bernoulli))
    let theta = graph.tensors.add(Tensor("threshold", shape: [1], data: .int32([threshold])))
    let zero = graph.tensors.add(Tensor("initial", shape: [1], data: .int32([0])))
    let matrix = graph.tensors.add(Tensor("w", shape: [2, 1], data: .int32(weights)))
    let neuron = graph.populations.append(
      Population(
        name: "neuron", shape: [1], code: code,
        model: .integrateAndFire(IntegrateAndFire(threshold: theta, initial: zero)),
        quantum: quantum))
    graph.projections.append(
      Projection(
        name: "j", source: input, target: neuron, kind: .dense(DenseProjection(weights: matrix))))
    graph.decoders.append(Decoder(population: neuron, reading: .count))
    return try layout(graph)
  }

  /// Returns a chain of dense layers without inhibition, its matrices and its thresholds.
  private func excited(
    _ random: inout SplitMix64
  ) -> (graph: SpikingGraph, weights: [[Int]], thresholds: [Int]) {
    var graph = SpikingGraph(name: "excited")
    let code = SpikeCode.rate(timesteps: random.int(2...12))
    let quantum = graph.tensors.add("quantum", shape: [1], floats: [1])
    var count = random.int(1...8)
    var last = graph.populations.append(
      Population(name: "input", shape: [count], code: code, model: .source, quantum: quantum))
    graph.encoders.append(Encoder(population: last, levels: 64, kind: .bernoulli))
    var (matrices, thresholds): ([[Int]], [Int]) = ([], [])
    let layers = random.int(2...4)
    for l in 0..<layers {
      let width = random.int(1...8)
      let own = (0..<count * width).map { _ in random.int(0...9) }
      let matrix = graph.tensors.add(
        Tensor("w\(l)", shape: [count, width], data: .int8(own.map { Int8($0) })))
      matrices.append(own)
      var model = NeuronModel.integrator
      if l < layers - 1 {
        let theta = random.int(9...15)
        thresholds.append(theta)
        model = .integrateAndFire(
          IntegrateAndFire(
            threshold: graph.tensors.add(
              Tensor(
                "t\(l)", shape: [width],
                data: .int32([Int32](repeating: Int32(theta), count: width))))))
      }
      let id = graph.populations.append(
        Population(
          name: "p\(l)", shape: [width], code: code, model: model,
          quantum: l < layers - 1 ? quantum : nil))
      graph.projections.append(
        Projection(
          name: "j\(l)", source: last, target: id, kind: .dense(DenseProjection(weights: matrix))))
      (last, count) = (id, width)
    }
    graph.decoders.append(Decoder(population: last))
    return (graph, matrices, thresholds)
  }
}
