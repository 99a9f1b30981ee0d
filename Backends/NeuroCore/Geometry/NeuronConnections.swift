// The connections of a projection, one by one: slow, and the same for all kinds.

internal import Diagnostics
internal import SpikeIR

/// Wires, seen from their sources.
struct WireLists: Sendable {
  /// For each source neuron where its targets begin, and where the last ones end.
  var starts: [Int32]
  /// The targets.
  var targets: [Int32]
}

/// The connections of a projection, neuron by neuron.
struct NeuronConnections {

  private let kind: ProjectionKind
  private let source: Shape
  private let target: Shape
  private let weights: [Int32]
  private let wires: WireLists

  /// Looks at projection `j` of `graph`.
  ///
  /// - Parameters:
  ///   - graph: the network.
  ///   - j: the projection.
  ///   - weights: its weights; of a pooling, one for each tap and channel.
  ///   - wires: the lists of targets of each source neuron, of wires.
  init(
    _ graph: SpikingGraph, _ j: ProjectionID, _ weights: [Int32], _ wires: WireLists
  ) {
    kind = graph[j].kind
    source = graph[graph[j].source].shape
    target = graph[graph[j].target].shape
    self.weights = weights
    self.wires = wires
  }

  /// Calls `body` with every connection of source neuron `n`.
  func forEach(from n: Int, _ body: (_ target: Int, _ weight: Int32) -> Void) {
    switch kind {
    case .dense:
      for k in 0..<target.count { body(k, weights[n * target.count + k]) }
    case .identity: body(n, weights[weights.count == 1 ? 0 : n % target.channels])
    case .wire:
      for i in Int(wires.starts[n])..<Int(wires.starts[n + 1]) {
        body(Int(wires.targets[i]), weights[0])
      }
    case .pool(let pool):
      forEachWindow(pool.window, over: n) { (position, _) in
        body(position * source[2] + n % source[2], weights[0])
      }
    case .conv(let conv):
      let (inputs, outputs) = (source[2] / conv.groups, target[2] / conv.groups)
      let (group, input) = (n % source[2]).quotientAndRemainder(dividingBy: inputs)
      forEachWindow(conv.window, over: n) { (position, tap) in
        for k in group * outputs..<(group + 1) * outputs {
          body(position * target[2] + k, weights[(tap * inputs + input) * target[2] + k])
        }
      }
    }
  }

  /// Calls `body` with every window that covers neuron `n`, and the tap under which it lies.
  private func forEachWindow(
    _ window: Window, over n: Int, _ body: (_ position: Int, _ tap: Int) -> Void
  ) {
    let (y, x) = (n / source[2]).quotientAndRemainder(dividingBy: source[1])
    for i in 0..<window.size.height {
      let top = y + window.padding.top - i * window.dilations.height
      let row = top / window.strides.height
      guard top >= 0, top % window.strides.height == 0, row < target[0] else { continue }
      for j in 0..<window.size.width {
        let left = x + window.padding.left - j * window.dilations.width
        let column = left / window.strides.width
        guard left >= 0, left % window.strides.width == 0, column < target[1] else { continue }
        body(row * target[1] + column, i * window.size.width + j)
      }
    }
  }
}

extension NeuronConnections {

  /// Reads projection `j` of `graph`.
  ///
  /// - Throws: `ir.elided-tensor`, `ir.bad-element-type`, `emulator.overflow`.
  init(_ j: ProjectionID, of graph: SpikingGraph) throws(Diagnostic) {
    self.init(graph, j, try Self.weights(of: j, in: graph), try Self.wires(of: j, in: graph))
  }

  /// Returns the weights of projection `j` times 2^shift; of a pooling, those of its taps.
  ///
  /// - Throws: `ir.elided-tensor`, `ir.bad-element-type`, `emulator.overflow`.
  static func weights(
    of j: ProjectionID, in graph: SpikingGraph
  ) throws(Diagnostic) -> [Int32] {
    let projection = graph[j]
    var factors: [Int32] = [1]
    if let id = projection.kind.weights { factors = try graph.tensors.integers(id) }
    if case .pool(let pool) = projection.kind {
      let taps = pool.window.size.height * pool.window.size.width
      factors = [Int32](repeating: 1, count: taps * graph[projection.source].shape.channels)
    }
    for i in factors.indices {
      let scaled = Int64(factors[i]) << Int64(projection.shift)
      guard let fitting = Int32(exactly: scaled) else {
        throw .emulatorOverflow("weights of synapses", projection.name, bound: Double(scaled))
      }
      factors[i] = fitting
    }
    return factors
  }

  /// Returns the lists of targets of each source neuron of projection `j`; none if it is no wire.
  ///
  /// - Throws: `ir.elided-tensor`, `ir.bad-element-type`.
  static func wires(of j: ProjectionID, in graph: SpikingGraph) throws(Diagnostic) -> WireLists {
    guard case .wire(let wire) = graph[j].kind else { return WireLists(starts: [], targets: []) }
    let sources = try graph.tensors.integers(wire.sources)
    var starts = [Int32](repeating: 0, count: graph[graph[j].source].shape.count + 1)
    for n in sources where n >= 0 { starts[Int(n) + 1] += 1 }
    for n in 1..<starts.count { starts[n] += starts[n - 1] }
    var next = starts
    var targets = [Int32](repeating: 0, count: Int(starts[starts.count - 1]))
    for (target, n) in sources.enumerated() where n >= 0 {
      targets[Int(next[Int(n)])] = Int32(target)
      next[Int(n)] += 1
    }
    return WireLists(starts: starts, targets: targets)
  }
}
