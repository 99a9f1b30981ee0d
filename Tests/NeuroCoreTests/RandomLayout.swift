// Networks laid out on cores in random ways, and a machine without limits to lay them out on.

import SpikeIR
import TestSupport

@testable import HardwareTargets
@testable import NeuroCore

extension TargetDescription {

  /// A machine of one kind of core with the given delivery latency and no known capacities.
  static func unlimited(latency: Int = 1, coresPerChip: Int = 16) -> TargetDescription {
    TargetDescription(
      id: "unlimited", title: "A machine without limits", family: .digitalMesh,
      time: Timing(
        model: .tick, step: nil, acceleration: nil, deliveryLatency: latency, barrier: []),
      topology: Topology(
        levels: [
          Topology.Level(name: "chip", count: 1024, grid: nil, isAssumed: true),
          Topology.Level(name: "core", count: coresPerChip, grid: nil, isAssumed: true),
        ],
        network: Topology.Network(kind: .mesh, delivery: .unicastIterated)),
      cores: [CoreClass(name: "core", count: coresPerChip, resources: [:])],
      energy: Energy(
        model: .none, corner: [:], standing: [:], events: [:], latency: [:], levels: []),
      sources: [])
  }
}

/// Returns `graph` with its populations cut into random boxes on random cores.
func randomLayout(
  of graph: SpikingGraph, on target: TargetDescription, cores: Int,
  using random: inout SplitMix64
) -> MappedGraph {
  var mapped = MappedGraph(graph, target: target.id)
  var taken = [Int](repeating: 0, count: cores)
  for id in graph.populations.ids where graph[id].hasNeurons {
    let whole = NeuronBox(all: graph[id].shape)
    for rows in pieces(of: whole.rows, using: &random) {
      for columns in pieces(of: whole.columns, using: &random) {
        for channels in pieces(of: whole.channels, using: &random) {
          let box = NeuronBox(rows: rows, columns: columns, channels: channels)
          let core = random.int(0...cores - 1)
          mapped.slices.append(
            CoreSlice(population: id, box: box, core: core, first: taken[core]))
          taken[core] += box.count * target.cores[0].placesPerNeuron(of: id, in: graph)
        }
      }
    }
  }
  return mapped
}

/// Returns the entries of all cores that hold slices.
func entries(of mapped: MappedGraph) -> [CoreEntry] {
  Set(mapped.slices.elements.map(\.core)).sorted().map {
    CoreEntry(number: $0, kind: 0, position: GridPoint(x: $0, y: 0), used: [:])
  }
}

/// Cuts a range into one to three pieces.
private func pieces(of range: Range<Int>, using random: inout SplitMix64) -> [Range<Int>] {
  var cuts = Set([range.lowerBound, range.upperBound])
  for _ in 0..<random.int(0...2) { cuts.insert(random.int(range.lowerBound...range.upperBound)) }
  let order = cuts.sorted()
  return zip(order, order.dropFirst()).map { $0..<$1 }
}
