// Equalized networks compute the same, with channels of like size.

import Diagnostics
import PluginAPI
import SpikeIR
import SpikeInterpreter
import SpikePasses
import Testing

@Suite("Equalization") struct EqualizeTests {

  @Test("changes no output", arguments: NetworkCase.all, [1, 2])
  func keepsOutputs(network: NetworkCase, seed: UInt64) throws {
    var builder = NetworkBuilder(seed: seed)
    let graph = try network.build(&builder)
    let inputs = builder.samples(count: 6)
    let expected = try ANNExecutor(graph).outputs(of: inputs)
    let (program, _) = try compiled(
      graph, "simplify,expand-activations,fold-batchnorm,equalize", inputs)
    guard case .ann(let changed) = program else { throw TestFailure("level changed") }
    let found = try ANNExecutor(changed).outputs(of: inputs)
    #expect(largestError(found, expected) <= 5e-5)
  }

  /// Returns the largest magnitudes of the weights that make and use each channel of two layers.
  private func ranges(
    _ graph: ANNGraph, _ first: NodeID, _ second: NodeID
  ) throws -> (made: [Float], used: [Float]) {
    guard case .conv2d(let a) = graph[first].op else { throw TestFailure("no convolution") }
    let channels = graph[first].shape.channels
    var made = [Float](repeating: 0, count: channels)
    var used = made
    for (i, w) in try graph.tensors.floats(a.kernel).enumerated() {
      made[i % channels] = max(made[i % channels], abs(w))
    }
    var (kernel, isDepthwise) = (a.kernel, false)
    switch graph[second].op {
    case .conv2d(let b): (kernel, isDepthwise) = (b.kernel, b.groups > 1)
    case .dense(let b): kernel = b.kernel
    default: throw TestFailure("no weights")
    }
    let outputs = graph.tensors[kernel].shape.channels
    for (i, w) in try graph.tensors.floats(kernel).enumerated() {
      let c = isDepthwise ? i % outputs : i / outputs % channels
      used[c] = max(used[c], abs(w))
    }
    return (made, used)
  }

  @Test("makes what makes a channel as large as what uses it", arguments: ["plain", "depthwise"])
  func balances(kind: String) throws {
    var b = NetworkBuilder(seed: 21)
    let first = try b.conv(b.input([8, 8, 2]), 6)
    let scale = b.tensor("scale", [6], 0.02, 5)
    let scaled = try b.node(.scale(Scale(factor: scale, offset: nil)), first)
    let pooled = try b.pool(.maximum, b.relu(scaled))
    let second: NodeID
    if kind == "plain" {
      second = try b.dense(b.flatten(pooled), 4)
    } else {
      second = try b.conv(pooled, 6, groups: 6)
    }
    b.graph.outputs = [second]
    let names = (b.graph[first].name, b.graph[second].name)
    let (program, context) = try compiled(b.graph, "fold-batchnorm,equalize", b.samples(count: 2))
    guard case .ann(let graph) = program else { throw TestFailure("level changed") }
    // The folded convolution takes the name of what it computes.
    let layers = graph.ids.filter {
      switch graph[$0].op {
      case .conv2d, .dense: true
      default: false
      }
    }
    #expect(layers.count == 2, "\(names)")
    let (made, used) = try ranges(graph, layers[0], layers[1])
    for c in 0..<6 { #expect(abs(made[c] / used[c] - 1) < 0.03, "channel \(c)") }
    #expect(context.statistics.contains { $0.name == "pairs of layers" && $0.value == 1 })
  }

  @Test("leaves rectifiers with a limit alone and says so") func limited() throws {
    var b = NetworkBuilder(seed: 22)
    let x = try b.relu(b.conv(b.input([6, 6, 2]), 4), maximum: 6)
    let graph = try b.classifier(b.relu(b.conv(x, 4)))
    let (program, context) = try compiled(graph, "equalize", b.samples(count: 1))
    #expect(context.sink.diagnostics.map(\.id) == ["equalize.limited"])
    #expect(context.sink.diagnostics.map(\.site) == [.entity(graph[x].name)])
    guard case .ann(let changed) = program else { throw TestFailure("level changed") }
    guard case .conv2d(let before) = graph[graph[x].inputs[0]].op,
      case .conv2d(let after) = changed[changed[x].inputs[0]].op
    else { throw TestFailure("no convolution") }
    #expect(try changed.tensors.floats(after.kernel) == graph.tensors.floats(before.kernel))
  }

  @Test("scales thresholds along") func thresholds() throws {
    var b = NetworkBuilder(seed: 23)
    let graph = try b.classifier(b.relu(b.conv(b.input([6, 6, 2]), 4)))
    let inputs = b.samples(count: 20)
    func thresholds(_ pipeline: String) throws -> [Float] {
      let (program, _) = try compiled(graph, pipeline, inputs)
      guard case .ann(let graph) = program else { throw TestFailure("level changed") }
      for id in graph.ids {
        if case .activation = graph[id].op, let threshold = graph[id].threshold {
          return try graph.tensors.floats(threshold)
        }
      }
      throw TestFailure("no threshold")
    }
    let (after, before) = (
      try thresholds("calibrate{method=max},equalize"),
      try thresholds("equalize,calibrate{method=max}")
    )
    #expect(after.count == before.count)
    for (x, y) in zip(after, before) { #expect(abs(x - y) <= 1e-4 * y) }
  }
}
