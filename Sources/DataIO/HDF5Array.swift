// Datasets of HDF5 files as data arrays.

internal import Diagnostics
internal import HDF5
internal import SpikeIR

/// A dataset of an HDF5 file, read by rows when asked for.
final class HDF5Array: Sendable {

  /// The extents, outermost first.
  let shape: [Int]

  /// The type of the elements as stored.
  let kind: ElementKind

  private let file: HDF5File
  private let path: String

  /// The elements of a row: everything but the first extent.
  private let rowSize: Int

  /// The elements, if they are few enough to be kept: reading by rows would decompress a chunk
  /// once for each of its rows.
  private let kept: Kept?

  /// The largest array that is kept in memory, bytes.
  private static let keepLimit = 512 << 20

  private enum Kept: Sendable {
    case bytes([UInt8])
    case floats([Float])
  }

  /// Opens the dataset at `path` of the file `name`.
  ///
  /// - Throws: what the HDF5 library reports, `data.unsupported-type` if elements are not numbers.
  init(file name: String, path: String) throws(Diagnostic) {
    file = try HDF5File(readingAt: name)
    self.path = path
    let info = try file.info(of: path)
    shape = info.extents
    switch info.elementType {
    case .float(byteCount: 2): kind = .float16
    case .float(byteCount: 4): kind = .float32
    case .float(byteCount: 8): kind = .float64
    case .unsigned(byteCount: 1): kind = .uint8
    case .unsigned(byteCount: 2): kind = .uint16
    case .unsigned(byteCount: 4): kind = .uint32
    case .unsigned(byteCount: 8): kind = .uint64
    case .signed(byteCount: 1): kind = .int8
    case .signed(byteCount: 2): kind = .int16
    case .signed(byteCount: 4): kind = .int32
    case .signed(byteCount: 8): kind = .int64
    default: throw .unsupportedType("\(name):\(path)", "the type '\(info.elementType)'")
    }
    guard let bytes = checkedByteCount(shape, .float64),
      let rowBytes = checkedByteCount(Array(shape.dropFirst()), .float64)
    else { throw .badExtents("\(name):\(path)", shape) }
    rowSize = rowBytes / 8
    let elements = bytes / 8
    if kind == .uint8 && elements <= Self.keepLimit {
      kept = .bytes(try file.integers(path))
    } else if kind != .uint8 && elements <= Self.keepLimit / 4 {
      kept = .floats(try file.floats(path))
    } else {
      kept = nil
    }
  }

  /// Returns `count` elements from position `first` as 32-bit floating point.
  ///
  /// - Throws: what the HDF5 library reports.
  func floats(at first: Int, count: Int) throws(Diagnostic) -> [Float] {
    switch kept {
    case .bytes(let bytes): return bytes[first..<first + count].map { Float($0) }
    case .floats(let floats): return Array(floats[first..<first + count])
    case nil:
      guard !shape.isEmpty, rowSize > 0 else { return try file.floats(path) }
      let rows = first / rowSize..<(first + count + rowSize - 1) / rowSize
      let start = first - rows.lowerBound * rowSize
      return Array(try file.floats(path, rows: rows)[start..<start + count])
    }
  }

  /// Returns the paths of all datasets in the file `name`, for messages.
  ///
  /// - Throws: what the HDF5 library reports.
  static func datasets(in name: String) throws(Diagnostic) -> [String] {
    let file = try HDF5File(readingAt: name)
    var result: [String] = []
    var groups = [(path: "", depth: 0)]
    while let group = groups.popLast(), result.count < 100 {
      for member in try file.members(of: group.path.isEmpty ? "/" : group.path) {
        let path = "\(group.path)/\(member.name)"
        switch member.kind {
        case .dataset: result.append(path)
        case .group: if group.depth < 16 { groups.append((path, group.depth + 1)) }
        case .other: break
        }
      }
    }
    return result.sorted()
  }
}
