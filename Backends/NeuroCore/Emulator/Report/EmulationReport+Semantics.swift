// What the semantics of an emulation leave open, and which variant was chosen: by the machine's time,
// and by each neuron model that a network has.

internal import HardwareTargets
internal import SpikeIR

extension EmulationReport {

  /// Returns the variants that were chosen where machines or tools differ.
  ///
  /// What is true of neurons begins with their models, as the text form has them.
  ///
  /// - Complexity: O(slices · models).
  static func semantics(of allocation: Allocation) -> [String] {
    let time =
      allocation.target.time.model == .event
      ? "spikes act one after another, in the order in which they arrive"
      : "input of a tick is summed before registers are limited"
    var variants: [(text: String, models: [String])] = []
    for (model, neuron) in allocation.neurons {
      for text in model.variants(on: neuron) {
        let known = variants.firstIndex { $0.text == text } ?? variants.endIndex
        if known == variants.endIndex { variants.append((text, [])) }
        if !variants[known].models.contains(model.mnemonic) {
          variants[known].models.append(model.mnemonic)
        }
      }
    }
    return [time] + variants.map { $0.models.joined(separator: ", ") + ": " + $0.text }
  }
}

extension Allocation {

  /// The models of the neurons that lie on cores, each with what those cores offer, in the order of
  /// slices.
  fileprivate var neurons: [(model: NeuronModel, features: NeuronFeatures)] {
    let kinds = Dictionary(cores.map { ($0.number, $0.kind) }, uniquingKeysWith: { a, _ in a })
    return mapped.slices.elements.compactMap { slice in
      guard let kind = kinds[slice.core], target.cores.indices.contains(kind),
        let features = target.cores[kind].neuron,
        let population = graph.populations.find(slice.population)
      else { return nil }
      return (population.model, features)
    }
  }
}

extension NeuronModel {

  /// Returns what cores do with neurons of this model where machines or tools differ.
  fileprivate func variants(on neuron: NeuronFeatures) -> [String] {
    switch self {
    case .integrateAndFire:
      let isSplit = neuron.resets.contains { $0.mode == .subtract && $0.neuronCost > 1 }
      return neuron.memories
        + (isSplit ? ["reset by subtraction acts in the tick of the spike"] : [])
    case .staircase, .integrator: return neuron.memories
    case .currentBased:
      return [
        "what is left of currents and potentials is truncated towards 0; currents wrap around, "
          + "potentials saturate, and those above the threshold fire and become 0"
      ]
    case .bitShift:
      return [
        "input is added before currents decay; losses are rounded down and at least 1 above 0; currents "
          + "and potentials saturate; a threshold is taken off for each spike",
        "the spikes of a neuron in a tick are one packet with their number, for which a synapse is read once",
        "biases act from the first tick of what a population hears on, not before",
      ]
    case .source, .relay, .maximum, .leaky: return []
    }
  }
}

extension NeuronFeatures {

  /// What becomes of the states of current-based neurons where those of a network do not leak.
  fileprivate var memories: [String] {
    model == .currentBased
      ? ["currents are forgotten after a tick (du = 4095, offset 1), potentials kept"] : []
  }
}
