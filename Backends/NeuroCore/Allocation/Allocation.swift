// The allocation tables in memory: everything that cores, axons and routers of a machine are to hold.

package import HardwareTargets
package import SpikeIR

/// A network laid out on the cores of a machine.
///
/// Tables say what reaches what; the numbers (weights, thresholds, biases) are those of the graph's
/// tensors. A spike of slice s at tick t takes the routes of s whose boxes hold the neuron; each
/// leads to an axon of a core, and each connection of that axon adds weights to the inputs of a
/// slice there at tick t + latency + delay, where the latency is the machine's.
///
/// *Time.* Slices do not begin together: those of population p take part in the ticks
/// starts[p] ..< starts[p] + T, so that what they receive in their tick i, and emit, is what the graph
/// says for tick i. `starts` of a population is the longest way to it, counted in latencies;
/// connections of shorter ways have delays.
package struct Allocation: Hashable, Sendable {

  /// The machine.
  package var target: TargetDescription

  /// The network with the places of its neurons.
  package var mapped: MappedGraph

  /// The ways along which populations with neurons reach others, in the order of
  /// `ConnectionPath.all(in:)`.
  package var paths: [ConnectionPath]

  /// The first tick of each population.
  package var starts: [Int]

  /// The cores that hold neurons, ascending by number.
  package var cores: [CoreEntry]

  /// The blocks of axons, ascending by core and first axon.
  package var axons: [AxonBlock]

  /// What the axons reach, ascending by block of axons.
  package var connections: [AxonConnection]

  /// Where spikes go, ascending by slice and core that receives.
  package var routes: [Route]

  /// The tables of routers, for machines whose routers copy packets by tables, once cores have
  /// places.
  package var routing: RoutingTables?

  /// The network.
  package var graph: SpikingGraph { mapped.graph }
}

/// A core that holds neurons.
package struct CoreEntry: Hashable, Sendable {

  /// The number: chip · cores of a chip + place on the chip.
  package var number: Int

  /// The position in `TargetDescription.cores`.
  package var kind: Int

  /// The column and row of its router among those of all chips, for networks with a grid.
  package var position: GridPoint

  /// What is used, by the names of the kind's resources, and by those of profiles.
  package var used: [String: Int]
}

/// A place on the grid of routers.
package struct GridPoint: Hashable, Sendable {
  /// The column.
  package var x: Int
  /// The row.
  package var y: Int

  /// Creates a place.
  package init(x: Int, y: Int) {
    self.x = x
    self.y = y
  }
}

/// Axons of a core that listen to a box of neurons, one axon each, in the box's row-major order.
package struct AxonBlock: Hashable, Sendable {

  /// The core that receives.
  package var core: Int

  /// The first axon's number on the core.
  package var first: Int

  /// The slice that sends, or `nil` for the host, which sends what the source `population` emits.
  package var source: SliceID?

  /// The population that sends.
  package var population: PopulationID

  /// The neurons that send; within the slice's box.
  package var box: NeuronBox
}

/// What the axons of a block reach along one path in one slice.
package struct AxonConnection: Hashable, Sendable {

  /// The position of the block in `Allocation.axons`.
  package var block: Int

  /// The position of the path in `Allocation.paths`.
  package var path: Int

  /// The slice that receives, on the block's core.
  package var target: SliceID

  /// The ticks that a spike waits beyond the machine's latency.
  package var delay: Int

  /// The number of synapses.
  package var synapses: Int

  /// The words of synapse memory that they take on the core, shared ones counted once.
  package var words: Int
}

/// The way of spikes from a slice to a core.
package struct Route: Hashable, Sendable {

  /// The slice that sends; `nil` for the host.
  package var source: SliceID?

  /// The core that receives.
  package var core: Int

  /// The position of the block of axons in `Allocation.axons`; its box says which neurons send.
  package var block: Int

  /// The links that a packet takes.
  package var hops: Int
}
