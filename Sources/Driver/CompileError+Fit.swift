// What does not fit a machine, as JSON (schema `spikec-fit/1`): what `--json` prints in place of a
// result when the exit status is 69.

package import Diagnostics

extension CompileError {

  /// Returns what does not fit as a JSON object; `nil` if the error is another one.
  ///
  /// - Parameters:
  ///   - model: the file of the model.
  ///   - target: the name of the machine, as the user gave it.
  /// - Returns: the diagnostics, and the numbers behind them if a backend has counted some.
  package func fitReport(model: String, target: String) -> JSON? {
    guard exitCode == .doesNotFit else { return nil }
    let findings = diagnostics.filter { $0.severity == .error }.map { error -> JSON in
      [
        "id": .string(error.id), "message": .string(error.message),
        "layer": JSON(error.layer), "notes": JSON(error.notes),
      ]
    }
    let head: JSON = [
      "schema": "spikec-fit/1", "model": .string(model), "target": .string(target),
      "findings": .array(findings),
    ]
    guard let report else {
      return head.adding([JSON.Member("layers", .array([])), JSON.Member("shortage", .null)])
    }
    return head.adding(report.members.map { JSON.Member($0.name, JSON($0.value)) })
  }
}

extension Diagnostic {

  /// The layer that the diagnostic is about, if it is about one.
  fileprivate var layer: String? {
    guard case .entity(let name) = site else { return nil }
    return name
  }
}

extension JSON {

  /// Creates a value of an error's report.
  fileprivate init(_ value: ErrorReport.Value) {
    switch value {
    case .none: self = .null
    case .flag(let flag): self = .bool(flag)
    case .number(let number): self = .integer(number)
    case .text(let text): self = .string(text)
    case .list(let values): self = .array(values.map { JSON($0) })
    case .record(let members): self = .object(members.map { JSON.Member($0.name, JSON($0.value)) })
    }
  }
}
