// The clock-driven simulation against the quantized network without time, on random graphs.

import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

extension SpikeTrace {

  /// The units that each neuron emitted in total, [population][neuron]; empty for integrators.
  fileprivate var totals: [[Int32]] {
    units.map { entries in
      guard var sums = entries.first else { return [] }
      for entry in entries.dropFirst() {
        for n in entry.indices { sums[n] += entry[n] }
      }
      return sums
    }
  }
}

/// A random quantized graph, with inputs for it.
private struct Example {

  let graph: SpikingGraph
  let inputs: [[[Float]]]

  /// Creates the graph that `seed` determines: of `code`, or else of any that has windows.
  init(seed: UInt64, code: SpikeCode? = nil) {
    let length = Int(seed % 5) + 1
    let windowed = seed % 2 == 0 ? SpikeCode.phased(timesteps: length * 3) : .weighted(bits: length)
    graph = randomSpikingGraph(
      seed: seed, options: SpikingGraphOptions(codes: [code ?? windowed], maximumDelay: 2))
    var generator = SplitMix64(seed: seed)
    let example = graph
    inputs = (0..<3).map { _ in randomInputs(for: example, using: &generator) }
  }
}

@Suite("Spiking agreement") struct SpikingAgreementTests {

  @Test("simulation equals network", arguments: 0..<20 as Range<UInt64>)
  func simulationEqualsNetwork(block: UInt64) throws {
    for seed in block * 20..<block * 20 + 20 {
      let example = Example(seed: seed)
      let simulator = try ClockSimulator(example.graph)
      let network = try QuantizedNetwork(example.graph)
      for input in example.inputs {
        let simulated = try simulator.run(input)
        let computed = try network.run(input)
        #expect(simulated.trace.totals == computed.units, "seed \(seed)")
        #expect(simulated.trace.potentials == computed.potentials, "seed \(seed)")
        #expect(simulated.outputs == computed.outputs, "seed \(seed)")
      }
    }
  }

  @Test func randomGraphsAreAlive() throws {
    // Guards the comparison above: neurons must say nothing, something, and everything.
    var (silent, full, between) = (0, 0, 0)
    for seed: UInt64 in 0..<100 {
      let example = Example(seed: seed)
      let values = try QuantizedNetwork(example.graph).run(example.inputs[0])
      for p in example.graph.populations.ids {
        guard case .integrateAndFire = example.graph[p].model else { continue }
        for q in values.units[p.index] {
          switch Int(q.magnitude) {
          case 0: silent += 1
          case example.graph[p].code.levels: full += 1
          default: between += 1
          }
        }
      }
    }
    let all = silent + full + between
    #expect(between > all / 10 && full > all / 20 && silent > all / 20)
  }

  @Test("a window is the binary or unary form of its units", arguments: 0..<40 as Range<UInt64>)
  func windowsAreCanonical(seed: UInt64) throws {
    let example = Example(seed: seed)
    let trace = try ClockSimulator(example.graph).run(example.inputs[0]).trace
    let totals = trace.totals
    for p in example.graph.populations.ids {
      switch example.graph[p].model {
      case .integrateAndFire, .staircase: break
      case .source, .relay, .maximum, .leaky, .currentBased, .bitShift, .integrator: continue
      }
      for (n, total) in totals[p.index].enumerated() {
        let said = trace.units[p.index].map { $0[n] }
        switch example.graph[p].code {
        case .weighted(let bits):
          let digits = (0..<bits).map { k in
            Int32(Int(total.magnitude) & 1 << (bits - 1 - k)) * total.signum()
          }
          #expect(said == digits)
        default:
          #expect(said.allSatisfy { $0 == 0 || $0 == total.signum() })
          #expect(said.prefix(Int(total.magnitude)).allSatisfy { $0 != 0 })
        }
      }
    }
  }

  @Test func oneChangedWeightChangesTheTrace() throws {
    var changes = 0
    for seed: UInt64 in 0..<60 {
      let example = Example(seed: seed, code: seed % 3 == 0 ? .rate(timesteps: 8) : nil)
      let before = try ClockSimulator(example.graph).run(example.inputs[0]).trace
      // A weight of a neuron that speaks, into the readout, where nothing can be lost.
      for j in example.graph.projections.ids {
        let projection = example.graph[j]
        guard example.graph[projection.target].model == .integrator,
          case .dense(let dense) = projection.kind,
          let loud = before.totals[projection.source.index].firstIndex(where: { $0 != 0 })
        else { continue }
        var changed = example.graph
        try changed.increment(
          dense.weights, at: loud * changed[projection.target].shape.count)
        let after = try ClockSimulator(changed).run(example.inputs[0]).trace
        #expect(after != before, "seed \(seed)")
        changes += 1
      }
    }
    #expect(changes >= 30)
  }

  @Test(
    "under rate the sum over time is the network of the sums", arguments: 0..<60 as Range<UInt64>)
  func rateConserves(seed: UInt64) throws {
    // Nothing is lost: what a neuron received in T ticks is what it said, times θ, plus what
    // its potential gained. The left side is computed without time, from the totals alone.
    let ticks = 12
    let graph = randomSpikingGraph(
      seed: seed, options: SpikingGraphOptions(codes: [.rate(timesteps: ticks)]))
    var generator = SplitMix64(seed: seed)
    let inputs = randomInputs(for: graph, using: &generator)
    let trace = try ClockSimulator(graph).run(inputs).trace
    let totals = trace.totals
    var timeless = graph
    for p in graph.populations.ids {
      timeless[p].code = .phased(timesteps: ticks)
      guard case .integrateAndFire(var model) = timeless[p].model else { continue }
      model.retraction = nil
      timeless[p].model = .integrateAndFire(model)
    }
    // The ends, which only time gives a meaning, do not matter here.
    for i in timeless.encoders.indices { timeless.encoders[i].kind = .constant }
    for i in timeless.decoders.indices {
      timeless.decoders[i].start = 0
      if timeless.decoders[i].reading == .firstSpike { timeless.decoders[i].reading = .count }
    }
    let network = try QuantizedNetwork(timeless)
    for p in graph.populations.ids where graph[p].model != .source {
      var received = try network.response(of: p, to: totals).map { Int($0) }
      guard graph[p].model.integrates else {
        #expect(totals[p.index].map { Int($0) } == received)
        continue
      }
      if let bias = try graph[p].bias.map({ try graph.tensors.integers($0) }) {
        for n in received.indices { received[n] += (ticks - 1) * Int(bias[n % bias.count]) }
      }
      var kept = trace.potentials[p.index].map { Int($0) }
      if case .integrateAndFire(let model) = graph[p].model {
        let threshold = try graph.tensors.integers(model.threshold).map { Int($0) }
        let given = try model.initial.map { try graph.tensors.integers($0).map { Int($0) } }
        let initial = given ?? threshold.map { $0 / 2 }
        for n in kept.indices {
          kept[n] += threshold[n % threshold.count] * Int(totals[p.index][n])
          if !model.isSigned { kept[n] -= initial[n % initial.count] }
        }
      }
      #expect(kept == received)
    }
  }
}

extension SpikingGraph {

  /// Adds 1 to element `i` of the weights `id`, in 16 bits.
  fileprivate mutating func increment(_ id: TensorID, at i: Int) throws {
    var weights = try tensors.integers(id).map { Int16($0) }
    weights[i] += weights[i] == .max ? -1 : 1
    tensors[id].data = .int16(weights)
  }
}
