// Protocol buffers written by hand, with all the liberties that a library would not take.

import FoundationEssentials

@testable import ONNXFrontend

/// A message being written.
struct Wire {

  /// The bytes so far.
  var bytes: [UInt8] = []

  /// Creates a message that `fill` writes.
  init(_ fill: (inout Wire) -> Void = { _ in }) {
    fill(&self)
  }

  /// Appends a number in groups of 7 bits.
  mutating func raw(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Appends the start of a field.
  mutating func tag(_ field: Int, _ form: WireField.Form) {
    raw(UInt64(field) << 3 | UInt64(form.rawValue))
  }

  /// Appends a field with an integer.
  mutating func int(_ field: Int, _ value: Int) {
    tag(field, .varint)
    raw(UInt64(bitPattern: Int64(value)))
  }

  /// Appends a field with bytes.
  mutating func bytes(_ field: Int, _ value: [UInt8]) {
    tag(field, .bytes)
    raw(UInt64(value.count))
    bytes += value
  }

  /// Appends a field with text.
  mutating func text(_ field: Int, _ value: String) {
    bytes(field, [UInt8](value.utf8))
  }

  /// Appends a field with a message.
  mutating func message(_ field: Int, _ fill: (inout Wire) -> Void) {
    bytes(field, Wire(fill).bytes)
  }

  /// Appends a field with a number of four bytes.
  mutating func float(_ field: Int, _ value: Float) {
    tag(field, .fixed32)
    bytes += value.littleEndianBytes
  }

  /// Appends a field with integers in a row.
  mutating func packed(_ field: Int, _ values: [Int]) {
    var inner = Wire()
    for value in values { inner.raw(UInt64(bitPattern: Int64(value))) }
    bytes(field, inner.bytes)
  }
}

extension Wire {

  /// Returns a model with the given graph.
  static func model(graph: (inout Wire) -> Void) -> [UInt8] {
    Wire {
      $0.int(1, 8)
      $0.message(7, graph)
      $0.message(8) { $0.int(2, 13) }
    }.bytes
  }

  /// Returns a model with one constant.
  static func model(tensor: (inout Wire) -> Void) -> [UInt8] {
    model(graph: { $0.message(5, tensor) })
  }

  /// Returns a model with one node that has one attribute.
  static func model(attribute: (inout Wire) -> Void) -> [UInt8] {
    model(graph: {
      $0.message(1) {
        $0.text(4, "Test")
        $0.message(5, attribute)
      }
    })
  }
}

extension Float {

  /// The bytes of the number in a file.
  var littleEndianBytes: [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: bitPattern >> (8 * $0)) }
  }
}

/// A folder for a test, removed when the value dies.
struct TemporaryFolder: ~Copyable {

  /// The path, without a final slash.
  let path: String

  /// Makes a folder.
  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "spikec-\(UUID().uuidString)")
      .path()
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// Writes `bytes` to the file `name` and returns its path.
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = "\(path)/\(name)"
    try Data(bytes).write(to: URL(filePath: file))
    return file
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
