// Rules on names: reports, traces and the text form's diagnostics address entities by them.

internal import Diagnostics

extension VerifierRule<ANNGraph> {

  /// Names of nodes are unique.
  static var uniqueNames: Self {
    Self(["ir.duplicate-name"], "The names of nodes are unique.") { graph, sink in
      reportDuplicates(graph.ids, { graph[$0].name }, { graph.site($0) }, &sink)
    }
  }
}

extension VerifierRule<SpikingGraph> {

  /// Names of populations are unique.
  static var uniqueNames: Self {
    Self(["ir.duplicate-name"], "The names of populations are unique.") { graph, sink in
      reportDuplicates(graph.populations.ids, { graph[$0].name }, { graph.site($0) }, &sink)
    }
  }
}

/// Reports every entity whose name an earlier one has.
private func reportDuplicates<ID: EntityID>(
  _ ids: [ID], _ name: (ID) -> String, _ site: (ID) -> Site, _ sink: inout DiagnosticSink
) {
  var first: [String: ID] = [:]
  for id in ids {
    if let earlier = first[name(id)] {
      sink.report(.duplicateName(name(id), ofEarlier: earlier.description, at: site(id)))
    } else {
      first[name(id)] = id
    }
  }
}

extension Diagnostic {

  /// Returns an error about a name that two entities share.
  fileprivate static func duplicateName(
    _ name: String, ofEarlier earlier: String, at site: Site
  ) -> Diagnostic {
    .error("ir.duplicate-name", "the name '\(name)' is already that of \(earlier)", at: site)
  }
}
