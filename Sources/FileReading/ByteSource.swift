// A run of bytes wherever it is: a file, a part of one such as a member of an archive, or memory.

package import Diagnostics

/// Bytes that stay in a file until they are asked for, or lie in memory.
package struct ByteSource: Sendable {

  /// Where bytes are.
  package enum Storage: Sendable {
    /// In an open file.
    case file(ReadableFile)
    /// In memory.
    case memory([UInt8])
  }

  /// Where the bytes are, others before and behind them.
  package let storage: Storage

  /// Where the bytes begin in the storage.
  package let start: Int

  /// The number of bytes.
  package let count: Int

  /// What the bytes are part of, for messages.
  package let name: String

  /// Creates a source of all bytes of `file`.
  package init(_ file: ReadableFile) {
    self.init(.file(file), start: 0, count: file.count, name: file.path)
  }

  /// Creates a source of `bytes`, called `name` in messages.
  package init(_ bytes: [UInt8], name: String) {
    self.init(.memory(bytes), start: 0, count: bytes.count, name: name)
  }

  private init(_ storage: Storage, start: Int, count: Int, name: String) {
    (self.storage, self.start, self.count, self.name) = (storage, start, count, name)
  }

  /// Returns a part of the source, without reading it.
  ///
  /// - Throws: `file.truncated` if the source is shorter.
  package func part(at offset: Int, count: Int, name: String) throws(Diagnostic) -> ByteSource {
    try check(offset, count, name)
    return ByteSource(storage, start: start + offset, count: count, name: name)
  }

  /// Returns the same bytes under another name.
  package func named(_ name: String) -> ByteSource {
    ByteSource(storage, start: start, count: count, name: name)
  }

  /// Fills `bytes` from position `offset` on.
  ///
  /// - Throws: `file.truncated` if the source is shorter; `file.changed`, `file.cannot-read`.
  package func read(
    into bytes: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(Diagnostic) {
    try check(offset, bytes.count, name)
    switch storage {
    case .file(let file): try file.read(into: bytes, at: start + offset)
    case .memory(let all):
      let first = start + offset
      all.withUnsafeBytes {
        bytes.copyMemory(from: .init(rebasing: $0[first..<first + bytes.count]))
      }
    }
  }

  /// Returns `count` bytes from position `offset`.
  ///
  /// - Throws: as `read(into:at:)`.
  package func read(at offset: Int, count: Int) throws(Diagnostic) -> [UInt8] {
    try check(offset, count, name)
    switch storage {
    case .file(let file): return try file.read(at: start + offset, count: count)
    case .memory(let all): return Array(all[start + offset..<start + offset + count])
    }
  }

  /// Returns all bytes.
  ///
  /// - Throws: as `read(into:at:)`.
  package func readAll() throws(Diagnostic) -> [UInt8] {
    if case .memory(let bytes) = storage, count == bytes.count { return bytes }
    return try read(at: 0, count: count)
  }

  /// Returns at most `limit` bytes from position `offset`, fewer where the source ends.
  ///
  /// - Throws: as `read(into:at:)`.
  package func prefix(_ limit: Int, at offset: Int = 0) throws(Diagnostic) -> [UInt8] {
    guard offset >= 0, offset <= count else { return [] }
    return try read(at: offset, count: min(limit, count - offset))
  }

  /// Checks that a file is as it was when it was opened; memory always is.
  ///
  /// - Throws: `file.changed`.
  package func checkUnchanged() throws(Diagnostic) {
    if case .file(let file) = storage { try file.checkUnchanged() }
  }

  /// Checks that `count` bytes from `offset` on are there.
  private func check(_ offset: Int, _ count: Int, _ name: String) throws(Diagnostic) {
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else {
      throw .truncated(name, needed: "\(count, of: "byte") at \(offset)", size: self.count)
    }
  }
}
