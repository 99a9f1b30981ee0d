import DataIO
import Diagnostics
import Foundation
import SpikeIR
import Testing

@Suite("Output files") struct OutputFileTests {

  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func contents(_ name: String) -> [UInt8]? {
    FileManager.default.contents(atPath: "\(folder.path)/\(name)").map { Array($0) }
  }

  @Test("leaves the older file until the commit") func commit() throws {
    let path = try folder.write("a", [1])
    let file = try OutputFile(creating: path)
    try file.write([2, 3])
    #expect(contents("a") == [1])
    try file.commit()
    #expect(contents("a") == [2, 3] && folder.names == ["a"])
  }

  @Test("removes the temporary file when it is given up") func discarded() throws {
    do {
      let file = try OutputFile(creating: "\(folder.path)/a")
      try file.write([2, 3])
      #expect(folder.names.count == 1)
    }
    #expect(folder.names.isEmpty)
  }

  @Test("keeps permissions, and follows a link") func link() throws {
    let path = try folder.write("a", [1])
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/link", withDestinationPath: path)
    let file = try OutputFile(creating: "\(folder.path)/link")
    try file.write([7])
    try file.commit()
    #expect(contents("a") == [7] && folder.names == ["a", "link"])
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
  }

  @Test("diagnoses places that cannot be written") func unwritable() {
    for path in ["\(folder.path)/no/a", folder.path] {
      let error = diagnostic { _ = try OutputFile(creating: path) }
      #expect(error?.id == "output.cannot-write" && error?.exitCode == .cannotWrite)
    }
  }

  @Test("writes to a device without replacing it") func device() throws {
    let file = try OutputFile(creating: "/dev/null")
    try file.write([1, 2])
    try file.commit()
    let attributes = try FileManager.default.attributesOfItem(atPath: "/dev/null")
    #expect(attributes[.type] as? FileAttributeType == .typeCharacterSpecial)
  }

  @Test("knows when two paths name the same file") func same() throws {
    let path = try folder.write("a", [1])
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/link", withDestinationPath: path)
    #expect(isSameFile(path, "\(folder.path)/link") && !isSameFile(path, "\(folder.path)/none"))
  }

  @Test("an archive holds its arrays under their names") func archive() throws {
    let path = "\(folder.path)/a.npz"
    let file = try OutputFile(creating: path)
    try writeNPZ(
      [
        NamedArray(name: "x", shape: [2], elements: [1, 2]),
        NamedArray(name: "b/y", shape: [2], elements: [3, 4]),
        NamedArray(name: "b_y", shape: [1], elements: [5]),
      ], to: file)
    try file.commit()
    #expect(try open("\(path):x").shape == [2])
    #expect(try open("\(path):b_y").values == [3, 4])
    #expect(try open("\(path):b_y_2").values == [5])
  }
}
