// Leaky neurons whose decays are shifts, as those of Xylo: cheap in hardware, not quite exponential.

/// A leaky integrate-and-fire neuron with 16-bit states that decay by shifts.
///
///     i ← saturate(i − (i >> synapseShift) + a)
///     v ← saturate(v − (v >> membraneShift) + i + b)
///     emit n = min(⌊v/θ⌋, most) if v ≥ θ; v ← v − n·θ
///
/// Shifts round downwards, so that small negative states decay by 1 a tick to 0, and small positive
/// ones, which the shift no longer reaches, decay by 1 a tick where `decaysToZero` says so.
///
/// - Source: the fixed-point simulation of the Xylo family in Rockpool; that small positive states
///   decay to 0 is not verified, which is why it is an option.
package struct BitShiftNeuron: Hashable, Sendable {

  /// What a neuron is made with.
  package struct Parameters: Hashable, Sendable {
    /// The shift of the synaptic current's decay, 0 to 15.
    package var synapseShift: Int
    /// The shift of the potential's decay, 0 to 15.
    package var membraneShift: Int
    /// θ, positive.
    package var threshold: Int
    /// b.
    package var bias: Int
    /// The largest number of spikes in a tick.
    package var most: Int
    /// Whether states that the shift does not reach decay by 1 a tick.
    package var decaysToZero: Bool

    /// Creates parameters.
    package init(
      synapseShift: Int, membraneShift: Int, threshold: Int, bias: Int = 0, most: Int = 31,
      decaysToZero: Bool = false
    ) {
      self.synapseShift = synapseShift
      self.membraneShift = membraneShift
      self.threshold = threshold
      self.bias = bias
      self.most = most
      self.decaysToZero = decaysToZero
    }
  }

  /// The synaptic current.
  package var i = 0

  /// The potential.
  package var v = 0

  /// Creates a neuron at rest.
  package init() {}

  /// Advances the neuron by a tick, and returns the number of spikes that it emits.
  package mutating func step(_ input: Int, _ parameters: Parameters) -> Int {
    i = Self.saturated(
      Self.decayed(i, parameters.synapseShift, parameters.decaysToZero) + input)
    v = Self.saturated(
      Self.decayed(v, parameters.membraneShift, parameters.decaysToZero) + i + parameters.bias)
    guard v >= parameters.threshold else { return 0 }
    let count = min(v / parameters.threshold, parameters.most)
    v -= count * parameters.threshold
    return count
  }

  /// Returns x − (x >> shift), or one less for positive x that this would leave as it is.
  package static func decayed(_ x: Int, _ shift: Int, _ reachesZero: Bool) -> Int {
    let step = x >> shift
    return x - (reachesZero && step == 0 && x > 0 ? 1 : step)
  }

  /// Returns `x` in 16 bits.
  package static func saturated(_ x: Int) -> Int { min(max(x, -1 << 15), 1 << 15 - 1) }
}
