// Accounting `sdram-rows`: rows of synapse words in memory outside of the core (SpiNNaker), and the ring
// buffer inside in which inputs wait.

/// The memory of rows of synapses, one for each neuron that sends.
///
/// All rows of a block, which one entry of the core's population table describes, have the length of
/// the longest; blocks begin at multiples of `alignment`.
///
/// - Source: sPyNNaker 7.4: synapse words of 32 bits, an 8-bit row length and a 24-bit address in
///   units of 16 bytes for each entry of the master population table.
package struct SynapseRowAccounting: Hashable, Sendable {

  /// The bytes of a synapse.
  package var synapseBytes: Int

  /// The bytes before the synapses of a row.
  package var headerBytes: Int

  /// What addresses of blocks are multiples of, bytes.
  package var alignment: Int

  /// The most synapses of a row.
  package var longestRow: Int

  /// Creates the accounting; the defaults are those of SpiNNaker 1.
  ///
  /// - Precondition: synapses and units of addresses are not empty.
  package init(
    synapseBytes: Int = 4, headerBytes: Int = 0, alignment: Int = 16, longestRow: Int = 256
  ) {
    precondition(synapseBytes > 0 && alignment > 0, "internal: rows without extent")
    self.synapseBytes = synapseBytes
    self.headerBytes = headerBytes
    self.alignment = alignment
    self.longestRow = longestRow
  }

  /// Returns the bytes of a row of `synapses`.
  package func rowBytes(synapses: Int) -> Int {
    synapses.saturatingProduct(synapseBytes).saturatingSum(headerBytes)
  }

  /// Returns the bytes of a block of `rows`, the longest of which has `longest` synapses.
  package func blockBytes(rows: Int, longest: Int) -> Int {
    let bytes = rows.saturatingProduct(rowBytes(synapses: longest))
    return bytes.dividedRoundingUp(by: alignment).saturatingProduct(alignment)
  }
}

/// The ring buffer of a core: a sum of inputs for each neuron, type of synapse and coming tick.
///
/// Addresses are put together from the bits of the three: ceil(log2 neurons) + ceil(log2 types) +
/// delay bits ≤ `addressBits`. With 256 neurons and 2 types, 14 bits leave 5: 32 ticks.
///
/// - Source: sPyNNaker 7.4, the bits of a ring buffer's address.
package struct RingBufferAccounting: Hashable, Sendable {

  /// The bits of an address.
  package var addressBits: Int

  /// Creates the accounting; the default is that of SpiNNaker 1.
  package init(addressBits: Int = 14) {
    self.addressBits = addressBits
  }

  /// Returns the bits that are left for delays; `nil` if the neurons alone are too many.
  package func delayBits(neurons: Int, synapseTypes: Int) -> Int? {
    let left = addressBits - neurons.bitsToTellApart - synapseTypes.bitsToTellApart
    return left >= 0 ? left : nil
  }

  /// Returns the ticks that can be told apart, the present one included: longer delays need other
  /// cores that hold spikes back; `nil` if the neurons alone are too many.
  package func slots(neurons: Int, synapseTypes: Int) -> Int? {
    delayBits(neurons: neurons, synapseTypes: synapseTypes).map { 1 << min($0, 62) }
  }
}
