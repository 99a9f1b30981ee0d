// An HDF5 file to be read: opening it. Questions about it are in extensions by subject.
// No type of the C library leaves this module.

public import Diagnostics
package import FileReading

/// An HDF5 file that is read.
///
/// libhdf5 crashes on some damaged files, so this process never lets it see one: on opening, a child
/// process with limited means describes what is in the file, and this value holds the description,
/// checked. Contiguous elements are read from the file itself; compressed and otherwise unusual
/// ones come from further children. A copy of the value shares the open file. Values may be used
/// from several threads at once.
public struct HDF5File: Sendable {

  /// The bytes, held open.
  let source: ByteSource

  /// What is in the file.
  let snapshot: Snapshot

  /// The path with which the file was opened, or the name given for its bytes.
  public var path: String { source.name }

  /// Opens the file at `path`.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - attributes: names of attributes that will be asked for; they are looked for even where
  ///     damage hides them from a listing.
  /// - Throws: `file.missing` or `file.cannot-open` (exit status 66), `hdf5.cannot-open` if it is
  ///   not HDF5, `hdf5.truncated` if it ends early, `hdf5.damaged` if the library crashes on it or
  ///   does not come to an end, `hdf5.too-large` if there is too much in it.
  public init(readingAt path: String, attributes: [String] = []) throws(Diagnostic) {
    try self.init(ByteSource(try ReadableFile(path: path)), attributes: attributes)
  }

  /// Opens an HDF5 file whose bytes are in memory.
  ///
  /// - Parameters:
  ///   - bytes: the file; shared, not copied.
  ///   - name: what messages call it.
  ///   - attributes: names of attributes that will be asked for.
  /// - Throws: as `init(readingAt:attributes:)`.
  public init(
    reading bytes: [UInt8], name: String, attributes: [String] = []
  ) throws(Diagnostic) {
    try self.init(ByteSource(bytes, name: name), attributes: attributes)
  }

  /// Opens the HDF5 file that `source` is, such as a member of a zip archive.
  ///
  /// - Parameters:
  ///   - source: the file; its name is that of messages.
  ///   - attributes: names of attributes that will be asked for.
  /// - Throws: as `init(readingAt:attributes:)`.
  package init(_ source: ByteSource, attributes: [String] = []) throws(Diagnostic) {
    try source.checkSuperblock()
    snapshot = try Snapshot(of: source, attributes: attributes)
    self.source = source
  }

  /// Returns the object at `path`.
  ///
  /// - Throws: `hdf5.not-found`.
  func object(_ path: String) throws(Diagnostic) -> StoredObject {
    guard let object = snapshot.object(at: path) else {
      throw .notFound("object of this name", in: self.path, at: path)
    }
    return object
  }
}

/// Returns the product of `factors`, each at least 0, or `nil` where it exceeds `Int`.
func checkedProduct(_ factors: [Int]) -> Int? {
  guard !factors.contains(0) else { return 0 }
  var product = 1
  for factor in factors {
    let (value, overflow) = product.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    product = value
  }
  return product
}
