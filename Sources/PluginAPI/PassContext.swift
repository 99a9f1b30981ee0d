// What a pass may use besides the network: data, an executor, a place for remarks and counts.

public import Diagnostics
public import SpikeIR

/// The surroundings in which passes run.
public struct PassContext: Sendable {

  /// Where remarks and warnings go.
  public var sink = DiagnosticSink()

  /// The samples to calibrate on, if the user gave any.
  public var calibration: CalibrationInputs?

  /// How raw data become the network's input; stored with the encoder.
  public var preprocessing = Preprocessing()

  /// The executor with which spiking networks are measured.
  public var simulator: (any SpikeSimulator)?

  /// The network of tensor operators that was converted; set by the pass `convert`.
  public var reference: ANNGraph?

  /// The number of threads to use, at least 1.
  public var threads = 1

  /// Is told what is being done, and the part of it that is done, 0 to 1.
  public var progress: @Sendable (_ task: String, _ fraction: Double) -> Void = { _, _ in }

  /// What passes counted, in the order in which they counted it.
  public private(set) var statistics: [Statistic] = []

  /// Creates a context without data.
  public init() {}

  /// Adds `amount` to the counter `name` of the pass `pass`.
  public mutating func count(_ name: String, of pass: String, by amount: Int = 1) {
    if let i = statistics.firstIndex(where: { $0.pass == pass && $0.name == name }) {
      statistics[i].value += amount
    } else {
      statistics.append(Statistic(pass: pass, name: name, value: amount))
    }
  }

  /// Returns the samples to calibrate on.
  ///
  /// - Throws: `pass.no-calibration` if the user gave none.
  public func requireCalibration(for pass: String) throws(CompileError) -> CalibrationInputs {
    if let calibration, calibration.count > 0 { return calibration }
    throw CompileError(
      .error(
        "pass.no-calibration", "the pass '\(pass)' measures the network on samples, found none",
        notes: ["pass some hundred training images with --calibration DATA"], exitCode: .usage))
  }

  /// Returns the executor to measure with.
  ///
  /// - Throws: `pass.no-simulator` if the driver provides none.
  public func requireSimulator(for pass: String) throws(CompileError) -> any SpikeSimulator {
    if let simulator { return simulator }
    throw CompileError(
      .error("pass.no-simulator", "the pass '\(pass)' needs an executor of spiking networks"))
  }
}

/// A number that a pass counted.
public struct Statistic: Hashable, Sendable {
  /// The pass that counted.
  public var pass: String
  /// What it counted.
  public var name: String
  /// How many.
  public var value: Int
}
