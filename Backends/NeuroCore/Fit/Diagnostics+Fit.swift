// Networks that do not fit.

internal import Diagnostics

extension Diagnostic {

  /// Returns an error about a layer of which no slice fits a core.
  static func layerDoesNotFit(_ layer: FitReport.LayerFit, _ target: String) -> Diagnostic {
    let nearest = layer.attempts.filter { $0.uses.contains { $0.isExceeded } }.min {
      $0.excess < $1.excess
    }
    let uses = (nearest?.uses ?? []).filter(\.isExceeded)
      .map { "\($0.used) \($0.name), a core has \($0.available ?? 0)" }
    let found = nearest.map { "a slice of \($0.tile) takes " + uses.joined(separator: "; ") }
    return .error(
      "fit.layer",
      "'\(layer.name)' \(layer.shape) does not fit a core of '\(target)': "
        + (found ?? "it does not fit the cores that have such neurons, with what else is on them"),
      at: .entity(layer.name), notes: FitReport.notes(on: layer.changes),
      exitCode: .doesNotFit)
  }

  /// Returns an error about a network that needs more cores than there are.
  static func tooFewCores(_ shortage: FitReport.Shortage, _ target: String) -> Diagnostic {
    let left =
      shortage.leftOver.isEmpty
      ? "" : "; no core is left for " + shortage.leftOver.map { "'\($0)'" }.joined(separator: ", ")
    return .error(
      "fit.cores",
      "the network takes \(shortage.cores, of: "core") of '\(target)' on "
        + "\(shortage.chips, of: "chip"), expected "
        + "at most \(shortage.mostChips, of: "chip")\(left)",
      notes: FitReport.notes(on: shortage.changes), exitCode: .doesNotFit)
  }
}

extension FitReport {

  /// Returns what is to be said of the changes that would make a network fit.
  fileprivate static func notes(on changes: [Change]) -> [String] {
    changes.isEmpty
      ? ["no single change that was tried makes it fit"]
      : changes.map { "it would fit: \($0.text)" }
  }
}

extension FitReport.Attempt {

  /// The largest part of a capacity that is used.
  var excess: Double {
    uses.reduce(0) { most, use in
      guard let available = use.available else { return most }
      return max(most, available > 0 ? Double(use.used) / Double(available) : .infinity)
    }
  }
}
