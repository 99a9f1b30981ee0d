// Changing what a unit of a population, or of its potential, is worth.

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

extension SpikingGraph {

  /// Has a unit of the potential of population `id` stand for 2^excess of the former ones, without its
  /// projections: thresholds, initial potentials and biases are rounded to nearest, halves up.
  ///
  /// - Throws: `ir.elided-tensor`.
  /// - Precondition: the constants are integers.
  mutating func coarsen(_ id: PopulationID, by excess: Int) throws(Diagnostic) {
    switch self[id].model {
    case .integrateAndFire(var model):
      model.threshold = try rounded(model.threshold, excess, least: 1)
      if let initial = model.initial { model.initial = try rounded(initial, excess) }
      if let retraction = model.retraction { model.retraction = try rounded(retraction, excess) }
      self[id].model = .integrateAndFire(model)
    case .currentBased(var model):
      model.threshold = try rounded(model.threshold, excess, least: 1)
      if let initial = model.initial { model.initial = try rounded(initial, excess) }
      self[id].model = .currentBased(model)
    case .bitShift(var model):
      model.threshold = try rounded(model.threshold, excess, least: 1)
      self[id].model = .bitShift(model)
    case .leaky(var model):
      // Its constants are real, initial potentials in thresholds.
      model.threshold = try divided(model.threshold, by: Float(1 << excess))
      self[id].model = .leaky(model)
      if let bias = self[id].bias { self[id].bias = try divided(bias, by: Float(1 << excess)) }
    case .source, .relay, .maximum, .staircase, .integrator: break
    }
    if let bias = self[id].bias, tensors[bias].elementType != .float32 {
      self[id].bias = try rounded(bias, excess)
    }
    var (title, shape, values): (String, Shape, [Float]) = ("\(self[id].name)/unit", [1], [1])
    if let unit = self[id].membraneUnit {
      (title, shape) = (tensors[unit].name, tensors[unit].shape)
      values = try tensors.floats(unit)
    }
    self[id].membraneUnit = tensors.add(
      title, shape: shape, floats: values.map { $0 * Float(1 << excess) })
  }

  private mutating func divided(_ id: TensorID, by factor: Float) throws(Diagnostic) -> TensorID {
    let values = try tensors.floats(id).map { $0 / factor }
    return tensors.add(tensors[id].name, shape: tensors[id].shape, floats: values)
  }

  private mutating func rounded(
    _ id: TensorID, _ excess: Int, least: Int64 = .min
  ) throws(Diagnostic) -> TensorID {
    let (name, shape) = (tensors[id].name, tensors[id].shape)
    let half = Int64(1) << Int64(excess - 1)
    let values = try tensors.integers(id).map { max(least, (Int64($0) + half) >> Int64(excess)) }
    return tensors.add(Tensor(name, shape: shape, data: .int32(values.map { Int32(clamping: $0) })))
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
