// Making a softened network agree with the original, channel by channel, layer after layer.

internal import Diagnostics
internal import SpikeIR

/// The mean and the standard deviation of a channel.
private struct Moments: Sendable {

  private var count = 0.0
  private var sum = 0.0
  private var squares = 0.0

  /// Takes in a value.
  mutating func add(_ x: Float) {
    count += 1
    sum += Double(x)
    squares += Double(x) * Double(x)
  }

  /// Takes in the values of `other`.
  mutating func add(_ other: Moments) {
    count += other.count
    sum += other.sum
    squares += other.squares
  }

  /// The mean, 0 without values.
  var mean: Double { count > 0 ? sum / count : 0 }

  /// The standard deviation.
  var deviation: Double { count > 0 ? max(0, squares / count - mean * mean).squareRoot() : 0 }
}

extension SoftenSurroundings {

  /// Changes the responses of `layers` so that their operands count as they are in `original`.
  ///
  /// Complexity: one inference of the part before it for each layer and sample.
  ///
  /// - Parameters:
  ///   - layers: the softened nodes, operands first.
  ///   - responses: the responses that they have, [layer][channel].
  ///   - graph: the softened network. Updated.
  ///   - original: the network before, with the same nodes.
  ///   - options: what is corrected.
  ///   - progress: is told the part that is done.
  /// - Throws: what the executor throws.
  func correct(
    _ layers: [SoftenedLayer], _ responses: [[ChannelResponse]], in graph: inout ANNGraph,
    against original: ANNGraph, _ options: SoftenOptions,
    progress: @escaping @Sendable (Double) -> Void
  ) throws(CompileError) {
    let readouts = original.biasedReadouts
    let targets = layers.map(\.operand) + readouts
    let wanted = try moments(of: targets, in: original)
    for (i, layer) in layers.enumerated() {
      let found = try moments(of: layer.operand, in: graph)
      let corrected = responses[i].indices.map { c in
        responses[i][c].corrected(from: found[c], to: wanted[i][c], options.correction)
      }
      graph.setResponse(of: layer.node, corrected, options)
      progress(Double(i + 1) / Double(targets.count))
    }
    for (i, readout) in readouts.enumerated() {
      let found = try moments(of: readout, in: graph)
      let shifts = zip(wanted[layers.count + i], found).map { Float($0.mean - $1.mean) }
      try liftingDiagnostic { () throws(Diagnostic) in try graph.shiftBias(of: readout, shifts) }
    }
    graph = graph.compacted()
  }

  /// Returns the moments of several nodes, [node][channel].
  private func moments(
    of nodes: [NodeID], in graph: ANNGraph
  ) throws(CompileError) -> [[Moments]] {
    let empty = nodes.map { [Moments](repeating: Moments(), count: graph[$0].shape.channels) }
    return try ActivationProbe(nodes, of: graph, on: inputs, threads: threads)
      .reduce(into: empty) { (result, value) in
        result.add(value)
      } merge: { (result, other) in
        result.add(other)
      }
  }

  /// Returns the moments of node `id`, one a channel; only what it depends on is run.
  private func moments(of id: NodeID, in graph: ANNGraph) throws(CompileError) -> [Moments] {
    var part = graph
    part.outputs = [id]
    part = part.compacted()
    return try moments(of: part.outputs, in: part)[0]
  }
}

extension ChannelResponse {

  /// Returns the response that makes of values with the moments `found` what this one makes of
  /// values with the moments `wanted`.
  ///
  /// κ·(x − found mean) + wanted mean + offset = κ·(x + new offset). Factors κ beyond 2 either way
  /// say more about few samples than about the layer.
  fileprivate func corrected(
    from found: Moments, to wanted: Moments, _ correction: SoftenOptions.Correction
  ) -> ChannelResponse {
    var factor = 1.0
    if correction == .affine, found.deviation > 0, wanted.deviation > 0 {
      factor = min(max(wanted.deviation / found.deviation, 0.5), 2)
    }
    return ChannelResponse(
      gain: gain * factor, offset: (wanted.mean + offset) / factor - found.mean,
      amplitude: amplitude)
  }
}

extension ANNGraph {

  /// The linear layers whose values are outputs, or are what a function left to the decoder takes.
  fileprivate var biasedReadouts: [NodeID] {
    var result: [NodeID] = []
    for output in outputs {
      var id = output
      switch self[id].op {
      case .softmax, .activation: id = self[id].inputs.first ?? id
      default: break
      }
      switch self[id].op {
      case .dense, .conv2d, .convTranspose2d: if !result.contains(id) { result.append(id) }
      default: break
      }
    }
    return result
  }

  /// Adds `shifts`, one a channel, to the bias of the linear layer `id`.
  fileprivate mutating func shiftBias(of id: NodeID, _ shifts: [Float]) throws(Diagnostic) {
    var old: TensorID?
    switch self[id].op {
    case .dense(let op): old = op.bias
    case .conv2d(let op): old = op.bias
    case .convTranspose2d(let op): old = op.bias
    default: return
    }
    var values = shifts
    if let old {
      let own = try tensors.floats(old)
      for i in values.indices { values[i] += own[i] }
    }
    let bias = tensors.add("\(self[id].name)/bias", shape: [values.count], floats: values)
    switch self[id].op {
    case .dense(var op):
      op.bias = bias
      self[id].op = .dense(op)
    case .conv2d(var op):
      op.bias = bias
      self[id].op = .conv2d(op)
    case .convTranspose2d(var op):
      op.bias = bias
      self[id].op = .convTranspose2d(op)
    default: break
    }
  }
}
