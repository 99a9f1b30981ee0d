// Spikes and synaptic operations by definition: every connection of every spike is walked.

package import Diagnostics
package import SpikeIR

/// The spikes of a simulation and the membranes they reached, by population.
package struct SpikeCounts: Hashable, Sendable {

  /// The spikes that each population emitted; 0 for those that do not spike.
  package var spikes: [Int]

  /// The synaptic operations that the spikes of each population caused.
  package var synapticOperations: [Int]
}

/// Counts spikes and synaptic operations.
///
/// Integrate-and-fire, leaky, `levels` and `maximum` populations spike: as many times as they emit
/// units under `rate` and `phased`, as many times as the number of units has binary digits 1 under
/// `weighted`.
/// A synaptic operation is a spike that reaches a membrane. Relays pass spikes on along each of
/// their own connections; what a `maximum` receives is no operation, what it emits is. Weights
/// that are 0 count; graded values of sources are no spikes.
package struct SynapticOperationCounter: Sendable {

  private let graph: SpikingGraph

  /// The number of membranes that a spike of each neuron reaches, [population][neuron].
  package let fanOut: [[Int]]

  /// Creates a counter for `graph`.
  ///
  /// - Throws: what `ClockSimulator` throws about graphs.
  /// - Complexity: O(connections).
  package init(_ graph: SpikingGraph) throws(CompileError) {
    let constants = try QuantizedConstants(graph)
    var fanOut = constants.populations.map { [Int](repeating: 0, count: $0.count) }
    // Targets come after sources, so that backwards every target is known before it is needed.
    for j in graph.projections.ids.sorted(by: { graph[$0].source > graph[$1].source }) {
      let (source, target) = (graph[j].source.index, graph[j].target.index)
      if graph[graph[j].target].model == .maximum { continue }
      let integrates = graph[graph[j].target].model.integrates
      let connections = Connections(of: j, in: constants)
      for n in fanOut[source].indices {
        var reached = 0
        connections.forEach(from: n) { (m, _) in reached += integrates ? 1 : fanOut[target][m] }
        fanOut[source][n] += reached
      }
    }
    self.graph = graph
    self.fanOut = fanOut
  }

  /// Returns the counts for what `trace` says.
  ///
  /// - Precondition: `trace` is one of the counter's graph.
  package func count(_ trace: SpikeTrace) -> SpikeCounts {
    var counts = SpikeCounts(
      spikes: [Int](repeating: 0, count: graph.populations.count),
      synapticOperations: [Int](repeating: 0, count: graph.populations.count))
    for p in graph.populations.ids where graph[p].model.spikes {
      for units in trace.units[p.index] {
        for n in units.indices where units[n] != 0 {
          var spikes = Int(units[n].magnitude)
          if case .weighted = graph[p].code { spikes = units[n].magnitude.nonzeroBitCount }
          counts.spikes[p.index] += spikes
          counts.synapticOperations[p.index] += spikes * fanOut[p.index][n]
        }
      }
    }
    return counts
  }
}

extension NeuronModel {

  /// `true` iff what the neurons emit are spikes.
  fileprivate var spikes: Bool {
    switch self {
    case .integrateAndFire, .leaky, .currentBased, .bitShift, .staircase, .maximum: true
    case .source, .relay, .integrator: false
    }
  }
}
