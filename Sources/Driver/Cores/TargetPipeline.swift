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

  /// The passes, as text.
  ///
  /// - Throws: what `ConversionRequest.spikeCode` throws, `driver.target-code` if the machine does
  ///   not have the code.
  func text() throws(Diagnostic) -> String {
    let code = try spikeCode()
    var passes = [try rateRequest(code).preparation()]
    passes.append("convert{code=rate,timesteps=\(code.timesteps)\(seed)}")
    passes.append("pool-maximum{as=\(neuron?.maximum == nil ? "refuse" : "gate")}")
    if request.encoder == nil { passes += ["spike-inputs", "split-signs"] }
    passes += ["fold-relays", "quantize{\(quantization)}", "correct-bias{samples=512}"]
    if let bits = weightBits, synapse?.table == nil { passes.append("split-weights{bits=\(bits)}") }
    passes.append("encode-parameters{\(encoding)}")
    if let table = synapse?.table { passes.append("crossbar-weights{types=\(table.types)}") }
    passes.append("check-legal{\(limits)}")
    return passes.joined(separator: ",")
  }

  /// The code in which the network is to speak.
  private func spikeCode() throws(Diagnostic) -> SpikeCode {
    let offered = neuron?.codes ?? ["rate"]
    let keyword = request.code ?? "rate"
    guard keyword == "rate", offered.isEmpty || offered.contains("rate") else {
      throw .targetCode(keyword, target.id)
    }
    guard request.neuron == .integrateAndFire else { throw .targetNeuron(target.id) }
    return try rateRequest(nil).spikeCode()
  }

  /// Returns the request with the code `rate` said.
  private func rateRequest(_ code: SpikeCode?) -> ConversionRequest {
    var result = request
    result.code = "rate"
    if let code { result.timesteps = code.timesteps }
    return result
  }

  private var neuron: NeuronFeatures? { target.cores.first?.neuron }
  private var synapse: SynapseFeatures? { target.cores.first?.synapse }

  private var seed: String {
    [
      request.encoder.map { ",encoder=\($0)" }, request.decoder.map { ",decoder=\($0)" },
      request.seed.map { ",seed=\($0)" },
    ].compactMap { $0 }.joined()
  }

  /// The width of weights in the network, bits with sign, 8 at most.
  private var weightBits: Int? {
    guard let synapse else { return nil }
    if let table = synapse.table { return min(4, table.types) }
    let field = synapse.weight
    // Lists of mixed signs drop the lowest bit: what is left is a sign and the magnitude.
    let isMixed = synapse.signModes.contains(.mixed) && synapse.signModes.count > 1
    let bits = field.isSigned ? field.bits - (isMixed ? 1 : 0) : field.bits + 1
    return max(2, min(8, bits))
  }

  /// The options of `quantize`.
  private var quantization: String {
    let bits = request.weightBits ?? weightBits.map { "\($0)" } ?? "8"
    var result = "bits=\(bits),clip=mmse,rounding=gptq,target=outputs,corrections=1"
    if let profiles = neuron?.profiles["threshold"] {
      result += ",scales=profile,profiles=\(profiles)"
      if let reset = resetBits { result += ",mantissa=\(reset)" }
      if thresholdExponent > 0 { result += ",exponent=\(thresholdExponent)" }
    }
    return result
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

  /// The options of `encode-parameters`.
  private var encoding: String {
    let parameters = neuron?.parameters ?? [:]
    var options: [String] = []
    if let threshold = parameters["vthMant"] {
      options.append("threshold-bits=\(threshold.bits)")
      if thresholdExponent > 0 { options.append("threshold-exponent=\(thresholdExponent)") }
    }
    if let reset = resetBits { options.append("reset-bits=\(reset)") }
    if let profiles = neuron?.profiles["threshold"] { options.append("profiles=\(profiles)") }
    if let bias = parameters["biasMant"] {
      options.append("bias-bits=\(bias.bits - (bias.isSigned ? 1 : 0))")
      if let exponent = parameters["biasExp"] {
        options.append("bias-exponent=\(exponent.range.upperBound)")
      }
    }
    if let weight = synapse?.weight, let exponent = synapse?.exponent {
      // A weight is mantissa · 2^(shift + exponent); mixed signs have an even mantissa.
      options.append("weight-exponent=\((weight.shift ?? 0) + exponent.range.upperBound)")
    }
    if let membrane = neuron?.state["v"] { options.append("membrane-bits=\(membrane.bits)") }
    return options.joined(separator: ",")
  }

  /// The options of `check-legal`.
  private var limits: String {
    var options = ["codes=rate"]
    if let bits = weightBits { options.append("weight-bits=\(bits)") }
    options.append("maximum=\(neuron?.maximum == nil ? "no" : "yes")")
    if let most = synapse?.delay?.upperBound { options.append("delay=\(most)") }
    if let profiles = neuron?.profiles["threshold"] { options.append("profiles=\(profiles)") }
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

  /// Returns an error about neurons that a machine does not have yet.
  fileprivate static func targetNeuron(_ target: String) -> Diagnostic {
    .error(
      "driver.target-neuron", "networks of leaky neurons are not laid out on '\(target)' yet",
      notes: ["leave out '--neuron lif'"], exitCode: .usage)
  }
}
