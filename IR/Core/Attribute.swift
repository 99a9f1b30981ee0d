// Named attributes: the one form in which operators, neuron models and projections give their
// parameters to the printer and take them from the parser.

public import Diagnostics

/// The value of an attribute.
public enum AttributeValue: Hashable, Sendable {
  /// An integer, printed without a point.
  case integer(Int)
  /// A floating-point number, printed with a point or exponent.
  case number(Float)
  /// A keyword, printed bare; `true` and `false` are keywords.
  case word(String)
  /// Free text, printed in quotes.
  case text(String)
  /// A list of integers.
  case integers([Int])
  /// A list of floating-point numbers.
  case numbers([Float])
  /// A tensor of the graph's store.
  case tensor(TensorID)
}

/// An attribute: a name and its value.
public struct Attribute: Hashable, Sendable {

  /// The name, kebab-case.
  public var name: String

  /// The value.
  public var value: AttributeValue

  /// Creates an attribute; `nil` if there is no value.
  public init?(_ name: String, _ value: AttributeValue?) {
    guard let value else { return nil }
    self.name = name
    self.value = value
  }

  /// Creates an attribute.
  public init(name: String, value: AttributeValue) {
    self.name = name
    self.value = value
  }
}

/// An entity whose parameters are named attributes and which can be made from them.
public protocol Attributed: Hashable, Sendable {

  /// The keyword of the entity's kind in the text form, such as `conv2d`.
  static var mnemonic: String { get }

  /// The parameters, in the order in which they are printed; defaults may be left out.
  var attributes: [Attribute] { get }

  /// Creates an entity from parameters.
  ///
  /// - Throws: `ir.bad-attribute` if one is missing or has the wrong type.
  init(reading attributes: inout AttributeReader) throws(Diagnostic)
}

/// A list of attributes that is taken apart by name; what is left over is an error.
public struct AttributeReader: Sendable {

  /// The keyword of the entity being read, for messages.
  public let subject: String

  private var remaining: [Attribute]

  /// Creates a reader over `attributes` of an entity called `subject`.
  public init(_ attributes: [Attribute], of subject: String) {
    self.subject = subject
    remaining = attributes
  }

  /// Removes and returns the value called `name`, `nil` if there is none.
  public mutating func take(_ name: String) -> AttributeValue? {
    guard let i = remaining.firstIndex(where: { $0.name == name }) else { return nil }
    return remaining.remove(at: i).value
  }

  /// Returns the integer called `name`, or `fallback`.
  public mutating func integer(_ name: String, default fallback: Int? = nil) throws(Diagnostic)
    -> Int
  {
    switch take(name) {
    case .integer(let x)?: return x
    case nil: if let fallback { return fallback }
    default: break
    }
    throw .badAttribute(name, of: subject, expected: "an integer")
  }

  /// Returns the number called `name`, or `fallback`; integers are taken as numbers.
  public mutating func number(_ name: String, default fallback: Float? = nil) throws(Diagnostic)
    -> Float
  {
    switch take(name) {
    case .number(let x)?: return x
    case .integer(let x)?: return Float(x)
    case nil: if let fallback { return fallback }
    default: break
    }
    throw .badAttribute(name, of: subject, expected: "a number")
  }

  /// Returns the number called `name`, `nil` if there is none.
  public mutating func optionalNumber(_ name: String) throws(Diagnostic) -> Float? {
    guard remaining.contains(where: { $0.name == name }) else { return nil }
    return try number(name)
  }

  /// Returns the truth value called `name`, or `fallback`.
  public mutating func flag(_ name: String, default fallback: Bool = false) throws(Diagnostic)
    -> Bool
  {
    switch take(name) {
    case .word("true")?: return true
    case .word("false")?: return false
    case nil: return fallback
    default: throw .badAttribute(name, of: subject, expected: "true or false")
    }
  }

  /// Returns the keyword called `name` as a case of `T`.
  public mutating func keyword<T: RawRepresentable & CaseIterable>(
    _ name: String, as type: T.Type = T.self, default fallback: T? = nil
  ) throws(Diagnostic) -> T where T.RawValue == String {
    switch take(name) {
    case .word(let word)?: if let value = T(rawValue: word) { return value }
    case nil: if let fallback { return fallback }
    default: break
    }
    let choices = T.allCases.map(\.rawValue).joined(separator: ", ")
    throw .badAttribute(name, of: subject, expected: "one of \(choices)")
  }

  /// Returns the text called `name`, or `fallback`.
  public mutating func text(_ name: String, default fallback: String? = nil) throws(Diagnostic)
    -> String
  {
    switch take(name) {
    case .text(let x)?: return x
    case nil: if let fallback { return fallback }
    default: break
    }
    throw .badAttribute(name, of: subject, expected: "text in quotes")
  }

  /// Returns the text called `name`, `nil` if there is none.
  public mutating func optionalText(_ name: String) throws(Diagnostic) -> String? {
    guard remaining.contains(where: { $0.name == name }) else { return nil }
    return try text(name)
  }

  /// Returns the list of numbers called `name`, or `fallback`; integers are taken as numbers.
  public mutating func numbers(
    _ name: String, default fallback: [Float]? = nil
  ) throws(Diagnostic) -> [Float] {
    switch take(name) {
    case .numbers(let x)?: return x
    case .integers(let x)?: return x.map { Float($0) }
    case nil: if let fallback { return fallback }
    default: break
    }
    throw .badAttribute(name, of: subject, expected: "a list of numbers")
  }

  /// Returns the list of integers called `name`, or `fallback`; `count` says how many there are.
  public mutating func integers(
    _ name: String, count: Int? = nil, default fallback: [Int]? = nil
  ) throws(Diagnostic) -> [Int] {
    switch take(name) {
    case .integers(let x)?: if count.map({ $0 == x.count }) ?? true { return x }
    case .numbers([])?: if count.map({ $0 == 0 }) ?? true { return [] }
    case nil: if let fallback { return fallback }
    default: break
    }
    let expected = count.map { "a list of \($0) integers" } ?? "a list of integers"
    throw .badAttribute(name, of: subject, expected: expected)
  }

  /// Returns the list of integers called `name`, `nil` if there is none.
  public mutating func optionalIntegers(_ name: String) throws(Diagnostic) -> [Int]? {
    remaining.contains { $0.name == name } ? try integers(name) : nil
  }

  /// Returns the tensor called `name`.
  public mutating func tensor(_ name: String) throws(Diagnostic) -> TensorID {
    if let id = try optionalTensor(name) { return id }
    throw .badAttribute(name, of: subject, expected: "a tensor")
  }

  /// Returns the tensor called `name`, `nil` if there is none.
  public mutating func optionalTensor(_ name: String) throws(Diagnostic) -> TensorID? {
    switch take(name) {
    case .tensor(let id)?: return id
    case nil: return nil
    default: throw .badAttribute(name, of: subject, expected: "a tensor")
    }
  }

  /// Returns all attributes not taken so far, and takes them.
  public mutating func takeAll() -> [Attribute] {
    defer { remaining = [] }
    return remaining
  }

  /// Checks that every attribute was taken.
  ///
  /// - Throws: `ir.unknown-attribute` naming the first that was not.
  public func finish() throws(Diagnostic) {
    if let extra = remaining.first { throw .unknownAttribute(extra.name, of: subject) }
  }
}

extension Diagnostic {

  /// Returns an error about an attribute that is missing or of the wrong type.
  static func badAttribute(
    _ name: String, of subject: String, expected: String
  ) -> Diagnostic {
    .error("ir.bad-attribute", "'\(subject)' needs the attribute '\(name)' as \(expected)")
  }

  /// Returns an error about an attribute that the entity does not have.
  static func unknownAttribute(_ name: String, of subject: String) -> Diagnostic {
    .error("ir.unknown-attribute", "'\(subject)' has no attribute '\(name)'")
  }
}
