// Where the definitions of layers add their nodes: naming, weights, layouts, limits.

internal import Diagnostics
internal import HDF5
internal import SpikeIR

/// A value while the graph is built.
struct Value: Hashable, Sendable {

  /// The node that computes the value.
  var node: NodeID

  /// `true` iff Keras has the channels first: the node is [height, width, channels], Keras's value
  /// [channels, height, width].
  ///
  /// Layers that work on images leave their results so; the dimensions are only moved where a
  /// layer needs Keras's own order.
  var isChannelsFirst = false
}

/// One call of a layer, as the definitions see it.
struct LayerCall {

  /// The options of the layer.
  var config: LayerConfig

  /// The name of the node that computes the value; other nodes are named after it.
  var name: String

  /// The tensors among the arguments.
  var inputs: [Value]

  /// The arguments in order: a tensor (its position in `inputs`) or a constant.
  var arguments: [CallArgument]

  /// The named arguments that are not tensors.
  var options: [String: JSON]

  /// Where the weights are, in Keras's order.
  var weights: [WeightPath]

  /// The layer, for messages.
  var place: LayerPlace { config.place }
}

/// An argument of a call.
enum CallArgument {
  /// A tensor, by its position among the inputs.
  case tensor(Int)
  /// A constant.
  case constant(JSONArray)
}

/// A graph under construction.
struct GraphBuilder: ~Copyable {

  /// The graph so far.
  var graph: ANNGraph

  private let file: WholeModelFile
  private var names: Set<String> = []
  private var loaded: [String: TensorID] = [:]
  private var moved: [Value: NodeID] = [:]

  /// Creates an empty graph for the model in `file`.
  init(name: String, file: consuming WholeModelFile) {
    graph = ANNGraph(name: name)
    self.file = file
  }

  /// The largest number of elements of a value; far beyond any network that can be run.
  static let elementLimit = 1 << 30

  /// The largest number of nodes; nested models that call each other grow exponentially.
  static let nodeLimit = 200_000

  /// Returns `base`, or `base` with a number if another node has that name.
  mutating func uniqueName(_ base: String) -> String {
    var name = base
    var number = 2
    while !names.insert(name).inserted {
      name = "\(base)#\(number)"
      number += 1
    }
    return name
  }

  /// Adds a node named after `call`, and after `suffix` if it is not the call's main node.
  ///
  /// - Throws: `keras.bad-layer` if operands and options do not agree, or the value is too large.
  mutating func add(
    _ op: Op, _ inputs: [NodeID], for call: borrowing LayerCall, _ suffix: String? = nil
  ) throws(Diagnostic) -> NodeID {
    let name = uniqueName(suffix.map { "\(call.name)/\($0)" } ?? call.name)
    guard graph.nodes.count < GraphBuilder.nodeLimit else {
      throw .tooManyNodes(call.place.file, limit: GraphBuilder.nodeLimit)
    }
    do throws(Diagnostic) {
      let shape = try op.outputShape(of: inputs.map { graph[$0].shape }, graph.tensors)
      try GraphBuilder.checkSize(shape, call.place)
      return try graph.add(name, op, inputs)
    } catch {
      guard error.id.hasPrefix("ir.") else { throw error }
      throw .badLayer(call.place, error.message)
    }
  }

  /// Adds an input of the network.
  ///
  /// - Throws: `keras.bad-layer` if it has too many elements.
  mutating func addInput(
    _ name: String, shape: Shape, _ place: LayerPlace
  ) throws(Diagnostic) -> NodeID {
    try GraphBuilder.checkSize(shape, place)
    return try graph.add(uniqueName(name), .input, shape: shape)
  }

  private static func checkSize(_ shape: Shape, _ place: LayerPlace) throws(Diagnostic) {
    guard let count = shape.checkedCount, count <= elementLimit else {
      throw .badLayer(
        place, "a value of shape \(shape) has too many elements, accepted are \(elementLimit)")
    }
  }

  // MARK: layouts

  /// Returns the extents of `value` as Keras has them, without the batch.
  func kerasShape(_ value: Value) -> Shape {
    let shape = graph[value.node].shape
    return value.isChannelsFirst ? [shape[2], shape[0], shape[1]] : shape
  }

  /// Returns the node with the dimensions of `value` in Keras's order.
  mutating func plain(_ value: Value, for call: borrowing LayerCall) throws(Diagnostic) -> NodeID {
    guard value.isChannelsFirst else { return value.node }
    if let node = moved[value] { return node }
    let node = try add(
      .transpose(Transpose([2, 0, 1])), [value.node], for: call, "channels-first")
    moved[value] = node
    return node
  }

  /// Returns the node of an image [height, width, channels] that Keras has with the channels first
  /// or last.
  ///
  /// - Throws: `keras.bad-layer` if the value is no image.
  mutating func image(
    _ value: Value, isChannelsFirst: Bool, for call: borrowing LayerCall
  ) throws(Diagnostic) -> NodeID {
    guard isChannelsFirst != value.isChannelsFirst else { return value.node }
    let node = try plain(value, for: call)
    guard isChannelsFirst else { return node }
    let shape = graph[node].shape
    guard shape.rank == 3 else { throw .badRank(call.place, shape, expected: 3) }
    let key = Value(node: node, isChannelsFirst: true)
    if let image = moved[key] { return image }
    let image = try add(.transpose(Transpose([1, 2, 0])), [node], for: call, "channels-last")
    moved[key] = image
    return image
  }

  // MARK: weights

  /// Returns the weight `index` of the call's layer as a tensor.
  ///
  /// - Parameters:
  ///   - call: the call.
  ///   - index: the position in Keras's order.
  ///   - role: what the weight is, such as `kernel`; names the tensor.
  ///   - shape: the extents that the weight must have in the file.
  ///   - stored: the extents of the tensor, with as many elements; `shape` if absent.
  /// - Returns: the tensor; the same one for every call of the layer.
  /// - Throws: `keras.bad-weights`, `keras.missing-weights` or `keras.non-finite-weights`.
  mutating func weight(
    _ call: borrowing LayerCall, _ index: Int, _ role: String, _ shape: Shape,
    stored: Shape? = nil
  ) throws(Diagnostic) -> TensorID {
    let path = call.weights[index].path
    let key = "\(role)|\(path)"
    if let id = loaded[key] { return id }
    let floats = try floats(call, index, role, shape)
    let id = graph.tensors.add(
      "\(call.config.place.path)/\(role)", shape: stored ?? shape, floats: floats)
    loaded[key] = id
    return id
  }

  /// Returns the elements of the weight `index` of the call's layer.
  ///
  /// - Throws: `keras.bad-weights`, `keras.missing-weights` or `keras.non-finite-weights`.
  func floats(
    _ call: borrowing LayerCall, _ index: Int, _ role: String, _ shape: Shape
  ) throws(Diagnostic) -> [Float] {
    let path = call.weights[index].path
    let place = call.place
    guard file.hdf5.exists(path) else {
      throw .missingWeights(place, "the \(role) is listed but not in the file", at: path)
    }
    let info = try file.hdf5.info(of: path)
    guard info.extents == shape.extents else {
      throw .badWeights(
        place, "the \(role) has the shape \(Shape(info.extents)), expected \(shape)", at: path)
    }
    let isBFloat16 = call.config.dtypePolicy?.contains("bfloat16") ?? false
    switch info.elementType {
    case .float: break
    case .opaque(byteCount: 2) where isBFloat16: break
    default:
      throw .badWeights(
        place, "the \(role) holds \(info.elementType), expected floating point", at: path)
    }
    let floats = try file.hdf5.floats(path, readsBFloat16: isBFloat16)
    let bad = floats.reduce(0) { $0 + ($1.isFinite ? 0 : 1) }
    guard bad == 0 else {
      throw .nonFiniteWeights(place, role: role, count: bad, of: floats.count, at: path)
    }
    return floats
  }

  /// Adds a constant of the call's layer to the tensors.
  mutating func constant(
    _ call: borrowing LayerCall, _ role: String, _ shape: Shape, _ floats: [Float]
  ) -> TensorID {
    let key = "\(role)|\(call.config.place.path)|\(shape)"
    if let id = loaded[key] { return id }
    let id = graph.tensors.add("\(call.config.place.path)/\(role)", shape: shape, floats: floats)
    loaded[key] = id
    return id
  }
}

extension Diagnostic {

  /// Returns an error about an operand of the wrong rank.
  static func badRank(_ place: LayerPlace, _ shape: Shape, expected: Int) -> Diagnostic {
    .badLayer(place, "the operand has the shape \(shape), expected rank \(expected)")
  }
}

extension LayerCall {

  /// Returns the only operand.
  ///
  /// - Throws: `keras.bad-layer` if there are several or none.
  func onlyInput() throws(Diagnostic) -> Value {
    guard let input = inputs.first, inputs.count == 1 else {
      throw .badLayer(place, "has \(inputs.count) operands, expected one")
    }
    return input
  }
}
