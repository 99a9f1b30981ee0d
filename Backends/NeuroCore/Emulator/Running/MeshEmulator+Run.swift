// Running many inputs on emulated cores: in parallel, each on its own, so that results do not depend
// on threads.

package import Diagnostics
internal import HardwareTargets
internal import Kernels
package import SpikeExecution
internal import SpikeIR

/// What executing tables on several inputs finds.
package struct EmulationResult: Sendable {

  /// What is found of any network: the ticks are those of the first output, the spikes of a tick those
  /// of the tick of each population, and a synaptic operation is a synapse that a spike reached.
  package var run: RunResult

  /// What happened on the cores.
  package var report: EmulationReport
}

extension MeshEmulator {

  /// Executes the tables on `count` inputs.
  ///
  /// Memory does not grow with the number of images, apart from what is returned.
  ///
  /// - Parameters:
  ///   - count: the number of images.
  ///   - options: how to run.
  ///   - input: returns image i: preprocessed values for each encoder, in row-major order. Called
  ///     from several threads.
  ///   - progress: is told the number of images finished so far. Called from several threads.
  /// - Returns: outputs, activity, and the report.
  /// - Throws: `emulator.bad-timesteps`, `emulator.bad-input`.
  package func run(
    count: Int, options: RunOptions, input: @Sendable (Int) -> [[Float]],
    progress: @Sendable (Int) -> Void
  ) throws(CompileError) -> EmulationResult {
    let ticks = options.timesteps ?? timesteps
    guard 1...mostTimesteps ~= ticks else {
      throw CompileError(.badEmulationLength(ticks, accepted: 1...mostTimesteps))
    }
    let workers = (0..<workerCount(count, options)).map { _ in
      MeshWorkerBox(makeWorker(ticks: steps(for: ticks)))
    }
    let (result, machineSteps) = try runImages(
      count, outputCount: outputCount, ticks: ticks, options: options,
      run: { (worker, image) throws(CompileError) in
        try run(input(image), image, on: &workers[worker].worker, ticks: ticks, options)
      }, progress: progress)
    var counts = EmulationCounts(
      tables, cores: allocation.cores.count, ticks: steps(for: ticks), levels: clock.levels.count)
    for box in workers { counts.add(box.worker.counts) }
    var found = result
    found.populations = activity(counts)
    return EmulationResult(
      run: found,
      report: EmulationReport(
        counts, tables, allocation, clock, images: count, steps: machineSteps))
  }

  /// The largest number of ticks: any if registers limit potentials, else that of the code.
  private var mostTimesteps: Int {
    let isLimited = allocation.cores.allSatisfy { core in
      let kinds = allocation.target.cores
      return kinds.indices.contains(core.kind) && RegisterPlan.isLimited(kinds[core.kind])
    }
    return isLimited ? max(4096, timesteps) : timesteps
  }

  /// Runs one image.
  private func run(
    _ input: [[Float]], _ image: Int, on worker: inout MeshWorker, ticks: Int,
    _ options: RunOptions
  ) throws(CompileError) -> ImageOutcome {
    try begin(&worker, input, image: options.firstImage + image)
    var outcome = ImageOutcome()
    if options.recordsSpikes { outcome.spikes = [Int](repeating: 0, count: ticks) }
    var records = outputs.map { OutputRecord($0.end) }
    let first = outputs.first
    for tick in 0..<steps(for: ticks) {
      run(&worker, tick: tick, duration: ticks) { (worker, e, own) in
        guard e < tables.slices.count else { return }
        for (o, output) in outputs.enumerated() where output.slices.contains(e) {
          worker.note(e, own: own, in: &records[o])
        }
        if options.recordsSpikes {
          for k in 0..<worker.scratch.count {
            outcome.spikes[own] += Int(worker.scratch.units[k].magnitude)
          }
        }
      }
      outcome.steps = tick + 1
      guard options.watchesOutputs, let first, 0..<ticks ~= tick - offset(of: first) else {
        continue
      }
      let own = tick - offset(of: first) + 1
      let y = first.end.decode(worker.potentials(of: first), records[0], ticks: own)
      if outcome.mayEnd(after: y, tick: own, start: first.end.decoder.start, options) { break }
    }
    for (output, record) in zip(outputs, records) {
      let own = min(max(outcome.steps - offset(of: output), 0), ticks)
      outcome.outputs += output.end.decode(worker.potentials(of: output), record, ticks: own)
    }
    outcome.ticks = min(max(outcome.steps - (first.map { offset(of: $0) } ?? 0), 0), ticks)
    return outcome
  }

  /// Returns the first tick of an output.
  private func offset(of output: OutputSlices) -> Int { isEventOrdered ? 0 : output.first }

  /// Returns the activity of the populations whose neurons have places.
  private func activity(_ counts: EmulationCounts) -> [PopulationActivity] {
    let graph = allocation.graph
    var result = graph.populations.elements.map {
      PopulationActivity(name: $0.name, neurons: $0.shape.count)
    }
    for (e, emitter) in tables.emitters.enumerated() where emitter.slice != nil {
      result[emitter.population.index].spikes += counts.spikes[e]
      result[emitter.population.index].synapticOperations += counts.operations[e]
    }
    return graph.populations.ids.filter { graph[$0].hasNeurons && graph[$0].model != .integrator }
      .map { result[$0.index] }
  }
}
