// A text with its lines, so that positions can be told to people.

internal import Diagnostics

/// The bytes of a file and the positions at which its lines begin.
struct SourceText {

  /// The name of the file, for messages.
  let file: String

  /// The text.
  let bytes: [UInt8]

  /// The position of the first byte of each line.
  private let lines: [Int]

  /// Creates a source from a text.
  init(_ text: String, file: String) {
    self.file = file
    let bytes = Array(text.utf8)
    var lines = [0]
    for i in bytes.indices where bytes[i] == UInt8(ascii: "\n") { lines.append(i + 1) }
    self.bytes = bytes
    self.lines = lines
  }

  /// Returns the place of the byte at `offset`, which may be the end of the text.
  ///
  /// - Complexity: O(log lines + length of the line).
  func site(_ offset: Int) -> Site {
    var (low, high) = (0, lines.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lines[middle] <= offset { low = middle } else { high = middle }
    }
    let start = lines[low]
    var end = start
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n"), bytes[end] != UInt8(ascii: "\r") {
      end += 1
    }
    let before = String(decoding: bytes[start..<max(start, min(offset, end))], as: UTF8.self)
    return .text(
      file: file, line: low + 1, column: before.unicodeScalars.count + 1,
      source: String(decoding: bytes[start..<end], as: UTF8.self))
  }
}
