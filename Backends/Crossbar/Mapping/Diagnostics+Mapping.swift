// Problems of laying networks out on arrays.

internal import Diagnostics

extension Diagnostic {

  /// Returns an error about a machine without arrays.
  static func noArrays(_ target: String) -> Diagnostic {
    .error(
      "crossbar.no-arrays", "the cores of '\(target)' are not analog arrays",
      notes: ["'spikec list targets' names the backend of each machine that has one"],
      exitCode: .usage)
  }

  /// Returns an error about the description of an array.
  static func badArray(
    _ name: String, _ target: String, _ found: String, expected: String
  ) -> Diagnostic {
    .error(
      "crossbar.bad-array", "the array '\(name)' of '\(target)': \(found), expected \(expected)",
      notes: ["see 'analog' in Docs/Targets.md"])
  }
}

extension Diagnostic {

  /// Returns an error about a layer of more blocks than tables hold.
  static func tooManyBlocks(_ layer: String, most: Int) -> Diagnostic {
    .error(
      "crossbar.too-many-blocks",
      "with '\(layer)' the network has more than \(most) blocks on tiles", at: .entity(layer),
      notes: ["use fewer copies, or a machine with larger arrays"], exitCode: .doesNotFit)
  }
}
