// Averages that kernels do themselves: the same outputs, and no pooling where that can be.

import Diagnostics
import PluginAPI
import SpikeIR
import SpikeInterpreter
import SpikePasses
import TestSupport
import Testing

@Suite("Folding of average pooling") struct FoldPoolingTests {

  private func poolings(_ graph: ANNGraph) -> Int {
    graph.nodes.elements.count { if case .pool = $0.op { true } else { false } }
  }

  /// Folds, holds the outputs against those before, and returns what became of the network.
  private func folded(
    _ builder: NetworkBuilder, _ pipeline: String = "fold-pooling{inputs=100000}"
  ) throws -> ANNGraph {
    var builder = builder
    let inputs = builder.samples(count: 4)
    let (program, _) = try compiled(builder.graph, pipeline, inputs)
    guard case .ann(let graph) = program else { throw TestFailure("level changed") }
    let expected = try ANNExecutor(builder.graph).outputs(of: inputs)
    #expect(largestError(try ANNExecutor(graph).outputs(of: inputs), expected) <= 2e-5)
    return graph
  }

  /// Windows of all kinds: whether folded or not, outputs stay; what is apart and unpadded is folded.
  @Test(arguments: 0..<120 as Range<UInt64>) func outputsStay(_ seed: UInt64) throws {
    var b = NetworkBuilder(seed: seed)
    let (size, stride) = (b.random.int(1...3), b.random.int(1...3))
    let around = b.random.pick([Padding.none, .none, Padding(top: 1, left: 0, bottom: 1, right: 1)])
    let pooled = try b.pool(
      .average, b.relu(b.conv(b.input([b.random.int(9...14), b.random.int(9...14), 2]), 4)),
      size: size, stride: stride, padding: size > 1 ? around : .none,
      countsPadding: b.random.chance(0.5))
    let padding = b.random.pick([Padding.none, Padding(top: 1, left: 1, bottom: 1, right: 1)])
    let conv = try b.conv(
      pooled, 6, size: b.random.int(1...2), stride: b.random.int(1...2), padding: padding,
      groups: b.random.pick([1, 2, 4].filter { 6 % $0 == 0 }))
    b.graph.outputs = [try b.relu(conv)]
    let graph = try folded(b)
    guard case .pool(let pool) = b.graph[pooled].op else { throw TestFailure("no pooling") }
    let isPlain = pool.window.padding == .none && padding == .none
    if isPlain { #expect(poolings(graph) == 0) }
    #expect(poolings(graph) <= 1)
  }

  @Test func denseLayersReadImages() throws {
    var b = NetworkBuilder(seed: 3)
    let image = try b.relu(b.conv(b.input([8, 8, 2]), 3))
    b.graph = try b.classifier(b.pool(.average, image, size: 3, stride: 3))
    let name = b.graph[b.graph.outputs[0]].name
    let graph = try folded(b)
    #expect(poolings(graph) == 0 && graph[graph.outputs[0]].name == name)
    let kernels = graph.nodes.elements.compactMap { node in
      if case .conv2d(let conv) = node.op { graph.tensors[conv.kernel].shape } else { nil }
    }
    #expect(kernels.last == [6, 6, 3, 4])
    #expect(!graph.nodes.elements.contains { if case .dense = $0.op { true } else { false } })
  }

  @Test func geometryOfTheExample() throws {
    var b = NetworkBuilder(seed: 4)
    let ones = Padding(top: 1, left: 1, bottom: 1, right: 1)
    let pooled = try b.pool(.average, b.relu(b.input([8, 8, 3])))
    b.graph.outputs = [try b.conv(pooled, 5, padding: ones)]
    let graph = try folded(b)
    guard case .conv2d(let conv) = graph[graph.outputs[0]].op else {
      throw TestFailure("no convolution")
    }
    #expect(conv.window.size == Pair(6, 6) && conv.window.strides == Pair(2, 2))
    #expect(conv.window.padding == Padding(top: 2, left: 2, bottom: 2, right: 2))
    #expect(conv.groups == 1 && graph[graph.outputs[0]].shape == [4, 4, 5])
  }

  /// Zeros around the pooled image that would be pixels, averages without padding, maxima, values that
  /// others need, and kernels that would be too large.
  @Test func whatCannotBeFoldedStays() throws {
    let ones = Padding(top: 1, left: 1, bottom: 1, right: 1)
    func stays(
      _ pipeline: String = "fold-pooling", _ build: (inout NetworkBuilder, NodeID) throws -> NodeID
    ) throws {
      var b = NetworkBuilder(seed: 5)
      let image = try b.relu(b.input([9, 9, 4]))
      b.graph.outputs = [try build(&b, image)]
      #expect(poolings(try folded(b, pipeline)) == 1)
    }
    // Windows that overlap; a row that no window has.
    try stays { b, x in try b.conv(b.pool(.average, x, size: 3, stride: 2), 4, padding: ones) }
    try stays { b, x in try b.conv(b.pool(.average, x, size: 2, stride: 2), 4, padding: ones) }
    try stays { b, x in
      try b.conv(b.pool(.average, x, size: 3, stride: 3, padding: ones), 4, size: 2)
    }
    try stays { b, x in try b.conv(b.pool(.maximum, x, size: 3, stride: 3), 4, size: 2) }
    try stays { b, x in
      let pooled = try b.pool(.average, x, size: 3, stride: 3)
      return try b.combine(.add, pooled, b.conv(pooled, 4, size: 1))
    }
    try stays("fold-pooling{inputs=143}") { b, x in
      try b.conv(b.pool(.average, x, size: 3, stride: 3), 4, size: 2)
    }
  }
}
