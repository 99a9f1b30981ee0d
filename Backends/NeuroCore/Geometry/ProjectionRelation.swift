// The connections of a projection, axis by axis where that is possible.

internal import Diagnostics
internal import SpikeIR

/// The connections of a projection as relations of rows, columns and channels, or as a list.
struct ProjectionRelation: Sendable {

  /// Relations of rows, columns and channels, whose product the connections are.
  struct Axes: Sendable {
    var rows: AxisRelation
    var columns: AxisRelation
    var channels: ChannelRelation
  }

  /// The relations, `nil` if the connections are no product.
  var axes: Axes?

  /// For each neuron of the source those that it reaches; where `axes` is `nil`, or on demand.
  var lists: [[Int]] = []

  private let source: Shape
  private let target: Shape

  /// Whether connections of `lists` have weights other than 1.
  private let hasWeights: Bool

  /// Looks at a projection of a verified graph; its source may have another shape, of as many
  /// neurons in the same order.
  ///
  /// - Throws: `ir.elided-tensor`.
  init(
    _ projection: Projection, from shape: Shape? = nil, in graph: SpikingGraph
  ) throws(Diagnostic) {
    source = shape ?? graph[projection.source].shape
    target = graph[projection.target].shape
    hasWeights = projection.kind.weights != nil
    let (from, to) = (Extents(source), Extents(target))
    switch projection.kind {
    case .dense:
      axes = Axes(
        rows: .mixed(from.rows, to.rows), columns: .mixed(from.columns, to.columns),
        channels: .groups(from.channels, to.channels, count: 1))
    case .conv(let conv):
      axes = Axes(
        rows: .windows(from.rows, to.rows, conv.window, vertical: true, hasEqualTaps: false),
        columns: .windows(
          from.columns, to.columns, conv.window, vertical: false, hasEqualTaps: false),
        channels: .groups(from.channels, to.channels, count: conv.groups))
    case .pool(let pool):
      axes = Axes(
        rows: .windows(from.rows, to.rows, pool.window, vertical: true, hasEqualTaps: true),
        columns: .windows(
          from.columns, to.columns, pool.window, vertical: false, hasEqualTaps: true),
        channels: .identity(from.channels))
    case .identity:
      guard from == to else {
        lists = (0..<source.count).map { [$0] }
        return
      }
      axes = Axes(
        rows: .identity(from.rows), columns: .identity(from.columns),
        channels: .identity(from.channels))
    case .wire(let wire):
      let sources = try graph.tensors.integers(wire.sources).map { Int($0) }
      axes = ProjectionRelation.axes(of: sources, from, to)
      guard axes == nil else { return }
      lists = [[Int]](repeating: [], count: source.count)
      for (t, s) in sources.enumerated() where s >= 0 { lists[s].append(t) }
    }
  }

  /// The extents of neurons, 1 for those that are missing.
  private struct Extents: Equatable {
    let rows: Int
    let columns: Int
    let channels: Int

    init(_ shape: Shape) {
      let isImage = shape.rank == 3
      (rows, columns) = isImage ? (shape[0], shape[1]) : (1, 1)
      channels = shape.channels
    }
  }

  /// Returns the relations whose product wires are, `nil` if they are none.
  private static func axes(of sources: [Int], _ from: Extents, _ to: Extents) -> Axes? {
    var rows = [Int](repeating: -1, count: to.rows)
    var columns = [Int](repeating: -1, count: to.columns)
    var channels = [Int](repeating: -1, count: to.channels)
    func split(_ s: Int) -> (Int, Int, Int) {
      let position = s / from.channels
      return (position / from.columns, position % from.columns, s % from.channels)
    }
    for (t, s) in sources.enumerated() where s >= 0 {
      let (y, x, c) = split(s)
      let position = t / to.channels
      rows[position / to.columns] = y
      columns[position % to.columns] = x
      channels[t % to.channels] = c
    }
    for (t, s) in sources.enumerated() {
      let position = t / to.channels
      let (y, x) = (rows[position / to.columns], columns[position % to.columns])
      let c = channels[t % to.channels]
      let expected = y < 0 || x < 0 || c < 0 ? -1 : (y * from.columns + x) * from.channels + c
      if max(s, -1) != expected { return nil }
    }
    return Axes(
      rows: .moved(rows, count: from.rows), columns: .moved(columns, count: from.columns),
      channels: .moved(channels, count: from.channels))
  }

  /// Calls `body` with each neuron that neuron `n` of the source reaches, and what distinguishes
  /// the weight.
  func forEachTarget(of n: Int, _ body: (_ target: Int, _ tap: Int) -> Void) {
    guard let axes else {
      for t in lists[n] { body(t, hasWeights ? t : 0) }
      return
    }
    let from = Extents(source)
    let to = Extents(target)
    let (position, channel) = n.quotientAndRemainder(dividingBy: from.channels)
    for y in axes.rows.links[position / from.columns] {
      for x in axes.columns.links[position % from.columns] {
        axes.channels.forEachLink(of: channel) { c in
          let place = y.target * to.columns + x.target
          body(
            place * to.channels + c.target,
            ListedRelation.mixed(ListedRelation.mixed(y.tap, x.tap), c.tap))
        }
      }
    }
  }
}

extension AxisRelation {

  /// The windows of a convolution or pooling, along one axis.
  fileprivate static func windows(
    _ sources: Int, _ targets: Int, _ window: Window, vertical: Bool, hasEqualTaps: Bool
  ) -> AxisRelation {
    windows(
      sources, targets, size: vertical ? window.size.height : window.size.width,
      stride: vertical ? window.strides.height : window.strides.width,
      dilation: vertical ? window.dilations.height : window.dilations.width,
      before: vertical ? window.padding.top : window.padding.left, hasEqualTaps: hasEqualTaps)
  }
}
