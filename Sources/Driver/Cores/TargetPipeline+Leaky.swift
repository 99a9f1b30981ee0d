// What machines whose currents and potentials decay ask of leaky neurons, as options of passes.

internal import Diagnostics
internal import HardwareTargets
internal import SpikeIR
internal import SpikePasses

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

  /// A tick, seconds.
  private static let tick = 0.0005

  /// The time constants of potentials and currents, seconds.
  private static let (membrane, synapse) = (0.05, 0.01)

  /// The pass that fits rates to rectifiers.
  static let softening = "soften{range=\(range),tau-rc=\(membrane),tau-ref=0.00025}"

  /// The options of `convert` for ticks and synapses.
  static let ticks = ",dt=\(tick),synapse=exponential,tau-synapse=\(synapse)"

  /// Returns the parts that currents and potentials lose in a tick, ku and kv.
  ///
  /// - Parameter currentOffset: what the machine adds to the 12 bits of a current's decay.
  /// - Returns: the parts, multiples of 1/4096.
  static func losses(currentOffset: Int) -> (current: Double, potential: Double) {
    let model = LeakyIntegrateAndFire(
      threshold: TensorID(0), tauRC: Float(membrane / tick), synapse: .exponential,
      tauSynapse: Float(synapse / tick)
    ).discretized(currentOffset: currentOffset)
    let whole = Double(CurrentBasedLeaky.wholeDecay)
    return (Double(model.currentDecay) / whole, Double(model.potentialDecay) / whole)
  }
}

/// Leaky neurons whose decays are shifts, in ticks of the machine.
///
/// They reset by subtraction, so that no time is lost, and may fire several times in a tick: a current
/// of as many thresholds as the time constant has ticks makes about a spike in each.
enum ShiftedOnCores {

  /// The number of time steps when none is given.
  static let timesteps = 200

  /// The pass that fits rates to rectifiers: a time constant of 2^5 ticks, no refractory time.
  static let softening = "soften{range=24,tau-rc=0.032,tau-ref=0}"

  /// The options of `convert` for ticks and synapses of 2^3 ticks.
  static let ticks = ",dt=0.001,synapse=exponential,tau-synapse=0.008"

  /// The options of `quantize` with which thresholds and biases take at most half a register: they are
  /// multiplied by 2^3 − 1, thresholds by 2^5, too.
  static let ranges: String = {
    let most = BitShiftLeaky.register.upperBound / 2
    return ",leaky-threshold=\(most / (7 * 32)),leaky-drive=\(most / 7)"
  }()
}

extension TargetPipeline {

  /// Whether neurons leak.
  var isLeaky: Bool { request.neuron == .leaky }

  /// The options of `quantize` that keep constants of leaky neurons within what `discretize-leaky`, which
  /// multiplies them, can say.
  ///
  /// - Parameter bias: what a neuron adds to its potential in every tick, bits and power of two.
  /// - Returns: the options as text, each with a comma before it.
  func leakyRanges(bias: (bits: Int, exponent: Int)?) -> String {
    if hasShifts { return ShiftedOnCores.ranges }
    let losses = LeakyOnCores.losses(currentOffset: neuron?.parameters["du"]?.offset ?? 0)
    var options = ""
    if let threshold = neuron?.parameters["vthMant"] {
      let most = min(
        threshold.range.upperBound << (threshold.shift ?? 0), CurrentBasedLeaky.largest)
      options += ",leaky-threshold=\(Int(Double(most) * losses.current * losses.potential))"
    }
    if let bias {
      // An eighth is left to the correction of biases.
      let most = Double(largestBias(bias)) * 7 / 8
      options += ",leaky-drive=\(min(Int(most * losses.current), 1 << 24))"
    }
    return options
  }

  /// Returns the largest bias of a format of bits, without sign, and a power of two.
  func largestBias(_ format: (bits: Int, exponent: Int)) -> Int {
    min((1 << min(format.bits, 24) - 1) << min(format.exponent, 24), Int(Int32.max))
  }

  /// Whether currents and potentials of the machine decay by shifts, those of all neurons.
  var hasShifts: Bool { neuron?.shifts != nil }

  /// The number of time steps of leaky neurons when none is given.
  var leakyTimesteps: Int { hasShifts ? ShiftedOnCores.timesteps : LeakyOnCores.timesteps }

  /// The pass that fits rates of leaky neurons to rectifiers.
  var softening: String { hasShifts ? ShiftedOnCores.softening : LeakyOnCores.softening }

  /// The options of `convert` for ticks and synapses of leaky neurons; none without.
  var leakyTicks: String {
    guard isLeaky else { return "" }
    return hasShifts ? ShiftedOnCores.ticks : LeakyOnCores.ticks
  }

  /// What is read of outputs: spikes, where there are no neurons that only add up.
  var decoder: String? { hasShifts ? Decoder.Reading.count.rawValue : request.decoder }

  /// Refuses rectifiers' usual neurons where all neurons leak.
  ///
  /// Apart from the passes: with others than the standard ones nobody chooses neurons here, and what is a
  /// network of spikes has them already.
  ///
  /// - Throws: `driver.target-neuron`.
  func checkChoice() throws(Diagnostic) {
    if hasShifts, !isLeaky { throw .alwaysLeaks(target.id) }
  }

  /// Refuses neurons, inputs and readings of outputs that the machine does not have.
  ///
  /// - Throws: `driver.target-neuron`, `driver.target-encoder`, `driver.target-decoder`.
  func checkNeuron() throws(Diagnostic) {
    if hasShifts {
      if let decoder = request.decoder, decoder != Decoder.Reading.count.rawValue {
        throw .targetDecoder(decoder, target.id)
      }
      if request.encoder == Encoder.Kind.constant.rawValue { throw .targetEncoder(target.id) }
    } else if isLeaky, neuron?.decays == nil {
      throw .neverLeaks(target.id)
    }
  }

  /// The options of `discretize-leaky`.
  ///
  /// - Parameters:
  ///   - bias: what a neuron adds to its potential in every tick, bits and power of two.
  ///   - weightExponent: the largest power of two of weights, `nil` if it is not known.
  /// - Returns: the options as text.
  func discretization(bias: (bits: Int, exponent: Int)?, weightExponent: Int?) -> String {
    var options: [String] = []
    if let shifts = neuron?.shifts {
      let outputs = target.cores.compactMap { $0.neuron?.shifts?.most }.min() ?? shifts.most
      options += ["decay=shift", "most-spikes=\(shifts.most)", "output-spikes=\(outputs)"]
    }
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
    guard isLeaky else { return [] }
    if let shifts = neuron?.shifts {
      let inputs = target.cores.first?.capacities["inputs"].map { ["inputs=\($0)"] } ?? []
      return ["most-spikes=\(shifts.most)", "leakless=no"] + inputs
    }
    guard let decays = neuron?.decays else { return [] }
    return ["decays=yes", "refractory=\(decays.refractory.upperBound)"]
  }
}

extension Diagnostic {

  /// Returns an error about leaky neurons that no cores have.
  fileprivate static func neverLeaks(_ target: String) -> Diagnostic {
    .error(
      "driver.target-neuron",
      "found '--neuron lif', expected 'if': neurons of '\(target)' do not decay as those of Loihi or "
        + "Xylo do",
      notes: [
        "currents and potentials of 24 bits that lose parts of 4096 in a tick, a reset to 0: 'loihi1', "
          + "'loihi2'; of 16 bits that decay by shifts, a reset by subtraction: 'xylo'",
        "leave out '--neuron lif' for '\(target)', or compile it with '--target cpu'",
      ], exitCode: .usage)
  }

  /// Returns an error about neurons without a leak where there are none.
  fileprivate static func alwaysLeaks(_ target: String) -> Diagnostic {
    .error(
      "driver.target-neuron",
      "found '--neuron if', expected 'lif': all neurons of '\(target)' leak",
      notes: ["compile with '--neuron lif'"], exitCode: .usage)
  }

  /// Returns an error about inputs that are currents where there are only spikes.
  fileprivate static func targetEncoder(_ target: String) -> Diagnostic {
    .error(
      "driver.target-encoder",
      "found '--encoder constant', expected one that says inputs in spikes: '\(target)' takes no "
        + "currents from outside",
      notes: ["leave out '--encoder'"], exitCode: .usage)
  }

  /// Returns an error about outputs that are read as a machine's cannot be.
  fileprivate static func targetDecoder(_ decoder: String, _ target: String) -> Diagnostic {
    .error(
      "driver.target-decoder",
      "found '--decoder \(decoder)', expected 'count': outputs of '\(target)' emit spikes",
      notes: ["leave out '--decoder'"], exitCode: .usage)
  }
}
