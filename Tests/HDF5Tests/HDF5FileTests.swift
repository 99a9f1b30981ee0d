// Round trips through files that we write ourselves.

import Diagnostics
import HDF5
import TestSupport
import Testing

@Suite("HDF5 files") struct HDF5FileTests {

  /// Writes one of everything.
  private func writeSample(_ path: String) throws {
    let file = try HDF5Writer(creatingAt: path)
    try file.createGroup("/group")
    try file.createGroup("/group/b")
    try file.write([1.5, -2.25, 3e30, .infinity, 0, -0.0], extents: [2, 3], to: "/group/floats")
    try file.write([Int8.min, -1, 127], extents: [3], to: "/group/i8")
    try file.write([Int16.min, -1, 32_767], extents: [3, 1], to: "/group/i16")
    try file.write([Int32.min, -1, Int32.max], extents: [1, 3], to: "/group/i32")
    try file.write([UInt8(0), 200, 255, 7], extents: [2, 2], to: "/group/u8")
    try file.write([Int64.min, Int64.max], extents: [2], to: "/group/i64")
    try file.write([Float](), extents: [0, 4], to: "/group/none")
    try file.write(["α", "", "two words"], to: "/group/names")
    try file.write("a text\nof lines", to: "/text")
    try file.setAttribute("version", "1.2")
    try file.setAttribute("count", -7)
    try file.setAttribute("scale", [0.25, 1e300])
    try file.setAttribute("empty", [Double]())
    try file.setAttribute("names", ["x", "longer"], of: "/group")
    try file.close()
  }

  @Test("everything written is read back") func roundTrip() throws {
    let temporary = TemporaryFile()
    try writeSample(temporary.path)
    let file = try HDF5File(readingAt: temporary.path)
    #expect(try file.floats("/group/floats") == [1.5, -2.25, 3e30, .infinity, 0, -0.0])
    let info = try file.info(of: "/group/floats")
    #expect(info.extents == [2, 3] && info.elementType == .float(byteCount: 4))
    #expect(try file.integers("/group/i8", as: Int8.self) == [-128, -1, 127])
    #expect(try file.integers("/group/i16", as: Int16.self) == [-32_768, -1, 32_767])
    #expect(try file.integers("/group/i32", as: Int32.self) == [Int32.min, -1, Int32.max])
    #expect(try file.integers("/group/u8", as: UInt8.self) == [0, 200, 255, 7])
    #expect(try file.integers("/group/i64", as: Int64.self) == [Int64.min, Int64.max])
    #expect(try file.floats("/group/u8") == [0, 200, 255, 7])
    #expect(try file.floats("/group/i8") == [-128, -1, 127])
    #expect(try file.floats("/group/none") == [])
    #expect(try file.strings("/group/names") == ["α", "", "two words"])
    #expect(try file.strings("/text") == ["a text\nof lines"])
    #expect(try file.info(of: "/text").extents == [])
    #expect(try file.string(attribute: "version") == "1.2")
    #expect(try file.numbers(attribute: "count") == [-7])
    #expect(try file.numbers(attribute: "scale") == [0.25, 1e300])
    #expect(try file.strings(attribute: "empty") == [])
    #expect(try file.strings(attribute: "names", of: "/group") == ["x", "longer"])
    #expect(try file.attributeNames() == ["count", "empty", "scale", "version"])
  }

  @Test("groups list their members by name") func members() throws {
    let temporary = TemporaryFile()
    try writeSample(temporary.path)
    let file = try HDF5File(readingAt: temporary.path)
    #expect(try file.members().map(\.name) == ["group", "text"])
    #expect(try file.members().map(\.kind) == [.group, .dataset])
    #expect(
      try file.members(of: "/group").map(\.name)
        == ["b", "floats", "i16", "i32", "i64", "i8", "names", "none", "u8"])
    #expect(file.kind(of: "/group/b") == .group)
    let found = ["/group/floats", "/group/missing/deep", "/group\0"].map { file.exists($0) }
    #expect(found == [true, false, false])
    let owners = ["/", "/group", "/missing"].map { file.hasAttribute("version", of: $0) }
    #expect(owners == [true, false, false])
  }

  @Test("rows are read alone", arguments: [0..<0, 0..<1, 1..<3, 0..<3]) func rows(
    _ rows: Range<Int>
  ) throws {
    let temporary = TemporaryFile()
    let writer = try HDF5Writer(creatingAt: temporary.path)
    try writer.write((0..<12).map { UInt8($0) }, extents: [3, 2, 2], to: "/x")
    try writer.close()
    let file = try HDF5File(readingAt: temporary.path)
    let expected = rows.flatMap { ($0 * 4)..<($0 * 4 + 4) }
    #expect(try file.floats("/x", rows: rows) == expected.map { Float($0) })
    #expect(try file.integers("/x", rows: rows) == expected.map { UInt8($0) })
    let error = #expect(throws: Diagnostic.self) { _ = try file.floats("/x", rows: 2..<4) }
    #expect(error?.id == "hdf5.bad-dataset")
  }

  @Test("the same calls give the same bytes") func determinism() throws {
    let a = TemporaryFile()
    let b = TemporaryFile()
    try writeSample(a.path)
    try writeSample(b.path)
    #expect(try a.bytes() == b.bytes())
  }

  @Test("many threads may read at once") func threads() async throws {
    let temporary = TemporaryFile()
    try writeSample(temporary.path)
    let path = temporary.path
    let sums = try await withThrowingTaskGroup(of: Float.self) { group in
      for _ in 0..<16 {
        group.addTask {
          let file = try HDF5File(readingAt: path)
          return try (0..<50).reduce(0) { sum, _ in try sum + file.floats("/group/u8")[1] }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sums == [Float](repeating: 10_000, count: 16))
  }
}
