// Elements in the typed fields of a constant, as bytes in the order in which a file without such
// fields has them: one kind of decoder then serves both.

internal import Diagnostics

/// The elements in the fields of one number of a message, in order.
struct FieldStream: ~Copyable {

  private var wire: WireReader
  private let field: ElementField
  private let end: Int

  /// The number of bytes of an entry in the result.
  private let width: Int

  /// What is left of a field of several elements.
  private var rest = 0..<0

  /// Creates a stream of the elements in the fields `field` in `range` of the file of `wire`, of
  /// which each gives `width` bytes.
  init(
    _ wire: consuming WireReader, _ field: ElementField, in range: Range<Int>, width: Int
  ) {
    self.wire = wire
    self.wire.position = range.lowerBound
    self.field = field
    self.width = width
    end = range.upperBound
  }

  /// Returns the bytes of the next elements, about `limit` of them, `nil` after the last.
  ///
  /// - Throws: `onnx.bad-tensor` if an integer is beyond the range of the type.
  mutating func next(limit: Int) throws(Diagnostic) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(limit + 16)
    while result.count < limit {
      if !rest.isEmpty {
        try append(to: &result, limit)
      } else if wire.position < end {
        let next = try wire.nextField(before: end)
        guard next.number == field.rawValue else { continue }
        if next.form == .bytes {
          rest = next.content
        } else if next.form == .varint {
          try append(next.bits, to: &result)
        } else {
          append(next.bits, next.content.count, to: &result)
        }
      } else {
        break
      }
    }
    return result.isEmpty ? nil : result
  }

  /// Appends elements of the field that was begun.
  private mutating func append(to result: inout [UInt8], _ limit: Int) throws(Diagnostic) {
    if field.single == .varint {
      let after = rest.upperBound
      wire.position = rest.lowerBound
      while wire.position < after, result.count < limit {
        try append(try wire.varint(before: after), to: &result)
      }
      rest = wire.position..<after
    } else {
      // Not more than asked for, and whole elements.
      let count = min(rest.count, max(8, (limit - result.count) / 8 * 8))
      try wire.append(rest.lowerBound..<rest.lowerBound + count, to: &result)
      rest = rest.lowerBound + count..<rest.upperBound
    }
    if rest.isEmpty { wire.position = rest.upperBound }
  }

  /// Appends an integer; it must be one of the entry's width, with or without a sign.
  private func append(_ bits: UInt64, to result: inout [UInt8]) throws(Diagnostic) {
    if width < 8 {
      let value = Int64(bitPattern: bits)
      let bound = Int64(1) << Int64(8 * width)
      guard value >= -bound / 2, value < bound else { throw .entryOutOfRange(value, width) }
    }
    append(bits, width, to: &result)
  }

  private func append(_ bits: UInt64, _ count: Int, to result: inout [UInt8]) {
    for i in 0..<count {
      result.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * i)))
    }
  }
}
