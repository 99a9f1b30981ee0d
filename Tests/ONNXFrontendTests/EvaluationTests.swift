// Constants that operators compute of constants.

import Diagnostics
import SpikeIR
import SpikeInterpreter
import Testing

@testable import ONNXFrontend

@Suite("Evaluation of constants") struct EvaluationTests {

  /// Returns the constant `c` that `nodes` compute, and the names of the graph's operators: it is
  /// added to an input of zeros.
  private func value(
    _ extents: [Int], _ constants: [ONNXTensor], opset: Int = 18, _ nodes: [ONNXNode]
  ) throws -> (values: [Float], operators: Set<String>) {
    let graph = try Importer.run(
      model(
        extents.map { .fixed($0) }, constants: constants, opset: opset,
        nodes + [node("Add", ["x", "c"], ["y"])])
    ).graph
    let zeros = [Float](repeating: 0, count: extents.reduce(1, *))
    let values = try ANNExecutor(graph).run([zeros])[0]
    return (values, Set(graph.ids.map { graph[$0].op.mnemonic }))
  }

  private let matrix = reals("m", [2, 3], [1, -2, 3, -4, 5, -6])

  @Test("gives constants, whatever the operator")
  func operators() throws {
    let cases: [(extents: [Int], constants: [ONNXTensor], node: ONNXNode, expected: [Float])] = [
      (
        [1, 2, 2], [reals("n", [3, 2], [1, 0, 0, 1, 1, 1])],
        node("MatMul", ["m", "n"], ["c"]), [4, 1, -10, -1]
      ),
      (
        [1, 2, 2], [reals("n", [2, 3], [1, 0, 1, 0, 1, 1])],
        node("Gemm", ["m", "n"], ["c"], ["transB": .int(1), "alpha": .float(2)]), [8, 2, -20, -2]
      ),
      (
        [1, 2, 3], [reals("z", [], [-1]), reals("h", [], [2])],
        node("Clip", ["m", "z", "h"], ["c"]), [1, -1, 2, -1, 2, -1]
      ),
      (
        [1, 2, 3], [], node("LeakyRelu", ["m"], ["c"], ["alpha": .float(0.5)]),
        [1, -1, 3, -2, 5, -3]
      ),
      ([1, 2, 1], [integers("a", [1])], node("ReduceSum", ["m", "a"], ["c"]), [2, -5]),
      (
        [1, 2, 1], [integers("a", [1])], node("ReduceL2", ["m", "a"], ["c"]),
        [Float(14).squareRoot(), Float(77).squareRoot()]
      ),
      ([1, 2, 1], [integers("a", [1])], node("ReduceMax", ["m", "a"], ["c"]), [3, 5]),
      (
        [1, 2, 4], [integers("p", [0, 1, 0, 0])], node("Pad", ["m", "p"], ["c"]),
        [0, 1, -2, 3, 0, -4, 5, -6]
      ),
      (
        [1, 4, 3], [reals("s", [2], [2, 1])],
        node(
          "Resize", ["m", "", "s"], ["c"],
          [
            "coordinate_transformation_mode": .string("asymmetric"),
            "nearest_mode": .string("floor"),
          ]),
        [1, -2, 3, 1, -2, 3, -4, 5, -6, -4, 5, -6]
      ),
      ([1, 2, 3], [], node("Sum", ["m", "m", "m"], ["c"]), [3, -6, 9, -12, 15, -18]),
      ([1, 2, 3], [], node("PRelu", ["m", "m"], ["c"]), [1, 4, 3, 16, 5, 36]),
    ]
    for (extents, constants, node, expected) in cases {
      let (found, operators) = try value(extents, [matrix] + constants, [node])
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(node.opType) \(found)")
      #expect(found.count == expected.count && operators == ["input", "scale"], "\(node.opType)")
    }
  }

  @Test("gives every part of a split") func split() throws {
    let (found, operators) = try value(
      [1, 2, 1], [matrix, integers("s", [2, 1])],
      [node("Split", ["m", "s"], ["a", "c"], ["axis": .int(1)])])
    #expect(found == [3, -6] && operators == ["input", "scale"])
  }

  @Test("normalizes rows") func softmax() throws {
    let (found, _) = try value([1, 2, 3], [matrix], [node("Softmax", ["m"], ["c"])])
    #expect(abs(found[..<3].reduce(0, +) - 1) < 1e-6 && abs(found[3...].reduce(0, +) - 1) < 1e-6)
    #expect(found[2] > found[0] && found[0] > found[1])
  }

  @Test("computes the normalization of weights: the network is a plain convolution")
  func weightNormalization() throws {
    let v = (0..<18).map { Float($0 % 5) - 1.5 }
    let graph = try Importer.run(
      model(
        [.named("N"), .fixed(1), .fixed(3), .fixed(3)],
        constants: [
          reals("v", [2, 1, 3, 3], v), reals("g", [2, 1, 1, 1], [2, 3]),
          integers("axes", [1, 2, 3]),
        ],
        [
          node("ReduceL2", ["v", "axes"], ["norm"]), node("Mul", ["g", "v"], ["gv"]),
          node("Div", ["gv", "norm"], ["w"]), node("Conv", ["x", "w"], ["y"]),
        ])
    ).graph
    #expect(graph.ids.map { graph[$0].op.mnemonic } == ["input", "conv2d", "reshape"])
    let x = (0..<9).map { Float($0) }
    let expected = [0, 1].map { channel -> Float in
      let part = v[channel * 9..<channel * 9 + 9]
      let norm = part.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return zip(part, x).reduce(0) { $0 + $1.0 * $1.1 } / norm * Float(2 + channel)
    }
    let found = try ANNExecutor(graph).run([x])[0]
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test("keeps integers whole, and refuses what 20 bits do not hold") func wholeNumbers() throws {
    let list = integers("i", [7, 8, 9, 100_003, 5, 6, 1])
    let (found, _) = try value(
      [1, 1], [list],
      [
        node("ReduceSum", ["i"], ["s"]), node("Cast", ["s"], ["c"], ["to": .int(1)]),
      ])
    #expect(found == [100_039])
    let large = model(
      [.fixed(1), .fixed(1)], constants: [integers("i", [1 << 30, 3])],
      [
        node("ReduceSum", ["i"], ["s"]), node("Cast", ["s"], ["c"], ["to": .int(1)]),
        node("Add", ["x", "c"], ["y"]),
      ])
    #expect(problems(with: large).map(\.id) == ["onnx.bad-node"])
  }

  @Test("does not work without end") func budget() {
    let extents = [1 << 11, 1 << 11]
    let huge = model(
      [.fixed(1), .fixed(3)], constants: [integers("e", extents)],
      [
        node("ConstantOfShape", ["e"], ["a"]), node("MatMul", ["a", "a"], ["b"]),
        node("ReduceMax", ["b"], ["c"]), node("Add", ["x", "c"], ["y"]),
      ])
    #expect(problems(with: huge).map(\.id) == ["onnx.bad-node"])
  }
}
