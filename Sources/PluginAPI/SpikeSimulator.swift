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
  func neuronMeans(
    of population: PopulationID, in graph: SpikingGraph, over inputs: CalibrationInputs,
    from start: Int, threads: Int
  ) throws(CompileError) -> [Double]
}

extension SpikeSimulator {

  /// Returns averages over samples and positions, one a channel, of what a population says.
  ///
  /// - Throws: what lowering the graph throws.
  public func means(
    of population: PopulationID, in graph: SpikingGraph, over inputs: CalibrationInputs,
    threads: Int
  ) throws(CompileError) -> [Double] {
    try neuronMeans(of: population, in: graph, over: inputs, from: 0, threads: threads)
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
