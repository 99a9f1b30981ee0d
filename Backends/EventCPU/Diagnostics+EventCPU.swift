// What the event engine has to say about graphs that it cannot run, and options that do not fit.

internal import Diagnostics
internal import SpikeIR

extension Diagnostic {

  /// Returns an error about a population whose potentials may leave 32 bits.
  static func potentialOverflow(_ population: String, bound: Double) -> Diagnostic {
    .error(
      "cpu.overflow",
      "potentials of '\(population)' may reach ±\(bound.rounded()), which 32 bits do not hold",
      at: .entity(population), notes: ["use fewer time steps, or weights of fewer bits"])
  }

  /// Returns an error about a population whose units may leave 32 bits.
  static func unitOverflow(_ population: String, bound: Double) -> Diagnostic {
    .error(
      "cpu.overflow",
      "units of '\(population)' may reach ±\(bound.rounded()), which 32 bits do not hold",
      at: .entity(population), notes: ["use fewer levels in the encoder"])
  }

  /// Returns an error about a graph that is still in floating point.
  static func notQuantized(_ name: String) -> Diagnostic {
    .error(
      "cpu.not-quantized", "the graph '\(name)' holds floating-point weights, expected integers",
      at: .entity(name), notes: ["run the pass 'quantize' first"])
  }

  /// Returns an error about a spike that travels for some ticks.
  static func unsupportedDelay(_ projection: String, _ delay: Int) -> Diagnostic {
    .error(
      "cpu.unsupported-delay",
      "'\(projection)' has a delay of \(delay, of: "tick"), the event engine executes delay 0 only",
      at: .entity(projection))
  }

  /// Returns an error about populations that need more memory than can be addressed sensibly.
  static func tooLarge(_ population: String, bytes: Double) -> Diagnostic {
    .error(
      "cpu.too-large",
      "'\(population)' with the padding of its consumers needs \(bytes) bytes, "
        + "accepted are 2^32", at: .entity(population))
  }

  /// Returns an error about a number of ticks that the engine was not lowered for.
  static func badTimesteps(_ found: Int, accepted: ClosedRange<Int>) -> Diagnostic {
    .error(
      "cpu.bad-timesteps",
      "\(found) time steps asked for, accepted range is [\(accepted.lowerBound), "
        + "\(accepted.upperBound)]",
      notes: ["under 'phased' and 'weighted' the number is fixed when the model is compiled"],
      exitCode: .usage)
  }

  /// Returns an error about an option that only `rate` knows.
  static func needsRate(_ option: String, found: SpikeCode) -> Diagnostic {
    .error(
      "cpu.needs-rate", "\(option) needs the code 'rate', the graph has '\(found)'",
      exitCode: .usage)
  }

  /// Returns an error about an input whose size is not that of the network's input.
  static func badInput(_ found: [Int], expected: [Int]) -> Diagnostic {
    .error(
      "cpu.bad-input", "an input has \(found) values, expected \(expected)")
  }

  /// Returns an error about an input that holds what is no number.
  static func notANumber() -> Diagnostic {
    .error("cpu.bad-input", "an input holds a value that is not a number")
  }
}
