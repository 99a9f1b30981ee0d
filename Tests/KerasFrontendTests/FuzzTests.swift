// Damaged files of a small, repeatable campaign; `make fuzz` runs long ones.

import Diagnostics
import FoundationEssentials
import FuzzSupport
import KerasFrontend
import PluginAPI
import SpikeIR
import TestSupport
import Testing

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

  @Test("end in a network or a diagnostic") func campaign() async {
    // A process of its own: a crash is a failure of this test and not of all.
    await #expect(processExitsWith: .success) {
      let mutator = Mutator(.kerasHDF5, seeds: try FuzzTests.seeds(".h5"), seed: 20_260)
      let temporary = TemporaryFile()
      var (imported, refused) = (0, 0)
      for number in 0..<400 {
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
      // Damage that is never or always found would test little.
      precondition(imported > 20 && refused > 100, "\(imported) imported, \(refused) refused")
      let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
      precondition(descriptors.count < 100, "\(descriptors.count) descriptors are open")
    }
  }
}
