import Diagnostics
import PluginAPI
import SpikeIR
import SpikeInterpreter
import SpikePasses
import TestSupport
import Testing

@Suite("Passes keep what a network computes") struct ConversionTests {

  @Test("exact passes change no output", arguments: NetworkCase.all, [1, 2])
  func exactPasses(network: NetworkCase, seed: UInt64) throws {
    var builder = NetworkBuilder(seed: seed)
    let graph = try network.build(&builder)
    let inputs = builder.samples(count: 6)
    let expected = try ANNExecutor(graph).outputs(of: inputs)
    for pipeline in ["simplify", "sink-transposes", "expand-activations", "fold-batchnorm", exact] {
      let (program, _) = try compiled(graph, pipeline, inputs)
      guard case .ann(let changed) = program else { throw TestFailure("level changed") }
      let found = try ANNExecutor(changed).outputs(of: inputs)
      #expect(largestError(found, expected) <= 2e-5, "\(pipeline)")
    }
  }

  @Test(
    "with fine steps and fine weights, spikes say what the network says",
    arguments: NetworkCase.all, ["weighted", "phased"])
  func spikesApproachTheNetwork(network: NetworkCase, code: String) throws {
    var builder = NetworkBuilder(seed: 3)
    let graph = try network.build(&builder)
    let inputs = builder.samples(count: 4)
    let expected = try ANNExecutor(graph).outputs(of: inputs)
    let steps = code == "weighted" ? 10 : 1023
    let pipeline =
      exact + ",calibrate{method=max},convert{code=\(code),timesteps=\(steps),input-levels=1023}"
      + ",quantize"
    let (program, _) = try compiled(graph, pipeline, inputs)
    guard case .snn(let spiking) = program else { throw TestFailure("not converted") }
    let network = try QuantizedNetwork(spiking)
    let found = try inputs.map { try network.run($0).outputs }
    // 8-bit weights: rounding errors of 1/254 of the largest weight, averaged over the fan-in.
    #expect(largestError(found, expected) <= 0.03)
  }

  @Test("with many ticks, rates say what the network says", arguments: NetworkCase.all)
  func ratesApproachTheNetwork(network: NetworkCase) throws {
    var builder = NetworkBuilder(seed: 4)
    let graph = try network.build(&builder)
    let inputs = builder.samples(count: 2)
    let expected = try ANNExecutor(graph).outputs(of: inputs)
    let pipeline =
      exact + ",calibrate{method=max},convert{code=rate,timesteps=600,input-levels=1023},quantize"
    let (program, _) = try compiled(graph, pipeline, inputs)
    guard case .snn(let spiking) = program else { throw TestFailure("not converted") }
    let simulator = try ClockSimulator(spiking)
    let found = try inputs.map { try simulator.run($0).outputs }
    #expect(largestError(found, expected) <= 0.06)
  }

  @Test("operators without a counterpart are reported together") func unsupported() throws {
    var b = NetworkBuilder(seed: 5)
    let x = try b.conv(b.input([6, 6, 2]), 4)
    let y = try b.node(.activation(Activation(.gelu)), x)
    let z = try b.combine(.multiply, y, x)
    let graph = try b.classifier(b.node(.softmax(Softmax()), z))
    let error = #expect(throws: CompileError.self) {
      try compiled(graph, exact + ",calibrate,convert", b.samples(count: 2))
    }
    let ids = error?.diagnostics.map(\.id)
    #expect(ids == Array(repeating: "convert.unsupported-operator", count: 2))
    #expect(
      error?.diagnostics.map(\.site) == [z, NodeID(z.index + 1)].map { .entity(graph[$0].name) })
  }

  @Test("conversion needs thresholds") func noThresholds() throws {
    var b = NetworkBuilder(seed: 6)
    let graph = try b.classifier(b.relu(b.dense(b.input([4]), 5)))
    let error = #expect(throws: CompileError.self) {
      try compiled(graph, "convert", b.samples(count: 1))
    }
    #expect(error?.diagnostics.map(\.id) == ["convert.no-threshold"])
  }
}

/// The passes that change no output.
let exact =
  "simplify,sink-transposes,simplify,expand-activations,simplify,fold-batchnorm,simplify"

/// Returns the network after the passes of `pipeline`, verified after each of them.
func compiled(
  _ graph: ANNGraph, _ pipeline: String, _ inputs: [[[Float]]]
) throws -> (Program, PassContext) {
  var context = PassContext()
  context.calibration = CalibrationInputs(count: inputs.count) { inputs[$0] }
  var program = Program.ann(graph)
  try Pipeline(parsing: pipeline, known: Pass.builtIn)
    .run(on: &program, &context, verifiesEach: true)
  return (program, context)
}

/// Returns the largest difference between two sets of outputs, relative to the range of each.
func largestError(_ found: [[[Float]]], _ expected: [[[Float]]]) -> Float {
  var result: Float = 0
  for output in expected[0].indices {
    let wanted = expected.flatMap { $0[output] }
    let range = max((wanted.max() ?? 0) - (wanted.min() ?? 0), 1e-3)
    for (f, e) in zip(found.flatMap { $0[output] }, wanted) {
      let error = abs(f - e) / range
      result = error.isNaN ? .infinity : max(result, error)
    }
    if found.flatMap({ $0[output] }).count != wanted.count { result = .infinity }
  }
  return result
}

struct TestFailure: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

extension ANNExecutor {

  /// Returns the outputs for each sample.
  func outputs(of inputs: [[[Float]]]) throws -> [[[Float]]] {
    try inputs.map { try run($0) }
  }
}

extension NetworkBuilder {

  /// Returns random samples for the network's inputs.
  mutating func samples(count: Int) -> [[[Float]]] {
    let shapes = graph.inputs.map { graph[$0].shape }
    return (0..<count).map { _ in
      shapes.map { shape in (0..<shape.count).map { _ in number(-1, 1) } }
    }
  }
}
