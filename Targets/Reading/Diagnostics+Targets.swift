// What can be wrong with a description of a machine.

internal import Diagnostics
internal import JSONReading

extension Diagnostic {

  /// Returns an error about a text that is not JSON.
  static func targetSyntax(_ error: JSONError, in text: String, file: String) -> Diagnostic {
    let place = error.position(in: text)
    return .error(
      "target.syntax", "the description is not JSON: \(error.message)",
      at: .text(file: file, line: place.line, column: place.column, source: place.source))
  }

  /// Returns an error about a file that is longer than descriptions are.
  static func targetTooLong(most: Int, file: String) -> Diagnostic {
    .error(
      "target.too-long", "the file has more than \(most) bytes, expected a description",
      at: .file(file))
  }

  /// Returns an error about a member whose name its object has before.
  static func duplicateMember(_ place: TargetPlace) -> Diagnostic {
    .error(
      "target.duplicate-member", "\(place.name) is there twice, expected once", at: place.site)
  }

  /// Returns an error about a violation of the schema.
  static func schemaViolation(_ problem: JSONSchema.Problem, file: String) -> Diagnostic {
    let place = TargetPlace(file: file, pointer: problem.pointer)
    let (id, message) =
      switch problem.rule {
      case .unknownMember:
        ("unknown-member", "there is no member \(problem.found), expected \(problem.expected)")
      case .missingMember:
        (
          "missing-member",
          "\(place.name) has \(problem.found), expected \(problem.expected)"
        )
      case .type: ("wrong-type", place.says(problem.found, expected: problem.expected))
      case .word: ("unknown-word", place.says(problem.found, expected: problem.expected))
      case .range: ("out-of-range", place.says(problem.found, expected: problem.expected))
      case .length:
        (
          "wrong-length", "\(place.name) has \(problem.found), expected \(problem.expected)"
        )
      case .name: ("bad-name", place.says(problem.found, expected: problem.expected))
      case .unusedMember:
        ("unused-member", "\(place.name) does not belong beside the other members")
      }
    let nearest = problem.nearest.map { "did you mean '\($0)'?" }
    return .error(
      "target.\(id)", message, at: place.site,
      notes: [nearest, problem.reason].compactMap { $0 })
  }

  /// Returns an error about values that contradict each other.
  ///
  /// - Parameters:
  ///   - id: the last part of the diagnostic's id.
  ///   - place: the value.
  ///   - found: what it is.
  ///   - expected: what it should be.
  ///   - notes: what to do.
  /// - Returns: the error.
  static func targetMismatch(
    _ id: String, _ place: TargetPlace, _ found: String, expected: String, notes: [String] = []
  ) -> Diagnostic {
    .error("target.\(id)", place.says(found, expected: expected), at: place.site, notes: notes)
  }
}

/// A place in a description.
struct TargetPlace: Hashable, Sendable {

  /// The file.
  var file: String

  /// The JSON pointer.
  var pointer: String

  /// The place for a diagnostic.
  var site: Site {
    pointer.isEmpty ? .file(file) : .inside(file: file, path: pointer)
  }

  /// The place for a sentence: the last name in quotes.
  var name: String {
    guard let slash = pointer.lastIndex(of: "/") else { return "the description" }
    let last = pointer[pointer.index(after: slash)...]
    guard last.allSatisfy(\.isNumber), let parent = pointer[..<slash].lastIndex(of: "/") else {
      return "'\(last)'"
    }
    return "'\(pointer[pointer.index(after: parent)..<slash])[\(last)]'"
  }

  /// Returns a sentence about what is found here.
  func says(_ found: String, expected: String) -> String {
    "\(name) is \(found), expected \(expected)"
  }
}
