// Running many images: in parallel, each on its own, so that results do not depend on threads.

package import Diagnostics
internal import Kernels
package import SpikeExecution
internal import SpikeIR

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
    let tallies = (0..<workerCount(count, options)).map { _ in Tally(self) }
    var result = try runImages(
      count, outputCount: outputCount, ticks: ticks, options: options,
      run: { (worker, image) throws(CompileError) in
        try run(input(image), image, in: tallies[worker], ticks: ticks, options: options)
      }, progress: progress
    ).result
    result.populations = spiking.indices.map { activity($0, tallies) }
    return result
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
  ) throws(CompileError) -> ImageOutcome {
    let worker = tally.worker
    let trains = try encode(input, image: options.firstImage + image, into: worker)
    var outcome = ImageOutcome()
    var records = outputs.map { OutputRecord($0) }
    guard plan.code.isRate else {
      worker.window()
      tally.countNeurons()
      outcome.ticks = ticks
      for i in outputs.indices { note(1, of: outputs[i], worker, in: &records[i]) }
      outcome.outputs = decode(worker, ticks: 1, records)
      return outcome
    }
    worker.begin()
    var spikes = options.recordsSpikes ? tally.spikes : 0
    for tick in 1...ticks {
      for (step, train) in trains { worker.encode(train.units(at: tick - 1), at: step) }
      worker.tick()
      tally.countNeurons()
      outcome.ticks = tick
      for i in outputs.indices { note(tick, of: outputs[i], worker, in: &records[i]) }
      if options.recordsSpikes {
        let total = tally.spikes
        outcome.spikes.append(total - spikes)
        spikes = total
      }
      guard options.watchesOutputs, let first = outputs.first else { continue }
      let y = decode(worker, ticks: tick, records)[..<first.count]
      if outcome.mayEnd(after: y, tick: tick, start: first.decoder.start, options) { break }
    }
    outcome.outputs = decode(worker, ticks: outcome.ticks, records)
    return outcome
  }

  /// Returns the activity of a population that emits spikes, over all workers.
  private func activity(_ i: Int, _ tallies: [Tally]) -> PopulationActivity {
    let population = spiking[i]
    var activity = PopulationActivity(name: population.name, neurons: population.neurons)
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
