// What an ONNX file says, as plain values: the reader fills them, the importer interprets them.

internal import Diagnostics

/// A model as its file states it; nothing is interpreted yet.
struct ONNXModel: Sendable {

  /// The path of the file, for messages.
  var path: String

  /// The version of the file format.
  var irVersion: Int

  /// The program that wrote the file, empty if unknown.
  var producer = ""

  /// That program's version, empty if unknown.
  var producerVersion = ""

  /// The versions of the operator sets, by domain; the standard's own domain is "".
  var opsets: [String: Int] = [:]

  /// The network.
  var graph: ONNXGraph

  /// Operators that the model defines by graphs of others.
  var functions: [ONNXFunction] = []

  /// The version of the standard operator set, `nil` if the file names none.
  var opset: Int? { opsets[""] }
}

/// A list of nodes with names for their values.
struct ONNXGraph: Sendable {

  /// The name of the graph, possibly empty.
  var name = ""

  /// The nodes, in the order of the file: by the standard, operands first.
  var nodes: [ONNXNode] = []

  /// The named constants.
  var initializers: [ONNXTensor] = []

  /// The declared inputs; in old files, the initializers are among them.
  var inputs: [ONNXValueInfo] = []

  /// The declared outputs.
  var outputs: [ONNXValueInfo] = []
}

/// An operator that a model defines.
struct ONNXFunction: Sendable {

  /// The name by which nodes call it.
  var name: String

  /// The domain by which nodes call it.
  var domain: String

  /// The variant of a name that has several, usually empty.
  var overload = ""

  /// The names of the parameters within the body.
  var inputs: [String]

  /// The names of the results within the body.
  var outputs: [String]

  /// The names of the attributes that the body refers to and that have no default.
  var attributes: [String] = []

  /// The defaults of attributes that the body refers to.
  var defaults: [String: ONNXAttribute] = [:]

  /// The body.
  var nodes: [ONNXNode]

  /// The versions of the operator sets that the body uses, by domain.
  var opsets: [String: Int]
}

/// An operator applied to values.
struct ONNXNode: Sendable {

  /// The name, often empty.
  var name: String

  /// The kind of operator, such as `Conv`.
  var opType: String

  /// The domain of the operator; `ai.onnx` is given as "".
  var domain = ""

  /// The variant of a function that has several, usually empty.
  var overload = ""

  /// The names of the operands; an empty name stands for an optional operand that is left out.
  var inputs: [String]

  /// The names of the results; an empty name stands for a result that nobody needs.
  var outputs: [String]

  /// The attributes by name.
  var attributes: [String: ONNXAttribute] = [:]
}

/// The value of an attribute.
enum ONNXAttribute: Sendable {
  /// A floating-point number.
  case float(Float)
  /// An integer.
  case int(Int)
  /// A byte string, as text.
  case string(String)
  /// A constant array.
  case tensor(ONNXTensor)
  /// Floating-point numbers.
  case floats([Float])
  /// Integers.
  case ints([Int])
  /// Byte strings, as text.
  case strings([String])
  /// In the body of a function, the attribute of the call with this name.
  case reference(String)
  /// Something that no supported operator takes, by the standard's name of its type.
  case other(String)
}

/// The declaration of an input or output.
struct ONNXValueInfo: Sendable {

  /// The name of the value.
  var name: String

  /// The type of the elements; `nil` if the value is no tensor or of an undefined type.
  var type: ONNXElementType?

  /// The extents, batch included, `nil` if not even their number is known.
  var extents: [ONNXExtent]?
}

/// The declared extent of a dimension.
enum ONNXExtent: Hashable, Sendable {
  /// A fixed number.
  case fixed(Int)
  /// A name that stands for a number, such as `batch`.
  case named(String)
  /// Nothing is known.
  case unknown

  /// The extent in words: `3`, `batch`, `?`.
  var words: String {
    switch self {
    case .fixed(let n): "\(n)"
    case .named(let name): name
    case .unknown: "?"
    }
  }
}
