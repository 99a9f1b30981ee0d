// Rules on the connections of projections: weights and windows against the populations joined.

internal import Diagnostics

extension VerifierRule<SpikingGraph> {

  /// Weights and windows fit the populations that a projection joins.
  static var connectionsFit: Self {
    Self(
      ["ir.bad-shape"],
      "The weights and the window of a projection fit the shapes of its source and its target."
    ) { graph, sink in
      for id in graph.projections.ids where graph.joinsSoundPopulations(id) {
        do throws(Diagnostic) {
          try graph.checkConnections(of: graph[id])
        } catch {
          sink.report(error.located(at: graph.site(id)))
        }
      }
    }
  }

  /// Wires start at neurons of the source population, or nowhere.
  static var wiresStartAtNeurons: Self {
    Self(
      ["ir.bad-wire"], "A wire starts at a neuron of the source, or at -1 for none."
    ) { graph, sink in
      for id in graph.projections.ids where graph.joinsSoundPopulations(id) {
        guard case .wire(let wires) = graph[id].kind,
          case .int32(let starts)? = graph.tensors.sound(wires.sources)?.data
        else { continue }
        let count = graph[graph[id].source].shape.count
        guard let i = starts.firstIndex(where: { !(-1..<count ~= Int($0)) }) else { continue }
        sink.report(.badWire(Int(starts[i]), to: i, neurons: count, at: graph.site(id)))
      }
    }
  }
}

extension SpikingGraph {

  /// Returns whether the ends of projection `id` exist and can be computed with.
  fileprivate func joinsSoundPopulations(_ id: ProjectionID) -> Bool {
    joinsPopulations(id) && populations[projections[id].source].isSound
      && populations[projections[id].target].isSound
  }

  /// Checks the shapes of a projection between sound populations; constants that other rules
  /// report as missing or unsound are left out.
  fileprivate func checkConnections(of projection: Projection) throws(Diagnostic) {
    let source = populations[projection.source].shape
    let target = populations[projection.target].shape
    switch projection.kind {
    case .dense(let kind):
      try checkShape(of: kind.weights, [[source.count, target.count]], as: "weights")
    case .conv(let kind):
      try source.requireImage("the source")
      guard tensors.sound(kind.weights) != nil else { return }
      // The tensor operator with the same equation has the same shape rule.
      let conv = Conv2D(kernel: kind.weights, window: kind.window, groups: kind.groups)
      try checkTarget(target, conv.outputShape(of: [source], tensors))
    case .pool(let kind):
      try source.requireImage("the source")
      let extents = try kind.window.outputExtents(height: source[0], width: source[1])
      try checkTarget(target, [extents.height, extents.width, source[2]])
    case .identity(let kind):
      guard source.count == target.count else {
        throw .unequalCounts(source, target)
      }
      try checkShape(of: kind.weights, [[target.channels], [1]], as: "weights")
    case .wire(let kind):
      try checkShape(of: kind.sources, [[target.count]], as: "wires")
    }
  }

  /// Checks that the tensor `id`, if there is one and it is sound, has one of the `accepted` shapes.
  private func checkShape(
    of id: TensorID?, _ accepted: [Shape], as role: String
  ) throws(Diagnostic) {
    guard let found = id.flatMap({ tensors.sound($0) })?.shape, !accepted.contains(found) else {
      return
    }
    throw .badConnections(role, found, accepted)
  }

  /// Checks that the target has the shape that connections lead to.
  private func checkTarget(_ target: Shape, _ expected: Shape) throws(Diagnostic) {
    guard target == expected else { throw .wrongTarget(target, expected) }
  }
}

extension Diagnostic {

  /// Returns an error about a wire that starts at no neuron of the source.
  fileprivate static func badWire(
    _ start: Int, to target: Int, neurons: Int, at site: Site
  ) -> Diagnostic {
    .error(
      "ir.bad-wire",
      "the wire to neuron \(target) starts at \(start), accepted range is [-1, \(neurons - 1)]",
      at: site)
  }

  /// Returns an error about one-to-one connections between populations of different sizes.
  fileprivate static func unequalCounts(_ source: Shape, _ target: Shape) -> Diagnostic {
    .badShape(
      "the source \(source) has \(source.count, of: "neuron"), the target \(target) has "
        + "\(target.count), expected as many")
  }

  /// Returns an error about weights or wires that do not fit the populations.
  fileprivate static func badConnections(
    _ role: String, _ found: Shape, _ accepted: [Shape]
  ) -> Diagnostic {
    let expected = accepted.map(\.description).joined(separator: " or ")
    return .badShape("the \(role) have shape \(found), expected \(expected)")
  }

  /// Returns an error about a target whose shape is not the one that connections lead to.
  fileprivate static func wrongTarget(_ found: Shape, _ expected: Shape) -> Diagnostic {
    .badShape("the target has shape \(found), the connections lead to \(expected)")
  }
}
