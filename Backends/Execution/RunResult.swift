// What a run of a spiking network finds.

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
  package var populations: [PopulationActivity] = []

  /// The number of ticks executed, over all images; images under `phased` and `weighted` count
  /// as the ticks of one window.
  package var ticks: Int

  /// The time from the first image to the last on this computer, seconds.
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

  /// Creates the activity of a population.
  package init(name: String, neurons: Int, spikes: Int = 0, synapticOperations: Int = 0) {
    self.name = name
    self.neurons = neurons
    self.spikes = spikes
    self.synapticOperations = synapticOperations
  }
}
