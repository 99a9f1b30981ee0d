// The description of a model: layers, and who calls whom. The same for both generations and for
// Sequential and Functional models; a Sequential is a chain of calls.

internal import JSONReading

/// One result of one call of a layer.
struct Reference: Hashable, Sendable {

  /// The name of the layer within its model.
  var layer: String

  /// Which call of the layer.
  var call: Int

  /// Which of the results of the call.
  var result: Int
}

/// An argument of a call.
enum Argument: Hashable, Sendable {
  /// A value that another call computes.
  case tensor(Reference)
  /// A constant.
  case constant(JSON)
}

/// One application of a layer.
struct Call: Hashable, Sendable {

  /// The positional arguments, lists flattened, then the tensors among the named ones.
  var arguments: [Argument]

  /// The named arguments that are not tensors.
  var options: [String: JSON] = [:]

  /// The names of the tensors at the end of `arguments` that were given by name.
  var tensorNames: [String] = []

  /// The values that the call needs.
  var operands: [Reference] {
    arguments.compactMap { if case .tensor(let reference) = $0 { reference } else { nil } }
  }
}

/// A layer of a model.
struct LayerSpec: Hashable, Sendable {

  /// The name within the model.
  var name: String

  /// The options.
  var config: LayerConfig

  /// The applications, in order; an input has one, without arguments.
  var calls: [Call]

  /// The model, if the layer is one.
  var model: ModelSpec?

  /// Where the weights are, in Keras's order.
  var weights: [WeightPath] = []

  /// `true` iff the layer stands for an input of its model.
  var isInput: Bool { config.className == "InputLayer" }
}

/// The place of a weight in the file.
struct WeightPath: Hashable, Sendable {

  /// The path of the dataset.
  var path: String

  /// The order of dimensions in the file, `nil` if it is that of Keras 2 and 3.
  var order: StoredOrder?
}

/// A model: layers with their calls, inputs and outputs.
struct ModelSpec: Hashable, Sendable {

  /// The name.
  var name: String

  /// Whether the model's own flag says that it is trained.
  var isTrainable = true

  /// The layers, in the order of the file.
  var layers: [LayerSpec]

  /// The inputs, in order.
  var inputs: [Reference]

  /// The outputs, in order.
  var outputs: [Reference]

  /// The calls that the outputs need, operands first; set by `resolve`.
  var order: [CallPosition] = []
}
