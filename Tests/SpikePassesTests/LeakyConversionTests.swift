import Diagnostics
import PluginAPI
import SpikeIR
import SpikeInterpreter
import SpikePasses
import TestSupport
import Testing

@Suite("Conversion to leaky neurons") struct LeakyConversionTests {

  private func samples(_ shape: Shape, count: Int) -> CalibrationInputs {
    CalibrationInputs(count: count) { i in
      var random = SplitMix64(seed: UInt64(i))
      return [(0..<shape.count).map { _ in Float.random(in: 0..<1, using: &random) }]
    }
  }

  /// A network with an average and a maximum pooling and a shortcut.
  private func network(_ seed: UInt64) throws -> ANNGraph {
    var b = NetworkBuilder(seed: seed)
    let first = try b.relu(b.conv(b.input([8, 8, 2]), 6))
    let pooled = try b.pool(.average, first)
    let second = try b.conv(pooled, 6, size: 1)
    let joined = try b.relu(b.combine(.add, second, pooled), maximum: 0.8)
    let third = try b.relu(b.dense(b.flatten(joined), 10))
    return try b.classifier(third)
  }

  private func run(
    _ pipeline: String, on graph: ANNGraph, _ inputs: CalibrationInputs
  ) throws -> Program {
    var program = Program.ann(graph)
    var context = PassContext()
    context.calibration = inputs
    try Pipeline(parsing: pipeline, known: Pass.builtIn)
      .run(on: &program, &context, verifiesEach: true)
    return program
  }

  /// Over a long window the spiking network says what the network of rates computes, where a
  /// synapse makes a current of its spikes: without one they are noise that a leak does not average.
  @Test(
    "says the rates of the softened network",
    arguments: ["exponential", "alpha"], 1...3 as ClosedRange<UInt64>)
  func rates(synapse: String, seed: UInt64) throws {
    let graph = try network(seed)
    let inputs = samples([8, 8, 2], count: 64)
    let prelude = "simplify,calibrate{levels=255},soften"
    guard case .ann(let softened) = try run(prelude, on: graph, inputs),
      case .snn(let spiking) = try run(
        "\(prelude),convert{code=rate,timesteps=1500,synapse=\(synapse)},quantize", on: graph,
        inputs)
    else {
      Issue.record("the passes leave another level")
      return
    }
    #expect(spiking.isQuantized)
    let leaky = spiking.populations.elements.filter { $0.model.mnemonic == "lif" }
    #expect(leaky.count == 3)
    let simulator = try ClockSimulator(spiking)
    let executor = try ANNExecutor(softened)
    var (error, power): (Float, Float) = (0, 0)
    for i in 0..<3 {
      let found = try simulator.run(inputs.sample(i)).outputs[0]
      let wanted = try executor.run(inputs.sample(i))[0]
      for (y, z) in zip(found, wanted) {
        error += (y - z) * (y - z)
        power += z * z
      }
    }
    #expect((error / power).squareRoot() < 0.1, "\((error / power).squareRoot())")
  }

  @Test("keeps thresholds and biases of leaky neurons real") func constants() throws {
    let program = try run(
      "simplify,calibrate,soften,convert{code=rate,timesteps=16,synapse=alpha,dt=0.002},quantize",
      on: network(4), samples([8, 8, 2], count: 32))
    guard case .snn(let graph) = program else { return }
    for population in graph.populations.elements {
      guard case .leaky(let model) = population.model else { continue }
      #expect(graph.tensors[model.threshold].elementType == .float32)
      #expect(model.tauRC == 25 && model.tauRef == 0.5 && abs(model.tauSynapse - 2.5) < 1e-5)
      #expect(model.synapse == .alpha && model.dt == 0.002)
      if let bias = population.bias { #expect(graph.tensors[bias].elementType == .float32) }
    }
    for projection in graph.projections.elements {
      if let weights = projection.kind.weights {
        #expect(graph.tensors[weights].elementType != .float32)
      }
    }
  }

  @Test(
    "units are as large as thresholds and biases have to be", arguments: ["channel", "profile"])
  func ranges(scales: String) throws {
    /// Returns the largest threshold and the largest sum with a bias, in units.
    func largest(_ limits: String) throws -> (threshold: Float, drive: Float) {
      let program = try run(
        "simplify,calibrate,soften,convert{code=rate,timesteps=16,dt=0.002},"
          + "quantize{scales=\(scales)\(limits)}", on: network(4), samples([8, 8, 2], count: 32))
      guard case .snn(let graph) = program else { throw TestFailure("level changed") }
      var (threshold, drive) = (Float(0), Float(0))
      for population in graph.populations.elements {
        guard case .leaky(let model) = population.model else { continue }
        let thresholds = try graph.tensors.floats(model.threshold)
        let biases = try population.bias.map { try graph.tensors.floats($0) } ?? [0]
        for i in 0..<max(thresholds.count, biases.count) {
          let own = thresholds[i % thresholds.count]
          threshold = max(threshold, own)
          drive = max(drive, abs(own + biases[i % biases.count]))
        }
      }
      return (threshold, drive)
    }
    let free = try largest("")
    #expect(free.threshold > 10 && free.drive > 10, "\(free)")
    let most = Int(free.threshold / 3)
    let narrow = try largest(",leaky-threshold=\(most)")
    #expect(narrow.threshold <= Float(most) * 1.001 && narrow.threshold > Float(most) / 2)
    let driven = try largest(",leaky-drive=\(Int(free.drive / 3))")
    #expect(driven.drive <= free.drive / 3 * 1.001 && driven.drive > free.drive / 6)
  }

  @Test(
    "options for other neurons are refused",
    arguments: ["retraction=0.5", "initial=0.25", "retraction=0"])
  func options(option: String) throws {
    let error = #expect(throws: CompileError.self) {
      try run(
        "simplify,calibrate,soften,convert{code=rate,timesteps=6,\(option)}", on: network(1),
        samples([8, 8, 2], count: 8))
    }
    #expect(error?.diagnostics.map(\.id) == ["convert.leaky-option"])
    #expect(error?.exitCode == .usage)
  }

  @Test(
    "a delayed readout waits for synapses that hear spikes",
    arguments: [("none", 0), ("exponential", 18), ("alpha", 30)])
  func delayedReadout(synapse: String, delay: Int) throws {
    let program = try run(
      "simplify,calibrate,soften,convert{code=rate,timesteps=200,synapse=\(synapse),"
        + "tau-synapse=0.005},delay-readout,quantize", on: network(1), samples([8, 8, 2], count: 8))
    guard case .snn(let graph) = program else { return }
    // Three layers, the first of which hears a constant current. Two synapses of 5 ms delay by 10
    // on average, with a deviation of √(2 · 5²) = 7.1; alpha: by 20, √(2 · 2 · 5²) = 10 exactly.
    #expect(graph.decoders.map(\.start) == [delay])
  }

  @Test("leaky neurons say rates only", arguments: ["phased", "weighted"])
  func code(keyword: String) throws {
    let error = #expect(throws: CompileError.self) {
      try run(
        "simplify,calibrate,soften,convert{code=\(keyword),timesteps=6}", on: network(1),
        samples([8, 8, 2], count: 8))
    }
    #expect(error?.diagnostics.map(\.id) == ["convert.leaky-code"])
  }
}
