// Damaged files of a small, repeatable campaign; `make fuzz` runs long ones.

import Archive
import Diagnostics
import FileReading
import FoundationEssentials
import KerasFrontend
import PluginAPI
import SpikeIR
import TestSupport
import Testing

@testable import FuzzSupport

@Suite("damaged Keras files") struct FuzzTests {

  /// Returns the good files with the given ending.
  private static func seeds(_ ending: String) throws -> [[UInt8]] {
    try ["k2", "k3"].flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: "\(fixtures)/\(folder)")
        .filter { $0.hasSuffix(ending) }.sorted().prefix(40)
        .map { [UInt8](try Data(contentsOf: URL(filePath: "\(fixtures)/\(folder)/\($0)"))) }
    }
  }

  @Test("the same number gives the same damage, another number another") func repeatable() throws {
    let seeds = try Self.seeds(".h5")
    let mutators = [7, 7, 8].map { Mutator(.kerasHDF5, seeds: seeds, seed: $0) }
    let files = mutators.map { mutator in (0..<20).map { mutator.file($0) } }
    #expect(files[0] == files[1])
    #expect(files[0] != files[2])
    #expect(Set(files[0]).count == 20)
    #expect(files[0].filter { seeds.contains($0) }.count < 5)
  }

  /// Reads damaged files of a format, with all their weights.
  ///
  /// - Returns: how many were imported and how many refused.
  private static func read(
    _ count: Int, of format: FuzzFormat, seed: UInt64
  ) throws -> (imported: Int, refused: Int) {
    let mutator = Mutator(format, seeds: try seeds(format.ending), seed: seed)
    let temporary = TemporaryFile()
    var (imported, refused) = (0, 0)
    for number in 0..<count {
      try temporary.write(mutator.file(number))
      var sink = DiagnosticSink()
      do {
        var model = try KerasFrontend().load(
          path: temporary.path, options: ImportOptions(), sink: &sink)
        try model.graph.tensors.materialize()
        imported += 1
      } catch {
        refused += 1
      }
    }
    let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    precondition(descriptors.count < 100, "\(descriptors.count) descriptors are open")
    return (imported, refused)
  }

  // Processes of their own: a crash is a failure of this test and not of all. Damage that is never
  // or always found would test little.

  @Test("HDF5 ends in a network or a diagnostic") func hdf5() async {
    await #expect(processExitsWith: .success) {
      let (imported, refused) = try FuzzTests.read(500, of: .kerasHDF5, seed: 20_260)
      precondition(imported > 20 && refused > 100, "\(imported) imported, \(refused) refused")
    }
  }

  @Test("archives end in a network or a diagnostic") func archives() async {
    await #expect(processExitsWith: .success) {
      let (imported, refused) = try FuzzTests.read(800, of: .kerasArchive, seed: 20_261)
      precondition(imported > 20 && refused > 100, "\(imported) imported, \(refused) refused")
    }
  }

  @Test("archives are taken apart and put together as they were", arguments: [false, true])
  func archiveTree(isDeflated: Bool) throws {
    for bytes in try Self.seeds(".keras").prefix(8) {
      var tree = try #require(ArchiveTree(bytes))
      for i in tree.members.indices { tree.members[i].isDeflated = isDeflated }
      let again = try #require(ArchiveTree(tree.bytes))
      #expect(again.members.map(\.contents) == tree.members.map(\.contents))
      // The reader compares sizes and checksums.
      let archive = try ZipArchive(ByteSource(tree.bytes, name: "a"))
      for (member, expected) in zip(archive.members, tree.members) {
        #expect(Array(member.name.utf8) == expected.name && member.isStored != isDeflated)
        #expect(try archive.contents(of: member).readAll() == expected.contents)
      }
    }
  }

  @Test("members that explode have right sizes and checksums") func explosions() throws {
    var tree = try #require(ArchiveTree(try Self.seeds(".keras")[0]))
    let piece = Array("abc[".utf8)
    tree.members[1].inflateTo(piece, count: 3_000)
    let archive = try ZipArchive(ByteSource(tree.bytes, name: "a"))
    let expected = Array([[UInt8]](repeating: piece, count: 3_000).joined())
    #expect(try archive.contents(of: archive.members[1]).readAll() == expected)
  }
}
