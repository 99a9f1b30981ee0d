// The number of samples while it is open: an extent like any other, and no number to compute with.

import Diagnostics
import SpikeIR
import SpikeInterpreter
import Testing

@testable import ONNXFrontend

@Suite("ONNX open batch") struct OpenBatchTests {

  /// The nodes that make `n` of the number of samples, before those of a test.
  static let count = [node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"])]

  static let constants = [
    scalar("zero", 0), scalar("one", 1), scalar("two", 2), scalar("seven", 7), scalar("big", 9000),
    integers("minus", [-1]), integers("two_", [2]), integers("three_", [3]), integers("axis", [0]),
    integers("zero_", [0]), integers("axis1", [1]), reals("r", [], [2]),
  ]

  static func scalar(_ name: String, _ value: Int) -> ONNXTensor {
    var tensor = integers(name, [value])
    tensor.extents = []
    return tensor
  }

  static func network(_ nodes: [ONNXNode]) -> ONNXModel {
    model([.named("N"), .fixed(2), .fixed(3)], constants: constants, count + nodes)
  }

  @Test(
    "is in no arithmetic",
    arguments: [
      node("Add", ["n", "one"], ["m"]), node("Sub", ["n", "one"], ["m"]),
      node("Div", ["n", "two"], ["m"]), node("Div", ["n", "big"], ["m"]),
      node("Mod", ["n", "seven"], ["m"]), node("Mul", ["n", "n"], ["m"]),
      node("Max", ["n", "seven"], ["m"]), node("Equal", ["n", "seven"], ["m"]),
      node("Div", ["r", "nf"], ["m"]), node("Sqrt", ["nf"], ["m"]), node("Identity", ["n"], ["m"]),
      node("Range", ["zero", "n", "one"], ["m"]),
    ])
  func arithmetic(_ last: ONNXNode) {
    let found = problems(
      with: Self.network([
        node("Cast", ["n"], ["nf"], ["to": .int(1)]), last,
        node("Cast", ["m"], ["f"], ["to": .int(1)]), node("Div", ["x", "f"], ["y"]),
      ]))
    #expect(found.map(\.id) == ["onnx.batch-axis"])
    #expect(found.first?.message.hasPrefix("'Div'") == true)
    #expect(found.first?.site == .inside(file: "test.onnx", path: "y"))
  }

  @Test(
    "decides no positions and no extents but its own",
    arguments: [
      [node("Mod", ["n", "two"], ["m"]), node("Gather", ["x", "m"], ["y"], ["axis": .int(2)])],
      [
        node("Unsqueeze", ["n", "axis"], ["m"]),
        node("Slice", ["x", "zero_", "m", "axis1"], ["y"]),
      ],
      [
        node("Mod", ["n", "two"], ["k"]), node("Unsqueeze", ["k", "axis"], ["m"]),
        node("Concat", ["minus", "m", "two_", "three_"], ["shape"], ["axis": .int(0)]),
        node("Reshape", ["x", "shape"], ["y"]),
      ],
      [
        node("Unsqueeze", ["n", "axis"], ["m"]),
        node("ConstantOfShape", ["m"], ["c"]), node("ReduceSum", ["c"], ["d"]),
        node("Add", ["x", "d"], ["y"]),
      ],
      [
        node("Unsqueeze", ["n", "axis"], ["m"]),
        node("Concat", ["m", "two_"], ["shape"], ["axis": .int(0)]),
        node("ConstantOfShape", ["shape"], ["c"]), node("Gemm", ["flat", "c"], ["y"]),
        node("Reshape", ["x", "shape"], ["flat"]),
      ],
      [node("Shape", ["x"], ["y"])],
    ])
  func positions(_ nodes: [ONNXNode]) {
    #expect(!problems(with: Self.network(nodes)).isEmpty)
  }

  @Test("may be an extent, alone or with others, and what is left of it by division") func extents()
    throws
  {
    let network = Self.network([
      node("Gather", ["s", "one"], ["c"]), node("Mul", ["n", "c"], ["nc"]),
      node("Unsqueeze", ["nc", "axis"], ["m"]),
      node("Concat", ["m", "minus"], ["shape"], ["axis": .int(0)]),
      // [N, 2, 3] to [N·2, 3] and back to [N, 6].
      node("Reshape", ["x", "shape"], ["rows"]),
      node("Size", ["x"], ["size"]), node("Div", ["size", "n"], ["rest"]),
      node("Unsqueeze", ["n", "axis"], ["n_"]), node("Unsqueeze", ["rest", "axis"], ["rest_"]),
      node("Concat", ["n_", "rest_"], ["shape2"], ["axis": .int(0)]),
      node("Reshape", ["rows", "shape2"], ["flat"]),
      // Values are divided by what does not follow from the number of samples.
      node("Cast", ["rest"], ["six"], ["to": .int(1)]), node("Div", ["flat", "six"], ["y"]),
    ])
    #expect(try run(network, [6, 12, 18, 24, 30, 36]) == [1, 2, 3, 4, 5, 6])
  }

  @Test("is found by its axis where another extent is the same number") func expansion() throws {
    let network = model(
      [.fixed(4), .fixed(1), .fixed(3)], constants: [integers("s", [4, 4, 3])],
      [node("Expand", ["x", "s"], ["y"])])
    #expect(try run(network, [1, 2, 3]) == [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
  }

  @Test("is not cut, but for an end that means all", arguments: [1, 500, 999, 1000, 1 << 40])
  func cut(end: Int) {
    let found = problems(
      with: model(
        [.named("N"), .fixed(3)], constants: [integers("a", [0]), integers("b", [end])],
        [node("Slice", ["x", "a", "b"], ["y"])]))
    #expect(found.map(\.id) == (end < BatchReading.unlimited ? ["onnx.batch-axis"] : []))
  }

  @Test("is called N in messages") func messages() {
    let found = problems(
      with: model(
        [.named("N"), .fixed(4), .fixed(6)], constants: [integers("s", [-1, 5])],
        [node("Reshape", ["x", "s"], ["y"])]))
    #expect(found.count == 1)
    #expect(found.first?.message.contains("[N, 4, 6]") == true, "\(found)")
    #expect(BatchReading.namingOpenExtent(in: "[15838, 7919] of 7919") == "[2·N, N] of 7919")
  }
}

@Suite("ONNX order of outputs") struct OutputOrderTests {

  /// A pooling, which says that the input has its channels first.
  static let pooling = node("MaxPool", ["x"], ["a"], ["kernel_shape": .ints([1, 1])])

  @Test("has the axes of the file where the output is no image") func rows() throws {
    let imported = try Importer.run(
      model(
        [.named("N"), .fixed(2), .fixed(1), .fixed(3)], constants: [integers("s", [0, 2, -1])],
        [Self.pooling, node("Reshape", ["a", "s"], ["y"])]))
    #expect(imported.inputAxes == [[2, 3, 1]])
    #expect(imported.outputAxes == [[1, 2]])
    #expect(imported.graph.outputs.map { imported.graph[$0].shape } == [[2, 3]])
    #expect(try ANNExecutor(imported.graph).run([[1, 4, 2, 5, 3, 6]]) == [[1, 2, 3, 4, 5, 6]])
  }

  @Test("has the channels last where it is an image") func image() throws {
    let imported = try Importer.run(
      model(
        [.named("N"), .fixed(2), .fixed(4), .fixed(3)],
        [
          Self.pooling, node("Relu", ["a"], ["y"]),
        ]))
    #expect(imported.outputAxes == [[2, 3, 1]])
    #expect(imported.outputExtents == [["N", "2", "4", "3"]])
    #expect(imported.graph.outputs.map { imported.graph[$0].shape } == [[4, 3, 2]])
  }
}
