// What a frontend is: a reader of model files, one of the kinds of parts that plugins can add.

public import Diagnostics
public import SpikeIR

/// A reader of model files.
public protocol Frontend: Sendable {

  /// The name, kebab-case, such as `keras`.
  var name: String { get }

  /// One line on what is read.
  var summary: String { get }

  /// Returns whether the file at `path`, which begins with `prefix`, is in this frontend's format.
  ///
  /// The prefix is the file's first bytes, at most 4,096.
  func recognizes(path: String, prefix: [UInt8]) -> Bool

  /// Returns the network in the file at `path` and where it comes from; warnings go to `sink`.
  ///
  /// Weights that the network uses as the file has them should stay in the file until they are
  /// needed (`TensorData.deferred`), so that large models can be inspected at once.
  ///
  /// - Throws: all problems found, not only the first.
  func load(
    path: String, options: ImportOptions, sink: inout DiagnosticSink
  ) throws(CompileError) -> ImportedModel

  /// Returns what the file at `path` holds, told without importing it, so that a model that cannot
  /// be imported can be shown with its problems; `nil` if not even that can be read.
  func listing(path: String, options: ImportOptions) -> ModelListing?

  /// The kinds of layers that are read, with what is supported of each.
  var layers: [SupportedLayer] { get }

  /// Whether the frontend takes the description of a network from a file of its own
  /// (`ImportOptions.architecture`).
  var takesArchitecture: Bool { get }
}

extension Frontend {

  /// Model files hold all of the model, unless a frontend says otherwise.
  public var takesArchitecture: Bool { false }

  /// Nothing is told of a model that cannot be imported, unless a frontend says otherwise.
  public func listing(path: String, options: ImportOptions) -> ModelListing? { nil }
}

/// What the user says about reading a model file.
public struct ImportOptions: Hashable, Sendable {

  /// A file with the network's description, for model files that hold nothing but weights.
  public var architecture: String?

  /// Creates options; what is absent is taken from the model file.
  public init(architecture: String? = nil) {
    self.architecture = architecture
  }
}

/// A network as a frontend found it in a file.
public struct ImportedModel: Hashable, Sendable {

  /// The network.
  public var graph: ANNGraph

  /// Where it comes from.
  public var provenance: Provenance

  /// Whether the file has the channels of its inputs first: data that could be read either way lie
  /// as the file says.
  public var hasChannelsFirst: Bool

  /// What the file says of each input beyond the graph, in the graph's order; may be empty.
  public var inputs: [FileValue]

  /// What the file says of each output beyond the graph, in the graph's order; may be empty.
  public var outputs: [FileValue]

  /// Creates an imported model.
  public init(
    graph: ANNGraph, provenance: Provenance, hasChannelsFirst: Bool = false,
    inputs: [FileValue] = [], outputs: [FileValue] = []
  ) {
    self.graph = graph
    self.provenance = provenance
    self.hasChannelsFirst = hasChannelsFirst
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// An input or output as the file has it.
public struct FileValue: Hashable, Sendable {

  /// The extents in the file, such as `[N,3,224,224]`, where their order is not that of the graph.
  public var shape: String?

  /// Whether the file asks for integers, such as the pixels of images, rather than real numbers.
  public var isInteger: Bool

  /// Creates a description.
  public init(shape: String? = nil, isInteger: Bool = false) {
    self.shape = shape
    self.isInteger = isInteger
  }
}

/// What a model file says about itself.
public struct Provenance: Hashable, Sendable {

  /// A property beyond those that every format has, such as the opset of an ONNX file.
  public struct Property: Hashable, Sendable {
    /// The name, kebab-case.
    public var name: String
    /// The value, in words or digits.
    public var value: String

    /// Creates a property.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The format, in a few words: `Keras whole model, HDF5`.
  public var format: String

  /// The program that wrote the file, `nil` if the file does not say.
  public var writer: String?

  /// The version of that program, `nil` if the file does not say.
  public var version: String?

  /// What else the file says, in the order in which it is shown.
  public var properties: [Property]

  /// Creates a provenance.
  public init(
    format: String, writer: String? = nil, version: String? = nil, properties: [Property] = []
  ) {
    self.format = format
    self.writer = writer
    self.version = version
    self.properties = properties
  }
}

/// A line of the table of supported layers.
public struct SupportedLayer: Hashable, Sendable {

  /// The framework's name of the layer.
  public var name: String

  /// What is supported of it.
  public var remark: String

  /// A small network that holds the layer, as it is imported, `nil` if there is none to show.
  ///
  /// From it the tables say what the layer becomes, and whether that becomes spikes.
  public var sample: ANNGraph?

  /// Creates a line.
  public init(_ name: String, _ remark: String = "", sample: ANNGraph? = nil) {
    self.name = name
    self.remark = remark
    self.sample = sample
  }
}
