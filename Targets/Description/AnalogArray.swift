// An analog array of a core.

/// An analog array; what the crossbar backend reads.
package struct AnalogArray: Hashable, Sendable {
  /// The number of inputs.
  package var rows: Int
  /// The number of outputs.
  package var columns: Int
  /// How signed weights are held, as the description has it.
  package var mapping: String?
  /// All other members as the description has them, by dotted name: `input.bound`.
  package var numbers: [String: Quantity]
  /// All other members that are words, by dotted name: `noiseManagement`.
  package var words: [String: String]
  /// Who says so, unless a number says it itself.
  package var evidence = Evidence()
}
