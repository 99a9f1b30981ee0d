// The passes of a compilation for cores: those of spike rates, then what makes the network legal for
// the machine, with the numbers of its description as options.

internal import Diagnostics
internal import HardwareTargets
internal import SpikeIR

/// What a machine asks of a network, as options of passes.
struct TargetPipeline: Sendable {

  /// What the user asks for.
  let request: ConversionRequest

  /// The machine.
  let target: TargetDescription

  /// The resolution of inputs, bits, as `convert` has it.
  private static let inputBits = 8

  /// The passes, as text.
  ///
  /// - Throws: what `ConversionRequest.spikeCode` throws, `driver.target-code` if the machine does
  ///   not have the code, `driver.target-weights` if it holds no weights of both signs.
  func text() throws(Diagnostic) -> String {
    let code = try spikeCode()
    if let bits = signedWeightBits, bits < 2 { throw .targetWeights(bits, target.id) }
    var passes = [try rateRequest(code).preparation()]
    if isLeaky { passes.append(softening) }
    passes.append("convert{code=rate,timesteps=\(code.timesteps)\(leakyTicks)\(seed)}")
    passes.append("pool-maximum{as=\(neuron?.maximum == nil ? "refuse" : "gate")}")
    if encoder == nil { passes.append("spike-inputs") }
    if encoder != Encoder.Kind.constant.rawValue {
      passes.append(hasShifts ? "split-signs{counted=leave}" : "split-signs")
    }
    passes.append("fold-relays")
    if convolves { passes.append("dense-to-conv") }
    // Behind 'spike-inputs', since the first layer's synapses delay what inputs say in spikes, too.
    if isLeaky { passes.append("delay-readout") }
    passes.append("quantize{\(quantization)}")
    if let fanIn { passes.append("split-fan-in{\(fanIn)}") }
    if isLeaky {
      // Digits of wide weights have shifts of their own, to which that pass adds.
      passes += narrowing
      passes.append(
        "discretize-leaky{\(discretization(bias: bias, weightExponent: weightExponent))}")
      let largest = bias.map { ",largest=\(largestBias($0))" } ?? ""
      passes.append("correct-bias{samples=128,start=-1\(largest)}")
    } else if !hasNarrowBias {
      passes.append("correct-bias{samples=512}")
    }
    if !isLeaky { passes += narrowing }
    passes.append("encode-parameters{\(encoding)}")
    if let table = synapse?.table {
      passes.append("crossbar-weights{types=\(table.types),bits=\(table.bits)}")
    }
    if target.topology.network.delivery == .unicastSingle { passes.append("add-splitters{most=1}") }
    passes.append(legality)
    return passes.joined(separator: ",")
  }

  /// The pass that makes weights as narrow as synapses, if they have a width.
  private var narrowing: [String] {
    guard let bits = weightBits, synapse?.table == nil else { return [] }
    return ["split-weights{bits=\(bits)}"]
  }

  /// The kind of encoders; `nil` if neurons say the inputs, which the host writes as currents.
  ///
  /// Where an input does not fit what a neuron adds in every tick, or where that is a constant of the
  /// neuron as others are, the host sends spikes: evenly spaced, so that nothing is left to chance.
  private var encoder: String? {
    if let encoder = request.encoder { return encoder }
    if neuron?.leak == .additive || hasShifts { return Encoder.Kind.even.rawValue }
    return hasNarrowBias ? Encoder.Kind.even.rawValue : nil
  }

  /// Whether what a neuron adds in every tick holds less than an input: corrections of what rounding
  /// weights loses do not fit it either.
  private var hasNarrowBias: Bool {
    guard let bias else { return false }
    return bias.bits + bias.exponent < Self.inputBits
  }

  /// What a neuron adds to its potential in every tick, bits without sign, times a power of two;
  /// `nil` if it is not limited.
  private var bias: (bits: Int, exponent: Int)? {
    let parameters = neuron?.parameters ?? [:]
    let leak = neuron?.leak == .additive ? parameters["leak"] : nil
    guard let field = leak ?? parameters["biasMant"] else { return nil }
    return (
      field.bits - (field.isSigned ? 1 : 0), parameters["biasExp"]?.range.upperBound ?? 0
    )
  }

  /// The options of `split-fan-in`, `nil` if any number of neurons can send to one.
  private var fanIn: String? {
    let limits = target.cores.map { kind in
      [kind.capacities["fanIn"], kind.capacities["inAxons"]].compactMap { $0 }.min()
    }
    guard !limits.contains(nil), let most = limits.compactMap({ $0 }).max() else { return nil }
    var options = ["most=\(most)"]
    if let table = synapse?.table {
      // What a spike adds is an entry of the table, a power of two.
      options += ["count=digits", "signs=together", "worth=\(max(0, table.bits - 2))"]
      if target.topology.network.delivery == .unicastSingle,
        let neurons = target.cores.first?.capacities["neurons"]
      {
        options.append("neurons=\(neurons)")
      }
    } else if let exponent = weightExponent {
      options.append("worth=\(min(24, exponent))")
    }
    return options.joined(separator: ",")
  }

  /// The code in which the network is to speak.
  private func spikeCode() throws(Diagnostic) -> SpikeCode {
    let offered = neuron?.codes ?? ["rate"]
    let keyword = request.code ?? "rate"
    guard keyword == "rate", offered.isEmpty || offered.contains("rate") else {
      throw .targetCode(keyword, target.id)
    }
    try checkNeuron()
    var own = rateRequest(nil)
    if isLeaky { own.timesteps = own.timesteps ?? leakyTimesteps }
    return try own.spikeCode()
  }

  /// Returns the request with the code `rate` said.
  private func rateRequest(_ code: SpikeCode?) -> ConversionRequest {
    var result = request
    result.code = "rate"
    result.decoder = decoder
    if let code { result.timesteps = code.timesteps }
    return result
  }

  var neuron: NeuronFeatures? { target.cores.first?.neuron }
  private var synapse: SynapseFeatures? { target.cores.first?.synapse }

  private var seed: String {
    [
      encoder.map { ",encoder=\($0)" }, decoder.map { ",decoder=\($0)" },
      request.seed.map { ",seed=\($0)" },
    ].compactMap { $0 }.joined()
  }

  /// The width of weights in the network, bits with sign, 8 at most.
  private var weightBits: Int? { signedWeightBits.map { min(8, $0) } }

  /// The width of weights that the machine holds, bits with sign; fewer than two hold no weight 1.
  private var signedWeightBits: Int? {
    guard let synapse else { return nil }
    if let table = synapse.table { return min(4, table.types) }
    let field = synapse.weight
    // Lists of mixed signs drop the lowest bit: what is left is a sign and the magnitude.
    let isMixed = synapse.signModes.contains(.mixed) && synapse.signModes.count > 1
    return field.isSigned ? field.bits - (isMixed ? 1 : 0) : field.bits + 1
  }

  /// The widest weights with which thresholds still fit into narrow potentials, bits: a threshold is up
  /// to some hundreds of the largest weights, nine bits (measured: with 8 bits in potentials of 16
  /// neurons of a trained network cannot fire, with 7 its accuracy stays).
  private var roomForWeights: Int { max(2, (neuron?.state["v"]?.bits ?? 32) - 9) }

  /// The options of `quantize`.
  private var quantization: String {
    let bits = request.weightBits ?? weightBits.map { "\(min($0, roomForWeights))" } ?? "8"
    if isLeaky {
      // Thresholds get their zeros from 'discretize-leaky', which multiplies them.
      let scales = thresholds.map { ",scales=profile,profiles=\(min(4096, $0))" } ?? ""
      let digits = identityBits.map { ",identity-bits=\($0)" } ?? ""
      return "bits=\(bits)\(scales)\(digits)\(leakyRanges(bias: bias))"
    }
    var result = "bits=\(bits),clip=mmse"
    if !hasNarrowBias { result += ",rounding=gptq,target=outputs,corrections=1" }
    // Thresholds that end in zeros, as registers have them, rather than units made smaller for it.
    guard thresholds != nil || thresholdExponent > 0 else { return result }
    result += ",scales=profile,profiles=\(min(4096, thresholds ?? 4096))"
    if let bits = resetBits ?? layerThresholdBits ?? neuron?.parameters["vthMant"]?.bits {
      result += ",mantissa=\(min(24, bits))"
    }
    if thresholdExponent > 0 { result += ",exponent=\(thresholdExponent)" }
    return result
  }

  /// The width of one-to-one weights whose digits, as `split-weights` makes them, have shifts that the
  /// machine's weights have; `nil` if they are not limited.
  private var identityBits: Int? {
    guard let exponent = weightExponent, let bits = weightBits, bits > 1 else { return nil }
    return max(8, min(16, (exponent / (bits - 1) + 1) * (bits - 1)))
  }

  /// The different thresholds that a population may have; `nil` if there is no limit.
  private var thresholds: Int? {
    if neuron?.parameters["vthMant"]?.scope == .layer { return 1 }
    return neuron?.profiles["threshold"]
  }

  /// The width of thresholds that layers have, bits without sign; `nil` if neurons have their own.
  private var layerThresholdBits: Int? {
    guard let field = neuron?.parameters["vthMant"], field.scope == .layer else { return nil }
    // More digits would only make potentials larger.
    return min(8, field.bits - (field.isSigned ? 1 : 0))
  }

  /// Whether cores know convolutions only.
  private var convolves: Bool {
    target.cores.first?.operations?.kinds.contains(.conv2d) ?? false
  }

  /// The largest extent of a kernel, `nil` if it is not known.
  private var largestKernel: Int? {
    target.cores.compactMap { $0.operations?.largestKernel }.max()
  }

  /// The width of the weight by which a threshold is subtracted, bits; `nil` if the neuron does it by
  /// itself.
  private var resetBits: Int? {
    guard
      let reset = neuron?.resets.filter({ $0.mode == .subtract }).min(by: {
        $0.neuronCost < $1.neuronCost
      }), reset.neuronCost > 1, let weight = synapse?.weight
    else { return nil }
    return max(1, weight.bits - (weight.isSigned ? 1 : 0))
  }

  /// The power of two by which stored thresholds are multiplied.
  private var thresholdExponent: Int { max(0, neuron?.parameters["vthMant"]?.shift ?? 0) }

  /// The largest power of two of weights, `nil` if it is not known.
  private var weightExponent: Int? {
    guard let weight = synapse?.weight, let exponent = synapse?.exponent else { return nil }
    // A weight is mantissa · 2^(shift + exponent); mixed signs have an even mantissa.
    return (weight.shift ?? 0) + exponent.range.upperBound
  }

  /// The options of `encode-parameters`.
  private var encoding: String {
    let parameters = neuron?.parameters ?? [:]
    var options: [String] = []
    if let threshold = parameters["vthMant"] {
      options.append("threshold-bits=\(threshold.bits - (threshold.isSigned ? 1 : 0))")
      if thresholdExponent > 0 { options.append("threshold-exponent=\(thresholdExponent)") }
    }
    if let reset = resetBits { options.append("reset-bits=\(reset)") }
    if let thresholds { options.append("profiles=\(thresholds)") }
    if let bias { options += ["bias-bits=\(bias.bits)", "bias-exponent=\(bias.exponent)"] }
    if let weightExponent { options.append("weight-exponent=\(weightExponent)") }
    if let membrane = neuron?.state["v"] { options.append("membrane-bits=\(membrane.bits)") }
    if convolves, let largestKernel { options.append("kernel=\(largestKernel)") }
    return options.joined(separator: ",")
  }

  /// The pass that refuses what the machine does not have.
  var legality: String { "check-legal{\(limits)}" }

  /// The options of `check-legal`.
  private var limits: String {
    var options = ["codes=rate"]
    if let bits = weightBits, synapse?.table == nil { options.append("weight-bits=\(bits)") }
    options.append("maximum=\(neuron?.maximum == nil ? "no" : "yes")")
    if let most = synapse?.delay?.upperBound { options.append("delay=\(most)") }
    if let thresholds { options.append("profiles=\(thresholds)") }
    options += leakyLimits
    if convolves {
      options.append("kinds=conv")
      if let largestKernel { options.append("kernel=\(largestKernel)") }
    }
    return options.joined(separator: ",")
  }
}

extension Diagnostic {

  /// Returns an error about a spike code that a machine does not have.
  fileprivate static func targetCode(_ code: String, _ target: String) -> Diagnostic {
    .error(
      "driver.target-code", "cores of '\(target)' do not say the code '\(code)', but 'rate'",
      notes: ["leave out '--code'"], exitCode: .usage)
  }

  /// Returns an error about weights that are too narrow for any network.
  fileprivate static func targetWeights(_ bits: Int, _ target: String) -> Diagnostic {
    .error(
      "driver.target-weights",
      "weights of '\(target)' have \(bits) \(bits == 1 ? "bit" : "bits") with the sign, expected 2 or "
        + "more: -1, 0 and 1",
      notes: ["in a description of your own, widen 'weight' of 'synapse'"], exitCode: .doesNotFit)
  }
}
