// Constant arrays of a model: element types, extents, and elements read when they are needed.

internal import Diagnostics

/// The type of a tensor's elements; the raw values are those of the standard.
///
/// - Source: ONNX, `TensorProto.DataType`.
enum ONNXElementType: Int, Hashable, Sendable, CaseIterable {
  case float = 1
  case uint8, int8, uint16, int16, int32, int64, string, bool, float16, double, uint32, uint64
  case complex64, complex128, bfloat16
  case float8E4M3FN, float8E4M3FNUZ, float8E5M2, float8E5M2FNUZ
  case uint4, int4, float4E2M1, float8E8M0, uint2, int2

  /// `true` iff the elements are integers or truth values.
  var isInteger: Bool {
    switch self {
    case .uint8, .int8, .uint16, .int16, .int32, .int64, .bool, .uint32, .uint64, .uint4, .int4,
      .uint2, .int2:
      true
    case .float, .string, .float16, .double, .complex64, .complex128, .bfloat16, .float8E4M3FN,
      .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float4E2M1, .float8E8M0:
      false
    }
  }
}

/// A named constant array whose elements wait in the file.
struct ONNXTensor: Sendable {

  /// The name; empty for the value of an attribute.
  var name: String

  /// The type of the elements.
  var type: ONNXElementType

  /// The extents, in which there is no `fault(in:)`; a scalar has none.
  var extents: [Int]

  /// Where the elements are.
  var elements: any ONNXElements

  /// The number of elements.
  var count: Int { extents.reduce(1, *) }

  /// The largest product of the extents that are not 0 where one is.
  static let emptyLimit = 1 << 16

  /// Returns what is wrong with the extents of a constant, `nil` if nothing is.
  ///
  /// Where nothing is, products of any of the extents do not overflow, and what is done for each
  /// axis or each position along one does not take long where there are few elements or none.
  ///
  /// - Parameter extents: the extents that a file has or an operator gives.
  /// - Returns: the fault, to be put after a name.
  static func fault(in extents: [Int]) -> String? {
    guard extents.count <= NodeCall.rankLimit else {
      return "has \(extents.count) axes, accepted are \(NodeCall.rankLimit)"
    }
    if extents.contains(where: { $0 < 0 }) { return "has a negative extent: \(extents)" }
    var product = 1
    for extent in extents where extent != 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow else { return "has the extents \(extents), whose product no file can hold" }
      product = next
    }
    guard !extents.contains(0) || product <= emptyLimit else {
      return "has the extents \(extents), but no elements"
    }
    return nil
  }
}

/// Elements of a constant array, in row-major order.
protocol ONNXElements: Sendable {

  /// Returns the elements as 32-bit floating point: halves exactly, doubles and integers rounded.
  ///
  /// - Throws: `onnx.bad-tensor` if they cannot be read or are no numbers.
  func floats() throws(Diagnostic) -> [Float]

  /// Returns the elements as integers; floating-point elements must be whole numbers.
  ///
  /// - Throws: `onnx.bad-tensor` if they cannot be read or are no integers.
  func integers() throws(Diagnostic) -> [Int]

  /// Returns the elements as 32-bit floating point in the order of other dimensions.
  ///
  /// - Parameters:
  ///   - permutation: a reordering of as many elements.
  ///   - nonFinite: is increased by the number of elements that are infinite or not a number.
  /// - Returns: the elements.
  /// - Throws: as `floats()`.
  func floats(
    _ permutation: Permutation, nonFinite: inout Int
  ) throws(Diagnostic) -> [Float]
}

/// Elements that are at hand.
struct ONNXNumbers: ONNXElements {

  /// The elements, each exact if it came from an integer of at most 53 bits.
  var values: [Double]

  /// Creates elements.
  init(_ values: [Double]) {
    self.values = values
  }

  func floats() throws(Diagnostic) -> [Float] {
    values.map { Float($0) }
  }

  func integers() throws(Diagnostic) -> [Int] {
    var result: [Int] = []
    result.reserveCapacity(values.count)
    for value in values {
      guard let integer = Int(exactly: value) else {
        throw .error("onnx.bad-tensor", "found the element \(value), expected an integer")
      }
      result.append(integer)
    }
    return result
  }
}
