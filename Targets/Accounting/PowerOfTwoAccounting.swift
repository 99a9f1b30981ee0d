// Accounting `pow2-conv`: kernels and neurons whose extents are rounded up to powers of two (Speck).

/// The memory of a layer whose addresses are put together from bits of coordinates.
///
///     kernel words = c · 2^(ceil(log2(kx · ky)) + ceil(log2 f))
///     neuron words = f · 2^(ceil(log2 fx) + ceil(log2 fy))
///
/// for c input channels, f output channels, kernels of kx × ky and fx × fy neurons in a channel,
/// before pooling. Layers of 2^n extents waste nothing; one more row may double the memory.
///
/// - Source: sinabs, `sinabs/backend/dynapcnn`, the memory of a layer.
package struct PowerOfTwoAccounting: Hashable, Sendable {

  /// Creates the accounting.
  package init() {}

  /// Returns the words that the kernels of a convolution take; `Int.max` if that is beyond numbers.
  package func kernelWords(
    inputChannels: Int, outputChannels: Int, kernelWidth: Int, kernelHeight: Int
  ) -> Int {
    let bits =
      kernelWidth.saturatingProduct(kernelHeight).bitsToTellApart + outputChannels.bitsToTellApart
    return inputChannels.saturatingProduct(power(bits))
  }

  /// Returns the words that the neurons of a layer take; `Int.max` if that is beyond numbers.
  ///
  /// - Parameters:
  ///   - channels: the number of output channels.
  ///   - width: the number of columns before pooling.
  ///   - height: the number of rows before pooling.
  /// - Returns: words, one of them a neuron's.
  package func neuronWords(channels: Int, width: Int, height: Int) -> Int {
    channels.saturatingProduct(power(width.bitsToTellApart + height.bitsToTellApart))
  }

  /// Returns the words that the biases of a layer take.
  package func biasWords(channels: Int) -> Int { channels }

  private func power(_ bits: Int) -> Int { bits < Int.bitWidth - 1 ? 1 << bits : .max }
}
