// Reading files by position: safe from several threads, and no more in memory than is asked for.

package import Diagnostics
internal import Glibc

/// A regular file open for reading.
package final class ReadableFile: Sendable {

  /// The path, for messages.
  package let path: String

  /// The size when the file was opened, bytes.
  package let count: Int

  private let descriptor: Int32

  /// Opens the regular file at `path`.
  ///
  /// - Throws: `data.missing` if there is none, `data.cannot-open` otherwise.
  package init(path: String) throws(Diagnostic) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotOpen(path, errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw .cannotOpen(path, code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .notAFile(path)
    }
    count = Int(status.st_size)
  }

  deinit {
    close(descriptor)
  }

  /// Returns `count` bytes from position `offset`.
  ///
  /// - Throws: `data.truncated` if the file ends before, `data.cannot-read` if reading fails.
  package func read(at offset: Int, count: Int) throws(Diagnostic) -> [UInt8] {
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else {
      throw .truncated(path, needed: "\(count) bytes at \(offset)", size: self.count)
    }
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count, let base = buffer.baseAddress {
        let n = pread(descriptor, base + filled, count - filled, off_t(offset + filled))
        if n < 0 && errno == EINTR { continue }
        if n < 0 { code = errno }
        guard n > 0 else { break }
        filled += n
      }
    }
    guard code == 0 else { throw .cannotRead(path, code) }
    guard bytes.count == count else {
      throw .truncated(path, needed: "\(count) bytes at \(offset)", size: offset + bytes.count)
    }
    return bytes
  }
}

/// Bytes that stay in a file until they are asked for, or lie in memory.
package struct ByteSource: Sendable {

  private enum Storage: Sendable {
    case file(ReadableFile)
    case memory([UInt8])
  }

  private let storage: Storage

  /// Where the bytes begin in the storage.
  private let start: Int

  /// The number of bytes.
  package let count: Int

  /// Where the bytes lie in their file, or in memory.
  package var range: Range<Int> { start..<start + count }

  /// What the bytes are part of, for messages.
  package let name: String

  /// Creates a source of all bytes of `file`.
  package init(_ file: ReadableFile) {
    (storage, start, count, name) = (.file(file), 0, file.count, file.path)
  }

  /// Creates a source of `bytes`, called `name` in messages.
  package init(_ bytes: [UInt8], name: String) {
    (storage, start, count, self.name) = (.memory(bytes), 0, bytes.count, name)
  }

  private init(_ whole: ByteSource, start: Int, count: Int, name: String) {
    (storage, self.start, self.count, self.name) = (whole.storage, start, count, name)
  }

  /// Returns a part of the source, without reading it.
  ///
  /// - Throws: `data.truncated` if the source is shorter.
  package func part(at offset: Int, count: Int, name: String) throws(Diagnostic) -> ByteSource {
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else {
      throw .truncated(name, needed: "\(count) bytes at \(offset)", size: self.count)
    }
    return ByteSource(self, start: start + offset, count: count, name: name)
  }

  /// Returns `count` bytes from position `offset`.
  ///
  /// - Throws: `data.truncated` if the source is shorter, `data.cannot-read` if reading fails.
  package func read(at offset: Int, count: Int) throws(Diagnostic) -> [UInt8] {
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else {
      throw .truncated(name, needed: "\(count) bytes at \(offset)", size: self.count)
    }
    switch storage {
    case .file(let file): return try file.read(at: start + offset, count: count)
    case .memory(let bytes): return Array(bytes[start + offset..<start + offset + count])
    }
  }

  /// Returns all bytes.
  ///
  /// - Throws: as `read(at:count:)`.
  package func readAll() throws(Diagnostic) -> [UInt8] {
    if case .memory(let bytes) = storage, start == 0, count == bytes.count { return bytes }
    return try read(at: 0, count: count)
  }

  /// Returns at most `limit` bytes from the start.
  ///
  /// - Throws: as `read(at:count:)`.
  package func prefix(_ limit: Int) throws(Diagnostic) -> [UInt8] {
    try read(at: 0, count: min(limit, count))
  }
}
