// The shortage as a table, and as programs read it: the members `layers` and `shortage` of
// `spikec-fit/1`.

internal import Diagnostics

extension TileShortage {

  /// The layers that take most, the tiles, and what would do.
  var text: String {
    let parts = largest.map { part in
      "'\(part.name)' \(part.outputs) x \(part.inputs): \(part.tiles) tiles"
    }
    let ends =
      changes.isEmpty
      ? ["  no single change that was tried makes it fit"] : changes.map { "  would fit: \($0)" }
    return (parts + ["\(needed) tiles in all, at most \(available)"] + ends)
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
