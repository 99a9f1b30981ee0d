// Graphs that were imported wrongly once, built in memory.

import Diagnostics
import Foundation
import PluginAPI
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@testable import ONNXFrontend

@Suite("ONNX importer") struct ImporterTests {

  @Test("keeps apart two ways to divide and transpose the same memory") func movedTwice() throws {
    let imported = try Importer.run(
      model(
        [.named("N"), .fixed(12)],
        constants: [
          integers("a", [-1, 3, 4]), integers("b", [-1, 4, 3]), integers("flat", [-1, 12]),
        ],
        [
          node("Reshape", ["x", "a"], ["p"]), node("Reshape", ["x", "b"], ["q"]),
          node("Transpose", ["p"], ["pt"], ["perm": .ints([0, 2, 1])]),
          node("Transpose", ["q"], ["qt"], ["perm": .ints([0, 2, 1])]),
          node("Reshape", ["pt", "flat"], ["pf"]), node("Reshape", ["qt", "flat"], ["qf"]),
          node("Sub", ["pf", "qf"], ["y"]),
        ]))
    let x = (0..<12).map { Float($0 * $0) }
    let a = try Permutation(extents: [3, 4], order: [1, 0]).applied(to: x)
    let b = try Permutation(extents: [4, 3], order: [1, 0]).applied(to: x)
    let expected = zip(a, b).map { $0 - $1 }
    #expect(try ANNExecutor(imported.graph).run([x]) == [expected])
  }

  @Test("clips at large bounds without losing digits", arguments: [Float(1e10), 1e20])
  func largeBounds(bound: Float) throws {
    let imported = try Importer.run(
      model(
        [.named("N"), .fixed(3)], opset: 10,
        [node("Clip", ["x"], ["y"], ["min": .float(-bound), "max": .float(bound)])]))
    #expect(try ANNExecutor(imported.graph).run([[0.1, -0.7, 3]]) == [[0.1, -0.7, 3]])
  }

  @Test("does not compute with the number of samples while it is open") func openBatch() {
    let zero = integers("zero", [0])
    let error = #expect(throws: CompileError.self) {
      try Importer.run(
        model(
          [.named("N"), .fixed(3)], constants: [zero],
          [
            node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"]),
            node("Cast", ["n"], ["f"], ["to": .int(1)]), node("Mul", ["x", "f"], ["y"]),
          ]))
    }
    #expect(error?.diagnostics.map(\.id) == ["onnx.batch-axis"])
  }

  @Test(
    "refuses extents beyond reason",
    arguments: [[1 << 31, 1 << 31, 3], [-3, 3], [1 << 33, 3], [0, 3]])
  func expansion(shape: [Int]) {
    #expect(throws: CompileError.self) {
      try Importer.run(
        model(
          [.named("N"), .fixed(3)], constants: [integers("s", shape)],
          [node("Expand", ["x", "s"], ["y"])]))
    }
  }

  @Test("refuses a split into another number of parts than results", arguments: [Int.max, 1 << 62])
  func split(count: Int) {
    #expect(throws: CompileError.self) {
      try Importer.run(
        model(
          [.named("N"), .fixed(3)],
          [node("Split", ["x"], ["y"], ["num_outputs": .int(count), "axis": .int(1)])]))
    }
  }

  @Test("does not take two axes for the batch") func twoBatches() {
    let error = #expect(throws: CompileError.self) {
      try Importer.run(
        model(
          [.named("N"), .fixed(3)], constants: [integers("axis", [1])],
          [node("Unsqueeze", ["x", "axis"], ["u"]), node("Add", ["u", "x"], ["y"])]))
    }
    #expect(error?.diagnostics.map(\.id) == ["onnx.batch-axis"])
  }

  @Test("says how many scales an enlargement needs") func scales() {
    let found = problems(
      with: model(
        [.named("N"), .fixed(3), .fixed(4), .fixed(4)], constants: [reals("s", [2], [2, 2])],
        opset: 9, [node("Upsample", ["x", "s"], ["y"])]))
    #expect(found.map(\.id) == ["onnx.bad-node"])
    #expect(found.first?.message.contains("has 2 scales for a value of 4 axes") == true)
    #expect(found.first?.message.contains("one for each axis") == true)
  }

  @Test("names the extent that is open, and how to fix it") func openExtents() {
    let input = problems(
      with: model([.named("N"), .named("height")], [node("Relu", ["x"], ["y"])]))
    #expect(input.map(\.id) == ["onnx.bad-input"])
    #expect(input.first?.message.contains("'height'") == true)
    #expect(input.first?.notes.contains { $0.contains("--dim_param height") } == true)
    // Deep in the graph: the number of samples as an operand of arithmetic.
    let deep = problems(
      with: model(
        [.named("samples"), .fixed(3)],
        [
          node("Shape", ["x"], ["s"]), node("Cast", ["s"], ["f"], ["to": .int(1)]),
          node("ReduceMax", ["f"], ["n"]), node("Relu", ["x"], ["r"]),
          node("Mul", ["r", "n"], ["y"]),
        ]))
    #expect(deep.map(\.id) == ["onnx.batch-axis"])
    #expect(deep.first?.notes.contains { $0.contains("'samples'") } == true)
    #expect(deep.first?.notes.contains { $0.contains("--dim_param samples") } == true)
  }

  @Test("reports all weights that are no numbers, each with their count") func nonFinite() throws {
    var graph = try Importer.run(
      model(
        [.named("N"), .fixed(2)],
        constants: [
          reals("a", [2, 2], [1, .nan, .infinity, 2]), reals("b", [2], [0, 0]),
          reals("c", [2], [1, -.infinity]),
        ],
        [
          node("Gemm", ["x", "a", "b"], ["h"]), node("Relu", ["h"], ["r"]),
          node("Mul", ["r", "c"], ["y"]),
        ])
    ).graph
    let error = #expect(throws: CompileError.self) { try graph.tensors.materialize() }
    let found = error?.diagnostics ?? []
    #expect(found.map(\.id) == Array(repeating: "onnx.non-finite-weights", count: 2))
    #expect(found.first?.message.hasPrefix("2 of 4 elements of the constant 'a'") == true)
    #expect(found.last?.message.hasPrefix("1 of 2 elements of the constant 'c'") == true)
  }

  @Test("says which inputs take integers", arguments: [(1, false), (2, true), (7, true)])
  func integerInputs(type: Int, isInteger: Bool) throws {
    func tensor(_ name: String, _ type: Int) -> (inout Wire) -> Void {
      {
        $0.text(1, name)
        $0.message(2) {
          $0.message(1) {
            $0.int(1, type)
            $0.message(2) {
              $0.message(1) { $0.text(2, "N") }
              $0.message(1) { $0.int(1, 3) }
            }
          }
        }
      }
    }
    let folder = try TemporaryFolder()
    let bytes = Wire.model(graph: {
      $0.message(1) {
        $0.text(1, "x")
        $0.text(2, "y")
        $0.text(4, "Cast")
        $0.message(5) {
          $0.text(1, "to")
          $0.int(3, 1)
          $0.int(20, 2)
        }
      }
      $0.message(11, tensor("x", type))
      $0.message(12, tensor("y", 1))
    })
    try Data(bytes).write(to: URL(filePath: "\(folder.path)/a.onnx"))
    var sink = DiagnosticSink()
    let model = try ONNXFrontend().load(
      path: "\(folder.path)/a.onnx", options: ImportOptions(), sink: &sink)
    #expect(model.inputs.map(\.isInteger) == [isInteger])
  }
}
