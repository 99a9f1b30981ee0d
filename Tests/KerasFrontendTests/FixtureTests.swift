// Every model that the frameworks wrote computes what the framework computed.

import Diagnostics
import KerasFrontend
import PluginAPI
import SpikeIR
import SpikeInterpreter
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

  /// Compares the outputs for all samples; the tolerance is 10⁻⁴ of their range.
  private func expectSameOutputs(_ graph: ANNGraph, _ fixture: Fixture) throws {
    let inputs = try fixture.samples("input")
    let outputs = try fixture.samples("output")
    try #require(!inputs.isEmpty && !outputs.isEmpty)
    #expect(
      graph.inputs.map { graph[$0].shape.extents } == inputs.map { Array($0.extents.dropFirst()) })
    #expect(
      graph.outputs.map { graph[$0].shape.extents } == outputs.map { Array($0.extents.dropFirst()) }
    )
    let executor = try ANNExecutor(graph)
    for sample in 0..<inputs[0].extents[0] {
      let found = try executor.run(inputs.map { $0[sample] })
      for (k, output) in outputs.enumerated() {
        let range = (output.elements.max() ?? 0) - (output.elements.min() ?? 0)
        let expected = output[sample]
        try #require(found[k].count == expected.count)
        let error = zip(found[k], expected).map { abs($0 - $1) }.max() ?? 0
        #expect(error <= 1e-4 * max(range, 1e-3), "sample \(sample), output \(k)")
      }
    }
  }
}
