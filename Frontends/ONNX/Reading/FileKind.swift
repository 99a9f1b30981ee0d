// What people hand over in place of a model: the file's first bytes tell it better than the place
// at which they stop being a protocol buffer.

internal import Diagnostics
internal import FileReading

extension ReadableFile {

  /// Throws if the file plainly is no model in the binary format.
  func checkKind() throws(Diagnostic) {
    guard count > 0 else { throw .emptyFile() }
    let start = try start()
    if start.starts(with: "version https://git-lfs".utf8) { throw .gitLFSPointer() }
    if start.isTextOfModel { throw .textFormat() }
    if let format = KnownFormat(startingWith: start) {
      throw .otherFormat(format.name, advice: format.advice)
    }
    // A model may be printable only if it is very short: it begins with the byte 8.
    if let line = start.firstLineOfText { throw .otherFormat("a text that begins with '\(line)'") }
  }

  /// Returns the first bytes of the file, at most 1,024.
  func start() throws(Diagnostic) -> [UInt8] {
    try read(at: 0, count: min(count, 1024))
  }
}

extension [UInt8] {

  /// `true` iff the bytes look like a model in one of its forms for people: that of protocol
  /// buffers, JSON, or the syntax of the standard's own printer.
  fileprivate var isTextOfModel: Bool {
    guard let first = first(where: { $0 > 32 }), allSatisfy({ $0 >= 9 }) else { return false }
    let text = String(decoding: self, as: UTF8.self)
    switch first {
    case UInt8(ascii: "<"), UInt8(ascii: "{"):
      return text.contains("ir_version") || text.contains("irVersion")
    default:
      return ["ir_version:", "producer_name:", "graph {", "opset_import {", "#"].contains {
        text.drop { $0.isWhitespace }.hasPrefix($0)
      }
    }
  }
}
