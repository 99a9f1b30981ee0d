// Files by position: what is there, what is not, and what changed in the meantime.

import Diagnostics
import FileReading
import Foundation
import TestSupport
import Testing

@Suite("files by position") struct ReadableFileTests {

  private let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 37) }

  private func id(_ body: () throws -> Void) -> String? {
    #expect(throws: Diagnostic.self) { try body() }?.id
  }

  @Test("give any run of their bytes") func runs() throws {
    let temporary = try TemporaryFile(bytes)
    let file = try ReadableFile(path: temporary.path)
    #expect(file.count == 1_000)
    for (start, count) in [(0, 1_000), (17, 3), (999, 1), (1_000, 0), (0, 0)] {
      #expect(try file.read(at: start, count: count) == Array(bytes[start..<start + count]))
    }
  }

  @Test(
    "refuse runs that they do not have, before memory is asked for",
    arguments: [(0, 1_001), (1_000, 1), (-1, 1), (1, -1), (1, Int.max), (Int.max, Int.max)])
  func outside(_ start: Int, _ count: Int) throws {
    let temporary = try TemporaryFile(bytes)
    let file = try ReadableFile(path: temporary.path)
    #expect(id { _ = try file.read(at: start, count: count) } == "file.truncated")
    let source = try ByteSource(file).part(at: 0, count: 1_000, name: "part")
    #expect(id { _ = try source.read(at: start, count: count) } == "file.truncated")
    #expect(id { _ = try source.part(at: start, count: count, name: "x") } == "file.truncated")
  }

  @Test("are not folders, devices, pipes, or missing") func others() throws {
    let pipe = TemporaryFile()
    #expect(mkfifo(pipe.path, 0o600) == 0)
    for path in ["/", pipe.path, "/dev/null"] {
      #expect(id { _ = try ReadableFile(path: path) } == "file.cannot-open")
    }
    for path in [pipe.path + "x", pipe.path + "/x"] {
      #expect(id { _ = try ReadableFile(path: path) } == "file.missing")
    }
    #expect(id { _ = try ReadableFile(path: "a\0b") } == "file.missing")
  }

  @Test("that have become shorter are noticed on reading") func shorter() throws {
    let temporary = try TemporaryFile(bytes)
    let file = try ReadableFile(path: temporary.path)
    #expect(truncate(temporary.path, 500) == 0)
    #expect(try file.read(at: 0, count: 500) == Array(bytes.prefix(500)))
    #expect(id { _ = try file.read(at: 0, count: 501) } == "file.changed")
    #expect(id { try file.checkUnchanged() } == "file.changed")
  }

  @Test("that were overwritten are noticed on asking") func overwritten() throws {
    let temporary = try TemporaryFile(bytes)
    let file = try ReadableFile(path: temporary.path)
    try file.checkUnchanged()
    // A time that no clock gives by chance.
    var times = [timespec(tv_sec: 1, tv_nsec: 2), timespec(tv_sec: 3, tv_nsec: 4)]
    #expect(utimensat(AT_FDCWD, temporary.path, &times, 0) == 0)
    #expect(id { try file.checkUnchanged() } == "file.changed")
  }

  @Test("that were replaced are read as they were") func replaced() throws {
    let temporary = try TemporaryFile(bytes)
    let other = try TemporaryFile([1, 2, 3])
    let file = try ReadableFile(path: temporary.path)
    #expect(rename(other.path, temporary.path) == 0)
    #expect(try file.read(at: 0, count: 1_000) == bytes)
    try file.checkUnchanged()
    #expect(try ReadableFile(path: temporary.path).identity != file.identity)
  }

  @Test("are written and read without a name") func scratch() throws {
    let file = try ReadableFile.scratch(named: "x") { write throws(Diagnostic) in
      try write(bytes)
      try write([])
      try write([7])
    }
    #expect(try file.read(at: 0, count: file.count) == bytes + [7])
    #expect(
      id {
        _ = try ReadableFile.scratch(named: "x") { _ throws(Diagnostic) in
          throw .error("test.id", "no")
        }
      } == "test.id")
  }
}

@Suite("runs of bytes") struct ByteSourceTests {

  private let bytes = (0..<200).map { UInt8($0) }

  @Test("are the same in files, in parts of them and in memory") func same() throws {
    let temporary = try TemporaryFile([9, 9, 9] + bytes + [8])
    let file = ByteSource(try ReadableFile(path: temporary.path))
    let memory = ByteSource([9, 9, 9] + bytes + [8], name: "memory")
    for whole in [file, memory] {
      let part = try whole.part(at: 3, count: 200, name: "part")
      #expect(part.name == "part" && part.named("p").name == "p" && part.start == 3)
      #expect(try part.readAll() == bytes)
      #expect(try part.part(at: 10, count: 5, name: "inner").readAll() == [10, 11, 12, 13, 14])
      #expect(try part.prefix(2) == [0, 1] && part.prefix(500).count == 200)
      #expect(try part.prefix(4, at: 198) == [198, 199] && part.prefix(4, at: 201).isEmpty)
      var buffer = [UInt8](repeating: 0, count: 4)
      try buffer.withUnsafeMutableBytes { try part.read(into: $0, at: 100) }
      #expect(buffer == [100, 101, 102, 103])
      try part.checkUnchanged()
    }
  }
}
