// Weights of few bits: what measuring the spiking network is worth, and that everything stays
// exact integers.

import DataIO
import Diagnostics
import EventCPU
import FoundationEssentials
import KerasFrontend
import PluginAPI
import SpikeExecution
import SpikeIR
import SpikeInterpreter
import SpikePasses
import Testing

/// A trained network of the fixtures, calibrated on one half of its images.
private struct Example {

  let network: ANNGraph
  let calibration: [[Float]]
  let held: [[Float]]

  init(_ trained: TrainedNetwork) throws {
    var sink = DiagnosticSink()
    network = try KerasFrontend().load(
      path: trained.path(of: trained.model), options: ImportOptions(), sink: &sink
    ).graph
    let source = try DataSource(opening: trained.path(of: trained.images), sink: &sink)
    let set = try ImageSet(
      source, matching: network[network.inputs[0]].shape,
      preprocessing: Preprocessing(scale: 1 / 255))
    calibration = try (0..<48).map { try set.sample($0) }
    held = try (48..<64).map { try set.sample($0) }
  }

  /// Returns the spiking network that a quantization makes, and its context.
  func spiking(
    _ quantization: String, code: String = "weighted,timesteps=6", levels: Int = 63,
    threads: Int = 2
  ) throws -> (SpikingGraph, PassContext) {
    var context = PassContext()
    context.calibration = CalibrationInputs(count: calibration.count) { [calibration[$0]] }
    context.simulator = EventSimulator()
    context.threads = threads
    var program = Program.ann(network)
    try Pipeline(
      parsing: "simplify,expand-activations,fold-batchnorm,calibrate{levels=\(levels)},"
        + "convert{code=\(code)},\(quantization)", known: Pass.builtIn
    ).run(on: &program, &context, verifiesEach: true)
    guard case .snn(let graph) = program else { preconditionFailure("internal: not converted") }
    return (graph, context)
  }

  /// Returns the mean squared difference of the outputs on images that were not used.
  func error(_ graph: SpikingGraph) throws -> Double {
    let (engine, executor) = (try EventEngine(lowering: graph), try ANNExecutor(network))
    let found = try engine.run(
      count: held.count, options: RunOptions(threads: 2), input: { [held[$0]] },
      progress: { _ in })
    var sum = 0.0
    for (i, image) in held.enumerated() {
      for (c, wanted) in try executor.run([image])[0].enumerated() {
        let difference = Double(found.outputs[i * found.outputCount + c] - wanted)
        sum += difference * difference
      }
    }
    return sum / Double(held.count)
  }
}

@Suite("Weights of few bits") struct LowBitTests {

  static let networks = TrainedNetwork.all.filter { !$0.model.hasPrefix("Examples") }

  @Test("rounding with feedback beats rounding to nearest on images not used", arguments: networks)
  func feedbackHelps(trained: TrainedNetwork) throws {
    let example = try Example(trained)
    let (plain, _) = try example.spiking("quantize{bits=3},correct-bias")
    let (better, _) = try example.spiking(
      "quantize{bits=3,clip=mmse,rounding=gptq,target=outputs,corrections=1}")
    let (before, after) = (try example.error(plain), try example.error(better))
    #expect(after < 0.5 * before, "\(before) becomes \(after)")
  }

  @Test("engine and reference agree on what comes out", arguments: networks)
  func exact(trained: TrainedNetwork) throws {
    let example = try Example(trained)
    for (bits, code, levels) in [
      ("ternary", "weighted,timesteps=4", 15), ("binary", "phased,timesteps=7", 7),
      ("5", "rate,timesteps=8", 8),
    ] {
      let (graph, context) = try example.spiking(
        "quantize{bits=\(bits),clip=mmse,rounding=gptq,target=outputs,corrections=1},"
          + "bound-potentials", code: code, levels: levels)
      let (engine, simulator) = (try EventEngine(lowering: graph), try ClockSimulator(graph))
      for image in example.held.prefix(2) {
        let expected = try simulator.run([image]).trace
        #expect(try engine.trace([image]) == expected, "\(bits) bits, \(code)")
      }
      let bounded = context.statistics.first { $0.pass == "bound-potentials" }?.value
      #expect(bounded == graph.populations.elements.count(where: { $0.model.integrates }))
      for projection in graph.projections.elements {
        guard case .conv(let conv) = projection.kind else { continue }
        let largest = bits == "5" ? 15 : 1
        let weights = try graph.tensors.integers(conv.weights)
        #expect(weights.allSatisfy { abs($0) <= largest })
        if bits == "binary" { #expect(!weights.contains(0)) }
      }
    }
  }

  @Test("does not depend on the number of threads") func deterministic() throws {
    let example = try Example(Self.networks[0])
    let quantization = "quantize{bits=3,clip=mmse,rounding=gptq,target=outputs,corrections=1}"
    let (first, _) = try example.spiking(quantization, threads: 1)
    let (second, _) = try example.spiking(quantization, threads: 3)
    #expect(first == second)
  }
}
