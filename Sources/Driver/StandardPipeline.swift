// The passes of a compilation when the user names none.

package import Diagnostics
package import SpikeIR

/// The neurons that rectifiers become.
package enum NeuronKind: String, Hashable, Sendable, CaseIterable {
  /// Integrate-and-fire.
  case integrateAndFire = "if"
  /// Leaky integrate-and-fire.
  case leaky = "lif"
}

/// What the user said about the spiking network.
package struct ConversionRequest: Hashable, Sendable {

  /// The neurons that rectifiers become.
  package var neuron = NeuronKind.integrateAndFire

  /// The keyword of the spike code, if given.
  package var code: String?

  /// T of `rate` and `phased`, K of `weighted`, if given.
  package var timesteps: Int?

  /// The width of weights as `quantize` names it, if given.
  package var weightBits: String?

  /// The keyword of the encoders' kind, if given.
  package var encoder: String?

  /// The keyword of what decoders read, if given.
  package var decoder: String?

  /// Where the random numbers of encoders begin, if given.
  package var seed: Int?

  /// Creates a request without wishes.
  package init() {}

  /// The spike code when none is given: exact, and with the fewest spikes.
  package static let defaultCode = "weighted"

  /// The codes with the number of time steps that each takes when none is given.
  package static let defaultTimesteps: [(code: String, timesteps: Int)] = [
    ("rate", 64), ("phased", 31), ("weighted", 6),
  ]

  /// The number of time steps of leaky neurons when none is given.
  package static let defaultLeakyTimesteps = 200

  /// The current at the top of a channel's range, thresholds: twice the paper's, whose networks
  /// learned to live with few spikes.
  package static let leakyRange = 20

  /// The spike code.
  ///
  /// - Throws: `ir.bad-code` if it does not exist or the number of steps is out of range,
  ///   `driver.leaky-code` if leaky neurons do not say it, `driver.needs-rate` if the encoder or the
  ///   decoder needs another one.
  package func spikeCode() throws(Diagnostic) -> SpikeCode {
    if neuron == .leaky {
      guard code ?? "rate" == "rate" else { throw .leakyCode(code ?? "") }
      return try SpikeCode(
        keyword: "rate", timesteps: timesteps ?? ConversionRequest.defaultLeakyTimesteps)
    }
    let keyword = code ?? ConversionRequest.defaultCode
    let usual = ConversionRequest.defaultTimesteps.first { $0.code == keyword }?.timesteps
    let result = try SpikeCode(keyword: keyword, timesteps: timesteps ?? usual ?? 1)
    if result.isRate { return result }
    if let encoder, encoder != Encoder.Kind.constant.rawValue {
      throw .needsRate("--encoder \(encoder)", found: result)
    }
    if decoder == Decoder.Reading.firstSpike.rawValue {
      throw .needsRate("--decoder first-spike", found: result)
    }
    return result
  }

  /// Takes back what was said of encoders and decoders if the code called `keyword` does not have
  /// it.
  package mutating func dropEnds(unlessSaidBy keyword: String) {
    if keyword == "rate" { return }
    encoder = nil
    if decoder == Decoder.Reading.firstSpike.rawValue { decoder = nil }
  }

  /// The passes that compile a network of tensor operators, as text.
  ///
  /// - Throws: what `spikeCode` throws.
  package func pipeline() throws(Diagnostic) -> String {
    let code = try spikeCode()
    var passes = [try preparation()]
    if neuron == .leaky { passes.append(ConversionRequest.softening) }
    passes.append(
      "convert{code=\(code.keyword),timesteps=\(code.timesteps)\(synapse)\(endOptions)}")
    // Deep layers hear what synapses of many layers have passed on (Docs/rationale/lif.md).
    if neuron == .leaky { passes.append("delay-readout") }
    passes.append("quantize{\(quantization(code))}")
    switch (neuron, code.isRate) {
    // Means of channels over the ticks that are read need few samples.
    case (.leaky, _): passes.append("correct-bias{samples=64,start=-1}")
    case (.integrateAndFire, true): passes.append("correct-bias{samples=512}")
    case (.integrateAndFire, false): passes.append("correct-bias")
    }
    return passes.joined(separator: ",")
  }

  /// Refuses a network whose neurons are leaky already, if others are asked for.
  ///
  /// - Throws: `driver.leaky-network`.
  func check(_ graph: ANNGraph) throws(Diagnostic) {
    if neuron != .leaky, let layer = graph.softenedLayer { throw .leakyNetwork(layer) }
  }

  /// The passes that prepare a network of tensor operators for neurons, as text: the first of those
  /// that compile it.
  ///
  /// - Throws: what `spikeCode` throws.
  func preparation() throws(Diagnostic) -> String {
    let code = try spikeCode()
    let levels = levels(of: code)
    let curved = levels == code.levels ? "" : ",curved-levels=\(code.levels)"
    let passes = [
      "simplify", "relax-quantization", "sink-transposes", "simplify", "expand-activations",
      "fold-batchnorm", "calibrate{levels=\(levels)\(curved)\(readsSpikes ? ",outputs=true" : "")}",
    ]
    return passes.joined(separator: ",")
  }

  /// The pass that fits leaky neurons to rectifiers, as text.
  static let softening = "soften{range=\(leakyRange)}"

  /// `true` iff outputs are read by their spikes.
  private var readsSpikes: Bool {
    decoder.map { $0 != Decoder.Reading.potential.rawValue } ?? false
  }

  /// The options of `convert` for encoders and decoders that are not the usual ones.
  private var endOptions: String {
    let options = [
      encoder.map { "encoder=\($0)" }, decoder.map { "decoder=\($0)" }, seed.map { "seed=\($0)" },
    ]
    return options.compactMap { $0 }.map { ",\($0)" }.joined()
  }

  /// The synapse of leaky neurons, as options of `convert`: without one their leak takes single
  /// spikes for noise, and what is lost adds up over layers (Docs/rationale/lif.md).
  private var synapse: String {
    neuron == .leaky ? ",synapse=exponential,tau-synapse=0.01" : ""
  }

  /// Returns the number of levels for which thresholds are chosen.
  ///
  /// Under `rate` neurons that come one after another do not use all T levels: what is clipped
  /// costs less than a threshold that few spikes reach.
  private func levels(of code: SpikeCode) -> Int {
    code.isRate ? min(8, code.levels) : code.levels
  }

  /// Returns the options of `quantize`.
  ///
  /// With 8 and 7 bits rounding costs nothing, with fewer it pays to round on what the spiking
  /// layers say; Docs/rationale/low-bit.md has the numbers. Under `rate` it always pays: weights
  /// are fitted to spikes that come one by one; Docs/rationale/conversion.md has the numbers.
  private func quantization(_ code: SpikeCode) -> String {
    let bits = weightBits ?? "8"
    let isPlain = ["7", "8"].contains(bits) && (!code.isRate || neuron == .leaky)
    return isPlain
      ? "bits=\(bits)" : "bits=\(bits),clip=mmse,rounding=gptq,target=outputs,corrections=1"
  }
}

extension Diagnostic {

  /// Returns an error about a network of leaky neurons that is to get others.
  fileprivate static func leakyNetwork(_ layer: String) -> Diagnostic {
    .error(
      "driver.leaky-network",
      "the network's rectifiers are leaky neurons already, as 'finetune' and 'soften' leave them",
      at: .entity(layer), notes: ["add --neuron lif"], exitCode: .usage)
  }

  /// Returns an error about a code that leaky neurons do not say.
  fileprivate static func leakyCode(_ code: String) -> Diagnostic {
    .error(
      "driver.leaky-code", "leaky neurons say rates, not the code '\(code)'",
      notes: ["leave out '--code', or '--neuron lif'"], exitCode: .usage)
  }

  /// Returns an error about an option that only the code `rate` knows.
  fileprivate static func needsRate(_ option: String, found: SpikeCode) -> Diagnostic {
    .error(
      "driver.needs-rate", "'\(option)' needs the code 'rate', found '\(found)'",
      notes: ["add --code rate"], exitCode: .usage)
  }
}
