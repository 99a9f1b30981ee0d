// How many connections a spike reaches: the weight of a spike in the count of operations.

internal import Diagnostics
internal import Kernels
internal import SpikeIR

/// For every neuron the number of connections into membranes that its spike reaches.
///
/// Relays pass a spike on through each of their connections, without counting them; membranes end
/// its way, and so does a population that pools the largest, which emits spikes of its own.
/// Connections are counted whatever their weights.
struct FanOut {

  /// The counts, [population][neuron].
  private(set) var neurons: [[Int]]

  /// Counts the connections of a verified graph, last populations first.
  ///
  /// - Throws: `ir.elided-tensor`.
  /// - Complexity: O(neurons · taps), and for full connections into relays O(connections).
  init(_ graph: SpikingGraph) throws(Diagnostic) {
    neurons = graph.populations.elements.map { [Int](repeating: 0, count: $0.shape.count) }
    let efferents = graph.efferents()
    for id in graph.populations.ids.reversed() {
      for projection in efferents[id.index] {
        try add(graph[projection], graph)
      }
    }
  }

  /// Adds the connections of `projection` to the counts of its source.
  private mutating func add(_ projection: Projection, _ graph: SpikingGraph) throws(Diagnostic) {
    let target = graph[projection.target]
    // What a unit that arrives at a neuron of the target is worth.
    let worth: [Int]
    switch target.model {
    case .integrateAndFire, .leaky, .currentBased, .bitShift, .staircase, .integrator:
      worth = [Int](repeating: 1, count: target.shape.count)
    case .relay: worth = neurons[projection.target.index]
    case .source, .maximum: return
    }
    let source = EventGrid(graph[projection.source].shape)
    let grid = EventGrid(target.shape)
    var counts = neurons[projection.source.index]
    switch projection.kind {
    case .dense:
      let total = worth.reduce(0, +)
      for n in counts.indices { counts[n] += total }
    case .identity:
      for n in counts.indices { counts[n] += worth[n] }
    case .wire(let wires):
      for (n, start) in try graph.tensors.integers(wires.sources).enumerated() where start >= 0 {
        counts[Int(start)] += worth[n]
      }
    case .pool(let pool):
      EventWindow(pool.window).forEachTap(of: source, grid) { from, to in
        for c in 0..<grid.channels {
          counts[from * source.channels + c] += worth[to * grid.channels + c]
        }
      }
    case .conv(let conv):
      let sums = groupSums(worth, grid, groups: conv.groups)
      let inGroup = source.channels / conv.groups
      EventWindow(conv.window).forEachTap(of: source, grid) { from, to in
        for c in 0..<source.channels {
          counts[from * source.channels + c] += sums[to * conv.groups + c / inGroup]
        }
      }
    }
    neurons[projection.source.index] = counts
  }

  /// Returns the sums of `worth` over the channels of each group, [positions, groups].
  private func groupSums(_ worth: [Int], _ grid: EventGrid, groups: Int) -> [Int] {
    let outGroup = grid.channels / groups
    return (0..<grid.positions * groups).map { i in
      let start = i / groups * grid.channels + i % groups * outGroup
      return worth[start..<start + outGroup].reduce(0, +)
    }
  }
}

extension EventWindow {

  /// Calls `body` with the positions that each tap of each window joins, frames left out.
  fileprivate func forEachTap(
    of source: EventGrid, _ target: EventGrid, _ body: (_ from: Int, _ to: Int) -> Void
  ) {
    for y in 0..<target.height {
      let rows = Self.inside(
        y, taps: height, stride: strideY, dilation: dilationY, before: top, extent: source.height)
      for x in 0..<target.width {
        let columns = Self.inside(
          x, taps: width, stride: strideX, dilation: dilationX, before: left, extent: source.width)
        for ky in rows {
          let row = (y * strideY - top + ky * dilationY) * source.width
          for kx in columns {
            body(row + x * strideX - left + kx * dilationX, y * target.width + x)
          }
        }
      }
    }
  }
}
