// Encoders, decoders, and what the reference executors refuse.

import Diagnostics
import SpikeIR
import SpikeInterpreter
import Testing

/// Checks that `body` throws a diagnostic with the given name.
private func expect<T>(
  _ id: String, _ location: SourceLocation = #_sourceLocation, _ body: () throws -> T
) {
  let error = #expect(throws: CompileError.self, sourceLocation: location) { _ = try body() }
  #expect(error?.diagnostics.first?.id == id, sourceLocation: location)
}

@Suite("Spiking boundary") struct SpikingBoundaryTests {

  @Test func encoderRoundsAwayFromZeroAndClamps() throws {
    // Quanta 0.5 and 2, at most 3 units: 0.5, −0.5, 2.4, 20, −3.5 and −1.5 before rounding.
    var build = SpikingBuilder(code: .phased(timesteps: 4))
    let input = build.source([1, 3, 2], quantum: [0.5, 2], levels: 3)
    let output = build.readout([1, 3, 2])
    build.identity(input, output)
    let values: [Float] = [0.25, -1, 1.2, 40, -1.75, -3]
    #expect(
      try ClockSimulator(build.graph).run([values]).trace.units[0] == [[1, -1, 2, 3, -3, -2]])
    #expect(try QuantizedNetwork(build.graph).run([values]).units[0] == [1, -1, 2, 3, -3, -2])
  }

  @Test func encoderClampsInfinity() throws {
    var build = SpikingBuilder(code: .phased(timesteps: 4))
    _ = build.source([2], levels: Int(Int32.max))
    let result = try ClockSimulator(build.complete).run([[.infinity, -1e30]])
    #expect(result.trace.units[0] == [[Int32.max, -Int32.max]])
  }

  @Test func decoders() throws {
    // Potentials 2 and 4 in units of 0.5 and 0.25: 1 and 1.
    for (function, expected): (Decoder.Function, Float) in [
      (.none, 1), (.softmax, 0.5), (.sigmoid, 0.731_058_6), (.tanh, 0.761_594_2),
    ] {
      var build = SpikingBuilder(code: .weighted(bits: 2))
      let input = build.source([2])
      let output = build.readout([2], unit: [0.5, 0.25], function: function)
      build.identity(input, output)
      let outputs = try QuantizedNetwork(build.graph).run([[2, 4]]).outputs
      #expect(outputs.count == 1 && outputs[0].count == 2)
      #expect(outputs[0].allSatisfy { abs($0 - expected) <= 1e-7 })
      #expect(try ClockSimulator(build.graph).run([[2, 4]]).outputs == outputs)
    }
  }

  @Test func softmaxIsOverChannels() throws {
    // Pixel by pixel: equal channels make halves, a lead of 100 makes 1 and 0.
    var build = SpikingBuilder(code: .phased(timesteps: 2))
    let input = build.source([1, 2, 2])
    build.identity(input, build.readout([1, 2, 2], function: .softmax))
    let outputs = try ClockSimulator(build.graph).run([[500, 500, 900, 800]]).outputs
    #expect(outputs[0][0...2] == [0.5, 0.5, 1])
    #expect(outputs[0][3] < 1e-30)
  }

  @Test func refusesFloatingPoint() {
    var build = SpikingBuilder(code: .phased(timesteps: 2))
    let (a, b) = (build.source([1]), build.readout([1]))
    let weights = build.graph.tensors.add("w", shape: [1, 1], floats: [1])
    build.connect(a, b, .dense(DenseProjection(weights: weights)))
    let graph = build.graph
    #expect(!graph.isQuantized)
    expect("ir.bad-element-type") { try ClockSimulator(graph) }
  }

  @Test func refusesBadInputs() throws {
    var build = SpikingBuilder(code: .phased(timesteps: 2))
    build.identity(build.source([1]), build.readout([1]))
    let simulator = try ClockSimulator(build.graph)
    for inputs: [[Float]] in [[], [[1, 2]], [[.nan]], [[1], [1]]] {
      expect("simulator.bad-input") { try simulator.run(inputs) }
    }
    expect("simulator.bad-input") { try simulator.run([[1]], timesteps: 3) }
  }

  @Test func rateNeedsTime() {
    var build = SpikingBuilder(code: .rate(timesteps: 2))
    _ = build.source([1])
    let rate = build.complete
    expect("simulator.bad-code") { try QuantizedNetwork(rate) }
  }

  @Test func overflowIsReported() throws {
    // 2²⁰ · 2¹¹ = 2³¹ does not fit; −2³¹ does.
    var build = SpikingBuilder(code: .phased(timesteps: 2))
    build.dense(build.source([1]), build.readout([1]), [1 << 11])
    let graph = build.graph
    let limit = Float(1 << 20)
    #expect(try ClockSimulator(graph).run([[-limit]]).trace.potentials[1] == [Int32.min])
    #expect(try QuantizedNetwork(graph).run([[-limit]]).potentials[1] == [Int32.min])
    expect("simulator.overflow") { try ClockSimulator(graph).run([[limit]]) }
    expect("simulator.overflow") { try QuantizedNetwork(graph).run([[limit]]) }
  }

  @Test func refusesWhatTheVerifierFinds() {
    var build = SpikingBuilder(code: .rate(timesteps: 2))
    let (input, output) = (build.source([2]), build.readout([2]))
    build.wire(input, output, [0, 2])
    build.graph[output].code = .rate(timesteps: 3)
    let graph = build.graph
    #expect(graph.verify().count == 2)
    let found = CompileError(graph.verify())
    #expect(throws: found) { try ClockSimulator(graph) }
    #expect(throws: found) { try QuantizedNetwork(graph) }
    #expect(throws: found) { try SynapticOperationCounter(graph) }
  }
}
