// The update rules of machines other than Loihi: TrueNorth, decays by shifts, analog products.

import TestSupport
import Testing

@testable import NeuroCore

@Suite("Neuron rules") struct NeuronRuleTests {

  // MARK: TrueNorth

  @Test("TrueNorth integrates, leaks, then compares")
  func trueNorthOrder() {
    let parameters = TrueNorthNeuron.Parameters(
      weights: [3, -2, 1, 0], leak: -1, threshold: 4, reset: .subtract)
    var neuron = TrueNorthNeuron()
    #expect(!neuron.step([1, 0, 1, 5], parameters) && neuron.v == 3)
    #expect(neuron.step([1, 0, 0, 0], parameters) && neuron.v == 1)
    #expect(!neuron.step([0, 3, 0, 0], parameters) && neuron.v == -6)
  }

  @Test(
    "TrueNorth resets in three ways",
    arguments: [
      (TrueNorthNeuron.Reset.value, -7), (.subtract, 2), (.none, 12),
    ])
  func trueNorthResets(reset: TrueNorthNeuron.Reset, left: Int) {
    let parameters = TrueNorthNeuron.Parameters(
      weights: [12], threshold: 10, reset: reset, resetValue: -7)
    var neuron = TrueNorthNeuron()
    #expect(neuron.step([1], parameters) && neuron.v == left)
  }

  @Test("TrueNorth has a floor and 20 bits")
  func trueNorthLimits() {
    var parameters = TrueNorthNeuron.Parameters(weights: [-100], threshold: 5, floor: 30)
    var neuron = TrueNorthNeuron()
    #expect(!neuron.step([1], parameters) && neuron.v == -30)
    (parameters.resetsBelowFloor, parameters.resetValue) = (true, 8)
    #expect(!neuron.step([1], parameters) && neuron.v == -8)
    // At the floor itself nothing happens.
    neuron.v = 70
    parameters.threshold = 200
    #expect(!neuron.step([1], parameters) && neuron.v == -30)
    let strong = TrueNorthNeuron.Parameters(weights: [255], threshold: 1 << 19, reset: .none)
    var full = TrueNorthNeuron(v: 1 << 19 - 10)
    #expect(!full.step([100], strong) && full.v == 1 << 19 - 1)
  }

  @Test("a TrueNorth core adds the weight of each axon's type")
  func trueNorthCore() {
    var random = SplitMix64(seed: 5)
    let types = (0..<20).map { _ in random.int(0...3) }
    let crossbar = (0..<20).map { _ in (0..<12).map { _ in random.chance(0.4) } }
    let parameters = (0..<12).map { _ in
      TrueNorthNeuron.Parameters(
        weights: (0..<4).map { _ in random.int(-9...9) }, leak: random.int(-2...2),
        threshold: random.int(1...12))
    }
    var core = TrueNorthCore(types: types, crossbar: crossbar, parameters: parameters)
    var potentials = [Int](repeating: 0, count: 12)
    var fired = 0
    for _ in 0..<50 {
      let axons = (0..<20).filter { _ in random.chance(0.3) }
      var expected: [Int] = []
      for n in 0..<12 {
        for axon in axons where crossbar[axon][n] {
          potentials[n] += parameters[n].weights[types[axon]]
        }
        potentials[n] += parameters[n].leak
        if potentials[n] >= parameters[n].threshold {
          potentials[n] -= parameters[n].threshold
          expected.append(n)
        }
      }
      #expect(core.step(axons) == expected)
      fired += expected.count
    }
    #expect(fired > 20 && core.neurons.map(\.v) == potentials)
  }

  // MARK: Decays by shifts

  @Test(
    "shifts decay downwards, and to zero where asked",
    arguments: [
      (1000, 3, false, 875), (7, 3, false, 7), (7, 3, true, 6), (-7, 3, false, -6),
      (-1, 3, true, 0), (0, 3, true, 0),
    ])
  func shifts(x: Int, shift: Int, reaches: Bool, expected: Int) {
    #expect(BitShiftNeuron.decayed(x, shift, reaches) == expected)
  }

  @Test("a neuron with shifts emits several spikes and saturates")
  func bitShiftNeuron() {
    var neuron = BitShiftNeuron()
    var parameters = BitShiftNeuron.Parameters(synapseShift: 1, membraneShift: 2, threshold: 100)
    // i: 300, 150; v: 300 → 3 spikes, 0; then 150 → 1 spike, 50.
    #expect(neuron.step(300, parameters) == 3 && neuron.v == 0)
    #expect(neuron.step(0, parameters) == 1 && neuron.v == 50)
    parameters.most = 31
    #expect(neuron.step(40_000, parameters) == 31)
    #expect(neuron.i == 32_767 && neuron.v == 32_767 - 3_100)
  }

  // MARK: BrainScaleS-2

  @Test("analog products split rows, round down and clamp")
  func analogProduct() {
    var random = SplitMix64(seed: 9)
    let (rows, columns) = (300, 7)
    let weights = (0..<rows * columns).map { _ in Int8(random.int(-63...63)) }
    let matrix = AnalogMatrix(weights, rows: rows, columns: columns, noise: 0)
    #expect(matrix.blocks == 3)
    let input = (0..<rows).map { _ in UInt8(random.int(0...31)) }
    let expected = (0..<columns).map { c in
      [0..<128, 128..<256, 256..<300].reduce(0) { total, block in
        let sum = block.reduce(0) { $0 + Int(input[$1]) * Int(weights[$1 * columns + c]) }
        return total + min(max(Int((0.002 * Double(sum)).rounded(.down)), -128), 127)
      }
    }
    #expect(matrix.product(input) == expected.map { Double($0) })
    let strong = AnalogMatrix(
      [Int8](repeating: 63, count: 128) + [Int8](repeating: -63, count: 128), rows: 256,
      columns: 1, noise: 0)
    #expect(
      strong.blockProducts([UInt8](repeating: 31, count: 256), run: 0, trial: 0) == [127, -128])
  }

  @Test("noise depends on run and trial, mismatch on the chip alone")
  func analogSeeds() {
    let weights = (0..<128 * 16).map { Int8($0 % 127 - 63) }
    let input = [UInt8](repeating: 9, count: 128)
    let chip = AnalogChip(seed: 3, gainSpread: 0.1, offsetSpread: 5)
    func products(_ chip: AnalogChip, noise: Double, run: UInt64, trial: UInt64) -> [Int] {
      AnalogMatrix(weights, rows: 128, columns: 16, noise: noise, chip: chip)
        .blockProducts(input, run: run, trial: trial)
    }
    let first = products(chip, noise: 2, run: 1, trial: 0)
    #expect(first == products(chip, noise: 2, run: 1, trial: 0))
    #expect(first != products(chip, noise: 2, run: 2, trial: 0))
    #expect(first != products(chip, noise: 2, run: 1, trial: 1))
    let fixed = products(chip, noise: 0, run: 1, trial: 0)
    #expect(fixed == products(chip, noise: 0, run: 2, trial: 5))
    var other = chip
    other.seed = 4
    #expect(fixed != products(other, noise: 0, run: 1, trial: 0))
  }

  @Test("noise has mean 0 and the stated deviation")
  func analogNoise() {
    let count = 4000
    let samples = (0..<count).map { i in
      var noise = NormalNoise(seed: 1, UInt64(i))
      return noise.next()
    }
    let mean = samples.reduce(0, +) / Double(count)
    let variance = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    #expect(abs(mean) < 0.06 && abs(variance - 1) < 0.1)
  }

  @Test("calibration takes most of the mismatch out")
  func analogCalibration() {
    var random = SplitMix64(seed: 21)
    let (rows, columns) = (128, 24)
    let weights = (0..<rows * columns).map { i in
      Int8(random.int(-20...30) + (i % columns % 2 == 0 ? 10 : -20))
    }
    let chip = AnalogChip(seed: 8, gainSpread: 0.15, offsetSpread: 6)
    let matrix = AnalogMatrix(weights, rows: rows, columns: columns, gain: 0.001, chip: chip)
    let ideal = AnalogMatrix(weights, rows: rows, columns: columns, gain: 0.001, noise: 0)
    let calibration = AnalogCalibration(measuring: matrix, repetitions: 30, run: 5)
    var (raw, corrected) = (0.0, 0.0)
    for trial in 0..<40 {
      let input = (0..<rows).map { _ in UInt8(random.int(0...31)) }
      let exact = ideal.product(input)
      let a = matrix.product(input, run: 6, trial: UInt64(trial))
      let b = matrix.product(input, run: 6, trial: UInt64(trial), calibration: calibration)
      for c in 0..<columns {
        raw += (a[c] - exact[c]) * (a[c] - exact[c])
        corrected += (b[c] - exact[c]) * (b[c] - exact[c])
      }
    }
    // What is left is the noise of single products, of deviation 2.
    let count = Double(40 * columns)
    #expect((raw / count).squareRoot() > 5)
    #expect((corrected / count).squareRoot() < 3)
  }
}
