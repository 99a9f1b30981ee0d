// Base64 (RFC 4648, section 4), in which large tensors are printed. Kept here because the library
// uses no package.

/// Returns `bytes` in base64, in lines of `width` characters.
///
/// - Complexity: O(n).
func base64Lines(_ bytes: [UInt8], width: Int = 96) -> [String] {
  let perLine = width / 4 * 3
  return stride(from: 0, to: bytes.count, by: perLine).map { start in
    let line = bytes[start..<min(start + perLine, bytes.count)]
    return String(decoding: encoded(line), as: UTF8.self)
  }
}

private let alphabet = Array(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

private func encoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 3) {
    let count = min(3, bytes.endIndex - start)
    var word: UInt32 = 0
    for i in 0..<3 { word = word << 8 | (i < count ? UInt32(bytes[start + i]) : 0) }
    for i in 0..<4 {
      result.append(
        i <= count ? alphabet[Int(word >> (18 - 6 * UInt32(i)) & 63)] : UInt8(ascii: "="))
    }
  }
  return result
}

/// The running state of decoding, which skips white space.
struct Base64Decoder {

  private var decoded: [UInt8] = []
  private var word: UInt32 = 0
  private var digits = 0
  private var padding = 0

  /// Takes a character; returns whether it belongs to a text in base64.
  mutating func accepts(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
      return true
    case UInt8(ascii: "="):
      padding += 1
      return padding <= 2
    default:
      guard padding == 0, let value = Self.value(byte) else { return false }
      word = word << 6 | value
      digits += 1
      if digits % 4 == 0 {
        for shift: UInt32 in [16, 8, 0] { decoded.append(UInt8(truncatingIfNeeded: word >> shift)) }
      }
      return true
    }
  }

  /// Returns the bytes, `nil` if characters are missing at the end or bits are left over.
  func finished() -> [UInt8]? {
    guard (digits + padding) % 4 == 0 else { return nil }
    switch digits % 4 {
    case 2 where word & 0xF == 0: return decoded + [UInt8(truncatingIfNeeded: word >> 4)]
    case 3 where word & 0x3 == 0:
      return decoded + [
        UInt8(truncatingIfNeeded: word >> 10), UInt8(truncatingIfNeeded: word >> 2),
      ]
    case 0 where padding == 0: return decoded
    default: return nil
    }
  }

  private static func value(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
