// Writing zip archives whose members are not compressed.

/// Returns a zip archive of `members`, stored, in their order; the same members give the same
/// bytes, for no times are recorded.
///
/// Sizes and positions are also said in 64 bits where 32 do not hold them.
///
/// - Source: PKWARE, APPNOTE.TXT 6.3.9, sections 4.3 and 4.5.3.
package func storedArchive(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
  var file: [UInt8] = []
  var table: [UInt8] = []
  for member in members {
    let name = Array(member.name.utf8)
    let (offset, size) = (file.count, member.bytes.count)
    let sum = Int(checksum(member.bytes, 0..<size))
    let isLong = max(offset, size) >= Int(UInt32.max)
    // Flag 11: the name is UTF-8. The date is the first day that the format knows.
    let common = word(isLong ? 45 : 20, 2) + word(1 << 11, 2) + word(0, 2) + word(0x21 << 16, 4)
    let sizes = word(isLong ? -1 : size, 4) + word(isLong ? -1 : size, 4)
    let long = isLong ? word(size, 8) + word(size, 8) : []
    let local = isLong ? word(1, 2) + word(long.count, 2) + long : []
    let central = isLong ? word(1, 2) + word(long.count + 8, 2) + long + word(offset, 8) : []
    file += [0x50, 0x4B, 3, 4] + common + word(sum, 4) + sizes
    file += word(name.count, 2) + word(local.count, 2) + name + local + member.bytes
    table += [0x50, 0x4B, 1, 2] + word(45, 2) + common + word(sum, 4) + sizes
    table += word(name.count, 2) + word(central.count, 2) + word(0, 10)
    table += word(isLong ? -1 : offset, 4) + name + central
  }
  return file + table + end(members.count, at: file.count, size: table.count)
}

/// Returns the records behind the table of contents.
private func end(_ count: Int, at offset: Int, size: Int) -> [UInt8] {
  var result: [UInt8] = []
  let isLong = max(offset, size) >= Int(UInt32.max) || count >= 0xFFFF
  if isLong {
    result += [0x50, 0x4B, 6, 6] + word(44, 8) + word(45, 2) + word(45, 2) + word(0, 8)
    result += word(count, 8) + word(count, 8) + word(size, 8) + word(offset, 8)
    result += [0x50, 0x4B, 6, 7] + word(0, 4) + word(offset + size, 8) + word(1, 4)
  }
  let short = word(min(count, 0xFFFF), 2)
  result += [0x50, 0x4B, 5, 6] + word(0, 4) + short + short
  return result + word(isLong ? -1 : size, 4) + word(isLong ? -1 : offset, 4) + word(0, 2)
}

/// Returns the `count` low bytes of `value`, least significant first.
private func word(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
}
