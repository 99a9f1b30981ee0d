// A JSON value with typed access to what it holds.

/// A JSON value.
package enum JSON: Hashable, Sendable {
  /// Nothing.
  case null
  /// A truth value.
  case flag(Bool)
  /// A number without point and exponent that `Int` holds.
  case integer(Int)
  /// Another number.
  case number(Double)
  /// A string.
  case text(String)
  /// A list.
  case list([JSON])
  /// An object.
  case object([String: JSON])
}

extension JSON {

  /// The members, if this is an object.
  package var members: [String: JSON]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// The elements, if this is a list.
  package var elements: [JSON]? {
    if case .list(let elements) = self { elements } else { nil }
  }

  /// The characters, if this is text.
  package var string: String? {
    if case .text(let string) = self { string } else { nil }
  }

  /// The truth value, if this is one.
  package var bool: Bool? {
    if case .flag(let flag) = self { flag } else { nil }
  }

  /// The value, if this is a whole number that `Int` holds.
  package var int: Int? {
    switch self {
    case .integer(let x): x
    case .number(let x): Int(exactly: x)
    default: nil
    }
  }

  /// The value, if this is a number.
  package var double: Double? {
    switch self {
    case .integer(let x): Double(x)
    case .number(let x): x
    default: nil
    }
  }

  /// The member `key`, if this is an object that has it.
  package subscript(key: String) -> JSON? {
    members?[key]
  }

  /// The value as it would be written, cut short where it is long; for messages.
  package var excerpt: String {
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
