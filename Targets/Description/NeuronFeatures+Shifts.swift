// Which leaky neurons cores have whose decays are shifts.

/// The decays by shifts that neurons of a core offer, in registers of 16 bits that saturate.
package struct ShiftFeatures: Hashable, Sendable {
  /// The shifts of currents.
  package var current: ClosedRange<Int>
  /// The shifts of potentials.
  package var potential: ClosedRange<Int>
  /// The most spikes of a neuron in a tick, which is the same for all neurons of the core.
  package var most: Int
}

extension NeuronFeatures {

  /// The shifts that the neurons offer, `nil` if none, or in another arithmetic than the one known:
  /// currents and potentials of 16 bits that saturate, a threshold that fires when it is reached, a
  /// reset by subtraction, decays that round down.
  package var shifts: ShiftFeatures? {
    guard model == .bitShift, leak == .bitshift, comparison == .greaterOrEqual, rounding == .floor,
      let reset = resets.first(where: { $0.mode == .subtract }),
      let u = state["u"], let v = state["v"], u.bits == 16, v.bits == 16, u.isSigned, v.isSigned,
      u.overflow == .saturate, v.overflow == .saturate,
      let current = parameters["dashSyn"]?.shifts, let potential = parameters["dashMem"]?.shifts
    else { return nil }
    return ShiftFeatures(
      current: current, potential: potential, most: reset.mostSpikesPerStep ?? 1)
  }
}

extension RegisterField {

  /// The shifts, from 1 to 15, that the register holds; `nil` if it holds none.
  fileprivate var shifts: ClosedRange<Int>? {
    let range = range
    guard range.overlaps(1...15) else { return nil }
    return range.clamped(to: 1...15)
  }
}
