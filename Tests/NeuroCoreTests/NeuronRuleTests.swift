// The update rules of machines other than Loihi: TrueNorth, decays by shifts.

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
}
