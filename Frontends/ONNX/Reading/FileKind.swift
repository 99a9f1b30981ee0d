// What people hand over in place of a model: the file's first bytes tell it better than the place
// at which they stop being a protocol buffer.

internal import Diagnostics
internal import FileReading

extension ReadableFile {

  /// Throws if the file plainly is no model in the binary format.
  func checkKind() throws(Diagnostic) {
    guard count > 0 else { throw .emptyFile() }
    let start = try read(at: 0, count: min(count, 1024))
    if start.starts(with: "version https://git-lfs".utf8) { throw .gitLFSPointer() }
    if start.starts(with: [0x89, 0x48, 0x44, 0x46]) { throw .otherFormat("HDF5") }
    if start.starts(with: [0x50, 0x4B, 3, 4]) { throw .otherFormat("a zip archive") }
    if start.isTextOfModel { throw .textFormat() }
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
