// Graphs that were imported wrongly once, built in memory.

import Diagnostics
import SpikeIR
import SpikeInterpreter
import Testing

@testable import ONNXFrontend

/// A model with one input `x` and one output `y`.
private func model(
  _ extents: [ONNXExtent], constants: [ONNXTensor] = [], opset: Int = 18, _ nodes: [ONNXNode]
) -> ONNXModel {
  ONNXModel(
    path: "test.onnx", irVersion: 8, opsets: ["": opset],
    graph: ONNXGraph(
      nodes: nodes, initializers: constants,
      inputs: [ONNXValueInfo(name: "x", type: .float, extents: extents)],
      outputs: [ONNXValueInfo(name: "y", type: .float, extents: nil)]))
}

private func node(
  _ opType: String, _ inputs: [String], _ outputs: [String],
  _ attributes: [String: ONNXAttribute] = [:]
) -> ONNXNode {
  ONNXNode(name: "", opType: opType, inputs: inputs, outputs: outputs, attributes: attributes)
}

private func integers(_ name: String, _ values: [Int]) -> ONNXTensor {
  var tensor = ONNXTensor(integers: values, extents: [values.count])
  tensor.name = name
  return tensor
}

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
    let expected = zip(permuted(x, [3, 4], [1, 0]), permuted(x, [4, 3], [1, 0])).map { $0 - $1 }
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
}
