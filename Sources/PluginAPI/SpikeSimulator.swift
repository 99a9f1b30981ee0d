// What a pass may ask of an executor of spiking networks, without knowing which one.

public import Diagnostics
public import SpikeIR

/// The inputs on which a network is calibrated: what the network itself takes, preprocessed.
public struct CalibrationInputs: Sendable {

  /// The number of samples.
  public var count: Int

  /// Returns the values of sample i, one list for each input of the network, in row-major order.
  public var sample: @Sendable (Int) -> [[Float]]

  /// Creates a set of inputs.
  public init(count: Int, sample: @escaping @Sendable (Int) -> [[Float]]) {
    self.count = count
    self.sample = sample
  }
}

/// An executor of spiking networks that passes measure with.
public protocol SpikeSimulator: Sendable {

  /// Gives `body` what populations say in each sample, one sample after the other.
  ///
  /// For a population that emits: the units of each neuron in a window, signed; for an integrator:
  /// the potentials at the end. Both are divided by the number of ticks under `rate`, so that
  /// W·values + bias is the mean input of a tick there, and the input of the window otherwise.
  /// Where ticks are left out, the values are what was said or gained in the others, divided by
  /// their number.
  ///
  /// The number of a sample is that of the input on which the random numbers of encoders depend.
  /// Memory does not grow with the number of samples.
  ///
  /// - Parameters:
  ///   - populations: what is measured.
  ///   - graph: the network; only what the populations depend on has to be quantized.
  ///   - inputs: the samples.
  ///   - start: the first ticks that are left out of what populations emit, fewer than the code
  ///     has, 0 unless it is `rate`; integrators begin where their decoders start.
  ///   - threads: the number of workers.
  ///   - body: is given the values of a sample, [population][neuron] row-major.
  /// - Throws: what lowering the graph throws, what `body` throws.
  func forEachSample(
    saying populations: [PopulationID], in graph: SpikingGraph, over inputs: CalibrationInputs,
    from start: Int, threads: Int,
    body: (_ sample: Int, _ values: [[Float]]) throws(CompileError) -> Void
  ) throws(CompileError)
}

extension SpikeSimulator {

  /// Returns averages over samples, one a neuron, of what a population says.
  ///
  /// For a population that emits: the number of units in a window, signed. For an integrator: the
  /// potential at the end, divided by the number of ticks under `rate`; where its decoder starts
  /// late, what it gains from there on, divided by the ticks that are left.
  ///
  /// - Parameters:
  ///   - population: the population.
  ///   - graph: the network.
  ///   - inputs: the samples.
  ///   - start: under `rate`, the ticks of a population that emits that are left out; what it says
  ///     in the others is taken for the whole window.
  ///   - threads: the number of threads.
  /// - Returns: the averages, row-major.
  /// - Throws: what lowering the graph throws.
  public func neuronMeans(
    of population: PopulationID, in graph: SpikingGraph, over inputs: CalibrationInputs,
    from start: Int = 0, threads: Int
  ) throws(CompileError) -> [Double] {
    let code = graph[population].code
    var sums = [Double](repeating: 0, count: graph[population].shape.count)
    let skipped = code.isRate ? max(0, min(start, code.timesteps - 1)) : 0
    try forEachSample(
      saying: [population], in: graph, over: inputs, from: skipped, threads: threads
    ) { (_, values) throws(CompileError) in
      for (i, value) in values[0].enumerated() { sums[i] += Double(value) }
    }
    // Samples are divided by the ticks of their window under `rate`.
    let ticks = code.isRate && graph[population].model != .integrator ? code.timesteps : 1
    return sums.map { $0 / Double(inputs.count) * Double(ticks) }
  }

  /// Returns averages over samples and positions, one a channel, of what a population says.
  ///
  /// - Parameters:
  ///   - population: the population.
  ///   - graph: the network.
  ///   - inputs: the samples.
  ///   - start: as `neuronMeans` has it.
  ///   - threads: the number of threads.
  /// - Returns: the averages.
  /// - Throws: what lowering the graph throws.
  public func means(
    of population: PopulationID, in graph: SpikingGraph, over inputs: CalibrationInputs,
    from start: Int = 0, threads: Int
  ) throws(CompileError) -> [Double] {
    try neuronMeans(of: population, in: graph, over: inputs, from: start, threads: threads)
      .averaged(channels: graph[population].shape.channels)
  }
}

extension [Double] {

  /// Returns the averages over positions of values [positions, channels], one a channel.
  ///
  /// - Precondition: the count is a multiple of `channels`, at least 1.
  public func averaged(channels: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: channels)
    for i in indices { sums[i % channels] += self[i] }
    return sums.map { $0 * Double(channels) / Double(count) }
  }
}
