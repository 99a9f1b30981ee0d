// A dataset whose numbers are read later: weights wait in their file until they are needed.

public import Diagnostics

/// A dataset of an open file, to be read at any time and from any thread.
///
/// The value keeps the file open (one descriptor a file, however many datasets); a file that is
/// changed in the meantime is noticed, a file that is replaced is read as it was.
public struct HDF5DatasetReference: Sendable {

  private let reader: DatasetReader
  private let isBFloat16: Bool

  /// Where the dataset is in its file.
  public var path: String { reader.path }

  /// What the dataset is.
  public var info: HDF5Dataset { reader.info }

  /// Refers to a dataset of numbers whose declarations have been checked.
  init(reader: DatasetReader, isBFloat16: Bool) {
    self.reader = reader
    self.isBFloat16 = isBFloat16
  }

  /// Returns the elements in row-major order, converted to floating point.
  ///
  /// - Parameter rows: the part along the first dimension to read; everything if absent.
  /// - Returns: the elements; numbers of 64 bits are rounded.
  /// - Throws: `hdf5.bad-dataset`, `file.changed` if the file is not what it was, `hdf5.damaged`.
  /// - Complexity: one copy from the file if it holds 32-bit floating point without compression.
  public func floats(rows: Range<Int>? = nil) throws(Diagnostic) -> [Float] {
    try reader.floats(rows: rows, isBFloat16: isBFloat16)
  }

  /// Calls `body` with the elements in row-major order, block by block, for readers that put them
  /// elsewhere at once and need no second copy.
  ///
  /// - Parameters:
  ///   - rows: the part along the first dimension to read; everything if absent.
  ///   - body: takes the position of a block's first element among all elements, and the elements.
  /// - Throws: what `body` throws, else as `floats(rows:)`.
  public func forEachBlock(
    rows: Range<Int>? = nil, _ body: (Int, Span<Float>) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    try reader.forEachBlock(rows: rows, isBFloat16: isBFloat16, body)
  }
}
