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
  var verdict: String

  /// Where Debian's package has the tests.
  static let packaged = "/usr/share/libonnx-testdata/data/node"

  /// Where the tests lie.
  static let root = ProcessInfo.processInfo.environment["ONNX_NODE_TESTS"] ?? packaged

  /// The tests of the table that lie in the folder.
  static let known: [ONNXNodeTest] = {
    let table = "\(ONNXFixture.root)/node-tests.tsv"
    let lines = (try? String(contentsOfFile: table, encoding: .utf8)) ?? ""
    return lines.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard columns.count == 5 else { return nil }
      let test = ONNXNodeTest(
        name: String(columns[0]), opType: String(columns[1]),
        data: Set(columns[3].split(separator: ",").compactMap { Int($0) }),
        verdict: String(columns[4]))
      return FileManager.default.fileExists(atPath: "\(test.path)/model.onnx") ? test : nil
    }
  }()

  /// The tests that are to run: also those that mix samples, as networks without a batch.
  static let all = known.filter { ["run", "samples"].contains($0.verdict) }

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

  @Test(
    "Docs/Conformance.md says what passes",
    .enabled(if: ONNXNodeTest.root == ONNXNodeTest.packaged)) func pageIsCurrent() throws
  {
    let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Docs/Conformance.md")
    let expected = ONNXNodeTest.report()
    let found = try? String(contentsOf: page, encoding: .utf8)
    if found != expected, ProcessInfo.processInfo.environment["SPIKEC_RECORD"] == "1" {
      try expected.write(to: page, atomically: true, encoding: .utf8)
    }
    #expect(found == expected, "SPIKEC_RECORD=1 rewrites the page")
  }
}

extension ONNXNodeTest {

  /// Returns the page that says, operator by operator, how many tests pass.
  static func report() -> String {
    var lines = [
      "# Conformance with ONNX", "",
      "The ONNX project's tests of single operators, in the release that Debian packages "
        + "(`libonnx-testdata`,",
      "operator set 17), run through the importer and the reference executor: `make conformance`. "
        + "The largest",
      "error accepted is 10⁻⁴ of the range of the output. This page is written by that test. Of the "
        + "newest",
      "tests, those of ONNX 1.22 (operator set 27), 296 of 296 pass; they are not run at every "
        + "change:",
      "`ONNX_NODE_TESTS=DIR make conformance` runs them, from a folder made as",
      "[Tests/Fixtures/onnx](../Tests/Fixtures/onnx/README.md) says. They alone hold tests of `Gelu` "
        + "(4 of 4) and",
      "`LpPool` (7 of 7), which are younger than Debian's release or were without tests in it; in "
        + "every run the",
      "fixtures compare both operators with onnxruntime.", "",
      "| operator | pass | left out |", "|---|---|---|",
    ]
    var (passed, total) = (0, 0)
    for (opType, tests) in Dictionary(grouping: known, by: \.opType).sorted(by: { $0.key < $1.key })
    {
      let run = tests.filter { test in all.contains { $0.name == test.name } }
      let good = run.filter { (try? $0.deviation()) == .some(nil) }.count
      let reasons = Dictionary(
        grouping: tests.filter { test in !run.contains { $0.name == test.name } }, by: \.verdict)
      let omitted = reasons.sorted { $0.key < $1.key }.map { "\($0.value.count) \($0.key)" }
      lines.append(
        "| `\(opType)` | \(good) of \(run.count) | \(omitted.joined(separator: ", ")) |")
      passed += good
      total += run.count
    }
    lines += ["| all | \(passed) of \(total) | |", "", "Left out are:", ""]
    return (lines + reasons).joined(separator: "\n") + "\n"
  }

  /// Why tests are left out, as the table of tests explains it.
  private static var reasons: [String] {
    let table = "\(ONNXFixture.root)/node-tests.tsv"
    let used = Set(known.map(\.verdict))
    return ((try? String(contentsOfFile: table, encoding: .utf8)) ?? "").split(separator: "\n")
      .filter { $0.hasPrefix("# ") }
      .compactMap { line in
        let parts = line.dropFirst(2).split(separator: ":", maxSplits: 1)
        guard parts.count == 2, used.contains(String(parts[0])), parts[0] != "samples" else {
          return nil
        }
        return "- *\(parts[0])*:\(parts[1])"
      }
  }
}
