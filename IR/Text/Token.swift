// The words of the text form.

/// A word of the text form with its place.
struct Token {

  /// What a word is.
  enum Kind: Equatable {
    /// A bare word, such as `conv2d` or `hard-sigmoid`.
    case word(String)
    /// A word in backquotes, which never is a keyword.
    case quotedWord(String)
    /// A name in the file, such as `%t3`, without the percent sign.
    case label(String)
    /// A number as it is written.
    case number(String)
    /// Text in quotes, without them and with escapes replaced.
    case string(String)
    /// `sha256:` with what follows, without the prefix.
    case hash(String)
    /// A bracket, comma, colon or equals sign.
    case punctuation(Character)
    /// `->`
    case arrow
    /// The end of a line.
    case newline
    /// The end of the file.
    case end
  }

  /// What the word is.
  var kind: Kind

  /// The position of its first byte.
  var offset: Int
}

extension Token.Kind: CustomStringConvertible {

  /// The word as messages name it.
  var description: String {
    switch self {
    case .word(let x): "'\(x)'"
    case .quotedWord(let x): "'`\(x)`'"
    case .label(let x): "'%\(x)'"
    case .number(let x): "'\(x)'"
    case .string: "text in quotes"
    case .hash: "a hash"
    case .punctuation(let x): "'\(x)'"
    case .arrow: "'->'"
    case .newline: "the end of the line"
    case .end: "the end of the file"
    }
  }
}
