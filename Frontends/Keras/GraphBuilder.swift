// Where the definitions of layers add their nodes: naming, weights, layouts, limits.

internal import Diagnostics
internal import JSONReading
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

  /// Problems with weights: the graph is built on, so that all of them are found.
  private(set) var problems = DiagnosticSink()

  private let file: String
  private let arrays: ArrayFile?
  private var names: Set<String> = []
  private var loaded: [String: TensorID] = [:]

  /// Where the weights are of which tensors have the elements as they are.
  private(set) var places: [TensorID: WeightPath] = [:]
  private var moved: [Value: NodeID] = [:]

  /// Creates an empty graph for the model in `file`, with the weights in `arrays`; without a file
  /// they are made up.
  init(name: String, file: String, arrays: ArrayFile?) {
    graph = ANNGraph(name: name)
    (self.file, self.arrays) = (file, arrays)
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
      throw .tooManyNodes(file, limit: GraphBuilder.nodeLimit)
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

  /// Returns the weight `index` of the call's layer as a tensor whose elements stay in the file.
  ///
  /// - Parameters:
  ///   - call: the call.
  ///   - index: the position in Keras's order.
  ///   - role: what the weight is, such as `kernel`; names the tensor.
  ///   - shape: the extents that the weight must have.
  ///   - stored: the extents of the tensor, with as many elements; `shape` if absent.
  ///   - check: looks at the elements when they are loaded.
  /// - Returns: the tensor; the same one for every call of the layer.
  /// - Throws: as `elements(_:_:_:_:check:)`. Other problems are noted.
  mutating func weight(
    _ call: borrowing LayerCall, _ index: Int, _ role: String, _ shape: Shape,
    stored: Shape? = nil,
    check: (@Sendable ([Float], Site) throws(Diagnostic) -> Void)? = nil
  ) throws(Diagnostic) -> TensorID {
    let key = "\(role)|\(call.weights[index].path)"
    if let id = loaded[key] { return id }
    let elements = try elements(call, index, role, shape, check: check)
    let id = graph.tensors.add(
      Tensor(
        "\(call.config.place.path)/\(role)", shape: stored ?? shape, data: .deferred(elements)))
    loaded[key] = id
    places[id] = call.weights[index]
    return id
  }

  /// Returns the elements of the weight `index` of the call's layer, which stay in the file.
  ///
  /// Whether the file has them is checked now; problems are noted, and the elements cannot be
  /// loaded then.
  ///
  /// - Throws: `keras.bad-layer` or `keras.bad-weights` if there are too many.
  mutating func elements(
    _ call: borrowing LayerCall, _ index: Int, _ role: String, _ shape: Shape,
    check: (@Sendable ([Float], Site) throws(Diagnostic) -> Void)? = nil
  ) throws(Diagnostic) -> DeferredElements {
    guard let arrays else {
      let count = shape.count
      return DeferredElements(count: count) { [Float](repeating: 0.5, count: count) }
    }
    let weight = Weight(
      arrays: arrays, entry: call.weights[index], place: call.place, role: role, shape: shape)
    // Only the extents of a weight that is in the file have a product that a machine word holds.
    guard let count = shape.checkedCount else {
      _ = try weight.checked(policy: nil)
      throw .badLayer(call.place, "the \(role) of shape \(shape) has too many elements")
    }
    do throws(Diagnostic) {
      let isBFloat16 = try weight.checked(policy: call.config.dtypePolicy)
      return DeferredElements(count: count) { () throws(Diagnostic) in
        let floats = try weight.load(isBFloat16: isBFloat16)
        try check?(floats, weight.site)
        return floats
      }
    } catch {
      problems.report(error)
      return DeferredElements(count: count) { () throws(Diagnostic) in throw error }
    }
  }

  /// Adds a constant that is computed from weights of the call's layer.
  mutating func computed(
    _ call: borrowing LayerCall, _ role: String, _ shape: Shape, _ elements: DeferredElements
  ) -> TensorID {
    let key = "\(role)|\(call.config.place.path)|\(shape)"
    if let id = loaded[key] { return id }
    let id = graph.tensors.add(
      Tensor("\(call.config.place.path)/\(role)", shape: shape, data: .deferred(elements)))
    loaded[key] = id
    return id
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
