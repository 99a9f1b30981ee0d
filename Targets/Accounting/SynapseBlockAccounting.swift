// Accounting `syn-blocks`: lists of synapses in blocks of whole memory words (Loihi).

/// What a synapse takes in memory.
package struct SynapseFormat: Hashable, Sendable {

  /// The bits of a weight, its sign included where signs are mixed.
  package var weightBits: Int

  /// The bits of a delay; 0 where all synapses have the same.
  package var delayBits: Int

  /// The bits of a tag, for learning.
  package var tagBits: Int

  /// The bits of the neuron's index; 0 for lists that hold consecutive neurons.
  package var indexBits: Int

  /// Creates a format.
  package init(weightBits: Int, delayBits: Int = 0, tagBits: Int = 0, indexBits: Int = 0) {
    self.weightBits = weightBits
    self.delayBits = delayBits
    self.tagBits = tagBits
    self.indexBits = indexBits
  }

  /// The bits of a synapse.
  package var bits: Int { weightBits + delayBits + tagBits + indexBits }
}

/// The memory of lists of synapses that lie in blocks, each of whole words.
///
/// A list of n synapses is cut into blocks of at most `blockSynapses`; a block of m synapses takes
///
///     m · (weight + delay + tag + index bits) + formatBits + countBits
///
/// bits, rounded up to whole words.
///
/// - Source: nengo-loihi, `nengo_loihi/block.py`, the bits that an axon takes.
package struct SynapseBlockAccounting: Hashable, Sendable {

  /// The bits of a word.
  package var wordBits: Int

  /// The most synapses of a block.
  package var blockSynapses: Int

  /// The bits of a block's header that name the format.
  package var formatBits: Int

  /// The bits of a block's header that hold the number of synapses.
  package var countBits: Int

  /// The least width of an index that is not implied, bits.
  package var narrowestIndex: Int

  /// The greatest width of an index, bits.
  package var widestIndex: Int

  /// Creates the accounting; the defaults are Loihi's.
  ///
  /// - Precondition: words and blocks are not empty.
  package init(
    wordBits: Int = 64, blockSynapses: Int = 64, formatBits: Int = 4, countBits: Int = 6,
    narrowestIndex: Int = 6, widestIndex: Int = 12
  ) {
    precondition(wordBits > 0 && blockSynapses > 0, "internal: blocks without extent")
    self.wordBits = wordBits
    self.blockSynapses = blockSynapses
    self.formatBits = formatBits
    self.countBits = countBits
    self.narrowestIndex = narrowestIndex
    self.widestIndex = widestIndex
  }

  /// Returns the words that a list of `synapses` takes; 0 for an empty one.
  ///
  /// - Complexity: O(1).
  package func words(synapses: Int, _ format: SynapseFormat) -> Int {
    let (full, rest) = synapses.quotientAndRemainder(dividingBy: blockSynapses)
    let whole = full.saturatingProduct(blockWords(blockSynapses, format))
    return whole.saturatingSum(rest == 0 ? 0 : blockWords(rest, format))
  }

  /// Returns the bits that a list of `synapses` takes, whole words counted.
  package func bits(synapses: Int, _ format: SynapseFormat) -> Int {
    words(synapses: synapses, format).saturatingProduct(wordBits)
  }

  /// Returns the bits that a list of `synapses` fills, headers included and padding not.
  package func filledBits(synapses: Int, _ format: SynapseFormat) -> Int {
    let blocks = synapses.dividedRoundingUp(by: blockSynapses)
    return synapses.saturatingProduct(format.bits)
      .saturatingSum(blocks.saturatingProduct(formatBits + countBits))
  }

  /// Returns the width of an index that tells `neurons` apart; `nil` if none is wide enough.
  package func indexBits(neurons: Int) -> Int? {
    let width = max(neurons.bitsToTellApart, narrowestIndex)
    return width <= widestIndex ? width : nil
  }

  private func blockWords(_ synapses: Int, _ format: SynapseFormat) -> Int {
    (synapses * format.bits + formatBits + countBits).dividedRoundingUp(by: wordBits)
  }
}
