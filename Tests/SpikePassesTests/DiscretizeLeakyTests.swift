// Leaky neurons in whole numbers: constants that follow from formulas, what is refused, and rates.

import Diagnostics
import PluginAPI
import SpikeIR
import SpikeInterpreter
import SpikePasses
import TestSupport
import Testing

@Suite("Discretization of leaky neurons") struct DiscretizeLeakyTests {

  /// Returns spikes of two neurons into leaky ones, quantized.
  private func network(
    _ model: (TensorID) -> LeakyIntegrateAndFire, threshold: [Float] = [40, 10],
    weights: [Int8] = [90, -30, 20, 60], ticks: Int = 40, constant: Bool = false
  ) -> SpikingGraph {
    var graph = SpikingGraph(name: "leaky")
    let code = SpikeCode.rate(timesteps: ticks)
    let quantum = graph.tensors.add("quantum", shape: [1], floats: [1])
    func integers(_ name: String, _ shape: Shape, _ values: [Int32]) -> TensorID {
      graph.tensors.add(Tensor(name, shape: shape, data: .int32(values)))
    }
    let source = graph.populations.append(
      Population(name: "x", shape: [2], code: code, model: .source, quantum: quantum))
    graph.encoders.append(Encoder(population: source, levels: 100))
    let sender = graph.populations.append(
      Population(
        name: "sender", shape: [2], code: code,
        model: .integrateAndFire(
          IntegrateAndFire(threshold: integers("100", [2], [100, 100]))), quantum: quantum))
    graph.projections.append(
      Projection(name: "x", source: source, target: sender, kind: .identity(.init())))
    let theta = graph.tensors.add("theta", shape: [2], floats: threshold)
    let leaky = graph.populations.append(
      Population(
        name: "leaky", shape: [2], code: code, model: .leaky(model(theta)),
        bias: graph.tensors.add("bias", shape: [2], floats: [-4, 6]), quantum: quantum,
        membraneUnit: graph.tensors.add("unit", shape: [2], floats: [0.5, 2])))
    let matrix = graph.tensors.add(Tensor("w", shape: [2, 2], data: .int8(weights)))
    graph.projections.append(
      Projection(
        name: "w", source: constant ? source : sender, target: leaky,
        kind: .dense(DenseProjection(weights: matrix)), shift: 1))
    let readout = graph.populations.append(
      Population(name: "y", shape: [2], code: code, model: .integrator))
    graph.projections.append(
      Projection(name: "y", source: leaky, target: readout, kind: .identity(.init())))
    graph.decoders.append(Decoder(population: readout))
    return graph
  }

  @Test("has the constants of the formulas") func constants() throws {
    let graph = network({
      LeakyIntegrateAndFire(
        threshold: $0, tauRC: 100, tauRef: 0.5, synapse: .exponential, tauSynapse: 20)
    })
    let (result, _) = try legalized(graph, "discretize-leaky{current-offset=1}")
    let id = PopulationID(2)
    guard case .currentBased(let model) = result[id].model else {
      Issue.record("not whole-numbered")
      return
    }
    // 4096 · (1 − e^(−1/100)) = 40.76 and 4096 · (1 − e^(−1/20)) = 199.77.
    #expect(model.potentialDecay == 41 && model.currentDecay == 200 && model.refractory == 1)
    let (ku, kv) = (200.0 / 4096, 41.0 / 4096)
    // The largest threshold, 81,838 · 2^p, is to stay below 2^23: p = 6. Biases are up to 737 · 2^6.
    let p = result.projections.elements[1].shift - 1
    #expect(p == 6)
    let thresholds = try result.tensors.integers(model.threshold)
    for (found, theta) in zip(thresholds, [40.0, 10]) {
      #expect(found % 64 == 0)
      #expect(abs(Double(found) - theta * 64 / (ku * kv)) <= 32)
    }
    let biases = try result.tensors.integers(#require(result[id].bias))
    #expect(biases == [36.0, 16].map { Int32(($0 * 64 / ku).rounded()) })
    let units = try result.tensors.floats(#require(result[id].membraneUnit))
    #expect(units == [0.5, 2].map { $0 * Float(ku / 64) })
    #expect(result.isQuantized && result.verify().isEmpty)
  }

  @Test("keeps currents from wrapping around") func currents() throws {
    func shift(_ weights: [Int8]) throws -> (Int, ValueRange?) {
      let graph = network(
        {
          LeakyIntegrateAndFire(
            threshold: $0, tauRC: 3, synapse: .exponential, tauSynapse: 4000)
        }, threshold: [0.5, 0.5], weights: weights)
      let (result, _) = try legalized(graph, "discretize-leaky{bias-bits=24}")
      guard case .currentBased(let model) = result[PopulationID(2)].model else { return (0, nil) }
      let most = weights.map { Double($0.magnitude) }.max() ?? 0
      let own = result.projections.elements[1].shift
      let input = ValueRange(0, 2 * most * Double(1 << own))
      return (own, model.current(under: input))
    }
    let (wide, narrow) = (try shift([127, 127, 127, 127]), try shift([1, 1, 1, 1]))
    #expect(wide.1 != nil && narrow.1 != nil)
    #expect(narrow.0 > wide.0)
  }

  @Test(
    "waits the whole ticks whose mean is nearest",
    arguments: [(0, 1), (0.5, 1), (1.5, 2), (2.4, 3)])
  func refractory(time: Float, expected: Int) throws {
    let graph = network({ LeakyIntegrateAndFire(threshold: $0, tauRef: time) })
    let (result, _) = try legalized(graph, "discretize-leaky{current-offset=1}")
    guard case .currentBased(let model) = result[PopulationID(2)].model else {
      Issue.record("not whole-numbered")
      return
    }
    #expect(model.refractory == expected && model.currentDecay == 4096)
  }

  @Test("fires as often as leaky neurons do", arguments: [0, 1, 2, 3])
  func rates(seed: Int) throws {
    let ticks = 4000
    let weights: [[Int8]] = [
      [90, -30, 20, 60], [40, 40, 40, 40], [100, 5, 90, 9], [25, 70, 80, -9],
    ]
    let graph = network(
      {
        LeakyIntegrateAndFire(
          threshold: $0, tauRC: 100, tauRef: 0.5, synapse: .exponential, tauSynapse: 20)
      }, threshold: [4, 6], weights: weights[seed], ticks: ticks)
    let (result, _) = try legalized(graph, "discretize-leaky,encode-parameters{bias-bits=12}")
    let input: [[Float]] = [[30, 45]]
    func counts(_ graph: SpikingGraph) throws -> [Int] {
      let units = try ClockSimulator(graph).run(input).trace.units[2]
      return units.reduce(into: [0, 0]) { sum, tick in
        for n in tick.indices { sum[n] += Int(tick[n]) }
      }
    }
    let (real, whole) = (try counts(graph), try counts(result))
    for (a, b) in zip(real, whole) {
      // Under a current that hardly changes, a period is rounded to a tick.
      let (period, rounded) = (Double(ticks) / Double(a), Double(ticks) / Double(b))
      let bound = max(0.7, 0.04 * period)
      #expect(a > 100 && abs(period - rounded) <= bound, "\(real), \(whole)")
    }
  }

  @Test("refuses what cores cannot do") func refused() throws {
    func ids(_ graph: SpikingGraph, _ options: String = "") -> [String] {
      refusals { () throws(CompileError) in
        _ = try legalized(graph, "discretize-leaky\(options)")
      }
    }
    #expect(
      ids(network({ LeakyIntegrateAndFire(threshold: $0) }, constant: true)) == [
        "legalize.current"
      ])
    #expect(
      ids(network({ LeakyIntegrateAndFire(threshold: $0, synapse: .alpha) })) == [
        "legalize.synapse"
      ])
    let slow = network({ LeakyIntegrateAndFire(threshold: $0, tauRC: 4000) })
    #expect(ids(slow, "{threshold-bits=4,threshold-exponent=0}") == ["legalize.threshold"])
    #expect(ids(slow, "{bias-bits=2,bias-exponent=0}") == ["legalize.bias"])
    // Shifts of 1 and 15: the smaller one allows to divide by 2, after which the other is 14.
    var digits = network({ LeakyIntegrateAndFire(threshold: $0) })
    digits.projections.append(digits[ProjectionID(1)])
    digits[ProjectionID(3)].name = "w/1"
    digits[ProjectionID(3)].shift = 15
    #expect(ids(digits, "{weight-exponent=14}") == [])
    #expect(ids(digits, "{weight-exponent=13}") == ["legalize.shift"])
  }

  @Test("is checked for decays and refractory times") func checked() throws {
    let graph = network({ LeakyIntegrateAndFire(threshold: $0, tauRef: 3) })
    let (result, _) = try legalized(graph, "discretize-leaky")
    func ids(_ options: String) -> [String] {
      refusals { () throws(CompileError) in
        _ = try legalized(result, "check-legal{weight-bits=8\(options)}")
      }
    }
    #expect(ids("") == ["legalize.neuron"])
    #expect(ids(",decays=yes,refractory=3") == ["legalize.refractory"])
    #expect(ids(",decays=yes,refractory=4") == [])
    #expect(ids(",decays=yes,profiles=1") == ["legalize.profiles"])
  }
}
