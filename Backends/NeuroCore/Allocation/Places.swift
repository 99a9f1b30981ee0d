// Which cores there are, and how many of a core's places for neurons things take.

package import HardwareTargets
package import SpikeIR

extension TargetDescription {

  /// Returns the position in `cores` of the class of core `number`.
  package func kind(ofCore number: Int) -> Int {
    let place = number % max(1, coresPerChip)
    if let kind = cores.firstIndex(where: { $0.ids?.contains(place) ?? false }) { return kind }
    // Classes without positions share, in order, the places that the others leave.
    let rest = place - cores.reduce(0) { $0 + ($1.ids?.count { $0 < place } ?? 0) }
    var first = 0
    for (kind, own) in cores.enumerated() where own.ids == nil {
      if rest < first + own.count { return kind }
      first += own.count
    }
    return 0
  }
}

extension TargetDescription {

  /// Returns the largest number of places, axons of cores, to which a neuron on a core of class `kind`
  /// can send; `nil` if it is not limited.
  func mostDestinations(of kind: CoreClass) -> Int? {
    let single = topology.network.delivery == .unicastSingle ? 1 : nil
    return [single, kind.operations?.mostDestinations].compactMap { $0 }.min()
  }
}

extension Allocation {

  /// Returns the number of its core's places that slice `id` takes.
  package func places(of id: SliceID) -> Int {
    let slice = mapped.slices[id]
    let kind = target.kind(ofCore: slice.core)
    return slice.box.count * target.cores[kind].placesPerNeuron(of: slice.population, in: graph)
  }
}

extension TargetDescription {

  /// Returns the classes of cores that have neurons of `model`, with its constants, a bit for each of
  /// the first 64 positions in `cores`; 0 if none has.
  ///
  /// Classes differ in what decays, and in how often neurons fire in a tick. What else neurons are asked
  /// for is a matter of machines as a whole, which legalization looks at.
  func classes(having model: NeuronModel) -> UInt64 {
    var result: UInt64 = 0
    for (kind, own) in cores.enumerated().prefix(64) where own.neuron?.has(model) ?? true {
      result |= 1 << UInt64(kind)
    }
    return result
  }
}

extension NeuronFeatures {

  /// Returns whether neurons of cores do what those of `model` do, as far as decays and spikes go.
  func has(_ model: NeuronModel) -> Bool {
    switch model {
    case .source, .relay: true
    case .bitShift(let model): shifts?.include(model) ?? false
    case .currentBased(let model): decays?.include(model) ?? false
    case .integrateAndFire, .leaky, .maximum, .staircase, .integrator: self.model != .bitShift
    }
  }
}

extension ShiftFeatures {

  /// Returns whether cores have the decays of `model`, and neurons that fire as often in a tick.
  func include(_ model: BitShiftLeaky) -> Bool {
    current.contains(model.currentShift) && potential.contains(model.potentialShift)
      && most == model.mostSpikes
  }
}

extension CoreClass {

  /// Returns how many of a core's places a neuron of `population` takes: more than one where its
  /// reset, or the largest of several counts, is made of several.
  package func placesPerNeuron(of population: PopulationID, in graph: SpikingGraph) -> Int {
    guard let neuron else { return 1 }
    switch graph[population].model {
    case .source, .relay: return 0
    case .integrator: return 1
    case .integrateAndFire, .bitShift, .staircase:
      return neuron.resets.filter { $0.mode == .subtract }.map(\.neuronCost).min() ?? 1
    case .leaky, .currentBased:
      return neuron.resets.filter { $0.mode == .zero || $0.mode == .value }.map(\.neuronCost).min()
        ?? 1
    case .maximum:
      guard let gate = neuron.maximum else { return 1 }
      let window = graph.projections.elements.first { $0.target == population }?.kind
      guard case .pool(let pool) = window else { return gate.costPerOutput + gate.costPerInput }
      let inputs = pool.window.size.height * pool.window.size.width
      return gate.costPerOutput + gate.costPerInput * inputs
    }
  }
}
