// The wire format of protocol buffers, read strictly from a file through a small window: what a
// field says of its length is believed only after it was found to fit.

internal import Diagnostics
internal import FileReading

/// A field of a message: its number and its value, or where its value is.
struct WireField {

  /// How a value is written.
  enum Form: Int {
    /// A number in groups of 7 bits.
    case varint = 0
    /// Eight bytes.
    case fixed64 = 1
    /// Bytes after their number: text, a message, numbers in a row.
    case bytes = 2
    /// Four bytes.
    case fixed32 = 5
  }

  /// The field's number.
  var number: Int

  /// How the value is written.
  var form: Form

  /// The value of a number, as bits; 0 for `bytes`.
  var bits: UInt64

  /// Where the field starts in the file.
  var start: Int

  /// Where the value is in the file.
  var content: Range<Int>
}

/// A position in a file of messages.
///
/// The same checks hold for all messages: lengths fit into what encloses them, numbers end, and
/// fields are of a form that the format has.
struct WireReader: ~Copyable {

  /// The file.
  let file: ReadableFile

  /// The position of the next byte to read.
  var position = 0

  private var window: [UInt8]
  private var windowStart = 0

  /// The number of bytes read at a time; small, because values that are skipped lie in between.
  private static let windowSize = 1 << 16

  /// Creates a reader of `file` that starts at its first byte.
  init(_ file: ReadableFile) {
    self.file = file
    window = []
  }

  /// The number of bytes of the file.
  var size: Int { file.count }

  /// Reads the next field of the message that ends at `end`, and goes to the field's end.
  ///
  /// - Throws: `onnx.truncated` if the file ends within the field, `onnx.malformed` if the field
  ///   does not fit its message or has a form that the format does not have.
  mutating func nextField(before end: Int) throws(Diagnostic) -> WireField {
    let start = position
    let tag = try varint(before: end)
    let number = tag >> 3
    guard number >= 1, number < 1 << 29, let form = WireField.Form(rawValue: Int(tag & 7)) else {
      throw .badTag(tag, at: start)
    }
    var field = WireField(
      number: Int(number), form: form, bits: 0, start: start, content: position..<position)
    switch form {
    case .varint:
      field.bits = try varint(before: end)
    case .fixed64:
      field.bits = try fixed(8, before: end)
    case .fixed32:
      field.bits = try fixed(4, before: end)
    case .bytes:
      let count = try varint(before: end)
      field.content = position..<position
      position = try self.end(of: count, from: position, before: end)
    }
    field.content = field.content.lowerBound..<position
    return field
  }

  /// Reads a number in groups of 7 bits.
  mutating func varint(before end: Int) throws(Diagnostic) -> UInt64 {
    let start = position
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try byte(before: end)
      guard shift < 63 || byte <= 1 else { throw .longNumber(at: start) }
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
  }

  /// Reads a number of `count` bytes, the lowest first.
  private mutating func fixed(_ count: Int, before end: Int) throws(Diagnostic) -> UInt64 {
    var result: UInt64 = 0
    for i in 0..<count {
      result |= UInt64(try byte(before: end)) << UInt64(8 * i)
    }
    return result
  }

  /// Returns where `count` bytes end that start at `start`, if they fit.
  private func end(
    of count: UInt64, from start: Int, before end: Int
  ) throws(Diagnostic) -> Int {
    guard count > UInt64(end - start) else { return start + Int(count) }
    if count > UInt64(size - start) {
      throw .truncated(at: size, needed: count, from: start)
    }
    throw .fieldTooLong(count, at: start, left: end - start)
  }

  private mutating func byte(before end: Int) throws(Diagnostic) -> UInt8 {
    guard position < end else {
      if end == size { throw .truncated(at: size) }
      throw .messageEnds(at: end)
    }
    if position < windowStart || position >= windowStart + window.count { try fill() }
    let byte = window[position - windowStart]
    position += 1
    return byte
  }

  /// Moves the window to the position, which lies within the file.
  private mutating func fill() throws(Diagnostic) {
    let start = position
    window = try file.read(at: start, count: min(Self.windowSize, size - start))
    windowStart = start
  }

  /// Appends the bytes in `range`, which lies within the file, to `result`.
  mutating func append(_ range: Range<Int>, to result: inout [UInt8]) throws(Diagnostic) {
    let after = position
    position = range.lowerBound
    while position < range.upperBound {
      if position < windowStart || position >= windowStart + window.count { try fill() }
      let first = position - windowStart
      let count = min(window.count - first, range.upperBound - position)
      result.append(contentsOf: window[first..<first + count])
      position += count
    }
    position = after
  }
}
