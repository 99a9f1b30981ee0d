import Diagnostics
import Glibc
import SpikeIR
import TestSupport
import Testing

@testable import SpikeInterpreter

/// A leaky neuron in double precision, tick by tick, without rest: what textbooks say.
private struct TextbookNeuron {

  let model: LeakyIntegrateAndFire
  var v = 0.0
  var refractory = 0.0
  var x = 0.0
  var y = 0.0

  /// The potential before the last tick's reset.
  var peak = 0.0

  init(_ model: LeakyIntegrateAndFire) {
    self.model = model
  }

  /// Advances by a tick under a current of `constant` and spikes that make `spikes` thresholds.
  mutating func fires(constant: Double, spikes: Double) -> Bool {
    var s = spikes
    let tau = Double(model.tauSynapse)
    if model.synapse == .exponential {
      x = spikes + (x - spikes) * exp(-1 / tau)
      s = x
    } else if model.synapse == .alpha {
      // The response of two equal stages to a current that is constant in a tick.
      let (e, f) = (x - spikes, y - spikes)
      x = spikes + e * exp(-1 / tau)
      y = spikes + (f + e / tau) * exp(-1 / tau)
      s = y
    }
    let before = v
    let duration = max(0, 1 - refractory)
    let step = -expm1(-1 / Double(model.tauRC)) * duration * (constant + s - v)
    v = max(0, v + step)
    peak = v
    refractory = max(0, refractory - 1)
    guard v > 1 else { return false }
    let overshoot = (v - 1) / (v - before)
    refractory = max(0, Double(model.tauRef) - overshoot * duration)
    v = 0
    return true
  }
}

@Suite("Leaky neurons") struct LeakyNeuronTests {

  /// Returns a network of one layer of leaky neurons that spikes of another reach.
  ///
  /// The last input, a constant current in hundredths of a threshold, reaches all of them.
  private func network(
    _ model: (TensorID) -> LeakyIntegrateAndFire, inputs: Int, neurons: Int, ticks: Int,
    seed: UInt64
  ) -> (graph: SpikingGraph, weights: [Int16]) {
    var random = SplitMix64(seed: seed)
    var b = SpikingBuilder(code: .rate(timesteps: ticks))
    let drive = b.source([inputs])
    let constant = b.source([1])
    let senders = b.fire([inputs], threshold: [Int32](repeating: 1000, count: inputs))
    b.identity(drive, senders, [1])
    let threshold = b.graph.tensors.add(
      "threshold", shape: [neurons], floats: [Float](repeating: 100, count: neurons))
    let leaky = b.add([neurons], .leaky(model(threshold)))
    let weights = (0..<inputs * neurons).map { _ in Int16(random.weight(120)) }
    b.dense(senders, leaky, weights)
    b.dense(constant, leaky, [Int16](repeating: 1, count: neurons))
    b.identity(leaky, b.readout([neurons]))
    return (b.graph, weights)
  }

  @Test(
    "fire at the rate of their current",
    arguments: [Float(1), 2.5], [10, 40, 100, 300, 1000, 3000])
  func rate(tauRef: Float, current: Int) throws {
    let ticks = 2000
    let (graph, _) = network(
      { LeakyIntegrateAndFire(threshold: $0, tauRC: 50, tauRef: tauRef) }, inputs: 1, neurons: 1,
      ticks: ticks, seed: 1)
    let simulation = try ClockSimulator(graph).run([[0], [Float(current)]])
    let count = simulation.trace.units[3].reduce(0) { $0 + Int($1[0]) }
    let s = Double(current) / 100
    let period = Double(tauRef) + 50 * log1p(1 / s)
    // The straight line between two ticks stands for an exponential: off by 2 % of a tick at most.
    let expected = Double(ticks) / period
    #expect(abs(Double(count) - expected) <= 1 + 0.02 * expected / period, "\(count), \(expected)")
  }

  @Test("do not fire below their threshold") func silent() throws {
    let (graph, _) = network(
      { LeakyIntegrateAndFire(threshold: $0) }, inputs: 1, neurons: 1, ticks: 400, seed: 1)
    for current in [0, -50, -500] as [Float] {
      let simulation = try ClockSimulator(graph).run([[0], [current]])
      #expect(simulation.trace.units[3].allSatisfy { $0 == [0] })
    }
  }

  /// Single precision and rest may move a spike only where a potential grazes the threshold.
  @Test(
    "fire when double precision without rest does",
    arguments: LeakyIntegrateAndFire.Synapse.allCases, [0, 60, -40, -200] as [Float])
  func textbook(synapse: LeakyIntegrateAndFire.Synapse, constant: Float) throws {
    let (inputs, neurons, ticks) = (6, 20, 300)
    var (compared, fired) = (0, 0)
    for seed: UInt64 in 0..<6 {
      var model: LeakyIntegrateAndFire?
      let (graph, weights) = network(
        {
          let made = LeakyIntegrateAndFire(
            threshold: $0, tauRC: 30, tauRef: 1.5, synapse: synapse, tauSynapse: 4)
          model = made
          return made
        }, inputs: inputs, neurons: neurons, ticks: ticks, seed: seed)
      var random = SplitMix64(seed: seed)
      // Slow senders leave the neurons time to rest.
      let drive = (0..<inputs).map { _ in Float(random.int(5...(seed.isMultiple(of: 2) ? 400 : 30)))
      }
      let trace = try ClockSimulator(graph).run([drive, [constant]]).trace
      let senders = trace.units[2]
      for n in 0..<neurons {
        var neuron = TextbookNeuron(try #require(model))
        for t in 0..<ticks {
          let sum = (0..<inputs).reduce(0) {
            $0 + Int(senders[t][$1]) * Int(weights[$1 * neurons + n])
          }
          let fires = neuron.fires(
            constant: 1 + Double(constant) / 100, spikes: Double(sum) / 100)
          guard fires == (trace.units[3][t][n] == 1) else {
            #expect(abs(neuron.peak - 1) < 1e-4, "\(synapse), seed \(seed), tick \(t), neuron \(n)")
            break
          }
          compared += 1
          if fires { fired += 1 }
        }
      }
    }
    #expect(compared > 6 * neurons * ticks * 99 / 100)
    // Far below the threshold only strong synapses make neurons fire.
    #expect(constant < 0 || fired > 100)
  }

  @Test("begin where their initial potential says") func initial() throws {
    var b = SpikingBuilder(code: .rate(timesteps: 3))
    let source = b.source([2])
    let threshold = b.graph.tensors.add("threshold", shape: [2], floats: [1, 1])
    let initial = b.graph.tensors.add("initial", shape: [2], floats: [0, 0.999])
    let leaky = b.add(
      [2], .leaky(LeakyIntegrateAndFire(threshold: threshold, initial: initial, tauRC: 50)))
    b.identity(source, leaky, [1])
    b.identity(leaky, b.readout([2]))
    let trace = try ClockSimulator(b.graph).run([[1, 1]]).trace
    #expect(trace.units[1] == [[0, 1], [0, 0], [0, 0]])
  }

  @Test("take no integers as thresholds, nor other codes than rate") func verified() throws {
    let (graph, _) = network(
      { LeakyIntegrateAndFire(threshold: $0) }, inputs: 1, neurons: 2, ticks: 4, seed: 1)
    #expect(graph.verify() == [])
    func ids(_ change: (inout SpikingGraph) -> Void) -> Set<String> {
      var copy = graph
      change(&copy)
      return Set(copy.verify().map(\.id))
    }
    let id = PopulationID(3)
    guard case .leaky(let model) = graph[id].model else {
      Issue.record("the population is not leaky")
      return
    }
    func changed(_ change: @escaping (inout LeakyIntegrateAndFire) -> Void) -> Set<String> {
      ids {
        var copy = model
        change(&copy)
        $0[id].model = .leaky(copy)
      }
    }
    #expect(ids { $0.tensors[model.threshold].data = .int32([1, 2]) } == ["ir.bad-element-type"])
    #expect(ids { $0.tensors[model.threshold].data = .float32([1, 0]) } == ["ir.bad-threshold"])
    #expect(changed { $0.tauRC = 0 } == ["ir.bad-neuron"])
    #expect(changed { $0.tauRef = -1 } == ["ir.bad-neuron"])
    #expect(changed { $0.tauSynapse = .nan } == ["ir.bad-neuron"])
    #expect(changed { $0.dt = -.infinity } == ["ir.bad-neuron"])
    #expect(
      ids {
        var copy = model
        copy.initial = $0.tensors.add("initial", shape: [2], floats: [0, 1.5])
        $0[id].model = .leaky(copy)
      } == ["ir.bad-neuron"])
    #expect(
      ids {
        for p in $0.populations.ids { $0[p].code = .phased(timesteps: 4) }
      } == ["ir.code-mismatch"])
  }
}
