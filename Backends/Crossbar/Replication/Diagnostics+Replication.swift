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
    let doubt =
      shortage.isProved
      ? []
      : ["the search stopped early: that layers fit on other classes of arrays is not ruled out"]
    let changes =
      shortage.changes.isEmpty
      ? ["no single change that was tried makes it fit"]
      : shortage.changes.map { "it would fit: \($0)" }
    return .error(
      "fit.tiles",
      "'\(shortage.network)' takes \(shortage.needed, of: "tile") of '\(shortage.target)', "
        + "expected at most \(shortage.available)",
      notes: doubt + changes, exitCode: .doesNotFit)
  }
}
