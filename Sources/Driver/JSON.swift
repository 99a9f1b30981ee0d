// JSON with keys in a chosen order, so that equal results are equal texts.

/// A JSON value.
package enum JSON: Hashable, Sendable {
  /// Nothing known.
  case null
  /// A truth value.
  case bool(Bool)
  /// An integer.
  case integer(Int)
  /// A number; printed as `null` if it is not finite.
  case number(Double)
  /// A string.
  case string(String)
  /// A list.
  case array([JSON])
  /// An object; keys are printed in this order.
  case object([Member])

  /// A key of an object with its value.
  package struct Member: Hashable, Sendable {
    /// The key.
    package var key: String
    /// The value.
    package var value: JSON

    /// Creates a member.
    package init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// Returns the object with more members at its end; other values as they are.
  func adding(_ more: [Member]) -> JSON {
    guard case .object(let members) = self else { return self }
    return .object(members + more)
  }

  /// The value as text on one line.
  package var text: String {
    var result = ""
    append(to: &result)
    return result
  }

  private func append(to result: inout String) {
    switch self {
    case .null: result += "null"
    case .bool(let x): result += x ? "true" : "false"
    case .integer(let x): result += String(x)
    case .number(let x): result += x.isFinite ? x.description : "null"
    case .string(let x): JSON.appendQuoted(x, to: &result)
    case .array(let items):
      result += "["
      for (i, item) in items.enumerated() {
        if i > 0 { result += "," }
        item.append(to: &result)
      }
      result += "]"
    case .object(let members):
      result += "{"
      for (i, member) in members.enumerated() {
        if i > 0 { result += "," }
        JSON.appendQuoted(member.key, to: &result)
        result += ":"
        member.value.append(to: &result)
      }
      result += "}"
    }
  }

  private static func appendQuoted(_ string: String, to result: inout String) {
    result += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 32 || scalar.value == 127:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    result += "\""
  }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral,
  ExpressibleByArrayLiteral
{

  /// Creates an object whose keys keep the order of the literal.
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }

  /// Creates a string.
  package init(stringLiteral value: String) {
    self = .string(value)
  }

  /// Creates a list.
  package init(arrayLiteral elements: JSON...) {
    self = .array(elements)
  }

  /// Creates a string, `null` if there is none.
  package init(_ string: String?) {
    self = string.map { .string($0) } ?? .null
  }

  /// Creates an integer, `null` if there is none.
  package init(_ integer: Int?) {
    self = integer.map { .integer($0) } ?? .null
  }

  /// Creates a number, `null` if there is none.
  package init(_ number: Double?) {
    self = number.map { .number($0) } ?? .null
  }

  /// Creates a number, the shortest that gives the same 32-bit number.
  package init(_ number: Float) {
    self = .number(Double(number.description) ?? Double(number))
  }

  /// Creates a list of integers.
  package init(_ integers: [Int]) {
    self = .array(integers.map { .integer($0) })
  }

  /// Creates a list of numbers, each the shortest that gives the same 32-bit number.
  package init(_ numbers: [Float]) {
    self = .array(numbers.map { JSON($0) })
  }

  /// Creates a list of strings.
  package init(_ strings: [String]) {
    self = .array(strings.map { .string($0) })
  }
}
