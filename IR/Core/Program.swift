// A network at one of the levels of the representation.

/// The level of a network's representation.
public enum Level: String, Hashable, Sendable, CaseIterable {
  /// Tensor operators, as imported.
  case ann
  /// Populations and projections.
  case snn
}

/// A network, at the level it has reached.
public enum Program: Hashable, Sendable {
  /// A network of tensor operators.
  case ann(ANNGraph)
  /// A spiking network.
  case snn(SpikingGraph)

  /// The level of the representation.
  public var level: Level {
    switch self {
    case .ann: .ann
    case .snn: .snn
    }
  }

  /// The name of the model.
  public var name: String {
    switch self {
    case .ann(let graph): graph.name
    case .snn(let graph): graph.name
    }
  }

  /// The constants.
  public var tensors: TensorStore {
    switch self {
    case .ann(let graph): graph.tensors
    case .snn(let graph): graph.tensors
    }
  }
}
