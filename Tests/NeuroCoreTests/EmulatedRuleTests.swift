// The rule that is emulated, and the connections that it adds, against rules written down elsewhere.

import Kernels
import SpikeIR
import TestSupport
import Testing

@testable import HardwareTargets
@testable import NeuroCore

@Suite("The rule that is emulated") struct EmulatedRuleTests {

  /// The emulator's own slices and registers, of a network for current-based neurons, tick by tick.
  @Test("is that of Loihi with a current of a tick and a reset by subtraction", arguments: 0..<40)
  func equalsLoihi(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let mantissa = random.int(1...65_535) * 2 + 1
    let graph = chain(weights: [[1], [1], [1]], thresholds: [1, mantissa], timesteps: 4)
    let emulator = try MeshEmulator(loading: layout(graph, on: .currentBased))
    let slice = try #require(emulator.tables.slices.first { $0.population.index == 2 })
    guard case .fire(let neurons) = slice.program else {
      Issue.record("no neurons that fire")
      return
    }
    // An odd threshold is exact in units of 1/64 only.
    #expect(slice.registers.scale == 6)
    let (bias, exponent) = (random.int(-4096...4095), random.int(0...7))
    let parameters = LoihiNeuron.Parameters(
      du: 4095, dv: 0, biasMantissa: bias, biasExponent: exponent, thresholdMantissa: mantissa)
    var state = SliceState(
      potentials: slice.initial, bias: [Int32(bias << exponent)], units: [0], emitted: [])
    var (neuron, spikes, wraps, clips) = (LoihiNeuron(), 0, 0, 0)
    for tick in 0..<200 {
      // Mostly what neurons hear; now and then what leaves the register of currents, or both ends of
      // that of potentials.
      let reach = [300, 20_000, 131_000, 400_000][random.int(0...3)]
      let input = random.int(-reach...reach)
      // Potentials are held without the one that a strict comparison raises them by.
      neuron.v = Int(state.potentials[0]) + 1
      let before = neuron.v
      let (potential, fires) = neuron.step(input, parameters)
      var sums = [Int32(input)]
      _ = state.integrate(&sums, at: 0, slice.registers)
      #expect(Int(state.potentials[0]) + 1 == potential, "tick \(tick)")
      #expect(state.fire(neurons) == (fires ? 1 : 0), "tick \(tick)")
      let left = potential - (fires ? mantissa << 6 : 0)
      #expect(Int(state.potentials[0]) + 1 == left)
      spikes += fires ? 1 : 0
      if neuron.u != input << 6 { wraps += 1 }
      if potential != before + neuron.u + parameters.bias { clips += 1 }
    }
    #expect(spikes > 0 && wraps > 0 && clips > 0)
  }

  @Test("is that of Loihi with currents and potentials that decay", arguments: 0..<60)
  func decaysAsLoihi(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(7000 + seed))
    let (du, dv) = (random.int(0...4095), random.int(0...4095))
    let (refractory, mantissa) = (random.int(1...5), random.int(1...131_071))
    let (bias, exponent) = (random.int(-4096...4095), random.int(0...7))
    let parameters = LoihiNeuron.Parameters(
      du: du, dv: dv, biasMantissa: bias, biasExponent: exponent, thresholdMantissa: mantissa,
      refractory: refractory)
    let own = FiringDecay(
      thresholds: [Int32(mantissa << 6)],
      constants: DecayConstants(
        currentDecay: du + 1, potentialDecay: dv, refractory: refractory))
    var state = SliceState(
      potentials: [0], bias: [Int32(bias << exponent)], units: [0], emitted: [],
      decaying: DecayingNeurons(count: 1))
    var neuron = LoihiNeuron()
    for tick in 0..<300 {
      let reach = [300, 20_000, 131_000, 400_000][random.int(0...3)]
      let input = random.int(-reach...reach)
      let (_, fires) = neuron.step(input, parameters)
      var sums = [Int32(input << 6)]
      let outcome = state.decay(own, &sums, at: 0, CoreRegisters())
      #expect(outcome.fired == (fires ? 1 : 0), "tick \(tick)")
      #expect(state.decaying.currents == [Int32(neuron.u)], "tick \(tick)")
      #expect(state.potentials == [Int32(neuron.v)], "tick \(tick)")
      #expect(sums == [0] && state.units == [fires ? 1 : 0])
    }
  }

  /// With weights of 0 and 1, connections that exist are as many as what they add.
  @Test("connections of weight 0 do not exist where cells hold a bit", arguments: 0..<60)
  func existingConnections(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(900 + seed))
    for leavesOut in [true, false] {
      var synapses = CoreSynapses(leavesOutZeros: leavesOut)
      func weights(_ count: Int) -> [Int32] { (0..<count).map { _ in random.chance(0.4) ? 1 : 0 } }
      _ = synapses.store(weights(random.int(0...9)))
      let (rows, columns) = (random.int(1...5), random.int(1...5))
      let groups = random.int(1...2)
      let (inputs, outputs) = (groups * random.int(1...3), groups * random.int(1...4))
      let count = rows * columns * inputs
      let (ownRows, ownColumns) = (random.int(0...rows - 1)..<rows, 0..<random.int(1...columns))
      let box = CoreBox(
        width: columns, channels: outputs, rows: ownRows, columns: ownColumns,
        depth: random.int(0...outputs - 1)..<outputs)
      let width = rows * columns * outputs
      var paths = [
        synapses.addMatrix(weights: synapses.store(weights(count * width)), width: width, box: box)
      ]
      paths.append(
        synapses.addTaps(
          weights: synapses.store(weights(9 * inputs / groups * outputs)),
          window: CoreWindow(size: (3, 3), strides: (1, 1), dilations: (1, 1), padding: (1, 1)),
          groups: groups, source: (rows, columns, inputs), box: box))
      let same = CoreBox(
        width: columns, channels: inputs, rows: ownRows, columns: ownColumns, depth: 0..<inputs)
      paths.append(synapses.addSame(weights: synapses.store(weights(inputs)), box: same))
      let starts = (0...count).map { Int32($0) }
      let targets = (0..<count).map { _ in Int32(random.int(0...width - 1)) }
      for weight: Int32 in [0, 1] {
        paths.append(
          synapses.addWires(weight: weight, wires: synapses.store(wires: starts, targets), box: box)
        )
      }
      let spikes = (0..<count).filter { _ in random.chance(0.5) }.map { Int32($0) }
      for path in paths {
        var sums = [Int32](repeating: 0, count: max(box.count, same.count))
        let used = synapses.add(
          path, to: &sums, at: 0, neurons: spikes, units: spikes.map { _ in 1 }, 0..<spikes.count)
        let added = Int(sums.reduce(0, +))
        #expect(leavesOut ? used == added : used >= added)
      }
    }
  }
}
