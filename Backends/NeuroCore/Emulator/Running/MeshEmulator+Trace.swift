// Everything that happens on emulated cores for one input, for comparing them with other executors.

package import Diagnostics
package import SpikeIR

extension MeshEmulator {

  /// Executes the tables on one input.
  ///
  /// Ticks are those of each population, counted from its start, so that the trace is that of the
  /// graph where tables are right and no register overflows.
  ///
  /// - Parameters:
  ///   - input: preprocessed values for each encoder.
  ///   - image: the number of the input, on which the random numbers of encoders depend.
  ///   - timesteps: the number of ticks of each population; that of the code unless given.
  /// - Returns: what was emitted, and the potentials at the end, in units of the graph. Populations
  ///   whose neurons have no places have no entries.
  /// - Throws: `emulator.bad-input`.
  package func trace(
    _ input: [[Float]], image: Int = 0, timesteps: Int? = nil
  ) throws(CompileError) -> SpikeTrace {
    let duration = timesteps ?? self.timesteps
    var worker = makeWorker(ticks: steps(for: duration))
    try begin(&worker, input, image: image)
    let graph = allocation.graph
    var units = graph.populations.elements.map { population in
      let speaks = population.hasNeurons && population.model != .integrator
      return [[Int32]](
        repeating: [Int32](repeating: 0, count: population.shape.count),
        count: speaks ? duration : 0)
    }
    for tick in 0..<steps(for: duration) {
      run(&worker, tick: tick, duration: duration) { (worker, e, own) in
        let emitter = tables.emitters[e]
        guard emitter.slice != nil else { return }
        for k in 0..<worker.scratch.count {
          let n = Int(emitter.neurons[Int(worker.scratch.places[k])])
          units[emitter.population.index][own][n] += worker.scratch.units[k]
        }
      }
    }
    let potentials = graph.populations.ids.map { id in
      guard graph[id].hasNeurons, graph[id].model != .maximum else { return [Int32]() }
      let slices = tables.slices.indices.filter { tables.slices[$0].population == id }
      return worker.potentials(of: slices, count: graph[id].shape.count)
    }
    return SpikeTrace(units: units, potentials: potentials)
  }
}
