// Which fields of which messages the reader keeps, and what form they have. What is not listed is
// skipped; the schema of the messages that libprotobuf-c then unpacks is onnx.proto.

/// The kinds of messages that the reader hands to libprotobuf-c.
enum WireMessage {
  case model, operatorSet, graph, function, node, attribute, tensor, segment, entry
  case valueInfo, type, tensorType, shape, dimension
}

/// What the reader does with a field.
enum FieldRule {
  /// An integer.
  case integer
  /// Integers, in a row or one by one.
  case integers
  /// A number of four bytes.
  case float
  /// Numbers of four bytes, in a row or one by one.
  case floats
  /// Text, valid and free of zeros.
  case text
  /// Bytes; if they are too many to be of use, they are treated as `unread`.
  case bytes
  /// A message; `single` iff there is at most one.
  case message(WireMessage, single: Bool)
  /// Elements of a constant, which stay in the file.
  case elements
  /// A value that is noted but not read.
  case unread
}

extension WireMessage {

  /// Returns what to do with the field `number`, `nil` if it is of no interest.
  ///
  /// - Source: ONNX, `onnx.proto`, by field numbers.
  func rule(for number: Int) -> FieldRule? {  // size: table
    switch (self, number) {
    case (.model, 1): .integer
    case (.model, 2), (.model, 3): .text
    case (.model, 8): .message(.operatorSet, single: false)
    case (.operatorSet, 1): .text
    case (.operatorSet, 2): .integer
    case (.graph, 2): .text
    case (.function, 1), (.function, 4), (.function, 5), (.function, 6): .text
    case (.function, 10), (.function, 13): .text
    case (.function, 9): .message(.operatorSet, single: false)
    case (.function, 11): .message(.attribute, single: false)
    case (.node, 1), (.node, 2), (.node, 3), (.node, 4), (.node, 7), (.node, 8): .text
    case (.node, 5): .message(.attribute, single: false)
    case (.attribute, 1), (.attribute, 21): .text
    case (.attribute, 2): .float
    case (.attribute, 3), (.attribute, 20): .integer
    case (.attribute, 4), (.attribute, 9): .bytes
    case (.attribute, 5): .message(.tensor, single: true)
    case (.attribute, 7): .floats
    case (.attribute, 8): .integers
    case (.attribute, 6), (.attribute, 10), (.attribute, 11), (.attribute, 14): .unread
    case (.attribute, 15), (.attribute, 22), (.attribute, 23): .unread
    case (.tensor, 1): .integers
    case (.tensor, 2), (.tensor, 14): .integer
    case (.tensor, 3): .message(.segment, single: true)
    case (.tensor, 8): .text
    case (.tensor, 13): .message(.entry, single: false)
    case (.tensor, 4), (.tensor, 5), (.tensor, 6), (.tensor, 7): .elements
    case (.tensor, 9), (.tensor, 10), (.tensor, 11): .elements
    case (.entry, 1), (.entry, 2): .text
    case (.valueInfo, 1): .text
    case (.valueInfo, 2): .message(.type, single: true)
    case (.type, 1): .message(.tensorType, single: true)
    case (.tensorType, 1): .integer
    case (.tensorType, 2): .message(.shape, single: true)
    case (.shape, 1): .message(.dimension, single: false)
    case (.dimension, 1): .integer
    case (.dimension, 2): .text
    default: nil
    }
  }
}

extension FieldRule {

  /// Returns whether the rule takes values of the given form.
  ///
  /// - Parameters:
  ///   - form: the form of the value.
  ///   - number: the number of the field, which matters for elements.
  /// - Returns: `true` iff it does.
  func takes(_ form: WireField.Form, field number: Int) -> Bool {
    switch self {
    case .integer: form == .varint
    case .integers: form == .varint || form == .bytes
    case .float: form == .fixed32
    case .floats: form == .fixed32 || form == .bytes
    case .text, .bytes, .message, .unread: form == .bytes
    case .elements: form == .bytes || ElementField(rawValue: number)?.single == form
    }
  }
}

/// The fields of a constant that hold elements; the raw values are their numbers.
enum ElementField: Int {
  case floats = 4
  case int32s = 5
  case strings = 6
  case int64s = 7
  case raw = 9
  case doubles = 10
  case uint64s = 11

  /// The form of a single element; `nil` if elements come as bytes only.
  var single: WireField.Form? {
    switch self {
    case .floats: .fixed32
    case .int32s, .int64s, .uint64s: .varint
    case .doubles: .fixed64
    case .strings, .raw: nil
    }
  }
}
