// The idx format of the MNIST files, for arrays of any element type and rank.

internal import Archive
internal import Diagnostics
internal import FileReading
internal import SpikeIR

/// The header of an idx file.
///
/// - Source: Y. LeCun, C. Cortes, C. Burges, the MNIST database, "the IDX file format".
struct IDXHeader {

  /// The largest header: four bytes, and four for each of 255 extents.
  static let limit = 4 + 4 * 255

  /// The type of the elements, stored big-endian.
  var kind: ElementKind

  /// The extents.
  var shape: [Int]

  /// Returns whether `bytes` begin like an idx file: two zeros, a type, a rank of at least 1.
  static func recognizes(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 8 && bytes[0] == 0 && bytes[1] == 0 && kinds[bytes[2]] != nil && bytes[3] > 0
  }

  /// Reads the header at the beginning of `bytes`.
  ///
  /// - Throws: `file.truncated` if it is cut off, `data.unknown-format` if it is not one.
  init(_ bytes: [UInt8], name: String) throws(Diagnostic) {
    guard Self.recognizes(bytes), let kind = Self.kinds[bytes[2]] else {
      throw .unknownFormat(name)
    }
    self.kind = kind
    shape = []
    for i in 0..<Int(bytes[3]) {
      guard let extent = bytes.bigEndian(at: 4 + 4 * i, as: UInt32.self) else {
        throw .truncated(
          name, needed: "\(4 + 4 * Int(bytes[3]), of: "byte") of header", size: bytes.count)
      }
      shape.append(Int(extent))
    }
  }

  /// The position of the first element in the file.
  var dataOffset: Int { 4 + 4 * shape.count }

  private static let kinds: [UInt8: ElementKind] = [
    0x08: .uint8, 0x09: .int8, 0x0B: .int16, 0x0C: .int32, 0x0D: .float32, 0x0E: .float64,
  ]
}

extension DataArray {

  /// Opens the idx array in `source`.
  ///
  /// - Throws: `file.truncated` if the file is shorter than its header says, `data.trailing-bytes`
  ///   if it is longer.
  static func idx(_ source: ByteSource) throws(Diagnostic) -> DataArray {
    let header = try IDXHeader(source.prefix(IDXHeader.limit), name: source.name)
    let data = try source.part(
      at: header.dataOffset, count: source.count - header.dataOffset, name: source.name)
    let array = try DataArray(
      name: source.name, shape: header.shape, kind: header.kind, bigEndian: true, source: data)
    let expected = array.count * array.kind.byteCount
    guard data.count == expected else {
      throw .trailingBytes(source.name, expected: expected, found: data.count)
    }
    return array
  }
}
