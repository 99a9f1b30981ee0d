// Files of a model as the operating system sees them. They are read by position and never mapped:
// a mapped file that shrinks kills the process, a read one gives a diagnostic.

internal import Diagnostics
internal import Glibc

/// What tells a file from all others, and from itself after a change.
struct FileIdentity: Hashable, Sendable {

  /// The number of bytes.
  let size: Int

  private let device: UInt64
  private let inode: UInt64
  private let seconds: Int
  private let nanoseconds: Int

  /// Describes the open file; `nil` if that fails or the file is not a regular one.
  fileprivate init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    size = Int(status.st_size)
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
  }
}

/// An open file, closed when the value dies.
struct OpenFile: ~Copyable {

  /// The path, for messages.
  let path: String

  /// The file as it was when it was opened.
  let identity: FileIdentity

  private let descriptor: Int32

  /// Takes ownership of `descriptor`; `nil`, with the file closed, unless it is a regular file.
  init?(descriptor: Int32, path: String) {
    guard let identity = FileIdentity(descriptor: descriptor) else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    self.path = path
    self.identity = identity
  }

  deinit {
    close(descriptor)
  }

  /// The number of bytes.
  var size: Int { identity.size }

  /// What reads the file, for workers that run at the same time; not to outlive the file.
  var reader: Reader { Reader(path: path, descriptor: descriptor) }

  /// Reads an open file.
  struct Reader: Sendable {

    /// The path, for messages.
    fileprivate let path: String

    fileprivate let descriptor: Int32

    /// Fills `bytes` from the position `offset` on.
    ///
    /// - Throws: `onnx.file-changed` if the file has become shorter, `onnx.cannot-read` if the
    ///   system fails.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(Diagnostic) {
      var done = 0
      while done < bytes.count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
        let count = pread(descriptor, rest.baseAddress, rest.count, offset + done)
        if count > 0 {
          done += count
        } else if count == 0 {
          throw .fileChanged(path)
        } else if errno != EINTR {
          throw .cannotRead(path, errno)
        }
      }
    }
  }

  /// Fills `bytes` from the position `offset` on.
  ///
  /// - Throws: `onnx.file-changed` if the file has become shorter, `onnx.cannot-read` if the
  ///   system fails.
  func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(Diagnostic) {
    try reader.read(into: bytes, at: offset)
  }

  /// Throws `onnx.file-changed` unless the file is still what it was when it was opened.
  func checkUnchanged() throws(Diagnostic) {
    guard FileIdentity(descriptor: descriptor) == identity else { throw .fileChanged(path) }
  }
}

/// A file that was seen once and is opened again when its bytes are needed.
struct StoredFile: Sendable {

  /// Where a file is.
  enum Place: Hashable, Sendable {
    /// At a path that the user gave; links are followed.
    case path(String)
    /// At the end of a way of names that starts in a folder and goes through no link.
    case inside(folder: String, names: [String])
  }

  /// The path, for messages.
  let path: String

  /// Where the file is.
  let place: Place

  /// The file as it was when it was seen first.
  let identity: FileIdentity

  /// Looks at the file at `path`.
  ///
  /// - Throws: `onnx.cannot-open` if there is none, or no regular one.
  init(_ path: String) throws(Diagnostic) {
    let file = try OpenFile.opening(path)
    self.path = path
    place = .path(path)
    identity = file.identity
  }

  /// Names the open file `file`, found at `place`.
  init(_ file: borrowing OpenFile, at place: Place) {
    path = file.path
    self.place = place
    identity = file.identity
  }

  /// Opens the file again.
  ///
  /// - Throws: `onnx.file-changed` if it is another than before, or has changed.
  func open() throws(Diagnostic) -> OpenFile {
    let file =
      switch place {
      case .path(let path): try OpenFile.opening(path)
      case .inside(let folder, let names): try OpenFile.opening(names, inside: folder)
      }
    guard file.identity == identity else { throw .fileChanged(path) }
    return file
  }
}

extension OpenFile {

  /// Opens the file at `path` for reading; pipes and devices are neither waited for nor read.
  ///
  /// - Throws: `onnx.cannot-open` if there is none, or no regular one.
  static func opening(_ path: String) throws(Diagnostic) -> OpenFile {
    guard !path.utf8.contains(0) else { throw .cannotOpen(path, ENOENT) }
    let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw .cannotOpen(path, errno) }
    guard let file = OpenFile(descriptor: descriptor, path: path) else {
      throw .notARegularFile(path)
    }
    return file
  }
}
