// Rules on projections for themselves: what they join, in which order, and when.

internal import Diagnostics

extension VerifierRule<SpikingGraph> {

  /// Projections join populations of the graph, from earlier to later ones.
  static var projectionsGoForward: Self {
    Self(
      ["ir.bad-population", "ir.backward-projection"],
      "A projection joins two populations of the graph, the source before the target."
    ) { graph, sink in
      for id in graph.projections.ids {
        let projection = graph[id]
        let ends = [projection.source, projection.target]
        for end in ends where graph.populations.find(end) == nil {
          sink.report(.badPopulation(end, at: graph.site(id)))
        }
        if graph.joinsPopulations(id), projection.source >= projection.target {
          sink.report(.backward(projection, at: graph.site(id)))
        }
      }
    }
  }

  /// Shifts and delays are in range.
  static var shiftsAndDelays: Self {
    Self(
      ["ir.bad-shift", "ir.bad-delay"],
      "A shift is between 0 and 24, and 0 where weights are f32; a delay is between 0 and 4,096."
    ) { graph, sink in
      for id in graph.projections.ids {
        let projection = graph[id]
        let weights = projection.kind.weights.flatMap { graph.tensors.find($0) }
        let limit = weights?.elementType == .float32 ? 0 : 24
        if !(0...limit ~= projection.shift) {
          sink.report(.badShift(projection.shift, limit: limit, at: graph.site(id)))
        }
        if !(0...delayLimit ~= projection.delay) {
          sink.report(.badDelay(projection.delay, at: graph.site(id)))
        }
      }
    }
  }
}

/// The largest delay accepted, ticks: as long as the longest window.
private let delayLimit = 4096

extension SpikingGraph {

  /// Returns whether both ends of projection `id` are populations of the graph.
  func joinsPopulations(_ id: ProjectionID) -> Bool {
    populations.find(projections[id].source) != nil
      && populations.find(projections[id].target) != nil
  }
}

extension Diagnostic {

  /// Returns an error about an identity that names no population.
  static func badPopulation(_ id: PopulationID, at site: Site) -> Diagnostic {
    .error("ir.bad-population", "there is no population \(id)", at: site)
  }

  /// Returns an error about a projection that does not go forward.
  fileprivate static func backward(_ projection: Projection, at site: Site) -> Diagnostic {
    .error(
      "ir.backward-projection",
      "the projection goes from \(projection.source) to \(projection.target), expected an earlier "
        + "population as source", at: site)
  }

  /// Returns an error about a power of two that is out of range.
  fileprivate static func badShift(_ shift: Int, limit: Int, at site: Site) -> Diagnostic {
    .error(
      "ir.bad-shift",
      limit == 0
        ? "the shift is \(shift), expected 0 with floating-point weights"
        : "the shift is \(shift), accepted range is [0, \(limit)]", at: site)
  }

  /// Returns an error about a delay that is out of range.
  fileprivate static func badDelay(_ delay: Int, at site: Site) -> Diagnostic {
    .error(
      "ir.bad-delay",
      "the delay is \(delay, of: "tick"), accepted range is [0, \(delayLimit)]", at: site)
  }
}
