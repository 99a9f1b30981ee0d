// The engine against the reference simulators: every spike, every potential, every count.

import Diagnostics
import SpikeExecution
import SpikeIR
import SpikeInterpreter
import Synchronization
import TestSupport
import Testing

@testable import EventCPU

@Suite("Event engine") struct EventEngineTests {

  @Test("equals the clock-driven simulator on random graphs", arguments: 0..<12)
  func equalsClock(batch: Int) throws {
    for i in 0..<40 {
      let seed = UInt64(batch * 40 + i)
      var random = SplitMix64(seed: seed)
      let graph = randomSpikingGraph(using: &random)
      let engine = try EventEngine(lowering: graph)
      let clock = try ClockSimulator(graph)
      for _ in 0..<2 {
        let input = randomInputs(for: graph, using: &random)
        let expected = try clock.run(input)
        let trace = try engine.trace(input)
        #expect(
          trace == expected.trace, "seed \(seed): \(difference(trace, expected.trace, graph))")
        let result = try engine.run(
          count: 1, options: RunOptions(), input: { _ in input }, progress: { _ in })
        #expect(result.outputs == expected.outputs.flatMap { $0 }, "seed \(seed)")
      }
    }
  }

  @Test("equals the network without time", arguments: ["phased", "weighted"])
  func equalsNetwork(keyword: String) throws {
    for seed in 0..<60 {
      var random = SplitMix64(seed: UInt64(1000 + seed))
      let code = try SpikeCode(keyword: keyword, timesteps: random.int(1...12))
      let graph = randomSpikingGraph(
        using: &random, options: SpikingGraphOptions(codes: [code], layers: 3...10))
      let input = randomInputs(for: graph, using: &random)
      let expected = try QuantizedNetwork(graph).run(input)
      let result = try EventEngine(lowering: graph).run(
        count: 1, options: RunOptions(), input: { _ in input }, progress: { _ in })
      #expect(result.outputs == expected.outputs.flatMap { $0 }, "seed \(seed)")
    }
  }

  @Test("counts spikes and operations as by walking every connection", arguments: 0..<4)
  func countsByDefinition(batch: Int) throws {
    for i in 0..<40 {
      let seed = UInt64(2000 + batch * 40 + i)
      var random = SplitMix64(seed: seed)
      let graph = randomSpikingGraph(using: &random)
      let images = (0..<3).map { _ in randomInputs(for: graph, using: &random) }
      let result = try EventEngine(lowering: graph).run(
        count: 3, options: RunOptions(), input: { images[$0] }, progress: { _ in })
      let clock = try ClockSimulator(graph)
      let counter = try SynapticOperationCounter(graph)
      var spikes = [Int](repeating: 0, count: graph.populations.count)
      var operations = spikes
      for (i, image) in images.enumerated() {
        let counts = counter.count(try clock.run(image, image: i).trace)
        for p in spikes.indices {
          spikes[p] += counts.spikes[p]
          operations[p] += counts.synapticOperations[p]
        }
      }
      let spiking = graph.populations.ids.filter { graph[$0].isSpiking }
      #expect(result.populations.map(\.name) == spiking.map { graph[$0].name })
      #expect(result.populations.map(\.spikes) == spiking.map { spikes[$0.index] }, "seed \(seed)")
      #expect(
        result.populations.map(\.synapticOperations) == spiking.map { operations[$0.index] },
        "seed \(seed)")
    }
  }

  @Test("results do not depend on threads")
  func threads() throws {
    for seed in 0..<10 {
      var random = SplitMix64(seed: UInt64(3000 + seed))
      let graph = randomSpikingGraph(using: &random)
      let engine = try EventEngine(lowering: graph)
      let images = (0..<13).map { _ in randomInputs(for: graph, using: &random) }
      func run(_ threads: Int) throws -> RunResult {
        let finished = Mutex<[Int]>([])
        let result = try engine.run(
          count: 13, options: RunOptions(threads: threads), input: { images[$0] },
          progress: { n in finished.withLock { $0.append(n) } })
        #expect(finished.withLock { $0.sorted() } == Array(1...13))
        return result
      }
      let (one, three) = (try run(1), try run(3))
      #expect(one.outputs == three.outputs)
      #expect(one.populations == three.populations)
      #expect(one.ticks == three.ticks)
    }
  }

  @Test("no image ends before its readout begins", arguments: [0, 1, 5, 11])
  func earlyExit(start: Int) throws {
    var random = SplitMix64(seed: 7)
    var graph = randomSpikingGraph(
      using: &random, options: SpikingGraphOptions(codes: [.rate(timesteps: 12)]))
    for i in graph.decoders.indices { graph.decoders[i].start = start }
    let (engine, clock) = (try EventEngine(lowering: graph), try ClockSimulator(graph))
    let input = randomInputs(for: graph, using: &random)
    // Any lead suffices, so that the first prediction ends the image.
    let options = RunOptions(earlyExitMargin: 0, recordsPredictions: true)
    let result = try engine.run(
      count: 1, options: options, input: { _ in input }, progress: { _ in })
    #expect(result.ticks == start + 1)
    let expected = try clock.run(input, timesteps: start + 1).outputs.flatMap { $0 }
    #expect(result.outputs == expected)
    #expect(Set((result.predictionsByTimestep ?? []).dropFirst(start)).count == 1)
  }

  /// Returns where two traces differ first.
  private func difference(_ a: SpikeTrace, _ b: SpikeTrace, _ graph: SpikingGraph) -> String {
    for id in graph.populations.ids {
      let p = id.index
      let population = graph[id]
      let label = "\(id) \(population.model.mnemonic) \(population.shape) \(population.code)"
      if a.units[p].count != b.units[p].count { return "entries of \(label)" }
      for t in a.units[p].indices where a.units[p][t] != b.units[p][t] {
        return "units of \(label) in entry \(t): \(a.units[p][t]) against \(b.units[p][t])"
      }
      if a.potentials[p] != b.potentials[p] {
        return "potentials of \(label): \(a.potentials[p]) against \(b.potentials[p])"
      }
    }
    return "nowhere"
  }
}

@Suite("Graphs at the edge of what is sensible") struct EventEngineEdgeTests {

  @Test("wires that lead nowhere say nothing") func deadWires() throws {
    var graph = SpikingGraph(name: "dead wires")
    let code = SpikeCode.rate(timesteps: 5)
    let one = graph.tensors.add("one", shape: [1], floats: [1])
    func tensor(_ name: String, _ shape: Shape, _ data: TensorData) -> TensorID {
      graph.tensors.add(Tensor(name, shape: shape, data: data))
    }
    let source = graph.populations.append(
      Population(name: "in", shape: [2, 2, 1], code: code, model: .source, quantum: one))
    let threshold = tensor("threshold", [1], .int32([3]))
    let neurons = graph.populations.append(
      Population(
        name: "if", shape: [2, 2, 1], code: code,
        model: .integrateAndFire(IntegrateAndFire(threshold: threshold)), quantum: one))
    let relay = graph.populations.append(
      Population(name: "relay", shape: [4], code: code, model: .relay, quantum: one))
    let readout = graph.populations.append(
      Population(name: "out", shape: [1], code: code, model: .integrator))
    let kinds: [(PopulationID, PopulationID, ProjectionKind)] = [
      (source, neurons, .identity(.init(weights: tensor("w", [1], .int16([2]))))),
      (neurons, relay, .wire(.init(sources: tensor("s", [4], .int32([-1, -1, -1, -1]))))),
      (relay, readout, .dense(.init(weights: tensor("d", [4, 1], .int8([1, 2, 3, 4]))))),
    ]
    for (i, (source, target, kind)) in kinds.enumerated() {
      graph.projections.append(
        Projection(name: "p\(i)", source: source, target: target, kind: kind))
    }
    graph.encoders = [Encoder(population: source, levels: 8)]
    graph.decoders = [Decoder(population: readout)]
    let input: [[Float]] = [[1, 2, 3, 4]]
    let trace = try EventEngine(lowering: graph).trace(input)
    #expect(trace == (try ClockSimulator(graph).run(input)).trace)
  }
}
