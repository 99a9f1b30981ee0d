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
          Topology.Level(
            name: "core", count: coresPerChip, grid: [coresPerChip, 1], isAssumed: true),
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
  randomMappedGraph(graph, target: target.id, cores: cores, using: &random) {
    target.cores[0].placesPerNeuron(of: $0, in: graph)
  }
}

/// Returns the entries of all cores that hold slices.
func entries(of mapped: MappedGraph) -> [CoreEntry] {
  Set(mapped.slices.elements.map(\.core)).sorted().map {
    CoreEntry(number: $0, kind: 0, position: GridPoint(x: $0, y: 0), used: [:])
  }
}
