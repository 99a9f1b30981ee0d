// Biases of leaky neurons, corrected over the ticks that outputs are read in.

import Diagnostics
import EventCPU
import PluginAPI
import SpikeIR
import SpikePasses
import TestSupport
import Testing

@Suite("Correction of leaky neurons") struct LeakyCorrectionTests {

  private let inputs = CalibrationInputs(count: 24) { i in
    var random = SplitMix64(seed: UInt64(i))
    return [(0..<16).map { _ in Float.random(in: 0..<1, using: &random) }]
  }

  /// Returns a network of five convolutions with rectifiers, and a classifier.
  private func network() throws -> ANNGraph {
    var graph = ANNGraph(name: "chain")
    var random = SplitMix64(seed: 7)
    func floats(_ count: Int, _ range: ClosedRange<Float>) -> [Float] {
      (0..<count).map { _ in Float.random(in: range, using: &random) }
    }
    var last = try graph.add("input", .input, shape: [4, 4, 1])
    var channels = 1
    let window = Window(size: Pair(3, 3), padding: Padding(top: 1, left: 1, bottom: 1, right: 1))
    for i in 0..<5 {
      let kernel = graph.tensors.add(
        "kernel\(i)", shape: [3, 3, channels, 6],
        floats: floats(54 * channels, -0.2...0.5).map { $0 / Float(channels) })
      let bias = graph.tensors.add("bias\(i)", shape: [6], floats: floats(6, -0.1...0.1))
      last = try graph.add(
        "conv\(i)", .conv2d(Conv2D(kernel: kernel, bias: bias, window: window)), [last])
      last = try graph.add("relu\(i)", .activation(.relu), [last])
      channels = 6
    }
    last = try graph.add("flatten", .reshape(Reshape([96])), [last])
    let kernel = graph.tensors.add("dense", shape: [96, 3], floats: floats(288, -0.2...0.2))
    last = try graph.add("classes", .dense(Dense(kernel: kernel, bias: nil)), [last])
    graph.outputs = [last]
    return graph
  }

  /// Returns it as leaky neurons, corrected.
  private func spiking(_ correction: String) throws -> SpikingGraph {
    try compiled(correction).graph
  }

  /// Returns it as leaky neurons, corrected, and what was reported.
  private func compiled(
    _ correction: String, ticks: Int = 120, before first: String = ""
  ) throws -> (graph: SpikingGraph, warnings: [Diagnostic]) {
    var program = Program.ann(try network())
    var context = PassContext()
    context.calibration = inputs
    context.simulator = EventSimulator()
    context.threads = 2
    try Pipeline(
      parsing: "simplify,calibrate,soften{range=20},convert{code=rate,timesteps=\(ticks),"
        + "synapse=exponential,tau-synapse=0.01},\(first)delay-readout,quantize,\(correction)",
      known: Pass.builtIn
    ).run(on: &program, &context, verifiesEach: true)
    guard case .snn(let graph) = program else { preconditionFailure("internal: not converted") }
    return (graph, context.sink.diagnostics.filter { $0.severity == .warning })
  }

  /// Returns the biases of the populations of leaky neurons, in order.
  private func biases(_ graph: SpikingGraph) throws -> [[Float]] {
    try graph.populations.elements.compactMap { population in
      guard case .leaky = population.model, let bias = population.bias else { return nil }
      return try graph.tensors.floats(bias)
    }
  }

  @Test("start=-1 measures over the ticks that decoders read") func start() throws {
    let asRead = try spiking("correct-bias{start=-1}")
    // Four layers hear spikes through synapses of 10 ms: 40 ± 20 ticks.
    #expect(asRead.decoders.map(\.start) == [60])
    let found = try biases(asRead)
    #expect(found.count == 5)
    #expect(try found == biases(spiking("correct-bias{start=60}")))
    #expect(try found != biases(spiking("correct-bias")))
  }

  @Test("the silence of the first ticks is not made up for later") func silence() throws {
    func deepestMean(_ correction: String) throws -> Double {
      let graph = try spiking(correction)
      let deepest = try #require(
        graph.populations.ids.last { graph[$0].model.mnemonic == "lif" })
      let means = try EventSimulator().means(
        of: deepest, in: graph, over: inputs, from: 60, threads: 2)
      return means.reduce(0, +)
    }
    #expect(try deepestMean("correct-bias") > 1.05 * deepestMean("correct-bias{start=-1}"))
  }

  @Test("whole-numbered biases stay within what a target holds") func held() throws {
    /// Returns the biases in whole numbers, population by population, and the ids of warnings.
    func corrected(_ limit: String) throws -> (biases: [[Int32]], warnings: [String]) {
      let (graph, warnings) = try compiled(
        "discretize-leaky,correct-bias{start=-1\(limit)}", before: "spike-inputs,")
      let biases = try graph.populations.elements.compactMap { $0.bias }.map {
        try graph.tensors.integers($0)
      }
      return (biases, warnings.map(\.id).filter { $0.hasPrefix("correct-bias") })
    }
    let free = try corrected("")
    let largest = try #require(free.biases.first?.map(\.magnitude).max())
    #expect(free.warnings.isEmpty && largest > 1000)
    let most = Int32(largest / 2)
    let held = try corrected(",largest=\(most)")
    #expect(held.warnings.contains("correct-bias.held"))
    #expect(held.biases.joined().allSatisfy { $0.magnitude <= most.magnitude })
    // Nothing else happens to the first population; the others hear another one.
    #expect(held.biases.first == free.biases.first?.map { min(max($0, -most), most) })
  }

  @Test("a window that ends before spikes have come through is a warning", arguments: [60, 65, 66])
  func fewTicks(ticks: Int) throws {
    let (graph, warnings) = try compiled("correct-bias{start=-1}", ticks: ticks)
    // 60 ticks until a step has come through, and a tenth of all ticks to be read: 66.
    #expect(graph.decoders.map(\.start) == [min(60, ticks - ticks / 10)])
    #expect(warnings.map(\.id) == (ticks < 66 ? ["delay-readout.few-ticks"] : []))
    #expect(warnings.allSatisfy { $0.notes.joined().contains("66 time steps") })
  }
}
