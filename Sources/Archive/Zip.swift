// Zip archives as NumPy and Keras write them: members stored or deflated, zip64 where needed.

package import Diagnostics
package import FileReading

/// A member of a zip archive.
package struct ZipMember: Hashable, Sendable {

  /// The name, with folders.
  package var name: String

  /// How it is compressed: 0 stored, 8 deflated.
  package var method: UInt16

  /// `true` iff it is not compressed.
  package var isStored: Bool { method == 0 }

  /// `true` iff it is encrypted.
  package var isEncrypted: Bool

  /// The CRC-32 of the contents.
  package var checksum: UInt32

  /// The size in the archive, bytes.
  package var compressedSize: Int

  /// The size of the contents, bytes.
  package var size: Int

  /// The position of the member's own header.
  package var headerOffset: Int
}

/// The table of contents of a zip archive.
///
/// - Source: PKWARE, APPNOTE.TXT 6.3.9, sections 4.3 and 4.5.3.
package struct ZipArchive: Sendable {

  /// The members, in the order of the table.
  package private(set) var members: [ZipMember] = []

  private let source: ByteSource

  /// The largest table that is read, bytes.
  private static let tableLimit = 64 << 20

  /// Reads the table of contents of the archive in `source`.
  ///
  /// - Throws: `data.bad-zip` if it is damaged.
  package init(_ source: ByteSource) throws(Diagnostic) {
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
  /// - Parameters:
  ///   - member: a member of this archive.
  ///   - checkLimit: the largest stored member whose checksum is compared, bytes; comparing takes
  ///     reading all of it.
  /// - Returns: the contents; those of a deflated member are in memory, which grows with what is
  ///   really there, not with what the table says.
  /// - Throws: `data.bad-zip` if the checksum or a size is wrong, `data.bad-compression`.
  package func contents(
    of member: ZipMember, checkLimit: Int = .max
  ) throws(Diagnostic) -> ByteSource {
    guard member.method != 0 else {
      let data = try raw(member)
      guard member.size == member.compressedSize else { throw badSize(member) }
      if data.count <= checkLimit { try check(data, member) }
      return data
    }
    var bytes: [UInt8] = []
    try extract(member) { bytes += $0 }
    return ByteSource(bytes, name: "\(source.name):\(member.name)")
  }

  /// Passes the contents of `member` to `consume`, piece by piece.
  ///
  /// - Throws: `data.bad-zip` if the checksum or a size is wrong, `data.bad-compression`, and what
  ///   `consume` throws.
  package func extract(
    _ member: ZipMember, _ consume: ([UInt8]) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    let data = try raw(member)
    var value: UInt32 = 0
    var total = 0
    func take(_ piece: [UInt8]) throws(Diagnostic) {
      value = checksum(piece, 0..<piece.count, from: value)
      total += piece.count
      try consume(piece)
    }
    switch member.method {
    case 0:
      while total < data.count {
        try take(try data.read(at: total, count: min(4 << 20, data.count - total)))
      }
    case 8:
      guard try decompress(data, .raw, limit: member.size, take) else { throw badSize(member) }
    default:
      throw .badZip(
        data.name, "compression method \(member.method), expected stored or deflated")
    }
    guard total == member.size else { throw badSize(member) }
    guard value == member.checksum else { throw .badZip(data.name, "the checksum is wrong") }
  }

  /// Returns the bytes of `member` as they are in the archive.
  ///
  /// - Throws: `data.bad-zip`, `file.truncated`.
  private func raw(_ member: ZipMember) throws(Diagnostic) -> ByteSource {
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
    let start = member.headerOffset + 30 + Int(nameLength) + Int(extraLength)
    guard start <= source.count, member.compressedSize <= source.count - start else {
      throw .badZip(name, "the member lies outside of the file")
    }
    return try source.part(at: start, count: member.compressedSize, name: name)
  }

  private func badSize(_ member: ZipMember) -> Diagnostic {
    .badZip(
      "\(source.name):\(member.name)", "the contents are not as long as the table says")
  }

  /// Compares the checksum of `data`, reading 4 MiB at a time.
  private func check(_ data: ByteSource, _ member: ZipMember) throws(Diagnostic) {
    var value: UInt32 = 0
    var position = 0
    while position < data.count {
      let piece = try data.read(at: position, count: min(4 << 20, data.count - position))
      value = checksum(piece, 0..<piece.count, from: value)
      position += piece.count
    }
    guard value == member.checksum else { throw .badZip(data.name, "the checksum is wrong") }
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
