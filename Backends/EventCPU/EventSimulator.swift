// The engine as an instrument: what passes measure of a spiking network under construction.

package import Diagnostics
package import PluginAPI
package import SpikeIR

/// Measures spiking networks by running them in the event-driven engine.
package struct EventSimulator: SpikeSimulator {

  /// Creates a simulator.
  package init() {}

  /// Returns averages over samples, one a neuron, of what a population says.
  ///
  /// Only the part of the network that the population depends on is lowered and run; what it
  /// emits is summed by a readout of its own.
  /// Complexity: one run of that part a sample.
  package func neuronMeans(
    of population: PopulationID, in graph: SpikingGraph, over inputs: CalibrationInputs,
    from start: Int, threads: Int
  ) throws(CompileError) -> [Double] {
    let (part, encoders) = graph.probed(at: population, from: start)
    let engine = try EventEngine(lowering: part)
    let neurons = graph[population].shape.count
    var sums = [Double](repeating: 0, count: neurons)
    for first in stride(from: 0, to: inputs.count, by: blockSize) {
      var options = RunOptions(threads: threads)
      options.firstImage = first
      let result = try engine.run(
        count: min(blockSize, inputs.count - first), options: options,
        input: { i in
          let all = inputs.sample(first + i)
          return encoders.map { all[$0] }
        }, progress: { _ in })
      for (i, value) in result.outputs.enumerated() { sums[i % neurons] += Double(value) }
    }
    // The readout of a population that emits is divided by the ticks of its window under `rate`.
    let code = graph[population].code
    let ticks = code.isRate && graph[population].model != .integrator ? code.timesteps : 1
    return sums.map { $0 / Double(inputs.count) * Double(ticks) }
  }
}

/// Samples are run in blocks of this size, so that memory does not grow with their number.
private let blockSize = 64

extension SpikingGraph {

  /// Returns the part of the graph that `population` depends on, with a readout that sums what it
  /// says in units, from tick `start` on or from where its decoder starts, and the positions of the
  /// encoders that the part has.
  fileprivate func probed(
    at population: PopulationID, from start: Int
  ) -> (part: SpikingGraph, encoders: [Int]) {
    var isNeeded = [Bool](repeating: false, count: populations.count)
    isNeeded[population.index] = true
    for id in projections.ids.sorted(by: { self[$0].target > self[$1].target })
    where isNeeded[self[id].target.index] {
      isNeeded[self[id].source.index] = true
    }
    var part = SpikingGraph(name: name)
    part.tensors = tensors
    var map: [PopulationID: PopulationID] = [:]
    for id in populations.ids where isNeeded[id.index] {
      map[id] = part.populations.append(self[id])
    }
    for projection in projections.elements {
      guard let source = map[projection.source], let target = map[projection.target] else {
        continue
      }
      var copy = projection
      (copy.source, copy.target) = (source, target)
      part.projections.append(copy)
    }
    let kept = encoders.indices.filter { map[encoders[$0].population] != nil }
    part.encoders = kept.compactMap { i in
      map[encoders[i].population].map { population in
        var encoder = encoders[i]
        encoder.population = population
        return encoder
      }
    }
    if let probe = map[population].map({ part.readout(of: $0) }) {
      // A readout is measured over the ticks that its decoder reads.
      let own =
        self[population].model == .integrator
        ? decoders.first { $0.population == population }?.start : nil
      part.decoders = [Decoder(population: probe, start: own ?? start)]
    }
    return (part, kept)
  }

  /// Returns an integrator that holds what `population` said in units: itself if it is one.
  private mutating func readout(of population: PopulationID) -> PopulationID {
    if self[population].model == .integrator {
      self[population].membraneUnit = nil
      return population
    }
    let name = "\(self[population].name)/probe"
    let probe = populations.append(
      Population(
        name: name, shape: self[population].shape, code: self[population].code,
        model: .integrator))
    let one = tensors.add(Tensor("one", shape: [1], data: .int16([1])))
    projections.append(
      Projection(
        name: name, source: population, target: probe,
        kind: .identity(IdentityProjection(weights: one))))
    return probe
  }
}
