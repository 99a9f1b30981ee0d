// An HDF5 file: opening, creating, closing. Reading and writing are in extensions by subject.
// No type of the C library leaves this module.

internal import CHDF5
public import Diagnostics

/// An open HDF5 file, closed when the value dies.
///
/// Values may be used from several threads; calls into the library are made one at a time.
public struct HDF5File: ~Copyable, Sendable {

  /// The file itself, for the extensions of this module.
  let file: OpenFile

  /// The path with which the file was opened.
  public var path: String { file.path }

  /// Opens the file at `path` for reading.
  ///
  /// - Throws: `hdf5.cannot-open` if there is no such file (exit status 66) or it is not HDF5
  ///   (65), `hdf5.truncated` if it ends early.
  public init(readingAt path: String) throws(Diagnostic) {
    let size = try checkSuperblock(path)
    file = try Library.locked { () throws(Diagnostic) in
      let id = H5Fopen(path, spikec_h5_read_only(), spikec_h5_default())
      guard id >= 0 else { throw Diagnostic.damagedFile(path) }
      return OpenFile(id: id, path: path, size: size)
    }
  }

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
      return OpenFile(id: id, path: path, size: 0)
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

/// The identifier of an open file with what messages and checks need; used behind the lock.
struct OpenFile: Sendable {

  /// The library's identifier.
  let id: hid_t

  /// The path with which the file was opened.
  let path: String

  /// The size on opening, bytes; no dataset's storage can exceed it.
  let size: UInt64

  /// Opens the object at `path`.
  ///
  /// - Throws: `hdf5.not-found`.
  func object(_ path: String) throws(Diagnostic) -> Handle {
    guard let object = Handle.object(path, in: id) else {
      throw .notFound("object of this name", in: self.path, at: path)
    }
    return object
  }

  /// Opens the dataset at `path`.
  ///
  /// - Throws: `hdf5.not-found`, or `hdf5.bad-dataset` if the object is something else.
  func dataset(_ path: String) throws(Diagnostic) -> Handle {
    let object = try object(path)
    guard object.objectClass == .dataset else {
      throw .badDataset("found a group, expected a dataset", in: self.path, at: path)
    }
    return object
  }
}
