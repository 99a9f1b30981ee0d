// Small networks and samples for the tests of training.

import Diagnostics
import SpikeIR
import Testing

@testable import SpikeTraining

/// Numbers that look random and are the same every time.
struct Numbers: RandomNumberGenerator {

  private var state: UInt64

  init(_ seed: Int) {
    state = UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15 &+ 1
  }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ state >> 29) &* 0xbf58_476d_1ce4_e5b9 ^ state >> 32
  }

  /// Returns `count` numbers in `range`.
  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }
}

/// Builds a chain: every operator takes the value of the one before.
struct ChainBuilder {

  /// The network so far.
  var graph = ANNGraph(name: "chain")

  /// Where weights come from.
  var numbers: Numbers

  /// The last node.
  var last: NodeID

  /// Starts with an input.
  init(_ shape: Shape, seed: Int) throws {
    numbers = Numbers(seed)
    last = try graph.add("input", .input, shape: shape)
  }

  /// The shape of the last value.
  var shape: Shape { graph[last].shape }

  /// Appends an operator; further operands come first in `before` or after.
  @discardableResult
  mutating func add(_ op: Op, also others: [NodeID] = []) throws -> NodeID {
    last = try graph.add("\(op.mnemonic)\(graph.nodes.count)", op, [last] + others)
    return last
  }

  /// Adds a constant tensor of random numbers.
  mutating func tensor(_ shape: Shape, in range: ClosedRange<Float> = -1...1) -> TensorID {
    graph.tensors.add(
      "t\(graph.tensors.count)", shape: shape, floats: numbers.floats(shape.count, in: range))
  }

  /// Appends a convolution.
  mutating func convolve(
    _ channels: Int, size: Pair = Pair(1, 1), strides: Pair = Pair(1, 1),
    dilations: Pair = Pair(1, 1), padding: Padding = .none, groups: Int = 1, hasBias: Bool = true
  ) throws {
    let kernel = tensor(
      [size.height, size.width, shape.channels / groups, channels], in: -0.7...0.7)
    let bias = hasBias ? tensor([channels]) : nil
    let window = Window(size: size, strides: strides, dilations: dilations, padding: padding)
    try add(.conv2d(Conv2D(kernel: kernel, bias: bias, window: window, groups: groups)))
  }

  /// Appends a dense layer.
  mutating func multiply(_ units: Int) throws {
    let scale = 1 / Float(shape.channels).squareRoot()
    let kernel = tensor([shape.channels, units], in: -scale...scale)
    try add(.dense(Dense(kernel: kernel, bias: tensor([units]))))
  }

  /// Appends a classifier and returns the network.
  mutating func classifying(_ classes: Int = 3) throws -> ANNGraph {
    try add(.reshape(Reshape([shape.count])))
    try multiply(classes)
    try add(.softmax(Softmax()))
    graph.outputs = [last]
    return graph
  }
}

extension TrainingData {

  /// Creates random samples of a network's inputs.
  init(_ graph: ANNGraph, count: Int, classes: Int, seed: Int) {
    var numbers = Numbers(seed)
    let shapes = graph.inputs.map { graph[$0].shape }
    let samples = (0..<count).map { _ in shapes.map { numbers.floats($0.count) } }
    let labels = (0..<count).map { _ in Int.random(in: 0..<classes, using: &numbers) }
    self.init(labels: labels) { samples[$0] }
  }

  /// Creates images of bars: class c has a bright row c, on noise.
  static func bars(_ count: Int, size: Int, seed: Int) -> TrainingData {
    var numbers = Numbers(seed)
    var labels: [Int] = []
    var images: [[Float]] = []
    for _ in 0..<count {
      let label = Int.random(in: 0..<size, using: &numbers)
      var image = numbers.floats(size * size, in: 0...1)
      for x in 0..<size { image[label * size + x] += 0.4 }
      labels.append(label)
      images.append(image)
    }
    return TrainingData(labels: labels) { [images] in [images[$0]] }
  }
}

/// Checks the gradient of a trainer's loss along random directions.
///
/// (L(p + εd) − L(p − εd)) / 2ε against g·d: the error of the difference is of the order of ε², and
/// of 2⁻²⁴/ε from rounding.
func expectGradient(
  of trainer: Trainer, _ data: TrainingData, _ batch: [Int], _ name: String
) throws {
  let start = trainer.parameters
  let gradient = trainer.lossAndGradient(data, batch).gradient
  let size = gradient.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  try #require(size.isFinite && size > 0, "\(name): the gradient is \(size)")
  var numbers = Numbers(5)
  for _ in 0..<4 {
    let direction = numbers.floats(start.count)
    let epsilon: Float = 2e-3
    trainer.parameters = zip(start, direction).map { $0 + epsilon * $1 }
    let above = trainer.lossAndGradient(data, batch).loss
    trainer.parameters = zip(start, direction).map { $0 - epsilon * $1 }
    let below = trainer.lossAndGradient(data, batch).loss
    let found = (above - below) / Double(2 * epsilon)
    let expected = zip(gradient, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    #expect(
      abs(found - expected) <= 0.02 * abs(expected) + 2e-3 * max(1, size),
      "\(name): difference \(found), gradient \(expected)")
  }
}
