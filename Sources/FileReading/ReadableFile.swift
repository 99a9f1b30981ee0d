// Open files that are read by position: safe from several threads, and no more in memory than is
// asked for. They are never mapped: a mapped file that shrinks kills the process, a read one gives
// a diagnostic.

package import Diagnostics
internal import Glibc

/// A regular file open for reading, closed when the value dies.
package final class ReadableFile: Sendable {

  /// The path, for messages.
  package let path: String

  /// The file as it was when it was opened.
  package let identity: FileIdentity

  /// The system's number of the open file; to be read by position only, and never to be closed.
  package let descriptor: Int32

  /// The number of bytes when the file was opened.
  package var count: Int { identity.size }

  /// Opens the regular file at `path`; pipes and devices are neither waited for nor read.
  ///
  /// - Throws: `file.missing` if there is none, `file.cannot-open` otherwise.
  package convenience init(path: String) throws(Diagnostic) {
    guard !path.utf8.contains(0) else { throw .cannotOpen(path, ENOENT) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw .cannotOpen(path, errno) }
    try self.init(descriptor: descriptor, path: path)
  }

  /// Takes ownership of an open file, which is closed if it is not a regular one.
  ///
  /// - Throws: `file.cannot-open`.
  package init(descriptor: Int32, path: String) throws(Diagnostic) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw .cannotOpen(path, code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .notAFile(path, isFolder: status.st_mode & S_IFMT == S_IFDIR)
    }
    self.descriptor = descriptor
    self.path = path
    identity = FileIdentity(status)
  }

  deinit {
    close(descriptor)
  }

  /// Fills `bytes` from position `offset` on.
  ///
  /// - Throws: `file.truncated` if the file has no such bytes, `file.changed` if it had them when it
  ///   was opened, `file.cannot-read` if the system fails.
  package func read(
    into bytes: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(Diagnostic) {
    guard offset >= 0, offset <= count, bytes.count <= count - offset else {
      throw .truncated(path, needed: "\(bytes.count, of: "byte") at \(offset)", size: count)
    }
    var done = 0
    while done < bytes.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
      let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if got > 0 {
        done += got
      } else if got == 0 {
        throw .changed(path)
      } else if errno != EINTR {
        throw .cannotRead(path, errno)
      }
    }
  }

  /// Returns `count` bytes from position `offset`.
  ///
  /// - Throws: as `read(into:at:)`.
  package func read(at offset: Int, count: Int) throws(Diagnostic) -> [UInt8] {
    // Before memory is asked for: both numbers may come from a file.
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else {
      throw .truncated(path, needed: "\(count, of: "byte") at \(offset)", size: self.count)
    }
    var failure: Diagnostic?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(Diagnostic) {
        try read(
          into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count), at: offset)
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Checks that the file is as it was when it was opened.
  ///
  /// Reading notices a file that has become shorter; only this notices one that was overwritten.
  ///
  /// - Throws: `file.changed`.
  package func checkUnchanged() throws(Diagnostic) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, FileIdentity(status) == identity else {
      throw .changed(path)
    }
  }
}
