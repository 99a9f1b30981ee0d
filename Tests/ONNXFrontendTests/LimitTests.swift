// Small models that say large things: operands that no operator has, axes and positions without
// end, and work out of proportion to the file.

import Diagnostics
import SpikeIR
import Testing

@testable import ONNXFrontend

@Suite("What no model may ask for") struct LimitTests {

  private let open: [ONNXExtent] = [.named("N"), .fixed(4)]
  private let four: [ONNXExtent] = [.fixed(1), .fixed(4)]

  /// Returns the ids and messages of the problems with the model.
  private func found(_ model: ONNXModel) -> [String] {
    problems(with: model).map { "\($0.id): \($0.message)" }
  }

  /// Returns what is wrong with `nodes` that compute the constant `c`, which is added to the input.
  private func found(_ constants: [ONNXTensor], _ nodes: [ONNXNode]) -> [String] {
    found(model(four, constants: constants, nodes + [node("Add", ["x", "c"], ["y"])]))
  }

  @Test("are operands that are not looked at") func operands() {
    // The extra operand has more axes than the result, which follows from the number of samples.
    let identity = model(
      open, constants: [integers("zero", [0]), integers("first", [0]), integers("rest", [4])],
      [
        node("Shape", ["x"], ["s"]), node("Squeeze", ["first"], ["i"]),
        node("Gather", ["s", "i"], ["n"]), node("Identity", ["n", "zero"], ["m"]),
        node("Reshape", ["m", "zero"], ["r"]),
        node("Concat", ["r", "rest"], ["e"], ["axis": .int(0)]),
        node("Reshape", ["x", "e"], ["y"]),
      ])
    #expect(
      found(identity) == ["onnx.bad-node: 'Identity' has 2 operands, accepted are 1"])
    let several = model(
      four, constants: [reals("k", [4], [1, 2, 3, 4])],
      [
        node("Relu", ["x", "k"], ["a"]), node("Sub", ["a", "k", "k"], ["b"]),
        node("Sum", ["b", "k", "k", "k"], ["c"]), node("Constant", ["k"], ["d"]),
        node("Add", ["c", "d"], ["y"]),
      ])
    #expect(
      found(several) == [
        "onnx.bad-node: 'Relu' has 2 operands, accepted are 1",
        "onnx.bad-node: 'Sub' has 3 operands, accepted are 2",
        "onnx.bad-node: 'Constant' has an operand, accepted are 0",
      ])
  }

  @Test("is not what is left out at the end") func leftOut() throws {
    let clip = model(
      four, [node("Clip", ["x", "", "", ""], ["a"]), node("Relu", ["a", ""], ["y"])])
    #expect(try run(clip, [-1, 2, -3, 4]) == [0, 2, 0, 4])
  }

  @Test("are functions of two constants with one", arguments: ["Add", "Sub", "Mul", "Mod", "Less"])
  func tooFew(_ opType: String) {
    let problems = found([reals("k", [4], [1, 2, 3, 4])], [node(opType, ["k"], ["c"])])
    #expect(problems == ["onnx.bad-node: '\(opType)' has no operand 1, expected one"])
    #expect(found([reals("k", [4], [1, 2, 3, 4])], [node("Max", ["k"], ["c"])]) == [])
  }

  @Test("are constants of many axes, whoever makes them") func axes() {
    let wide = reals("w", [Int](repeating: 1, count: 40), [1])
    let zeros = ONNXTensor(
      name: "i", type: .int64, extents: [Int](repeating: 1, count: 40), elements: ONNXNumbers([0]))
    #expect(
      found([wide, zeros], [node("Gather", ["w", "i"], ["c"])]) == [
        "onnx.bad-node: 'Gather' gives a result that has 79 axes, accepted are 64"
      ])
    #expect(
      found([wide, integers("a", Array(0..<40))], [node("Unsqueeze", ["w", "a"], ["c"])]) == [
        "onnx.bad-node: 'Unsqueeze' gives a result that has 80 axes, accepted are 64"
      ])
    let long = ONNXTensor(
      name: "e", type: .int64, extents: [1 << 20],
      elements: ONNXNumbers([Double](repeating: 1, count: 1 << 20)))
    for maker in [
      node("ConstantOfShape", ["e"], ["c"]), node("Expand", ["w", "e"], ["c"]),
      node("Reshape", ["w", "e"], ["c"]), node("Unsqueeze", ["w", "e"], ["c"]),
    ] {
      let problems = problems(
        with: model(
          four, constants: [wide, long], [maker, node("Add", ["x", "c"], ["y"])]))
      #expect(problems.map(\.id) == ["onnx.bad-node"])
      #expect(problems.first?.message.contains("1048576 elements in") == true)
    }
  }

  @Test("are inputs and values of many axes") func valueAxes() {
    let input = model([ONNXExtent](repeating: .fixed(1), count: 65), [node("Relu", ["x"], ["y"])])
    #expect(problems(with: input).map(\.id) == ["onnx.bad-input"])
    let value = model(
      four, constants: [integers("a", Array(0..<64))], [node("Unsqueeze", ["x", "a"], ["y"])])
    #expect(
      found(value) == [
        "onnx.bad-node: 'Unsqueeze' gives a result that has 66 axes, accepted are 64"
      ])
  }

  @Test("are long axes without elements") func empty() {
    let none = ONNXTensor(
      name: "k", type: .int64, extents: [0], elements: ONNXNumbers([]))
    let cases: [(shape: [Int], allowsZero: Int)] = [
      ([0, 1 << 62, 1 << 62], 1), ([0, 1 << 17], 1),
    ]
    for (shape, allowsZero) in cases {
      let problems = found(
        [none, integers("s", shape)],
        [
          node("Reshape", ["k", "s"], ["b"], ["allowzero": .int(allowsZero)]),
          node("Transpose", ["b"], ["t"]), node("Concat", ["t", "t"], ["c"], ["axis": .int(0)]),
        ])
      #expect(problems.count == 1)
      #expect(problems.first?.hasPrefix("onnx.bad-node: 'Reshape' gives a result that has") == true)
    }
  }

  @Test("is to compute much of little", arguments: 0..<6) func growth(_ i: Int) {
    let zeros = ONNXTensor(
      name: "z", type: .int64, extents: [1, 1 << 20],
      elements: ONNXNumbers([Double](repeating: 0, count: 1 << 20)))
    let accepted = ", accepted are 4194304 elements"
    let cases: [(nodes: [ONNXNode], message: String)] = [
      (
        [node("ConstantOfShape", ["long"], ["c"])],
        "'ConstantOfShape' computes a constant of the extents [4194305]" + accepted
      ),
      (
        [node("Gather", ["z", "z"], ["c"])],
        "'Gather' computes a constant of the extents [1048576, 1048576]" + accepted
      ),
      (
        [node("Expand", ["z", "rows"], ["c"])],
        "'Expand' computes a constant of the extents [5, 1048576]" + accepted
      ),
      (
        [node("Concat", [String](repeating: "z", count: 5), ["c"], ["axis": .int(0)])],
        "'Concat' computes a constant of the extents [5, 1048576]" + accepted
      ),
      (
        [node("Max", [String](repeating: "z", count: 300), ["c"])],
        "'Max' computes 1048576 elements of each of 300 operands"
      ),
      (
        [
          node("Cast", ["z"], ["r"], ["to": .int(1)]),
          node("Sum", [String](repeating: "r", count: 30), ["c"]),
        ], "'Sum' computes with 17825792 elements, accepted are 16777216"
      ),
    ]
    let constants = [zeros, integers("long", [1 << 22 + 1]), integers("rows", [5, 1])]
    #expect(found(constants, cases[i].nodes) == ["onnx.bad-node: \(cases[i].message)"])
  }

  @Test("are computed constants that fill the memory together") func memory() {
    let shape = integers("e", [1 << 11, 1 << 11])
    func nodes(_ count: Int) -> [ONNXNode] {
      (0..<count).map { node("ConstantOfShape", ["e"], ["a\($0)"]) }
        + (0..<count).map { node("ReduceProd", ["a\($0)"], ["p\($0)"], ["keepdims": .int(0)]) }
        + [node("Sum", (0..<count).map { "p\($0)" }, ["c"])]
    }
    #expect(found([shape], nodes(3)) == [])
    let problems = found([shape], nodes(5))
    #expect(problems.count == 1)
    #expect(
      problems.first?.hasPrefix(
        "onnx.bad-node: 'ConstantOfShape' computes a constant of 4194304 elements") == true)
  }

  @Test("is work without end, even if nothing is kept") func work() throws {
    let constant = reals("k", [100], [Float](repeating: 1, count: 100))
    let product = node("ReduceProd", ["k"], ["c"])
    let call = NodeCall(
      node: product, site: NodeSite(product, file: "test.onnx"), opset: 18,
      operands: [.constant(constant)])
    let definition = try #require(OperatorDefinition.of(product))
    var builder = GraphBuilder(name: "test")
    _ = try definition.results(call, &builder)
    let work = GraphBuilder.evaluationLimit - builder.evaluationBudget
    #expect(work == 4 * 101)
    builder.evaluationBudget = work - 1
    let error = #expect(throws: Diagnostic.self) { try definition.results(call, &builder) }
    #expect(error?.message.contains("limit for a whole model") == true)
  }

  @Test("are more positions than a graph can list") func positions() {
    let line: [ONNXExtent] = [.fixed(1), .fixed(1 << 20)]
    func taking(_ times: Int) -> ONNXModel {
      let names = ["x"] + (1..<times).map { "v\($0)" } + ["y"]
      return model(
        line,
        constants: [
          integers("start", [-1]), integers("end", [Int.min]), integers("axis", [1]),
          integers("step", [-1]),
        ],
        (0..<times).map { i in
          node("Slice", [names[i], "start", "end", "axis", "step"], [names[i + 1]])
        })
    }
    #expect(problems(with: taking(2)) == [])
    #expect(
      found(taking(17)) == [
        "onnx.bad-node: 'Slice' selects 1048576 positions along an axis, accepted are 16777216 of "
          + "all nodes"
      ])
  }

  @Test("are differences of integers beyond 64 bits, which become real") func differences() throws {
    var weights = integers("w", [1, 2, 3, 4])
    weights.elements = HugeIntegers(values: [Int.min, Int.max, 5, 7])
    let dequantized = model(
      four, constants: [weights, reals("s", [], [2]), integers("z", [3])],
      [node("DequantizeLinear", ["w", "s", "z"], ["c"]), node("Add", ["x", "c"], ["y"])])
    #expect(try run(dequantized, [0, 0, 0, 0]) == [-0x1p64, 0x1p64, 4, 8])
  }
}

/// Integers that no real number is.
private struct HugeIntegers: ONNXElements {
  var values: [Int]

  func floats() throws(Diagnostic) -> [Float] { values.map { Float($0) } }

  func integers() throws(Diagnostic) -> [Int] { values }
}
