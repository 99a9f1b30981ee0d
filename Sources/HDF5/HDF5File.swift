// An HDF5 file: opening, creating, closing. Reading and writing are in extensions by subject.
// No type of the C library leaves this module.

internal import CHDF5
internal import CHDF5Trial
public import Diagnostics

/// An open HDF5 file, closed when the value dies.
///
/// Values may be used from several threads; calls into the library are made one at a time.
public struct HDF5File: ~Copyable, Sendable {

  /// The file itself, for the extensions of this module.
  let file: OpenFile

  /// The path with which the file was opened.
  public var path: String { file.path }

  /// Opens the file at `path` for reading, after a trial in a child process.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - attributes: names of attributes that will be asked for; the trial looks for them even
  ///     where damage hides them from a listing.
  /// - Throws: `hdf5.cannot-open` if there is no such file (exit status 66) or it is not HDF5
  ///   (65), `hdf5.truncated` if it ends early, `hdf5.damaged` if the library crashes on it.
  public init(readingAt path: String, attributes: [String] = []) throws(Diagnostic) {
    let size = try checkSuperblock(path)
    file = try Library.locked { () throws(Diagnostic) in
      let signal = trial(path, attributes)
      guard signal == 0 else { throw Diagnostic.crashing(path, signal: signal) }
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

/// Reads the file at `path` in a child process and returns the signal that ended it, 0 if none.
private func trial(_ path: String, _ attributes: [String]) -> Int32 {
  let names = attributes.map { UnsafePointer(strdup($0)) } + [nil]
  defer { names.forEach { free(UnsafeMutablePointer(mutating: $0)) } }
  return spikec_h5_trial(path, names)
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
