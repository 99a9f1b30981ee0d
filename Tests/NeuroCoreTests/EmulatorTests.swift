// Emulated cores against the reference simulator: right tables say what the graph says, every spike,
// and wrong ones do not.

import Diagnostics
import SpikeExecution
import SpikeIR
import SpikeInterpreter
import Synchronization
import TestSupport
import Testing

@testable import HardwareTargets
@testable import NeuroCore

@Suite("Mesh emulator") struct EmulatorTests {

  @Test("equals the clock-driven simulator on random graphs and layouts", arguments: 0..<12)
  func equalsClock(batch: Int) throws {
    for i in 0..<40 {
      let seed = UInt64(batch * 40 + i)
      var random = SplitMix64(seed: seed)
      let tables = try randomTables(latency: random.int(0...3), using: &random)
      let emulator = try MeshEmulator(loading: tables)
      let clock = try ClockSimulator(tables.graph)
      for image in 0..<2 {
        let input = randomInputs(for: tables.graph, using: &random)
        let expected = try clock.run(input, image: image)
        let trace = try emulator.trace(input, image: image)
        #expect(
          trace == expected.trace.ofNeurons(in: tables.graph),
          "seed \(seed): \(firstDifference(trace, expected.trace, tables.graph))")
        var options = RunOptions()
        options.firstImage = image
        let result = try emulator.run(
          count: 1, options: options, input: { _ in input }, progress: { _ in })
        #expect(result.run.outputs == expected.outputs.flatMap { $0 }, "seed \(seed)")
        #expect(result.report.overflows.total == 0 && result.report.lostArrivals == 0)
      }
    }
  }

  @Test("equals it in registers of 24 bits as long as they hold everything", arguments: 0..<4)
  func equalsClockInRegisters(batch: Int) throws {
    var compared = 0
    for i in 0..<60 {
      let seed = UInt64(5000 + batch * 60 + i)
      var random = SplitMix64(seed: seed)
      let tables = try randomTables(latency: 1, on: .currentBased, using: &random)
      let input = randomInputs(for: tables.graph, using: &random)
      // Some random thresholds are more than a mantissa of 17 bits holds.
      guard let emulator = try? MeshEmulator(loading: tables) else { continue }
      let result = try emulator.run(
        count: 1, options: RunOptions(), input: { _ in input }, progress: { _ in })
      guard result.report.overflows.total == 0 else { continue }
      compared += 1
      let expected = try ClockSimulator(tables.graph).run(input)
      let trace = try emulator.trace(input)
      #expect(trace == expected.trace.ofNeurons(in: tables.graph), "seed \(seed)")
    }
    #expect(compared >= 20, "only \(compared) graphs fit")
  }

  @Test("equals it where currents and potentials decay", arguments: 0..<6)
  func equalsClockWithDecays(batch: Int) throws {
    var (compared, spikes) = (0, 0)
    for i in 0..<120 {
      let seed = UInt64(20_000 + batch * 120 + i)
      var random = SplitMix64(seed: seed)
      let tables = try randomTables(
        latency: random.int(0...2), on: .decaying, decays: true, using: &random)
      let input = randomInputs(for: tables.graph, using: &random)
      // Some thresholds of other neurons, and decays of 0 of currents or 4096 of potentials, do not fit.
      guard let emulator = try? MeshEmulator(loading: tables) else { continue }
      let models = tables.graph.populations.elements.map(\.model.mnemonic)
      guard models.contains("cuba-lif"), !models.contains("if"), !models.contains("levels") else {
        continue
      }
      compared += 1
      let result = try emulator.run(
        count: 1, options: RunOptions(), input: { _ in input }, progress: { _ in })
      let expected = try ClockSimulator(tables.graph).run(input)
      let trace = try emulator.trace(input)
      #expect(
        trace == expected.trace.ofNeurons(in: tables.graph),
        "seed \(seed): \(firstDifference(trace, expected.trace, tables.graph))")
      spikes += result.run.populations.reduce(0) { $0 + $1.spikes }
    }
    #expect(compared >= 5 && spikes > 50, "only \(compared) graphs, \(spikes) spikes")
  }

  @Test("refuses decays that cores do not have")
  func missingDecays() throws {
    for seed in 0..<40 {
      var random = SplitMix64(seed: UInt64(300 + seed))
      let tables = try randomTables(latency: 1, on: .currentBased, decays: true, using: &random)
      guard tables.graph.populations.elements.contains(where: { $0.model.mnemonic == "cuba-lif" })
      else { continue }
      #expect(throws: CompileError.self) { try MeshEmulator(loading: tables) }
    }
  }

  @Test("a table with a damaged entry says something else")
  func damagedEntries() throws {
    var (changed, damaged) = (0, 0)
    for seed in 0..<60 {
      var random = SplitMix64(seed: UInt64(900 + seed))
      let tables = try randomTables(latency: 1, using: &random)
      let inputs = (0..<4).map { _ in randomInputs(for: tables.graph, using: &random) }
      let right = try traces(of: tables, inputs)
      guard let damage = tables.randomDamage(using: &random) else { continue }
      damaged += 1
      let wrong: [SpikeTrace]? =
        if let emulated = try? traces(of: damage, inputs) { emulated } else { nil }
      if wrong != right { changed += 1 }
    }
    // A damaged entry may concern neurons that happen to be silent.
    #expect(damaged >= 50 && changed * 100 >= damaged * 70, "\(changed) of \(damaged) differ")
  }

  @Test("without a route, an axon block or a connection nothing arrives")
  func missingEntries() throws {
    let graph = chain(weights: [[3], [2]], thresholds: [2])
    let tables = try layout(graph)
    let input: [[Float]] = [[1]]
    let right = try MeshEmulator(loading: tables).trace(input)
    #expect(right.potentials.last?.first ?? 0 > 0)
    var noRoute = tables
    noRoute.routes.removeAll()
    var noConnection = tables
    noConnection.connections.removeAll()
    var elsewhere = tables
    elsewhere.routes[elsewhere.routes.count - 1].core = tables.cores[0].number
    var late = tables
    late.connections[late.connections.count - 1].delay += 1
    for wrong in [noRoute, noConnection, elsewhere] {
      #expect(try MeshEmulator(loading: wrong).trace(input).potentials.last == [0])
    }
    #expect(try MeshEmulator(loading: late).trace(input) != right)
  }

  @Test("results do not depend on threads, and spikes are those of the trace")
  func threads() throws {
    var random = SplitMix64(seed: 77)
    let tables = try randomTables(latency: 1, using: &random)
    let emulator = try MeshEmulator(loading: tables)
    let images = (0..<9).map { _ in randomInputs(for: tables.graph, using: &random) }
    let results = try [1, 3].map { threads in
      let options = RunOptions(
        threads: threads, recordsPredictions: true, recordsSpikes: true)
      return try emulator.run(
        count: images.count, options: options, input: { images[$0] }, progress: { _ in })
    }
    #expect(results[0].run.outputs == results[1].run.outputs)
    #expect(results[0].report == results[1].report)
    #expect(results[0].run.predictionsByTimestep == results[1].run.predictionsByTimestep)
    let spikes = try images.enumerated().reduce(0) { sum, image in
      let trace = try emulator.trace(image.element, image: image.offset)
      return sum + trace.units.joined().joined().reduce(0) { $0 + Int($1.magnitude) }
    }
    #expect(results[0].report.spikes == spikes)
    #expect(results[0].run.spikesByTimestep?.reduce(0, +) == spikes)
    #expect(results[0].run.populations.reduce(0) { $0 + $1.spikes } == spikes)
  }

  @Test("leaky neurons and other codes are refused")
  func refusals() throws {
    var random = SplitMix64(seed: 3)
    let phased = randomSpikingGraph(
      using: &random, options: SpikingGraphOptions(codes: [.phased(timesteps: 4)]))
    #expect(throws: CompileError.self) {
      try MeshEmulator(loading: layout(phased))
    }
    var refused = 0
    for seed in 0..<20 {
      let graph = randomSpikingGraph(
        seed: UInt64(seed),
        options: SpikingGraphOptions(codes: [.rate(timesteps: 4)], hasLeakyNeurons: true))
      let isLeaky = graph.populations.elements.contains { $0.model.mnemonic == "lif" }
      do {
        _ = try MeshEmulator(loading: layout(graph))
        #expect(!isLeaky)
      } catch let error as CompileError {
        #expect(isLeaky && error.diagnostics.map(\.id) == ["emulator.unsupported-neuron"])
        refused += 1
      }
    }
    #expect(refused > 5)
  }
}

/// Returns what the tables make of inputs.
private func traces(of tables: Allocation, _ inputs: [[[Float]]]) throws -> [SpikeTrace] {
  let emulator = try MeshEmulator(loading: tables)
  return try inputs.enumerated().map { try emulator.trace($0.element, image: $0.offset) }
}

/// Returns where two traces differ first.
func firstDifference(
  _ found: SpikeTrace, _ expected: SpikeTrace, _ graph: SpikingGraph
) -> String {
  let expected = expected.ofNeurons(in: graph)
  for id in graph.populations.ids {
    let (own, other) = (found.units[id.index], expected.units[id.index])
    for t in own.indices where own[t] != other[t] {
      let n = own[t].indices.first { own[t][$0] != other[t][$0] } ?? 0
      return "'\(graph[id].name)' (\(graph[id].model.mnemonic)), tick \(t), neuron \(n): "
        + "\(own[t][n]), expected \(other[t][n])"
    }
    if found.potentials[id.index] != expected.potentials[id.index] {
      return "'\(graph[id].name)' (\(graph[id].model.mnemonic)): potentials"
    }
  }
  return "none"
}
