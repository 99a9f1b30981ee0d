// NumPy's array files, format versions 1 to 3.

internal import Archive
internal import Diagnostics
internal import FileReading
internal import SpikeIR

/// The header of a `.npy` file.
///
/// - Source: NumPy, `numpy.lib.format`, "Format Version 1.0" to "3.0".
struct NPYHeader {

  /// The bytes with which a file begins.
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The largest header that is read, bytes; NumPy itself stops at 10,000 characters.
  static let limit = 1 << 16

  /// The type of the elements.
  var kind: ElementKind

  /// `true` iff elements have their most significant byte first.
  var isBigEndian: Bool

  /// `true` iff the first index varies fastest.
  var isColumnMajor: Bool

  /// The extents.
  var shape: [Int]

  /// The position of the first element in the file.
  var dataOffset: Int

  /// Reads the header at the beginning of `bytes`.
  ///
  /// - Throws: `data.bad-npy` if it is not one, `data.unsupported-type` for other element types.
  init(_ bytes: [UInt8], name: String) throws(Diagnostic) {
    guard bytes.holds(Self.magic), bytes.count >= 10 else { throw .badNPY(name, "no NumPy header") }
    let version = bytes[6]
    guard 1...3 ~= version else {
      throw .badNPY(name, "format version \(version), expected 1 to 3")
    }
    let start = version == 1 ? 10 : 12
    let length =
      version == 1
      ? bytes.littleEndian(at: 8, as: UInt16.self).map { Int($0) }
      : bytes.littleEndian(at: 8, as: UInt32.self).map { Int($0) }
    guard let length, length <= Self.limit, start + length <= bytes.count else {
      throw .badNPY(name, "the header is cut off or too long")
    }
    dataOffset = start + length
    var parser = LiteralParser(bytes[start..<dataOffset])
    guard case .dictionary(let fields)? = parser.parse() else {
      throw .badNPY(name, "the header is not a dictionary")
    }
    guard case .truth(let columnMajor)? = fields["fortran_order"] else {
      throw .badNPY(name, "the header has no 'fortran_order'")
    }
    isColumnMajor = columnMajor
    (kind, isBigEndian) = try Self.elementType(fields["descr"], name: name)
    shape = try Self.extents(fields["shape"], name: name)
  }

  /// Returns the extents in the header's field `shape`.
  private static func extents(_ field: Literal?, name: String) throws(Diagnostic) -> [Int] {
    guard case .tuple(let items)? = field, items.count <= 32 else {
      throw .badNPY(name, "the header has no 'shape'")
    }
    var result: [Int] = []
    for item in items {
      guard case .integer(let extent) = item, extent >= 0 else {
        throw .badNPY(name, "an extent of 'shape' is not a natural number")
      }
      result.append(extent)
    }
    return result
  }

  /// Returns the element type in the header's field `descr`, such as `<f4`.
  private static func elementType(
    _ field: Literal?, name: String
  ) throws(Diagnostic) -> (ElementKind, bigEndian: Bool) {
    guard case .text(let descr)? = field else {
      throw .unsupportedType(name, "a record type")
    }
    guard let order = descr.first, "<>|=".contains(order),
      let kind = kinds[String(descr.dropFirst())]
    else { throw .unsupportedType(name, "the NumPy type '\(descr)'") }
    return (kind, order == ">")
  }

  private static let kinds: [String: ElementKind] = [
    "b1": .bool, "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16, "u4": .uint32,
    "i4": .int32, "u8": .uint64, "i8": .int64, "f2": .float16, "f4": .float32, "f8": .float64,
  ]
}

extension DataArray {

  /// Opens the NumPy array in `source`; elements in column-major order are brought into row-major
  /// order, which takes them into memory.
  ///
  /// - Throws: `data.bad-npy`, `data.unsupported-type`, `data.bad-shape` or `file.truncated`.
  static func npy(_ source: ByteSource) throws(Diagnostic) -> DataArray {
    let header = try NPYHeader(source.prefix(NPYHeader.limit + 12), name: source.name)
    let data = try source.part(
      at: header.dataOffset, count: source.count - header.dataOffset, name: source.name)
    let array = try DataArray(
      name: source.name, shape: header.shape, kind: header.kind, bigEndian: header.isBigEndian,
      source: data)
    guard header.isColumnMajor, header.shape.count > 1 else { return array }
    let size = header.kind.byteCount
    let bytes = rowMajor(
      try data.read(at: 0, count: array.count * size), shape: header.shape, elementSize: size)
    return try DataArray(
      name: source.name, shape: header.shape, kind: header.kind, bigEndian: header.isBigEndian,
      source: ByteSource(bytes, name: source.name))
  }
}

/// Returns the elements of a column-major array in row-major order.
///
/// - Complexity: O(elements).
private func rowMajor(_ bytes: [UInt8], shape: [Int], elementSize size: Int) -> [UInt8] {
  var strides: [Int] = []
  var stride = size
  for extent in shape {
    strides.append(stride)
    stride *= extent
  }
  var index = [Int](repeating: 0, count: shape.count)
  var source = 0
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count)
  while result.count < bytes.count {
    for i in 0..<size { result.append(bytes[source + i]) }
    var axis = shape.count - 1
    while axis >= 0 {
      index[axis] += 1
      source += strides[axis]
      if index[axis] < shape[axis] { break }
      source -= strides[axis] * shape[axis]
      index[axis] = 0
      axis -= 1
    }
  }
  return result
}
