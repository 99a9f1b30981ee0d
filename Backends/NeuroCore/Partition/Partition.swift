// The partition of a network: which neurons share a core, before cores have places on chips.

package import Diagnostics
package import HardwareTargets
package import SpikeIR

/// A network cut into slices on logical cores.
package struct Partition: Hashable, Sendable {

  /// The network with its slices; cores are numbered 0 ..< cores.count, so that those that share
  /// spikes have near numbers.
  package var mapped: MappedGraph

  /// The cores, by number.
  package var cores: [LogicalCore]

  /// What the partition amounts to.
  package var statistics: Statistics

  /// A core that has no place yet.
  package struct LogicalCore: Hashable, Sendable {
    /// The position in `TargetDescription.cores`.
    package var kind: Int
    /// What is used, by the names of resources and profiles; those of unknown capacity too.
    package var used: [String: Int]
    /// The resource of which the largest part is used; `nil` if no capacity is known.
    package var binding: String?
    /// That part, 0...1; 0 if no capacity is known.
    package var utilization: Double
  }

  /// What a partition amounts to.
  package struct Statistics: Hashable, Sendable {
    /// The chips that the cores fill.
    package var chips: Int
    /// The mean of the cores' utilization.
    package var meanUtilization: Double
    /// The number of cores bound by each resource.
    package var binding: [String: Int]
    /// The sum over neurons of the cores to which they send: packets if each spikes once.
    package var packets: Int
    /// Packets for an input if spikes were measured.
    package var measuredPackets: Double?
    /// The part of synapse memory in use that holds padding, copies and headers of blocks that are
    /// cut short; `nil` where synapses take no memory.
    package var padding: Double?
    /// Resources of unknown capacity, and capacities that nothing is counted against.
    package var unchecked: [String]
  }

  /// How neurons are put on cores.
  package enum Strategy: String, Hashable, Sendable, CaseIterable {
    /// Boxes of the best shape.
    case search
    /// In the order in which they are stored.
    case greedy
  }

  /// How to cut.
  package struct Options: Hashable, Sendable {
    /// How neurons are put on cores.
    package var strategy: Strategy = .search
    /// The most chips; as many as the machine can have if `nil`.
    package var chips: Int?
    /// The extents of tiles that the user wants, at most, by population.
    package var forced: [PopulationID: TileShape] = [:]
    /// The spikes of each neuron for an input, by population; empty lists where they were not
    /// measured.
    package var spikesPerNeuron: [[Float]]?
    /// How many cores it is worth to save as many axons as a core has.
    package var trafficWeight: Double = 1.5

    /// Creates the options that are usual.
    package init() {}
  }

  /// Cuts a legal network so that it fits `target`.
  ///
  /// - Parameters:
  ///   - graph: the network, legal for the machine.
  ///   - target: the machine.
  ///   - options: how to cut.
  /// - Returns: the partition, the same for the same arguments.
  /// - Throws: `fit.…` with exit code 69 if the network does not fit; `mapping.too-many-paths`,
  ///   `ir.elided-tensor`.
  package static func make(
    _ graph: SpikingGraph, _ target: TargetDescription, _ options: Options = Options()
  ) throws(CompileError) -> Partition {
    switch try attempt(graph, target, options) {
    case .fits(let partition): return partition
    case .doesNotFit(let report): throw report.error
    }
  }

  /// What comes of an attempt to cut a network.
  package enum Outcome: Sendable {
    /// It fits.
    case fits(Partition)
    /// It does not, and why.
    case doesNotFit(FitReport)
  }

  /// Cuts a legal network so that it fits `target`, or says why that is not possible.
  ///
  /// - Parameters:
  ///   - graph: the network, legal for the machine.
  ///   - target: the machine.
  ///   - options: how to cut.
  /// - Returns: the partition, or the reason.
  /// - Throws: `mapping.too-many-paths`, `ir.elided-tensor`, `mapping.no-cores`.
  package static func attempt(
    _ graph: SpikingGraph, _ target: TargetDescription, _ options: Options = Options()
  ) throws(CompileError) -> Outcome {
    guard target.cores.contains(where: { $0.count > 0 }) else {
      throw CompileError(.noCores(target.id))
    }
    let network = try NetworkModel(graph, on: target)
    let builder = PartitionBuilder(network, options)
    return try builder.outcome()
  }
}

extension Partition.Options {

  /// Returns the spikes of a neuron of each population as multiples of the mean of all neurons; 1 for
  /// those that were not measured.
  func rates(of network: NetworkModel) -> [Double] {
    let populations = network.graph.populations
    var result = [Double](repeating: 1, count: populations.count)
    guard let spikes = spikesPerNeuron, spikes.count == populations.count else { return result }
    var (sum, count) = (0.0, 0)
    for own in spikes {
      sum += own.reduce(0) { $0 + Double($1) }
      count += own.count
    }
    guard count > 0, sum > 0 else { return result }
    let mean = sum / Double(count)
    for (p, own) in spikes.enumerated() where !own.isEmpty {
      result[p] = own.reduce(0) { $0 + Double($1) } / Double(own.count) / mean
    }
    return result
  }
}
