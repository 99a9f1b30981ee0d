// What synapses of a core can hold.

/// What synapses of a core can hold.
package struct SynapseFeatures: Hashable, Sendable {
  /// The weight.
  package var weight: RegisterField
  /// The widths of magnitudes that can be stored, bits.
  package var weightBits: [Int]?
  /// Whether lists of synapses may mix signs.
  package var signModes: [SignMode]
  /// The exponent of two of the weights.
  package var exponent: RegisterField?
  /// Weights that are chosen from a table by the type of an axon.
  package var table: Table?
  /// The delays that are offered, ticks, from shortest to longest.
  package var delay: ClosedRange<Int>?
  /// The sum of what arrives in a tick.
  package var accumulator: RegisterField?
  /// Which synapses may be stored once.
  package var sharing: [Sharing]
  /// Who says so.
  package var evidence = Evidence()

  /// Whether lists of synapses may mix signs.
  package enum SignMode: String, Hashable, Sendable, CaseIterable {
    case mixed, excitatory, inhibitory
  }

  /// Which synapses may be stored once.
  package enum Sharing: String, Hashable, Sendable, CaseIterable {
    case kernel
    case axonPopulation = "axon-population"
    case synapseGroup = "synapse-group"
    case none
  }

  /// Weights that are chosen from a table by the type of an axon.
  package struct Table: Hashable, Sendable {
    /// The number of types.
    package var types: Int
    /// The width of a weight, bits.
    package var bits: Int
    /// What has a table of its own.
    package var scope: RegisterField.Scope
  }
}
