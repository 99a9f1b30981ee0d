// Zip archives as lists of members, so that a change of a member leaves sizes, positions and
// checksums right, and so that each number of each header can be wrong by itself.

internal import CZlib

/// A member of an archive.
struct ArchiveMember {

  /// Numbers of headers that are written in place of the right ones.
  enum Field: CaseIterable {
    case version, flags, method, checksum, compressedSize, size, nameLength, extraLength
    case commentLength, offset
  }

  var name: [UInt8]
  var contents: [UInt8]
  var isDeflated = false

  /// The compressed contents, if they are not those of `contents`, with their checksum and size.
  var stream: (bytes: [UInt8], checksum: UInt32, size: Int)?

  /// What the member's own header and the table's say wrongly.
  var local: [Field: Int] = [:]
  var central: [Field: Int] = [:]
  var extra: [UInt8] = []

  /// Whether sizes and checksum follow the contents, the member's own header having zeros.
  var isStreamed = false
}

/// An archive.
struct ArchiveTree {

  /// Numbers of the archive's end that are written in place of the right ones.
  enum EndField: CaseIterable {
    case disk, count, countHere, size, offset, commentLength
  }

  var members: [ArchiveMember]
  var before: [UInt8] = []
  var behind: [UInt8] = []
  var end: [EndField: Int] = [:]

  /// The numbers of a 64-bit end; there is none if empty.
  var longEnd: [Int] = []

  /// Reads an archive as good writers make it; `nil` if it is not one.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 22, bytes.count < 1 << 24 else { return nil }
    let end = bytes.count - 22
    guard bytes[end...].starts(with: [0x50, 0x4B, 5, 6]) else { return nil }
    var place = Int(bytes.number(at: end + 16, size: 4))
    members = []
    while place + 46 <= end, bytes[place...].starts(with: [0x50, 0x4B, 1, 2]) {
      func number(_ offset: Int, _ size: Int) -> Int {
        Int(bytes.number(at: place + offset, size: size))
      }
      let (method, packed, size) = (number(10, 2), number(20, 4), number(24, 4))
      let (nameLength, start) = (number(28, 2), number(42, 4))
      guard place + 46 + nameLength <= end, start + 30 <= end else { return nil }
      let data =
        start + 30 + Int(bytes.number(at: start + 26, size: 2))
        + Int(bytes.number(at: start + 28, size: 2))
      guard data + packed <= end else { return nil }
      let raw = Array(bytes[data..<data + packed])
      guard let contents = method == 8 ? inflated(raw, size: size) : raw else { return nil }
      members.append(
        ArchiveMember(
          name: Array(bytes[place + 46..<place + 46 + nameLength]), contents: contents,
          isDeflated: method == 8))
      place += 46 + nameLength + number(30, 2) + number(32, 2)
    }
    guard !members.isEmpty else { return nil }
  }

  /// The archive with its headers.
  var bytes: [UInt8] {
    var file = before
    var table: [UInt8] = []
    for member in members {
      let stream = member.stream ?? member.rightStream
      let numbers: [ArchiveMember.Field: Int] = [
        .version: 20, .flags: member.isStreamed ? 8 : 0, .method: member.isDeflated ? 8 : 0,
        .checksum: Int(stream.checksum), .compressedSize: stream.bytes.count, .size: stream.size,
        .nameLength: member.name.count, .extraLength: member.extra.count, .commentLength: 0,
        .offset: file.count,
      ]
      table += member.header(numbers.merging(member.central) { $1 }, isCentral: true)
      var own = numbers
      if member.isStreamed { (own[.checksum], own[.compressedSize], own[.size]) = (0, 0, 0) }
      file += member.header(own.merging(member.local) { $1 }, isCentral: false) + stream.bytes
      if member.isStreamed {
        file += [0x50, 0x4B, 7, 8]
        file += word(Int(stream.checksum), 4)
        file += word(stream.bytes.count, 4) + word(stream.size, 4)
      }
    }
    return file + table + endRecords(table.count, at: file.count) + behind
  }

  private func endRecords(_ size: Int, at offset: Int) -> [UInt8] {
    func number(_ field: EndField, _ right: Int) -> Int { end[field] ?? right }
    var result: [UInt8] = []
    if !longEnd.isEmpty {
      var numbers = [44, 45, 0, members.count, members.count, size, offset]
      for (i, number) in longEnd.prefix(numbers.count).enumerated() where number >= 0 {
        numbers[i] = number
      }
      result += [0x50, 0x4B, 6, 6] + word(numbers[0], 8) + word(numbers[1], 2) + word(45, 2)
      result += word(numbers[2], 8)
      for number in numbers[3...] { result += word(number, 8) }
      result += [0x50, 0x4B, 6, 7] + word(0, 4) + word(offset + size, 8) + word(1, 4)
    }
    result += [0x50, 0x4B, 5, 6] + word(number(.disk, 0), 4)
    result += word(number(.countHere, members.count), 2) + word(number(.count, members.count), 2)
    result += word(number(.size, size), 4) + word(number(.offset, offset), 4)
    return result + word(number(.commentLength, 0), 2)
  }
}

extension ArchiveMember {

  /// The contents as they are stored, with their checksum and size.
  fileprivate var rightStream: (bytes: [UInt8], checksum: UInt32, size: Int) {
    (
      bytes: isDeflated ? deflated(contents) : contents,
      checksum: FuzzSupport.checksum(contents), size: contents.count
    )
  }

  /// Returns the member's own header, or that of the table.
  fileprivate func header(_ numbers: [Field: Int], isCentral: Bool) -> [UInt8] {
    func number(_ field: Field, _ size: Int) -> [UInt8] { word(numbers[field] ?? 0, size) }
    var result: [UInt8] = isCentral ? [0x50, 0x4B, 1, 2, 20, 0] : [0x50, 0x4B, 3, 4]
    result += number(.version, 2) + number(.flags, 2) + number(.method, 2) + word(0, 4)
    result += number(.checksum, 4) + number(.compressedSize, 4) + number(.size, 4)
    result += number(.nameLength, 2) + number(.extraLength, 2)
    if isCentral { result += number(.commentLength, 2) + word(0, 8) + number(.offset, 4) }
    return result + name + extra
  }

  /// Makes the contents `count` times `piece`, compressed.
  mutating func inflateTo(_ piece: [UInt8], count: Int) {
    // A block that ends at a whole byte can be repeated as it is.
    let block = deflated(piece, isLast: false)
    var sum = checksum([])
    var size = 0
    var stream: [UInt8] = []
    stream.reserveCapacity(block.count * count + 5)
    let part = checksum(piece)
    for _ in 0..<count {
      stream += block
      sum = UInt32(
        truncatingIfNeeded: crc32_combine(CUnsignedLong(sum), CUnsignedLong(part), piece.count))
      size += piece.count
    }
    self.stream = (stream + [3, 0], sum, size)
    isDeflated = true
  }
}

/// Returns the `count` low bytes of `value`, least significant first.
func word(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
}

/// Returns the CRC-32 of `bytes`.
func checksum(_ bytes: [UInt8]) -> UInt32 {
  UInt32(
    truncatingIfNeeded: bytes.withUnsafeBufferPointer {
      crc32(0, $0.baseAddress, UInt32($0.count))
    })
}

/// Returns a raw deflate stream of `bytes`, at whose end others may follow if it is not the last.
func deflated(_ bytes: [UInt8], isLast: Bool = true) -> [UInt8] {
  var stream = z_stream()
  deflateInit2_(
    &stream, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
    Int32(MemoryLayout<z_stream>.size))
  defer { deflateEnd(&stream) }
  let room = Int(deflateBound(&stream, CUnsignedLong(bytes.count))) + 16
  var input = bytes
  return [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
    input.withUnsafeMutableBufferPointer { source in
      stream.next_in = source.baseAddress
      stream.avail_in = UInt32(source.count)
      stream.next_out = buffer.baseAddress
      stream.avail_out = UInt32(room)
      _ = deflate(&stream, isLast ? Z_FINISH : Z_FULL_FLUSH)
    }
    filled = room - Int(stream.avail_out)
  }
}

/// Returns the `size` bytes that a raw deflate stream holds; `nil` if it does not.
private func inflated(_ bytes: [UInt8], size: Int) -> [UInt8]? {
  guard size < 1 << 26 else { return nil }
  var stream = z_stream()
  inflateInit2_(&stream, -15, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
  defer { inflateEnd(&stream) }
  var input = bytes
  var status = Z_OK
  let output = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, filled in
    input.withUnsafeMutableBufferPointer { source in
      stream.next_in = source.baseAddress
      stream.avail_in = UInt32(source.count)
      stream.next_out = buffer.baseAddress
      stream.avail_out = UInt32(size + 1)
      status = inflate(&stream, Z_FINISH)
    }
    filled = size + 1 - Int(stream.avail_out)
  }
  return status == Z_STREAM_END && output.count == size ? output : nil
}
