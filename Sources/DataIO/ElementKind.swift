// The element types of data files, and how their bytes become numbers.

/// The type of the elements of a data file, byte order apart.
package enum ElementKind: String, Hashable, Sendable, CaseIterable {
  /// A byte that is zero or not.
  case bool
  /// 8-bit unsigned integers.
  case uint8 = "u8"
  /// 8-bit two's complement.
  case int8 = "i8"
  /// 16-bit unsigned integers.
  case uint16 = "u16"
  /// 16-bit two's complement.
  case int16 = "i16"
  /// 32-bit unsigned integers.
  case uint32 = "u32"
  /// 32-bit two's complement.
  case int32 = "i32"
  /// 64-bit unsigned integers.
  case uint64 = "u64"
  /// 64-bit two's complement.
  case int64 = "i64"
  /// 16-bit IEEE floating point.
  case float16 = "f16"
  /// 32-bit IEEE floating point.
  case float32 = "f32"
  /// 64-bit IEEE floating point.
  case float64 = "f64"

  /// The size of an element, bytes.
  package var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .uint16, .int16, .float16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }

  /// `true` iff the elements are floating-point numbers.
  package var isFloatingPoint: Bool {
    switch self {
    case .float16, .float32, .float64: true
    default: false
    }
  }

  /// Returns the elements in `bytes` as 32-bit floating point, rounded to nearest.
  ///
  /// - Complexity: O(elements), one allocation.
  func floats(in bytes: [UInt8], bigEndian: Bool) -> [Float] {
    bytes.withUnsafeBytes { raw in
      switch self {
      case .bool: raw.map { $0 == 0 ? 0 : 1 }
      case .uint8: raw.map { Float($0) }
      case .int8: raw.map { Float(Int8(bitPattern: $0)) }
      case .uint16: words(raw, bigEndian) { (x: UInt16) in Float(x) }
      case .int16: words(raw, bigEndian) { (x: Int16) in Float(x) }
      case .uint32: words(raw, bigEndian) { (x: UInt32) in Float(x) }
      case .int32: words(raw, bigEndian) { (x: Int32) in Float(x) }
      case .uint64: words(raw, bigEndian) { (x: UInt64) in Float(x) }
      case .int64: words(raw, bigEndian) { (x: Int64) in Float(x) }
      case .float16: words(raw, bigEndian) { (x: UInt16) in Float(Float16(bitPattern: x)) }
      case .float32: words(raw, bigEndian) { (x: UInt32) in Float(bitPattern: x) }
      case .float64: words(raw, bigEndian) { (x: UInt64) in Float(Double(bitPattern: x)) }
      }
    }
  }

  /// Returns the elements in `bytes` as integers, `nil` in place of those that are not integers.
  func integers(in bytes: [UInt8], bigEndian: Bool) -> [Int?] {
    bytes.withUnsafeBytes { raw in
      switch self {
      case .bool: raw.map { $0 == 0 ? 0 : 1 }
      case .uint8: raw.map { Int($0) }
      case .int8: raw.map { Int(Int8(bitPattern: $0)) }
      case .uint16: words(raw, bigEndian) { (x: UInt16) in Int(x) }
      case .int16: words(raw, bigEndian) { (x: Int16) in Int(x) }
      case .uint32: words(raw, bigEndian) { (x: UInt32) in Int(x) }
      case .int32: words(raw, bigEndian) { (x: Int32) in Int(x) }
      case .uint64: words(raw, bigEndian) { (x: UInt64) in Int(exactly: x) }
      case .int64: words(raw, bigEndian) { (x: Int64) in Int(x) }
      case .float16: words(raw, bigEndian) { (x: UInt16) in Int(exactly: Float16(bitPattern: x)) }
      case .float32: words(raw, bigEndian) { (x: UInt32) in Int(exactly: Float(bitPattern: x)) }
      case .float64: words(raw, bigEndian) { (x: UInt64) in Int(exactly: Double(bitPattern: x)) }
      }
    }
  }
}

/// Returns the result of `convert` for each whole word in `raw`, in order.
private func words<Word: FixedWidthInteger, Value>(
  _ raw: UnsafeRawBufferPointer, _ bigEndian: Bool, _ convert: (Word) -> Value
) -> [Value] {
  let size = MemoryLayout<Word>.size
  return (0..<raw.count / size).map { i in
    let word = raw.loadUnaligned(fromByteOffset: i * size, as: Word.self)
    return convert(bigEndian ? Word(bigEndian: word) : Word(littleEndian: word))
  }
}

/// Returns the number of bytes of an array, `nil` if an extent is negative or the product too large.
func checkedByteCount(_ extents: [Int], _ kind: ElementKind) -> Int? {
  var product = kind.byteCount
  for extent in extents {
    let (value, overflow) = product.multipliedReportingOverflow(by: extent)
    guard extent >= 0, !overflow else { return nil }
    product = value
  }
  return product
}
