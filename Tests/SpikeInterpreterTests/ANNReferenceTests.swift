// The executor against the textbook, operator by operator, on random graphs and at all ranks.

import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@Suite("ANN executor against the textbook") struct ANNReferenceTests {

  @Test("random graphs, each node on its own operands", arguments: 0..<12 as Range<UInt64>)
  func randomGraphs(batch: UInt64) throws {
    var compared: Set<String> = []
    for seed in batch * 50..<batch * 50 + 50 {
      var generator = SplitMix64(seed: seed)
      let graph = randomANNGraph(using: &generator)
      let inputs = graph.inputs.map { id in
        (0..<graph[id].shape.count).map { _ in generator.float(-2...2) }
      }
      compared.formUnion(try expectTextbook(graph, on: inputs, "seed \(seed)"))
    }
    #expect(compared.count == 18, "\(compared.sorted())")
  }

  @Test("operators of any rank", arguments: 1...6)
  func anyRank(rank: Int) throws {
    for seed: UInt64 in 0..<30 {
      var random = SplitMix64(seed: seed &* 7 &+ UInt64(rank))
      let shape = Shape((0..<rank).map { _ in random.int(1...4) })
      var graph = ANNGraph(name: "ranks")
      let x = try graph.add("x", .input, shape: shape)
      var order = Array(0..<rank)
      order.shuffle(using: &random)
      let axis = random.int(0...rank - 1)
      var part = shape
      for d in 0..<rank where random.chance(0.5) { part[d] = 1 }
      let y = try graph.add("y", .input, shape: part)
      func floats(_ shape: Shape) -> TensorID {
        let values = (0..<shape.count).map { _ in random.float(0.5...2) }
        return graph.tensors.add("t", shape: shape, floats: values)
      }
      let (full, partial) = (floats(shape), floats(part))
      let channels = floats([shape.channels])
      let matrix = floats([shape.channels, 3])
      var ops: [(Op, [NodeID])] = [
        (.transpose(Transpose(order)), [x]), (.concat(Concat(axis: axis)), [x, x, x]),
        (.reshape(Reshape([1, shape.count])), [x]), (.scale(Scale(factor: full, offset: nil)), [x]),
        (.scale(Scale(factor: partial, offset: channels)), [x]),
        (.prelu(PReLU(slope: partial)), [x]), (.prelu(PReLU(slope: full)), [x]),
        (.softLIF(SoftLIF(gain: channels, amplitude: channels, gamma: 0)), [x]),
        (.softLIF(SoftLIF(gain: channels, offset: channels, amplitude: channels, tauRef: 0)), [x]),
        (.dense(Dense(kernel: matrix)), [x]), (.constant(Constant(full)), []),
        (
          .batchNorm(
            BatchNorm(
              scale: channels, offset: nil, mean: channels, variance: channels, epsilon: 1e-3)),
          [x]
        ),
        (.slice(Slice(starts: shape.extents.map { $0 / 2 }, ends: shape.extents)), [x]),
        (.take(Take(axis: axis, indices: [0, shape[axis] - 1, 0])), [x]),
        (.pad(Pad(low: order, high: order.reversed(), value: 2)), [x]),
      ]
      for kind in Elementwise.Kind.allCases {
        ops.append((.elementwise(Elementwise(kind)), [x, y]))
        ops.append((.elementwise(Elementwise(kind)), [y, x]))
      }
      for (i, (op, operands)) in ops.enumerated() {
        graph.outputs.append(try graph.add("\(op.mnemonic)\(i)", op, operands))
      }
      let inputs = [shape, part].map { shape in
        (0..<shape.count).map { _ in random.float(-2...2) }
      }
      let compared = try expectTextbook(graph, on: inputs, "rank \(rank), seed \(seed)")
      #expect(compared.count == 13)
    }
  }

  @Test(
    "transpositions larger than a tile",
    arguments: [[1, 0, 2], [2, 1, 0], [2, 0, 1], [0, 2, 1]])
  func largeTransposition(order: [Int]) throws {
    var graph = ANNGraph(name: "large")
    let x = try graph.add("x", .input, shape: [33, 40, 37])
    graph.outputs = [try graph.add("y", .transpose(Transpose(order)), [x])]
    _ = try expectTextbook(graph, on: [(0..<33 * 40 * 37).map { Float($0) }], "\(order)")
  }

  /// Checks every node of `graph` against the textbook, for the operands that the executor
  /// computed.
  ///
  /// - Returns: the operators that were compared.
  private func expectTextbook(
    _ graph: ANNGraph, on inputs: [[Float]], _ context: String
  ) throws -> Set<String> {
    let values = try #require(
      try ANNExecutor(graph).accumulate(
        count: 1, threads: 1, observing: graph.ids, input: { _ in inputs },
        initial: { [[Float]]() }
      ) { all, _, values in all = graph.ids.map { values[$0] } }.first)
    var compared: Set<String> = []
    for id in graph.ids {
      let node = graph[id]
      let operands = ReferenceOperands(
        values: node.inputs.map { values[$0.index] }, shapes: node.inputs.map { graph[$0].shape },
        out: node.shape, tensors: graph.tensors)
      guard let expected = try node.op.reference(operands) else { continue }
      compared.insert(node.op.mnemonic)
      #expect(values[id.index].count == expected.values.count, "\(context), \(node.name)")
      for (i, found) in values[id.index].enumerated() {
        let (wanted, scale) = (expected.values[i], expected.magnitudes[i])
        // Where single precision overflows on the way, the value depends on the order of the terms.
        if wanted.isFinite, scale > 1e38 { continue }
        // Sums of up to some hundred terms, each rounded; products may underflow.
        let isClose = abs(Double(found) - wanted) <= 4e-6 * scale + 1e-37
        let isSame = wanted.isFinite ? isClose : wanted.isNaN ? found.isNaN : !found.isFinite
        guard isSame else {
          Issue.record("\(context), '\(node.name)' element \(i) is \(found), expected \(wanted)")
          break
        }
      }
    }
    return compared
  }
}
