// Values that are said never to be negative are not.

import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@Suite struct NodesWithoutNegativesTests {

  @Test(arguments: 0..<8 as Range<UInt64>) func randomGraphs(_ batch: UInt64) throws {
    var claimed = 0
    for seed in batch * 50..<batch * 50 + 50 {
      var random = SplitMix64(seed: seed)
      var graph = randomANNGraph(using: &random)
      let isNonNegative = graph.nodesWithoutNegatives
      graph.outputs = graph.ids.filter { isNonNegative[$0.index] }
      guard !graph.outputs.isEmpty else { continue }
      claimed += graph.outputs.count
      let executor = try ANNExecutor(graph)
      for _ in 0..<3 {
        let input = graph.inputs.map { id in
          (0..<graph[id].shape.count).map { _ in random.float(-3...3) }
        }
        for (id, values) in zip(graph.outputs, try executor.run(input)) {
          #expect(!values.contains { $0 < 0 }, "\(graph[id].op.mnemonic), seed \(seed)")
        }
      }
    }
    #expect(claimed > 20)
  }

  @Test func whatIsKnown() throws {
    var graph = ANNGraph(name: "signs")
    let x = try graph.add("x", .input, shape: [2])
    let relu = try graph.add("relu", .activation(.relu), [x])
    func scale(_ factor: Float, _ offset: Float) throws -> NodeID {
      let numbers = [factor, offset].map { graph.tensors.add("t", shape: [1], floats: [$0]) }
      return try graph.add(
        "scale\(factor)\(offset)", .scale(Scale(factor: numbers[0], offset: numbers[1])), [relu])
    }
    let scaled = try [scale(2, 1), scale(-2, 1), scale(2, -1)]
    let sum = try graph.add("sum", .elementwise(Elementwise(.add)), [relu, scaled[0]])
    let less = try graph.add("less", .elementwise(Elementwise(.subtract)), [relu, scaled[0]])
    let known = graph.nodesWithoutNegatives
    #expect(
      ([x, relu] + scaled + [sum, less]).map { known[$0.index] } == [
        false, true, true, false, false, true, false,
      ])
  }

  @Test(
    "a rectifier with a slope below its threshold may be negative",
    arguments: [
      (0, 0, nil, true, true), (0, 1, nil, true, true), (0, -1, nil, false, true),
      (0.5, 0, nil, false, true), (0.5, 1, nil, false, false), (0.5, -1, nil, false, true),
      (-0.5, 1, nil, true, true), (-0.5, -1, nil, false, true), (0, 0, -1, false, false),
    ] as [(Float, Float, Float?, Bool, Bool)])
  func rectifiers(
    _ alpha: Float, _ threshold: Float, _ maximum: Float?, _ ofAll: Bool, _ ofRest: Bool
  ) throws {
    var graph = ANNGraph(name: "rectifiers")
    let x = try graph.add("x", .input, shape: [2])
    let rest = try graph.add("rest", .activation(.relu), [x])
    let function = Activation(.relu, alpha: alpha, maximum: maximum, threshold: threshold)
    let all = try graph.add("all", .activation(function), [x])
    let behind = try graph.add("behind", .activation(function), [rest])
    let known = graph.nodesWithoutNegatives
    #expect([all, behind].map { known[$0.index] } == [ofAll, ofRest])
    graph.outputs = [all, behind].filter { known[$0.index] }
    guard !graph.outputs.isEmpty else { return }
    for value in stride(from: -2, through: 2, by: 0.25) as StrideThrough<Float> {
      let outputs = try ANNExecutor(graph).run([[value, -value]])
      #expect(outputs.allSatisfy { $0.allSatisfy { $0 >= 0 } }, "\(value): \(outputs)")
    }
  }
}
