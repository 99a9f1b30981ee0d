// Descriptions from JSON text: strict, with all problems of a file in one error.

package import Diagnostics
internal import JSONReading

extension TargetDescription {

  /// The longest text that is taken for a description, bytes; the longest of our own have 10,000.
  package static let mostBytes = 1 << 20

  /// Reads a description.
  ///
  /// The text must follow `Targets/schema.json`, and its numbers must go together; see `TargetCheck`.
  ///
  /// - Parameters:
  ///   - text: JSON text.
  ///   - file: where it comes from, for messages.
  /// - Throws: all problems, each with the JSON pointer of its place: `target.syntax`,
  ///   `target.too-long`, `target.duplicate-member`, `target.unknown-member`,
  ///   `target.missing-member`, `target.wrong-type`, `target.unknown-word`, `target.out-of-range`,
  ///   `target.wrong-length`, `target.bad-name`, `target.unused-member` for what the schema says, and the
  ///   ids of `TargetCheck`.
  /// - Complexity: O(length of the text).
  package init(parsing text: String, file: String) throws(CompileError) {
    guard text.utf8.count <= Self.mostBytes else {
      throw CompileError(.targetTooLong(most: Self.mostBytes, file: file))
    }
    let (root, duplicates): (JSON, [String])
    do throws(JSONError) {
      (root, duplicates) = try JSON.parseFindingDuplicates(text)
    } catch {
      throw CompileError(.targetSyntax(error, in: text, file: file))
    }
    var sink = DiagnosticSink()
    for pointer in duplicates {
      sink.report(.duplicateMember(TargetPlace(file: file, pointer: pointer)))
    }
    for problem in Self.schema.problems(in: root) {
      sink.report(.schemaViolation(problem, file: file))
    }
    var check = TargetCheck(root, file: file)
    check.run()
    sink.report(contentsOf: check.problems)
    try sink.throwIfErrors()
    self.init(TargetReader(root))
  }

  /// The schema of descriptions.
  static let schema: JSONSchema = {
    do throws(JSONError) {
      return JSONSchema(try JSON(parsing: schemaText))
    } catch {
      preconditionFailure("internal: the schema of targets is not JSON: \(error)")
    }
  }()
}
