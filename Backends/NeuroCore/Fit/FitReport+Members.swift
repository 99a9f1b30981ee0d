// The report as programs read it: the members `layers` and `shortage` of `spikec-fit/1`.

internal import Diagnostics
internal import SpikeIR

extension FitReport {

  /// The layers that do not fit, and the cores that are missing.
  var members: [ErrorReport.Member] {
    [
      ErrorReport.Member("layers", .list(layers.map(\.value))),
      ErrorReport.Member("shortage", shortage?.value ?? .none),
    ]
  }
}

extension FitReport.LayerFit {

  fileprivate var value: ErrorReport.Value {
    .record([
      ErrorReport.Member("name", .text(name)),
      ErrorReport.Member("shape", .list(shape.extents.map { .number($0) })),
      ErrorReport.Member("binding", .text(binding)),
      ErrorReport.Member("attempts", .list(attempts.map(\.value))),
      ErrorReport.Member("changes", .list(changes.map(\.value))),
    ])
  }
}

extension FitReport.Attempt {

  fileprivate var value: ErrorReport.Value {
    .record([
      ErrorReport.Member(
        "slice", .list([tile.rows, tile.columns, tile.channels].map { .number($0) })),
      ErrorReport.Member("class", .text(kind)),
      ErrorReport.Member("fits", .flag(fits)),
      ErrorReport.Member(
        "resources",
        .list(
          uses.map { use in
            .record([
              ErrorReport.Member("name", .text(use.name)),
              ErrorReport.Member("used", .number(use.used)),
              ErrorReport.Member("available", .known(use.available)),
              ErrorReport.Member("isExceeded", .flag(use.isExceeded)),
            ])
          })),
    ])
  }
}

extension FitReport.Shortage {

  fileprivate var value: ErrorReport.Value {
    .record([
      ErrorReport.Member("cores", .number(cores)),
      ErrorReport.Member("chips", .number(chips)),
      ErrorReport.Member("mostChips", .number(mostChips)),
      ErrorReport.Member("leftOver", .list(leftOver.map { .text($0) })),
      ErrorReport.Member("changes", .list(changes.map(\.value))),
    ])
  }
}

extension FitReport.Change {

  fileprivate var value: ErrorReport.Value {
    .record([
      ErrorReport.Member("kind", .text(keyword)),
      ErrorReport.Member("numbers", .list(numbers.map { .number($0) })),
      ErrorReport.Member("text", .text(text)),
    ])
  }
}
