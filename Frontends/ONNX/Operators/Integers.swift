// Integers in a network of real numbers: every integer of up to 24 bits is one, but quotients are
// to be cut and narrow types to be kept within their range.

internal import Diagnostics
internal import SpikeIR

extension ONNXElementType {

  /// `true` iff the elements are integers of at most 16 bits, and no truth values.
  var isNarrowInteger: Bool {
    isInteger && self != .bool && (bits ?? 64) <= 16
  }

  /// `true` iff the elements are integers that cannot be negative, or truth values.
  var isUnsigned: Bool {
    switch self {
    case .uint8, .uint16, .uint32, .uint64, .uint4, .uint2, .bool: true
    case .float, .int8, .int16, .int32, .int64, .string, .float16, .double, .complex64,
      .complex128, .bfloat16, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .int4,
      .float4E2M1, .float8E8M0, .int2:
      false
    }
  }

  /// Returns whether all integers of this type are also ones of `other`.
  func fits(in other: ONNXElementType) -> Bool {
    guard isInteger, other.isInteger, self != other else { return self == other }
    if self == .bool { return true }
    guard other != .bool, let own = bits, let its = other.bits else { return false }
    // A sign takes a bit.
    return isUnsigned
      ? own < its || (own == its && other.isUnsigned) : !other.isUnsigned && own <= its
  }

  /// Returns `value` brought into the range of the type, which wraps around.
  ///
  /// - Precondition: the type holds integers.
  func wrapping(_ value: Int) -> Int {
    guard let bits, bits < 64 else { return value }
    if self == .bool { return value == 0 ? 0 : 1 }
    let low = value & (1 << bits - 1)
    return isUnsigned || low < 1 << (bits - 1) ? low : low - 1 << bits
  }
}

extension GraphBuilder {

  /// Adds `value` without what comes after the point.
  mutating func truncated(_ value: Value, for site: NodeSite) throws(Diagnostic) -> Value {
    // sign(x) · floor(|x|).
    let sign = try mapped(value, .activation(Activation(.sign)), for: site, "sign")
    let magnitude = try mapped(value, .activation(Activation(.absolute)), for: site, "magnitude")
    let whole = try mapped(magnitude, .activation(Activation(.floor)), for: site, "floor")
    return try combined(.multiply, sign, whole, for: site)
  }

  /// Adds the integers `value` modulo the number of integers of `type`.
  ///
  /// - Precondition: the type has at most 16 bits, so that all steps are exact.
  mutating func wrapped(
    _ value: Value, to type: ONNXElementType, for site: NodeSite
  ) throws(Diagnostic) -> Value {
    guard let bits = type.bits, let lowest = type.range?.lowerBound else { return value }
    // x − 2ⁿ · floor((x − lowest) / 2ⁿ).
    let size = Float(1 << bits)
    let above = lowest == 0 ? value : try shifted(value, by: -Float(lowest), for: site, "above")
    let turns = try mapped(
      try scaled(above, by: 1 / size, for: site, "ranges"), .activation(Activation(.floor)),
      for: site, "turns")
    let excess = try scaled(turns, by: -size, for: site, "excess")
    var result = try combined(.add, value, excess, for: site, "wrapped")
    result.type = type
    return result
  }

  /// Adds what a cast to `type` does to numbers that are held as floating point.
  ///
  /// - Source: ONNX, `Cast`: real numbers lose what is after the point; integers that the type does
  ///   not have lose their upper bits.
  mutating func cast(
    _ value: Value, to type: ONNXElementType, for site: NodeSite
  ) throws(Diagnostic) -> Value {
    var result = value
    let source = value.type ?? .float
    if !type.isInteger || source.fits(in: type) {
      result.type = type
      return result
    }
    if type == .bool {
      let sign = try mapped(value, .activation(Activation(.sign)), for: site, "sign")
      result = try mapped(sign, .activation(Activation(.absolute)), for: site)
    } else if !source.isInteger {
      result = try truncated(value, for: site)
    } else if type.isNarrowInteger {
      return try wrapped(value, to: type, for: site)
    } else if type.isUnsigned {
      throw .unsupportedUse(
        site,
        "converts computed integers of type \(source) to \(type), where negative ones become too "
          + "large to be exact", advice: "cast to a signed type")
    }
    result.type = type
    return result
  }
}

extension NodeCall {

  /// Returns the type to which `Cast` converts.
  func castType() throws(Diagnostic) -> ONNXElementType {
    guard let type = ONNXElementType(rawValue: try int("to", default: 1)), type != .string else {
      throw .badAttribute(site, "to", found: "of no number", expected: "a type of numbers")
    }
    return type
  }

  /// Returns the only operand, a constant, with its elements converted to `type`.
  func foldedCast(to type: ONNXElementType) throws(Diagnostic) -> ONNXTensor {
    var constant = try constant(0, "data")
    let source = constant.type
    guard type.isInteger else {
      if source.isInteger { return result(try numbers(0), constant.extents, type: type) }
      // What is read of the file does not depend on the type from here on.
      constant.type = type
      return constant
    }
    if source.fits(in: type) {
      constant.type = type
      return constant
    }
    if type == .bool {
      return result(try numbers(0).map { $0 == 0 ? 0 : 1 }, constant.extents, type: type)
    }
    guard source.isInteger else {
      return result(try numbers(0).map { $0.rounded(.towardZero) }, constant.extents, type: type)
    }
    let wrapped = try constant.elements.integers().map { Double(type.wrapping($0)) }
    return result(wrapped, constant.extents, type: type)
  }
}
