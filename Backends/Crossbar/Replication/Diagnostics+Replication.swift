// Networks that do not fit the tiles of a machine.

internal import Diagnostics

extension Diagnostic {

  /// Returns an error about a network without any layer for arrays.
  static func noMatrices(_ network: String) -> Diagnostic {
    .error(
      "crossbar.no-matrices",
      "'\(network)' has no convolution and no dense layer that arrays could hold")
  }

  /// Returns an error about a network that takes more tiles than there are.
  static func tooFewTiles(_ shortage: TileShortage) -> Diagnostic {
    .error(
      "fit.tiles",
      "'\(shortage.network)' takes \(shortage.needed, of: "tile") of '\(shortage.target)', "
        + "expected at most \(shortage.available)",
      notes: shortage.changes.isEmpty
        ? ["no single change that was tried makes it fit"]
        : shortage.changes.map { "it would fit: \($0)" }, exitCode: .doesNotFit)
  }
}
