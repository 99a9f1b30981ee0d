// Changes of JSON as text that keep its brackets right: a reader of descriptions gets as far as the
// meaning of what was changed.

internal import TestSupport

/// Where the values of a text lie.
struct JSONText {

  /// The values by kind: what begins and ends where.
  private(set) var containers: [Range<Int>] = []
  private(set) var strings: [Range<Int>] = []
  private(set) var others: [Range<Int>] = []

  /// Finds the values in `bytes`; what is not JSON gives fewer of them.
  init(_ bytes: [UInt8]) {
    var open: [Int] = []
    var place = 0
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "{"), UInt8(ascii: "["): open.append(place)
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if let start = open.popLast() { containers.append(start..<place + 1) }
      case UInt8(ascii: "\""):
        let start = place
        place += 1
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
          place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        if place < bytes.count { strings.append(start..<place + 1) }
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "f"),
        UInt8(ascii: "n"), UInt8(ascii: "t"):
        let start = place
        while place + 1 < bytes.count, JSONText.isWord(bytes[place + 1]) { place += 1 }
        others.append(start..<place + 1)
      default: break
      }
      place += 1
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 43, 45, 46, 48...57, 65...90, 97...122: true
    default: false
    }
  }
}

extension JSONText {

  /// Values at the edges of what is meaningful.
  private static let edges = [
    "0", "-1", "1", "2", "3", "7", "1e308", "1e999", "-0.0", "0.5", "NaN", "Infinity", "-Infinity",
    "null", "true", "false", "65536", "2147483648", "4294967296", "1099511627776",
    "4611686018427387904", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
    "123456789012345678901234567890", "[]", "{}", "\"\"", "[[]]", "[null]", "[0, 0]", "[-1, -1]",
    "[1000000, 1000000]", "\"__keras_tensor__\"", "\"\\u0000\"", "\"\\ud800\"",
  ]

  /// Changes one to three values of `bytes`.
  static func change(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    for _ in 0..<random.int(1...3) {
      let text = JSONText(bytes)
      let values = text.containers + text.strings + text.others
      guard !values.isEmpty else { return }
      switch random.int(0...13) {
      case 0, 1: replace(&bytes, text.others, by: Array(random.pick(edges).utf8), &random)
      case 2: replace(&bytes, values, by: Array(random.pick(edges).utf8), &random)
      case 3, 4, 5:
        // A name in the place of another: layers that read themselves, two layers of one name.
        guard !text.strings.isEmpty else { continue }
        let word = Array(bytes[random.pick(text.strings)])
        replace(&bytes, text.strings, by: word, &random)
      case 6, 7:
        guard !text.containers.isEmpty else { continue }
        let part = Array(bytes[random.pick(text.containers)])
        guard part.count < 1 << 16 else { continue }
        replace(&bytes, text.containers, by: part, &random)
      case 8: multiply(&bytes, text, &random)
      case 9: nest(&bytes, random.pick(values), &random)
      case 10: remove(&bytes, random.pick(values), &random)
      case 11: unfold(&bytes, text, &random)
      case 12: bytes.changeText(&random)
      default: bytes.fill(from: random.int(0...bytes.count - 1), &random)
      }
      guard !bytes.isEmpty else { return }
    }
  }

  private static func replace(
    _ bytes: inout [UInt8], _ ranges: [Range<Int>], by new: [UInt8], _ random: inout SplitMix64
  ) {
    guard !ranges.isEmpty else { return }
    bytes.replaceSubrange(random.pick(ranges), with: new)
  }

  /// Repeats a value within the list or object around it.
  private static func multiply(
    _ bytes: inout [UInt8], _ text: JSONText, _ random: inout SplitMix64
  ) {
    guard !text.containers.isEmpty else { return }
    let range = random.pick(text.containers)
    let part = Array(bytes[range])
    let limit = max(1, (1 << 18) / part.count)
    let times = random.chance(0.7) ? 1 : min(1 << random.int(1...16), limit)
    let more = [[UInt8]](repeating: part + [UInt8(ascii: ",")], count: times).joined()
    bytes.insert(contentsOf: more, at: range.lowerBound)
  }

  /// Puts a value within lists or objects.
  private static func nest(
    _ bytes: inout [UInt8], _ range: Range<Int>, _ random: inout SplitMix64
  ) {
    let depth = random.pick([1, 1, 2, 30, 150, 250, 5_000, 100_000])
    let isList = random.chance(0.5)
    let (start, end) = isList ? ("[", "]") : ("{\"config\":", "}")
    let value = Array(bytes[range])
    let open = [[UInt8]](repeating: Array(start.utf8), count: depth).joined()
    let close = [[UInt8]](repeating: Array(end.utf8), count: depth).joined()
    bytes.replaceSubrange(range, with: Array(open) + value + Array(close))
  }

  /// Takes a value out with the comma behind it.
  private static func remove(
    _ bytes: inout [UInt8], _ range: Range<Int>, _ random: inout SplitMix64
  ) {
    var end = range.upperBound
    while end < bytes.count, bytes[end] == 32 { end += 1 }
    if end < bytes.count, bytes[end] == UInt8(ascii: ",") { end += 1 }
    bytes.removeSubrange(range.lowerBound..<end)
  }

  /// Puts the whole description in the place of one of its parts: models within models.
  private static func unfold(
    _ bytes: inout [UInt8], _ text: JSONText, _ random: inout SplitMix64
  ) {
    guard bytes.count < 1 << 15, let whole = text.containers.last else { return }
    let inner = Array(bytes[whole])
    for _ in 0..<random.int(1...3) where bytes.count < 1 << 18 {
      let places = JSONText(bytes).containers.filter { $0.count > 40 }
      guard !places.isEmpty else { return }
      bytes.replaceSubrange(random.pick(places), with: inner)
    }
  }
}
