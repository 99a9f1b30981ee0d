// Zip archives as NumPy writes them: members stored or deflated, zip64 where needed.

internal import Diagnostics

/// A member of a zip archive.
struct ZipMember {

  /// The name, with folders.
  var name: String

  /// How it is compressed: 0 stored, 8 deflated.
  var method: UInt16

  /// `true` iff it is encrypted.
  var isEncrypted: Bool

  /// The CRC-32 of the contents.
  var checksum: UInt32

  /// The size in the archive, bytes.
  var compressedSize: Int

  /// The size of the contents, bytes.
  var size: Int

  /// The position of the member's own header.
  var headerOffset: Int
}

/// The table of contents of a zip archive.
///
/// - Source: PKWARE, APPNOTE.TXT 6.3.9, sections 4.3 and 4.5.3.
struct ZipArchive {

  /// The members, in the order of the table.
  private(set) var members: [ZipMember] = []

  private let source: ByteSource

  /// The largest table that is read, bytes.
  private static let tableLimit = 64 << 20

  /// Reads the table of contents of the archive in `source`.
  ///
  /// - Throws: `data.bad-zip` if it is damaged.
  init(_ source: ByteSource) throws(Diagnostic) {
    self.source = source
    let (offset, size) = try Self.table(of: source)
    guard size <= Self.tableLimit, offset <= source.count, size <= source.count - offset else {
      throw .badZip(source.name, "the table of contents lies outside of the file")
    }
    let table = try source.read(at: offset, count: size)
    var position = 0
    while table.holds([0x50, 0x4B, 0x01, 0x02], at: position) {
      members.append(try Self.member(in: table, at: &position, name: source.name))
    }
  }

  /// Returns the contents of `member`; those that are stored stay in the file.
  ///
  /// - Throws: `data.bad-zip` if the checksum or a size is wrong, `data.bad-compression`.
  func contents(of member: ZipMember) throws(Diagnostic) -> ByteSource {
    let name = "\(source.name):\(member.name)"
    guard !member.isEncrypted else { throw .badZip(name, "the member is encrypted") }
    guard member.headerOffset <= source.count - 30 else {
      throw .badZip(name, "the member lies outside of the file")
    }
    let header = try source.read(at: member.headerOffset, count: 30)
    guard header.holds([0x50, 0x4B, 0x03, 0x04]),
      let nameLength: UInt16 = header.littleEndian(at: 26),
      let extraLength: UInt16 = header.littleEndian(at: 28)
    else { throw .badZip(name, "the member has no header") }
    let data = try source.part(
      at: member.headerOffset + 30 + Int(nameLength) + Int(extraLength),
      count: member.compressedSize, name: name)
    switch member.method {
    case 0:
      guard member.size == member.compressedSize else { throw .badZip(name, "sizes disagree") }
      try Self.check(data, member.checksum)
      return data
    case 8:
      let result = try decompress(data.readAll(), .raw, limit: member.size, name: name)
      guard result.isComplete, result.bytes.count == member.size else {
        throw .badZip(name, "the contents are not as long as the table says")
      }
      let found = ByteSource(result.bytes, name: name)
      try Self.check(found, member.checksum)
      return found
    default:
      throw .badZip(name, "compression method \(member.method), expected stored or deflated")
    }
  }

  /// Compares the checksum of `data` with `expected`, reading 4 MiB at a time.
  private static func check(_ data: ByteSource, _ expected: UInt32) throws(Diagnostic) {
    var value: UInt32 = 0
    var position = 0
    while position < data.count {
      let piece = try data.read(at: position, count: min(4 << 20, data.count - position))
      value = checksum(piece, 0..<piece.count, from: value)
      position += piece.count
    }
    guard value == expected else { throw .badZip(data.name, "the checksum is wrong") }
  }

  /// Returns the position and size of the table of contents.
  private static func table(
    of source: ByteSource
  ) throws(Diagnostic) -> (offset: Int, size: Int) {
    let tailStart = max(0, source.count - 22 - 0xFFFF)
    let tail = try source.read(at: tailStart, count: source.count - tailStart)
    var end = tail.count - 22
    while end >= 0, !tail.holds([0x50, 0x4B, 0x05, 0x06], at: end) { end -= 1 }
    guard end >= 0, let size: UInt32 = tail.littleEndian(at: end + 12),
      let offset: UInt32 = tail.littleEndian(at: end + 16)
    else { throw .badZip(source.name, "there is no table of contents: the file is cut off") }
    guard size == .max || offset == .max else { return (Int(offset), Int(size)) }
    guard tail.holds([0x50, 0x4B, 0x06, 0x07], at: end - 20),
      let at = tail.littleEndian(at: end - 12, as: UInt64.self).flatMap({ Int(exactly: $0) }),
      at <= source.count - 56
    else { throw .badZip(source.name, "the zip64 record is missing") }
    let record = try source.read(at: at, count: 56)
    guard record.holds([0x50, 0x4B, 0x06, 0x06]),
      let longSize = record.littleEndian(at: 40, as: UInt64.self).flatMap({ Int(exactly: $0) }),
      let longOffset = record.littleEndian(at: 48, as: UInt64.self).flatMap({ Int(exactly: $0) })
    else { throw .badZip(source.name, "the zip64 record is damaged") }
    return (longOffset, longSize)
  }

  /// Returns the entry of `table` at `position`, and moves on to the next.
  private static func member(
    in table: [UInt8], at position: inout Int, name: String
  ) throws(Diagnostic) -> ZipMember {
    let start = position
    guard let flags: UInt16 = table.littleEndian(at: start + 8),
      let method: UInt16 = table.littleEndian(at: start + 10),
      let checksum: UInt32 = table.littleEndian(at: start + 16),
      let compressed: UInt32 = table.littleEndian(at: start + 20),
      let size: UInt32 = table.littleEndian(at: start + 24),
      let nameLength: UInt16 = table.littleEndian(at: start + 28),
      let extraLength: UInt16 = table.littleEndian(at: start + 30),
      let commentLength: UInt16 = table.littleEndian(at: start + 32),
      let offset: UInt32 = table.littleEndian(at: start + 42)
    else { throw .badZip(name, "the table of contents is cut off") }
    let extraStart = start + 46 + Int(nameLength)
    let extraEnd = extraStart + Int(extraLength)
    position = extraEnd + Int(commentLength)
    guard position <= table.count else { throw .badZip(name, "the table of contents is cut off") }
    var member = ZipMember(
      name: String(decoding: table[start + 46..<extraStart], as: UTF8.self), method: method,
      isEncrypted: flags & 1 == 1, checksum: checksum, compressedSize: Int(compressed),
      size: Int(size), headerOffset: Int(offset))
    var long = zip64Fields(Array(table[extraStart..<extraEnd]))[...]
    for (path, value) in [
      (\ZipMember.size, size), (\ZipMember.compressedSize, compressed),
      (\ZipMember.headerOffset, offset),
    ] where value == .max {
      guard let field = long.popFirst() else { throw .badZip(name, "the zip64 field is missing") }
      member[keyPath: path] = field
    }
    return member
  }

  /// Returns the numbers in the zip64 field among the extra fields of an entry.
  private static func zip64Fields(_ extra: [UInt8]) -> [Int] {
    var position = 0
    while let id: UInt16 = extra.littleEndian(at: position),
      let length: UInt16 = extra.littleEndian(at: position + 2)
    {
      if id == 1 {
        return (0..<Int(length) / 8).compactMap {
          extra.littleEndian(at: position + 4 + 8 * $0, as: UInt64.self).flatMap {
            Int(exactly: $0)
          }
        }
      }
      position += 4 + Int(length)
    }
    return []
  }
}
