// Files that lie within other files or in memory, datasets that are read late.

import Diagnostics
import FileReading
import Foundation
import HDF5
import TestSupport
import Testing

@Suite("opening HDF5 files") struct OpeningTests {

  private func fixture(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: fixtures + name)))
  }

  /// Checks that `file` is the fixture of all kinds of numbers.
  private func checkKinds(_ file: HDF5File) throws {
    let expected = (0..<30).map { Float($0) }
    for path in ["/little/f4", "/big/f8", "/little/deflated/i2", "/compact", "/odd"] {
      #expect(try file.floats(path) == expected)
    }
    #expect(try file.string(attribute: "dtype", of: "/brain") == "bfloat16")
  }

  @Test("a part of a file", arguments: [1, 512, 777]) func range(_ start: Int) throws {
    let bytes = try fixture("kinds.h5")
    let outer = try TemporaryFile([UInt8](repeating: 7, count: start) + bytes + [1, 2, 3])
    let source = ByteSource(try ReadableFile(path: outer.path))
    let file = try HDF5File(
      source.part(at: start, count: bytes.count, name: "outer:inner.h5"))
    #expect(file.path == "outer:inner.h5")
    try checkKinds(file)
    func id(_ range: Range<Int>) -> String? {
      #expect(throws: Diagnostic.self) {
        _ = try HDF5File(
          source.part(at: range.lowerBound, count: range.count, name: "inner"))
      }?.id
    }
    #expect(id(start..<start + bytes.count + 4) == "file.truncated")
    #expect(id(start..<start + bytes.count - 1) == "hdf5.truncated")
    #expect(id(start..<start) == "hdf5.cannot-open")
    #expect(id(start + 1..<start + bytes.count) == "hdf5.cannot-open")
  }

  @Test("bytes in memory") func memory() throws {
    let file = try HDF5File(reading: try fixture("kinds.h5"), name: "memory")
    try checkKinds(file)
    let error = #expect(throws: Diagnostic.self) {
      _ = try HDF5File(reading: [], name: "nothing")
    }
    #expect(error?.message == "found an empty file, expected an HDF5 file")
  }

  @Test("a block of the user's before the file") func userBlock() throws {
    let bytes = try fixture("kinds.h5")
    try checkKinds(
      try HDF5File(reading: [UInt8](repeating: 9, count: 1_024) + bytes, name: "user block"))
  }

  @Test("a dataset outlives the file and its path") func lateReading() throws {
    var late: HDF5DatasetReference?
    do {
      let temporary = try TemporaryFile(try fixture("kinds.h5"))
      late = try HDF5File(readingAt: temporary.path).dataset("/little/deflated/f4")
    }
    let dataset = try #require(late)
    #expect(dataset.path == "/little/deflated/f4" && dataset.info.extents == [6, 5])
    #expect(try dataset.floats(rows: 1..<2) == [5, 6, 7, 8, 9])
  }

  @Test("a file that changes is noticed") func changes() throws {
    let bytes = try fixture("kinds.h5")
    let temporary = try TemporaryFile(bytes)
    let dataset = try HDF5File(readingAt: temporary.path).dataset("/little/f4")
    let descriptor = open(temporary.path, O_WRONLY)
    _ = ftruncate(descriptor, 1_000)
    close(descriptor)
    let error = #expect(throws: Diagnostic.self) { _ = try dataset.floats() }
    #expect(error?.id == "file.changed")
  }

  @Test(
    "blocks join to the whole",
    arguments: ["/little/f4", "/big/f2", "/little/chunked/u1", "/rows"], [nil, 1..<5])
  func blocks(_ path: String, _ rows: Range<Int>?) throws {
    let dataset = try HDF5File(readingAt: fixtures + "kinds.h5").dataset(path)
    var joined: [Float] = []
    let row = try #require(dataset.info.extents.last)
    var next = (rows?.lowerBound ?? 0) * row
    try dataset.forEachBlock(rows: rows) { (first, block) throws(Diagnostic) in
      #expect(first == next)
      next += block.count
      for i in block.indices { joined.append(block[i]) }
    }
    #expect(try joined == dataset.floats(rows: rows))
  }

  @Test("a long dataset comes in several blocks") func longDataset() throws {
    let temporary = TemporaryFile()
    let writer = try HDF5Writer(creatingAt: temporary.path)
    try writer.write((0..<700_001).map { Int32($0) }, extents: [700_001], to: "/x")
    try writer.close()
    let dataset = try HDF5File(readingAt: temporary.path).dataset("/x")
    var count = 0
    var blocks = 0
    try dataset.forEachBlock { (first, block) throws(Diagnostic) in
      for i in block.indices where block[i] == Float(first + i) { count += 1 }
      blocks += 1
    }
    #expect(count == 700_001 && blocks > 1)
    let whole = try dataset.floats()
    #expect(whole == (0..<700_001).map { Float($0) })
  }

  @Test("a very long attribute") func longAttribute() throws {
    let temporary = TemporaryFile()
    let text = String(repeating: "0123456789abcdef", count: 1 << 18)
    let writer = try HDF5Writer(creatingAt: temporary.path)
    try writer.setAttribute("model_config", text)
    try writer.close()
    let file = try HDF5File(readingAt: temporary.path)
    #expect(try file.string(attribute: "model_config") == text)
  }

  @Test("a file of thousands of objects") func manyObjects() throws {
    let temporary = TemporaryFile()
    let writer = try HDF5Writer(creatingAt: temporary.path)
    for i in 0..<3_000 {
      try writer.createGroup("/g\(i)")
      try writer.write([Float(i)], extents: [1], to: "/g\(i)/x")
    }
    try writer.close()
    let file = try HDF5File(readingAt: temporary.path)
    #expect(try file.members().count == 3_000)
    #expect(try file.floats("/g2999/x") == [2_999])
  }
}
