// A golden case: a file whose first line says what to do with the programs in it, and which holds
// what is expected of them. See `Cases/README.md` for the format.

import Diagnostics
import Foundation

/// What a mode makes of a program's text: a text of its own, and diagnostics placed in the input.
struct FileTestResult {
  /// What is produced, empty if nothing.
  var output = ""
  /// What is reported.
  var diagnostics: [Diagnostic] = []
}

/// Something that can be done with a program's text; `arguments` are those of the first line.
typealias FileTestMode =
  @Sendable (_ input: String, _ arguments: [String: String]) throws(CompileError) -> FileTestResult

/// A golden case.
struct FileTest: Sendable {

  /// The file.
  let url: URL

  /// The first line's words after `//! run:`.
  let command: [String]

  /// The lines after the first.
  private let lines: [String]

  /// The text of the file.
  let source: String

  /// Reads the case in the file at `url`.
  init(_ url: URL) throws {
    self.url = url
    source = try String(contentsOf: url, encoding: .utf8)
    var lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let head = lines.isEmpty ? "" : lines.removeFirst()
    guard head.hasPrefix("//! run: ") else { throw FileTestError.noCommand(url.lastPathComponent) }
    command = head.dropFirst("//! run: ".count).split(separator: " ").map(String.init)
    self.lines = lines
  }

  /// Returns the file as it would be if what happens were what is expected.
  func observed(_ modes: [String: FileTestMode]) throws -> String {
    guard let name = command.first, let mode = modes[name] else {
      throw FileTestError.noMode(command.first ?? "")
    }
    var arguments: [String: String] = [:]
    for word in command.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      arguments[parts[0]] = parts.count == 2 ? parts[1] : "true"
    }
    let sections = lines.split(separator: "// -----", omittingEmptySubsequences: false)
    let observed = sections.map { Self.observed(Array($0), mode, arguments) }
    return
      (["//! run: " + command.joined(separator: " ")]
      + observed.joined(separator: ["// -----"])).joined(separator: "\n")
  }

  /// Returns the lines of a section with the marks and the output that belong there.
  private static func observed(
    _ section: [String], _ mode: FileTestMode, _ arguments: [String: String]
  ) -> [String] {
    let end = section.firstIndex(of: "//! output") ?? section.count
    var input = section[..<end].map(withoutMark)
    while input.last == "" { input.removeLast() }
    var result = FileTestResult()
    do throws(CompileError) {
      result = try mode(input.joined(separator: "\n") + "\n", arguments)
    } catch {
      result.diagnostics = error.diagnostics
    }
    for severity in [Diagnostic.Severity.remark, .warning, .error] {
      var marks: [Int: [String]] = [:]
      for diagnostic in result.diagnostics where diagnostic.severity == severity {
        var line = 1
        if case .text(_, let found, _, _)? = diagnostic.site { line = found }
        marks[min(line, input.count), default: []].append(diagnostic.id)
      }
      for (line, ids) in marks where line >= 1 {
        input[line - 1] += " // \(severity.rawValue): \(ids.joined(separator: ", "))"
      }
    }
    if !result.output.isEmpty {
      input.append("//! output")
      input += result.output.split(separator: "\n", omittingEmptySubsequences: false)
        .map(String.init)
      if input.last == "" { input.removeLast() }
    }
    // Sections end with an empty line, and so does the file's last line.
    return input + [""]
  }

  /// Returns `line` without the diagnostics marked at its end.
  private static func withoutMark(_ line: String) -> String {
    let marks = ["error", "warning", "remark"].compactMap { line.range(of: " // \($0): ") }
    guard let first = marks.map(\.lowerBound).min() else { return line }
    return String(line[..<first])
  }
}

/// What is wrong with a case itself.
enum FileTestError: Error {
  /// The first line does not say what to do.
  case noCommand(String)
  /// There is no such mode.
  case noMode(String)
}

extension [String] {

  /// Returns the runs of lines between lines equal to `separator`.
  fileprivate func split(
    separator: String, omittingEmptySubsequences: Bool
  ) -> [ArraySlice<String>] {
    split(
      maxSplits: .max, omittingEmptySubsequences: omittingEmptySubsequences,
      whereSeparator: { $0 == separator })
  }
}
