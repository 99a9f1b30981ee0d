// What the emulators have to say about tables that they cannot load, and options that do not fit.

internal import Diagnostics
internal import SpikeIR

extension Diagnostic {

  /// Returns an error about a threshold that no register of the machine holds.
  static func thresholdOutOfRange(
    _ population: String, _ threshold: Int64, bits: Int, shift: Int
  ) -> Diagnostic {
    .error(
      "emulator.threshold",
      "a threshold of '\(population)' is \(threshold), which a mantissa of \(bits, of: "bit") "
        + "times 2^\(shift) does not hold",
      at: .entity(population), notes: ["legalize the network for this target first"],
      exitCode: .doesNotFit)
  }

  /// Returns an error about sums that wrap around on their way to currents that saturate.
  static func unsupportedRegisters(_ population: String) -> Diagnostic {
    .error(
      "emulator.registers",
      "the neurons of '\(population)' have sums that wrap around and currents that saturate, "
        + "expected one of both",
      at: .entity(population))
  }

  /// Returns an error about neurons whose dynamics the cores do not have.
  static func unsupportedNeuron(_ population: String, _ model: String) -> Diagnostic {
    .error(
      "emulator.unsupported-neuron",
      "the neurons of '\(population)' are of the model '\(model)', with constants that their cores do not "
        + "have, or not at all",
      at: .entity(population),
      notes: ["compile the model file for the machine again: its passes make such neurons"])
  }

  /// Returns an error about a graph that is no network for cores.
  static func notForCores(_ name: String, found: String) -> Diagnostic {
    .error(
      "emulator.not-for-cores",
      "the network '\(name)' has \(found), expected integers and the code 'rate'",
      at: .entity(name), notes: ["compile with a target, which quantizes and legalizes"])
  }

  /// Returns an error about numbers that may leave 31 bits: what is added in each tick, or potentials
  /// where the machine has no limit.
  static func emulatorOverflow(
    _ numbers: String, _ population: String, bound: Double
  ) -> Diagnostic {
    .error(
      "emulator.overflow",
      "\(numbers) of '\(population)' may reach ±\(bound.rounded()), accepted are ±2^30",
      at: .entity(population), notes: ["use fewer time steps, or weights of fewer bits"])
  }

  /// Returns an error about an entry of a table that refers to what is not there.
  static func badTable(_ table: String, _ row: Int, _ problem: String) -> Diagnostic {
    .error(
      "emulator.bad-table", "row \(row) of the \(table): \(problem)",
      notes: ["'spikec check' lists everything that is wrong with tables"])
  }

  /// Returns an error about delays that no machine has.
  static func longDelay(_ row: Int, _ delay: Int) -> Diagnostic {
    badTable("connections", row, "a delay of \(delay, of: "tick"), accepted range is [0, 4096]")
  }

  /// Returns an error about a number of ticks that cannot be run.
  static func badEmulationLength(_ found: Int, accepted: ClosedRange<Int>) -> Diagnostic {
    .error(
      "emulator.bad-timesteps",
      "\(found, of: "time step") asked for, accepted range is [\(accepted.lowerBound), "
        + "\(accepted.upperBound)]", exitCode: .usage)
  }

  /// Returns an error about an input whose size is not that of the network's input.
  static func badEmulationInput(_ found: [Int], expected: [Int]) -> Diagnostic {
    .error("emulator.bad-input", "an input has \(found) values, expected \(expected)")
  }

  /// Returns an error about an input that holds what is no number.
  static func emulationInputNotANumber() -> Diagnostic {
    .error("emulator.bad-input", "an input holds a value that is not a number")
  }
}
