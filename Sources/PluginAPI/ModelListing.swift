// What a frontend tells of a model that it cannot import.

public import Diagnostics

/// A model as its file has it, before anything is made of it.
public struct ModelListing: Hashable, Sendable {

  /// A layer or node of the file.
  public struct Layer: Hashable, Sendable {
    /// The name.
    public var name: String
    /// The framework's name of the kind.
    public var kind: String
    /// The place that problems with the layer name.
    public var site: Site

    /// Creates a layer.
    public init(_ name: String, kind: String, site: Site) {
      self.name = name
      self.kind = kind
      self.site = site
    }
  }

  /// An input or output of the file.
  public struct End: Hashable, Sendable {
    /// The name.
    public var name: String
    /// The extents in the file's own words, such as `[N,3,32,32]`; empty if the file has none.
    public var shape: String

    /// Creates an input or output.
    public init(_ name: String, shape: String) {
      self.name = name
      self.shape = shape
    }
  }

  /// The name of the network.
  public var name: String

  /// Where it comes from.
  public var provenance: Provenance

  /// The inputs, in order.
  public var inputs: [End]

  /// The outputs, in order.
  public var outputs: [End]

  /// The layers that the outputs need, in an order of computation where there is one.
  public var layers: [Layer]

  /// Creates a listing.
  public init(
    name: String, provenance: Provenance, inputs: [End], outputs: [End], layers: [Layer]
  ) {
    self.name = name
    self.provenance = provenance
    self.inputs = inputs
    self.outputs = outputs
    self.layers = layers
  }
}
