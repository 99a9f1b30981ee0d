// Spikes and synaptic operations, counted by hand.

import SpikeIR
import SpikeInterpreter
import Testing

@Suite("Synaptic operation counter") struct SpikingCounterTests {

  @Test func windowsCountSpikesByCode() throws {
    // 25 → (25 + 5)/10 = 3 units and 55 → (55 + 5)/10 = 6 units, into 4 membranes each.
    // Phased: 3 + 6 spikes. Weighted: 3 = 011 and 6 = 110, 2 + 2 spikes.
    for (code, spikes) in [(SpikeCode.phased(timesteps: 9), 9), (.weighted(bits: 3), 4)] {
      var build = SpikingBuilder(code: code)
      let (input, layer) = (build.source([1]), build.fire([2], threshold: [10, 10]))
      let output = build.readout([4])
      build.dense(input, layer, [25, 55])
      build.dense(layer, output, [0, 1, 2, 3, 4, 5, 6, 7])
      let counter = try SynapticOperationCounter(build.graph)
      let counts = counter.count(try ClockSimulator(build.graph).run([[1]]).trace)
      #expect(counts.spikes == [0, spikes, 0])
      #expect(counts.synapticOperations == [0, spikes * 4, 0])
    }
  }

  @Test func negativeSpikesCount() throws {
    // v: −4; −8 fires, 2; −2; −6 fires, 4; 0.
    var build = SpikingBuilder(code: .rate(timesteps: 5))
    let (input, layer) = (build.source([1]), build.fire([1], threshold: [10], isSigned: true))
    let output = build.readout([3])
    build.dense(input, layer, [-4])
    build.dense(layer, output, [1, 1, 1])
    let counter = try SynapticOperationCounter(build.graph)
    let counts = counter.count(try ClockSimulator(build.graph).run([[1]]).trace)
    #expect(counts.spikes == [0, 2, 0])
    #expect(counts.synapticOperations == [0, 6, 0])
  }

  @Test func convolutionEndsAtTheRim() throws {
    // A 3×3 kernel over 3×3 pixels with a rim of padding: the corner is seen from 4 positions,
    // an edge from 6, the middle from 9; with 2 output channels twice as many.
    var build = SpikingBuilder(code: .phased(timesteps: 1))
    let input = build.source([3, 3, 1])
    let layer = build.fire([3, 3, 1], threshold: [1])
    let output = build.readout([3, 3, 2])
    build.identity(input, layer)
    let rim = Padding(top: 1, left: 1, bottom: 1, right: 1)
    build.conv(
      layer, output, [Int16](repeating: 0, count: 18), Window(size: Pair(3, 3), padding: rim))
    let counter = try SynapticOperationCounter(build.graph)
    #expect(counter.fanOut[1] == [8, 12, 8, 12, 18, 12, 8, 12, 8])
    // The source reaches one membrane, but what it emits are no spikes.
    #expect(counter.fanOut[0] == [Int](repeating: 1, count: 9))
    let counts = counter.count(
      try ClockSimulator(build.graph).run([[1, 1, 0, 0, 1, 0, 0, 0, 0]]).trace)
    #expect(counts.spikes == [0, 3, 0] && counts.synapticOperations == [0, 8 + 12 + 18, 0])
  }

  @Test func relaysPassSpikesOn() throws {
    // Four neurons are added up in one relay neuron, which reaches 5 membranes; a wire copies
    // the relay neuron twice into another relay, each of whose neurons reaches 1 of 2 membranes.
    var build = SpikingBuilder(code: .phased(timesteps: 3))
    let input = build.source([2, 2, 1])
    let layer = build.fire([2, 2, 1], threshold: [1])
    let sum = build.add([1, 1, 1], .relay)
    let copies = build.add([2], .relay)
    let (dense, pair) = (build.readout([5]), build.readout([2]))
    build.identity(input, layer)
    build.pool(layer, sum, Window(size: Pair(2, 2)))
    build.dense(sum, dense, [1, 2, 3, 4, 5])
    build.wire(sum, copies, [0, 0])
    build.identity(copies, pair)
    let counter = try SynapticOperationCounter(build.graph)
    #expect(counter.fanOut[1] == [7, 7, 7, 7])
    let counts = counter.count(try ClockSimulator(build.graph).run([[1, 0, 2, 3]]).trace)
    #expect(counts.spikes == [0, 6, 0, 0, 0, 0])
    #expect(counts.synapticOperations == [0, 42, 0, 0, 0, 0])
  }

  @Test func maximaSpikeButReceiveForNothing() throws {
    // Units 2 and 3 are pooled; the maximum emits 3 into 2 membranes. The first layer also feeds
    // one membrane a neuron directly.
    var build = SpikingBuilder(code: .weighted(bits: 2))
    let input = build.source([1, 2, 1])
    let layer = build.fire([1, 2, 1], threshold: [1])
    let pooled = build.add([1, 1, 1], .maximum)
    let (output, direct) = (build.readout([2]), build.readout([2]))
    build.identity(input, layer)
    build.pool(layer, pooled, Window(size: Pair(1, 2)))
    build.dense(pooled, output, [1, 1])
    build.identity(layer, direct)
    let counter = try SynapticOperationCounter(build.graph)
    let counts = counter.count(try ClockSimulator(build.graph).run([[2, 3]]).trace)
    // 2 = 10 and 3 = 11: 3 spikes to one membrane each; 3 = 11: 2 spikes to two.
    #expect(counts.spikes == [0, 3, 2, 0, 0])
    #expect(counts.synapticOperations == [0, 3, 4, 0, 0])
  }
}
