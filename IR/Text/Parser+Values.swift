// Shapes, attributes and numbers.

internal import Diagnostics
internal import SpikeIR

extension Parser {

  /// Reads `shape = "[" [integer {"," integer}] "]"`.
  mutating func parseShape() throws(Diagnostic) -> Shape {
    Shape(try list("[", "]") { (parser) throws(Diagnostic) in try parser.parseInteger() })
  }

  /// Reads `attributes = "{" [attribute {"," attribute}] "}"`.
  mutating func parseAttributes() throws(Diagnostic) -> [AttributeSyntax] {
    try list("{", "}") { (parser) throws(Diagnostic) in try parser.parseAttribute() }
  }

  /// `true` iff an attribute can begin with the current word.
  var isAttributeName: Bool {
    switch token.kind {
    case .word, .quotedWord: true
    default: false
    }
  }

  /// Reads `attribute = word "=" value`.
  mutating func parseAttribute() throws(Diagnostic) -> AttributeSyntax {
    let name: String
    switch token.kind {
    case .word(let x), .quotedWord(let x): name = x
    default: throw unexpected("the name of an attribute")
    }
    try advance()
    try expect("=")
    return AttributeSyntax(name: name, value: try parseValue())
  }

  /// Reads `value = number | word | string | label | ["f32"] "[" [number {"," number}] "]"`.
  private mutating func parseValue() throws(Diagnostic) -> ValueSyntax {
    switch token.kind {
    case .number(let text): return .literal(try parseNumber(text))
    case .label(let label):
      let spot = Spot(value: label, offset: token.offset)
      try advance()
      return .label(spot)
    case .string(let text):
      try advance()
      return .literal(.text(text))
    case .quotedWord(let word):
      try advance()
      return .literal(.word(word))
    case .word(let word) where numberWords.contains(word):
      return .literal(.number(try parseFloat()))
    case .word(let word):
      try advance()
      guard word == "f32", token.kind == .punctuation("[") else { return .literal(.word(word)) }
      return .literal(
        .numbers(try list("[", "]") { (parser) throws(Diagnostic) in try parser.parseFloat() }))
    case .punctuation("["): return .literal(try parseNumberList())
    default: throw unexpected("a value")
    }
  }

  /// Returns integers if all elements are written as such, numbers otherwise.
  private mutating func parseNumberList() throws(Diagnostic) -> AttributeValue {
    let elements = try list("[", "]") { (parser) throws(Diagnostic) in
      if case .number(let text) = parser.token.kind { return try parser.parseNumber(text) }
      return AttributeValue.number(try parser.parseFloat())
    }
    var integers: [Int] = []
    var numbers: [Float] = []
    for element in elements {
      if case .integer(let x) = element {
        integers.append(x)
        numbers.append(Float(x))
      } else if case .number(let x) = element {
        numbers.append(x)
      }
    }
    return integers.count == elements.count ? .integers(integers) : .numbers(numbers)
  }

  /// Returns the current word, which is `text`, as an integer or a number.
  private mutating func parseNumber(_ text: String) throws(Diagnostic) -> AttributeValue {
    isInteger(text) ? .integer(try parseInteger()) : .number(try parseFloat())
  }

  /// Returns the current word as an integer.
  mutating func parseInteger() throws(Diagnostic) -> Int {
    try parseInteger(as: Int.self, "an integer of 64 bits")
  }

  /// Returns the current word as an integer of type `T`, which messages call `expected`.
  mutating func parseInteger<T: FixedWidthInteger>(
    as type: T.Type, _ expected: String
  ) throws(Diagnostic) -> T {
    guard case .number(let text) = token.kind else { throw unexpected(expected) }
    guard isInteger(text), let value = T(text) else {
      throw .badNumber(text, expected: expected, at: source.site(token.offset))
    }
    try advance()
    return value
  }

  /// Returns the current word as a number.
  mutating func parseFloat() throws(Diagnostic) -> Float {
    let text: String
    switch token.kind {
    case .number(let x): text = x
    case .word(let x) where numberWords.contains(x): text = x
    default: throw unexpected("a number")
    }
    let isDecimal = text.utf8.allSatisfy { isDigit($0) || ".eE+-".utf8.contains($0) }
    guard numberWords.contains(text) || text == "-inf" || isDecimal, let value = Float(text),
      value.isFinite || !isDecimal
    else {
      throw .badNumber(text, expected: "a number of 32 bits", at: source.site(token.offset))
    }
    try advance()
    return value
  }
}

/// Returns whether `text` consists of digits, with a minus sign before them or not.
private func isInteger(_ text: String) -> Bool {
  let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
  return !digits.isEmpty && digits.allSatisfy(isDigit)
}
