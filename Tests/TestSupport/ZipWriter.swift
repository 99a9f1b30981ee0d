// Zip archives for tests, written byte by byte so that anything in them can be wrong.

/// A member of an archive to be written.
public struct ZipEntry {

  /// How the sizes are said.
  public enum Sizes: Sendable {
    /// In both headers.
    case plain
    /// Behind the contents, as writers do that cannot go back; zero in the member's own header.
    case descriptor
    /// In 64-bit extra fields.
    case zip64
  }

  /// The name.
  public var name: String
  /// The contents.
  public var bytes: [UInt8]
  /// Whether the contents go through deflate; only its uncompressed blocks are used.
  public var isDeflated: Bool
  /// How the sizes are said.
  public var sizes: Sizes
  /// The size that the headers declare in place of the true one, if any.
  public var declaredSize: Int?
  /// The number that is added to the checksum.
  public var checksumError: UInt32

  /// Creates a member.
  public init(
    _ name: String, _ bytes: [UInt8], isDeflated: Bool = false, sizes: Sizes = .plain,
    declaredSize: Int? = nil, checksumError: UInt32 = 0
  ) {
    (self.name, self.bytes, self.isDeflated, self.sizes) = (name, bytes, isDeflated, sizes)
    (self.declaredSize, self.checksumError) = (declaredSize, checksumError)
  }
}

/// Returns a zip archive of `entries`.
public func zipArchive(_ entries: [ZipEntry]) -> [UInt8] {
  var file: [UInt8] = []
  var table: [UInt8] = []
  for entry in entries {
    let contents = entry.isDeflated ? storedBlocks(entry.bytes) : entry.bytes
    let size = entry.declaredSize ?? entry.bytes.count
    let compressed = entry.isDeflated ? contents.count : entry.declaredSize ?? contents.count
    let sum = crc32(entry.bytes) &+ entry.checksumError
    let is64 = entry.sizes == .zip64
    let isLate = entry.sizes == .descriptor
    let extra = is64 ? word(1, 2) + word(16, 2) + word(size, 8) + word(compressed, 8) : []
    let sizes =
      is64
      ? [UInt8](repeating: 255, count: 8) : word(compressed, 4) + word(size, 4)
    let name = Array(entry.name.utf8)
    let start = word(isLate ? 8 : 0, 2) + word(entry.isDeflated ? 8 : 0, 2) + word(0, 4)
    let lengths = word(name.count, 2) + word(extra.count, 2)
    let offset = file.count
    file += [0x50, 0x4B, 3, 4] + word(20, 2) + start
    file += isLate ? word(0, 12) : word(Int(sum), 4) + sizes
    file += lengths + name + extra + contents
    if isLate { file += [0x50, 0x4B, 7, 8] + word(Int(sum), 4) + sizes }
    table += [0x50, 0x4B, 1, 2] + word(20, 2) + word(20, 2) + start
    table += word(Int(sum), 4) + sizes + lengths + word(0, 10) + word(offset, 4) + name + extra
  }
  let count = word(entries.count, 2)
  return file + table + [0x50, 0x4B, 5, 6] + word(0, 4) + count + count
    + word(table.count, 4) + word(file.count, 4) + word(0, 2)
}

/// Returns the `count` low bytes of `value`, least significant first.
private func word(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
}

/// Returns a deflate stream of uncompressed blocks.
private func storedBlocks(_ bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  var start = 0
  repeat {
    let end = min(start + 0xFFFF, bytes.count)
    let count = end - start
    result += [end == bytes.count ? 1 : 0] + word(count, 2) + word(~count, 2)
    result += bytes[start..<end]
    start = end
  } while start < bytes.count
  return result
}

/// Returns the CRC-32 of `bytes`, bit by bit.
private func crc32(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(UInt32.max) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in
      value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
    }
  }
}
