// How long large networks take from the graph to checked tables, step by step.

import Diagnostics
import HardwareTargets
import NeuroCore
import SpikeIR

/// Lays a network out on a machine, and prints what it takes of both and how long it took.
func measureLayout(_ graph: SpikingGraph, on target: TargetDescription) throws(CompileError) {
  var watch = Stopwatch()
  let partition = try watch.measure("partition") { () throws(CompileError) in
    try Partition.make(graph, target)
  }
  let unplaced = try watch.measure("axons") { () throws(CompileError) in
    try Allocation(of: partition, on: target)
  }
  let allocation = try watch.measure("placeAndRoute") { () throws(CompileError) in
    try liftingDiagnostic { () throws(Diagnostic) in try unplaced.placed() }
  }
  let bytes = watch.measure("write") { allocation.tables.reduce(0) { $0 + $1.1.utf8.count } }
  let findings = try watch.measure("check") { () throws(CompileError) in
    try AllocationCheck.findings(of: allocation)
  }
  let summary = allocation.summary
  let most = summary.resources.max { $0.bindsOn < $1.bindsOn }
  line(
    [
      ("measure", .text("layout")), ("network", .text(graph.name)), ("target", .text(target.id)),
      ("parameters", .count(graph.parameterCount)), ("neurons", .count(summary.neurons)),
      ("synapses", .count(summary.synapses)), ("cores", .count(summary.cores)),
      ("chips", .count(summary.chips)),
      ("meanUtilization", summary.meanUtilization.map { .number($0) } ?? .unknown),
      ("binding", most.map { .text($0.name) } ?? .unknown),
      ("bindsOn", .count(most?.bindsOn ?? 0)),
      ("bindingUsed", .count(most?.used ?? 0)),
      ("bindingAvailable", most?.available.map { .count($0) } ?? .unknown),
      ("packets", .count(summary.packetsPerFullActivity)),
      ("meanHops", summary.meanHops.map { .number($0) } ?? .unknown),
      ("tableBytes", .count(bytes)), ("findings", .count(findings.count)),
    ] + watch.members + [("peakMemoryBytes", .count(peakMemory()))])
}

extension SpikingGraph {

  /// The number of weights, shared ones counted once.
  var parameterCount: Int {
    let weights = Set(projections.elements.compactMap(\.kind.weights))
    return weights.reduce(0) { $0 + tensors[$1].shape.count }
  }
}
