// The public face of the parser.

public import Diagnostics
public import SpikeIR

/// A program that was read from its text form, with the places of its entities.
public struct ParsedProgram: Sendable {

  /// The program; tensors that the text elides are elided in it.
  public var program: Program

  /// The places of entities, under the names that the verifier gives them.
  private let sites: [String: Site]

  /// Returns `diagnostic` placed in the text if it names an entity of the program, as those of
  /// the verifier do.
  ///
  /// - Complexity: O(length of the name).
  public func located(_ diagnostic: Diagnostic) -> Diagnostic {
    guard case .entity(let name)? = diagnostic.site else { return diagnostic }
    let words = name.split(separator: " ", omittingEmptySubsequences: false)
    let keys = [name, String(words[0]), words.prefix(2).joined(separator: " ")]
    guard let site = keys.lazy.compactMap({ sites[$0] }).first else { return diagnostic }
    var result = diagnostic
    result.site = site
    return result
  }

  fileprivate init(_ program: Program, sites: [String: Site]) {
    self.program = program
    self.sites = sites
  }
}

/// Returns the program of which `text` is the text form.
///
/// The program is not verified. Its entities are numbered in the order of the text, whatever
/// their labels are.
///
/// - Parameters:
///   - text: the text, any.
///   - file: the name of the file for messages.
/// - Returns: the program, with tensors elided where the text elides them.
/// - Throws: errors `sir.…` about the text, and `ir.…` about attributes, all that were found up
///   to a limit, each with its line and column.
/// - Complexity: O(length of the text).
public func parseProgram(_ text: String, file: String) throws(CompileError) -> Program {
  try parseWithLocations(text, file: file).program
}

/// Returns the program of which `text` is the text form, with the places of its entities.
///
/// - Parameters:
///   - text: the text, any.
///   - file: the name of the file for messages.
/// - Returns: the program with the places of its entities.
/// - Throws: what `parseProgram` throws.
public func parseWithLocations(
  _ text: String, file: String
) throws(CompileError) -> ParsedProgram {
  let source = SourceText(text, file: file)
  var parser = Parser(source)
  parser.parseFile()
  try parser.sink.throwIfErrors()
  var lowering = Lowering(source)
  let program = lowering.lower(parser.syntax)
  try lowering.sink.throwIfErrors()
  return ParsedProgram(program, sites: lowering.sites)
}
