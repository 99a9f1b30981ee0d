// From bytes of a file to numbers, type by type.

/// A number as a file has it, in little-endian order.
private protocol Stored: BitwiseCopyable {

  /// The number as 32-bit floating point, rounded to nearest.
  var asFloat: Float { get }

  /// The number as an integer, `nil` if it is none.
  var asInteger: Int? { get }
}

extension Stored where Self: BinaryInteger {
  fileprivate var asFloat: Float { Float(self) }
  fileprivate var asInteger: Int? { Int(exactly: self) }
}

extension Stored where Self: BinaryFloatingPoint {
  fileprivate var asFloat: Float { Float(self) }
  fileprivate var asInteger: Int? { Int(exactly: self) }
}

extension UInt8: Stored {}
extension Int8: Stored {}
extension UInt16: Stored {}
extension Int16: Stored {}
extension UInt32: Stored {}
extension Int32: Stored {}
extension UInt64: Stored {}
extension Int64: Stored {}
extension Float: Stored {}
extension Double: Stored {}

/// IEEE 754 binary16, decoded without the help of a processor that knows it.
private struct Half: Stored {
  var bits: UInt16

  var asFloat: Float {
    let sign = UInt32(bits >> 15) << 31
    let magnitude = UInt32(bits & 0x7FFF)
    // Infinities and NaNs keep their payload.
    if magnitude >= 0x7C00 { return Float(bitPattern: sign | 0x7F80_0000 | magnitude << 13) }
    // The exact factor 2^112 corrects the exponent's bias, also where the number is subnormal.
    let value = Float(bitPattern: magnitude << 13) * 0x1p112
    return Float(bitPattern: sign | value.bitPattern)
  }

  var asInteger: Int? { Int(exactly: asFloat) }
}

/// The upper half of IEEE 754 binary32.
private struct Brain: Stored {
  var bits: UInt16
  var asFloat: Float { Float(bitPattern: UInt32(bits) << 16) }
  var asInteger: Int? { Int(exactly: asFloat) }
}

/// A truth value: everything but 0 is true.
private struct Truth: Stored {
  var bits: UInt8
  var asFloat: Float { bits == 0 ? 0 : 1 }
  var asInteger: Int? { bits == 0 ? 0 : 1 }
}

/// A number as the importer wants it.
protocol ElementTarget: BitwiseCopyable {

  /// Takes a number of at most 8 bits over; `nil` if it cannot be expressed.
  init?(small value: Float)

  /// Takes numbers over from `bytes`; returns `false` iff one cannot be expressed.
  static func convert(
    _ type: ONNXElementType, _ bytes: UnsafeRawBufferPointer,
    into result: UnsafeMutableBufferPointer<Self>
  ) -> Bool
}

extension ONNXElementType {

  /// Writes the elements in `bytes` to the start of `result`.
  ///
  /// - Parameters:
  ///   - bytes: the elements, in the order of a file.
  ///   - result: what is beyond its end, which only fills up a byte, is dropped.
  /// - Returns: `false` iff one of the elements cannot be expressed in the type wanted.
  func decode<Target: ElementTarget>(
    _ bytes: UnsafeRawBufferPointer, into result: UnsafeMutableBufferPointer<Target>
  ) -> Bool {
    guard let small = smallValues else { return Target.convert(self, bytes, into: result) }
    let table = small.map { Target(small: $0) }
    let share = table.count == 4 ? 4 : table.count == 16 ? 2 : 1
    let bits = 8 / share
    for i in 0..<min(result.count, bytes.count * share) {
      let byte = Int(bytes[i / share]) >> (i % share * bits)
      guard let value = table[byte & (table.count - 1)] else { return false }
      result[i] = value
    }
    return true
  }

  /// The values of all bit patterns of a type of less than a byte or of an 8-bit floating-point
  /// type, `nil` for other types.
  ///
  /// - Source: ONNX, "Float stored in 8 bits" and "4 bit integer types"; OCP Microscaling Formats
  ///   1.0, section 5.
  private var smallValues: [Float]? {
    switch self {
    case .uint2: (0..<4).map { Float($0) }
    case .int2: (0..<4).map { Float($0 < 2 ? $0 : $0 - 4) }
    case .uint4: (0..<16).map { Float($0) }
    case .int4: (0..<16).map { Float($0 < 8 ? $0 : $0 - 16) }
    case .float4E2M1: Minifloat(exponent: 2, mantissa: 1, bias: 1, special: .none).values
    case .float8E4M3FN: Minifloat(exponent: 4, mantissa: 3, bias: 7, special: .lastIsNaN).values
    case .float8E4M3FNUZ: Minifloat(exponent: 4, mantissa: 3, bias: 8, special: .zeroIsNaN).values
    case .float8E5M2: Minifloat(exponent: 5, mantissa: 2, bias: 15, special: .ieee).values
    case .float8E5M2FNUZ: Minifloat(exponent: 5, mantissa: 2, bias: 16, special: .zeroIsNaN).values
    case .float8E8M0:
      (0..<256).map { $0 == 255 ? .nan : Float(sign: .plus, exponent: $0 - 127, significand: 1) }
    case .float, .uint8, .int8, .uint16, .int16, .int32, .int64, .string, .bool, .float16, .double,
      .uint32, .uint64, .complex64, .complex128, .bfloat16:
      nil
    }
  }
}

/// A floating-point format of at most 8 bits, with a sign.
private struct Minifloat {

  /// Which bit patterns are no numbers.
  enum Special {
    /// All are numbers.
    case none
    /// The last of each sign is no number.
    case lastIsNaN
    /// There is no negative zero; its pattern is no number.
    case zeroIsNaN
    /// The largest exponent is for infinities and what is no number.
    case ieee
  }

  var exponent: Int
  var mantissa: Int
  var bias: Int
  var special: Special

  /// The values of all bit patterns, in order.
  var values: [Float] {
    (0..<1 << (1 + exponent + mantissa)).map { value($0) }
  }

  private func value(_ bits: Int) -> Float {
    let half = 1 << (exponent + mantissa)
    let magnitude = bits & (half - 1)
    let (power, fraction) = (magnitude >> mantissa, magnitude & (1 << mantissa - 1))
    switch special {
    case .none: break
    case .lastIsNaN: if magnitude == half - 1 { return .nan }
    case .zeroIsNaN: if bits == half { return .nan }
    case .ieee:
      if power == 1 << exponent - 1 {
        return fraction != 0 ? .nan : bits < half ? .infinity : -.infinity
      }
    }
    let significand = Float(power == 0 ? fraction : fraction + 1 << mantissa)
    let value = Float(
      sign: .plus, exponent: max(power, 1) - bias - mantissa, significand: significand)
    return bits < half ? value : -value
  }
}

extension Float: ElementTarget {

  init?(small value: Float) { self = value }

  static func convert(
    _ type: ONNXElementType, _ bytes: UnsafeRawBufferPointer,
    into result: UnsafeMutableBufferPointer<Float>
  ) -> Bool {
    type.convert(bytes, into: result, each: FloatConversion())
  }
}

extension Int: ElementTarget {

  init?(small value: Float) { self.init(exactly: value) }

  static func convert(
    _ type: ONNXElementType, _ bytes: UnsafeRawBufferPointer,
    into result: UnsafeMutableBufferPointer<Int>
  ) -> Bool {
    type.convert(bytes, into: result, each: IntegerConversion())
  }
}

/// How one number of any type becomes one of another; a type, so that loops are compiled for it.
private protocol Conversion {
  associatedtype Target
  func value(_ stored: some Stored) -> Target?
}

private struct FloatConversion: Conversion {
  func value(_ stored: some Stored) -> Float? { stored.asFloat }
}

private struct IntegerConversion: Conversion {
  func value(_ stored: some Stored) -> Int? { stored.asInteger }
}

extension ONNXElementType {

  /// Converts elements of whole bytes that are not in a table.
  fileprivate func convert<C: Conversion>(
    _ bytes: UnsafeRawBufferPointer, into result: UnsafeMutableBufferPointer<C.Target>, each: C
  ) -> Bool {  // size: table
    switch self {
    case .float: convertAll(bytes, Float.self, result, each)
    case .double: convertAll(bytes, Double.self, result, each)
    case .float16: convertAll(bytes, Half.self, result, each)
    case .bfloat16: convertAll(bytes, Brain.self, result, each)
    case .uint8: convertAll(bytes, UInt8.self, result, each)
    case .int8: convertAll(bytes, Int8.self, result, each)
    case .uint16: convertAll(bytes, UInt16.self, result, each)
    case .int16: convertAll(bytes, Int16.self, result, each)
    case .uint32: convertAll(bytes, UInt32.self, result, each)
    case .int32: convertAll(bytes, Int32.self, result, each)
    case .uint64: convertAll(bytes, UInt64.self, result, each)
    case .int64: convertAll(bytes, Int64.self, result, each)
    case .bool: convertAll(bytes, Truth.self, result, each)
    case .string, .complex64, .complex128, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2,
      .float8E5M2FNUZ, .uint4, .int4, .float4E2M1, .float8E8M0, .uint2, .int2:
      preconditionFailure("internal: elements of type \(self) are not converted one by one")
    }
  }
}

/// Converts the elements in `bytes` to the start of `result`, which has room for all of them.
private func convertAll<S: Stored, C: Conversion>(
  _ bytes: UnsafeRawBufferPointer, _ stored: S.Type,
  _ result: UnsafeMutableBufferPointer<C.Target>, _ conversion: C
) -> Bool {
  let width = MemoryLayout<S>.size
  let count = bytes.count / width
  precondition(count <= result.count, "internal: no room for the elements")
  for i in 0..<count {
    let element = bytes.loadUnaligned(fromByteOffset: i * width, as: S.self)
    guard let value = conversion.value(element) else { return false }
    result[i] = value
  }
  return true
}
