// Leaky neurons whose decays are shifts: constants that follow from formulas, outputs that are counted, what
// is refused, and rates.

import Diagnostics
import PluginAPI
import SpikeIR
import SpikeInterpreter
import SpikePasses
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("Discretization by shifts") struct DiscretizeShiftsTests {

  /// Returns inputs into two leaky neurons, and these into two outputs that are counted.
  private func network(
    tauRC: Float = 32, tauRef: Float = 0, tauSynapse: Float = 8,
    synapse: LeakyIntegrateAndFire.Synapse = .exponential, threshold: [Float] = [12, 5],
    weights: [Int8] = [90, -30, 20, 60], ticks: Int = 100, kind: Encoder.Kind = .even
  ) -> SpikingGraph {
    var graph = SpikingGraph(name: "leaky")
    let code = SpikeCode.rate(timesteps: ticks)
    func reals(_ name: String, _ values: [Float]) -> TensorID {
      graph.tensors.add(name, shape: [values.count], floats: values)
    }
    func matrix(_ name: String, _ values: [Int8]) -> TensorID {
      graph.tensors.add(Tensor(name, shape: [2, 2], data: .int8(values)))
    }
    let source = graph.populations.append(
      Population(
        name: "x", shape: [2], code: code, model: .source, quantum: reals("one", [1])))
    graph.encoders.append(Encoder(population: source, levels: 100, kind: kind))
    let model = LeakyIntegrateAndFire(
      threshold: reals("theta", threshold), tauRC: tauRC, tauRef: tauRef, synapse: synapse,
      tauSynapse: tauSynapse)
    let leaky = graph.populations.append(
      Population(
        name: "leaky", shape: [2], code: code, model: .leaky(model),
        bias: reals("bias", [-4, 6]), quantum: reals("quantum", [1]),
        membraneUnit: reals("unit", [0.5, 2])))
    graph.projections.append(
      Projection(
        name: "w", source: source, target: leaky,
        kind: .dense(DenseProjection(weights: matrix("w", weights)))))
    let limits = graph.tensors.add(Tensor("300", shape: [2], data: .int32([300, 300])))
    let bias = graph.tensors.add(Tensor("offset", shape: [2], data: .int32([-20, 35])))
    let output = graph.populations.append(
      Population(
        name: "y", shape: [2], code: code,
        model: .integrateAndFire(IntegrateAndFire(threshold: limits, isSigned: true)), bias: bias,
        quantum: reals("range", [10]), membraneUnit: reals("step", [10.0 / 300])))
    graph.projections.append(
      Projection(
        name: "v", source: leaky, target: output,
        kind: .dense(DenseProjection(weights: matrix("v", [100, -120, -110, 80])))))
    graph.decoders.append(Decoder(population: output, reading: .count))
    return graph
  }

  private static let shifts = "discretize-leaky{decay=shift,bias-bits=15}"

  @Test("has the constants of the formulas") func constants() throws {
    let (result, context) = try legalized(network(), Self.shifts)
    #expect(result.verify().isEmpty && result.isQuantized)
    #expect(!context.sink.diagnostics.contains { $0.id == "legalize.time-constant" })
    guard case .bitShift(let model) = result[PopulationID(1)].model else {
      Issue.record("not whole-numbered")
      return
    }
    #expect(model.potentialShift == 5 && model.currentShift == 3 && model.mostSpikes == 31)
    // (2^3 − 1) · 2^5 = 224 times 12 is 2,688, and with p = 2 less than 2^14.
    #expect(result.projections.elements[0].shift == 2)
    #expect(try result.tensors.integers(model.threshold) == [12 * 224 * 4, 5 * 224 * 4])
    #expect(
      try result.tensors.integers(#require(result[PopulationID(1)].bias)) == [8 * 28, 11 * 28])
    #expect(
      try result.tensors.floats(#require(result[PopulationID(1)].membraneUnit)) == [
        0.5 / 28, 2.0 / 28,
      ])
  }

  @Test("makes outputs that say their range along the straight part of the curve")
  func outputs() throws {
    let (result, _) = try legalized(network(), Self.shifts)
    let output = result[PopulationID(2)]
    guard case .bitShift(let model) = output.model else {
      Issue.record("not whole-numbered")
      return
    }
    #expect(model.mostSpikes == 1 && model.potentialShift == 5 && model.currentShift == 3)
    let span = 1 - 3.5 / 32
    let p = result.projections.elements[1].shift
    let threshold = (2.0 * 300 * 7 / span * Double(1 << p)).rounded()
    #expect(try result.tensors.integers(model.threshold) == [Int32(threshold), Int32(threshold)])
    #expect(p == 1 && threshold == 9432)
    // A rate of r says (r + k/2) · Θ less the bias of 0, in units of the range.
    let quanta = try result.tensors.floats(#require(output.quantum))
    #expect(quanta.count == 1 && abs(Double(quanta[0]) - 20 / span) < 1e-4)
    let middle = (1 + 2.5 / 32) / 2
    #expect(abs(Double(result.decoders[0].offset) - 20 / span * (0.5 / 32 - middle)) < 1e-4)
  }

  @Test("outputs say what integrate-and-fire neurons say", arguments: 0..<8)
  func values(seed: Int) throws {
    let graph = network(ticks: 3000)
    let (result, _) = try legalized(graph, Self.shifts)
    let input: [[Float]] = [[Float(seed * 13 % 100) / 100, Float(seed * 29 % 100) / 100]]
    let real = try ClockSimulator(graph).run(input).outputs[0]
    let whole = try ClockSimulator(result).run(input).outputs[0]
    for (a, b) in zip(real, whole) { #expect(abs(a - b) < 0.35, "\(real), \(whole)") }
  }

  /// Inputs that spike in every tick make a current that does not change.
  @Test(
    "fires as often as the curve says, several times a tick if need be",
    arguments: [[90, -30, 20, 60], [12, 1, 5, 2], [40, 127, 100, 127], [2, 5, 3, 1]] as [[Int8]])
  func rates(weights: [Int8]) throws {
    let ticks = 4000
    let graph = network(threshold: [3, 2], weights: weights, ticks: ticks)
    let (result, _) = try legalized(graph, Self.shifts)
    let units = try ClockSimulator(result).run([[1, 1]]).trace.units[1]
    for (n, (theta, bias)) in zip([3.0, 2], [-4.0, 6]).enumerated() {
      let excess = (Double(weights[n]) + Double(weights[n + 2]) + bias) / theta
      let found = units.reduce(0) { $0 + Int($1[n]) }
      let expected = excess > 0 ? Double(ticks) / (32 * log1p(1 / excess)) : 0
      #expect(
        abs(Double(found) - expected) < 20 + 0.03 * expected, "\(found), expected \(expected)")
    }
  }

  @Test(
    "takes the nearest power of two, and says how far it is",
    arguments: [(32, 5, nil), (33, 5, "remark"), (23, 5, "warning"), (22, 4, "warning")])
  func times(tau: Float, shift: Int, severity: String?) throws {
    let (result, context) = try legalized(network(tauRC: tau), Self.shifts)
    guard case .bitShift(let model) = result[PopulationID(1)].model else {
      Issue.record("not whole-numbered")
      return
    }
    #expect(model.potentialShift == shift)
    let found = context.sink.diagnostics.first { $0.id == "legalize.time-constant" }
    #expect(found.map { "\($0.severity)" } == severity)
  }

  @Test("refuses what cores cannot do") func refused() throws {
    func ids(_ graph: SpikingGraph, _ options: String = "") -> [String] {
      refusals { () throws(CompileError) in
        _ = try legalized(graph, "discretize-leaky{decay=shift\(options)}")
      }
    }
    #expect(ids(network(kind: .constant)) == ["legalize.current"])
    #expect(ids(network(synapse: .alpha)) == ["legalize.synapse"])
    #expect(ids(network(threshold: [12, 500])) == ["legalize.threshold"])
    #expect(ids(network(), ",bias-bits=5") == ["legalize.bias", "legalize.bias"])
    let (_, context) = try legalized(network(tauRef: 2), Self.shifts)
    #expect(context.sink.diagnostics.contains { $0.id == "legalize.refractory" })
  }

  @Test("is checked for spikes in a tick, neurons without a leak and inputs") func checked() throws
  {
    let (result, _) = try legalized(network(), Self.shifts)
    func ids(_ graph: SpikingGraph, _ options: String) -> [String] {
      refusals { () throws(CompileError) in
        _ = try legalized(graph, "check-legal{weight-bits=8\(options)}")
      }
    }
    #expect(ids(result, "") == ["legalize.neuron", "legalize.neuron"])
    #expect(ids(result, ",most-spikes=7") == ["legalize.most-spikes"])
    #expect(ids(result, ",most-spikes=31,leakless=no,inputs=2") == [])
    #expect(ids(result, ",most-spikes=31,inputs=1") == ["legalize.inputs"])
    var sums = result
    sums[PopulationID(2)].model = .integrator
    sums[PopulationID(2)].quantum = nil
    sums.decoders[0] = Decoder(population: PopulationID(2))
    #expect(ids(sums, ",most-spikes=31,leakless=no") == ["legalize.readout"])
  }
}
