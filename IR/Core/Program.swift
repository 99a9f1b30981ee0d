// A network at one of the levels of the representation.

/// The level of a network's representation.
public enum Level: String, Hashable, Sendable, CaseIterable {
  /// Tensor operators, as imported.
  case ann
  /// Populations and projections.
  case snn
  /// Populations and projections whose neurons have places on the cores of a machine.
  case mapped
}

/// A network, at the level it has reached.
public enum Program: Hashable, Sendable {
  /// A network of tensor operators.
  case ann(ANNGraph)
  /// A spiking network.
  case snn(SpikingGraph)
  /// A spiking network on a machine.
  case mapped(MappedGraph)

  /// The level of the representation.
  public var level: Level {
    switch self {
    case .ann: .ann
    case .snn: .snn
    case .mapped: .mapped
    }
  }

  /// The name of the model.
  public var name: String {
    switch self {
    case .ann(let graph): graph.name
    case .snn(let graph): graph.name
    case .mapped(let mapped): mapped.graph.name
    }
  }

  /// The constants.
  public var tensors: TensorStore {
    switch self {
    case .ann(let graph): graph.tensors
    case .snn(let graph): graph.tensors
    case .mapped(let mapped): mapped.graph.tensors
    }
  }

  /// The spiking network, wherever its neurons are; `nil` at the level `ann`.
  public var spikingGraph: SpikingGraph? {
    switch self {
    case .ann: nil
    case .snn(let graph): graph
    case .mapped(let mapped): mapped.graph
    }
  }
}
