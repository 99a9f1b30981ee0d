// The reference executors against each other on what the passes make: of random networks of
// tensor operators, and of trained ones.

import Diagnostics
import PluginAPI
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

/// Checks that simulating `graph` in time equals computing it without.
private func expectTimeless(
  _ graph: SpikingGraph, on inputs: [[Float]], _ context: String
) throws(CompileError) {
  let simulated = try ClockSimulator(graph).run(inputs)
  let computed = try QuantizedNetwork(graph).run(inputs)
  #expect(simulated.trace.totals == computed.units, "\(context)")
  #expect(simulated.trace.potentials == computed.potentials, "\(context)")
  #expect(simulated.outputs == computed.outputs, "\(context)")
}

/// What became of random networks.
private struct Tally {

  /// The number of networks that were converted and compared.
  var compared = 0

  /// The number of networks that were refused.
  var refused = 0

  /// Compiles and compares the random network of `seed`.
  mutating func add(_ seed: UInt64, _ code: SpikeCode) {
    let ann = randomANNGraph(seed: seed, options: ANNGraphOptions(operators: 1...8))
    let sizes = ann.inputs.map { ann[$0].shape.count }
    let sample: @Sendable (Int) -> [[Float]] = { i in
      var generator = SplitMix64(seed: UInt64(i))
      return sizes.map { count in (0..<count).map { _ in generator.float(-2...2) } }
    }
    do throws(CompileError) {
      let graph = try compiled(ann, code, calibratedOn: CalibrationInputs(count: 6, sample: sample))
      compared += 1
      if code.isRate {
        _ = try ClockSimulator(graph).run(sample(0))
      } else {
        try expectTimeless(graph, on: sample(0), "seed \(seed) \(code)")
      }
    } catch {
      refused += 1
      // A network may be refused by name; it must not come out broken.
      for problem in error.diagnostics where problem.exitCode == .internalError {
        Issue.record("seed \(seed) \(code): \(problem.rendered())")
      }
    }
  }
}

@Suite("Reference executors on compiled networks") struct ReferenceTests {

  @Test("random networks are converted soundly or refused", arguments: usualCodes)
  func randomNetworks(code: SpikeCode) {
    var tally = Tally()
    for seed: UInt64 in 0..<600 { tally.add(seed, code) }
    #expect(tally.compared >= 60, "\(tally.refused) were refused")
  }

  @Test(
    "trained networks mean the same with and without time", arguments: TrainedNetwork.all,
    usualCodes.filter { !$0.isRate })
  func trainedNetworks(network: TrainedNetwork, code: SpikeCode) throws {
    let (graph, images) = try network.compiled(code, images: 2)
    for image in images { try expectTimeless(graph, on: [image], "\(network.model) \(code)") }
  }
}
