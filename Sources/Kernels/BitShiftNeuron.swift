// Leaky neurons whose decays are shifts, as those of Xylo, in the textbook form, number by number.

/// A leaky integrate-and-fire neuron with 16-bit states that decay by shifts.
///
///     i ← sat(i + I);  i ← i − loss(i, s)
///     v ← sat(v + sat(sat(i − loss(v, m)) + b))
///     emit n = min(⌊v/θ⌋, most) if v ≥ θ; v ← v − n·θ
///
/// with loss(x, k) = ⌊x / 2^k⌋, but 1 for 0 < x < 2^k: what the shift no longer reaches decays by 1 a
/// tick, so that states of both signs reach 0.
///
/// - Source: version 2 of the neuron of xylosim 0.1.3, the simulation of Rockpool's Xylo family. That one
///   adds I up spike by spike and limits each sum, which is the same as long as none is limited;
///   its traces are compared in the tests.
package struct BitShiftNeuron: Hashable, Sendable {

  /// What a neuron is made with.
  package struct Parameters: Hashable, Sendable {
    /// s, the shift of the synaptic current's decay, 1 to 15.
    package var currentShift: Int
    /// m, the shift of the potential's decay, 1 to 15.
    package var potentialShift: Int
    /// θ, positive.
    package var threshold: Int
    /// b.
    package var bias: Int
    /// The largest number of spikes in a tick.
    package var most: Int

    /// Creates parameters.
    package init(
      currentShift: Int, potentialShift: Int, threshold: Int, bias: Int = 0, most: Int = 31
    ) {
      self.currentShift = currentShift
      self.potentialShift = potentialShift
      self.threshold = threshold
      self.bias = bias
      self.most = most
    }
  }

  /// The synaptic current.
  package private(set) var i = 0

  /// The potential.
  package private(set) var v = 0

  /// Creates a neuron at rest.
  package init() {}

  /// Advances the neuron by a tick.
  ///
  /// - Parameters:
  ///   - input: I, what arrives in the tick.
  ///   - parameters: what the neuron is made with.
  /// - Returns: the number of spikes that it emits.
  package mutating func step(_ input: Int, _ parameters: Parameters) -> Int {
    i = Self.saturated(i + input)
    i -= Self.loss(i, parameters.currentShift)
    var change = Self.saturated(i - Self.loss(v, parameters.potentialShift))
    change = Self.saturated(change + parameters.bias)
    v = Self.saturated(v + change)
    guard v >= parameters.threshold else { return 0 }
    let count = min(v / parameters.threshold, parameters.most)
    v -= count * parameters.threshold
    return count
  }

  /// Returns what `x` loses in a tick: ⌊x / 2^shift⌋, and 1 for positive x that this would not change.
  package static func loss(_ x: Int, _ shift: Int) -> Int {
    x > 0 ? max(1, x >> shift) : x >> shift
  }

  /// Returns the number of 16 bits that is nearest to `x`.
  package static func saturated(_ x: Int) -> Int { min(max(x, -1 << 15), 1 << 15 - 1) }
}
