// The reader of words. Reads on demand, so that a block of base64 can be taken as it is.

internal import Diagnostics

/// A reader of the words of a text.
///
/// Every call moves forward, also one that throws, so that reading ends whatever the text holds.
struct Lexer {

  /// The text.
  let source: SourceText

  /// The position of the next byte.
  private(set) var position = 0

  /// Creates a reader at the beginning of `source`.
  init(_ source: SourceText) {
    self.source = source
  }

  private var bytes: [UInt8] { source.bytes }

  private func byte(_ ahead: Int = 0) -> UInt8? {
    position + ahead < bytes.count ? bytes[position + ahead] : nil
  }

  private mutating func skip(while condition: (UInt8) -> Bool) {
    while let next = byte(), condition(next) { position += 1 }
  }

  private func text(from start: Int) -> String {
    String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// Returns the next word.
  ///
  /// - Throws: `sir.bad-character`, or what texts in quotes throw.
  mutating func next() throws(Diagnostic) -> Token {
    skipBlanksAndComments()
    let start = position
    return Token(kind: try kind(), offset: start)
  }

  private mutating func kind() throws(Diagnostic) -> Token.Kind {
    let start = position
    guard let first = byte() else { return .end }
    switch first {
    case UInt8(ascii: "\n"):
      position += 1
      return .newline
    case UInt8(ascii: "\""): return .string(try quotedText())
    case UInt8(ascii: "`"): return .quotedWord(try quotedText())
    case UInt8(ascii: "%"):
      position += 1
      skip(while: isLabelPart)
      guard position > start + 1 else { throw .badCharacter(at: source.site(start)) }
      return .label(String(text(from: start).dropFirst()))
    case _ where isDigit(first): return number()
    case UInt8(ascii: "-"): return try minus()
    case _ where isWordStart(first): return word()
    default: return try punctuation(first)
    }
  }

  private mutating func punctuation(_ first: UInt8) throws(Diagnostic) -> Token.Kind {
    let start = position
    position += 1
    let character = Character(Unicode.Scalar(first))
    if "()[]{}:=,".contains(character) { return .punctuation(character) }
    // The rest of a character of several bytes is part of the same mistake.
    skip { $0 & 0xC0 == 0x80 }
    throw .badCharacter(at: source.site(start))
  }

  private mutating func minus() throws(Diagnostic) -> Token.Kind {
    let start = position
    position += 1
    switch byte() {
    case UInt8(ascii: ">")?:
      position += 1
      return .arrow
    case let next? where isDigit(next) || isWordStart(next):
      guard case .number(let digits) = number() else { break }
      return .number("-" + digits)
    default: break
    }
    throw .badCharacter(at: source.site(start))
  }

  /// Returns digits and letters as they are; what they mean is up to the parser.
  private mutating func number() -> Token.Kind {
    let start = position
    while let next = byte() {
      let isSign = next == UInt8(ascii: "-") || next == UInt8(ascii: "+")
      if isSign {
        guard let last = byte(-1), position > start, last | 0x20 == UInt8(ascii: "e") else { break }
      } else if !(isDigit(next) || isWordStart(next) || next == UInt8(ascii: ".")) {
        break
      }
      position += 1
    }
    return .number(text(from: start))
  }

  private mutating func word() -> Token.Kind {
    let start = position
    skip(while: isWordPart)
    let word = text(from: start)
    guard word == "sha256", byte() == UInt8(ascii: ":") else { return .word(word) }
    position += 1
    let digits = position
    skip(while: isLabelPart)
    return .hash(text(from: digits))
  }

  private mutating func skipBlanksAndComments() {
    while let next = byte() {
      if next == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "/") {
        skip { $0 != UInt8(ascii: "\n") }
      } else if next == UInt8(ascii: " ") || next == UInt8(ascii: "\t")
        || next == UInt8(ascii: "\r")
      {
        position += 1
      } else {
        return
      }
    }
  }

  // MARK: Quotes

  /// Returns the text between two equal delimiters, with escapes replaced.
  private mutating func quotedText() throws(Diagnostic) -> String {
    let start = position
    let delimiter = bytes[position]
    position += 1
    var result: [UInt8] = []
    while let next = byte(), next != UInt8(ascii: "\n") {
      position += 1
      if next == delimiter { return String(decoding: result, as: UTF8.self) }
      if next == UInt8(ascii: "\\") {
        result += try escape()
      } else {
        result.append(next)
      }
    }
    throw .unterminatedText(at: source.site(start))
  }

  /// Returns what stands for an escape whose backslash was read.
  private mutating func escape() throws(Diagnostic) -> [UInt8] {
    let start = position - 1
    guard let next = byte(), next != UInt8(ascii: "\n") else {
      throw .badEscape(at: source.site(start))
    }
    position += 1
    switch next {
    case UInt8(ascii: "n"): return [UInt8(ascii: "\n")]
    case UInt8(ascii: "t"): return [UInt8(ascii: "\t")]
    case UInt8(ascii: "r"): return [UInt8(ascii: "\r")]
    case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "`"): return [next]
    case UInt8(ascii: "u"): return try unicodeEscape(from: start)
    default: throw .badEscape(at: source.site(start))
    }
  }

  private mutating func unicodeEscape(from start: Int) throws(Diagnostic) -> [UInt8] {
    guard byte() == UInt8(ascii: "{") else { throw .badEscape(at: source.site(start)) }
    position += 1
    let digits = position
    skip { isDigit($0) || isWordStart($0) }
    let code = text(from: digits)
    guard byte() == UInt8(ascii: "}"), code.utf8.count <= 6, let value = UInt32(code, radix: 16),
      let scalar = Unicode.Scalar(value)
    else { throw .badEscape(at: source.site(start)) }
    position += 1
    return Array(String(Character(scalar)).utf8)
  }

  // MARK: Blocks and recovery

  /// Returns the bytes of a block of base64 in braces that follows.
  ///
  /// - Throws: `sir.bad-base64`, placed at the character that does not belong there.
  mutating func base64Block() throws(Diagnostic) -> [UInt8] {
    skip { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard byte() == UInt8(ascii: "{") else { throw .badBase64(at: source.site(position)) }
    position += 1
    var decoder = Base64Decoder()
    while let next = byte() {
      if next == UInt8(ascii: "}") { break }
      guard decoder.accepts(next) else { throw .badBase64(at: source.site(position)) }
      position += 1
    }
    guard byte() == UInt8(ascii: "}"), let decoded = decoder.finished() else {
      throw .badBase64(at: source.site(position))
    }
    position += 1
    return decoded
  }

  /// Moves back to the end of the line whose end was the last word read.
  mutating func unreadNewline() {
    position -= 1
  }

  /// Moves to the next line that can begin a statement, or to the end.
  mutating func skipToStatement() {
    while position < bytes.count {
      skip { $0 != UInt8(ascii: "\n") }
      guard byte() != nil else { return }
      position += 1
      var probe = self
      probe.skip { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      let start = probe.position
      probe.skip(while: isWordPart)
      if probe.byte() == UInt8(ascii: "%") && probe.position == start
        || statementKeywords.contains(probe.text(from: start))
      {
        return
      }
    }
  }
}

/// The words with which statements begin, beside labels.
let statementKeywords: Set<String> = ["return", "encode", "decode"]
