// Which leaky neurons of whole numbers cores have.

/// The decays and waits that neurons of a core offer, in the arithmetic of 24-bit registers that
/// truncates towards 0.
package struct DecayFeatures: Hashable, Sendable {
  /// What a current may lose in a tick, of 4096.
  package var current: ClosedRange<Int>
  /// What a potential may lose in a tick, of 4096.
  package var potential: ClosedRange<Int>
  /// The ticks from a spike to the first in which the potential may change again.
  package var refractory: ClosedRange<Int>
}

extension NeuronFeatures {

  /// The decays that the neurons offer, `nil` if none, or in another arithmetic than the one known:
  /// currents of 24 bits that wrap around, potentials of 24 bits that saturate and fire above a
  /// threshold, a reset to 0, decays of 12 bits.
  ///
  /// A machine that is programmed, and does not say what overflow does, is programmed to do so.
  package var decays: DecayFeatures? {
    guard model == .currentBased || model == .programmable, leak == .multiplicative,
      comparison == .greater, resets.contains(where: { $0.mode == .zero }),
      let u = state["u"], let v = state["v"], u.bits == 24, v.bits == 24, u.isSigned, v.isSigned,
      let du = parameters["du"], let dv = parameters["dv"], du.bits == 12, dv.bits == 12
    else { return nil }
    let isKnown = model == .currentBased
    guard u.overflow == .wrap || !isKnown && u.overflow == nil,
      v.overflow == .saturate || !isKnown && v.overflow == nil,
      rounding == .towardZero || !isKnown && rounding == nil
    else { return nil }
    func range(_ field: RegisterField) -> ClosedRange<Int> {
      let offset = field.offset ?? 0
      return field.range.lowerBound + offset...min(4096, field.range.upperBound + offset)
    }
    return DecayFeatures(
      current: range(du), potential: range(dv), refractory: refractory ?? 1...1)
  }
}
