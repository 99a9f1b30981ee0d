// The files for SANA-FE against the network that they are to be.

import Diagnostics
import Kernels
import SpikeIR
import TestSupport
import Testing

@testable import HardwareTargets
@testable import NeuroCore

@Suite struct SANAFETests {

  private func emulator(_ graph: SpikingGraph) throws -> MeshEmulator {
    let target = try #require(TargetDescription.builtIn("loihi1"))
    let allocation = try Allocation(of: Partition.make(graph, target), on: target)
    return try MeshEmulator(loading: allocation.placed())
  }

  /// An edge: the neurons that it joins, slice and place, and its weight.
  private func edges(_ text: String) throws -> [(from: [Int], to: [Int], weight: Int)] {
    try text.split(separator: "\n").filter { $0.contains("->") }.map { line in
      let numbers = line.split { !"-0123456789".contains($0) }.compactMap { Int($0) }
      try #require(numbers.count == 5)
      return ([numbers[0], numbers[1]], [numbers[2], numbers[3]], numbers[4])
    }
  }

  @Test func edgesAreTheWeights() throws {
    let graph = denseNetwork([6, 5], classes: 3)
    let emulator = try emulator(graph)
    let input = [[Float](repeating: 0.5, count: 6)]
    let files = try emulator.sanafe(for: input)
    let trace = try emulator.trace(input)
    let mapped = emulator.allocation.mapped
    var found: [[Int]: Int] = [:]
    for edge in try edges(files.network) {
      let (a, b) = (mapped.slices.elements[edge.from[0]], mapped.slices.elements[edge.to[0]])
      let source = a.box.neuron(at: edge.from[1], of: graph[a.population].shape)
      let target = b.box.neuron(at: edge.to[1], of: graph[b.population].shape)
      found[[b.population.index, source, target]] = edge.weight
    }
    var (count, silentOperations) = (0, 0)
    for projection in graph.projections.elements {
      guard case .dense(let dense) = projection.kind else { continue }
      let scale = try #require(
        emulator.tables.slices.first { $0.population == projection.target }?.registers.scale)
      let weights = try graph.tensors.integers(dense.weights)
      let width = graph[projection.target].shape.count
      for units in trace.units[projection.source.index] {
        for (i, weight) in weights.enumerated() where weight == 0 && units[i / width] != 0 {
          silentOperations += 1
        }
      }
      for (i, weight) in weights.enumerated() where weight != 0 {
        count += 1
        let key = [projection.target.index, i / width, i % width]
        #expect(found[key] == Int(weight << scale))
      }
    }
    #expect(found.count == count && count > 30)
    #expect(files.silentSynapses == 6 * 5 + 5 * 3 - count)
    #expect(files.silentOperations == silentOperations)
  }

  @Test func everySliceHasACoreOfTheArchitecture() throws {
    let emulator = try emulator(plainNetwork(side: 8))
    let files = try emulator.sanafe(for: [[Float](repeating: 0.5, count: 64)])
    let mappings = files.network.split(separator: "\n").filter { $0.contains("[core:") }
    #expect(mappings.count == emulator.tables.slices.count)
    #expect(files.architecture.contains("name: core[0.."))
  }

  @Test func refusesWhatItCannotSay() throws {
    var network = LayeredNetwork("maxima", input: [4, 4, 1])
    network.addPool("largest", size: 2, model: .maximum)
    let graph = network.end(classes: 2)
    let target = try #require(TargetDescription.builtIn("generic-mesh"))
    let allocation = try Allocation(of: Partition.make(graph, target), on: target)
    let emulator = try MeshEmulator(loading: allocation.placed())
    let input = [[Float](repeating: 0.5, count: 16)]
    #expect(throws: CompileError.self) { try emulator.sanafe(for: input) }
  }
}
