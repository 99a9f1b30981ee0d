// What tables count of vectors: no run reads, drives or converts more, and one does as much.

import HardwareTargets
import Kernels
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@testable import Crossbar

@Suite struct VectorBoundsTests {

  /// Arrays whose inputs have no sign, are given bit by bit, or several times.
  private static let inputs: [([String: Double], [String: String])] = [
    ([:], [:]), ([:], ["input.signed": "false"]),
    (["input.bound": 1, "input.bits": 4, "input.slice": 1], ["input.signed": "true"]),
    (["input.bound": 1, "input.bits": 5, "input.slice": 2], ["input.signed": "false"]),
    (["input.repeats": 3], ["input.signed": "false"]),
  ]

  /// Returns what a run of `images` on arrays counts in each layer, with what tables do.
  private func counts(
    _ graph: ANNGraph, _ layout: CrossbarLayout, _ images: [[[Float]]]
  ) throws -> [(run: LayerReadCounts, table: LayerCosts)] {
    let emulator = try CrossbarEmulator(graph, layout)
    for image in images { _ = try emulator.executor.run(image) }
    return emulator.counts.enumerated().map { ($1, layout.costs(of: $0)) }
  }

  @Test(arguments: inputs.indices, ["signed-abstract", "differential", "offset-unit-column"])
  func runsOfSignedVectorsReachTheTables(_ kind: Int, _ mapping: String) throws {
    let graph = try CrossbarEmulatorTests.network()
    let (numbers, words) = Self.inputs[kind]
    let layout = try CrossbarEmulatorTests.layout(
      graph, mapping: mapping, numbers: numbers,
      words: words.merging(["biasRow": "digital", "noiseManagement": "abs-max"]) { $1 },
      replicas: 2)
    let isApart = words["input.signed"] == "false"
    let signed = layout.layers.map(\.matrix.hasNegativeInputs)
    #expect(signed == [true, false, false, false, false, true])
    let passes = layout.layers.indices.map { layout.passes(of: $0) }
    #expect(passes == (isApart ? [2, 1, 1, 1, 1, 2] : [1, 1, 1, 1, 1, 1]))
    let image = variedNumbers(9 * 8 * 2, seed: 7)
    for (number, (run, table)) in try counts(graph, layout, [[image]]).enumerated() {
      #expect(run.cycles <= table.reads && run.reads.conversions <= table.outputConversions)
      #expect(run.inputConversions <= table.inputConversions && run.cellReads <= table.cellReads)
      // Windows of the image have both signs, and outputs of the dense layer too.
      guard [0, 5].contains(number) else { continue }
      #expect(run.cycles == table.reads && run.reads.conversions == table.outputConversions)
      #expect(run.inputConversions == table.inputConversions && run.cellReads == table.cellReads)
      #expect(layout.pipeline?.readsPerImage ?? 0 >= table.reads)
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>) func noRunExceedsTheTables(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let graph = randomANNGraph(using: &random)
    let matrices = WeightMatrix.all(in: graph)
    guard !matrices.isEmpty else { return }
    let (numbers, words) = Self.inputs[Int(seed) % Self.inputs.count]
    let target = TargetDescription.arrays(
      rows: 24, columns: 24, mapping: random.pick(["signed-abstract", "differential"]),
      numbers: numbers, words: words)
    let layout = try CrossbarLayout(
      matrices, matrices.map { LayerChoice(replicas: min($0.positions, 1 + Int(seed) % 3)) },
      on: target, arrays: try ArrayFeatures.all(of: target), mode: .vectors)
    let images = (0..<3).map { _ in
      graph.inputs.map { id in (0..<graph[id].shape.count).map { _ in random.float(-2...2) } }
    }
    for (run, table) in try counts(graph, layout, images) {
      #expect(run.cycles <= 3 * table.reads)
      #expect(run.reads.conversions <= 3 * table.outputConversions)
      #expect(run.inputConversions <= 3 * table.inputConversions)
      #expect(run.cellReads <= 3 * table.cellReads)
    }
  }
}
