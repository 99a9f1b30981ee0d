// Connections between populations.

public import Diagnostics

/// A bundle of connections from one population to another.
///
/// A unit that the source neuron emits adds its weight, times 2^shift, to the target's input.
public struct Projection: Hashable, Sendable {

  /// The name, for reports.
  public var name: String

  /// The population that emits.
  public var source: PopulationID

  /// The population that receives.
  public var target: PopulationID

  /// Which neurons are connected, and with which weights.
  public var kind: ProjectionKind

  /// The power of two by which integer weights are multiplied.
  public var shift: Int

  /// The ticks that a spike travels; 0 is within the same tick.
  ///
  /// Under `rate`, what is emitted in tick t arrives in tick t + delay, and what would arrive
  /// after the last tick is lost. Otherwise the target's window starts later by as much, and what
  /// it integrates stays the same.
  public var delay: Int

  /// Creates a projection.
  public init(
    name: String, source: PopulationID, target: PopulationID, kind: ProjectionKind,
    shift: Int = 0, delay: Int = 0
  ) {
    self.name = name
    self.source = source
    self.target = target
    self.kind = kind
    self.shift = shift
    self.delay = delay
  }
}

/// The pattern of a projection's connections.
public enum ProjectionKind: Hashable, Sendable {
  /// Every source neuron to every target neuron.
  case dense(DenseProjection)
  /// The taps of a convolution.
  case conv(ConvProjection)
  /// The windows of a pooling, weight 1.
  case pool(PoolProjection)
  /// Each neuron to the one at the same place.
  case identity(IdentityProjection)
  /// Each target neuron from one source neuron or none, weight 1.
  case wire(WireProjection)

  /// The payload, through which common properties are reached.
  public var payload: any Attributed {
    switch self {
    case .dense(let x): x
    case .conv(let x): x
    case .pool(let x): x
    case .identity(let x): x
    case .wire(let x): x
    }
  }

  /// The keyword in the text form.
  public var mnemonic: String { type(of: payload).mnemonic }

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] { payload.attributes }

  /// The weights, if the projection has any.
  public var weights: TensorID? {
    get {
      switch self {
      case .dense(let x): x.weights
      case .conv(let x): x.weights
      case .identity(let x): x.weights
      case .pool, .wire: nil
      }
    }
    set {
      switch self {
      case .dense(var x):
        if let newValue { x.weights = newValue }
        self = .dense(x)
      case .conv(var x):
        if let newValue { x.weights = newValue }
        self = .conv(x)
      case .identity(var x):
        x.weights = newValue
        self = .identity(x)
      case .pool, .wire: break
      }
    }
  }

  /// Creates the kind with the given keyword from its parameters.
  ///
  /// - Throws: `ir.unknown-projection`, `ir.bad-attribute`.
  public init(mnemonic: String, reading reader: inout AttributeReader) throws(Diagnostic) {
    switch mnemonic {
    case DenseProjection.mnemonic: self = .dense(try .init(reading: &reader))
    case ConvProjection.mnemonic: self = .conv(try .init(reading: &reader))
    case PoolProjection.mnemonic: self = .pool(try .init(reading: &reader))
    case IdentityProjection.mnemonic: self = .identity(try .init(reading: &reader))
    case WireProjection.mnemonic: self = .wire(try .init(reading: &reader))
    default: throw .error("ir.unknown-projection", "there is no projection '\(mnemonic)'")
    }
  }
}

/// Connections from every neuron of the source, in row-major order, to every one of the target.
public struct DenseProjection: Attributed {

  /// The weights, [source neurons, target neurons].
  public var weights: TensorID

  /// Creates dense connections.
  public init(weights: TensorID) {
    self.weights = weights
  }

  /// The keyword in the text form.
  public static let mnemonic = "dense"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] { [Attribute(name: "weights", value: .tensor(weights))] }

  /// Creates dense connections from their parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    weights = try reader.tensor("weights")
  }
}

/// The connections of a convolution; the equation is that of `Conv2D`.
public struct ConvProjection: Attributed {

  /// The kernels, [height, width, in channels / groups, out channels].
  public var weights: TensorID

  /// The window; its size equals the first two extents of the kernels.
  public var window: Window

  /// The number of groups into which channels are divided; as many as channels if depthwise.
  public var groups: Int

  /// Creates the connections of a convolution.
  public init(weights: TensorID, window: Window, groups: Int = 1) {
    self.weights = weights
    self.window = window
    self.groups = groups
  }

  /// The keyword in the text form.
  public static let mnemonic = "conv"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute(name: "weights", value: .tensor(weights)),
      Attribute(name: "size", value: .integers(window.size.list)),
    ] + window.attributes
      + [Attribute("groups", groups == 1 ? nil : .integer(groups))].compactMap { $0 }
  }

  /// Creates the connections of a convolution from their parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    weights = try reader.tensor("weights")
    let size = try reader.integers("size", count: 2)
    window = try Window(size: Pair(size[0], size[1]), reading: &reader)
    groups = try reader.integer("groups", default: 1)
  }
}

/// The connections of a pooling, channel by channel: into a `maximum` the largest counts, into
/// every other model they add up; neurons outside the image do not exist.
public struct PoolProjection: Attributed {

  /// The window.
  public var window: Window

  /// Creates the connections of a pooling.
  public init(window: Window) {
    self.window = window
  }

  /// The keyword in the text form.
  public static let mnemonic = "pool"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [Attribute(name: "size", value: .integers(window.size.list))] + window.attributes
  }

  /// Creates the connections of a pooling from their parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    let size = try reader.integers("size", count: 2)
    window = try Window(size: Pair(size[0], size[1]), reading: &reader)
  }
}

/// Connections between neurons at the same row-major position of populations of equal count.
public struct IdentityProjection: Attributed {

  /// The weights, [channels of the target] or [1]; 1 if absent.
  public var weights: TensorID?

  /// Creates one-to-one connections.
  public init(weights: TensorID? = nil) {
    self.weights = weights
  }

  /// The keyword in the text form.
  public static let mnemonic = "identity"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [Attribute("weights", weights.map { .tensor($0) })].compactMap { $0 }
  }

  /// Creates one-to-one connections from their parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    weights = try reader.optionalTensor("weights")
  }
}

/// Connections that move elements: concatenation, cropping, padding, repetition, permutation.
public struct WireProjection: Attributed {

  /// For each target neuron the row-major index of its source neuron, or −1; i32 [targets].
  public var sources: TensorID

  /// Creates wires.
  public init(sources: TensorID) {
    self.sources = sources
  }

  /// The keyword in the text form.
  public static let mnemonic = "wire"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] { [Attribute(name: "sources", value: .tensor(sources))] }

  /// Creates wires from their parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    sources = try reader.tensor("sources")
  }
}
