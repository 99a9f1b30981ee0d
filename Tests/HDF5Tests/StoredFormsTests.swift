// Files written by h5py in every form in which it stores numbers and text.

import Diagnostics
import Foundation
import HDF5
import Testing

/// The folder of the fixtures, with a slash at its end.
let fixtures =
  URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "Fixtures/hdf5").path() + "/"

@Suite("stored forms") struct StoredFormsTests {

  let expected = (0..<30).map { Float($0) }

  @Test(
    "numbers of every width, order and layout",
    arguments: ["little", "big"].flatMap { order in
      ["", "/chunked", "/deflated"].map { order + $0 }
    },
    ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
  func numbers(_ group: String, _ kind: String) throws {
    let file = try HDF5File(readingAt: fixtures + "kinds.h5")
    let path = "/\(group)/\(kind)"
    #expect(try file.info(of: path).extents == [6, 5])
    #expect(try file.floats(path) == expected)
    #expect(try file.floats(path, rows: 1..<4) == Array(expected[5..<20]))
    #expect(try file.floats(path, rows: 6..<6) == [])
    switch kind {
    case "i1": #expect(try file.integers(path, as: Int8.self) == (0..<30).map { Int8($0) })
    case "i2": #expect(try file.integers(path, as: Int16.self) == (0..<30).map { Int16($0) })
    case "i4": #expect(try file.integers(path, rows: 5..<6) == (25..<30).map { Int32($0) })
    case "i8": #expect(try file.integers(path, as: Int64.self) == (0..<30).map { Int64($0) })
    case "u1": #expect(try file.integers(path, rows: 0..<1) == (0..<5).map { UInt8($0) })
    default: break
    }
  }

  @Test("layouts and formats that only the library reads", arguments: ["compact", "odd"])
  func unusual(_ name: String) throws {
    let file = try HDF5File(readingAt: fixtures + "kinds.h5")
    #expect(try file.floats("/" + name) == expected)
    #expect(try file.floats("/" + name, rows: 2..<3) == Array(expected[10..<15]))
  }

  @Test("a scalar, what was never written, an enumeration") func special() throws {
    let file = try HDF5File(readingAt: fixtures + "kinds.h5")
    #expect(try file.floats("/scalar") == [2.5])
    #expect(try file.info(of: "/scalar").extents == [])
    let never = #expect(throws: Diagnostic.self) { _ = try file.floats("/never") }
    #expect(never?.message.contains("found 0 bytes") == true)
    let flags = #expect(throws: Diagnostic.self) { _ = try file.floats("/flags") }
    #expect(flags?.message == "found an enumeration, expected numbers")
  }

  @Test("bfloat16, which HDF5 keeps as two opaque bytes") func brainFloats() throws {
    let file = try HDF5File(readingAt: fixtures + "kinds.h5")
    #expect(try file.floats("/brain") == expected)
    #expect(try file.floats("/brain", rows: 1..<2) == Array(expected[5..<10]))
    let unnamed = #expect(throws: Diagnostic.self) { _ = try file.floats("/unnamed-brain") }
    #expect(unnamed?.message == "found opaque elements of 2 bytes, expected numbers")
    #expect(try file.floats("/unnamed-brain", readsBFloat16: true) == expected)
    #expect(try file.floats("/brain-chunked", readsBFloat16: true) == expected)
    #expect(
      try file.floats("/brain-chunked", rows: 5..<6, readsBFloat16: true)
        == Array(expected[25..<30]))
  }

  @Test("many chunks come in several blocks") func manyChunks() throws {
    let file = try HDF5File(readingAt: fixtures + "kinds.h5")
    #expect(try file.floats("/rows") == (0..<40_000).map { Float($0) })
    #expect(
      try file.floats("/rows", rows: 299..<1_201) == (598..<2_402).map { Float($0) })
  }

  @Test("text of every kind") func text() throws {
    let file = try HDF5File(readingAt: fixtures + "names.h5")
    let texts = ["α", "", "two words"]
    #expect(try file.strings(attribute: "variable") == texts)
    #expect(try file.strings(attribute: "fixed") == texts)
    #expect(try file.string(attribute: "one") == "text")
    #expect(try file.strings(attribute: "null") == [])
    #expect(try file.strings(attribute: "none") == [])
    #expect(try file.numbers(attribute: "none") == [])
    #expect(try file.numbers(attribute: "numbers") == [0, 1, 2])
    let grid = #expect(throws: Diagnostic.self) { _ = try file.strings(attribute: "grid") }
    #expect(grid?.message == "attribute 'grid' has several dimensions, expected a list")
    let latin = #expect(throws: Diagnostic.self) { _ = try file.strings(attribute: "latin") }
    #expect(latin?.message == "attribute 'latin' cannot be read as UTF-8 text")
    #expect(try file.strings("/variable") == texts)
    #expect(try file.strings("/fixed") == texts)
    #expect(try file.strings("/padded") == ["ab", "wxyz"])
    #expect(try file.strings("/chunked") == (0..<100).map { "s\($0)" })
  }

  @Test("links of every kind, in circles too") func links() throws {
    let file = try HDF5File(readingAt: fixtures + "names.h5")
    let members = try file.members(of: "/group")
    #expect(
      members.map(\.name)
        == ["circle", "external", "nowhere", "root", "self", "soft", "type", "x"])
    #expect(
      members.map(\.kind)
        == [.other, .other, .other, .group, .group, .dataset, .other, .dataset])
    #expect(try file.floats("/group/self/self/root/group//./soft") == [1, 2])
    let found = ["", "/", "/group/circle", "/group/external", "/group/type", "/group/x/y"]
      .map { file.kind(of: $0) }
    #expect(found == [nil, .group, nil, nil, .other, nil])
  }

  @Test("elements in other files are refused", arguments: ["external", "virtual"])
  func elsewhere(_ name: String) throws {
    let file = try HDF5File(readingAt: fixtures + "elsewhere.h5")
    let error = #expect(throws: Diagnostic.self) { _ = try file.floats("/" + name) }
    #expect(error?.message == "the elements are in another file, expected them in this one")
  }

  @Test("the file format of version 1.10") func latest() throws {
    let file = try HDF5File(readingAt: fixtures + "latest.h5")
    #expect(try file.members(of: "/many").count == 40)
    #expect(try file.attributeNames(of: "/many").count == 40)
    #expect(try file.numbers(attribute: "a17", of: "/many") == [17])
    #expect(try file.floats("/many/d39") == [39])
    #expect(try file.floats("/deflated", rows: 6..<15) == (120..<300).map { Float($0) })
  }
}
