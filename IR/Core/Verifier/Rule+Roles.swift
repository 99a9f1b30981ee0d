// Rules on how populations are joined, by what their neurons do.

internal import Diagnostics

extension VerifierRule<SpikingGraph> {

  /// Sources receive nothing, maxima one pooling, integrators feed nothing.
  static var fedAsModelsNeed: Self {
    Self(
      ["ir.fed-source", "ir.bad-maximum", "ir.integrator-feeds"],
      "A source receives no projection; a maximum receives exactly one, a pool without shift; an "
        + "integrator feeds none."
    ) { graph, sink in
      var received = [Int](repeating: 0, count: graph.populations.count)
      for id in graph.projections.ids {
        let projection = graph[id]
        if let target = graph.populations.find(projection.target)?.model {
          received[projection.target.index] += 1
          if target == .source { sink.report(.fedSource(projection.target, at: graph.site(id))) }
          if target == .maximum, !projection.poolsUnits {
            sink.report(.notPooled(projection, at: graph.site(id)))
          }
        }
        if graph.populations.find(projection.source)?.model == .integrator {
          sink.report(.integratorFeeds(projection.source, at: graph.site(id)))
        }
      }
      for id in graph.populations.ids
      where graph[id].model == .maximum && received[id.index] != 1 {
        sink.report(.badMaximum(received[id.index], at: graph.site(id)))
      }
    }
  }
}

extension Projection {

  /// `true` iff the projection pools the units of the source as they are.
  fileprivate var poolsUnits: Bool {
    if case .pool = kind { shift == 0 } else { false }
  }
}

extension Diagnostic {

  /// Returns an error about a projection into a source.
  fileprivate static func fedSource(_ id: PopulationID, at site: Site) -> Diagnostic {
    .error(
      "ir.fed-source", "the target \(id) is a source, which only an encoder may drive", at: site)
  }

  /// Returns an error about a projection into a maximum that does not just pool.
  fileprivate static func notPooled(_ projection: Projection, at site: Site) -> Diagnostic {
    .error(
      "ir.bad-maximum",
      "the target \(projection.target) is a maximum, expected a 'pool' without shift, found "
        + "'\(projection.kind.mnemonic)' with shift \(projection.shift)", at: site)
  }

  /// Returns an error about a maximum over no or several projections.
  fileprivate static func badMaximum(_ received: Int, at site: Site) -> Diagnostic {
    .error(
      "ir.bad-maximum", "the maximum receives \(received) projections, expected exactly 1", at: site
    )
  }

  /// Returns an error about a projection from an integrator.
  fileprivate static func integratorFeeds(_ id: PopulationID, at site: Site) -> Diagnostic {
    .error(
      "ir.integrator-feeds", "the source \(id) is an integrator, which never emits", at: site)
  }
}
