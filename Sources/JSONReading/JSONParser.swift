// The parser: strict about structure, lenient about the NaN and Infinity that Python writes, and safe
// on any nesting.

/// A recursive-descent parser over bytes; the depth limit bounds the recursion.
struct JSONParser {

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  /// The memory that values may still take, bytes.
  private var budget: Int

  /// Whether names that an object has twice are recorded.
  private let recordsDuplicates: Bool

  /// The names and positions that lead to the present value, if duplicates are recorded.
  private var path: [String] = []

  /// The pointers of members whose name their object has before them, the first few of them.
  private(set) var duplicates: [String] = []

  init(_ text: String, recordsDuplicates: Bool = false) {
    bytes = Array(text.utf8)
    budget = JSON.memoryLimit + bytes.count
    self.recordsDuplicates = recordsDuplicates
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
      if recordsDuplicates { enter(name, isDuplicate: members[name] != nil) }
      members[name] = try value()
      if recordsDuplicates { path.removeLast() }
      skipSpace()
    } while take(",")
    guard take("}") else { throw error("expected ',' or '}'") }
    return .object(members)
  }

  private mutating func enter(_ name: String, isDuplicate: Bool) {
    path.append(name)
    if isDuplicate && duplicates.count < 100 {
      duplicates.append(path.reduce("") { $0.jsonPointer(appending: $1) })
    }
  }

  private mutating func list() throws(JSONError) -> JSON {
    position += 1
    var elements: [JSON] = []
    skipSpace()
    if take("]") { return .list(elements) }
    repeat {
      if recordsDuplicates { path.append(String(elements.count)) }
      elements.append(try value())
      if recordsDuplicates { path.removeLast() }
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
