// The ways from neurons to neurons: relays have none, so that what passes them is one connection.

package import SpikeIR

/// A chain of projections from a population with neurons, or a source, through relays only, to a
/// population with neurons.
///
/// A spike of a neuron reaches, along a path, the targets of the targets of its projections; weights
/// multiply.
package struct ConnectionPath: Hashable, Sendable {

  /// The projections, at least one; all but the last lead to relays.
  package var projections: [ProjectionID]

  /// The population that sends.
  package var source: PopulationID

  /// The population that receives.
  package var target: PopulationID

  /// Returns all paths of the network, ordered by the population that receives, then by the
  /// projections from the last to the first.
  ///
  /// - Complexity: O(paths · their length); a chain of additions of relays to themselves has
  ///   exponentially many, which is why there is a limit.
  /// - Returns: the paths; `nil` if there are more than `limit`.
  package static func all(in graph: SpikingGraph, limit: Int = 1 << 16) -> [ConnectionPath]? {
    let afferents = graph.afferents()
    var result: [ConnectionPath] = []
    for population in graph.populations.ids where graph[population].hasNeurons {
      var open = afferents[population.index].reversed().map { [$0] }
      while let chain = open.popLast() {
        let source = graph[chain[0]].source
        if graph[source].model == .relay {
          open += afferents[source.index].reversed().map { [$0] + chain }
        } else {
          result.append(ConnectionPath(projections: chain, source: source, target: population))
        }
        guard result.count + open.count <= limit else { return nil }
      }
    }
    return result
  }
}
