// A JSON value and its parser: strict about structure, lenient about the NaN and Infinity that
// Python writes, and safe on any nesting.

/// A JSON value.
enum JSON: Hashable, Sendable {
  case null
  case flag(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([JSON])
  case object([String: JSON])
}

extension JSON {

  /// The members, if this is an object.
  var members: [String: JSON]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// The elements, if this is a list.
  var elements: [JSON]? {
    if case .list(let elements) = self { elements } else { nil }
  }

  /// The characters, if this is text.
  var string: String? {
    if case .text(let string) = self { string } else { nil }
  }

  /// The truth value, if this is one.
  var bool: Bool? {
    if case .flag(let flag) = self { flag } else { nil }
  }

  /// The value, if this is a whole number that `Int` holds.
  var int: Int? {
    switch self {
    case .integer(let x): x
    case .number(let x): Int(exactly: x)
    default: nil
    }
  }

  /// The value, if this is a number.
  var double: Double? {
    switch self {
    case .integer(let x): Double(x)
    case .number(let x): x
    default: nil
    }
  }

  /// The member `key`, if this is an object that has it.
  subscript(key: String) -> JSON? {
    members?[key]
  }

  /// The value as it would be written, cut short where it is long; for messages.
  var excerpt: String {
    let text: String
    switch self {
    case .null: text = "null"
    case .flag(let x): text = x ? "true" : "false"
    case .integer(let x): text = "\(x)"
    case .number(let x): text = "\(x)"
    case .text(let x): text = "'\(x)'"
    case .list(let x):
      let shown = x.prefix(8).map(\.excerpt).joined(separator: ", ")
      text = "[" + shown + (x.count > 8 ? ", …]" : "]")
    case .object: text = "an object"
    }
    return text.count > 80 ? text.prefix(79) + "…" : text
  }
}

/// Why a text is not JSON.
struct JSONError: Error, Hashable {

  /// What was found or expected, lower case.
  var message: String

  /// The offset of the byte at which it was found.
  var offset: Int
}

extension JSON {

  /// Parses `text`.
  ///
  /// - Throws: where and why `text` is not JSON, or that it is nested deeper than `depthLimit` or
  ///   would take more memory than `memoryLimit` and the size of the text.
  init(parsing text: String) throws(JSONError) {
    var parser = JSONParser(text)
    self = try parser.parse()
  }

  /// The deepest nesting accepted: five levels for each model inside a model.
  static let depthLimit = 200

  /// What the values of a text may take in memory beyond its size, bytes.
  ///
  /// A text of two bytes a value would take forty times its size. Networks of thousands of layers
  /// take a tenth of this.
  static let memoryLimit = 64 << 20
}

/// A recursive-descent parser over bytes; the depth limit bounds the recursion.
private struct JSONParser {

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  /// The memory that values may still take, bytes.
  private var budget: Int

  init(_ text: String) {
    bytes = Array(text.utf8)
    budget = JSON.memoryLimit + bytes.count
  }

  /// Takes memory for a part of a value: an estimate from above, with what lists and dictionaries
  /// hold in reserve.
  private mutating func charge(_ size: Int) throws(JSONError) {
    budget -= size
    guard budget >= 0 else { throw error("more values than fit into memory") }
  }

  mutating func parse() throws(JSONError) -> JSON {
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw error("unexpected text after the end") }
    return value
  }

  private mutating func value() throws(JSONError) -> JSON {
    skipSpace()
    try charge(72)
    guard let first = peek else { throw error("the text ends early") }
    switch first {
    case UInt8(ascii: "{"): return try nested { parser throws(JSONError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(JSONError) in try parser.list() }
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: return try word()
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONError) -> JSON
  ) throws(JSONError) -> JSON {
    depth += 1
    defer { depth -= 1 }
    guard depth <= JSON.depthLimit else {
      throw error("nested deeper than \(JSON.depthLimit) levels")
    }
    return try body(&self)
  }

  private mutating func object() throws(JSONError) -> JSON {
    position += 1
    var members: [String: JSON] = [:]
    skipSpace()
    if take("}") { return .object(members) }
    repeat {
      try charge(96)
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw error("expected a name in quotes") }
      let name = try string()
      skipSpace()
      guard take(":") else { throw error("expected ':'") }
      members[name] = try value()
      skipSpace()
    } while take(",")
    guard take("}") else { throw error("expected ',' or '}'") }
    return .object(members)
  }

  private mutating func list() throws(JSONError) -> JSON {
    position += 1
    var elements: [JSON] = []
    skipSpace()
    if take("]") { return .list(elements) }
    repeat {
      elements.append(try value())
      skipSpace()
    } while take(",")
    guard take("]") else { throw error("expected ',' or ']'") }
    return .list(elements)
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    var result = ""
    while true {
      let start = position
      while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        position += 1
      }
      try charge(position - start + 32)
      result += String(decoding: bytes[start..<position], as: UTF8.self)
      guard let end = peek else { throw error("the text ends within a string") }
      position += 1
      guard end != UInt8(ascii: "\"") else { return result }
      result.unicodeScalars.append(try escape())
    }
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard let byte = peek else { throw error("the text ends within a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw error("unknown escape in a string")
    }
  }

  /// Reads the digits of `\uXXXX`, and those of the second half of a surrogate pair.
  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let replacement: Unicode.Scalar = "\u{FFFD}"
    let first = try hexadecimal()
    guard 0xD800...0xDBFF ~= first else { return Unicode.Scalar(first) ?? replacement }
    guard take("\\"), take("u") else { return replacement }
    let second = try hexadecimal()
    guard 0xDC00...0xDFFF ~= second else { return replacement }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? replacement
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw error("the text ends within a string") }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Unicode.Scalar(bytes[position]).hexadecimalValue else {
        throw error("expected four hexadecimal digits")
      }
      value = value << 4 | digit
      position += 1
    }
    return value
  }

  private mutating func number() throws(JSONError) -> JSON {
    let start = position
    while let byte = peek, JSONParser.isNumeric(byte) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let integer = Int(text) { return .integer(integer) }
    if text == "-", take("Infinity") { return .number(-.infinity) }
    guard let number = Double(text) else { throw error("'\(text)' is not a number") }
    return .number(number)
  }

  private static func isNumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  private mutating func word() throws(JSONError) -> JSON {
    if take("null") { return .null }
    if take("true") { return .flag(true) }
    if take("false") { return .flag(false) }
    if take("NaN") { return .number(.nan) }
    if take("Infinity") { return .number(.infinity) }
    throw error("expected a value")
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Moves past `text` if it is next.
  private mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count, peek == text.description.utf8.first else {
      return false
    }
    let found = bytes[position..<position + count].elementsEqual(text.description.utf8)
    if found { position += count }
    return found
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 32 || 9...10 ~= byte || byte == 13 { position += 1 }
  }

  private func error(_ message: String) -> JSONError {
    JSONError(message: message, offset: position)
  }
}

extension Unicode.Scalar {

  /// The value of a hexadecimal digit.
  fileprivate var hexadecimalValue: UInt32? {
    switch self {
    case "0"..."9": value - 48
    case "a"..."f": value - 87
    case "A"..."F": value - 55
    default: nil
    }
  }
}
