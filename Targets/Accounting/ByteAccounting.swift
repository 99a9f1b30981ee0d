// Accounting `bytes`: states, weights and inputs as bytes of named memories (Loihi 2, SpiNNaker 2, Akida).

/// The memory of a core that is divided freely, or into a few parts.
package struct ByteAccounting: Hashable, Sendable {

  /// The resource that holds the states of neurons.
  package var neuronMemory: String?

  /// The resource that holds synapses.
  package var synapseMemory: String?

  /// The resource that holds inputs.
  package var inputMemory: String?

  /// The bytes of a neuron's state and parameters.
  package var neuronBytes: Int

  /// The bits that a synapse takes beside its weight.
  package var synapseOverheadBits: Int

  /// The bits of an input.
  package var inputBits: Int

  /// Creates the accounting.
  ///
  /// - Parameters:
  ///   - neuronMemory: the resource that holds the states of neurons; `nil` if they are not counted.
  ///   - synapseMemory: the resource that holds synapses; may be the same.
  ///   - inputMemory: the resource that holds inputs; may be the same.
  ///   - neuronBytes: the bytes of a neuron's state and parameters.
  ///   - synapseOverheadBits: the bits that a synapse takes beside its weight.
  ///   - inputBits: the bits of an input.
  package init(
    neuronMemory: String?, synapseMemory: String?, inputMemory: String? = nil,
    neuronBytes: Int = 0, synapseOverheadBits: Int = 0, inputBits: Int = 0
  ) {
    self.neuronMemory = neuronMemory
    self.synapseMemory = synapseMemory
    self.inputMemory = inputMemory
    self.neuronBytes = neuronBytes
    self.synapseOverheadBits = synapseOverheadBits
    self.inputBits = inputBits
  }

  /// Returns the bytes used, by resource.
  ///
  /// - Parameters:
  ///   - neurons: the number of neurons.
  ///   - synapses: the number of stored weights, shared ones counted once.
  ///   - weightBits: the bits of a weight.
  ///   - inputs: the number of inputs.
  /// - Returns: whole bytes, those of each kind rounded up; kinds without a memory are left out.
  package func bytes(
    neurons: Int, synapses: Int, weightBits: Int, inputs: Int = 0
  ) -> [String: Int] {
    let parts = [
      (neuronMemory, neurons.saturatingProduct(neuronBytes)),
      (
        synapseMemory,
        synapses.saturatingProduct(weightBits + synapseOverheadBits).dividedRoundingUp(by: 8)
      ),
      (inputMemory, inputs.saturatingProduct(inputBits).dividedRoundingUp(by: 8)),
    ]
    return parts.reduce(into: [:]) { result, part in
      if let memory = part.0 { result[memory] = result[memory, default: 0].saturatingSum(part.1) }
    }
  }
}
