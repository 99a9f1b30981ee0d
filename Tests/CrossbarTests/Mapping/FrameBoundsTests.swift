// How many frames of single bits an image takes: bounds that no run exceeds, and that a run reaches whose
// neurons say all they can.

import HardwareTargets
import Kernels
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@testable import Crossbar

@Suite struct FrameBoundsTests {

  /// Graded inputs of either sign, neurons that always fire, and sums of three of them.
  private static func network(_ code: SpikeCode, delay: Int = 0) -> SpikingGraph {
    var graph = SpikingGraph(name: "tight")
    func integers(_ name: String, _ shape: Shape, _ values: [Int32]) -> TensorID {
      graph.tensors.add(Tensor(name, shape: shape, data: .int32(values)))
    }
    func add(_ name: String, _ shape: Shape, _ model: NeuronModel) -> PopulationID {
      graph.populations.append(Population(name: name, shape: shape, code: code, model: model))
    }
    func dense(_ a: PopulationID, _ b: PopulationID, _ weights: [Int32], delay: Int = 0) {
      let shape: Shape = [graph[a].shape.count, graph[b].shape.count]
      graph.projections.append(
        Projection(
          name: "j\(graph.projections.count)", source: a, target: b,
          kind: .dense(DenseProjection(weights: integers("weights", shape, weights))), shift: 0,
          delay: delay))
    }
    let source = add("source", [4], .source)
    graph[source].quantum = graph.tensors.add("quantum", shape: [1], floats: [1])
    graph.encoders.append(Encoder(population: source, levels: 5))
    let threshold = integers("threshold", [1], [2])
    let fire = add(
      "fire", [1, 3, 1], .integrateAndFire(IntegrateAndFire(threshold: threshold)))
    let sum = add("sum", [1, 1, 1], .relay)
    let readout = add("readout", [2], .integrator)
    graph.decoders.append(Decoder(population: readout))
    dense(source, fire, [4, 4, 4] + [Int32](repeating: 1, count: 9))
    dense(fire, readout, [1, 2, 3, 4, 5, 6], delay: delay)
    graph.projections.append(
      Projection(
        name: "pool", source: fire, target: sum,
        kind: .pool(PoolProjection(window: Window(size: Pair(1, 3)))), shift: 0, delay: 0))
    dense(sum, readout, [1, 2])
    return graph
  }

  @Test(
    arguments: [
      // Of 5 in both signs 3 bits each; a spike; of 3 spikes 2 bits: in each of 4 ticks.
      (SpikeCode.rate(timesteps: 4), 0, [24, 4, 8], [24, 4, 8]),
      (.rate(timesteps: 4), 1, [24, 3, 8], [24, 3, 8]),
      // The input once; at most 5 spikes one after the other; of their sum, 15, 4 bits.
      (.phased(timesteps: 5), 0, [6, 5, 4], [6, 5, 4]),
      // 7 in 3 bits, and 21 = 10101₂, of which two bits are not there.
      (.weighted(bits: 3), 0, [6, 3, 5], [6, 3, 3]),
    ])
  func boundsAreReached(_ code: SpikeCode, _ delay: Int, _ bounds: [Int], _ found: [Int]) throws {
    let graph = Self.network(code, delay: delay)
    let matrices = WeightMatrix.all(in: graph)
    #expect(matrices.map(\.frames) == bounds)
    let layout = try CrossbarLayout(
      of: graph, on: .arrays(rows: 16, columns: 16, numbers: ["readTime": 1e-7]))
    #expect(layout.layers.indices.map { layout.cycles(of: $0) } == bounds)
    #expect(layout.pipeline?.readsPerImage == bounds.max())
    let emulator = try FrameEmulator(graph, layout, CrossbarEmulatorTests.ideal())
    _ = try emulator.simulator.run([[5, 2, -5, -2]])
    #expect(emulator.counts.map(\.cycles) == found)
    for (number, counts) in emulator.counts.enumerated() where found[number] == bounds[number] {
      let costs = layout.costs(of: number)
      #expect(counts.reads.conversions == costs.outputConversions)
      #expect(counts.inputConversions == costs.inputConversions)
      #expect(counts.cellReads == costs.cellReads)
    }
  }

  /// Where constants are not at hand, what neurons of a kind can say at most.
  @Test func withoutConstants() {
    var graph = Self.network(.phased(timesteps: 5))
    for id in graph.tensors.ids {
      let tensor = graph.tensors[id]
      graph.tensors[id].data = .elided(tensor.elementType, hash: SHA256Digest(of: []))
    }
    // A sum of what is not known is one of 31 bits in both signs.
    #expect(WeightMatrix.all(in: graph).map(\.frames) == [6, 5, 62])
  }

  @Test(arguments: 0..<40 as Range<UInt64>) func noRunExceedsTheTables(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let graph = randomSpikingGraph(using: &random)
    let matrices = WeightMatrix.all(in: graph)
    guard !matrices.isEmpty else { return }
    let target = TargetDescription.arrays(rows: 24, columns: 24)
    let layout = try CrossbarLayout(
      matrices, matrices.map { LayerChoice(replicas: min($0.positions, 1 + Int(seed) % 3)) },
      on: target, arrays: try ArrayFeatures.all(of: target),
      mode: .frames(graph.populations.elements.first?.code.timesteps ?? 1))
    let emulator = try FrameEmulator(graph, layout, CrossbarEmulatorTests.ideal())
    for image in 0..<3 {
      _ = try emulator.simulator.run(randomInputs(for: graph, using: &random), image: image)
    }
    for (number, counts) in emulator.counts.enumerated() {
      let costs = layout.costs(of: number)
      #expect(counts.cycles <= 3 * layout.cycles(of: number))
      #expect(counts.reads.conversions <= 3 * costs.outputConversions)
      #expect(counts.inputConversions <= 3 * costs.inputConversions)
      #expect(counts.cellReads <= 3 * costs.cellReads)
    }
  }
}
