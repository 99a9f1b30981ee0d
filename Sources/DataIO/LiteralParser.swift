// The part of Python's literals that appears in the headers of NumPy files.

/// A value in a header.
enum Literal: Equatable {
  /// A string.
  case text(String)
  /// `True` or `False`.
  case truth(Bool)
  /// An integer.
  case integer(Int)
  /// A parenthesized or bracketed list.
  case tuple([Literal])
  /// A dictionary with string keys.
  case dictionary([String: Literal])
}

/// A parser of one value; it answers `nil` for anything it does not know.
struct LiteralParser {

  private var rest: ArraySlice<UInt8>

  /// The number of lists that may lie within one another.
  private var depth = 8

  /// Creates a parser of `text`, in ASCII.
  init(_ text: ArraySlice<UInt8>) {
    rest = text
  }

  /// Returns the value with which the text begins.
  mutating func parse() -> Literal? {
    skipSpace()
    guard let first = rest.first, depth > 0 else { return nil }
    depth -= 1
    defer { depth += 1 }
    switch first {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return string().map { .text($0) }
    case UInt8(ascii: "("): return list(until: ")").map { .tuple($0) }
    case UInt8(ascii: "["): return list(until: "]").map { .tuple($0) }
    case UInt8(ascii: "{"): return dictionary().map { .dictionary($0) }
    default: return word()
    }
  }

  private mutating func skipSpace() {
    rest = rest.drop { $0 == 32 || 9...13 ~= $0 }
  }

  /// Skips space and then `mark`; returns whether it was there.
  private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
    skipSpace()
    guard rest.first == UInt8(ascii: mark) else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func string() -> String? {
    guard let quote = rest.popFirst(), let end = rest.firstIndex(of: quote) else { return nil }
    let text = rest[..<end]
    rest = rest[(end + 1)...]
    guard !text.contains(UInt8(ascii: "\\")) else { return nil }
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func list(until end: Unicode.Scalar) -> [Literal]? {
    rest = rest.dropFirst()
    var result: [Literal] = []
    while !skip(end) {
      guard let value = parse() else { return nil }
      result.append(value)
      guard skip(",") || closes(end) else { return nil }
    }
    return result
  }

  private mutating func dictionary() -> [String: Literal]? {
    rest = rest.dropFirst()
    var result: [String: Literal] = [:]
    while !skip("}") {
      guard case .text(let key)? = parse(), skip(":"), let value = parse() else { return nil }
      result[key] = value
      guard skip(",") || closes("}") else { return nil }
    }
    return result
  }

  /// Returns whether the next mark is `end`, without skipping it.
  private mutating func closes(_ end: Unicode.Scalar) -> Bool {
    skipSpace()
    return rest.first == UInt8(ascii: end)
  }

  private mutating func word() -> Literal? {
    let end = rest.firstIndex { !isWord($0) } ?? rest.endIndex
    let text = String(decoding: rest[..<end], as: UTF8.self)
    rest = rest[end...]
    switch text {
    case "True": return .truth(true)
    case "False": return .truth(false)
    default: return Int(text.hasSuffix("L") ? String(text.dropLast()) : text).map { .integer($0) }
    }
  }

  private func isWord(_ c: UInt8) -> Bool {
    switch Unicode.Scalar(c) {
    case "a"..."z", "A"..."Z", "0"..."9", "-", "+", "_": true
    default: false
    }
  }
}
