// Numbers in registers of a core.

/// A number in a register.
package struct RegisterField: Hashable, Sendable {
  /// The width, bits, sign included.
  package var bits: Int
  /// Whether there is a sign.
  package var isSigned: Bool
  /// What happens beyond the width.
  package var overflow: Overflow?
  /// What has a value of its own.
  package var scope: Scope?
  /// The power of two by which the stored number is multiplied.
  package var shift: Int?
  /// What is added to the stored number.
  package var offset: Int?
  /// The smallest number, if not that of the width.
  package var min: Int?
  /// The largest number, if not that of the width.
  package var max: Int?
  /// Who says so, if not who describes the neurons or synapses.
  package var evidence = Evidence()

  /// What happens beyond the width.
  package enum Overflow: String, Hashable, Sendable, CaseIterable { case wrap, saturate, none }
  /// What has a value of its own.
  package enum Scope: String, Hashable, Sendable, CaseIterable {
    case neuron, profile, core, layer, chip
  }

  /// The numbers that the register holds.
  package var range: ClosedRange<Int> {
    let width = Swift.min(bits, 62)
    let (low, high) = isSigned ? (-1 << (width - 1), 1 << (width - 1) - 1) : (0, 1 << width - 1)
    return Swift.min(min ?? low, max ?? high)...(max ?? high)
  }
}
