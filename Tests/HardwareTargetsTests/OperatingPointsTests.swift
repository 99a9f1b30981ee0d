// Operating points: which is chosen, and what a tick costs; nothing where a constant is unknown.

import HardwareTargets
import Testing

@Suite("Operating points") struct OperatingPointsTests {

  /// Returns the energies of SpiNNaker 2 with constants of our own.
  private func energy() throws -> Energy {
    var energy = try #require(TargetDescription.builtIn("spinnaker2")).energy
    for i in energy.levels.indices {
      let scale = Double(i + 1)
      energy.levels[i].baseline = Quantity(0.02 * scale, grade: .user)
      energy.levels[i].perNeuron = Quantity(1e-9 * scale, grade: .user)
      energy.levels[i].perSynapticOperation = Quantity(2e-10 * scale, grade: .user)
      energy.levels[i].cyclesPerNeuron = Quantity(100, grade: .user)
      energy.levels[i].cyclesPerSynapticOperation = Quantity(10, grade: .user)
      energy.levels[i].mostSpikesPerStep = Quantity([50, 120, 180][i], grade: .user)
    }
    return energy
  }

  @Test(
    "the slowest point that takes the spikes",
    arguments: [(0, 0), (50, 0), (51, 1), (120, 1), (121, 2), (100_000, 2)])
  func choice(spikes: Int, level: Int) throws {
    #expect(try energy().level(receivedSpikes: spikes) == level)
  }

  @Test("time and energy of a tick") func costs() throws {
    let energy = try energy()
    let busy = energy.levels[1].busySeconds(neurons: 200, synapticOperations: 10_000)
    #expect(busy == 120_000 / 333e6)
    let found = try #require(
      energy.energy(level: 1, neurons: 200, synapticOperations: 10_000, tick: 1e-3))
    let seconds = 120_000 / 333e6
    let expected = 0.04 * seconds + 0.02 * (1e-3 - seconds) + 200 * 2e-9 + 10_000 * 4e-10
    #expect(abs(found - expected) < 1e-18)
    // An overrun has no rest.
    let over = try #require(
      energy.energy(level: 0, neurons: 0, synapticOperations: 25_000, tick: 1e-3))
    #expect(abs(over - (0.02 * 2e-3 + 25_000 * 2e-10)) < 1e-15)
  }

  @Test("nothing is computed from what is not known") func unknown() throws {
    let energy = try #require(TargetDescription.builtIn("spinnaker2")).energy
    #expect(energy.level(receivedSpikes: 1) == nil)
    #expect(energy.levels[0].busySeconds(neurons: 1, synapticOperations: 1) == nil)
    #expect(energy.energy(level: 0, neurons: 1, synapticOperations: 1, tick: 1e-3) == nil)
    #expect(try self.energy().energy(level: 3, neurons: 1, synapticOperations: 1, tick: 1) == nil)
    let none = try #require(TargetDescription.builtIn("loihi1")).energy
    #expect(none.level(receivedSpikes: 1) == nil && none.affinePower == nil)
  }
}
