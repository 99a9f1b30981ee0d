// The ways that spikes take from neurons through relays to other neurons, which passes that split
// neurons and passes that check their fan-out count alike.

internal import Diagnostics
internal import SpikeIR

extension SpikingGraph {

  /// A chain of projections from neurons, or a source, through relays to neurons.
  struct Way {
    /// The projections, the first one first.
    var projections: [ProjectionID]
    /// The population that the first one begins at.
    var source: PopulationID
  }

  /// Returns the ways that end in each population that is no relay, in the order of its projections;
  /// `nil` if there are more than 65,536 of them.
  ///
  /// - Complexity: O(ways · relays on a way).
  func waysToNeurons() -> [[Way]]? {
    let afferents = afferents()
    var (result, count) = ([[Way]](repeating: [], count: populations.count), 0)
    for id in populations.ids where !isRelay(id) {
      var open = afferents[id.index].reversed().map { [$0] }
      while let chain = open.popLast() {
        let source = self[chain[0]].source
        if isRelay(source) {
          open += afferents[source.index].reversed().map { [$0] + chain }
        } else {
          result[id.index].append(Way(projections: chain, source: source))
        }
        count += 1
        guard count + open.count <= 1 << 16 else { return nil }
      }
    }
    return result
  }

  /// Returns the neurons that take a way, ascending: those that its wires select; all before anything
  /// else, even where weights are 0.
  ///
  /// A neuron that a relay has several times takes a way through it once: one spike is sent, and all
  /// its connections at the end are found there.
  ///
  /// - Complexity: O(neurons of the relays).
  func neurons(thatTake way: Way) -> [Int] {
    var wanted: [Int]?
    for id in way.projections.reversed() {
      switch self[id].kind {
      case .identity: continue
      case .dense, .conv, .pool: wanted = nil
      case .wire(let wire):
        guard let sources = try? tensors.integers(wire.sources) else {
          wanted = nil
          continue
        }
        let places = wanted ?? Array(sources.indices)
        wanted = Set(places.map { Int(sources[$0]) }.filter { $0 >= 0 }).sorted()
      }
    }
    return wanted ?? Array(0..<self[way.source].shape.count)
  }
}
