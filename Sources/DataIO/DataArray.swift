// An array in a data file: its shape and type at once, its elements when asked for.

internal import Archive
package import Diagnostics
internal import FileReading
package import SpikeIR

/// An array of numbers in a file, kept in the type in which it is stored.
package struct DataArray: Sendable {

  private enum Storage: Sendable {
    case bytes(ByteSource, isBigEndian: Bool)
    case dataset(HDF5Array)
  }

  /// The file, and the name inside it, for messages.
  package let name: String

  /// The extents, outermost first; elements lie in row-major order.
  package let shape: Shape

  /// The type of the elements.
  package let kind: ElementKind

  private let storage: Storage

  /// Creates an array over `source`, whose first bytes are the elements.
  ///
  /// - Throws: `data.bad-shape` if an extent is negative or their product too large,
  ///   `file.truncated` if the source is too short.
  init(
    name: String, shape: [Int], kind: ElementKind, bigEndian: Bool, source: ByteSource
  ) throws(Diagnostic) {
    guard let bytes = checkedByteCount(shape, kind) else { throw .badExtents(name, shape) }
    guard bytes <= source.count else {
      throw .truncated(
        name,
        needed: "\(bytes, of: "byte") for \(kind.rawValue) \(Shape(shape))", size: source.count)
    }
    (self.name, self.shape, self.kind) = (name, Shape(shape), kind)
    storage = .bytes(source, isBigEndian: bigEndian)
  }

  /// Creates an array over `dataset`, called `name` in messages.
  init(name: String, dataset: HDF5Array) {
    (self.name, shape, kind) = (name, Shape(dataset.shape), dataset.kind)
    storage = .dataset(dataset)
  }

  /// The number of elements.
  package var count: Int { shape.count }

  /// Returns `count` elements from position `first` as 32-bit floating point.
  ///
  /// - Throws: `file.cannot-read` or `file.truncated` if the file has changed or cannot be read.
  /// - Precondition: the array has these elements.
  package func floats(at first: Int, count: Int) throws(Diagnostic) -> [Float] {
    precondition(first >= 0 && count >= 0 && first + count <= self.count, "internal: past the end")
    switch storage {
    case .dataset(let dataset): return try dataset.floats(at: first, count: count)
    case .bytes(let source, let isBigEndian):
      let size = kind.byteCount
      return kind.floats(
        in: try source.read(at: first * size, count: count * size), bigEndian: isBigEndian)
    }
  }

  /// Returns all elements as integers, `nil` in place of those that are not integers.
  ///
  /// - Throws: as `floats(at:count:)`.
  package func integers() throws(Diagnostic) -> [Int?] {
    switch storage {
    case .dataset(let dataset):
      return try dataset.floats(at: 0, count: count).map { Int(exactly: $0) }
    case .bytes(let source, let isBigEndian):
      return kind.integers(
        in: try source.read(at: 0, count: count * kind.byteCount), bigEndian: isBigEndian)
    }
  }
}
