// Protocol buffers as trees, so that a change deep inside a file leaves the lengths around it
// right: a reader then gets as far as the change.

internal import TestSupport

/// What kind of message is within which field of which.
struct ProtobufSchema: Sendable {

  /// The kinds of the messages, by the kind of the outer message and the number of the field.
  var inner: [String: [Int: String]]

  /// The kind of whole files.
  var root: String
}

/// A message as a list of fields.
struct ProtobufMessage {

  /// A field and its value.
  struct Field {
    var number: Int
    var value: Value
  }

  /// The value of a field.
  enum Value {
    case varint(UInt64)
    case fixed([UInt8])
    case bytes([UInt8])
    case message(ProtobufMessage)
  }

  var kind: String
  var fields: [Field]

  /// Reads a message; `nil` if `bytes` are none.
  init?(_ bytes: ArraySlice<UInt8>, kind: String, _ schema: ProtobufSchema) {
    self.kind = kind
    fields = []
    var rest = bytes
    while !rest.isEmpty {
      guard let tag = rest.takeVarint() else { return nil }
      let number = Int(tag >> 3 & 0x1FFF_FFFF)
      switch tag & 7 {
      case 0:
        guard let value = rest.takeVarint() else { return nil }
        fields.append(Field(number: number, value: .varint(value)))
      case 1, 5:
        let size = tag & 7 == 1 ? 8 : 4
        guard rest.count >= size else { return nil }
        fields.append(Field(number: number, value: .fixed(Array(rest.prefix(size)))))
        rest = rest.dropFirst(size)
      case 2:
        guard let size = rest.takeVarint(), size <= UInt64(rest.count) else { return nil }
        let content = rest.prefix(Int(size))
        rest = rest.dropFirst(Int(size))
        if let inner = schema.inner[kind]?[number],
          let message = ProtobufMessage(content, kind: inner, schema)
        {
          fields.append(Field(number: number, value: .message(message)))
        } else {
          fields.append(Field(number: number, value: .bytes(Array(content))))
        }
      default: return nil
      }
    }
  }

  /// Creates a message.
  init(_ kind: String, _ fields: [Field]) {
    self.kind = kind
    self.fields = fields
  }

  /// The message in the wire format.
  var bytes: [UInt8] {
    var result: [UInt8] = []
    for field in fields {
      let tag = UInt64(field.number) << 3
      switch field.value {
      case .varint(let value):
        result.append(varint: tag)
        result.append(varint: value)
      case .fixed(let bytes):
        result.append(varint: tag | (bytes.count == 8 ? 1 : 5))
        result += bytes
      case .bytes(let bytes): result.append(bytes, tag: tag)
      case .message(let message): result.append(message.bytes, tag: tag)
      }
    }
    return result
  }

  /// Changes one of the messages of the given kind, each equally likely.
  ///
  /// - Returns: `false` iff there is none.
  mutating func changeAny(
    _ kind: String, _ random: inout SplitMix64,
    _ change: (inout ProtobufMessage, inout SplitMix64) -> Void
  ) -> Bool {
    let count = self.count(kind)
    guard count > 0 else { return false }
    var index = random.int(0...count - 1)
    visit(kind) { message in
      if index == 0 { change(&message, &random) }
      index -= 1
    }
    return true
  }

  /// The number of messages of the given kind, this one included.
  func count(_ kind: String) -> Int {
    fields.reduce(self.kind == kind ? 1 : 0) { sum, field in
      if case .message(let message) = field.value { sum + message.count(kind) } else { sum }
    }
  }

  /// Calls `body` with each message of the given kind.
  mutating func visit(_ kind: String, _ body: (inout ProtobufMessage) -> Void) {
    for i in fields.indices {
      if case .message(var message) = fields[i].value {
        message.visit(kind, body)
        fields[i].value = .message(message)
      }
    }
    if self.kind == kind { body(&self) }
  }

  /// The kinds of all messages, with repetitions.
  var kinds: [String] {
    fields.reduce(into: [kind]) { kinds, field in
      if case .message(let message) = field.value { kinds += message.kinds }
    }
  }

  /// The texts in the fields `number` of the messages of the given kind.
  mutating func texts(_ kind: String, _ number: Int) -> [[UInt8]] {
    var result: [[UInt8]] = []
    visit(kind) { message in
      for field in message.fields where field.number == number {
        if case .bytes(let text) = field.value { result.append(text) }
      }
    }
    return result
  }

  /// Replaces all fields `number` by one with the given value.
  mutating func set(_ number: Int, _ value: Value) {
    fields.removeAll { $0.number == number }
    fields.append(Field(number: number, value: value))
  }

  /// Appends a field.
  mutating func add(_ number: Int, _ value: Value) {
    fields.append(Field(number: number, value: value))
  }
}

extension ArraySlice<UInt8> {

  /// Takes a number in groups of 7 bits from the start.
  fileprivate mutating func takeVarint() -> UInt64? {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = popFirst() else { return nil }
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
    }
    return nil
  }
}

extension [UInt8] {

  /// Appends a number in groups of 7 bits.
  mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  fileprivate mutating func append(_ content: [UInt8], tag: UInt64) {
    append(varint: tag | 2)
    append(varint: UInt64(content.count))
    self += content
  }
}
