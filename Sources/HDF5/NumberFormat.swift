// Numbers in files as 32-bit floating point: every width, either byte order.

/// How numbers are stored.
struct NumberFormat: Hashable, Sendable {

  /// What the numbers are.
  enum Kind: Hashable, Sendable {
    case float16, bfloat16, float32, float64
    case integer(size: Int, isSigned: Bool)
  }

  /// What the numbers are.
  var kind: Kind

  /// `true` iff the most significant byte comes first.
  var isBigEndian: Bool

  /// Creates a format.
  init(_ kind: Kind, isBigEndian: Bool) {
    self.kind = kind
    self.isBigEndian = isBigEndian
  }

  /// The size of a number, bytes.
  var size: Int {
    switch kind {
    case .float16, .bfloat16: 2
    case .float32: 4
    case .float64: 8
    case .integer(let size, _): size
    }
  }

  /// `true` iff the bytes are those of `Float` in memory.
  var isNativeFloat: Bool { kind == .float32 && isBigEndian == NumberFormat.isMachineBigEndian }

  /// `true` iff the machine puts the most significant byte first.
  static var isMachineBigEndian: Bool { 1.bigEndian == 1 }

  /// Converts numbers; what 32 bits cannot hold is rounded to nearest, ties to even.
  ///
  /// - Precondition: `bytes` holds a number for each element of `floats`.
  func convert(
    _ bytes: UnsafeRawBufferPointer, into floats: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(bytes.count == floats.count * size, "internal: numbers differ in count")
    switch kind {
    case .float16: map(bytes, floats) { (x: UInt16) in Float(Float16(bitPattern: x)) }
    case .bfloat16: map(bytes, floats) { (x: UInt16) in Float(bitPattern: UInt32(x) << 16) }
    case .float32: map(bytes, floats) { (x: UInt32) in Float(bitPattern: x) }
    case .float64: map(bytes, floats) { (x: UInt64) in Float(Double(bitPattern: x)) }
    case .integer(1, false): map(bytes, floats) { (x: UInt8) in Float(x) }
    case .integer(2, false): map(bytes, floats) { (x: UInt16) in Float(x) }
    case .integer(4, false): map(bytes, floats) { (x: UInt32) in Float(x) }
    case .integer(_, false): map(bytes, floats) { (x: UInt64) in Float(x) }
    case .integer(1, true): map(bytes, floats) { (x: Int8) in Float(x) }
    case .integer(2, true): map(bytes, floats) { (x: Int16) in Float(x) }
    case .integer(4, true): map(bytes, floats) { (x: Int32) in Float(x) }
    case .integer(_, true): map(bytes, floats) { (x: Int64) in Float(x) }
    }
  }

  /// Stores the value of `body` for each number of `bytes`.
  @inline(__always)
  private func map<T: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ floats: UnsafeMutableBufferPointer<Float>,
    _ body: (T) -> Float
  ) {
    let stride = MemoryLayout<T>.size
    if isBigEndian {
      for i in floats.indices {
        floats[i] = body(
          T(bigEndian: bytes.loadUnaligned(fromByteOffset: i * stride, as: T.self)))
      }
    } else {
      for i in floats.indices {
        floats[i] = body(
          T(littleEndian: bytes.loadUnaligned(fromByteOffset: i * stride, as: T.self)))
      }
    }
  }
}
