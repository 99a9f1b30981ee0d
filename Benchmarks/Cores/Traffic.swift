// Packets times links of our layout against the plain one: cores filled layer by layer, placed in
// their order.

import Diagnostics
import HardwareTargets
import NeuroCore
import SpikeIR

/// A network laid out in some way.
struct Layout {

  /// The number of cores.
  var cores: Int
  /// The traffic of an image.
  var traffic: TrafficMeasure

  /// Lays `network` out as it is done for users.
  static func found(
    _ network: LegalNetwork, on target: TargetDescription, _ spikes: [[Float]]
  ) throws(CompileError) -> Layout {
    var options = Partition.Options()
    if !spikes.isEmpty { options.spikesPerNeuron = spikes }
    return try Layout(network.graph, target, spikes, options) { (graph, grid) throws(Diagnostic) in
      try PlacementSearch().place(graph, on: grid)
    }
  }

  /// Lays `network` out in the plain way.
  static func plain(
    _ network: LegalNetwork, on target: TargetDescription, _ spikes: [[Float]]
  ) throws(CompileError) -> Layout {
    var options = Partition.Options()
    options.strategy = .greedy
    return try Layout(network.graph, target, spikes, options) { (graph, grid) throws(Diagnostic) in
      try Placement.linear(graph, on: grid)
    }
  }

  private init(
    _ graph: SpikingGraph, _ target: TargetDescription, _ spikes: [[Float]],
    _ options: Partition.Options, _ place: (TrafficGraph, CoreGrid) throws(Diagnostic) -> Placement
  ) throws(CompileError) {
    let allocation = try Allocation(of: Partition.make(graph, target, options), on: target)
    let sent = TrafficGraph(allocation, spikes: spikes)
    let placement: Placement
    do throws(Diagnostic) {
      placement = try place(sent, allocation.grid())
    } catch { throw CompileError(error) }
    (cores, traffic) = (allocation.cores.count, sent.measured(under: placement))
  }
}

/// Compares the layouts of networks, a line each, and the mean of all.
func compareTraffic(_ networks: [LegalNetwork], on target: TargetDescription) throws(CompileError) {
  var ratios: [Double] = []
  for network in networks {
    let spikes = try network.spikesPerNeuron()
    let plain = try Layout.plain(network, on: target, spikes)
    let found = try Layout.found(network, on: target, spikes)
    let ratio = found.traffic.packetHops / plain.traffic.packetHops
    ratios.append(ratio)
    line([
      ("measure", .text("traffic")), ("network", .text(network.name)),
      ("target", .text(target.id)), ("spikes", .text(spikes.isEmpty ? "one each" : "measured")),
      ("coresPlain", .count(plain.cores)), ("coresFound", .count(found.cores)),
      ("packetsPlain", .number(plain.traffic.packets)),
      ("packetsFound", .number(found.traffic.packets)),
      ("hopsPlain", .number(plain.traffic.packetHops)),
      ("hopsFound", .number(found.traffic.packetHops)), ("ratio", .number(ratio)),
      ("busiestPlain", .number(plain.traffic.busiestLink?.packets ?? 0)),
      ("busiestFound", .number(found.traffic.busiestLink?.packets ?? 0)),
    ])
  }
  line([
    ("measure", .text("traffic")), ("target", .text(target.id)),
    ("networks", .count(ratios.count)),
    ("meanRatio", .number(ratios.reduce(0, +) / Double(max(1, ratios.count)))),
  ])
}
