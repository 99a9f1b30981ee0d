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
    if let name = start.formatName { throw .otherFormat(name) }
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

  /// The name of the format that the first bytes tell, among those that are mistaken for models.
  fileprivate var formatName: String? {
    let known: [(start: [UInt8], name: String)] = [
      ([0x89, 0x48, 0x44, 0x46], "HDF5"), ([0x50, 0x4B, 3, 4], "a zip archive"),
      ([0x1F, 0x8B], "compressed by gzip"), ([0x28, 0xB5, 0x2F, 0xFD], "compressed by zstd"),
      ([0x89, 0x50, 0x4E, 0x47], "a PNG image"), ([0xFF, 0xD8, 0xFF], "a JPEG image"),
      ([0x7F, 0x45, 0x4C, 0x46], "a program (ELF)"), ([0x25, 0x50, 0x44, 0x46], "a PDF document"),
      ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "a NumPy array"),
      ([0x80, 2], "a Python pickle, as old PyTorch saves"), ([0x80, 4], "a Python pickle"),
      ([0x80, 5], "a Python pickle"),
    ]
    if let format = known.first(where: { starts(with: $0.start) }) { return format.name }
    if count >= 8, self[4..<8].elementsEqual("TFL3".utf8) { return "a TensorFlow Lite model" }
    if count >= 8, self[4..<8].elementsEqual("ORTM".utf8) {
      return "a model in onnxruntime's own format (.ort)"
    }
    if count >= 10, self[8..<10].elementsEqual("{\"".utf8), self[4..<8].allSatisfy({ $0 == 0 }) {
      return "a safetensors file, which holds weights only"
    }
    return nil
  }

  /// The first line, cut if it is long, if the bytes are a text; `nil` if they are not.
  ///
  /// A model may be printable only if it is very short: it begins with the byte 8.
  fileprivate var firstLineOfText: String? {
    guard count >= 4, allSatisfy({ $0 >= 32 || (9...13).contains($0) }) else { return nil }
    let text = String(decoding: self, as: UTF8.self)
    let line = text.drop { $0.isWhitespace }.prefix { !$0.isNewline }
    guard line.unicodeScalars.first != "\u{FFFD}", !line.isEmpty else { return nil }
    return line.count > 40 ? String(line.prefix(40)) + "…" : String(line)
  }
}
