// Everything that happens in a spiking network for one input, for comparing executors.

/// What every population emitted, and where potentials ended, for one input.
public struct SpikeTrace: Hashable, Sendable {

  /// The units emitted, [population][entry][neuron in row-major order].
  ///
  /// Under `rate` there is an entry a tick. Otherwise an integrate-and-fire population has an
  /// entry for each tick of its own window (`phased`: ±1 or 0; `weighted`: ±2^(K−1−k) or 0 in
  /// slot k), and every other emitting population one entry, its graded value over the window.
  /// Integrators emit nothing and have no entries.
  public var units: [[[Int32]]]

  /// The potentials at the end, [population][neuron]; empty for populations without potential.
  ///
  /// Under `rate`: after the last tick, spikes subtracted, the initial potential included.
  /// Of an integrate-and-fire population under `phased` and `weighted`: after the window was
  /// integrated, before it fires, without the initial potential.
  public var potentials: [[Int32]]

  /// Creates a trace.
  public init(units: [[[Int32]]], potentials: [[Int32]]) {
    self.units = units
    self.potentials = potentials
  }
}
