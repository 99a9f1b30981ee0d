// What a core of one kind offers: capacities, how they are counted, which connections it builds.

/// What a core of one kind offers.
package struct CoreClass: Hashable, Sendable {

  /// The name of the kind.
  package var name: String

  /// The number of such cores on a chip.
  package var count: Int

  /// The positions of these cores among those of a chip, if they have fixed ones.
  package var ids: [Int]?

  /// The capacities by name, such as `neurons`; see `Accounting` for who counts what.
  package var resources: [String: Quantity]

  /// How the use of memory is counted.
  package var accounting: Accounting?

  /// What neurons can do.
  package var neuron: NeuronFeatures?

  /// What synapses can hold.
  package var synapse: SynapseFeatures?

  /// The analog array, if there is one.
  package var analog: AnalogArray?

  /// Which connections exist, where not any can be built.
  package var operations: Operations?

  /// How the use of memory is counted.
  package struct Accounting: Hashable, Sendable {
    /// The rule.
    package var algorithm: Algorithm
    /// The numbers that it needs, by name.
    package var parameters: [String: Quantity]
    /// The words that it needs, by name.
    package var options: [String: String]
    /// Who says so.
    package var evidence = Evidence()

    /// The rule.
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
      /// Lists of synapses in blocks, an axon each (Loihi).
      case synapseBlocks = "syn-blocks"
      /// Kernels and neurons, each extent rounded up to a power of two (Speck).
      case powersOfTwo = "pow2-conv"
      /// A rectangle of axons by neurons, filled or not (TrueNorth).
      case denseRectangle = "dense-rect"
      /// Rows of synapse words in external memory (SpiNNaker).
      case synapseRows = "sdram-rows"
      /// Bytes of states and weights in one memory.
      case bytes
      /// Blocks of rows and columns of analog arrays.
      case tiles
    }
  }
}

/// Which connections a core can build, where not any.
package struct Operations: Hashable, Sendable {
  /// The kinds: `dense`, `sparse`, `conv2d`, `depthwise2d`, `sumpool`, `maxpool`, `merge`.
  package var kinds: [Kind]
  /// The largest kernel.
  package var largestKernel: Int?
  /// The strides.
  package var strides: [Int]?
  /// The paddings.
  package var paddings: [Int]?
  /// The extents of pooling windows.
  package var pools: [Int]?
  /// The largest number of channels.
  package var mostChannels: Int?
  /// The largest image that is received, [width, height].
  package var largestInput: [Int]?
  /// The largest image that is emitted, [width, height].
  package var largestOutput: [Int]?
  /// The largest number of cores to which a core sends.
  package var mostDestinations: Int?
  /// Whether kernels must be square.
  package var needsSquareKernels: Bool
  /// Who says so.
  package var evidence = Evidence()

  /// A kind of connection.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case dense, sparse, conv2d, depthwise2d, sumpool, maxpool, merge
  }
}
