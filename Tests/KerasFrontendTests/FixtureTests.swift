// Every model that the frameworks wrote computes what the framework computed.

import Diagnostics
import KerasFrontend
import PluginAPI
import SpikeIR
import Testing

@Suite("Keras fixtures") struct FixtureTests {

  /// The fixtures that are refused, with the diagnostic that says so.
  static let refused = [
    "upsampling2d_bilinear": "keras.unsupported-option",
    "merge_dot": "keras.unsupported-layer",
    "activation_glu": "keras.unsupported-option",
    "activation_sparsemax": "keras.unsupported-option",
  ]

  @Test("there are fixtures of both generations") func exist() {
    #expect(Fixture.all(["k2"]).count > 200)
    #expect(Fixture.all(["k3"]).count > 200)
  }

  @Test("computes what the framework computed", arguments: Fixture.all(["k2", "k3"]))
  func matches(_ fixture: Fixture) throws {
    let caseName = String(fixture.name.dropFirst(3))
    var sink = DiagnosticSink()
    if let id = FixtureTests.refused[caseName] {
      let error = #expect(throws: CompileError.self) {
        try KerasFrontend().load(
          path: fixture.path("h5"), options: ImportOptions(), sink: &sink)
      }
      #expect(error?.diagnostics.map(\.id) == [id])
      return
    }
    let graph = try KerasFrontend().load(
      path: fixture.path("h5"), options: ImportOptions(), sink: &sink
    ).graph
    #expect(sink.diagnostics == [])
    #expect(Set(graph.ids.map { graph[$0].name }).count == graph.nodes.count)
    try expectSameOutputs(graph, fixture)
  }
}
