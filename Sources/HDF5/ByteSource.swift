// The bytes of an HDF5 file: a file, a part of one, or bytes in memory. Opened once, so that all
// that is read later comes from the same file, whatever happens to its path.

internal import CHDF5Child
internal import Diagnostics
internal import Glibc

/// The bytes of an HDF5 file, from which may be read until the value dies.
final class ByteSource: Sendable {

  /// The name of the file in messages.
  let name: String

  /// The number of bytes.
  let size: Int

  private let storage: Storage

  private enum Storage: Sendable {
    case file(descriptor: Int32, start: Int, stamp: Stamp)
    case memory([UInt8])
  }

  /// Opens the file at `path`, or the part of it that lies in `range`, bytes.
  ///
  /// - Throws: `hdf5.cannot-open`, or `hdf5.truncated` if the file ends before the range.
  init(readingAt path: String, range: Range<Int>?, name: String) throws(Diagnostic) {
    let file = path.utf8.contains(0) ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      throw .cannotOpen(name, reason: systemText(path.utf8.contains(0) ? ENOENT : errno))
    }
    do throws(Diagnostic) {
      let stamp = try Stamp(file, name)
      let range = range ?? 0..<stamp.size
      guard range.lowerBound >= 0, range.upperBound <= stamp.size else {
        throw .truncated(name, found: UInt64(stamp.size), expected: UInt64(range.upperBound))
      }
      self.name = name
      size = range.count
      storage = .file(descriptor: file, start: range.lowerBound, stamp: stamp)
    } catch {
      close(file)
      throw error
    }
  }

  /// Takes bytes in memory.
  init(_ bytes: [UInt8], name: String) {
    self.name = name
    size = bytes.count
    storage = .memory(bytes)
  }

  deinit {
    if case .file(let descriptor, _, _) = storage { close(descriptor) }
  }

  /// Returns the `count` bytes from `offset` on, fewer where the file ends.
  func prefix(_ count: Int, at offset: Int) -> [UInt8] {
    let count = max(0, min(count, size - offset))
    var bytes = [UInt8](repeating: 0, count: count)
    let isRead = bytes.withUnsafeMutableBytes { copy(into: $0, at: offset) }
    return isRead ? bytes : []
  }

  /// Fills `buffer` with the bytes from `offset` on.
  ///
  /// - Throws: `hdf5.changed` if the file is not the one that was opened, or ends early.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(Diagnostic) {
    guard offset >= 0, offset <= size, buffer.count <= size - offset else {
      throw .truncated(
        name, found: UInt64(size), expected: UInt64(clamping: offset) + UInt64(buffer.count))
    }
    guard copy(into: buffer, at: offset) else { throw .changed(name) }
  }

  /// Checks that the file is as it was on opening.
  ///
  /// - Throws: `hdf5.changed`.
  func checkUnchanged() throws(Diagnostic) {
    guard case .file(let descriptor, _, let stamp) = storage else { return }
    guard let now = try? Stamp(descriptor, name), now == stamp else { throw .changed(name) }
  }

  /// Calls `body` with the description that children understand.
  func withSource<R>(_ body: (UnsafePointer<spikec_h5_source>) -> R) -> R {
    switch storage {
    case .file(let descriptor, let start, _):
      var source = spikec_h5_source(
        descriptor: descriptor, bytes: nil, start: UInt64(start), size: UInt64(size))
      return body(&source)
    case .memory(let bytes):
      return bytes.withUnsafeBytes { buffer in
        var source = spikec_h5_source(
          descriptor: -1, bytes: buffer.baseAddress, start: 0, size: UInt64(size))
        return body(&source)
      }
    }
  }

  /// Fills `buffer`, which lies within the file, and returns whether that worked.
  private func copy(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Bool {
    switch storage {
    case .memory(let bytes):
      buffer.copyBytes(from: bytes[offset..<offset + buffer.count])
      return true
    case .file(let descriptor, let start, _):
      var done = 0
      while done < buffer.count {
        let target = buffer.baseAddress.map { $0 + done }
        let got = pread(descriptor, target, buffer.count - done, start + offset + done)
        if got < 0 && errno == EINTR { continue }
        guard got > 0 else { return false }
        done += got
      }
      return true
    }
  }
}

/// What distinguishes a file from the same file after a change.
private struct Stamp: Hashable, Sendable {

  /// The size, bytes.
  var size: Int

  private var device: UInt64
  private var number: UInt64
  private var seconds: Int
  private var nanoseconds: Int

  /// Takes the stamp of an open file.
  ///
  /// - Throws: `hdf5.cannot-open` if it is not a regular file.
  init(_ file: Int32, _ name: String) throws(Diagnostic) {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .cannotOpen(name, reason: systemText(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw .cannotOpen(name, reason: isFolder ? "it is a folder" : "it is not a regular file")
    }
    size = Int(status.st_size)
    device = UInt64(status.st_dev)
    number = UInt64(status.st_ino)
    seconds = Int(status.st_mtim.tv_sec)
    nanoseconds = Int(status.st_mtim.tv_nsec)
  }
}

/// Returns the system's text for an error number, in lower case as messages are.
func systemText(_ code: Int32) -> String {
  let text = strerror(code).map { String(cString: $0) } ?? "error \(code)"
  return code == ENOENT ? "no such file" : text.lowercased()
}
