// Finding and reading the fixtures that the frameworks wrote.

import Diagnostics
import FoundationEssentials
import KerasFrontend
import PluginAPI
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

/// The folder of the Keras fixtures.
let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "Fixtures/keras").path()

/// A model file with samples of its inputs and the framework's outputs.
struct Fixture: Sendable, CustomTestStringConvertible {

  /// The generation's folder and the name: `k3/dense`.
  let name: String

  /// The name in reports.
  var testDescription: String { name }

  /// The path of the file with the given ending.
  func path(_ ending: String) -> String { "\(fixtures)/\(name).\(ending)" }

  /// Returns whether there is a file with the given ending.
  func exists(_ ending: String) -> Bool {
    FileManager.default.fileExists(atPath: path(ending))
  }

  /// All fixtures of the given folders, in the order of their names.
  static func all(_ folders: [String]) -> [Fixture] {
    folders.flatMap { folder in
      let names = try? FileManager.default.contentsOfDirectory(atPath: "\(fixtures)/\(folder)")
      return (names ?? []).sorted()
        .filter {
          $0.hasSuffix(".h5") && !$0.hasSuffix(".weights.h5") && !$0.hasSuffix("-weights.h5")
        }
        .map { Fixture(name: "\(folder)/\($0.dropLast(3))") }
    }
  }

  /// Returns the samples of all inputs or outputs: first by position, then by sample.
  func samples(_ kind: String) throws -> [NumPyArray] {
    if let array = try? NumPyArray(path("\(kind).npy")) { return [array] }
    var arrays: [NumPyArray] = []
    while let array = try? NumPyArray(path("\(kind)\(arrays.count).npy")) { arrays.append(array) }
    return arrays
  }
}

/// Loads the model at `path` with all its weights, and returns the warnings too.
func load(
  _ path: String, architecture: String? = nil
) throws -> (model: ImportedModel, warnings: [String]) {
  var sink = DiagnosticSink()
  var model = try KerasFrontend().load(
    path: path, options: ImportOptions(architecture: architecture), sink: &sink)
  try model.graph.tensors.materialize()
  return (model, sink.diagnostics.map(\.id))
}

/// Returns the diagnostics of a model that cannot be loaded, `nil` if it can.
func loadingError(_ path: String, architecture: String? = nil) -> CompileError? {
  do {
    _ = try load(path, architecture: architecture)
    return nil
  } catch let error as CompileError {
    return error
  } catch let error as Diagnostic {
    return CompileError(error)
  } catch {
    Issue.record("\(error)")
    return nil
  }
}

/// Compares the outputs for all samples; the tolerance is 10⁻⁴ of their range.
func expectSameOutputs(_ graph: ANNGraph, _ fixture: Fixture) throws {
  let inputs = try fixture.samples("input")
  let outputs = try fixture.samples("output")
  try #require(!inputs.isEmpty && !outputs.isEmpty)
  #expect(
    graph.inputs.map { graph[$0].shape.extents } == inputs.map { Array($0.extents.dropFirst()) })
  #expect(
    graph.outputs.map { graph[$0].shape.extents } == outputs.map { Array($0.extents.dropFirst()) }
  )
  let executor = try ANNExecutor(graph)
  for sample in 0..<inputs[0].extents[0] {
    let found = try executor.run(inputs.map { $0[sample] })
    for (k, output) in outputs.enumerated() {
      let range = (output.elements.max() ?? 0) - (output.elements.min() ?? 0)
      let expected = output[sample]
      try #require(found[k].count == expected.count)
      let error = zip(found[k], expected).map { abs($0 - $1) }.max() ?? 0
      #expect(error <= 1e-4 * max(range, 1e-3), "sample \(sample), output \(k)")
    }
  }
}
