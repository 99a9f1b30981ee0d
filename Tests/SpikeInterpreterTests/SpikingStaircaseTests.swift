// Neurons that say the value of an interval, under each code, computed by hand.

import SpikeIR
import SpikeInterpreter
import Testing

/// Returns a graph in which an input of one unit reaches one staircase for each weight.
private func stairs(
  _ code: SpikeCode, _ weights: [Int16], thresholds: [Int32], values: [Int32],
  bias: [Int32]? = nil
) -> SpikingGraph {
  var build = SpikingBuilder(code: code)
  let input = build.source([1])
  let columns = thresholds.count / (values.count - 1)
  let model = Staircase(
    thresholds: build.integers(
      thresholds, columns == 1 ? [thresholds.count] : [thresholds.count / columns, columns]),
    values: build.integers(values, [values.count]))
  let layer = build.add([weights.count], .staircase(model), bias: bias)
  build.dense(input, layer, weights)
  return build.complete
}

@Suite("Staircase neurons") struct SpikingStaircaseTests {

  @Test("say the value of their interval, thresholds included") func intervals() throws {
    let weights: [Int16] = [-8, -7, 0, 2, 3, 4, 5, 100]
    let graph = stairs(
      .weighted(bits: 3), weights, thresholds: [-7, 3, 5, 5], values: [-2, 0, 1, 6, 7])
    let expected: [Int32] = [-2, 0, 0, 0, 1, 1, 7, 7]
    #expect(try QuantizedNetwork(graph).run([[1]]).units[1] == expected)
    let trace = try ClockSimulator(graph).run([[1]]).trace
    #expect(trace.potentials[1] == weights.map { Int32($0) })
    // −2 = −(010), 7 = 111.
    #expect(
      trace.units[1] == [
        [0, 0, 0, 0, 0, 0, 4, 4], [-2, 0, 0, 0, 0, 0, 2, 2], [0, 0, 0, 0, 1, 1, 1, 1],
      ])
  }

  @Test("may have thresholds of their own in each channel, and a bias") func channels() throws {
    let graph = stairs(
      .phased(timesteps: 3), [4, 4], thresholds: [1, 10, 5, 20], values: [-1, 0, 3],
      bias: [0, 7])
    #expect(try QuantizedNetwork(graph).run([[1]]).units[1] == [0, 0])
    #expect(try QuantizedNetwork(graph).run([[2]]).units[1] == [3, 0])
    #expect(try QuantizedNetwork(graph).run([[4]]).units[1] == [3, 3])
    let trace = try ClockSimulator(graph).run([[-1]]).trace
    #expect(trace.units[1] == [[-1, -1], [0, 0], [0, 0]])
  }

  @Test("follow their staircase tick by tick") func rate() throws {
    // T = 4, I = 3: v·T/t = 12 in every tick, q = 3; targets 3/4 → 1, 6/4 → 2, 9/4 → 2, 3.
    // I = −3: q = −2; targets −2/4 → −1, −1, −6/4 → −2, −2.
    let graph = stairs(
      .rate(timesteps: 4), [3, -3], thresholds: [-5, 5, 12], values: [-2, 0, 1, 3])
    let trace = try ClockSimulator(graph).run([[1]]).trace
    #expect(trace.units[1] == [[1, -1], [1, 0], [0, -1], [1, 0]])
    #expect(trace.potentials[1] == [12, -12])
  }

  @Test("take back what they said too early") func correction() throws {
    // A neuron that begins with twice its threshold fires at ticks 1 and 2 only.
    var build = SpikingBuilder(code: .rate(timesteps: 4))
    let input = build.source([1])
    let early = build.fire([1], threshold: [5], initial: [10])
    build.identity(input, early, [0])
    let model = Staircase(
      thresholds: build.integers([3], [1]), values: build.integers([0, 4], [2]))
    let layer = build.add([1], .staircase(model))
    build.identity(early, layer, [1])
    let trace = try ClockSimulator(build.complete).run([[0]]).trace
    #expect(trace.units[1] == [[1], [1], [0], [0]])
    // v = 1, 2, 2, 2; w = 4, 4, ⌊8/3⌋ = 2, 2; q = 4, 4, 0, 0; targets 1, 2, 0, 0.
    #expect(trace.units[2] == [[1], [1], [-1], [-1]])
  }

  @Test("round expectations down and targets away from 0") func rounding() throws {
    // I = −1, T = 2: v·T/t = −2; q = −1; targets −1/2 → −1, −1.
    let graph = stairs(
      .rate(timesteps: 2), [-1, 1], thresholds: [-1, 2], values: [-1, 0, 1])
    let trace = try ClockSimulator(graph).run([[1]]).trace
    #expect(trace.units[1] == [[-1, 1], [0, 0]])
    // Input from the second tick on: v = 0, −3, −6 of T = 3; w = 0, ⌊−4.5⌋ = −5, −6.
    var build = SpikingBuilder(code: .rate(timesteps: 3))
    let input = build.source([1])
    let model = Staircase(
      thresholds: build.integers([-4], [1]), values: build.integers([3, 0], [2]))
    let layer = build.add([1], .staircase(model))
    build.identity(input, layer, [-3], delay: 1)
    let late = try ClockSimulator(build.complete).run([[1]]).trace
    #expect(late.units[1] == [[0], [1], [1]])
  }
}
