// The rules of networks on machines: slices are boxes, and together they are everything.

import SpikeIR
import TestSupport
import Testing

@Suite("The verifier of networks on machines") struct MappedVerifierTests {

  private func network(_ seed: UInt64) -> MappedGraph {
    var random = SplitMix64(seed: seed)
    let graph = randomSpikingGraph(using: &random)
    return randomMappedGraph(graph, target: "m", cores: 4, using: &random)
  }

  private func ids(_ mapped: MappedGraph) -> Set<String> { Set(mapped.verify().map(\.id)) }

  @Test("accepts what is sound", arguments: 0..<50) func sound(seed: UInt64) {
    #expect(network(seed).verify() == [])
  }

  @Test("finds neurons without a place, or with two", arguments: 0..<50) func places(seed: UInt64) {
    let mapped = network(seed)
    var fewer = MappedGraph(mapped.graph, target: "m")
    for slice in mapped.slices.elements.dropLast() { fewer.slices.append(slice) }
    #expect(ids(fewer) == ["ir.misplaced-neurons"])
    var more = mapped
    more.slices.append(mapped.slices.elements[0])
    #expect(ids(more) == ["ir.misplaced-neurons"])
  }

  @Test("finds slices that are no boxes of neurons") func boxes() throws {
    let mapped = network(1)
    let first = SliceID(0)
    let source = try #require(
      mapped.graph.populations.ids.first { mapped.graph[$0].model == .source })
    let changes: [(inout CoreSlice) -> Void] = [
      { $0.population = PopulationID(1000) }, { $0.population = source }, { $0.core = -1 },
      { $0.first = -1 }, { $0.box.rows = 0..<1000 }, { $0.box.channels = 0..<0 },
    ]
    for change in changes {
      var changed = mapped
      change(&changed.slices[first])
      #expect(ids(changed) == ["ir.bad-slice"])
    }
  }
}
