// Problems of the description of reads.

internal import Diagnostics

extension Diagnostic {

  /// Returns an error about the description of an array's reads.
  static func badRead(_ found: String, expected: String, of name: String) -> Diagnostic {
    .error(
      "crossbar.bad-array", "the reads of '\(name)': \(found), expected \(expected)",
      notes: ["see 'analog' in Docs/Targets.md"])
  }
}
