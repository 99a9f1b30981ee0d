// What the groups of a projection's inputs add up on samples.

internal import Diagnostics
internal import SpikeIR

/// The largest sums of a projection's groups over samples.
struct GroupSums {

  /// [group][positive, negative].
  private(set) var peaks: [[Double]]

  private let groups: [Range<Int>]
  private let weights: [Float]
  private let projection: Projection
  private let shapes: (source: Shape, target: Shape)

  init(
    _ projection: Projection, _ groups: [Range<Int>], in graph: SpikingGraph
  ) throws(Diagnostic) {
    (self.projection, self.groups) = (projection, groups)
    let scale = Float(1 << projection.shift)
    weights =
      try projection.kind.weights.map { (id) throws(Diagnostic) in
        try graph.tensors.floats(id).map { $0 * scale }
      } ?? []
    shapes = (graph[projection.source].shape, graph[projection.target].shape)
    peaks = groups.map { _ in [0, 0] }
  }

  /// Takes into account what the source says in a sample, units a tick.
  mutating func add(_ values: [Float]) {
    for (i, range) in groups.enumerated() {
      for sign in 0...1 {
        let own = weights.map { sign == 0 ? max($0, 0) : max(-$0, 0) }
        peaks[i][sign] = max(peaks[i][sign], Double(largestSum(values, own, range)))
      }
    }
  }

  private func largestSum(_ values: [Float], _ weights: [Float], _ range: Range<Int>) -> Float {
    switch projection.kind {
    case .conv(let conv):
      var masked = values
      for n in masked.indices where !range.contains(n % shapes.source.channels) { masked[n] = 0 }
      let extents: Shape = [
        conv.window.size.height, conv.window.size.width, shapes.source.channels,
        shapes.target.channels,
      ]
      return LinearMap.convolve(masked, shapes.source, weights, extents, conv.window, 1).max() ?? 0
    default:
      let columns = shapes.target.count
      var sums = [Float](repeating: 0, count: columns)
      for row in range where values[row] != 0 {
        for c in 0..<columns { sums[c] += values[row] * weights[row * columns + c] }
      }
      return sums.max() ?? 0
    }
  }
}
