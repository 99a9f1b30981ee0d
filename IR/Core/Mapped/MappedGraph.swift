// The `mapped` level: a spiking network whose neurons have places on the cores of a machine.

/// The identity of a slice in a `MappedGraph`.
public struct SliceID: EntityID {
  /// The position in the graph.
  public let raw: UInt32
  /// Creates the identity of the slice at position `raw`.
  public init(raw: UInt32) { self.raw = raw }
  /// The identity in textual form, such as `%s3`.
  public var description: String { "%s\(raw)" }
}

/// A box of a population's neurons on a core.
public struct CoreSlice: Hashable, Sendable {

  /// The population.
  public var population: PopulationID

  /// Its neurons on the core.
  public var box: NeuronBox

  /// The number of the core: chip · cores of a chip + place on the chip.
  public var core: Int

  /// The first of the core's places for neurons that the slice takes; the others follow.
  public var first: Int

  /// Creates a slice.
  public init(population: PopulationID, box: NeuronBox, core: Int, first: Int) {
    self.population = population
    self.box = box
    self.core = core
    self.first = first
  }
}

/// A spiking network with the places of its neurons.
///
/// Neurons of relays have no place: they are connections. Neurons of sources have none either: the
/// host writes constant currents to the neurons that they reach, and sends spikes of other encoders.
public struct MappedGraph: Hashable, Sendable {

  /// The network.
  public var graph: SpikingGraph

  /// The name of the machine's description.
  public var target: String

  /// The slices, in the order of their populations.
  public var slices = PrimaryMap<SliceID, CoreSlice>()

  /// Creates a graph without slices.
  public init(_ graph: SpikingGraph, target: String) {
    self.graph = graph
    self.target = target
  }

  /// Returns, for each population, its slices in order.
  ///
  /// - Complexity: O(populations + slices).
  public func slicesByPopulation() -> [[SliceID]] {
    var result = [[SliceID]](repeating: [], count: graph.populations.count)
    for id in slices.ids { result[slices[id].population.index].append(id) }
    return result
  }
}

extension Population {

  /// Whether the neurons take places on cores: those of relays are connections, and what sources
  /// say comes from the host.
  public var hasNeurons: Bool {
    switch model {
    case .source, .relay: false
    case .maximum, .integrateAndFire, .leaky, .currentBased, .bitShift, .staircase, .integrator:
      true
    }
  }
}
