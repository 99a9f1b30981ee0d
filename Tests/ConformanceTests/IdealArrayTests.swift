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

  /// How often blocks are repeated on rows and columns.
  private static let repetitions = [Repetition.none, Repetition(rows: 3, columns: 2)]

  @Test("vectors are multiplied to rounding", arguments: TrainedNetwork.all, repetitions)
  func vectors(network: TrainedNetwork, repetition: Repetition) throws {
    let (graph, images) = try network.loaded(images: 3)
    let (target, matrices) = (try Self.ideal(), WeightMatrix.all(in: graph))
    let layout = try CrossbarLayout(
      matrices, matrices.map { _ in LayerChoice(repetition: repetition) }, on: target,
      arrays: try ArrayFeatures.all(of: target), mode: .vectors)
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

  @Test(
    "frames give every spike", arguments: TrainedNetwork.all,
    [SpikeCode.rate(timesteps: 6), .phased(timesteps: 4), .weighted(bits: 3)])
  func frames(network: TrainedNetwork, code: SpikeCode) throws {
    let (graph, images) = try network.compiled(code, images: 1)
    let layout = try CrossbarLayout(of: graph, on: Self.ideal())
    #expect(layout.layers.count > 1)
    let emulator = try FrameEmulator(graph, layout)
    let exact = try ClockSimulator(graph)
    #expect(try emulator.simulator.run([images[0]], image: 0) == exact.run([images[0]], image: 0))
    #expect(emulator.counts.reduce(0) { $0 + $1.reads.vectors } > 0)
    // What tables say is enough for any image.
    for (number, counts) in emulator.counts.enumerated() {
      let costs = layout.costs(of: number)
      #expect(counts.cycles <= costs.reads)
      #expect(counts.reads.conversions <= costs.outputConversions)
      #expect(counts.inputConversions <= costs.inputConversions)
      #expect(counts.cellReads <= costs.cellReads)
    }
  }
}
