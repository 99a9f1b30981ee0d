// The neuron of TrueNorth: binary synapses, four weights a neuron, a leak, a threshold.

/// A deterministic neuron of TrueNorth.
///
/// With S the axons that spike, c the crossbar's bits and τ the types of axons, in a tick:
///
///     v ← v + Σᵢ Sᵢ · cᵢ · W[τ(i)] + λ
///     v ≥ α: emit; v ← R, v − α or v by the mode of reset
///     v < −β: v ← −β, or −R where negative potentials are reset
///
/// v is held in 20 bits and saturates once all of the tick has been added.
///
/// - Source: Akopyan et al. (2015); order of integration, leak and threshold: the RANC emulator,
///   which has v < −β for negative resets to a value.
package struct TrueNorthNeuron: Hashable, Sendable {

  /// What becomes of the potential with a spike.
  package enum Reset: Hashable, Sendable, CaseIterable {
    /// It becomes R.
    case value
    /// α is subtracted.
    case subtract
    /// Nothing.
    case none
  }

  /// What a neuron is made with.
  package struct Parameters: Hashable, Sendable {
    /// W, the weights of the axon types, −256 to 255, at most four.
    package var weights: [Int]
    /// λ, the leak, −256 to 255.
    package var leak: Int
    /// α, the threshold.
    package var threshold: Int
    /// The kind of reset.
    package var reset: Reset
    /// R.
    package var resetValue: Int
    /// β, the lowest potential's magnitude.
    package var floor: Int
    /// Whether potentials below −β become −R.
    package var resetsBelowFloor: Bool

    /// Creates parameters.
    package init(
      weights: [Int], leak: Int = 0, threshold: Int, reset: Reset = .subtract, resetValue: Int = 0,
      floor: Int = 1 << 19 - 1, resetsBelowFloor: Bool = false
    ) {
      self.weights = weights
      self.leak = leak
      self.threshold = threshold
      self.reset = reset
      self.resetValue = resetValue
      self.floor = floor
      self.resetsBelowFloor = resetsBelowFloor
    }
  }

  /// The potential, 20 bits.
  package var v: Int

  /// Creates a neuron with the potential `v`.
  package init(v: Int = 0) {
    self.v = v
  }

  /// Advances the neuron by a tick.
  ///
  /// - Parameters:
  ///   - counts: the number of axons of each type that spike and are connected, as many as weights.
  ///   - parameters: what the neuron is made with.
  /// - Returns: whether it emitted a spike.
  package mutating func step(_ counts: [Int], _ parameters: Parameters) -> Bool {
    precondition(counts.count == parameters.weights.count, "internal: bad axon types")
    for (count, weight) in zip(counts, parameters.weights) { v += count * weight }
    v = min(max(v + parameters.leak, -1 << 19), 1 << 19 - 1)
    let spikes = v >= parameters.threshold
    if spikes {
      switch parameters.reset {
      case .value: v = parameters.resetValue
      case .subtract: v -= parameters.threshold
      case .none: break
      }
    } else if v < -parameters.floor {
      v = parameters.resetsBelowFloor ? -parameters.resetValue : -parameters.floor
    }
    return spikes
  }
}

/// A core of TrueNorth: 256 axons of four types by 256 neurons.
package struct TrueNorthCore: Sendable {

  /// The type of each axon, the position of its weight.
  package let types: [Int]
  /// The crossbar's bits, [axon][neuron].
  package let crossbar: [[Bool]]
  /// What each neuron is made with.
  package let parameters: [TrueNorthNeuron.Parameters]
  /// The neurons.
  package private(set) var neurons: [TrueNorthNeuron]

  /// Creates a core at rest.
  ///
  /// - Precondition: there are as many rows as axons, as many columns as neurons, and a weight for
  ///   each type.
  package init(types: [Int], crossbar: [[Bool]], parameters: [TrueNorthNeuron.Parameters]) {
    precondition(
      types.count == crossbar.count && crossbar.allSatisfy { $0.count == parameters.count }
        && parameters.allSatisfy { p in types.allSatisfy { p.weights.indices.contains($0) } },
      "internal: bad crossbar")
    self.types = types
    self.crossbar = crossbar
    self.parameters = parameters
    neurons = parameters.map { _ in TrueNorthNeuron() }
  }

  /// Advances the core by a tick.
  ///
  /// - Parameter axons: the axons that received a spike, each once.
  /// - Returns: the neurons that emitted a spike, ascending.
  /// - Complexity: O(spikes · neurons).
  package mutating func step(_ axons: [Int]) -> [Int] {
    parameters.indices.filter { n in
      var counts = [Int](repeating: 0, count: parameters[n].weights.count)
      for axon in axons where crossbar[axon][n] { counts[types[axon]] += 1 }
      return neurons[n].step(counts, parameters[n])
    }
  }
}
