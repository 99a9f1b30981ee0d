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
    let largest = shortage.largest.map {
      "'\($0.name)' takes \($0.tiles) tiles for \($0.outputs) × \($0.inputs) weights a group"
    }
    let doubt =
      shortage.isProved
      ? []
      : ["the search stopped early: that layers fit on other classes of arrays is not ruled out"]
    return .error(
      "fit.tiles",
      "'\(shortage.network)' takes \(shortage.needed) tiles of '\(shortage.target)', expected at most "
        + "\(shortage.available)",
      notes: largest + doubt + shortage.changes.map { "it would fit: \($0)" }, exitCode: .doesNotFit
    )
  }
}
