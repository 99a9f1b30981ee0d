// Every kind of projection, computed by hand in both formulations.

import Diagnostics
import SpikeIR
import SpikeInterpreter
import Testing

/// Checks that the readout of a graph with one input ends at `expected` in both formulations.
private func expectPotentials(
  _ graph: SpikingGraph, _ input: [Float], _ expected: [Int32],
  _ location: SourceLocation = #_sourceLocation
) throws {
  let last = graph.populations.count - 1
  let simulated = try ClockSimulator(graph).run([input])
  let computed = try QuantizedNetwork(graph).run([input])
  #expect(simulated.trace.potentials[last] == expected, sourceLocation: location)
  #expect(computed.potentials[last] == expected, sourceLocation: location)
}

@Suite("Spiking projections") struct SpikingProjectionTests {

  private let code = SpikeCode.phased(timesteps: 4)

  @Test func dense() throws {
    // [1 2] · [[1 2 3] [10 20 30]] = [21 42 63]
    var build = SpikingBuilder(code: code)
    let (input, output) = (build.source([2]), build.readout([3]))
    build.dense(input, output, [1, 2, 3, 10, 20, 30])
    try expectPotentials(build.graph, [1, 2], [21, 42, 63])
  }

  @Test func convolution() throws {
    // 1 2 3 under 1    10     1 + 20 + 400 + 5000 and 2 + 30 + 500 + 6000
    // 4 5 6       100  1000
    var build = SpikingBuilder(code: code)
    let (input, output) = (build.source([2, 3, 1]), build.readout([1, 2, 1]))
    build.conv(input, output, [1, 10, 100, 1000], Window(size: Pair(2, 2)))
    try expectPotentials(build.graph, [1, 2, 3, 4, 5, 6], [5421, 6532])
  }

  @Test func stridesDilationsAndPadding() throws {
    // Taps two apart, windows two apart, a rim of one: each window sees only the middle, 5,
    // under another corner of the kernel.
    var build = SpikingBuilder(code: code)
    let (input, output) = (build.source([3, 3, 1]), build.readout([2, 2, 1]))
    let window = Window(
      size: Pair(2, 2), strides: Pair(2, 2), dilations: Pair(2, 2),
      padding: Padding(top: 1, left: 1, bottom: 1, right: 1))
    build.conv(input, output, [1, 10, 100, 1000], window)
    try expectPotentials(build.graph, [1, 2, 3, 4, 5, 6, 7, 8, 9], [5000, 500, 50, 5])
  }

  @Test func asymmetricPadding() throws {
    // A row of 1 2 3, kernel 1 10, one column of padding on the right: 1 + 20, 2 + 30, 3.
    var build = SpikingBuilder(code: code)
    let (input, output) = (build.source([1, 3, 1]), build.readout([1, 3, 1]))
    build.conv(input, output, [1, 10], Window(size: Pair(1, 2), padding: Padding(right: 1)))
    try expectPotentials(build.graph, [1, 2, 3], [21, 32, 3])
  }

  @Test func groups() throws {
    // Channels 1 2 make outputs 0 and 1, channels 3 4 outputs 2 and 3; kernels [2, 4]:
    // 1·1 + 2·10, 1·2 + 2·20, 3·3 + 4·30, 3·4 + 4·40
    var build = SpikingBuilder(code: code)
    let (input, output) = (build.source([1, 1, 4]), build.readout([1, 1, 4]))
    build.conv(
      input, output, [1, 2, 3, 4, 10, 20, 30, 40], Window(size: Pair(1, 1)), groups: 2)
    try expectPotentials(build.graph, [1, 2, 3, 4], [21, 42, 129, 172])
  }

  @Test func depthwise() throws {
    // Channel 3 makes 3·1 and 3·2, channel 5 makes 5·3 and 5·4.
    var build = SpikingBuilder(code: code)
    let (input, output) = (build.source([1, 1, 2]), build.readout([1, 1, 4]))
    build.conv(input, output, [1, 2, 3, 4], Window(size: Pair(1, 1)), groups: 2)
    try expectPotentials(build.graph, [3, 5], [3, 6, 15, 20])
  }

  @Test func poolAddsUp() throws {
    // Channel by channel 1+3+5+7 and 2+4+6+8; then 1+3 alone and 1+3+5+7 with a padded row above.
    var build = SpikingBuilder(code: code)
    let (input, relay) = (build.source([2, 2, 2]), build.add([1, 1, 2], .relay))
    let output = build.readout([1, 1, 2])
    build.pool(input, relay, Window(size: Pair(2, 2)))
    build.identity(relay, output)
    try expectPotentials(build.graph, [1, 2, 3, 4, 5, 6, 7, 8], [16, 20])
    var padded = SpikingBuilder(code: code)
    let (image, sums) = (padded.source([2, 2, 1]), padded.readout([2, 1, 1]))
    padded.pool(image, sums, Window(size: Pair(2, 2), padding: Padding(top: 1)))
    try expectPotentials(padded.graph, [1, 3, 5, 7], [4, 16])
  }

  @Test func identityWeights() throws {
    // Two pixels of two channels: weights 10 and 100 by channel; 3 for all; none.
    let input: [Float] = [1, 2, 3, 4]
    for (weights, expected): ([Int16]?, [Int32]) in [
      ([10, 100], [10, 200, 30, 400]), ([3], [3, 6, 9, 12]), (nil, [1, 2, 3, 4]),
    ] {
      var build = SpikingBuilder(code: code)
      let (a, b) = (build.source([1, 2, 2]), build.readout([1, 2, 2]))
      build.identity(a, b, weights)
      try expectPotentials(build.graph, input, expected)
    }
  }

  @Test func identityFlattens() throws {
    // A vector target has one channel a neuron.
    var build = SpikingBuilder(code: code)
    let (a, b) = (build.source([2, 1, 2]), build.readout([4]))
    build.identity(a, b, [1, 10, 100, 1000])
    try expectPotentials(build.graph, [1, 2, 3, 4], [1, 20, 300, 4000])
  }

  @Test func wires() throws {
    // Repeated, crossed, and left open.
    var build = SpikingBuilder(code: code)
    let (a, b) = (build.source([3]), build.readout([5]))
    build.wire(a, b, [2, 2, -1, 0, 1])
    try expectPotentials(build.graph, [7, 8, 9], [9, 9, 0, 7, 8])
  }

  @Test func shiftsMultiplyAllKinds() throws {
    // 3 · (5·2³ + 1·2¹ + 1·2² + 1·2⁴) = 3 · 62, bias 1.
    var build = SpikingBuilder(code: code)
    let (a, b) = (build.source([1, 1, 1]), build.readout([1, 1, 1], bias: [1]))
    build.dense(a, b, [5], shift: 3)
    build.identity(a, b, shift: 1)
    build.wire(a, b, [0], shift: 2)
    build.connect(a, b, .pool(PoolProjection(window: Window(size: Pair(1, 1)))), shift: 4)
    try expectPotentials(build.graph, [3], [187])
  }

  @Test func biasByChannelAndByNeuron() throws {
    for (bias, expected): ([Int32], [Int32]) in [
      ([10, 20], [11, 22, 13, 24]), ([1, 2, 3, 4], [2, 4, 6, 8]),
    ] {
      var build = SpikingBuilder(code: code)
      let (a, b) = (build.source([1, 2, 2]), build.readout([1, 2, 2], bias: bias))
      build.identity(a, b)
      try expectPotentials(build.graph, [1, 2, 3, 4], expected)
    }
  }

  @Test func delaysUnderRate() throws {
    // Two ticks under way, four ticks in all: 1 arrives in ticks 2 and 3.
    var build = SpikingBuilder(code: .rate(timesteps: 4))
    let (a, b) = (build.source([1]), build.readout([1]))
    build.identity(a, b, delay: 2)
    let result = try ClockSimulator(build.graph).run([[1]])
    #expect(result.potentialsByTick[1] == [[0], [0], [1], [2]])
  }

  @Test func delaysOfMaximaUnderRate() throws {
    var build = SpikingBuilder(code: .rate(timesteps: 3))
    let (a, b) = (build.source([1, 2, 1]), build.add([1, 1, 1], .maximum))
    build.pool(a, b, Window(size: Pair(1, 2)), delay: 1)
    let result = try ClockSimulator(build.complete).run([[2, 3]])
    #expect(result.trace.units[1] == [[0], [3], [3]])
  }

  @Test func delaysMoveWindowsOnly() throws {
    var build = SpikingBuilder(code: code)
    let (a, b) = (build.source([1]), build.readout([1]))
    build.dense(a, b, [5], delay: 3)
    try expectPotentials(build.graph, [2], [10])
  }
}
