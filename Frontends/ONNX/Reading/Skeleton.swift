// Messages without what the importer does not need and without elements of constants, which stay
// in the file: what libprotobuf-c is given to unpack. It copies all that it unpacks, so it must
// not see weights; and it takes a hundred bytes for two, so what it sees is counted first.

internal import Diagnostics

/// A message in the wire format that is safe to unpack.
struct Skeleton {

  /// The message.
  fileprivate(set) var bytes: [UInt8] = []

  /// An estimate from above of the memory that the unpacked message takes, bytes.
  fileprivate(set) var cost = 0

  /// The most memory that one message may take unpacked, bytes.
  static let limit = 64 << 20

  /// The longest text, and the longest value of bytes that is read, bytes.
  static let textLimit = 1 << 20

  /// Takes memory for a field with the given number of bytes beside its own.
  fileprivate mutating func charge(_ count: Int) throws(Diagnostic) {
    cost += 128 + count
    guard cost <= Self.limit else { throw .tooManyParts(limit: Self.limit) }
  }

  /// Appends a number in groups of 7 bits.
  fileprivate mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Appends the start of a field.
  fileprivate mutating func append(tag number: Int, _ form: WireField.Form) {
    append(varint: UInt64(number) << 3 | UInt64(form.rawValue))
  }

  /// Appends a field with an integer.
  fileprivate mutating func append(field number: Int, _ value: UInt64) {
    append(tag: number, .varint)
    append(varint: value)
  }

  /// Appends a field with a message that `content` appends.
  fileprivate mutating func append(
    message number: Int, _ content: (inout Skeleton) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    append(tag: number, .bytes)
    let place = bytes.count
    // The length is known afterwards: it takes five groups, whatever it is.
    bytes.append(contentsOf: [0x80, 0x80, 0x80, 0x80, 0])
    try content(&self)
    var length = bytes.count - place - 5
    for i in 0..<5 {
      bytes[place + i] |= UInt8(length & 0x7F)
      length >>= 7
    }
  }
}

/// Where elements of a constant are in the file; see `ElementsProto` in the schema.
private struct ElementSpan {
  var field: ElementField
  var start: Int
  var end: Int
  var size: Int
}

/// The number of the field in which the reader adds what the file does not have.
private let addedField = 536_870_911

extension WireReader {

  /// Reads the message in `range` of the file and returns what of it is to be unpacked.
  ///
  /// - Throws: `onnx.truncated`, `onnx.malformed`, or `onnx.too-many-parts` if unpacking it would
  ///   take too much memory.
  mutating func skeleton(
    of range: Range<Int>, as message: WireMessage
  ) throws(Diagnostic) -> Skeleton {
    var result = Skeleton()
    try copy(range, as: message, to: &result)
    return result
  }

  /// Appends what is of interest of the message in `range`; leaves the position at its end.
  ///
  /// The calls nest no deeper than the rules, which know no message that contains itself.
  private mutating func copy(
    _ range: Range<Int>, as message: WireMessage, to result: inout Skeleton
  ) throws(Diagnostic) {
    var seen: Set<Int> = []
    var spans: [ElementSpan] = []
    position = range.lowerBound
    while position < range.upperBound {
      let field = try nextField(before: range.upperBound)
      guard let rule = message.rule(for: field.number) else { continue }
      guard rule.takes(field.form, field: field.number) else {
        throw .wrongForm(field, in: message)
      }
      try result.charge(0)
      switch rule {
      case .message(let inner, let single):
        guard !single || seen.insert(field.number).inserted else {
          throw .doubled(field, in: message)
        }
        try copy(field, message: inner, to: &result)
      case .elements:
        if let span = ElementField(rawValue: field.number) { add(field, span, to: &spans) }
      default:
        try copy(field, by: rule, to: &result)
      }
    }
    for span in spans { try append(span, to: &result) }
  }

  /// Appends a field that is a message.
  private mutating func copy(
    _ field: WireField, message: WireMessage, to result: inout Skeleton
  ) throws(Diagnostic) {
    try result.charge(160)
    try result.append(message: field.number) { (result) throws(Diagnostic) in
      try copy(field.content, as: message, to: &result)
    }
    position = field.content.upperBound
  }

  /// Appends a field that is no message.
  private mutating func copy(
    _ field: WireField, by rule: FieldRule, to result: inout Skeleton
  ) throws(Diagnostic) {
    let count = field.content.count
    switch (rule, field.form) {
    case (.unread, _),
      (.bytes, _) where count > Skeleton.textLimit:
      result.append(field: addedField, UInt64(field.number))
    case (_, .varint):
      result.append(field: field.number, field.bits)
    case (.text, _) where count > Skeleton.textLimit:
      throw .longText(count, at: field.content.lowerBound)
    case (.floats, .bytes) where count % 4 != 0:
      throw .ragged(count, at: field.content.lowerBound)
    default:
      // A row of integers takes eight bytes for each byte at worst.
      if case .integers = rule {
        try result.charge(10 * count)
      } else {
        try result.charge(2 * count)
      }
      result.append(tag: field.number, field.form)
      if field.form == .bytes { result.append(varint: UInt64(count)) }
      let start = result.bytes.count
      try append(field.content, to: &result.bytes)
      if case .text = rule, !result.bytes[start...].isText {
        throw .notText(at: field.content.lowerBound)
      }
    }
  }

  /// Notes where elements are: the last ones count if they are bytes, otherwise all of them.
  private func add(_ field: WireField, _ number: ElementField, to spans: inout [ElementSpan]) {
    let content = field.content
    if let i = spans.firstIndex(where: { $0.field == number }) {
      if number == .raw {
        spans[i] = ElementSpan(
          field: number, start: content.lowerBound, end: content.upperBound, size: content.count)
      } else {
        spans[i].end = content.upperBound
        spans[i].size += content.count
      }
    } else {
      let start = number == .raw ? content.lowerBound : field.start
      spans.append(
        ElementSpan(field: number, start: start, end: content.upperBound, size: content.count))
    }
  }

  /// Appends the description of where elements are.
  private func append(_ span: ElementSpan, to result: inout Skeleton) throws(Diagnostic) {
    try result.charge(160)
    try result.append(message: addedField) { (result) throws(Diagnostic) in
      result.append(field: 1, UInt64(span.field.rawValue))
      result.append(field: 2, UInt64(span.start))
      result.append(field: 3, UInt64(span.end))
      result.append(field: 4, UInt64(span.size))
    }
  }
}

extension ArraySlice<UInt8> {

  /// `true` iff the bytes are UTF-8 without zeros, at which C would cut them.
  fileprivate var isText: Bool {
    if allSatisfy({ $0 > 0 && $0 < 0x80 }) { return true }
    return !contains(0) && String(validating: self, as: UTF8.self) != nil
  }
}
