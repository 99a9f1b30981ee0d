// Networks full of transpositions before and after the pass: exactly the same numbers.

import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@Suite("Transpositions sink") struct SinkTransposesTests {

  @Test(
    "outputs stay the same, to the bit where sums are exact", arguments: 0..<20 as Range<UInt64>)
  func randomGraphs(batch: UInt64) throws {
    var before = 0
    var after = 0
    for seed in batch * 40..<batch * 40 + 40 {
      var builder = ShuffledGraph(seed: seed)
      let graph = try builder.build()
      let inputs = (0..<2).map { _ in
        graph.inputs.map { id in
          (0..<graph[id].shape.count).map { _ in Float(builder.random.int(-3...3)) }
        }
      }
      let (program, _) = try compiled(graph, "sink-transposes", inputs)
      guard case .ann(let changed) = program else { throw TestFailure("level changed") }
      for sample in inputs {
        let expected = try ANNExecutor(graph).run(sample)
        #expect(try ANNExecutor(changed).run(sample) == expected, "seed \(seed)")
      }
      before += graph.transpositions
      after += changed.transpositions
    }
    #expect(after * 2 < before, "\(after) of \(before) transpositions are left")
  }

  @Test("nothing is left where a dense layer or channels alone follow") func nothingLeft() throws {
    for network in NetworkCase.arranged {
      var builder = NetworkBuilder(seed: 21)
      let graph = try network.build(&builder)
      let (program, _) = try compiled(graph, "simplify,sink-transposes,simplify", [])
      guard case .ann(let changed) = program else { throw TestFailure("level changed") }
      #expect(graph.transpositions > 0 && changed.transpositions == 0, "\(network)")
    }
  }
}

extension ANNGraph {

  /// The number of transpositions.
  fileprivate var transpositions: Int {
    nodes.elements.count { if case .transpose = $0.op { true } else { false } }
  }
}

/// A random network of small whole numbers, so that sums are exact in any order.
private struct ShuffledGraph {

  var random: SplitMix64
  private var graph = ANNGraph(name: "shuffled")

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
  }

  mutating func build() throws -> ANNGraph {
    let extents = [1, 2, 2, 3, 4, 6]
    let shape = Shape((0..<random.int(2...4)).map { _ in random.pick(extents) })
    _ = try graph.add("x", .input, shape: shape)
    for _ in 0..<random.int(3...12) {
      let id =
        random.chance(0.8) ? NodeID(graph.nodes.count - 1) : random.pick(graph.ids)
      try addOperator(id, graph[id].shape)
    }
    graph.outputs = [NodeID(graph.nodes.count - 1)]
    if random.chance(0.3) { graph.outputs.append(random.pick(graph.ids)) }
    return graph
  }

  private mutating func add(_ op: Op, _ inputs: NodeID...) throws {
    _ = try graph.add("\(op.mnemonic)\(graph.nodes.count)", op, inputs)
  }

  private mutating func integers(_ shape: Shape) -> TensorID {
    graph.tensors.add(
      "t", shape: shape, floats: (0..<shape.count).map { _ in Float(random.int(-2...2)) })
  }

  /// Returns a shape that broadcasts to `shape`.
  private mutating func part(of shape: Shape) -> Shape {
    var result = Shape(Array(shape.extents.suffix(random.int(1...shape.rank))))
    for i in result.extents.indices where random.chance(0.4) { result[i] = 1 }
    return result
  }

  /// Returns another division of the same number of elements.
  private mutating func division(of count: Int) -> Shape {
    var rest = count
    var extents: [Int] = []
    while rest > 1, extents.count < 4 {
      let divisors = (2...rest).filter { rest.isMultiple(of: $0) }
      extents.append(random.pick(divisors))
      rest /= extents[extents.count - 1]
    }
    if rest > 1 || extents.isEmpty { extents.append(rest) }
    if random.chance(0.2) { extents.insert(1, at: random.int(0...extents.count)) }
    return Shape(extents)
  }

  // size: table
  private mutating func addOperator(_ x: NodeID, _ shape: Shape) throws {
    switch random.int(0...15) {
    case 0...4:
      var order = Array(0..<shape.rank)
      order.shuffle(using: &random)
      try add(.transpose(Transpose(order)), x)
    case 5, 6: try add(.reshape(Reshape(division(of: shape.count))), x)
    case 7: try add(.activation(Activation(random.pick([.relu, .absolute]))), x)
    case 8:
      let scale = Scale(
        factor: random.chance(0.7) ? integers(part(of: shape)) : nil,
        offset: integers(part(of: shape)))
      try add(.scale(scale), x)
    case 9: try add(.prelu(PReLU(slope: integers(part(of: shape)))), x)
    case 10:
      let same = graph.ids.filter { graph[$0].shape == shape }
      try add(
        .elementwise(Elementwise(random.pick([.add, .subtract, .maximum]))), x, random.pick(same))
    case 11:
      try add(.constant(Constant(integers(part(of: shape)))))
      try add(.elementwise(Elementwise(.add)), x, NodeID(graph.nodes.count - 1))
    case 12:
      try add(.dense(Dense(kernel: integers([shape.channels, random.int(1...4)]))), x)
    case 13 where shape.rank == 3:
      let window = Window(size: Pair(1, 1), padding: Padding(top: 1))
      try add(
        .conv2d(Conv2D(kernel: integers([1, 1, shape[2], random.int(1...4)]), window: window)), x)
    case 14 where shape.count <= 500:
      try add(.concat(Concat(axis: random.int(0...shape.rank - 1))), x, x)
    default: try addSelection(x, shape)
    }
  }

  private mutating func addSelection(_ x: NodeID, _ shape: Shape) throws {
    let axis = random.int(0...shape.rank - 1)
    switch random.int(0...2) {
    case 0:
      let indices = (0..<random.int(1...4)).map { _ in random.int(0...shape[axis] - 1) }
      try add(.take(Take(axis: axis, indices: indices)), x)
    case 1:
      let low = shape.extents.indices.map { $0 == axis ? 1 : 0 }
      try add(.pad(Pad(low: low, high: low.reversed(), value: 2)), x)
    default:
      let starts = shape.extents.map { random.int(0...$0 - 1) }
      try add(.slice(Slice(starts: starts, ends: shape.extents)), x)
    }
  }
}
