// Running many inputs on emulated cores: in parallel, each on its own, so that results do not depend
// on threads.

package import Diagnostics
internal import HardwareTargets
internal import Kernels
internal import SpikeIR
internal import Synchronization

/// How tables are executed.
package struct EmulationOptions: Hashable, Sendable {

  /// The number of workers, at least 1; results do not depend on it.
  package var threads: Int

  /// The number of ticks of each population; `nil` means the code's.
  package var timesteps: Int?

  /// An image ends when its best output exceeds its second best by this much.
  ///
  /// The outputs are those of the first decoder; no image ends before these count.
  package var earlyExitMargin: Float?

  /// Whether the class with the largest output is recorded at every tick of the first output.
  package var recordsPredictions: Bool

  /// Whether spikes are counted at every tick of the populations that emit them.
  package var recordsSpikes: Bool

  /// The number of the first image, on which the random numbers of encoders depend.
  package var firstImage = 0

  /// Creates options.
  package init(
    threads: Int = 1, timesteps: Int? = nil, earlyExitMargin: Float? = nil,
    recordsPredictions: Bool = false, recordsSpikes: Bool = false
  ) {
    self.threads = threads
    self.timesteps = timesteps
    self.earlyExitMargin = earlyExitMargin
    self.recordsPredictions = recordsPredictions
    self.recordsSpikes = recordsSpikes
  }
}

/// What executing tables on several inputs finds.
package struct EmulationResult: Sendable {

  /// The outputs, [image][output]: those of all decoders one after another.
  package var outputs: [Float]

  /// The number of outputs of an image.
  package var outputCount: Int

  /// The class with the largest output of the first decoder, [tick][image], if asked for; after
  /// an early exit the last class stays.
  package var predictionsByTimestep: [[Int32]]?

  /// The number of spikes in each tick of the populations that emit them, over all images, if asked
  /// for.
  package var spikesByTimestep: [Int]?

  /// The activity of each population whose neurons have places, in the order of the graph.
  package var populations: [PopulationCounts]

  /// The ticks of the first output, over all images.
  package var ticks: Int

  /// The time from the first image to the last on this computer, seconds.
  package var wallSeconds: Double

  /// What happened on the cores.
  package var report: EmulationReport

  /// How active a population was.
  package struct PopulationCounts: Hashable, Sendable {
    /// The name.
    package var name: String
    /// The number of neurons.
    package var neurons: Int
    /// The number of spikes, over all images.
    package var spikes: Int
    /// The number of synapses that they reached, over all images.
    package var synapticOperations: Int
  }
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
    count: Int, options: EmulationOptions, input: @Sendable (Int) -> [[Float]],
    progress: @Sendable (Int) -> Void
  ) throws(CompileError) -> EmulationResult {
    let ticks = options.timesteps ?? timesteps
    guard 1...mostTimesteps ~= ticks else {
      throw CompileError(.badEmulationLength(ticks, accepted: 1...mostTimesteps))
    }
    let workers = (0..<max(1, min(options.threads, count))).map { _ in
      MeshWorkerBox(makeWorker(ticks: steps(for: ticks)))
    }
    let record = Mutex(EmulationRecord(count: count, outputs: outputCount, ticks, options))
    let start = ContinuousClock.now
    forEachItem(count, workers: workers.count) { worker, image in
      let outcome: Result<EmulationOutcome, CompileError>
      do throws(CompileError) {
        outcome = .success(
          try run(input(image), image, on: &workers[worker].worker, ticks: ticks, options))
      } catch {
        outcome = .failure(error)
      }
      progress(record.withLock { $0.store(outcome, of: image) })
    }
    let elapsed = ContinuousClock.now - start
    let result = record.withLock { $0 }
    if let failure = result.failure { throw failure.error }
    var counts = EmulationCounts(
      tables, cores: allocation.cores.count, ticks: steps(for: ticks), levels: clock.levels.count)
    for worker in workers { counts.add(worker.worker.counts) }
    return EmulationResult(
      outputs: result.outputs, outputCount: outputCount,
      predictionsByTimestep: options.recordsPredictions ? result.predictions : nil,
      spikesByTimestep: options.recordsSpikes ? result.spikes : nil,
      populations: activity(counts), ticks: result.ticks, wallSeconds: elapsed / .seconds(1),
      report: EmulationReport(
        counts, tables, allocation, clock, images: count, steps: result.steps))
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
    _ options: EmulationOptions
  ) throws(CompileError) -> EmulationOutcome {
    try begin(&worker, input, image: options.firstImage + image)
    var outcome = EmulationOutcome()
    if options.recordsSpikes { outcome.spikes = [Int](repeating: 0, count: ticks) }
    var records = outputs.map { HostRecord($0) }
    let first = outputs.first
    let watches = first != nil && (options.earlyExitMargin != nil || options.recordsPredictions)
    for tick in 0..<steps(for: ticks) {
      run(&worker, tick: tick, duration: ticks) { (worker, e, own) in
        guard e < tables.slices.count else { return }
        for (o, output) in outputs.enumerated() where output.slices.contains(e) {
          records[o].note(e, own: own, of: output, worker)
        }
        if options.recordsSpikes {
          for k in 0..<worker.scratch.count {
            outcome.spikes[own] += Int(worker.scratch.units[k].magnitude)
          }
        }
      }
      outcome.steps = tick + 1
      guard watches, let first, 0..<ticks ~= tick - offset(of: first) else { continue }
      let own = tick - offset(of: first) + 1
      let y = decode(first, worker, records[0], ticks: own)
      let best = y.largestPosition
      if options.recordsPredictions { outcome.predictions.append(Int32(best)) }
      if let margin = options.earlyExitMargin, own > first.decoder.start {
        let second = y.indices.filter { $0 != best }.map { y[$0] }.max() ?? -.infinity
        if y[best] - second >= margin { break }
      }
    }
    for (output, record) in zip(outputs, records) {
      let own = min(max(outcome.steps - offset(of: output), 0), ticks)
      outcome.outputs += decode(output, worker, record, ticks: own)
    }
    outcome.ticks = min(max(outcome.steps - (first.map { offset(of: $0) } ?? 0), 0), ticks)
    return outcome
  }

  /// Returns the first tick of an output.
  private func offset(of output: HostOutput) -> Int { isEventOrdered ? 0 : output.first }

  private func decode(
    _ output: HostOutput, _ worker: borrowing MeshWorker, _ record: HostRecord, ticks: Int
  ) -> [Float] {
    output.decode(
      worker.potentials(of: output.slices, count: output.count), record, ticks: ticks)
  }

  /// Returns the activity of the populations whose neurons have places.
  private func activity(_ counts: EmulationCounts) -> [EmulationResult.PopulationCounts] {
    let graph = allocation.graph
    var result = graph.populations.elements.map {
      EmulationResult.PopulationCounts(
        name: $0.name, neurons: $0.shape.count, spikes: 0, synapticOperations: 0)
    }
    for (e, emitter) in tables.emitters.enumerated() where emitter.slice != nil {
      result[emitter.population.index].spikes += counts.spikes[e]
      result[emitter.population.index].synapticOperations += counts.operations[e]
    }
    return graph.populations.ids.filter { graph[$0].hasNeurons && graph[$0].model != .integrator }
      .map { result[$0.index] }
  }
}

/// What became of one image.
private struct EmulationOutcome: Sendable {
  var outputs: [Float] = []
  var predictions: [Int32] = []
  var spikes: [Int] = []
  /// The ticks of the first output.
  var ticks = 0
  /// The ticks of the machine.
  var steps = 0
}

/// What became of all images so far.
private struct EmulationRecord: Sendable {
  var outputs: [Float]
  var predictions: [[Int32]]
  var spikes: [Int]
  var ticks = 0
  var steps = 0
  var failure: (image: Int, error: CompileError)?
  private var finished = 0
  private let outputCount: Int

  init(count: Int, outputs: Int, _ ticks: Int, _ options: EmulationOptions) {
    self.outputs = [Float](repeating: 0, count: count * outputs)
    outputCount = outputs
    predictions =
      options.recordsPredictions
      ? [[Int32]](repeating: [Int32](repeating: 0, count: count), count: ticks) : []
    spikes = [Int](repeating: 0, count: options.recordsSpikes ? ticks : 0)
  }

  /// Stores the outcome of an image and returns the number of images finished.
  mutating func store(_ outcome: Result<EmulationOutcome, CompileError>, of image: Int) -> Int {
    finished += 1
    switch outcome {
    case .success(let outcome):
      outputs.replaceSubrange(
        image * outputCount..<(image + 1) * outputCount, with: outcome.outputs)
      ticks += outcome.ticks
      steps += outcome.steps
      for (t, n) in outcome.spikes.enumerated() { spikes[t] += n }
      if let last = outcome.predictions.last {
        for t in predictions.indices {
          predictions[t][image] = t < outcome.predictions.count ? outcome.predictions[t] : last
        }
      }
    case .failure(let error):
      // The first image's, so that the report does not depend on threads.
      if failure.map({ image < $0.image }) ?? true { failure = (image, error) }
    }
    return finished
  }
}

extension [Float] {

  /// The position of the largest element, the first of equals; 0 if there is none.
  fileprivate var largestPosition: Int {
    var best = 0
    for i in indices where self[i] > self[best] { best = i }
    return best
  }
}
