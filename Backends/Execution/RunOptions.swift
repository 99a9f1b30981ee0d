// What a run of a spiking network is asked for.

/// How a spiking network is run on several images.
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
