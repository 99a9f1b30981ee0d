// Datasets: what they are, and their elements as floating point or as stored.

internal import CHDF5Child
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
    case .opaque(let n): "opaque elements of \(n, of: "byte")"
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

extension HDF5Integer {

  /// The type as HDF5 describes it.
  static var hdf5Type: HDF5ElementType {
    isSigned ? .signed(byteCount: bitWidth / 8) : .unsigned(byteCount: bitWidth / 8)
  }
}

extension HDF5File {

  /// Returns what the dataset at `path` is; its elements may still prove unreadable.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-dataset`.
  public func info(of path: String) throws(Diagnostic) -> HDF5Dataset {
    try reader(path).info
  }

  /// Returns the elements of the dataset at `path` in row-major order, converted to floating point.
  ///
  /// - Parameters:
  ///   - path: where the dataset is.
  ///   - rows: the part along the first dimension to read; everything if absent.
  ///   - readsBFloat16: whether opaque elements of two bytes are taken as bfloat16, also where the
  ///     dataset does not say so.
  /// - Returns: the elements; 64-bit numbers are rounded.
  /// - Throws: `hdf5.not-found` or `hdf5.bad-dataset`.
  public func floats(
    _ path: String, rows: Range<Int>? = nil, readsBFloat16: Bool = false
  ) throws(Diagnostic) -> [Float] {
    try dataset(path, readsBFloat16: readsBFloat16).floats(rows: rows)
  }

  /// Returns the dataset at `path`, whose numbers can be read later, also when this value is gone.
  ///
  /// - Parameters:
  ///   - path: where the dataset is.
  ///   - readsBFloat16: whether opaque elements of two bytes are taken as bfloat16, also where the
  ///     dataset does not say so.
  /// - Returns: the dataset; what it declares has been checked, no element has been read.
  /// - Throws: `hdf5.not-found`, or `hdf5.bad-dataset` if it does not hold numbers or declares more
  ///   than the file holds.
  public func dataset(
    _ path: String, readsBFloat16: Bool = false
  ) throws(Diagnostic) -> HDF5DatasetReference {
    let reader = try reader(path)
    let says = try? string(attribute: "dtype", of: path)
    let isBFloat16 =
      reader.info.elementType == .opaque(byteCount: 2) && (readsBFloat16 || says == "bfloat16")
    guard isBFloat16 || reader.info.elementType.isNumber else {
      throw .badDataset(
        "found \(reader.info.elementType), expected numbers", in: self.path, at: path)
    }
    _ = try reader.checkedCount()
    return HDF5DatasetReference(reader: reader, isBFloat16: isBFloat16)
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
    let reader = try reader(path)
    guard reader.info.elementType == T.hdf5Type else {
      throw .badDataset(
        "found \(reader.info.elementType), expected \(T.hdf5Type)", in: self.path, at: path)
    }
    return try reader.integers(rows: rows)
  }

  /// Returns the strings of the dataset at `path` in row-major order.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-dataset`.
  public func strings(_ path: String) throws(Diagnostic) -> [String] {
    let reader = try reader(path)
    guard reader.info.elementType == .string else {
      throw .badDataset(
        "found \(reader.info.elementType), expected strings", in: self.path, at: path)
    }
    return try reader.strings()
  }

  /// Returns where in the file the elements of the dataset at `path` lie, if they are 32-bit
  /// floating point in the machine's byte order, one after the other; `nil` if they lie otherwise.
  ///
  /// Writing other bytes there changes the elements and nothing else.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-dataset`.
  public func floatRange(of path: String) throws(Diagnostic) -> Range<Int>? {
    let reader = try reader(path)
    let count = try reader.checkedCount()
    guard reader.stored.type.numberFormat?.isNativeFloat == true,
      let start = try reader.offset(ofElement: 0)
    else { return nil }
    return start..<start + 4 * count
  }

  /// Returns what reads the dataset at `path`.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-dataset`.
  private func reader(_ path: String) throws(Diagnostic) -> DatasetReader {
    let object = try object(path)
    guard object.kind == .dataset else {
      throw .badDataset("found a group, expected a dataset", in: self.path, at: path)
    }
    guard let dataset = object.dataset, let extents = dataset.extents else {
      throw .badDataset(
        "the type or the extents cannot be read", object.datasetProblem, in: self.path, at: path)
    }
    return DatasetReader(
      source: source, path: path, address: object.address, stored: dataset, extents: extents)
  }
}
