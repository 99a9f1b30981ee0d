// The engine as an instrument: what passes measure of a spiking network under construction.

package import Diagnostics
package import PluginAPI
internal import SpikeExecution
package import SpikeIR

/// Measures spiking networks by running them in the event-driven engine.
package struct EventSimulator: SpikeSimulator {

  /// Creates a simulator.
  package init() {}

  /// Gives `body` what populations say in each sample, one sample after the other.
  ///
  /// Only the part of the network that the populations depend on is lowered and run; what they
  /// emit is summed by readouts of their own. Complexity: one run of that part a sample.
  package func forEachSample(
    saying populations: [PopulationID], in graph: SpikingGraph, over inputs: CalibrationInputs,
    from start: Int, threads: Int,
    body: (_ sample: Int, _ values: [[Float]]) throws(CompileError) -> Void
  ) throws(CompileError) {
    let (part, encoders) = graph.probed(at: populations, from: start)
    let engine = try EventEngine(lowering: part, encoderPositions: encoders)
    let counts = populations.map { graph[$0].shape.count }
    for first in stride(from: 0, to: inputs.count, by: blockSize) {
      let count = min(blockSize, inputs.count - first)
      var options = RunOptions(threads: threads)
      options.firstImage = first
      let result = try engine.run(
        count: count, options: options,
        input: { i in
          let all = inputs.sample(first + i)
          return encoders.map { all[$0] }
        }, progress: { _ in })
      for i in 0..<count {
        var values: [[Float]] = []
        var next = i * result.outputCount
        for count in counts {
          values.append(Array(result.outputs[next..<next + count]))
          next += count
        }
        try body(first + i, values)
      }
    }
  }
}

/// Samples are run in blocks of this size, so that memory does not grow with their number.
private let blockSize = 64

extension SpikingGraph {

  /// Returns the part of the graph that `probed` depend on, with readouts that sum what they say
  /// in units, one a population, from tick `start` on or from where their decoders start, and the
  /// positions of the encoders that the part has.
  fileprivate func probed(
    at probed: [PopulationID], from start: Int
  ) -> (part: SpikingGraph, encoders: [Int]) {
    var isNeeded = [Bool](repeating: false, count: populations.count)
    for population in probed { isNeeded[population.index] = true }
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
    part.decoders = probed.compactMap { id in
      map[id].map { copy in
        // A readout is measured over the ticks that its decoder reads.
        let own = self[id].model == .integrator ? readoutStart(of: id) : start
        return Decoder(population: part.readout(of: copy), start: own)
      }
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
