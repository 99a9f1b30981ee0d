// The ONNX project's own tests of single operators, run through the importer and the executor.

import Diagnostics
import Foundation
import SpikeIR
import SpikeInterpreter
import Testing

@testable import ONNXFrontend

/// A test of the ONNX project, as the table of tests describes it.
struct ONNXNodeTest: CustomTestStringConvertible, Sendable {
  var name: String
  var opType: String
  var data: Set<Int>

  /// Where the tests lie.
  static let root =
    ProcessInfo.processInfo.environment["ONNX_NODE_TESTS"]
    ?? "/usr/share/libonnx-testdata/data/node"

  /// The tests of the table that are to run and that lie in the folder.
  static let all: [ONNXNodeTest] = {
    let table = "\(ONNXFixture.root)/node-tests.tsv"
    let lines = (try? String(contentsOfFile: table, encoding: .utf8)) ?? ""
    return lines.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard columns.count == 5, columns[4] == "run" || columns[4] == "samples" else { return nil }
      let test = ONNXNodeTest(
        name: String(columns[0]), opType: String(columns[1]),
        data: Set(columns[3].split(separator: ",").compactMap { Int($0) }))
      return FileManager.default.fileExists(atPath: "\(test.path)/model.onnx") ? test : nil
    }
  }()

  var path: String { "\(ONNXNodeTest.root)/\(name)" }

  var testDescription: String { name }

  /// Returns how the result deviates from what is expected, `nil` if it does not.
  func deviation() throws -> String? {
    var sink = DiagnosticSink()
    var model = try ONNXModel(readingAt: "\(path)/model.onnx", sink: &sink)
    var inputs: [FileArray] = []
    for (i, input) in model.graph.inputs.enumerated() {
      var tensor = try ONNXTensor(readingAt: "\(path)/test_data_set_0/input_\(i).pb")
      tensor.name = input.name
      if data.contains(i) {
        inputs.append(try FileArray(tensor))
      } else {
        model.graph.initializers.append(tensor)
      }
    }
    let outputs = try model.graph.outputs.indices.map { i in
      try FileArray(ONNXTensor(readingAt: "\(path)/test_data_set_0/output_\(i).pb"))
    }
    return try Importer.run(model).deviation(inputs, from: outputs)
  }
}

extension FileArray {

  /// Reads the elements of a constant.
  init(_ tensor: ONNXTensor) throws {
    self.init(extents: tensor.extents, elements: try tensor.elements.floats())
  }
}

@Suite("ONNX node tests", .enabled(if: !ONNXNodeTest.all.isEmpty)) struct ONNXNodeTests {

  @Test("computes what the standard demands", arguments: ONNXNodeTest.all)
  func matches(_ test: ONNXNodeTest) throws {
    let deviation = try test.deviation()
    #expect(deviation == nil, "\(deviation ?? "")")
  }
}
