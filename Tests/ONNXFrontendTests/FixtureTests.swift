// Every model that exporters wrote computes what onnxruntime computed.

import Diagnostics
import Foundation
import PluginAPI
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@testable import ONNXFrontend

/// A case of a folder of fixtures.
struct ONNXFixture: CustomTestStringConvertible, Sendable {
  var folder: String
  var name: String

  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/onnx").path

  var path: String { "\(ONNXFixture.root)/\(folder)/\(name)" }

  var testDescription: String { "\(folder)/\(name)" }

  /// All cases, in the order of their tables.
  static let all: [ONNXFixture] = [
    "tf2onnx", "torchscript", "dynamo", "torch-old", "blocks", "types", "quantized",
    "quantized-forms",
    "storage", "operators",
  ].flatMap(cases)

  /// The cases of a folder, in the order of its table.
  static func cases(of folder: String) -> [ONNXFixture] {
    let table = (try? String(contentsOfFile: "\(root)/\(folder)/cases.tsv", encoding: .utf8)) ?? ""
    return table.split(separator: "\n").filter { !$0.hasPrefix("#") }
      .compactMap { $0.split(separator: "\t").first }
      .map { ONNXFixture(folder: folder, name: String($0)) }
  }

  /// Returns the arrays of all inputs or outputs.
  func arrays(_ kind: String) throws -> [FileArray] {
    var arrays: [NumPyArray] = []
    if let array = try? NumPyArray("\(path).\(kind).npy") {
      arrays = [array]
    } else {
      while let array = try? NumPyArray("\(path).\(kind)\(arrays.count).npy") {
        arrays.append(array)
      }
    }
    return arrays.map { FileArray(extents: $0.extents, elements: $0.elements) }
  }
}

@Suite("ONNX fixtures") struct FixtureTests {

  @Test("there are fixtures of every exporter") func exist() {
    #expect(ONNXFixture.all.count > 600)
    #expect(ONNXFixture.cases(of: "refused").count >= 40)
  }

  @Test("computes what onnxruntime computed", arguments: ONNXFixture.all)
  func matches(_ fixture: ONNXFixture) throws {
    var sink = DiagnosticSink()
    let imported = try Importer.run(ONNXModel(readingAt: "\(fixture.path).onnx", sink: &sink))
    #expect(sink.diagnostics == [])
    let (inputs, outputs) = (try fixture.arrays("input"), try fixture.arrays("output"))
    try #require(!inputs.isEmpty && !outputs.isEmpty)
    // Where a mean lies halfway between two steps of a quantized model, the last bit decides; a step
    // of the output is up to a fiftieth of its range.
    let tolerance: Float = fixture.folder.hasPrefix("quantized") ? 2e-2 : 1e-4
    let deviation = try imported.deviation(inputs, from: outputs, tolerance: tolerance)
    #expect(deviation == nil, "\(deviation ?? "")")
  }

  @Test("refuses what cannot be imported", arguments: ONNXFixture.cases(of: "refused"))
  func refuses(_ fixture: ONNXFixture) {
    var sink = DiagnosticSink()
    let error = #expect(throws: CompileError.self) {
      try Importer.run(ONNXModel(readingAt: "\(fixture.path).onnx", sink: &sink))
    }
    let found = error?.diagnostics ?? []
    #expect(found.allSatisfy { $0.id.hasPrefix("onnx.") && $0.site != nil })
  }

  @Test(
    "leaves no transposition behind",
    arguments: ONNXFixture.all.filter {
      ["tf2onnx", "torchscript", "dynamo", "quantized"].contains($0.folder)
    })
  func isChannelsLast(_ fixture: ONNXFixture) throws {
    var sink = DiagnosticSink()
    let graph = try Importer.run(
      ONNXModel(readingAt: "\(fixture.path).onnx", sink: &sink)
    ).graph
    let moving = graph.ids.filter {
      if case .transpose = graph[$0].op { true } else { false }
    }
    #expect(moving.map { graph[$0].name } == [])
  }

  @Test(
    "computes weights at import",
    arguments: ONNXFixture.cases(of: "blocks").filter { $0.name.hasPrefix("weight_") })
  func computesWeights(_ fixture: ONNXFixture) throws {
    var sink = DiagnosticSink()
    let graph = try Importer.run(ONNXModel(readingAt: "\(fixture.path).onnx", sink: &sink)).graph
    let plain: Set<String> = ["input", "conv2d", "dense", "activation", "pool", "reshape"]
    // Outputs that are no images have the file's order of axes.
    let inner = graph.ids.filter { !graph.outputs.contains($0) }
    #expect(inner.map { graph[$0].op.mnemonic }.filter { !plain.contains($0) } == [])
  }

  @Test(
    "says whether the file has the channels of inputs first",
    arguments: [
      ("blocks/weight_norm_signal", true), ("torchscript/plain_opset13", true),
      ("tf2onnx/plain", false), ("torchscript/mlp_opset13", true),
    ])
  func channels(path: String, isFirst: Bool) throws {
    var sink = DiagnosticSink()
    let model = try ONNXFrontend().load(
      path: "\(ONNXFixture.root)/\(path).onnx", options: ImportOptions(), sink: &sink)
    #expect(model.hasChannelsFirst == isFirst)
  }
}
