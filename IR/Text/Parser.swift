// The parser: from words to statements. Labels stay unresolved, so that statements may stand in
// any order; `Lowering.swift` resolves them. There is no recursion, hence no depth to exceed.

internal import Diagnostics
internal import SpikeIR

/// A parser of one file, which goes on after errors with the next statement.
struct Parser {

  /// The text.
  let source: SourceText

  /// The statements read so far.
  private(set) var syntax = FileSyntax()

  /// The errors found so far.
  private(set) var sink = DiagnosticSink()

  private var lexer: Lexer
  var token: Token

  /// The number of errors after which reading stops.
  static let errorLimit = 20

  /// A word that stands for none.
  private static let nothing = Token(kind: .newline, offset: -2)

  /// Creates a parser of `source`.
  init(_ source: SourceText) {
    self.source = source
    lexer = Lexer(source)
    token = Self.nothing
  }

  /// Reads the whole file.
  mutating func parseFile() {
    do throws(Diagnostic) {
      try skipNewlines()
      try parseHeader()
      try expectEndOfLine()
    } catch {
      sink.report(error)
      return
    }
    while token.kind != .end {
      do throws(Diagnostic) {
        try skipNewlines()
        if token.kind == .end { break }
        try parseStatement()
        try expectEndOfLine()
      } catch {
        guard sink.diagnostics.count < Self.errorLimit else {
          sink.report(.tooManyErrors(limit: Self.errorLimit, at: source.site(lexer.position)))
          return
        }
        sink.report(error)
        recover()
      }
    }
  }

  /// Moves to the next line with which a statement can begin.
  private mutating func recover() {
    // If a line ended too early, the next one may be sound.
    if token.kind == .newline, lexer.position == token.offset + 1 { lexer.unreadNewline() }
    lexer.skipToStatement()
    token = Self.nothing
  }

  // MARK: Words

  /// Moves to the next word.
  mutating func advance() throws(Diagnostic) {
    token = try lexer.next()
  }

  /// Moves to the next word that is not the end of a line.
  mutating func skipNewlines() throws(Diagnostic) {
    while token.kind == .newline { try advance() }
  }

  /// Returns an error about the current word.
  func unexpected(_ expected: String) -> Diagnostic {
    .unexpected(token.kind, expected: expected, at: source.site(token.offset))
  }

  /// Moves past `character` if it is the current word; returns whether it was.
  mutating func take(_ character: Character) throws(Diagnostic) -> Bool {
    guard token.kind == .punctuation(character) else { return false }
    try advance()
    return true
  }

  /// Moves past `character`.
  mutating func expect(_ character: Character) throws(Diagnostic) {
    guard try take(character) else { throw unexpected("'\(character)'") }
  }

  private mutating func expectEndOfLine() throws(Diagnostic) {
    guard token.kind == .newline || token.kind == .end else {
      throw unexpected("the end of the line")
    }
  }

  /// Moves past a bare word and returns it.
  mutating func expectWord(_ expected: String) throws(Diagnostic) -> Spot<String> {
    guard case .word(let word) = token.kind else { throw unexpected(expected) }
    let spot = Spot(value: word, offset: token.offset)
    try advance()
    return spot
  }

  /// Moves past a label and returns it.
  mutating func expectLabel(_ expected: String) throws(Diagnostic) -> Spot<String> {
    guard case .label(let label) = token.kind else { throw unexpected(expected) }
    let spot = Spot(value: label, offset: token.offset)
    try advance()
    return spot
  }

  /// Moves past a text in quotes and returns it.
  mutating func expectString(_ expected: String) throws(Diagnostic) -> String {
    guard case .string(let text) = token.kind else { throw unexpected(expected) }
    try advance()
    return text
  }

  /// Moves past a block of base64, of which the current word is the keyword, and returns it.
  mutating func takeBase64() throws(Diagnostic) -> [UInt8] {
    let bytes = try lexer.base64Block()
    try advance()
    return bytes
  }

  /// Moves past a list in brackets and returns its elements; lines may end between them, and a
  /// comma may follow the last.
  mutating func list<Element>(
    _ open: Character, _ close: Character,
    _ element: (inout Parser) throws(Diagnostic) -> Element
  ) throws(Diagnostic) -> [Element] {
    try expect(open)
    try skipNewlines()
    var elements: [Element] = []
    while try !take(close) {
      elements.append(try element(&self))
      try skipNewlines()
      if try take(",") {
        try skipNewlines()
      } else if token.kind != .punctuation(close) {
        throw unexpected("',' or '\(close)'")
      }
    }
    return elements
  }

  // MARK: Statements

  /// Reads `header = "sir" "1" ("ann" | "snn" | "mapped") string`.
  private mutating func parseHeader() throws(Diagnostic) {
    guard case .word("sir") = token.kind else {
      throw unexpected("'sir', with which a file begins")
    }
    try advance()
    guard case .number(let version) = token.kind else { throw unexpected("the version, 1") }
    guard version == "1" else { throw .badVersion(version, at: source.site(token.offset)) }
    try advance()
    guard case .word(let word) = token.kind, let level = Level(rawValue: word) else {
      throw unexpected("the level, 'ann', 'snn' or 'mapped'")
    }
    syntax.level = level
    try advance()
    let offset = token.offset
    syntax.name = Spot(value: try expectString("the name of the model in quotes"), offset: offset)
  }

  /// Reads `statement = definition | return | encode | decode | target`.
  private mutating func parseStatement() throws(Diagnostic) {
    let start = token.offset
    switch token.kind {
    case .label: try parseDefinition()
    case .word("return"):
      try requireLevel(.ann, "'return'", start)
      guard syntax.outputs.isEmpty else { throw .secondReturn(at: source.site(start)) }
      try advance()
      syntax.outputs = try list("(", ")") { (parser) throws(Diagnostic) in
        try parser.expectLabel("the label of a value")
      }
    case .word("encode"):
      try requireLevel(.snn, "'encode'", start)
      syntax.encoders.append(try parseCoder())
    case .word("decode"):
      try requireLevel(.snn, "'decode'", start)
      syntax.decoders.append(try parseCoder())
    case .word("target"):
      try requireLevel(.mapped, "'target'", start)
      guard syntax.target == nil else { throw .secondTarget(at: source.site(start)) }
      try advance()
      syntax.target = Spot(
        value: try expectString("the name of the machine in quotes"), offset: start)
    default: throw unexpected("a label, 'return', 'encode', 'decode' or 'target'")
    }
  }

  /// Reads `definition = label ":" (node | population | projection | slice | tensor)`.
  private mutating func parseDefinition() throws(Diagnostic) {
    let label = try expectLabel("a label")
    try expect(":")
    switch token.kind {
    case .word: syntax.tensors.append(try parseTensor(label))
    case .label:
      try requireLevel(.snn, "a projection or slice", label.offset)
      let first = try expectLabel("the label of a population")
      if token.kind == .punctuation("=") {
        try requireLevel(.mapped, "a slice", label.offset)
        syntax.slices.append(try parseSlice(label, of: first))
      } else {
        syntax.projections.append(try parseProjection(label, from: first))
      }
    case .punctuation("["):
      let shape = try parseShape()
      if token.kind == .punctuation("=") {
        try requireLevel(.ann, "an operator", label.offset)
        syntax.nodes.append(NodeSyntax(shape: shape, entity: try parseEntity(label)))
      } else {
        try requireLevel(.snn, "a population", label.offset)
        syntax.populations.append(try parsePopulation(label, shape))
      }
    default: throw unexpected("a shape, an element type, or the label of a population")
    }
  }

  /// Checks that the file is of the level that a statement needs; one of level `mapped` has all
  /// statements of level `snn`.
  private func requireLevel(
    _ level: Level, _ what: String, _ offset: Int
  ) throws(Diagnostic) {
    let isSpiking = level == .snn && syntax.level == .mapped
    guard syntax.level == level || isSpiking else {
      throw .wrongLevel(what, syntax.level, at: source.site(offset))
    }
  }
}
