// Reading datasets: what they are, and their elements as floating point or as stored.

internal import CHDF5
public import Diagnostics

/// The type of a dataset's elements as stored.
public enum HDF5ElementType: Hashable, Sendable, CustomStringConvertible {
  /// Floating point of the given size.
  case float(byteCount: Int)
  /// Two's complement integers of the given size.
  case signed(byteCount: Int)
  /// Integers without a sign of the given size.
  case unsigned(byteCount: Int)
  /// Strings.
  case string
  /// Bytes without a meaning to HDF5; bfloat16 is stored as two of them.
  case opaque(byteCount: Int)
  /// Something else, described in words.
  case other(String)

  /// `true` iff the elements are numbers.
  public var isNumber: Bool {
    switch self {
    case .float, .signed, .unsigned: true
    case .string, .opaque, .other: false
    }
  }

  /// The type in words: `32-bit floating point`.
  public var description: String {
    switch self {
    case .float(let n): "\(n * 8)-bit floating point"
    case .signed(let n): "\(n * 8)-bit integers"
    case .unsigned(let n): "\(n * 8)-bit unsigned integers"
    case .string: "strings"
    case .opaque(let n): "opaque elements of \(n) bytes"
    case .other(let words): words
    }
  }
}

/// What a dataset is.
public struct HDF5Dataset: Hashable, Sendable {

  /// The extents, outermost first; empty for a scalar.
  public var extents: [Int]

  /// The type of the elements as stored.
  public var elementType: HDF5ElementType
}

/// A type of integers that datasets can be read as and written from.
public protocol HDF5Integer: FixedWidthInteger, BitwiseCopyable, Sendable {}

extension UInt8: HDF5Integer {}
extension Int8: HDF5Integer {}
extension Int16: HDF5Integer {}
extension Int32: HDF5Integer {}
extension Int64: HDF5Integer {}

extension HDF5File {

  /// Returns what the dataset at `path` is; its elements may still prove unreadable.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-dataset`.
  public func info(of path: String) throws(Diagnostic) -> HDF5Dataset {
    try locked { file throws(Diagnostic) in try file.info(of: try file.dataset(path), path) }
  }

  /// Returns the elements of the dataset at `path` in row-major order, converted to floating point.
  ///
  /// - Parameters:
  ///   - path: where the dataset is.
  ///   - rows: the part along the first dimension to read; everything if absent.
  ///   - readsBFloat16: whether opaque elements of two bytes are taken as bfloat16.
  /// - Returns: the elements; 64-bit numbers are rounded.
  /// - Throws: `hdf5.not-found` or `hdf5.bad-dataset`.
  public func floats(
    _ path: String, rows: Range<Int>? = nil, readsBFloat16: Bool = false
  ) throws(Diagnostic) -> [Float] {
    try locked { file throws(Diagnostic) in
      let dataset = try file.dataset(path)
      let info = try file.info(of: dataset, path)
      if readsBFloat16, info.elementType == .opaque(byteCount: 2), rows == nil {
        let halves: [UInt16] = try file.readAsStored(dataset, info, path)
        return halves.map { Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16) }
      }
      guard info.elementType.isNumber else {
        throw Diagnostic.badDataset(
          "found \(info.elementType), expected numbers", in: file.path, at: path)
      }
      return try file.read(
        dataset, info, rows: rows, as: spikec_h5_native_float(), zero: Float(0), path)
    }
  }

  /// Returns the elements of the dataset at `path` in row-major order, which are stored as `T`.
  ///
  /// - Parameters:
  ///   - path: where the dataset is.
  ///   - type: the type of the elements, which must be that of the file.
  ///   - rows: the part along the first dimension to read; everything if absent.
  /// - Returns: the elements.
  /// - Throws: `hdf5.not-found` or `hdf5.bad-dataset`.
  public func integers<T: HDF5Integer>(
    _ path: String, as type: T.Type = T.self, rows: Range<Int>? = nil
  ) throws(Diagnostic) -> [T] {
    try locked { file throws(Diagnostic) in
      let dataset = try file.dataset(path)
      let info = try file.info(of: dataset, path)
      guard info.elementType == T.hdf5Type else {
        throw Diagnostic.badDataset(
          "found \(info.elementType), expected \(T.hdf5Type)", in: file.path, at: path)
      }
      return try file.read(dataset, info, rows: rows, as: T.nativeType, zero: T.zero, path)
    }
  }

  /// Returns the strings of the dataset at `path` in row-major order.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-dataset`.
  public func strings(_ path: String) throws(Diagnostic) -> [String] {
    try locked { file throws(Diagnostic) in
      let dataset = try file.dataset(path)
      let info = try file.info(of: dataset, path)
      guard info.elementType == .string else {
        throw Diagnostic.badDataset(
          "found \(info.elementType), expected strings", in: file.path, at: path)
      }
      let count = try file.checkedCount(dataset, info, path)
      guard let strings = dataset.strings(count: count) else {
        throw Diagnostic.badDataset("cannot be read as UTF-8 text", in: file.path, at: path)
      }
      return strings
    }
  }
}

extension OpenFile {

  /// Returns what `dataset` is.
  ///
  /// - Throws: `hdf5.bad-dataset`.
  func info(of dataset: borrowing Handle, _ path: String) throws(Diagnostic) -> HDF5Dataset {
    guard let extents = dataset.space()?.extents, let type = dataset.type()?.elementType else {
      throw .badDataset("the type or the extents cannot be read", in: self.path, at: path)
    }
    return HDF5Dataset(extents: extents, elementType: type)
  }

  /// Returns the number of elements of `dataset`, after checking that the file holds them.
  ///
  /// Without the check, a few bytes could declare any amount of memory. Compressed elements may
  /// take up to `expansionLimit` times their storage.
  ///
  /// - Throws: `hdf5.bad-dataset`.
  func checkedCount(
    _ dataset: borrowing Handle, _ info: HDF5Dataset, _ path: String
  ) throws(Diagnostic) -> Int {
    guard let storage = dataset.storage(), let size = dataset.type()?.elementSize else {
      throw .badDataset("the storage cannot be found out", in: self.path, at: path)
    }
    guard !storage.isElsewhere else {
      throw .badDataset(
        "the elements are in another file, expected them in this one", in: self.path, at: path)
    }
    let stored = min(storage.byteCount, self.size)
    let limit =
      storage.isChunked
      ? stored.multipliedReportingOverflow(by: expansionLimit).partialValue : stored
    guard let bytes = checkedProduct(info.extents + [max(1, size)]), bytes <= limit else {
      throw .badDataset(
        "declares the extents \(info.extents) of \(info.elementType), found \(stored) bytes",
        in: self.path, at: path)
    }
    return info.extents.reduce(1, *)
  }

  /// Returns the elements of `dataset` as the library's `type`, in memory as `T`.
  ///
  /// - Throws: `hdf5.bad-dataset`.
  func read<T: BitwiseCopyable>(
    _ dataset: borrowing Handle, _ info: HDF5Dataset, rows: Range<Int>?, as type: hid_t, zero: T,
    _ path: String
  ) throws(Diagnostic) -> [T] {
    let count = try checkedCount(dataset, info, path)
    guard let rows else {
      var elements = [T](repeating: zero, count: count)
      guard count == 0 || dataset.read(into: &elements, as: type) else {
        throw .badDataset("cannot read the elements", in: self.path, at: path)
      }
      return elements
    }
    guard let all = info.extents.first, rows.lowerBound >= 0, rows.upperBound <= all else {
      throw .badDataset(
        "asked for rows \(rows) of a dataset of extents \(info.extents)", in: self.path, at: path)
    }
    guard count > 0, !rows.isEmpty else { return [] }
    let part = [rows.count] + info.extents.dropFirst()
    var elements = [T](repeating: zero, count: part.reduce(1, *))
    guard let space = dataset.space(), space.selectRows(rows, of: info.extents),
      let memory = Handle.space(part),
      dataset.read(into: &elements, as: type, memory: memory, file: space)
    else {
      throw .badDataset("cannot read rows \(rows)", in: self.path, at: path)
    }
    return elements
  }

  /// Returns the elements of `dataset`, two bytes each, without conversion.
  ///
  /// - Throws: `hdf5.bad-dataset`.
  func readAsStored(
    _ dataset: borrowing Handle, _ info: HDF5Dataset, _ path: String
  ) throws(Diagnostic) -> [UInt16] {
    let count = try checkedCount(dataset, info, path)
    var elements = [UInt16](repeating: 0, count: count)
    guard count > 0 else { return elements }
    guard let type = dataset.type(), dataset.read(into: &elements, as: type) else {
      throw .badDataset("cannot read the elements", in: self.path, at: path)
    }
    return elements
  }
}

/// How many times larger than its storage a chunked dataset may be: deflate reaches 1,032.
private let expansionLimit: UInt64 = 1_100

extension HDF5Integer {

  /// The type as HDF5 describes it.
  static var hdf5Type: HDF5ElementType {
    isSigned ? .signed(byteCount: bitWidth / 8) : .unsigned(byteCount: bitWidth / 8)
  }

  /// The library's name of the type in memory.
  static var nativeType: hid_t {
    switch (isSigned, bitWidth) {
    case (false, _): spikec_h5_native_uint8()
    case (true, 8): spikec_h5_native_int8()
    case (true, 16): spikec_h5_native_int16()
    case (true, 32): spikec_h5_native_int32()
    default: spikec_h5_native_int64()
    }
  }

  /// The library's name of the type in files.
  static var fileType: hid_t {
    switch (isSigned, bitWidth) {
    case (false, _): spikec_h5_uint8_le()
    case (true, 8): spikec_h5_int8_le()
    case (true, 16): spikec_h5_int16_le()
    case (true, 32): spikec_h5_int32_le()
    default: spikec_h5_int64_le()
    }
  }
}
