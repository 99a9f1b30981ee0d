// Files for the tests of this folder, written byte by byte.

import CZlib
import DataIO
import Diagnostics
import Foundation
import SpikeIR

/// A folder that disappears with the value.
final class TemporaryFolder {

  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "spikec-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let full = "\(path)/\(name)"
    try Data(bytes).write(to: URL(fileURLWithPath: full))
    return full
  }

  /// The names in the folder, sorted.
  var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
  }
}

/// Returns the contents of a `.npy` file with the given header fields.
func npy(
  _ descr: String, _ shape: String, _ data: [UInt8], fortran: Bool = false, version: UInt8 = 1
) -> [UInt8] {
  let text =
    "{'descr': \(descr), 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }\n"
  let n = text.utf8.count
  let length =
    version == 1 ? [UInt8(n & 255), UInt8(n >> 8)] : [UInt8(n & 255), UInt8(n >> 8), 0, 0]
  return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + Array(text.utf8) + data
}

/// Returns the contents of an idx file.
func idx(_ type: UInt8, _ shape: [UInt32], _ data: [UInt8]) -> [UInt8] {
  [0, 0, type, UInt8(shape.count)] + shape.flatMap { big($0) } + data
}

/// Returns the bytes of an integer, most significant first.
func big<T: FixedWidthInteger>(_ x: T) -> [UInt8] {
  withUnsafeBytes(of: x.bigEndian) { Array($0) }
}

/// Returns the bytes of an integer, least significant first.
func little<T: FixedWidthInteger>(_ x: T) -> [UInt8] {
  withUnsafeBytes(of: x.littleEndian) { Array($0) }
}

/// Returns `bytes` compressed: window bits 31 for gzip, 15 for zlib, −15 for bare deflate.
func deflated(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
  var stream = z_stream()
  deflateInit2_(
    &stream, 9, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
    Int32(MemoryLayout<z_stream>.size))
  defer { deflateEnd(&stream) }
  var input = bytes
  return [UInt8](unsafeUninitializedCapacity: bytes.count + 4096) { output, count in
    input.withUnsafeMutableBufferPointer { source in
      stream.next_in = source.baseAddress
      stream.avail_in = UInt32(source.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(output.count)
      _ = deflate(&stream, Z_FINISH)
      count = output.count - Int(stream.avail_out)
    }
  }
}

/// Returns the CRC-32 of `bytes`.
func crc(_ bytes: [UInt8]) -> UInt32 {
  UInt32(bytes.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) })
}

/// A member of an archive made by `zip`.
struct Member {
  var name: String
  var bytes: [UInt8]
  var isDeflated = false
  var isZip64 = false
}

/// Returns a zip archive.
func zip(_ members: [Member]) -> [UInt8] {
  var file: [UInt8] = []
  var table: [UInt8] = []
  for member in members {
    let stored = member.isDeflated ? deflated(member.bytes, windowBits: -15) : member.bytes
    let method: UInt16 = member.isDeflated ? 8 : 0
    let name = Array(member.name.utf8)
    let sizes = little(UInt64(member.bytes.count)) + little(UInt64(stored.count))
    let extra = member.isZip64 ? little(UInt16(1)) + little(UInt16(16)) + sizes : []
    let short =
      member.isZip64
      ? [UInt8](repeating: 255, count: 8)
      : little(UInt32(stored.count)) + little(UInt32(member.bytes.count))
    let common =
      little(UInt16(0)) + little(method) + [0, 0, 0, 0] + little(crc(member.bytes)) + short
      + little(UInt16(name.count)) + little(UInt16(extra.count))
    let offset = little(UInt32(file.count))
    file += [0x50, 0x4B, 3, 4, 20, 0] + common + name + extra + stored
    table += [0x50, 0x4B, 1, 2, 20, 0, 20, 0] + common
    table += [UInt8](repeating: 0, count: 10) + offset + name + extra
  }
  let count = little(UInt16(members.count))
  let end = little(UInt32(table.count)) + little(UInt32(file.count)) + [0, 0]
  return file + table + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count + end
}

/// Returns a PNG file of the given chunks.
func png(_ chunks: [(String, [UInt8])]) -> [UInt8] {
  var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  for (type, data) in chunks {
    let body = Array(type.utf8) + data
    file += big(UInt32(data.count)) + body + big(crc(body))
  }
  return file
}

/// Returns the contents of the chunk IHDR.
func ihdr(
  _ width: UInt32, _ height: UInt32, depth: UInt8, color: UInt8, interlaced: Bool = false
) -> [UInt8] {
  big(width) + big(height) + [depth, color, 0, 0, interlaced ? 1 : 0]
}

/// Returns a PNG file whose rows, filter bytes included, are `rows`.
func png(
  _ width: UInt32, _ height: UInt32, depth: UInt8, color: UInt8, rows: [UInt8],
  palette: [UInt8]? = nil, interlaced: Bool = false
) -> [UInt8] {
  let head = ("IHDR", ihdr(width, height, depth: depth, color: color, interlaced: interlaced))
  return png(
    [head] + (palette.map { [("PLTE", $0)] } ?? [])
      + [("IDAT", deflated(rows, windowBits: 15)), ("IEND", [])])
}

/// Opens the data that `argument` names and returns shape, type and all values.
func open(_ argument: String) throws -> (shape: [Int], kind: ElementKind, values: [Float]) {
  var sink = DiagnosticSink()
  let source = try DataSource(opening: argument, sink: &sink)
  let set = try ImageSet(source, matching: source.shape, preprocessing: .init())
  return (source.shape.extents, source.kind, try set.sample(0))
}

/// Returns the diagnostic that `body` throws.
func diagnostic(_ body: () throws -> Void) -> Diagnostic? {
  do {
    try body()
    return nil
  } catch {
    return error as? Diagnostic
  }
}
