// Leaky neurons of whole numbers in the reference simulator: periods that follow from a formula, where
// inputs go, and the rule in exact fractions.

import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("Neurons that decay") struct DecayingNeuronTests {

  /// Returns neurons that a constant current drives, as a network.
  private func driven(
    threshold: Int32, bias: Int32, currentDecay: Int = 4096, potentialDecay: Int, refractory: Int,
    ticks: Int
  ) -> SpikingGraph {
    var b = SpikingBuilder(code: .rate(timesteps: ticks))
    let source = b.source([1])
    let model = CurrentBasedLeaky(
      threshold: b.parameters([threshold], [1]), currentDecay: currentDecay,
      potentialDecay: potentialDecay, refractory: refractory)
    let neuron = b.add([1], .currentBased(model), bias: [bias])
    b.identity(source, neuron, [1])
    return b.complete
  }

  @Test(
    "fire every r − 1 + ⌈τ · ln(1 + 1/J)⌉ ticks", arguments: [1, 2, 7],
    [0.05, 0.31, 0.9, 2.3, 7.7, 19.1])
  func period(refractory: Int, excess: Double) throws {
    let (decay, threshold) = (82, 4_000_000.0)
    let kept = 1 - Double(decay) / 4096
    let bias = (threshold * (1 - kept) * (1 + excess)).rounded()
    let graph = driven(
      threshold: Int32(threshold), bias: Int32(bias), potentialDecay: decay,
      refractory: refractory, ticks: 1200)
    let units = try ClockSimulator(graph).run([[0]]).trace.units[1]
    let times = units.indices.filter { units[$0] == [1] }
    let tau = -1 / log(kept)
    let period = refractory - 1 + Int((tau * log1p(1 / excess)).rounded(.up))
    #expect(times.count > 2)
    for (a, b) in zip(times, times.dropFirst()) { #expect(b - a == period) }
  }

  @Test("let constant inputs act on potentials, spikes on currents") func inputs() throws {
    var b = SpikingBuilder(code: .rate(timesteps: 4))
    let (drive, constant) = (b.source([1]), b.source([1]))
    let sender = b.fire([1], threshold: [10], initial: [0])
    b.identity(drive, sender, [1])
    let model = CurrentBasedLeaky(
      threshold: b.parameters([1 << 20], [1]), currentDecay: 2048, potentialDecay: 0)
    let neuron = b.add([1], .currentBased(model), bias: [3])
    b.dense(sender, neuron, [1000])
    b.dense(constant, neuron, [5])
    // The sender fires in ticks 0 and 2; currents are 1000, 500, 1250, 625.
    let found = try ClockSimulator(b.complete).run([[5], [4]]).potentialsByTick[neuron.index]
    #expect(found.map { $0[0] } == [23, 1046, 1569, 2842])
  }

  /// The rule in fractions of 4096, rounded towards 0 by division.
  @Test("decay towards 0 from both sides, wrap around and saturate", arguments: 0..<40)
  func rule(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var b = SpikingBuilder(code: .rate(timesteps: 60))
    let count = 6
    let drive = b.source([count])
    let senders = b.fire([count], threshold: [Int32](repeating: 9, count: count))
    b.identity(drive, senders, [1])
    let threshold = Int32(random.int(1...8_388_607))
    let model = CurrentBasedLeaky(
      threshold: b.parameters([threshold], [1]), currentDecay: random.int(0...4096),
      potentialDecay: random.int(0...4096), refractory: random.int(1...4))
    let bias = random.int(-100_000...100_000)
    let neuron = b.add([1], .currentBased(model), bias: [Int32(bias)])
    let weights = (0..<count).map { _ in Int16(random.weight(30_000)) }
    b.dense(senders, neuron, weights, shift: 7)
    let inputs = (0..<count).map { _ in Float(random.int(0...9)) }
    let found = try ClockSimulator(b.complete).run([inputs])
    var (u, v, held) = (0, 0, 0)
    for t in 0..<60 {
      let sum = (0..<count).reduce(0) {
        $0 + Int(found.trace.units[senders.index][t][$1]) * Int(weights[$1]) * 128
      }
      u = u * (4096 - model.currentDecay) / 4096 + sum
      while u > 1 << 23 { u -= 1 << 24 }
      while u <= -(1 << 23) { u += 1 << 24 }
      v = v * (4096 - model.potentialDecay) / 4096 + u + bias
      v = min(max(v, -8_388_607), 8_388_607)
      if held > 0 { (v, held) = (0, held - 1) }
      let fires = v > Int(threshold)
      if fires { (v, held) = (0, model.refractory - 1) }
      #expect(found.trace.units[neuron.index][t] == [fires ? 1 : 0], "tick \(t)")
      #expect(found.potentialsByTick[neuron.index][t] == [Int32(v)], "tick \(t)")
    }
  }
}
