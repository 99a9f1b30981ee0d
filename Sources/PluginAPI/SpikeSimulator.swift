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

  /// Returns averages over samples and positions, one a channel, of what a population says.
  ///
  /// For a population that emits: the number of units in a window, signed. For an integrator: the
  /// potential at the end, divided by the number of ticks under `rate`.
  ///
  /// - Throws: what lowering the graph throws.
  func means(
    of population: PopulationID, in graph: SpikingGraph, over inputs: CalibrationInputs,
    threads: Int
  ) throws(CompileError) -> [Double]

  /// Gives `body` what populations say in each sample, one sample after the other.
  ///
  /// For a population that emits: the units of each neuron in a window, signed; for an integrator:
  /// the potentials at the end. Both are divided by the number of ticks under `rate`, so that
  /// W·values + bias is the mean input of a tick there, and the input of the window otherwise.
  ///
  /// Memory does not grow with the number of samples.
  ///
  /// - Parameters:
  ///   - populations: what is measured.
  ///   - graph: the network; only what the populations depend on has to be quantized.
  ///   - inputs: the samples.
  ///   - threads: the number of workers.
  ///   - body: is given the values of a sample, [population][neuron] row-major.
  /// - Throws: what lowering the graph throws, what `body` throws.
  func forEachSample(
    saying populations: [PopulationID], in graph: SpikingGraph, over inputs: CalibrationInputs,
    threads: Int, body: (_ sample: Int, _ values: [[Float]]) throws(CompileError) -> Void
  ) throws(CompileError)
}
