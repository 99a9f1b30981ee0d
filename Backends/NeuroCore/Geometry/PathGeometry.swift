// Where the connections of a path begin and end, counted without listing them.

package import Diagnostics
package import SpikeIR

/// The shape of the connections of a path.
///
/// Rows, columns and channels are looked at one by one, wherever the projections allow it; wires
/// and reshaped neurons that mix the axes are listed neuron by neuron.
package struct PathGeometry: Sendable {

  /// The neurons that send.
  package let sourceShape: Shape

  /// The neurons that receive.
  package let targetShape: Shape

  private let form: Form

  private enum Form: Sendable {
    case product(rows: AxisRelation, columns: AxisRelation, channels: ChannelRelation)
    case listed(ListedRelation)
  }

  /// Looks at the connections of `path` in a verified graph.
  ///
  /// - Throws: `ir.elided-tensor` if a wire's sources are not there.
  /// - Complexity: O(extents · links of a place), and O(neurons) for each wire.
  package init(_ path: ConnectionPath, in graph: SpikingGraph) throws(Diagnostic) {
    sourceShape = graph[path.source].shape
    targetShape = graph[path.target].shape
    var steps: [ProjectionRelation] = []
    var reshaped: Shape?
    for (i, id) in path.projections.enumerated() {
      // A reshaping before dense connections changes nothing: they reach all, in the same order.
      if i + 1 < path.projections.count, graph[id].isUnweightedIdentity,
        case .dense = graph[path.projections[i + 1]].kind
      {
        reshaped = reshaped ?? graph[graph[id].source].shape
        continue
      }
      steps.append(try ProjectionRelation(graph[id], from: reshaped, in: graph))
      reshaped = nil
    }
    if let first = steps.first, steps.allSatisfy({ $0.axes != nil }), var axes = first.axes {
      for step in steps.dropFirst() {
        guard let next = step.axes else { break }
        axes = ProjectionRelation.Axes(
          rows: axes.rows.followed(by: next.rows), columns: axes.columns.followed(by: next.columns),
          channels: axes.channels.followed(by: next.channels))
      }
      form = .product(rows: axes.rows, columns: axes.columns, channels: axes.channels)
    } else {
      form = .listed(ListedRelation(steps, from: sourceShape))
    }
  }

  /// Returns the smallest box of neurons that holds all that reach neurons of `box`; `nil` if none
  /// does.
  package func sources(of box: NeuronBox) -> NeuronBox? {
    switch form {
    case .product(let rows, let columns, let channels):
      let result = NeuronBox(
        rows: rows.sources(of: box.rows), columns: columns.sources(of: box.columns),
        channels: channels.sources(of: box.channels))
      return result.isEmpty ? nil : result
    case .listed(let list): return list.sources(of: box, sourceShape, targetShape)
    }
  }

  /// Returns the number of synapses from neurons of `origin` to neurons of `box`.
  package func synapses(from origin: NeuronBox, to box: NeuronBox) -> Int {
    switch form {
    case .product(let rows, let columns, let channels):
      rows.linkCount(from: origin.rows, to: box.rows)
        * columns.linkCount(from: origin.columns, to: box.columns)
        * channels.linkCount(from: origin.channels, to: box.channels)
    case .listed(let list):
      list.lists(from: origin, to: box, sourceShape, targetShape)
        .reduce(0) { $0 + $1.synapses * $1.axons }
    }
  }

  /// Returns the lists of synapses that neurons of `origin` have in `box`, each neuron one; lists
  /// that are equal but for a shift of all targets are one entry if rows and columns are shifted,
  /// and as many as there are weights if channels are.
  ///
  /// - Complexity: O(extents · links of a place); for listed paths O(synapses).
  package func lists(from origin: NeuronBox, to box: NeuronBox) -> [SynapseList] {
    switch form {
    case .product(let rows, let columns, let channels):
      var result: [SynapseList] = []
      let across = channels.patterns(from: origin.channels, to: box.channels)
      for y in rows.patterns(from: origin.rows, to: box.rows) {
        for x in columns.patterns(from: origin.columns, to: box.columns) {
          for c in across {
            result.append(
              SynapseList(
                synapses: y.links * x.links * c.links, axons: y.places * x.places * c.places,
                distinct: c.places, isRun: Self.isRun(y, x, c, in: box)))
          }
        }
      }
      return result
    case .listed(let list): return list.lists(from: origin, to: box, sourceShape, targetShape)
    }
  }

  /// Returns whether the neurons of `box` that a list reaches follow each other, row-major.
  static func isRun(
    _ y: AxisPattern, _ x: AxisPattern, _ c: AxisPattern, in box: NeuronBox
  ) -> Bool {
    guard y.isRun, x.isRun, c.isRun else { return false }
    let isRowPart = x.links == 1 || c.links == box.channels.count
    let isOneRow = y.links == 1
    return isRowPart
      && (isOneRow || x.links == box.columns.count && c.links == box.channels.count)
  }

  /// The relations of the axes, if the path is a product of them.
  var axes: ProjectionRelation.Axes? {
    guard case .product(let rows, let columns, let channels) = form else { return nil }
    return ProjectionRelation.Axes(rows: rows, columns: columns, channels: channels)
  }
}

extension Projection {

  /// Whether the neurons only change their arrangement.
  fileprivate var isUnweightedIdentity: Bool {
    guard case .identity(let identity) = kind else { return false }
    return identity.weights == nil
  }
}

/// Lists of synapses of equal length.
package struct SynapseList: Hashable, Sendable {
  /// The synapses of each list.
  package var synapses: Int
  /// The number of neurons, an axon each, that have such a list.
  package var axons: Int
  /// How many of the lists differ by more than a shift of their targets.
  package var distinct: Int
  /// Whether the neurons of each list follow each other in the box, row-major.
  package var isRun: Bool
}
