// What legalizations find that a target cannot do, each with what to do about it.

internal import Diagnostics
internal import SpikeIR

extension Diagnostic {

  /// Returns an error about a pass for the code `rate` on a network of another one.
  static func needsRate(_ pass: String, found: SpikeCode) -> Diagnostic {
    .error(
      "legalize.code", "the pass '\(pass)' needs the code 'rate', found '\(found)'",
      notes: ["convert{code=rate}: cores fire while they integrate"], exitCode: .doesNotFit)
  }

  /// Returns an error about a pass that changes real constants after they became integers.
  static func alreadyQuantized(_ pass: String) -> Diagnostic {
    .error(
      "legalize.quantized", "the constants are integers already, expected f32",
      notes: ["run '\(pass)' before 'quantize'"], exitCode: .usage)
  }

  /// Returns an error about a pass that needs integers.
  static func notQuantized(_ pass: String) -> Diagnostic {
    .error(
      "legalize.not-quantized", "the constants are f32, expected integers",
      notes: ["run 'quantize' before '\(pass)'"], exitCode: .usage)
  }
}
