import DataIO
import Diagnostics
import Foundation
import Testing

@Suite("Output folders") struct OutputFolderTests {

  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private var path: String { "\(folder.path)/out" }

  private func contents(_ name: String) -> [UInt8]? {
    FileManager.default.contents(atPath: "\(path)/\(name)").map { Array($0) }
  }

  private func write(_ files: [String: [UInt8]]) throws {
    let output = try OutputFolder(creating: path + "/", replacingFoldersWith: "mark")
    for (name, bytes) in files { try output.write(bytes, to: name) }
    try output.commit()
  }

  @Test("appears as a whole") func commit() throws {
    do {
      let output = try OutputFolder(creating: path, replacingFoldersWith: "mark")
      try output.write([1], to: "a")
      #expect(!FileManager.default.fileExists(atPath: path))
    }
    #expect(folder.names.isEmpty)
    try write(["mark": [1], "a": [2]])
    #expect(folder.names == ["out"] && contents("a") == [2])
  }

  @Test("replaces an older one of the same kind") func replaces() throws {
    try write(["mark": [1], "a": [2]])
    try write(["mark": [3], "b": [4]])
    #expect(folder.names == ["out"])
    #expect(namesInFolder(path) == ["b", "mark"] && contents("mark") == [3])
  }

  @Test("leaves an older one until the commit") func keeps() throws {
    try write(["mark": [1]])
    do {
      let output = try OutputFolder(creating: path, replacingFoldersWith: "mark")
      try output.write([2], to: "mark")
    }
    #expect(folder.names == ["out"] && contents("mark") == [1])
  }

  @Test("does not touch what came from others") func occupied() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    _ = try folder.write("out/letter", [1])
    let error = #expect(throws: Diagnostic.self) { try write(["mark": [1]]) }
    #expect(error?.id == "output.occupied" && error?.exitCode == .cannotWrite)
    #expect(contents("letter") == [1])
    _ = try folder.write("file", [1])
    #expect(throws: Diagnostic.self) {
      try OutputFolder(creating: "\(folder.path)/file", replacingFoldersWith: "mark")
    }
    #expect(throws: Diagnostic.self) {
      try OutputFolder(creating: "\(folder.path)/no/such", replacingFoldersWith: "mark")
    }
  }
}
