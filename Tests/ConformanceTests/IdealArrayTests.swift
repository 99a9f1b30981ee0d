// Trained networks on ideal arrays: what the executor computes, and every spike of the simulator.

import Crossbar
import HardwareTargets
import Kernels
import SpikeIR
import SpikeInterpreter
import Testing

@Suite("Trained networks on ideal arrays") struct IdealArrayTests {

  /// Arrays of the baseline whose reads and devices lose nothing.
  private static func ideal() throws -> TargetDescription {
    var target = try #require(TargetDescription.builtIn("rpu"))
    target.cores[0].analog?.numbers = [:]
    target.cores[0].analog?.words = [:]
    return target
  }

  @Test("vectors are multiplied to rounding", arguments: TrainedNetwork.all)
  func vectors(network: TrainedNetwork) throws {
    let (graph, images) = try network.loaded(images: 3)
    let layout = try CrossbarLayout(of: graph, on: Self.ideal())
    let emulator = try CrossbarEmulator(graph, layout)
    let executor = try ANNExecutor(graph)
    #expect(layout.layers.count > 1)
    for image in images {
      let (found, expected) = try (emulator.executor.run([image]), executor.run([image]))
      let range = (expected[0].max() ?? 0) - (expected[0].min() ?? 0)
      for (y, z) in zip(found[0], expected[0]) { #expect(abs(y - z) <= 2e-5 * range) }
    }
    #expect(emulator.counts.reduce(0) { $0 + $1.reads.vectors } > 0)
  }
}
