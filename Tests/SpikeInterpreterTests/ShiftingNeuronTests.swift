// Leaky neurons that decay by shifts in the reference simulator: rates that follow from a formula, where
// inputs go, and the rule with divisions in place of shifts.

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

@Suite("Neurons that decay by shifts") struct ShiftingNeuronTests {

  @Test(
    "fire every 2^m · ln(J / (J − 1)) ticks on average", arguments: [4, 5, 6],
    [1.3, 2, 5, 14, 40, 150])
  func rate(shift: Int, drive: Double) throws {
    let (threshold, ticks) = (3000.0, 4096)
    // What rounding losses down adds to a potential is half a unit a tick.
    let bias = (threshold * drive / Double(1 << shift) - 0.5).rounded()
    var b = SpikingBuilder(code: .rate(timesteps: ticks))
    let source = b.source([1])
    let model = BitShiftLeaky(
      threshold: b.parameters([Int32(threshold)], [1]), currentShift: 3, potentialShift: shift,
      mostSpikes: 31)
    let neuron = b.add([1], .bitShift(model), bias: [Int32(bias)])
    b.identity(source, neuron, [1])
    let units = try ClockSimulator(b.complete).run([[0]]).trace.units[1]
    let said = units.reduce(0) { $0 + Int($1[0]) }
    let expected = Double(ticks) / (Double(1 << shift) * log(drive / (drive - 1)))
    #expect(abs(Double(said) - expected) < 1.5 + 0.02 * expected, "\(said), expected \(expected)")
  }

  @Test("let constant inputs act on potentials, spikes on currents") func inputs() throws {
    var b = SpikingBuilder(code: .rate(timesteps: 4))
    let (drive, constant) = (b.source([1]), b.source([1]))
    let sender = b.fire([1], threshold: [10], initial: [0])
    b.identity(drive, sender, [1])
    let model = BitShiftLeaky(
      threshold: b.parameters([32_767], [1]), currentShift: 1, potentialShift: 2)
    let neuron = b.add([1], .bitShift(model), bias: [3])
    b.dense(sender, neuron, [1000])
    b.dense(constant, neuron, [5])
    // The sender fires in ticks 0 and 2, or 1 and 3: it reaches its threshold in every second tick.
    let run = try ClockSimulator(b.complete).run([[5], [4]])
    #expect(run.trace.units[sender.index].map { $0[0] } == [0, 1, 0, 1])
    // Currents are 0, 500, 250, 625; 23 comes in every tick, a quarter is lost.
    let found = run.potentialsByTick[neuron.index].map { $0[0] }
    #expect(found == [23, 541, 679, 1158])
  }

  @Test("round losses down, reach 0 and saturate", arguments: 0..<40)
  func rule(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var b = SpikingBuilder(code: .rate(timesteps: 60))
    let count = 6
    let drive = b.source([count])
    let senders = b.fire([count], threshold: [Int32](repeating: 9, count: count))
    b.identity(drive, senders, [1])
    let threshold = random.pick([1, 40, random.int(1...32_767)])
    let model = BitShiftLeaky(
      threshold: b.parameters([Int32(threshold)], [1]), currentShift: random.int(1...15),
      potentialShift: random.int(1...15), mostSpikes: random.pick([1, 31, 127]))
    let bias = random.int(-3000...3000)
    let neuron = b.add([1], .bitShift(model), bias: [Int32(bias)])
    let weights = (0..<count).map { _ in Int16(random.weight(30_000)) }
    b.dense(senders, neuron, weights, shift: random.int(0...1))
    let inputs = (0..<count).map { _ in Float(random.int(0...9)) }
    let found = try ClockSimulator(b.complete).run([inputs])
    func held(_ x: Int) -> Int { min(max(x, -32_768), 32_767) }
    func lost(_ x: Int, _ shift: Int) -> Int {
      let part = Int((Double(x) / Double(1 << shift)).rounded(.down))
      return part == 0 ? x.signum() : part
    }
    let shift = b.complete.projections.elements[1].shift
    var (i, v) = (0, 0)
    for t in 0..<60 {
      let sum = (0..<count).reduce(0) {
        $0 + Int(found.trace.units[senders.index][t][$1]) * Int(weights[$1]) << shift
      }
      i = held(i + sum)
      i -= lost(i, model.currentShift)
      v = held(v + held(held(i - lost(v, model.potentialShift)) + bias))
      var said = 0
      while v >= threshold, said < model.mostSpikes { (v, said) = (v - threshold, said + 1) }
      #expect(found.trace.units[neuron.index][t] == [Int32(said)], "tick \(t)")
      #expect(found.potentialsByTick[neuron.index][t] == [Int32(v)], "tick \(t)")
    }
  }
}
