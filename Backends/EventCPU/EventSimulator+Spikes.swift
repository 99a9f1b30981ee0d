// How often each neuron spikes: what the layout of a network on cores begins with.

package import Diagnostics
package import PluginAPI
package import SpikeIR

extension EventSimulator {

  /// Returns the spikes of every neuron for an input, on average over samples.
  ///
  /// - Parameters:
  ///   - graph: the network, of code `rate`.
  ///   - inputs: the samples.
  ///   - threads: the number of workers.
  /// - Returns: the units that each neuron emits, by population, magnitudes added; zeros for
  ///   populations that emit nothing or have no neurons.
  /// - Throws: what running throws.
  package func spikesPerNeuron(
    of graph: SpikingGraph, over inputs: CalibrationInputs, threads: Int
  ) throws(CompileError) -> [[Float]] {
    let spiking = graph.populations.ids.filter {
      graph[$0].hasNeurons && graph[$0].model != .integrator
    }
    var sums = graph.populations.elements.map { [Float](repeating: 0, count: $0.shape.count) }
    // A network of readouts alone has nobody who spikes.
    if spiking.isEmpty { return sums }
    let ticks = Float(graph.populations.elements.first?.code.timesteps ?? 1)
    try forEachSample(saying: spiking, in: graph, over: inputs, from: 0, threads: threads) {
      (_, values) throws(CompileError) in
      for (id, own) in zip(spiking, values) {
        for (n, value) in own.enumerated() { sums[id.index][n] += abs(value) * ticks }
      }
    }
    return sums.map { $0.map { $0 / Float(max(1, inputs.count)) } }
  }
}
