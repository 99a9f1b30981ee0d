// What passes measure with the engine, against the clock-driven simulator's traces.

import EventCPU
import PluginAPI
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@Suite("Means that passes measure") struct EventSimulatorTests {

  @Test("are those of the clock-driven simulation", arguments: 0..<25)
  func equalsClock(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let graph = randomSpikingGraph(using: &random)
    let samples = (0..<3).map { _ in randomInputs(for: graph, using: &random) }
    let inputs = CalibrationInputs(count: samples.count) { samples[$0] }
    let clock = try ClockSimulator(graph)
    let simulations = try samples.indices.map { try clock.run(samples[$0], image: $0) }
    for id in graph.populations.ids {
      let population = graph[id]
      if population.model == .source { continue }
      let found = try EventSimulator().means(of: id, in: graph, over: inputs, threads: 2)
      let start = graph.decoders.first { $0.population == id }?.start ?? 0
      let expected = means(of: id, population, simulations, from: start)
      for (f, e) in zip(found, expected) {
        #expect(abs(f - e) <= 1e-5 * max(1, abs(e)), "'\(population.name)'")
      }
      #expect(found.count == expected.count)
    }
  }

  @Test("are zeros where nobody spikes") func readoutAlone() throws {
    var graph = SpikingGraph(name: "readout")
    let quantum = graph.tensors.add("q", shape: [1], floats: [1])
    let source = graph.populations.append(
      Population(
        name: "x", shape: [4], code: .rate(timesteps: 8), model: .source, quantum: quantum))
    let readout = graph.populations.append(
      Population(name: "y", shape: [2], code: .rate(timesteps: 8), model: .integrator))
    let weights = graph.tensors.add(
      Tensor("w", shape: [4, 2], data: .int8([1, 2, 3, 4, 5, 6, 7, 8])))
    graph.projections.append(
      Projection(
        name: "p", source: source, target: readout,
        kind: .dense(DenseProjection(weights: weights))))
    graph.encoders = [Encoder(population: source, levels: 255, kind: .even)]
    graph.decoders = [Decoder(population: readout)]
    let inputs = CalibrationInputs(count: 2) { _ in [[0, 0.25, 0.5, 1]] }
    let spikes = try EventSimulator().spikesPerNeuron(of: graph, over: inputs, threads: 1)
    #expect(spikes == [[0, 0, 0, 0], [0, 0]])
  }

  @Test("leave out first ticks where asked", arguments: 30..<45 as Range<UInt64>)
  func start(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let options = SpikingGraphOptions(codes: [.rate(timesteps: 12)], hasLeakyNeurons: true)
    let graph = randomSpikingGraph(using: &random, options: options)
    let input = randomInputs(for: graph, using: &random)
    let inputs = CalibrationInputs(count: 1) { _ in input }
    let trace = try ClockSimulator(graph).run(input).trace
    for id in graph.populations.ids where graph[id].model != .integrator {
      for start in [0, 5, 11, 4000] {
        let found = try EventSimulator().neuronMeans(
          of: id, in: graph, over: inputs, from: start, threads: 1)
        let skipped = min(start, 11)
        for n in found.indices {
          let said = trace.units[id.index][skipped...].reduce(0) { $0 + Int($1[n]) }
          let expected = Double(said) * 12 / Double(12 - skipped)
          #expect(abs(found[n] - expected) <= 1e-5 * max(1, abs(expected)))
        }
      }
    }
  }

  /// Returns the mean of each channel over traces and positions.
  private func means(
    of id: PopulationID, _ population: Population, _ simulations: [ClockSimulation],
    from start: Int
  ) -> [Double] {
    let channels = population.shape.channels
    var sums = [Double](repeating: 0, count: channels)
    let ticks = population.code.isRate ? population.code.timesteps : 1
    for simulation in simulations {
      if population.model == .integrator {
        let history = simulation.potentialsByTick[id.index]
        for (i, v) in simulation.trace.potentials[id.index].enumerated() {
          let gained = v - (start == 0 ? 0 : history[start - 1][i])
          sums[i % channels] += Double(gained) / Double(ticks - start)
        }
      } else {
        for entry in simulation.trace.units[id.index] {
          for (i, unit) in entry.enumerated() { sums[i % channels] += Double(unit) }
        }
      }
    }
    return sums.map { $0 / Double(simulations.count * population.shape.positions) }
  }
}
