// Running many images: in parallel, each on its own, so that results do not depend on threads.

package import Diagnostics
internal import Kernels
internal import Synchronization

/// What became of one image.
package struct ImageOutcome: Sendable {

  /// The outputs, those of all decoders one after another.
  package var outputs: [Float] = []

  /// The class at every tick, if asked for.
  package private(set) var predictions: [Int32] = []

  /// The number of spikes in every tick, if asked for.
  package var spikes: [Int] = []

  /// The ticks executed, of the first output.
  package var ticks = 0

  /// The ticks of the machine, where populations start one after another.
  package var steps = 0

  /// Creates the outcome of an image that has not begun.
  package init() {}

  /// Notes the outputs `y` of the first decoder after tick `tick`, counted from 1, where classes are
  /// recorded.
  ///
  /// - Returns: whether the image may end: the best output exceeds the second best by the margin of
  ///   the options, and outputs count, which they do after tick `start`.
  package mutating func mayEnd(
    after y: some Collection<Float>, tick: Int, start: Int, _ options: RunOptions
  ) -> Bool {
    let y = Array(y)
    guard var best = y.indices.first else { return false }
    for i in y.indices where y[i] > y[best] { best = i }
    if options.recordsPredictions { predictions.append(Int32(best)) }
    guard let margin = options.earlyExitMargin, tick > start else { return false }
    let second = y.indices.filter { $0 != best }.map { y[$0] }.max() ?? -.infinity
    return y[best] - second >= margin
  }
}

extension RunOptions {

  /// Whether the outputs of the first decoder are looked at in every tick.
  package var watchesOutputs: Bool { earlyExitMargin != nil || recordsPredictions }
}

/// Runs `count` images on several threads.
///
/// Memory does not grow with the number of images, apart from what is returned.
///
/// - Parameters:
///   - count: the number of images.
///   - outputCount: the number of outputs of an image.
///   - ticks: the largest number of ticks of an image.
///   - options: how to run; at most `options.threads` workers.
///   - run: runs an image on a worker, both counted from 0. Called from several threads, never at
///     the same time for the same worker.
///   - progress: is told the number of images finished so far. Called from several threads.
/// - Returns: what was found, still without the activity of populations, and the ticks of the machine
///   over all images.
/// - Throws: what `run` throws, of the first image that fails.
package func runImages(
  _ count: Int, outputCount: Int, ticks: Int, options: RunOptions,
  run: @Sendable (_ worker: Int, _ image: Int) throws(CompileError) -> ImageOutcome,
  progress: @Sendable (Int) -> Void
) throws(CompileError) -> (result: RunResult, steps: Int) {
  let record = Mutex(ImageRecord(count: count, outputs: outputCount, ticks: ticks, options))
  let start = ContinuousClock.now
  forEachItem(count, workers: workerCount(count, options)) { worker, image in
    let outcome: Result<ImageOutcome, CompileError>
    do throws(CompileError) {
      outcome = .success(try run(worker, image))
    } catch {
      outcome = .failure(error)
    }
    progress(record.withLock { $0.store(outcome, of: image) })
  }
  let elapsed = ContinuousClock.now - start
  let all = record.withLock { $0 }
  if let failure = all.failure { throw failure.error }
  let result = RunResult(
    outputs: all.outputs, outputCount: outputCount,
    predictionsByTimestep: options.recordsPredictions ? all.predictions : nil,
    spikesByTimestep: options.recordsSpikes ? all.spikes : nil,
    ticks: all.ticks, wallSeconds: elapsed / .seconds(1))
  return (result, all.steps)
}

/// Returns the number of workers that `runImages` has for `count` images.
package func workerCount(_ count: Int, _ options: RunOptions) -> Int {
  max(1, min(options.threads, count))
}

/// What became of all images so far.
private struct ImageRecord: Sendable {

  var outputs: [Float]
  var predictions: [[Int32]]
  var spikes: [Int]
  var ticks = 0
  var steps = 0
  var failure: (image: Int, error: CompileError)?
  private var finished = 0
  private let outputCount: Int

  init(count: Int, outputs: Int, ticks: Int, _ options: RunOptions) {
    self.outputs = [Float](repeating: 0, count: count * outputs)
    outputCount = outputs
    predictions =
      options.recordsPredictions
      ? [[Int32]](repeating: [Int32](repeating: 0, count: count), count: ticks) : []
    spikes = [Int](repeating: 0, count: options.recordsSpikes ? ticks : 0)
  }

  /// Stores the outcome of an image and returns the number of images finished.
  mutating func store(_ outcome: Result<ImageOutcome, CompileError>, of image: Int) -> Int {
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
