// Neuron models under each code, computed by hand.

import Diagnostics
import SpikeIR
import SpikeInterpreter
import Testing

/// Returns a graph in which an input of one unit reaches one neuron for each weight.
private func fan(
  _ code: SpikeCode, _ weights: [Int16], threshold: [Int32], initial: [Int32]? = nil,
  isSigned: Bool = false, bias: [Int32]? = nil
) -> SpikingGraph {
  var build = SpikingBuilder(code: code)
  let input = build.source([1])
  let layer = build.fire(
    [weights.count], threshold: threshold, initial: initial, isSigned: isSigned, bias: bias)
  build.dense(input, layer, weights)
  return build.complete
}

/// The neurons θ = 10, one for each weight.
private func tens(_ count: Int) -> [Int32] { [Int32](repeating: 10, count: count) }

@Suite("Spiking neurons") struct SpikingNeuronTests {

  @Test func rateUnsigned() throws {
    // h = 5. v: 5+4 = 9; 13 fires, 3; 7; 11 fires, 1; 5.
    var build = SpikingBuilder(code: .rate(timesteps: 5))
    let input = build.source([1])
    let layer = build.fire([1], threshold: [10])
    let output = build.readout([1], bias: [2], unit: [0.5])
    build.dense(input, layer, [4])
    build.dense(layer, output, [3])
    let result = try ClockSimulator(build.complete).run([[1]])
    #expect(result.trace.units == [[[1], [1], [1], [1], [1]], [[0], [1], [0], [1], [0]], []])
    #expect(result.potentialsByTick[1] == [[9], [3], [7], [1], [5]])
    // 2 in every tick, 3 for a spike in the same tick.
    #expect(result.potentialsByTick[2] == [[2], [7], [9], [14], [16]])
    #expect(result.trace.potentials == [[], [5], [16]])
    // 16 · 0.5 / 5
    #expect(result.outputs == [[1.6]])
  }

  @Test func rateTicksCanBeChosen() throws {
    let graph = fan(.rate(timesteps: 5), [4], threshold: [10])
    let result = try ClockSimulator(graph).run([[1]], timesteps: 2)
    #expect(result.trace.units[1] == [[0], [1]])
  }

  @Test func rateSigned() throws {
    // θ = 10: v starts at 0 and fires at ±5. v: −4; −8 fires, 2; −2; −6 fires, 4; 0.
    // θ = 7: h = 3, fires at ±4. v: 4 fires, −3; 1; 5 fires, −2; 2; 6 fires, −1.
    let graph = fan(.rate(timesteps: 5), [-4, 4], threshold: [10, 7], isSigned: true)
    let result = try ClockSimulator(graph).run([[1]])
    #expect(result.trace.units[1] == [[0, 1], [-1, 0], [0, 1], [-1, 0], [0, 1]])
    #expect(result.potentialsByTick[1] == [[-4, -3], [2, 1], [-2, -2], [4, 2], [0, -1]])
  }

  @Test func rateInitialPotential() throws {
    // Unsigned: 9+1 = 10 fires, 0; 1; 2.  0+1; 2; 3.
    let unsigned = fan(.rate(timesteps: 3), [1, 1], threshold: [10, 10], initial: [9, 0])
    let a = try ClockSimulator(unsigned).run([[1]])
    #expect(a.trace.units[1] == [[1, 0], [0, 0], [0, 0]])
    #expect(a.trace.potentials[1] == [2, 3])
    // Signed: fires at ±(10 − 9) = ±1. v: 1 fires, −9; −9+1 = −8 fires −1, 2; 3 fires, −7.
    let signed = fan(.rate(timesteps: 3), [1], threshold: [10], initial: [9], isSigned: true)
    let b = try ClockSimulator(signed).run([[1]])
    #expect(b.potentialsByTick[1] == [[-9], [2], [-7]])
    #expect(b.trace.units[1] == [[1], [-1], [1]])
  }

  @Test func rateRetracts() throws {
    // θ = 10, h = 5, 6 from the source in each tick; a neuron that fires in every third tick
    // inhibits by 28. Retractions are 0, 4 and 100.
    var build = SpikingBuilder(code: .rate(timesteps: 6))
    let input = build.source([1])
    let inhibiting = build.fire([1], threshold: [6], initial: [0])
    let layer = build.fire([3], threshold: [10, 10, 10])
    let retraction: [Int32] = [0, 4, 100]
    build.dense(input, inhibiting, [2])
    build.dense(input, layer, [6, 6, 6])
    build.dense(inhibiting, layer, [-28, -28, -28])
    if case .integrateAndFire(var model) = build.graph[layer].model {
      model.retraction = build.graph.tensors.add(
        Tensor("r", shape: [3], data: .int32(retraction)))
      build.graph[layer].model = .integrateAndFire(model)
    }
    let result = try ClockSimulator(build.complete).run([[1]])
    #expect(result.trace.units[1] == [[0], [0], [1], [0], [0], [1]])
    // v: 5+6 = 11 fires, 1; 7; 7+6−28 = −15: the first two take it back, −5; then 1, 7, −15, where
    // nothing is left to be taken back.
    #expect(
      result.potentialsByTick[2] == [
        [1, 1, 1], [7, 7, 7], [-5, -5, -15], [1, 1, -9], [7, 7, -3], [-15, -15, -25],
      ])
    #expect(
      result.trace.units[2] == [
        [1, 1, 1], [0, 0, 0], [-1, -1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0],
      ])
  }

  @Test func rateFiresOnceATick() throws {
    // v: 5+25 = 30, 20; 45, 35; 60, 50.
    let graph = fan(.rate(timesteps: 3), [25], threshold: [10])
    let result = try ClockSimulator(graph).run([[1]])
    #expect(result.trace.units[1] == [[1], [1], [1]])
    #expect(result.potentialsByTick[1] == [[20], [35], [50]])
  }

  @Test func rateBiasEachTick() throws {
    // h = 5, I = 1 + 3 − 0. v: 9; 13 fires, 3; 7.
    let graph = fan(.rate(timesteps: 3), [1], threshold: [10], bias: [3])
    let result = try ClockSimulator(graph).run([[1]])
    #expect(result.potentialsByTick[1] == [[9], [3], [7]])
  }

  @Test func phasedUnsigned() throws {
    // v + 5: −15, 9, 10, 19, 20, 105; by 10: −2, 0, 1, 1, 2, 10; in [0, 3]: 0, 0, 1, 1, 2, 3.
    let weights: [Int16] = [-20, 4, 5, 14, 15, 100]
    let graph = fan(.phased(timesteps: 3), weights, threshold: tens(6))
    let result = try ClockSimulator(graph).run([[1]])
    #expect(result.trace.units[0] == [[1]])
    #expect(
      result.trace.units[1] == [[0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 1]])
    #expect(result.trace.potentials[1] == [-20, 4, 5, 14, 15, 100])
    // What is left: 105 − 3 · 10 = 75.
    #expect(result.potentialsByTick[1].last == [-15, 9, 0, 9, 0, 75])
    #expect(try QuantizedNetwork(graph).run([[1]]).units[1] == [0, 0, 1, 1, 2, 3])
  }

  @Test func phasedSigned() throws {
    // |v| + 5: 105, 20, 19, 10, 9, 5, 10, 31; by 10, at most 3: 3, 2, 1, 1, 0, 0, 1, 3.
    let weights: [Int16] = [-100, -15, -14, -5, -4, 0, 5, 26]
    let graph = fan(.phased(timesteps: 3), weights, threshold: tens(8), isSigned: true)
    let result = try ClockSimulator(graph).run([[1]])
    #expect(
      result.trace.units[1] == [
        [-1, -1, -1, -1, 0, 0, 1, 1], [-1, -1, 0, 0, 0, 0, 0, 1], [-1, 0, 0, 0, 0, 0, 0, 1],
      ])
    #expect(try QuantizedNetwork(graph).run([[1]]).units[1] == [-3, -2, -1, -1, 0, 0, 1, 3])
  }

  @Test func phasedInitialPotential() throws {
    // Signed, h = 12: sgn(0) = 0; (1 + 12)/10 = 1; (7 + 12)/10 = 1, negative; (8 + 12)/10 = 2.
    let graph = fan(
      .phased(timesteps: 3), [0, 1, -7, 8], threshold: tens(4), initial: [12, 12, 12, 12],
      isSigned: true)
    let result = try ClockSimulator(graph).run([[1]])
    #expect(result.trace.units[1] == [[0, 1, -1, 1], [0, 0, 0, 1], [0, 0, 0, 0]])
    #expect(try QuantizedNetwork(graph).run([[1]]).units[1] == [0, 1, -1, 2])
  }

  @Test func phasedBiasOnce() throws {
    // v = 1 + 14 = 15; (15 + 5)/10 = 2.
    let graph = fan(.phased(timesteps: 4), [1], threshold: [10], bias: [14])
    let result = try ClockSimulator(graph).run([[1]])
    #expect(result.trace.potentials[1] == [15])
    #expect(result.trace.units[1] == [[1], [1], [0], [0]])
  }

  @Test func weightedUnsigned() throws {
    // K = 3, Q = 7. v + 5: −4, 9, 10, 49, 50, 1005; by 10, in [0, 7]: 0, 0, 1, 4, 5, 7.
    // Slots are worth 4, 2, 1 units: 1 = 001, 4 = 100, 5 = 101, 7 = 111.
    let weights: [Int16] = [-9, 4, 5, 44, 45, 1000]
    let graph = fan(.weighted(bits: 3), weights, threshold: tens(6))
    let result = try ClockSimulator(graph).run([[1]])
    #expect(
      result.trace.units[1] == [[0, 0, 0, 4, 4, 4], [0, 0, 0, 0, 0, 2], [0, 0, 1, 0, 1, 1]])
    #expect(try QuantizedNetwork(graph).run([[1]]).units[1] == [0, 0, 1, 4, 5, 7])
  }

  @Test func weightedSigned() throws {
    // |v| + 5: 50, 9, 70, 2005; by 10, at most 7: 5 = 101, 0, 7 = 111, 7.
    let graph = fan(.weighted(bits: 3), [-45, -4, 65, -2000], threshold: tens(4), isSigned: true)
    let result = try ClockSimulator(graph).run([[1]])
    #expect(result.trace.units[1] == [[-4, 0, 4, -4], [0, 0, 2, -2], [-1, 0, 1, -1]])
    #expect(try QuantizedNetwork(graph).run([[1]]).units[1] == [-5, 0, 7, -7])
  }

  @Test func maximumOfCounts() throws {
    // a: 9+3 = 12 fires, 2; 5; 8; 11 fires, 1; 4: spikes in ticks 0 and 3.
    // b: 6; 12 fires, 2; 8; 14 fires, 4; 10 fires, 0: spikes in ticks 1, 3 and 4.
    // Counts of a 1 1 1 2 2, of b 0 1 1 2 3; the larger 1 1 1 2 3; its steps 1 0 0 1 1.
    var build = SpikingBuilder(code: .rate(timesteps: 5))
    let input = build.source([1])
    let layer = build.fire([1, 2, 1], threshold: [10, 10], initial: [9, 0])
    let pooled = build.add([1, 1, 1], .maximum)
    build.dense(input, layer, [3, 6])
    build.pool(layer, pooled, Window(size: Pair(1, 2)))
    let result = try ClockSimulator(build.complete).run([[1]])
    #expect(result.trace.units[1] == [[1, 0], [0, 1], [0, 0], [1, 1], [0, 1]])
    #expect(result.trace.units[2] == [[1], [0], [0], [1], [1]])
    #expect(result.trace.potentials[2] == [])
  }

  @Test func maximumOfGradedCounts() throws {
    // Counts of −1 a tick and −3 a tick: −1 −2 −3 is larger.
    var build = SpikingBuilder(code: .rate(timesteps: 3))
    let input = build.source([1, 2, 1])
    let pooled = build.add([1, 1, 1], .maximum)
    build.pool(input, pooled, Window(size: Pair(1, 2)))
    let result = try ClockSimulator(build.complete).run([[-3, -1]])
    #expect(result.trace.units[1] == [[-1], [-1], [-1]])
  }

  @Test(arguments: [SpikeCode.phased(timesteps: 4), .weighted(bits: 3)])
  func maximumOfIntegers(code: SpikeCode) throws {
    // Signed units −3, −2, 0, 1 from potentials −30, −20, 2, 10.
    var build = SpikingBuilder(code: code)
    let input = build.source([1])
    let layer = build.fire([1, 4, 1], threshold: [10], isSigned: true)
    let pooled = build.add([1, 2, 1], .maximum)
    build.dense(input, layer, [-30, -20, 2, 10])
    build.pool(layer, pooled, Window(size: Pair(1, 2), strides: Pair(1, 2)))
    let result = try ClockSimulator(build.complete).run([[1]])
    #expect(result.trace.units[2] == [[-2, 1]])
    #expect(try QuantizedNetwork(build.complete).run([[1]]).units[2] == [-2, 1])
  }

  @Test func maximumOutsideTheImage() throws {
    // One pixel of −5 with a rim of padding, windows of one: only the middle one sees the pixel.
    var build = SpikingBuilder(code: .phased(timesteps: 4))
    let input = build.source([1, 1, 1])
    let pooled = build.add([3, 3, 1], .maximum)
    let rim = Padding(top: 1, left: 1, bottom: 1, right: 1)
    build.pool(input, pooled, Window(size: Pair(1, 1), padding: rim))
    let result = try ClockSimulator(build.complete).run([[-5]])
    #expect(result.trace.units[1] == [[0, 0, 0, 0, -5, 0, 0, 0, 0]])
    #expect(try QuantizedNetwork(build.complete).run([[-5]]).units[1] == result.trace.units[1][0])
  }

  @Test func relayEmitsAtOnce() throws {
    // 2 · 3 in each of three ticks, or once.
    for (code, emitted) in [
      (SpikeCode.rate(timesteps: 3), [[6], [6], [6]]), (.phased(timesteps: 3), [[6]]),
    ] as [(SpikeCode, [[Int32]])] {
      var build = SpikingBuilder(code: code)
      let (input, relay) = (build.source([1]), build.add([1], .relay))
      build.dense(input, relay, [3])
      #expect(try ClockSimulator(build.complete).run([[2]]).trace.units[1] == emitted)
    }
  }

  @Test func windowsOfDifferentLength() throws {
    // 25 → (25 + 5)/10 = 3 of at most 4, times 7 = 21 → (21 + 5)/10 = 2 = 010 in three slots.
    var build = SpikingBuilder(code: .phased(timesteps: 4))
    let input = build.source([1])
    let first = build.fire([1], threshold: [10])
    let second = build.fire([1], threshold: [10])
    build.graph[second].code = .weighted(bits: 3)
    build.dense(input, first, [25])
    build.dense(first, second, [7])
    let result = try ClockSimulator(build.complete).run([[1]])
    #expect(result.trace.units[1] == [[1], [1], [1], [0]])
    #expect(result.trace.units[2] == [[0], [2], [0]])
    #expect(try QuantizedNetwork(build.complete).run([[1]]).units == [[1], [3], [2], []])
  }
}
