// The passes' options for the code `rate`: thresholds by balancing, initial potentials, spikes that
// are taken back, spiking ends, delayed readouts.

import Diagnostics
import PluginAPI
import SpikeIR
import SpikeInterpreter
import SpikePasses
import Testing

@Suite("Options for the code rate") struct RateTests {

  /// Returns a network of two rectifiers, with samples.
  private func network() throws -> (graph: ANNGraph, inputs: [[[Float]]]) {
    var b = NetworkBuilder(seed: 21)
    let first = try b.relu(b.conv(b.input([6, 6, 2]), 5))
    let second = try b.relu(b.conv(first, 4))
    let logits = try b.dense(b.flatten(second), 3)
    b.graph.outputs = [try b.node(.softmax(Softmax()), logits)]
    return (b.graph, b.samples(count: 20))
  }

  /// Returns the spiking network that `pipeline` makes.
  private func spiking(_ pipeline: String) throws -> SpikingGraph {
    let (graph, inputs) = try network()
    let (program, _) = try compiled(graph, exact + "," + pipeline, inputs)
    guard case .snn(let result) = program else { throw TestFailure("not converted") }
    return result
  }

  /// Returns the thresholds of a rectifier of one channel on the values.
  private func threshold(_ values: [Float], _ options: String) throws -> Float {
    var b = NetworkBuilder(seed: 1)
    b.graph.outputs = [try b.relu(try b.input([1]))]
    let (program, _) = try compiled(b.graph, "calibrate{\(options)}", values.map { [[$0]] })
    guard case .ann(let graph) = program else { throw TestFailure("level changed") }
    let id = try #require(graph[graph.outputs[0]].threshold)
    return try #require(try graph.tensors.floats(id).first)
  }

  @Test("balancing follows its recursion", arguments: [1, 2, 5, 40])
  func balance(iterations: Int) throws {
    // Zeros count in the mean; values lie in the middles of the histogram's intervals.
    let values = [Float](repeating: 0, count: 30) + (0..<90).map { Float($0 % 9 + 1) / 9 }
    var theta: Float = 0
    for _ in 0..<iterations {
      let excess = values.reduce(0) { $0 + max(0, $1 - theta) } / Float(values.count)
      theta = min(theta + 2 * excess, 1)
    }
    let found = try threshold(values, "method=balance,iterations=\(iterations)")
    #expect(abs(found - theta) <= 0.002, "\(found), expected \(theta)")
  }

  @Test("many iterations reach the maximum, few stay below")
  func balanceConverges() throws {
    // One value in ten is not 0: the mean excess, and with it a step, is small.
    let values = (0..<400).map { (i: Int) -> Float in
      i % 10 == 1 ? Float(i % 100 + 9) / 100 : 0
    }
    #expect(try threshold(values, "method=balance,iterations=2") < 0.5)
    #expect(try threshold(values, "method=balance,iterations=1000000") > 0.97)
  }

  @Test("initial potentials and retractions are parts of thresholds")
  func partsOfThresholds() throws {
    let graph = try spiking(
      "calibrate,convert{code=rate,timesteps=16,initial=0.25,retraction=0.5}")
    var found = 0
    for population in graph.populations.elements {
      guard case .integrateAndFire(let model) = population.model else { continue }
      let thresholds = try graph.tensors.floats(model.threshold)
      let (initial, retraction) = (try #require(model.initial), try #require(model.retraction))
      #expect(try graph.tensors.floats(initial) == thresholds.map { $0 * 0.25 })
      #expect(try graph.tensors.floats(retraction) == thresholds.map { $0 * 0.5 })
      found += 1
    }
    #expect(found == 2)
    let plain = try spiking("calibrate,convert{code=rate,timesteps=15}")
    for population in plain.populations.elements {
      guard case .integrateAndFire(let model) = population.model else { continue }
      #expect(model.initial == nil && model.retraction == nil)
    }
  }

  @Test("readouts begin where they are told, but leave four ticks")
  func delays() throws {
    for (start, expected) in [(0, 0), (5, 5), (12, 12), (13, 12), (4000, 12)] {
      let graph = try spiking(
        "calibrate,convert{code=rate,timesteps=16},delay-readout{start=\(start)}")
      #expect(graph.decoders.map(\.start) == [expected])
    }
    let weighted = try spiking("calibrate,convert,delay-readout{start=5}")
    #expect(weighted.decoders.map(\.start) == [0])
    // By the formula: two layers, each half a threshold away from its first spike.
    let graph = try spiking("calibrate,convert{code=rate,timesteps=4096},delay-readout")
    #expect((1...40).contains(graph.decoders[0].start), "\(graph.decoders[0].start)")
  }

  @Test("encoders that spike say what constant currents say")
  func encoders() throws {
    let (graph, inputs) = try network()
    let expected = try ANNExecutor(graph).run(inputs[0])[0]
    for kind in Encoder.Kind.allCases {
      let spiking = try spiking(
        "calibrate{method=max},convert{code=rate,timesteps=2048,encoder=\(kind.rawValue),seed=5},"
          + "quantize")
      #expect(spiking.encoders.map(\.kind) == [kind] && spiking.encoders.map(\.seed) == [5])
      let found = try ClockSimulator(spiking).run(inputs[0]).outputs[0]
      for (f, e) in zip(found, expected) { #expect(abs(f - e) <= 0.06, "\(kind.rawValue)") }
    }
  }

  @Test("outputs can be counted, or timed", arguments: Decoder.Reading.allCases)
  func decoders(reading: Decoder.Reading) throws {
    let (graph, inputs) = try network()
    let spiking = try spiking(
      "calibrate{method=max,outputs=true},"
        + "convert{code=rate,timesteps=1024,decoder=\(reading.rawValue)},quantize")
    #expect(spiking.decoders.map(\.reading) == [reading])
    var agreeing = 0
    for input in inputs {
      let expected = try ANNExecutor(graph).run(input)[0]
      let found = try ClockSimulator(spiking).run(input).outputs[0]
      if reading != .firstSpike {
        for (f, e) in zip(found, expected) { #expect(abs(f - e) <= 0.06) }
      }
      if found.firstIndex(of: found.max() ?? 0) == expected.firstIndex(of: expected.max() ?? 0) {
        agreeing += 1
      }
    }
    // Who fires first hangs on transients too.
    #expect(agreeing >= (reading == .firstSpike ? 12 : 18), "\(agreeing)")
  }

  @Test("counts are read of windows too") func counts() throws {
    let (graph, inputs) = try network()
    let spiking = try spiking(
      "calibrate{method=max,outputs=true},convert{code=weighted,timesteps=10,decoder=count},"
        + "quantize")
    let found = try QuantizedNetwork(spiking).run(inputs[0]).outputs[0]
    for (f, e) in zip(found, try ANNExecutor(graph).run(inputs[0])[0]) {
      #expect(abs(f - e) <= 0.03)
    }
  }

  @Test(
    "ends that need the code rate say so",
    arguments: ["encoder=poisson", "encoder=latency", "decoder=first-spike", "retraction=0.5"])
  func needsRate(option: String) throws {
    let error = #expect(throws: CompileError.self) {
      try spiking("calibrate{outputs=true},convert{code=weighted,timesteps=4,\(option)}")
    }
    #expect(error?.diagnostics.map(\.id) == ["convert.needs-rate"])
    #expect(error?.exitCode == .usage)
  }

  @Test("outputs in spikes need thresholds") func outputThresholds() throws {
    let error = #expect(throws: CompileError.self) {
      try spiking("calibrate,convert{code=rate,timesteps=4,decoder=count}")
    }
    #expect(error?.diagnostics.map(\.id) == ["convert.no-threshold"])
  }
}
