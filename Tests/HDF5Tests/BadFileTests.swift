// Files that are missing, foreign, truncated or hostile end in a diagnostic.

import Diagnostics
import TestSupport
import Testing

@testable import HDF5

@Suite("bad HDF5 files") struct BadFileTests {

  /// Returns what opening the file at `path` reports.
  private func openingError(_ path: String) -> Diagnostic? {
    do throws(Diagnostic) {
      let file = try HDF5File(readingAt: path)
      Issue.record("opening \(file.path) should have failed")
      return nil
    } catch {
      return error
    }
  }

  /// Returns the bytes of a file with one dataset `/x` of 999,331 elements and a few attributes.
  private func sample() throws -> [UInt8] {
    let temporary = TemporaryFile()
    let file = try HDF5Writer(creatingAt: temporary.path)
    try file.write([Int8](repeating: 3, count: 999_331), extents: [999_331], to: "/x")
    try file.setAttribute("names", ["one", "two"])
    try file.setAttribute("many", (0..<313).map { Double($0) })
    try file.close()
    return try temporary.bytes()
  }

  @Test("a missing file") func missing() {
    let error = openingError("/nonexistent/model.h5")
    #expect(error?.id == "file.missing")
    #expect(error?.exitCode == .missingInput)
  }

  @Test("a folder") func folder() {
    let error = openingError("/")
    #expect(error?.id == "file.cannot-open")
    #expect(error?.message == "'/' is a folder")
  }

  @Test(
    "a file of another kind",
    arguments: [
      ([], "an empty file"), (Array("PK\u{3}\u{4}rest".utf8), "a zip archive"),
      (Array("<html>".utf8), "a web page or XML"),
      (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "a pointer of Git LFS"),
      ([0x1F, 0x8B, 8], "a gzip archive"), ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "a NumPy array"),
      (Array("hello".utf8), "text that starts with 'hello'"),
      ([200, 1, 17], "a file that starts with the bytes c8 01 11"),
      ([UInt8](repeating: 0, count: 600), "zeros"),
    ] as [([UInt8], String)])
  func foreign(_ bytes: [UInt8], _ found: String) throws {
    let temporary = try TemporaryFile(bytes)
    let error = openingError(temporary.path)
    #expect(error?.id == "hdf5.cannot-open")
    #expect(error?.exitCode == .badData)
    #expect(error?.message == "found \(found), expected an HDF5 file")
  }

  @Test("a file that ends early", arguments: [1, 100, 998_000])
  func truncated(_ missing: Int) throws {
    let temporary = try TemporaryFile(try sample().dropLast(missing))
    #expect(openingError(temporary.path)?.id == "hdf5.truncated")
  }

  @Test("a file cut within its superblock", arguments: [8, 20, 63])
  func cutSuperblock(_ count: Int) throws {
    let temporary = try TemporaryFile(Array(try sample().prefix(count)))
    #expect(openingError(temporary.path)?.id == "hdf5.truncated")
  }

  @Test(
    "a dataset that declares more than the file holds", arguments: [1_999_331, 1 << 40, 1 << 62])
  func hugeDataset(_ declared: UInt64) throws {
    let temporary = try TemporaryFile(replacing(999_331, by: declared, in: try sample()))
    let file = try HDF5File(readingAt: temporary.path)
    let error = #expect(throws: Diagnostic.self) { _ = try file.floats("/x") }
    #expect(error?.id == "hdf5.bad-dataset")
    #expect(error?.site == .inside(file: temporary.path, path: "/x"))
  }

  @Test("an attribute that declares more than the file holds") func hugeAttribute() throws {
    let temporary = try TemporaryFile(replacing(313, by: 1 << 50, in: try sample()))
    do throws(Diagnostic) {
      let file = try HDF5File(readingAt: temporary.path)
      let error = #expect(throws: Diagnostic.self) { _ = try file.numbers(attribute: "many") }
      #expect(["hdf5.bad-attribute", "hdf5.not-found"].contains(error?.id))
    } catch {
      #expect(error.id == "hdf5.cannot-open")
    }
  }

  @Test(
    "a heap with sizes on which the library crashes or goes round for ever",
    arguments: [0x0FFF_FFFF_FFFF, UInt64.max, UInt64.max - 15, 4_080], [0, 1] as [UInt8])
  func damagedHeap(_ size: UInt64, _ index: UInt8) throws {
    var bytes = try sample()
    let heap = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("GCOL".utf8)) })
    // The header has 16 bytes, the first object its size 8 bytes later.
    bytes[heap + 16] = index
    bytes.replaceSubrange(heap + 24..<heap + 32, with: littleEndian(index == 0 ? 0 : size))
    let temporary = try TemporaryFile(bytes)
    let file = try HDF5File(readingAt: temporary.path)
    let error = #expect(throws: Diagnostic.self) { _ = try file.strings(attribute: "names") }
    #expect(error?.id == "hdf5.bad-attribute")
    // The library was not left alone with it.
    #expect(error?.notes.first?.contains("heap") == true, "\(error?.notes ?? [])")
    #expect(try file.integers("/x", as: Int8.self, rows: 0..<2) == [3, 3])
  }

  @Test("a text that is too long for memory") func longText() throws {
    let temporary = TemporaryFile()
    let writer = try HDF5Writer(creatingAt: temporary.path)
    try writer.setAttribute("fits", String(repeating: "a", count: HDF5File.attributeLimit - 8))
    try writer.setAttribute("large", String(repeating: "a", count: HDF5File.attributeLimit - 7))
    try writer.close()
    let file = try HDF5File(readingAt: temporary.path)
    #expect(try file.string(attribute: "fits").utf8.count == HDF5File.attributeLimit - 8)
    let error = #expect(throws: Diagnostic.self) { _ = try file.string(attribute: "large") }
    #expect(error?.id == "hdf5.bad-attribute")
    #expect(
      error?.message
        == "attribute 'large' holds 33554433 bytes, accepted are 33554432")
  }

  @Test("objects of the wrong kind or type") func wrongKinds() throws {
    let temporary = try TemporaryFile(try sample())
    let file = try HDF5File(readingAt: temporary.path)
    func id(_ body: () throws -> Void) -> String? {
      #expect(throws: Diagnostic.self, performing: body)?.id
    }
    #expect(id { _ = try file.floats("/") } == "hdf5.bad-dataset")
    #expect(id { _ = try file.floats("/y") } == "hdf5.not-found")
    #expect(id { _ = try file.strings("/x") } == "hdf5.bad-dataset")
    #expect(id { _ = try file.integers("/x", as: Int16.self) } == "hdf5.bad-dataset")
    #expect(id { _ = try file.integers("/x", as: UInt8.self) } == "hdf5.bad-dataset")
    #expect(id { _ = try file.members(of: "/x") } == "hdf5.bad-group")
    #expect(id { _ = try file.string(attribute: "names") } == "hdf5.bad-attribute")
    #expect(id { _ = try file.numbers(attribute: "names") } == "hdf5.bad-attribute")
    #expect(id { _ = try file.strings(attribute: "many") } == "hdf5.bad-attribute")
    #expect(id { _ = try file.strings(attribute: "none") } == "hdf5.not-found")
  }

  @Test("groups nested 500 deep") func deepGroups() throws {
    let temporary = TemporaryFile()
    var path = ""
    let writer = try HDF5Writer(creatingAt: temporary.path)
    for _ in 0..<500 {
      path += "/g"
      try writer.createGroup(path)
    }
    try writer.close()
    let file = try HDF5File(readingAt: temporary.path)
    #expect(try file.members(of: path).isEmpty)
    #expect(file.kind(of: path + "/g") == nil)
  }

  @Test("what cannot be written") func cannotWrite() throws {
    do throws(Diagnostic) {
      let file = try HDF5Writer(creatingAt: "/nonexistent/x.h5")
      Issue.record("creating \(file.path) should have failed")
    } catch {
      #expect(error.id == "hdf5.cannot-write")
      #expect(error.exitCode == .cannotWrite)
    }
    let temporary = TemporaryFile()
    let file = try HDF5Writer(creatingAt: temporary.path)
    let error = #expect(throws: Diagnostic.self) { try file.write("a\0b", to: "/text") }
    #expect(error?.id == "hdf5.cannot-write")
  }

  /// Returns `bytes` with every little-endian occurrence of `old` replaced by `new`.
  private func replacing(_ old: UInt64, by new: UInt64, in bytes: [UInt8]) -> [UInt8] {
    let (from, to) = (littleEndian(old), littleEndian(new))
    var result = bytes
    for i in 0...(bytes.count - 8)
    where bytes[i] == from[0] && result[i..<i + 8].elementsEqual(from) {
      result.replaceSubrange(i..<i + 8, with: to)
    }
    return result
  }

  private func littleEndian(_ x: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: x >> (8 * UInt64($0))) }
  }
}
