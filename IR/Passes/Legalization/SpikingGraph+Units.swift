// Changing what a unit of a population is worth, and everything that hears it.

internal import Diagnostics
internal import SpikeIR

extension SpikingGraph {

  /// `true` iff some constants are integers, as they are after the pass `quantize`.
  var hasIntegers: Bool {
    let constants =
      projections.elements.compactMap { $0.kind.weights }
      + populations.elements.compactMap { $0.bias }
      + populations.elements.compactMap { population -> TensorID? in
        if case .integrateAndFire(let model) = population.model { model.threshold } else { nil }
      }
    return constants.contains { tensors[$0].elementType != .float32 }
  }

  /// Has a unit of each of the given populations stand for as many times its value as told: quanta
  /// grow, with them those of the relays and maxima behind, and so do the weights of those who
  /// listen, so that real values stay what they are.
  ///
  /// - Parameter factors: what units are worth of their former value, by population.
  /// - Throws: `legalize.mixed-relay` if a relay adds units of different growth, `ir.elided-tensor`.
  /// - Precondition: the constants are f32, and no `pool` or `wire` leads from the populations to
  ///   neurons that integrate.
  /// - Complexity: O(populations + weights).
  mutating func multiplyUnits(_ factors: [PopulationID: Float]) throws(Diagnostic) {
    var growth = [Float](repeating: 1, count: populations.count)
    for (id, factor) in factors { growth[id.index] = factor }
    let afferents = afferents()
    for id in populations.ids {
      if self[id].model.integrates {
        for projection in afferents[id.index] {
          try multiplyWeights(of: projection, by: growth[self[projection].source.index])
        }
      } else if factors[id] == nil, let first = afferents[id.index].first {
        let own = growth[self[first].source.index]
        for projection in afferents[id.index] where growth[self[projection].source.index] != own {
          throw .mixedRelay(self[id].name, self[self[projection].source].name)
        }
        growth[id.index] = own
      }
      guard growth[id.index] != 1, let quantum = self[id].quantum else { continue }
      let values = try tensors.floats(quantum).map { $0 * growth[id.index] }
      self[id].quantum = tensors.add(
        tensors[quantum].name, shape: tensors[quantum].shape, floats: values)
    }
  }

  /// Multiplies the weights of a projection to neurons that integrate.
  private mutating func multiplyWeights(
    of id: ProjectionID, by factor: Float
  ) throws(Diagnostic) {
    guard factor != 1 else { return }
    if let weights = self[id].kind.weights {
      let values = try tensors.floats(weights).map { $0 * factor }
      self[id].kind.weights = tensors.add(
        tensors[weights].name, shape: tensors[weights].shape, floats: values)
    } else {
      precondition(self[id].kind.isIdentity, "internal: a pool or wire leads to a membrane")
      self[id].kind.weights = tensors.add(
        "\(self[id].name)/weights", shape: [1], floats: [factor])
    }
  }

  /// Puts a relay, and a one-to-one projection of weight 1, behind each `pool` and `wire` that leads
  /// to neurons that integrate, so that every projection to a membrane can have weights.
  mutating func separatePools() {
    let bare = Set(
      projections.ids.filter { id in
        self[id].kind.weights == nil && !self[id].kind.isIdentity
          && self[self[id].target].model.integrates
      })
    if bare.isEmpty { return }
    var rewriter = SpikingRewriter(self)
    let afferents = afferents()
    for id in populations.ids {
      let own = afferents[id.index]
      let relays = own.filter { bare.contains($0) }.map { projection in
        let old = self[projection]
        let relay = rewriter.add(
          Population(
            name: "\(old.name)/relay", shape: self[id].shape, code: self[id].code, model: .relay))
        rewriter.connect(
          rewriter.image(of: old.source), to: relay, old.kind, shift: old.shift, delay: old.delay)
        return relay
      }
      let target = rewriter.copy(id)
      for relay in relays { rewriter.connect(relay, to: target, .identity(IdentityProjection())) }
      for projection in own where !bare.contains(projection) { rewriter.carry(projection) }
    }
    self = rewriter.finished()
  }
}

extension SpikingRewriter {

  /// Copies projection `id` between the populations that took the place of its ends.
  mutating func carry(_ id: ProjectionID) {
    var own = old[id]
    own.source = image(of: own.source)
    own.target = image(of: own.target)
    graph.projections.append(own)
  }
}

extension Diagnostic {

  /// Returns an error about a relay that adds units whose values no longer agree.
  fileprivate static func mixedRelay(_ relay: String, _ source: String) -> Diagnostic {
    .error(
      "legalize.mixed-relay",
      "'\(relay)' adds units of '\(source)' to others whose value would change otherwise",
      at: .entity(relay),
      notes: ["give all inputs that meet in a relay the same resolution: convert{input-levels=n}"],
      exitCode: .doesNotFit)
  }
}
