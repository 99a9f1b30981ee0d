import Diagnostics
import PluginAPI
import SpikeIR
import SpikePasses
import Testing

@Suite("Pipelines as text") struct PipelineTests {

  @Test("names, options and blanks are read") func reads() throws {
    let text = " simplify , calibrate{ method = max ,levels=7},quantize{}"
    let pipeline = try Pipeline(parsing: text, known: Pass.builtIn)
    #expect(pipeline.steps.map(\.pass.name) == ["simplify", "calibrate", "quantize"])
    #expect(pipeline.steps[1].arguments.word("method") == "max")
    #expect(pipeline.steps[1].arguments.integer("levels") == 7)
    #expect(pipeline.steps[1].arguments.number("percentile") == 99.9)
    #expect(pipeline.steps[2].arguments.integer("bits") == 8)
    #expect(try Pipeline(parsing: "", known: Pass.builtIn).steps.isEmpty)
  }

  @Test(
    "what cannot be read is said",
    arguments: [
      ("simplify,,quantize", "pass.bad-pipeline"), ("calibrate{levels=3", "pass.bad-pipeline"),
      ("calibrate}levels", "pass.bad-pipeline"), ("calibrate{a{b}}", "pass.bad-pipeline"),
      ("calibrate{levels}", "pass.bad-pipeline"), ("calibrate{levels=1}x", "pass.bad-pipeline"),
      ("calibrate{levels=1,levels=2}", "pass.bad-pipeline"), ("simplfy", "pass.unknown"),
      ("simplify{x=1}", "pass.unknown-option"), ("calibrate{levels=0}", "pass.bad-option"),
      ("calibrate{levels=many}", "pass.bad-option"), ("calibrate{method=best}", "pass.bad-option"),
      ("calibrate{percentile=101}", "pass.bad-option"), (",", "pass.bad-pipeline"),
    ])
  func refuses(text: String, id: String) {
    let error = #expect(throws: Diagnostic.self) {
      try Pipeline(parsing: text, known: Pass.builtIn)
    }
    #expect(error?.id == id)
    #expect(error?.exitCode == .usage)
  }

  @Test("a pass of another level is refused") func wrongLevel() throws {
    var program = Program.ann(ANNGraph(name: "empty"))
    var context = PassContext()
    let pipeline = try Pipeline(parsing: "quantize", known: Pass.builtIn)
    let error = #expect(throws: CompileError.self) { try pipeline.run(on: &program, &context) }
    #expect(error?.diagnostics.map(\.id) == ["pass.wrong-level"])
  }

  @Test("a pass that breaks the network is named") func verifiesEach() throws {
    let breaking = Pass.ann(name: "break", summary: "", details: "") {
      (graph, _, _) throws(CompileError) in
      graph.outputs = [NodeID(raw: 7)]
    }
    var program = try someNetwork()
    var context = PassContext()
    let pipeline = Pipeline([try PipelineStep(.simplify), try PipelineStep(breaking)])
    let error = #expect(throws: CompileError.self) {
      try pipeline.run(on: &program, &context, verifiesEach: true)
    }
    #expect(error?.exitCode == .internalError)
    #expect(error?.diagnostics.first?.notes.last?.contains("'break'") == true)
  }

  @Test("calibration without samples says what to pass") func noSamples() throws {
    var program = try someNetwork()
    var context = PassContext()
    let pipeline = try Pipeline(parsing: "calibrate", known: Pass.builtIn)
    let error = #expect(throws: CompileError.self) { try pipeline.run(on: &program, &context) }
    #expect(error?.diagnostics.map(\.id) == ["pass.no-calibration"])
    #expect(error?.exitCode == .usage)
  }
}

/// Returns some network.
private func someNetwork() throws -> Program {
  var builder = NetworkBuilder(seed: 1)
  return .ann(try NetworkCase.all[0].build(&builder))
}
