// What a rule of the verifier is, and how a list of rules is run. Rules are values so that the
// reference manual and the tests can go through them.

internal import Diagnostics

/// A property that every graph of type `Graph` must have before anything executes or transforms it.
///
/// Rules do not depend on each other: a rule leaves out what it cannot check because another rule
/// is violated there, so that one mistake gives one diagnostic wherever possible.
public struct VerifierRule<Graph>: Sendable {

  /// The ids of the diagnostics with which violations are reported.
  public let ids: [String]

  /// The property, in one sentence.
  public let summary: String

  /// Reports every violation.
  let check: @Sendable (Graph, inout DiagnosticSink) -> Void

  /// Creates a rule.
  init(
    _ ids: [String], _ summary: String,
    check: @escaping @Sendable (Graph, inout DiagnosticSink) -> Void
  ) {
    self.ids = ids
    self.summary = summary
    self.check = check
  }
}

extension Sequence {

  /// Returns what the rules of this list report about `graph`, in the order of the rules.
  func diagnostics<Graph>(of graph: Graph) -> [Diagnostic] where Element == VerifierRule<Graph> {
    var sink = DiagnosticSink()
    for rule in self { rule.check(graph, &sink) }
    return sink.diagnostics
  }
}
