// What machines whose currents and potentials decay ask of leaky neurons, as options of passes.

internal import Diagnostics
internal import HardwareTargets
internal import SpikeIR

/// Leaky neurons on cores, in ticks of the machine.
///
/// Potentials are looked at once a tick: a neuron that ought to fire every 4.6 ticks fires every 5. So
/// a tick is half as long as on the processor, and neurons fire half as often in it; a refractory time
/// of half a tick is the delay of that look on average (Docs/rationale/legalization.md).
enum LeakyOnCores {

  /// The number of time steps when none is given.
  static let timesteps = 400

  /// The current at the top of a channel's range, thresholds.
  static let range = 20

  /// The pass that fits rates to rectifiers.
  static let softening = "soften{range=\(range),tau-rc=0.05,tau-ref=0.00025}"

  /// The options of `convert` for ticks and synapses.
  static let ticks = ",dt=0.0005,synapse=exponential,tau-synapse=0.01"
}

extension TargetPipeline {

  /// Whether neurons leak.
  var isLeaky: Bool { request.neuron == .leaky }

  /// The options of `discretize-leaky`.
  ///
  /// - Parameters:
  ///   - bias: what a neuron adds to its potential in every tick, bits and power of two.
  ///   - weightExponent: the largest power of two of weights, `nil` if it is not known.
  /// - Returns: the options as text.
  func discretization(bias: (bits: Int, exponent: Int)?, weightExponent: Int?) -> String {
    var options: [String] = []
    if let threshold = neuron?.parameters["vthMant"] {
      options.append("threshold-bits=\(threshold.bits - (threshold.isSigned ? 1 : 0))")
      options.append("threshold-exponent=\(threshold.shift ?? 0)")
    }
    if let bias { options += ["bias-bits=\(bias.bits)", "bias-exponent=\(bias.exponent)"] }
    if let weightExponent { options.append("weight-exponent=\(min(24, weightExponent))") }
    if let offset = neuron?.parameters["du"]?.offset, offset > 0 {
      options.append("current-offset=\(offset)")
    }
    return options.joined(separator: ",")
  }

  /// The options of `check-legal` for leaky neurons; none where there are none.
  var leakyLimits: [String] {
    guard isLeaky, let decays = neuron?.decays else { return [] }
    return ["decays=yes", "refractory=\(decays.refractory.upperBound)"]
  }
}
