// Spiking graphs without the tensors that nothing uses any more.

internal import SpikeIR

extension SpikingGraph {

  /// Drops the tensors that nothing uses.
  mutating func dropUnusedTensors() {
    var store = TensorStore()
    var map: [TensorID: TensorID] = [:]
    let old = tensors
    func carry(_ id: TensorID) -> TensorID {
      if let known = map[id] { return known }
      let new = store.add(old[id])
      map[id] = new
      return new
    }
    for id in populations.ids {
      var population = self[id]
      population.model = population.model.mappingTensors(carry)
      population.bias = population.bias.map(carry)
      population.quantum = population.quantum.map(carry)
      population.membraneUnit = population.membraneUnit.map(carry)
      self[id] = population
    }
    for id in projections.ids {
      var projection = self[id]
      projection.kind.weights = projection.kind.weights.map(carry)
      if case .wire(var wire) = projection.kind {
        wire.sources = carry(wire.sources)
        projection.kind = .wire(wire)
      }
      self[id] = projection
    }
    tensors = store
  }
}
