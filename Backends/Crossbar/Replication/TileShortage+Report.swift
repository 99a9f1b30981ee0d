// The shortage as a table, and as programs read it: the members `layers` and `shortage` of
// `spikec-fit/1`.

internal import Diagnostics

extension TileShortage {

  /// The layers that take most, and the tiles; changes are notes of the error.
  var text: String {
    let parts = largest.map { part in
      "'\(part.name)' \(part.outputs) x \(part.inputs): \(part.tiles, of: "tile")"
    }
    return (parts + ["\(needed, of: "tile") in all, at most \(available)"])
      .joined(separator: "\n")
  }

  /// The layers that take most, and the tiles that are missing.
  var members: [ErrorReport.Member] {
    let layers = largest.map { part in
      ErrorReport.Value.record([
        ErrorReport.Member("name", .text(part.name)),
        ErrorReport.Member("inputs", .number(part.inputs)),
        ErrorReport.Member("outputs", .number(part.outputs)),
        ErrorReport.Member("tiles", .number(part.tiles)),
      ])
    }
    let shortage = ErrorReport.Value.record([
      ErrorReport.Member("tiles", .number(needed)),
      ErrorReport.Member("mostTiles", .number(available)),
      ErrorReport.Member(
        "changes",
        .list(changes.map { .record([ErrorReport.Member("text", .text($0))]) })),
    ])
    return [
      ErrorReport.Member("layers", .list(layers)), ErrorReport.Member("shortage", shortage),
    ]
  }
}
