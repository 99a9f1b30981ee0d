// The event engine against the reference executors: every spike of every tick, every potential,
// every count, on random, hostile and trained networks.

import Diagnostics
import EventCPU
import SpikeExecution
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

/// The codes of random graphs, with a number of ticks that depends on the seed.
private func code(_ keyword: String, _ seed: UInt64) throws -> SpikeCode {
  let longest: UInt64 = keyword == "weighted" ? 12 : 20
  return try SpikeCode(keyword: keyword, timesteps: Int(seed % longest) + 1)
}

/// Checks the engine on `inputs` against all references.
///
/// - Returns: the number of spikes, so that a silent comparison is noticed.
private func expectConformance(
  _ graph: SpikingGraph, on inputs: [[[Float]]], _ context: String
) throws(CompileError) -> Int {
  let (engine, simulator) = (try EventEngine(lowering: graph), try ClockSimulator(graph))
  let counter = try SynapticOperationCounter(graph)
  var spikes = [Int](repeating: 0, count: graph.populations.count)
  var operations = spikes
  var outputs: [Float] = []
  for (i, input) in inputs.enumerated() {
    let expected = try simulator.run(input, image: i)
    let trace = try engine.trace(input, image: i)
    expectSame(trace, expected.trace, in: graph, "\(context), input \(i)")
    if !graph.hasRate {
      let values = try QuantizedNetwork(graph).run(input)
      #expect(trace.totals == values.units, "\(context), input \(i)")
      #expect(trace.potentials == values.potentials, "\(context), input \(i)")
    }
    let counts = counter.count(expected.trace)
    for p in spikes.indices {
      spikes[p] += counts.spikes[p]
      operations[p] += counts.synapticOperations[p]
    }
    outputs += expected.outputs.flatMap { $0 }
  }
  for threads in [1, 2] {
    let result = try engine.run(
      count: inputs.count, options: RunOptions(threads: threads), input: { inputs[$0] },
      progress: { _ in })
    expectClose([result.outputs], [outputs], "\(context), \(threads) threads")
    let spiking = graph.populations.ids.filter { graph[$0].isSpiking }
    #expect(result.populations.map(\.name) == spiking.map { graph[$0].name }, "\(context)")
    #expect(result.populations.map(\.spikes) == spiking.map { spikes[$0.index] }, "\(context)")
    #expect(
      result.populations.map(\.synapticOperations) == spiking.map { operations[$0.index] },
      "\(context)")
  }
  return spikes.reduce(0, +)
}

extension SpikingGraph {

  /// `true` iff populations fire while they integrate.
  fileprivate var hasRate: Bool { populations.elements.contains { $0.code.isRate } }
}

extension Population {

  /// `true` iff what the neurons emit are spikes.
  fileprivate var isSpiking: Bool {
    switch model {
    case .integrateAndFire, .leaky, .currentBased, .bitShift, .staircase, .maximum: true
    case .source, .relay, .integrator: false
    }
  }
}

@Suite("Event engine against the references") struct EventEngineConformanceTests {

  @Test("random graphs", arguments: ["rate", "phased", "weighted"], 0..<6 as Range<UInt64>)
  func randomGraphs(keyword: String, batch: UInt64) throws {
    var spikes = 0
    for seed in 10_000 + batch * 25..<10_000 + batch * 25 + 25 {
      var generator = SplitMix64(seed: seed)
      let options = SpikingGraphOptions(codes: [try code(keyword, seed)], layers: 1...10)
      let graph = randomSpikingGraph(using: &generator, options: options)
      let inputs = (0..<3).map { _ in randomInputs(for: graph, using: &generator) }
      spikes += try expectConformance(graph, on: inputs, "seed \(seed) \(keyword)")
    }
    #expect(spikes > 1000)
  }

  /// Leaky neurons are in single precision; both executors round every operation alike.
  @Test("graphs with leaky neurons", arguments: 0..<8 as Range<UInt64>)
  func leakyGraphs(batch: UInt64) throws {
    try runBatch(from: 50_000, batch) { $0.hasLeakyNeurons = true }
  }

  /// Counts of up to 127 spikes in a tick and states that saturate included.
  @Test("graphs with neurons that decay by shifts", arguments: 0..<8 as Range<UInt64>)
  func shiftingGraphs(batch: UInt64) throws {
    var spikes = 0
    for seed in 70_000 + batch * 25..<70_000 + batch * 25 + 25 {
      var generator = SplitMix64(seed: seed)
      let code = SpikeCode.rate(timesteps: 20 + Int(seed % 41))
      let options = SpikingGraphOptions(
        codes: [code], layers: 1...10, hasDecayingNeurons: seed.isMultiple(of: 3),
        hasShiftingNeurons: true)
      let graph = randomSpikingGraph(using: &generator, options: options)
      let inputs = (0..<3).map { _ in randomInputs(for: graph, using: &generator) }
      spikes += try expectConformance(graph, on: inputs, "seed \(seed)")
    }
    #expect(spikes > 1000)
  }

  /// Currents that wrap around and potentials that saturate included.
  @Test("graphs with neurons that decay", arguments: 0..<8 as Range<UInt64>)
  func decayingGraphs(batch: UInt64) throws {
    try runBatch(from: 60_000, batch) { $0.hasDecayingNeurons = true }
  }

  /// Checks the engine on 25 random graphs of the code `rate` with 20 to 60 ticks.
  ///
  /// - Parameters:
  ///   - first: the seed of the first graph of batch 0.
  ///   - batch: which 25.
  ///   - choose: says what neurons the graphs have.
  /// - Throws: what either executor throws.
  private func runBatch(
    from first: UInt64, _ batch: UInt64, choose: (inout SpikingGraphOptions) -> Void
  ) throws {
    var spikes = 0
    for seed in first + batch * 25..<first + batch * 25 + 25 {
      var generator = SplitMix64(seed: seed)
      let code = SpikeCode.rate(timesteps: 20 + Int(seed % 41))
      var options = SpikingGraphOptions(codes: [code], layers: 1...10)
      choose(&options)
      let graph = randomSpikingGraph(using: &generator, options: options)
      let inputs = (0..<3).map { _ in randomInputs(for: graph, using: &generator) }
      spikes += try expectConformance(graph, on: inputs, "seed \(seed)")
    }
    #expect(spikes > 1000)
  }

  @Test("wide graphs", arguments: ["rate", "phased", "weighted"], 0..<6 as Range<UInt64>)
  func wideGraphs(keyword: String, batch: UInt64) throws {
    let tally = try expectExactOrRefused(.wide, keyword, batch * 12..<batch * 12 + 12)
    #expect(tally.executed >= 8 && tally.spikes > 1000, "\(tally)")
  }

  @Test("extreme numbers", arguments: ["rate", "phased", "weighted"])
  func extremeGraphs(keyword: String) throws {
    let tally = try expectExactOrRefused(.extreme, keyword, 0..<400)
    #expect(tally.executed >= 80 && tally.refused >= 80 && tally.spikes > 1000, "\(tally)")
  }

  /// Checks hostile graphs: the engine may refuse numbers that could overflow, and nothing else.
  ///
  /// - Returns: how many graphs were executed and refused, and the number of spikes.
  private func expectExactOrRefused(
    _ style: HostileGraph.Style, _ keyword: String, _ seeds: Range<UInt64>
  ) throws -> (executed: Int, refused: Int, spikes: Int) {
    var tally = (executed: 0, refused: 0, spikes: 0)
    for seed in seeds {
      let example = HostileGraph(style, seed: seed, code: try code(keyword, seed))
      do throws(CompileError) {
        _ = try EventEngine(lowering: example.graph)
      } catch {
        #expect(error.diagnostics.map(\.id) == ["cpu.overflow"], "seed \(seed) \(keyword)")
        tally.refused += 1
        continue
      }
      // What the engine accepts cannot overflow, so the simulator must not overflow either.
      tally.spikes += try expectConformance(
        example.graph, on: [example.input], "\(style) seed \(seed) \(keyword)")
      tally.executed += 1
    }
    return tally
  }

  @Test("one changed weight is noticed")
  func changedWeight() throws {
    var noticed = 0
    for seed: UInt64 in 0..<30 {
      let example = HostileGraph(.wide, seed: seed, code: try code("phased", seed))
      let expected = try ClockSimulator(example.graph).run(example.input).trace
      guard let last = example.graph.projections.ids.last,
        let id = example.graph[last].kind.weights,
        let loud = expected.totals[example.graph[last].source.index].firstIndex(where: { $0 != 0 })
      else { continue }
      var changed = example.graph
      var weights = try changed.tensors.integers(id).map { Int16($0) }
      weights[loud * changed[changed[last].target].shape.count] ^= 1
      changed.tensors[id].data = .int16(weights)
      #expect(try EventEngine(lowering: changed).trace(example.input) != expected)
      noticed += 1
    }
    #expect(noticed >= 10)
  }

  @Test("fewer or more ticks than the code has")
  func chosenTicks() throws {
    for seed: UInt64 in 0..<30 {
      var generator = SplitMix64(seed: seed)
      let options = SpikingGraphOptions(codes: [.rate(timesteps: 16)])
      let graph = randomSpikingGraph(using: &generator, options: options)
      let input = randomInputs(for: graph, using: &generator)
      let (engine, simulator) = (try EventEngine(lowering: graph), try ClockSimulator(graph))
      for ticks in [1, 7, 16] {
        let expected = try simulator.run(input, timesteps: ticks)
        let found = try engine.run(
          count: 1, options: RunOptions(timesteps: ticks), input: { _ in input },
          progress: { _ in })
        expectClose([found.outputs], [expected.outputs.flatMap { $0 }], "seed \(seed), \(ticks)")
        #expect(found.ticks == ticks)
      }
    }
  }

  @Test(
    "trained networks with leaky neurons", arguments: TrainedNetwork.all,
    ["none", "exponential", "alpha"])
  func trainedLeakyNetworks(network: TrainedNetwork, synapse: String) throws {
    let (graph, images) = try network.compiled(
      .rate(timesteps: 24), images: 2, synapse: synapse)
    let spikes = try expectConformance(
      graph, on: images.map { [$0] }, "\(network.model) \(synapse)")
    #expect(spikes > 100)
  }

  @Test("trained networks", arguments: TrainedNetwork.all, usualCodes)
  func trainedNetworks(network: TrainedNetwork, code: SpikeCode) throws {
    let (graph, images) = try network.compiled(code, images: 8)
    let spikes = try expectConformance(
      graph, on: images.map { [$0] }, "\(network.model) \(code)")
    #expect(spikes > 1000)
  }
}
