// Damaged files of a small, repeatable campaign; `make fuzz` runs long ones.

import Diagnostics
import FoundationEssentials
import FuzzSupport
import ONNXFrontend
import PluginAPI
import SpikeIR
import TestSupport
import Testing

@Suite("Damaged ONNX files") struct FuzzTests {

  /// The folder of the good files.
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/onnx").path()

  /// Returns good files of each writer.
  private static func seeds() throws -> [[UInt8]] {
    try ["tf2onnx", "torchscript", "dynamo", "quantized", "storage"].flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: "\(Self.folder)/\(folder)")
        .filter { $0.hasSuffix(".onnx") }.sorted().prefix(16)
        .map { [UInt8](try Data(contentsOf: URL(filePath: "\(Self.folder)/\(folder)/\($0)"))) }
        .filter { $0.count < 48 << 10 }
    }
  }

  @Test("are imported or refused with a reason", arguments: 0..<8) func importing(part: Int) throws
  {
    let mutator = Mutator(.onnx, seeds: try Self.seeds(), seed: 20)
    let file = try TemporaryFile([])
    var refused = 0
    for number in part * 50..<(part + 1) * 50 {
      try file.write(mutator.file(number))
      var sink = DiagnosticSink()
      do throws(CompileError) {
        var model = try ONNXFrontend().load(path: file.path, options: ImportOptions(), sink: &sink)
        // A graph that was imported is one; only its weights may still be missing.
        #expect(model.graph.verify() == [], "\(number)")
        try? model.graph.tensors.materialize()
      } catch {
        refused += 1
        #expect(error.diagnostics.contains { $0.id.hasPrefix("onnx.") }, "\(number)")
      }
    }
    #expect(refused > 10)
  }

  @Test("are the same for the same seed") func repeatable() throws {
    let seeds = try Self.seeds()
    let (a, b) = (Mutator(.onnx, seeds: seeds, seed: 3), Mutator(.onnx, seeds: seeds, seed: 3))
    #expect((0..<20).allSatisfy { a.file($0) == b.file($0) })
  }
}
