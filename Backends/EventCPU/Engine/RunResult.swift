// What a run is asked for, and what it finds.

/// How a network is run.
package struct RunOptions: Hashable, Sendable {

  /// The number of workers, at least 1; results do not depend on it.
  package var threads: Int

  /// The number of ticks, under `rate`; `nil` means the code's.
  package var timesteps: Int?

  /// Under `rate`: an image ends when its best output exceeds its second best by this much.
  ///
  /// The outputs are those of the first decoder; no image ends before these count.
  package var earlyExitMargin: Float?

  /// Under `rate`: whether the class with the largest output is recorded at every tick.
  package var recordsPredictions: Bool

  /// The number of the first image, on which the random numbers of encoders depend.
  package var firstImage = 0

  /// Under `rate`: whether spikes are counted at every tick.
  package var recordsSpikes: Bool

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

/// What a run of several images finds.
package struct RunResult: Sendable {

  /// The outputs, [image][output]: those of all decoders one after another.
  package var outputs: [Float]

  /// The number of outputs of an image.
  package var outputCount: Int

  /// The class with the largest output of the first decoder, [tick][image], if asked for; after
  /// an early exit the last class stays.
  package var predictionsByTimestep: [[Int32]]?

  /// The number of spikes in each tick, over all images, if asked for.
  package var spikesByTimestep: [Int]?

  /// The activity of each population that emits spikes, in the order of the graph.
  package var populations: [PopulationActivity]

  /// The number of ticks executed, over all images; images under `phased` and `weighted` count
  /// as the ticks of one window.
  package var ticks: Int

  /// The time from the first image to the last, seconds.
  package var wallSeconds: Double
}

/// How active a population was.
package struct PopulationActivity: Hashable, Sendable {

  /// The name.
  package var name: String

  /// The number of neurons.
  package var neurons: Int

  /// The number of spikes, over all images: under `rate` units ±1, under `phased` the sizes of
  /// units, under `weighted` their binary digits.
  package var spikes: Int

  /// The number of spikes that reached membranes, over all images.
  ///
  /// A spike counts once for each connection into a population that integrates, directly or
  /// through relays. What graded sources emit is no spike and is not counted.
  package var synapticOperations: Int
}
