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

  @Test func delayedReadout() throws {
    // Potentials 5, 10, 15, … in units of 0.5; the first two ticks are left out where more follow.
    var build = SpikingBuilder(code: .rate(timesteps: 4))
    let input = build.source([1])
    let output = build.readout([1], bias: [2], unit: [0.5])
    build.identity(input, output)
    build.graph.decoders[0].start = 2
    let threshold: [Int32] = [7]
    // A neuron that says 1 of 2 units in every other tick, so that windows differ.
    let neuron = build.fire([1], threshold: threshold, initial: [0])
    let late = build.readout([1])
    build.identity(input, neuron)
    build.identity(neuron, late)
    build.graph.decoders[1].start = 2
    let simulator = try ClockSimulator(build.graph)
    for (ticks, expected): (Int, [[Float]]) in [
      // Input 3: the neuron fires at ticks 3, 5, 7, …
      (1, [[2.5], [0]]), (2, [[2.5], [0]]), (3, [[2.5], [1]]), (4, [[2.5], [0.5]]),
      (6, [[2.5], [0.5]]),
    ] {
      #expect(try simulator.run([[3]], timesteps: ticks).outputs == expected, "\(ticks) ticks")
    }
  }

  @Test func spikesAreRead() throws {
    // θ = 10, h = 5, inputs 8, 4, 1 and −9 in each tick: fire in ticks 1 2 4, 2 4, none, none.
    var build = SpikingBuilder(code: .rate(timesteps: 4))
    let input = build.source([1])
    let layer = build.fire([4], threshold: [10, 10, 10, 10])
    build.graph[layer].quantum = build.graph.tensors.add("q", shape: [1], floats: [0.5])
    build.dense(input, layer, [8, 4, 1, -9])
    let readings: [Decoder.Reading] = [.count, .firstSpike, .count, .firstSpike]
    build.graph.decoders = readings.enumerated().map { i, reading in
      Decoder(population: layer, reading: reading, start: i < 2 ? 0 : 1)
    }
    let result = try ClockSimulator(build.graph).run([[1]])
    #expect(result.trace.units[1].map { $0[0] } == [1, 1, 0, 1])
    #expect(result.trace.units[1].map { $0[1] } == [0, 1, 0, 1])
    // Potentials: 3, 1, 9, 7; 9, 3, 7, 1; 9 and −31 at the end.
    let expected: [[Float]] = [
      [0.375, 0.25, 0, 0], [(3 + 0.3) / 4, (2 + 0.3) / 4, -0.1 / 4, -4.1 / 4],
      [1 / 3, 1 / 3, 0, 0], [(2 + 0.1) / 4, (2 + 0.3) / 4, -0.1 / 4, -4.1 / 4],
    ]
    for (found, wanted) in zip(result.outputs, expected) {
      #expect(zip(found, wanted).allSatisfy { abs($0 - $1) <= 1e-6 }, "\(found) \(wanted)")
    }
  }

  @Test func countOfAWindow() throws {
    var build = SpikingBuilder(code: .weighted(bits: 3))
    let input = build.source([1])
    let layer = build.fire([2], threshold: [10, 10], isSigned: true)
    build.graph[layer].quantum = build.graph.tensors.add("q", shape: [1], floats: [0.5])
    build.dense(input, layer, [34, -1000])
    build.graph.decoders = [Decoder(population: layer, reading: .count)]
    #expect(try ClockSimulator(build.graph).run([[1]]).outputs == [[1.5, -3.5]])
    #expect(try QuantizedNetwork(build.graph).run([[1]]).outputs == [[1.5, -3.5]])
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
