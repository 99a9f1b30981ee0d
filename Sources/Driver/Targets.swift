// Machines on the command line: a name of those that come with the program, or a file.

internal import DataIO
package import Diagnostics
package import HardwareTargets
internal import JSONReading

/// A description of a machine with its text.
struct NamedTarget {

  /// The description.
  var description: TargetDescription

  /// The JSON text that it was read from.
  var text: String

  /// The description as JSON, with members in alphabetical order.
  var json: JSON {
    guard let value = try? JSONReading.JSON(parsing: text) else {
      preconditionFailure("internal: a description that was read is not JSON")
    }
    return JSON(sorting: value)
  }
}

extension Session {

  /// Returns the machine that `name` means: one that comes with the program, or a file whose name ends
  /// in `.json`.
  ///
  /// - Throws: `driver.unknown-target`, `file.missing` and others of reading a file, and all that is wrong
  ///   with its description.
  package func target(_ name: String) throws(CompileError) -> TargetDescription {
    try namedTarget(name).description
  }

  /// Returns the machine that `name` means, with its text.
  ///
  /// - Throws: as `target`.
  func namedTarget(_ name: String) throws(CompileError) -> NamedTarget {
    let text: String
    if let builtIn = TargetDescription.builtInText(name) {
      text = builtIn
    } else if name.hasSuffix(".json") {
      let bytes = try liftingDiagnostic { () throws(Diagnostic) in
        try readFile(name, most: TargetDescription.mostBytes + 1)
      }
      text = String(decoding: bytes, as: UTF8.self)
    } else {
      throw CompileError(.noSuchMachine(name))
    }
    return NamedTarget(
      description: try TargetDescription(parsing: text, file: name), text: text)
  }

  /// Returns whether `path`, which may also be that of a model, means a machine: a name for which
  /// there is no file, or a file in JSON that does not describe a network.
  func isTarget(_ path: String) -> Bool {
    guard fileExists(path) else { return TargetDescription.builtInNames.contains(path) }
    guard path.hasSuffix(".json"), let file = try? InputFile(path: path) else { return false }
    return !String(decoding: file.prefix, as: UTF8.self).contains("\"class_name\"")
  }
}

extension JSON {

  /// Creates the value, with the members of objects in alphabetical order.
  init(sorting value: JSONReading.JSON) {
    switch value {
    case .null: self = .null
    case .flag(let x): self = .bool(x)
    case .integer(let x): self = .integer(x)
    case .number(let x): self = .number(x)
    case .text(let x): self = .string(x)
    case .list(let x): self = .array(x.map { JSON(sorting: $0) })
    case .object(let x):
      self = .object(
        x.sorted { $0.key < $1.key }.map { Member($0.key, JSON(sorting: $0.value)) })
    }
  }
}

extension Diagnostic {

  /// Returns an error about a machine that does not exist.
  fileprivate static func noSuchMachine(_ name: String) -> Diagnostic {
    .error(
      "driver.unknown-target", "there is no target '\(name)'",
      notes: [
        "the machines are \(TargetDescription.builtInNames.joined(separator: ", "))",
        "a description of your own is a file whose name ends in .json: see Docs/Targets.md",
      ], exitCode: .usage)
  }

  /// Returns an error about an option that needs a network.
  static func notANetwork(_ path: String, _ option: String) -> Diagnostic {
    .error(
      "driver.not-a-network", "'\(option)' has no effect on a description of a machine",
      at: .file(path), notes: ["leave the option out"], exitCode: .usage)
  }
}
