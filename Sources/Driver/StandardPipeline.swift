// The passes of a compilation when the user names none.

package import Diagnostics
package import SpikeIR

/// What the user said about the spiking network.
package struct ConversionRequest: Hashable, Sendable {

  /// The keyword of the spike code, if given.
  package var code: String?

  /// T of `rate` and `phased`, K of `weighted`, if given.
  package var timesteps: Int?

  /// The width of weights, bits, if given.
  package var weightBits: Int?

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

  /// The spike code.
  ///
  /// - Throws: `ir.bad-code` if it does not exist or the number of steps is out of range,
  ///   `driver.needs-rate` if the encoder or the decoder needs another one.
  package func spikeCode() throws(Diagnostic) -> SpikeCode {
    let keyword = code ?? ConversionRequest.defaultCode
    let usual = ConversionRequest.defaultTimesteps.first { $0.code == keyword }?.timesteps
    let result = try SpikeCode(keyword: keyword, timesteps: timesteps ?? usual ?? 1)
    if !result.isRate {
      if let encoder, encoder != Encoder.Kind.constant.rawValue {
        throw .needsRate("--encoder \(encoder)", found: result)
      }
      if decoder == Decoder.Reading.firstSpike.rawValue {
        throw .needsRate("--decoder first-spike", found: result)
      }
    }
    return result
  }

  /// The passes that compile a network of tensor operators, as text.
  ///
  /// - Throws: what `spikeCode` throws.
  package func pipeline() throws(Diagnostic) -> String {
    let code = try spikeCode()
    // What measures best on all networks of the examples: Docs/rationale/rate.md.
    let levels = code.isRate ? min(code.levels, usualRateLevels) : code.levels
    let correction = code.isRate ? "correct-bias{samples=512,rounds=3}" : "correct-bias"
    return [
      "simplify", "relax-quantization", "sink-transposes", "simplify", "expand-activations",
      "fold-batchnorm", "calibrate{levels=\(levels)\(readsSpikes ? ",outputs=true" : "")}",
      "convert{code=\(code.keyword),timesteps=\(code.timesteps)\(endOptions)}",
      "quantize{bits=\(weightBits ?? 8)}", correction,
    ].joined(separator: ",")
  }

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
}

/// The number of levels for which thresholds are found under `rate`: fewer than ticks, since a lower
/// threshold wastes less of a short window on waiting than it cuts off.
private let usualRateLevels = 8

extension Diagnostic {

  /// Returns an error about an option that only the code `rate` knows.
  fileprivate static func needsRate(_ option: String, found: SpikeCode) -> Diagnostic {
    .error(
      "driver.needs-rate", "'\(option)' needs the code 'rate', found '\(found)'",
      notes: ["add --code rate"], exitCode: .usage)
  }
}
