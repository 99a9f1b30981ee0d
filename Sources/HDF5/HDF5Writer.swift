// An HDF5 file to be written: creating and closing it. Here libhdf5 works in this process, since it
// sees only what we give it.

internal import CHDF5
public import Diagnostics

/// An HDF5 file being written, closed when the value dies.
///
/// Values may be used from several threads; calls into the library are made one at a time.
public struct HDF5Writer: ~Copyable, Sendable {

  private let file: OpenFile

  /// The path with which the file was created.
  public var path: String { file.path }

  /// Creates a file at `path`, in place of the one that is there.
  ///
  /// The same calls give the same bytes: no times are recorded.
  ///
  /// - Throws: `hdf5.cannot-write`.
  public init(creatingAt path: String) throws(Diagnostic) {
    file = try Library.locked { () throws(Diagnostic) in
      let list = Handle.timeless(spikec_h5_create_file_list())
      let id = list?.createFile(path) ?? -1
      guard id >= 0 else { throw Diagnostic.cannotCreate(path) }
      return OpenFile(id: id, path: path)
    }
  }

  /// Closes the file, with all that was written on the disk.
  ///
  /// - Throws: `hdf5.cannot-write` if something could not be written.
  public consuming func close() throws(Diagnostic) {
    // The deinitializer closes; only flushing can say whether the disk took everything.
    try locked { file throws(Diagnostic) in
      guard H5Fflush(file.id, H5F_SCOPE_LOCAL) >= 0 else {
        throw Diagnostic.cannotWrite("the file", in: file.path, at: "/")
      }
    }
  }

  deinit {
    let id = file.id
    Library.locked { _ = H5Fclose(id) }
  }

  /// Returns the value of `body`, which may call the library.
  func locked<T: Sendable>(
    _ body: (OpenFile) throws(Diagnostic) -> T
  ) throws(Diagnostic) -> T {
    let file = file
    return try Library.locked { () throws(Diagnostic) in try body(file) }
  }
}

/// The identifier of an open file with what messages need; used behind the lock.
struct OpenFile: Sendable {

  /// The library's identifier.
  let id: hid_t

  /// The path with which the file was created.
  let path: String

  /// Opens the object at `path`.
  ///
  /// - Throws: `hdf5.not-found`.
  func object(_ path: String) throws(Diagnostic) -> Handle {
    guard let object = Handle.object(path, in: id) else {
      throw .notFound("object of this name", in: self.path, at: path)
    }
    return object
  }
}
