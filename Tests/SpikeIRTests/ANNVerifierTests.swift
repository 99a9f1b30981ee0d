import Diagnostics
import SpikeIR
import TestSupport
import Testing

/// A graph with one mistake.
private struct Mistake: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let expected: [String]
  let make: @Sendable (inout ANNGraph) -> Void

  init(
    _ description: String, _ expected: [String],
    _ make: @escaping @Sendable (inout ANNGraph) -> Void
  ) {
    testDescription = description
    self.expected = expected
    self.make = make
  }
}

/// The nodes and tensors of the graph that mistakes are made in.
private enum Good {
  static let input = NodeID(0)
  static let conv = NodeID(1)
  static let norm = NodeID(2)
  static let relu = NodeID(3)
  static let dense = NodeID(5)
  static let kernel = TensorID(0)
  static let bias = TensorID(1)
  static let variance = TensorID(3)
  static let matrix = TensorID(4)
  static let threshold = TensorID(5)
  static let missing = TensorID(99)

  /// A small network that the verifier accepts.
  static func graph() throws -> ANNGraph {
    var graph = ANNGraph(name: "good")
    graph.tensors.add("kernel", shape: [3, 3, 1, 2], floats: .init(repeating: 0.5, count: 18))
    graph.tensors.add("bias", shape: [2], floats: [0, 1])
    graph.tensors.add("mean", shape: [2], floats: [0, 1])
    graph.tensors.add("variance", shape: [2], floats: [0, 1])
    graph.tensors.add("matrix", shape: [8, 3], floats: .init(repeating: 0.25, count: 24))
    graph.tensors.add("threshold", shape: [2], floats: [1, 2])
    let window = Window(size: Pair(3, 3))
    let input = try graph.add("input", .input, shape: [4, 4, 1])
    let conv = try graph.add(
      "conv", .conv2d(Conv2D(kernel: kernel, bias: bias, window: window)), [input])
    let norm = try graph.add(
      "norm",
      .batchNorm(
        BatchNorm(
          scale: nil, offset: nil, mean: TensorID(2), variance: variance, epsilon: 0.001)),
      [conv])
    let relu = try graph.add("relu", .activation(.relu), [norm])
    graph[relu].threshold = threshold
    let flat = try graph.add("flat", .reshape(Reshape([8])), [relu])
    let dense = try graph.add("dense", .dense(Dense(kernel: matrix)), [flat])
    graph.outputs = [dense]
    return graph
  }
}

private let mistakes: [Mistake] = [
  Mistake("a name twice", ["ir.duplicate-name"]) { $0[Good.relu].name = "conv" },
  Mistake("a tensor without elements", ["ir.bad-tensor"]) {
    $0.tensors.add(Tensor("x", shape: [0], data: .float32([])))
  },
  Mistake("a tensor with an element too few", ["ir.bad-tensor"]) {
    $0.tensors[Good.bias].data = .float32([0])
  },
  Mistake("a tensor too large to count", ["ir.bad-tensor"]) {
    $0.tensors[Good.bias] = .elided(shape: [.max, .max])
  },
  Mistake("a tensor of negative extents", ["ir.bad-tensor"]) {
    $0.tensors[Good.bias] = .elided(shape: [-1, -2])
  },
  Mistake("an infinite weight", ["ir.non-finite"]) {
    $0.tensors[Good.bias].data = .float32([0, .infinity])
  },
  Mistake("a parameter that is no number", ["ir.non-finite"]) {
    $0[Good.relu].op = .activation(Activation(.relu, alpha: .nan))
  },
  Mistake("no input", ["ir.no-input"]) {
    $0.tensors.add("value", shape: [4, 4, 1], floats: .init(repeating: 0, count: 16))
    $0[Good.input].op = .constant(Constant(TensorID(6)))
  },
  Mistake("no output", ["ir.no-output"]) { $0.outputs = [] },
  Mistake("an output out of range", ["ir.bad-output"]) { $0.outputs.append(NodeID(6)) },
  Mistake("an operand out of range", ["ir.bad-operand"]) { $0[Good.relu].inputs = [NodeID(77)] },
  Mistake("an operand that comes later", ["ir.use-before-def"]) {
    $0[Good.norm].inputs = [Good.relu]
  },
  Mistake("an operand of itself", ["ir.use-before-def"]) { $0[Good.norm].inputs = [Good.norm] },
  Mistake("an operand too many", ["ir.bad-operand-count"]) {
    $0[Good.relu].inputs = [Good.norm, Good.norm]
  },
  Mistake("an operand too few", ["ir.bad-operand-count"]) { $0[Good.relu].inputs = [] },
  Mistake("an input with an operand", ["ir.bad-operand-count"]) {
    let id = $0.nodes.append(Node(name: "x", op: .input, inputs: [Good.relu], shape: [1]))
    $0.outputs.append(id)
  },
  Mistake("a response with a negative gain", ["ir.bad-response"]) {
    let gain = $0.tensors.add("gain", shape: [2], floats: [1, -1])
    let amplitude = $0.tensors.add("amplitude", shape: [2], floats: [1, 1])
    $0[Good.relu].threshold = nil
    $0[Good.relu].op = .softLIF(SoftLIF(gain: gain, amplitude: amplitude))
  },
  Mistake("a shape of another operator", ["ir.bad-shape"]) { $0[Good.dense].shape = [4] },
  Mistake("a shape with an extent of 0", ["ir.bad-shape"]) { $0[Good.dense].shape = [0] },
  Mistake("a shape too large to count", ["ir.bad-shape"]) { $0[Good.dense].shape = [.max, .max] },
  Mistake("groups that overflow", ["ir.bad-shape"]) {
    $0[Good.conv].op = .conv2d(
      Conv2D(kernel: Good.kernel, window: Window(size: Pair(3, 3)), groups: .max))
  },
  Mistake("strides of 0", ["ir.bad-shape"]) {
    $0[Good.conv].op = .conv2d(
      Conv2D(kernel: Good.kernel, window: Window(size: Pair(3, 3), strides: Pair(0, 1))))
  },
  Mistake("a kernel that does not exist", ["ir.bad-tensor"]) {
    $0[Good.dense].op = .dense(Dense(kernel: Good.missing))
  },
  Mistake("a kernel of integers", ["ir.bad-element-type"]) {
    $0.tensors[Good.matrix].data = .int8(.init(repeating: 1, count: 24))
  },
  Mistake("a variance below 0", ["ir.bad-variance"]) {
    $0.tensors[Good.variance].data = .float32([-1, 1])
  },
  Mistake("a threshold of 0", ["ir.bad-threshold"]) {
    $0.tensors[Good.threshold].data = .float32([1, 0])
  },
  Mistake("a threshold for other channels", ["ir.bad-threshold"]) {
    $0.tensors[Good.threshold] = Tensor("x", shape: [3], floats: [1, 1, 1])
  },
  Mistake("a threshold that does not exist", ["ir.bad-tensor"]) {
    $0[Good.relu].threshold = Good.missing
  },
  Mistake("a threshold of integers", ["ir.bad-element-type"]) {
    $0.tensors[Good.threshold].data = .int32([1, 2])
  },
]

@Suite("The verifier of tensor operators") struct ANNVerifierTests {

  @Test("accepts a good graph") func good() throws {
    #expect(try Good.graph().verify() == [])
  }

  @Test("reports exactly the mistake", arguments: mistakes)
  fileprivate func mistake(_ mistake: Mistake) throws {
    var graph = try Good.graph()
    mistake.make(&graph)
    #expect(graph.verify().map(\.id) == mistake.expected)
  }

  @Test("has a test for every id") func coverage() {
    let ids = Set(ANNGraph.verifierRules.flatMap(\.ids))
    #expect(ids.subtracting(mistakes.flatMap(\.expected)) == [])
    #expect(Set(mistakes.flatMap(\.expected)).subtracting(ids) == [])
  }

  @Test("reports all mistakes") func several() throws {
    var graph = try Good.graph()
    graph[Good.relu].name = "conv"
    graph[Good.dense].shape = [4]
    graph.outputs = []
    #expect(
      graph.verify().map(\.id) == ["ir.duplicate-name", "ir.no-output", "ir.bad-shape"])
  }

  @Test("names the place as the text does") func site() throws {
    var graph = try Good.graph()
    graph[Good.dense].shape = [4]
    #expect(graph.verify().first?.site == .entity("%5 \"dense\""))
  }
}

extension Tensor {

  /// Returns a tensor of any shape without elements.
  static func elided(shape: Shape, _ type: ElementType = .float32) -> Tensor {
    Tensor("elided", shape: shape, data: .elided(type, hash: SHA256Digest(of: [])))
  }
}
