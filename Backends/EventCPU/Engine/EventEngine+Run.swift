// Running many images: in parallel, each on its own, so that results do not depend on threads.

package import Diagnostics
internal import Kernels
internal import SpikeIR
internal import Synchronization

extension EventEngine {

  /// Runs the network on `count` inputs.
  ///
  /// Memory does not grow with the number of images, apart from what is returned.
  ///
  /// - Parameters:
  ///   - count: the number of images.
  ///   - options: how to run.
  ///   - input: returns image i: preprocessed values for each encoder, in row-major order. Called
  ///     from several threads.
  ///   - progress: is told the number of images finished so far. Called from several threads.
  /// - Returns: outputs and activity.
  /// - Throws: `cpu.bad-timesteps`, `cpu.needs-rate`, `cpu.bad-input`.
  package func run(
    count: Int, options: RunOptions, input: @Sendable (Int) -> [[Float]],
    progress: @Sendable (Int) -> Void
  ) throws(CompileError) -> RunResult {
    let ticks = try validate(options)
    let workers = max(1, min(options.threads, count))
    let tallies = (0..<workers).map { _ in Tally(self) }
    let record = Mutex(Record(count: count, outputs: outputCount, ticks: ticks, options: options))
    let start = ContinuousClock.now
    forEachItem(count, workers: workers) { worker, image in
      let outcome: Result<Outcome, CompileError>
      do throws(CompileError) {
        outcome = .success(
          try run(input(image), image, in: tallies[worker], ticks: ticks, options: options))
      } catch {
        outcome = .failure(error)
      }
      progress(record.withLock { $0.store(outcome, of: image) })
    }
    let elapsed = ContinuousClock.now - start
    let result = record.withLock { $0 }
    if let failure = result.failure { throw failure.error }
    return RunResult(
      outputs: result.outputs, outputCount: outputCount,
      predictionsByTimestep: options.recordsPredictions ? result.predictions : nil,
      spikesByTimestep: options.recordsSpikes ? result.spikes : nil,
      populations: spiking.indices.map { activity($0, tallies) }, ticks: result.ticks,
      wallSeconds: elapsed / .seconds(1))
  }

  /// Checks that options fit the code, and returns the number of ticks.
  private func validate(_ options: RunOptions) throws(CompileError) -> Int {
    let code = plan.code
    if !code.isRate {
      if options.earlyExitMargin != nil {
        throw CompileError(.needsRate("an early exit", found: code))
      }
      if options.recordsPredictions {
        throw CompileError(.needsRate("a prediction at every tick", found: code))
      }
      if options.recordsSpikes {
        throw CompileError(.needsRate("a count of spikes at every tick", found: code))
      }
    }
    let accepted = code.isRate ? 1...max(1, plan.mostTicks) : code.timesteps...code.timesteps
    let ticks = options.timesteps ?? code.timesteps
    guard accepted.contains(ticks) else {
      throw CompileError(.badTimesteps(ticks, accepted: accepted))
    }
    return ticks
  }

  /// Runs one image.
  private func run(
    _ input: [[Float]], _ image: Int, in tally: Tally, ticks: Int, options: RunOptions
  ) throws(CompileError) -> Outcome {
    let worker = tally.worker
    let trains = try encode(input, image: options.firstImage + image, into: worker)
    var outcome = Outcome()
    var records = outputs.map { _ in OutputRecord() }
    guard plan.code.isRate else {
      worker.window()
      tally.countNeurons()
      outcome.ticks = ticks
      for (i, output) in outputs.enumerated() { records[i].count(of: output, worker, self) }
      outcome.outputs = decode(worker, ticks: 1, records)
      return outcome
    }
    worker.begin()
    let (first, start) = (outputs.first?.count ?? 0, outputs.first?.start ?? 0)
    let watches = first > 0 && (options.earlyExitMargin != nil || options.recordsPredictions)
    var spikes = options.recordsSpikes ? tally.spikes : 0
    for tick in 1...ticks {
      for (step, train) in trains { worker.encode(train.units(at: tick - 1), at: step) }
      worker.tick()
      tally.countNeurons()
      outcome.ticks = tick
      for (i, output) in outputs.enumerated() {
        records[i].note(tick: tick, of: output, worker, self)
      }
      if options.recordsSpikes {
        let total = tally.spikes
        outcome.spikes.append(total - spikes)
        spikes = total
      }
      guard watches else { continue }
      let y = decode(worker, ticks: tick, records)[..<first]
      let best = largestPosition(y)
      if options.recordsPredictions { outcome.predictions.append(Int32(best)) }
      if let margin = options.earlyExitMargin, tick > start {
        let second = y.indices.filter { $0 != best }.map { y[$0] }.max() ?? -.infinity
        if y[best] - second >= margin { break }
      }
    }
    outcome.outputs = decode(worker, ticks: outcome.ticks, records)
    return outcome
  }

  /// Returns the activity of a population that emits spikes, over all workers.
  private func activity(_ i: Int, _ tallies: [Tally]) -> PopulationActivity {
    let population = spiking[i]
    var activity = PopulationActivity(
      name: population.name, neurons: population.neurons, spikes: 0, synapticOperations: 0)
    for tally in tallies {
      let spikes = tally.spikes(of: i)
      for (n, fanOut) in population.fanOut.enumerated() {
        activity.spikes += spikes[n]
        activity.synapticOperations += spikes[n] * fanOut
      }
    }
    return activity
  }
}

/// What became of one image.
private struct Outcome: Sendable {
  /// The outputs.
  var outputs: [Float] = []
  /// The class at every tick, if asked for.
  var predictions: [Int32] = []
  /// The number of spikes in every tick, if asked for.
  var spikes: [Int] = []
  /// The ticks executed.
  var ticks = 0
}

/// What became of all images so far.
private struct Record: Sendable {
  var outputs: [Float]
  var predictions: [[Int32]]
  var spikes: [Int]
  var ticks = 0
  var finished = 0
  var failure: (image: Int, error: CompileError)?
  private let outputCount: Int

  init(count: Int, outputs: Int, ticks: Int, options: RunOptions) {
    self.outputs = [Float](repeating: 0, count: count * outputs)
    outputCount = outputs
    predictions =
      options.recordsPredictions
      ? [[Int32]](repeating: [Int32](repeating: 0, count: count), count: ticks) : []
    spikes = [Int](repeating: 0, count: options.recordsSpikes ? ticks : 0)
  }

  /// Stores the outcome of an image and returns the number of images finished.
  mutating func store(_ outcome: Result<Outcome, CompileError>, of image: Int) -> Int {
    finished += 1
    switch outcome {
    case .success(let outcome):
      outputs.replaceSubrange(
        image * outputCount..<(image + 1) * outputCount, with: outcome.outputs)
      ticks += outcome.ticks
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

/// A worker with the counts of its spikes.
///
/// Used by one thread at a time, which is why it may cross to one.
private final class Tally: @unchecked Sendable {

  let worker: Worker
  private let engine: EventEngine
  /// For populations whose neurons at a position differ in fan-out: spikes of each neuron.
  private var neurons: [[Int]]

  init(_ engine: EventEngine) {
    self.engine = engine
    worker = Worker(engine.plan)
    neurons = engine.spiking.map {
      $0.differsByChannel ? [Int](repeating: 0, count: $0.neurons) : []
    }
  }

  /// Counts the spikes of single neurons in this tick or window, where positions do not suffice.
  func countNeurons() {
    for (i, population) in engine.spiking.enumerated() where population.differsByChannel {
      let step = engine.plan.steps[population.step]
      let units = engine.plan.layouts[population.step].read(worker.blocks[step.units])
      for (n, unit) in units.enumerated() where unit != 0 {
        neurons[i][n] +=
          population.countsDigits ? unit.magnitude.nonzeroBitCount : Int(unit.magnitude)
      }
    }
  }

  /// The number of spikes so far, of all populations.
  var spikes: Int {
    engine.spiking.indices.reduce(0) { $0 + spikes(of: $1).reduce(0, +) }
  }

  /// Returns the spikes of population `i` so far: of its neurons or positions, as its fan-out.
  func spikes(of i: Int) -> [Int] {
    let population = engine.spiking[i]
    if population.differsByChannel { return neurons[i] }
    return worker.blocks[engine.plan.steps[population.step].spikes]
      .readCounters(population.fanOut.count)
  }
}
