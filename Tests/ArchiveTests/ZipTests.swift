import Archive
import Diagnostics
import FileReading
import TestSupport
import Testing

@Suite("Zip archives") struct ZipTests {

  private let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }

  private func archive(_ entries: [ZipEntry]) throws -> ZipArchive {
    try ZipArchive(ByteSource(zipArchive(entries), name: "a.zip"))
  }

  @Test(
    "gives back what was put in, however sizes are said",
    arguments: [false, true], [ZipEntry.Sizes.plain, .descriptor, .zip64])
  func contents(isDeflated: Bool, sizes: ZipEntry.Sizes) throws {
    let archive = try archive([
      ZipEntry("b/x", bytes, isDeflated: isDeflated, sizes: sizes),
      ZipEntry("empty", [], isDeflated: isDeflated, sizes: sizes),
    ])
    #expect(archive.members.map(\.name) == ["b/x", "empty"])
    #expect(try archive.contents(of: archive.members[0]).readAll() == bytes)
    #expect(try archive.contents(of: archive.members[1]).readAll() == [])
    var pieces: [UInt8] = []
    try archive.extract(archive.members[0]) { pieces += $0 }
    #expect(pieces == bytes)
    let file = try ReadableFile.scratch(named: "x") { write throws(Diagnostic) in
      try archive.extract(archive.members[0], write)
    }
    #expect(try file.read(at: 0, count: file.count) == bytes)
  }

  @Test("sizes and checksums that lie are found", arguments: [false, true])
  func lies(isDeflated: Bool) throws {
    let lies = [
      ZipEntry("x", bytes, isDeflated: isDeflated, declaredSize: 1 << 40),
      ZipEntry("x", bytes, isDeflated: isDeflated, declaredSize: 1000),
      ZipEntry("x", bytes, isDeflated: isDeflated, sizes: .zip64, declaredSize: .max),
      ZipEntry("x", bytes, isDeflated: isDeflated, sizes: .zip64, declaredSize: -1),
      ZipEntry("x", bytes, isDeflated: isDeflated, checksumError: 1),
    ]
    for entry in lies {
      let error = #expect(throws: Diagnostic.self) {
        let archive = try archive([entry])
        let member = try #require(archive.members.first)
        _ = try archive.contents(of: member)
      }
      #expect(error?.id == "data.bad-zip")
    }
  }

  @Test("a checksum that takes long can be left out") func unchecked() throws {
    let archive = try archive([ZipEntry("x", bytes, checksumError: 1)])
    #expect(try archive.contents(of: archive.members[0], checkLimit: 10).readAll() == bytes)
  }

  @Test("survives every cut") func cuts() throws {
    let whole = zipArchive([
      ZipEntry("x", Array(bytes.prefix(50)), isDeflated: true),
      ZipEntry("y", Array(bytes.prefix(50)), sizes: .zip64),
    ])
    for count in 0..<whole.count {
      #expect(throws: Diagnostic.self) {
        _ = try ZipArchive(ByteSource(Array(whole.prefix(count)), name: "a.zip"))
      }
    }
  }
}
