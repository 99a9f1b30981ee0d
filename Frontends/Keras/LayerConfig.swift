// Typed access to a layer's options; every wrong type or value is a diagnostic with its name.

internal import Diagnostics
internal import JSONReading

/// The generations of Keras whose defaults and layouts differ.
enum Generation: Hashable, Sendable {
  /// Keras 1, whose descriptions are translated into those of Keras 2.
  case one
  /// Keras 2, inside TensorFlow or not.
  case two
  /// Keras 3.
  case three
}

/// The options of a layer.
struct LayerConfig: Hashable, Sendable {

  /// The layer, for messages.
  var place: LayerPlace

  /// The class of the layer.
  var className: String

  /// Who wrote the file.
  var generation: Generation

  /// The options by name.
  var options: [String: JSON]

  /// The option `key`, `nil` if it is absent or null.
  subscript(key: String) -> JSON? {
    switch options[key] {
    case nil, .null?: nil
    case let value?: value
    }
  }

  /// Returns an error about the value of option `key`.
  func wrong(_ key: String, expected: String) -> Diagnostic {
    let found = options[key].map { "'\(key)' is \($0.excerpt)" } ?? "'\(key)' is missing"
    return .badLayer(place, "\(found), expected \(expected)")
  }

  /// Returns the whole number `key`, which is at least `minimum`, or `fallback`.
  func integer(
    _ key: String, atLeast minimum: Int, default fallback: Int? = nil
  ) throws(Diagnostic) -> Int {
    guard let value = self[key] else {
      if let fallback { return fallback }
      throw wrong(key, expected: "a whole number")
    }
    guard let integer = value.int, integer >= minimum else {
      throw wrong(key, expected: "a whole number of \(minimum) or more")
    }
    return integer
  }

  /// Returns the number `key`, or `fallback`.
  func number(_ key: String, default fallback: Double? = nil) throws(Diagnostic) -> Double {
    guard let value = options[key] else {
      if let fallback { return fallback }
      throw wrong(key, expected: "a number")
    }
    guard let number = value.scalar, number.isFinite else {
      throw wrong(key, expected: "a finite number")
    }
    return number
  }

  /// Returns the number `key`, `nil` if there is none.
  func optionalNumber(_ key: String) throws(Diagnostic) -> Double? {
    self[key] == nil ? nil : try number(key)
  }

  /// Returns the truth value `key`, or `fallback`.
  func flag(_ key: String, default fallback: Bool) throws(Diagnostic) -> Bool {
    guard let value = self[key] else { return fallback }
    guard let flag = value.bool else { throw wrong(key, expected: "true or false") }
    return flag
  }

  /// Returns the word `key`, or `fallback`.
  func word(_ key: String, default fallback: String) throws(Diagnostic) -> String {
    guard let value = self[key] else { return fallback }
    guard let word = value.string else { throw wrong(key, expected: "a word") }
    return word
  }

  /// Returns the `count` whole numbers `key`, each at least `minimum`; a single number stands for
  /// all of them.
  func integers(
    _ key: String, count: Int, atLeast minimum: Int, default fallback: [Int]? = nil
  ) throws(Diagnostic) -> [Int] {
    guard let value = self[key] else {
      if let fallback { return fallback }
      throw wrong(key, expected: "\(count) whole numbers")
    }
    let list = value.elements ?? [JSON](repeating: value, count: count)
    let integers = list.compactMap(\.int)
    guard integers.count == list.count, integers.count == count,
      integers.allSatisfy({ $0 >= minimum })
    else { throw wrong(key, expected: "\(count) whole numbers of \(minimum) or more") }
    return integers
  }

  /// Returns the list of whole numbers `key`, of any length.
  func integerList(_ key: String) throws(Diagnostic) -> [Int] {
    guard let value = self[key] else { throw wrong(key, expected: "a list of whole numbers") }
    let list = value.elements ?? [value]
    let integers = list.compactMap(\.int)
    guard integers.count == list.count else {
      throw wrong(key, expected: "a list of whole numbers")
    }
    return integers
  }

  /// Returns the number or the nested list of numbers `key`, flattened; `nil` if there is none.
  func constant(_ key: String) throws(Diagnostic) -> JSONArray? {
    guard let value = self[key] else { return nil }
    guard let array = JSONArray(value), array.numbers.allSatisfy(\.isFinite) else {
      throw wrong(key, expected: "finite numbers")
    }
    return array
  }

  /// Whether the first or the last dimension of an image is the channels.
  func isChannelsFirst() throws(Diagnostic) -> Bool {
    switch try word("data_format", default: "channels_last") {
    case "channels_last": return false
    case "channels_first": return true
    default: throw wrong("data_format", expected: "'channels_last' or 'channels_first'")
    }
  }

  /// The name of the policy that says in which type weights are stored, such as `bfloat16`.
  var dtypePolicy: String? {
    guard let value = self["dtype"] else { return nil }
    return value.string ?? value["config"]?["name"]?.string
  }

  /// Whether the layer's weights are trained; frozen ones come later in a nested model's list.
  var isTrainable: Bool { self["trainable"]?.bool ?? true }
}

/// A constant of any rank as JSON holds it.
struct JSONArray: Hashable, Sendable {

  /// The extents; empty for a single number.
  var extents: [Int]

  /// The elements in row-major order.
  var numbers: [Double]

  /// Takes a number, a nested list of numbers, or one of Keras's objects around them; `nil` if
  /// lists of one level differ in length or something is not a number.
  init?(_ value: JSON) {
    if let inner = value["config"]?["value"], value["class_name"] != nil {
      self.init(inner)
    } else if let number = value.scalar {
      self.init(extents: [], numbers: [number])
    } else {
      guard let elements = value.elements else { return nil }
      var parts: [JSONArray] = []
      for element in elements {
        guard let part = JSONArray(element), part.extents == parts.first?.extents ?? part.extents
        else { return nil }
        parts.append(part)
      }
      self.init(
        extents: [parts.count] + (parts.first?.extents ?? []), numbers: parts.flatMap(\.numbers))
    }
  }

  private init(extents: [Int], numbers: [Double]) {
    self.extents = extents
    self.numbers = numbers
  }
}

extension JSON {

  /// The value of a number, bare or in the object that Keras makes of a NumPy scalar.
  fileprivate var scalar: Double? {
    double ?? self["config"]?["value"]?.double ?? self["value"]?.double
  }
}
