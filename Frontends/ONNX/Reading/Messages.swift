// From the structures that libprotobuf-c unpacks to our values.

internal import COnnxProto
internal import Diagnostics

extension ONNXModel {

  /// Takes over the head of a model; its graph and functions are empty.
  init(_ message: Onnx__ModelProto, path: String) throws(Diagnostic) {
    self.init(
      path: path, irVersion: Int(message.ir_version), producer: text(message.producer_name),
      producerVersion: text(message.producer_version),
      opsets: try operatorSets(messages(message.opset_import, message.n_opset_import)),
      graph: ONNXGraph())
  }
}

/// Returns the versions of the operator sets in `list`, by domain.
private func operatorSets(
  _ list: [Onnx__OperatorSetIdProto]
) throws(Diagnostic) -> [String: Int] {
  var result: [String: Int] = [:]
  for entry in list {
    let domain = domainName(entry.domain)
    let version = Int(entry.version)
    if let other = result.updateValue(version, forKey: domain), other != version {
      throw .twoOpsets(domain, other, version)
    }
  }
  return result
}

/// Returns the name of a domain; that of the standard is empty.
private func domainName(_ pointer: UnsafePointer<CChar>?) -> String {
  let name = text(pointer)
  return name == "ai.onnx" ? "" : name
}

extension ONNXNode {

  /// Takes over a node.
  init(_ message: Onnx__NodeProto, _ files: ModelFiles) throws(Diagnostic) {
    self.init(
      name: text(message.name), opType: text(message.op_type), domain: domainName(message.domain),
      overload: text(message.overload), inputs: texts(message.input, message.n_input),
      outputs: texts(message.output, message.n_output))
    for attribute in messages(message.attribute, message.n_attribute) {
      let name = text(attribute.name)
      let value = try ONNXAttribute(attribute, files)
      guard attributes.updateValue(value, forKey: name) == nil else {
        throw .duplicateAttribute(name, of: self)
      }
    }
  }
}

extension ONNXFunction {

  /// Takes over the head of a function; its body is empty.
  init(_ message: Onnx__FunctionProto, _ files: ModelFiles) throws(Diagnostic) {
    self.init(
      name: text(message.name), domain: domainName(message.domain),
      overload: text(message.overload), inputs: texts(message.input, message.n_input),
      outputs: texts(message.output, message.n_output),
      attributes: texts(message.attribute, message.n_attribute), nodes: [],
      opsets: try operatorSets(messages(message.opset_import, message.n_opset_import)))
    for attribute in messages(message.attribute_proto, message.n_attribute_proto) {
      defaults[text(attribute.name)] = try ONNXAttribute(attribute, files)
    }
  }
}

/// The types of attributes; the raw values are those of the standard.
///
/// - Source: ONNX, `AttributeProto.AttributeType`.
private enum AttributeType: Int64 {
  case undefined = 0
  case float, int, string, tensor, graph, floats, ints, strings, tensors, graphs
  case sparseTensor, sparseTensors, type, types

  /// The number of the field that holds a value of the type.
  var field: Int64? {
    switch self {
    case .undefined: nil
    case .float: 2
    case .int: 3
    case .string: 4
    case .tensor: 5
    case .graph: 6
    case .floats: 7
    case .ints: 8
    case .strings: 9
    case .tensors: 10
    case .graphs: 11
    case .sparseTensor: 22
    case .sparseTensors: 23
    case .type: 14
    case .types: 15
    }
  }

  /// The standard's name.
  var name: String {
    switch self {
    case .undefined: "UNDEFINED"
    case .float: "FLOAT"
    case .int: "INT"
    case .string: "STRING"
    case .tensor: "TENSOR"
    case .graph: "GRAPH"
    case .floats: "FLOATS"
    case .ints: "INTS"
    case .strings: "STRINGS"
    case .tensors: "TENSORS"
    case .graphs: "GRAPHS"
    case .sparseTensor: "SPARSE_TENSOR"
    case .sparseTensors: "SPARSE_TENSORS"
    case .type: "TYPE_PROTO"
    case .types: "TYPE_PROTOS"
    }
  }

  /// The type of an attribute that does not tell its own, as in files of the first version: that of
  /// the value it has.
  init(inferredFrom message: Onnx__AttributeProto) {
    let filled: [(Bool, AttributeType)] = [
      (message.has_f != 0, .float), (message.has_i != 0, .int), (message.has_s != 0, .string),
      (message.t != nil, .tensor), (message.n_floats > 0, .floats), (message.n_ints > 0, .ints),
      (message.n_strings > 0, .strings),
    ]
    self = filled.first { $0.0 }?.1 ?? AttributeType(unread: message)
  }

  /// The type of the value that the reader left in the file, if there is one.
  private init(unread message: Onnx__AttributeProto) {
    let all: [AttributeType] = [
      .string, .graph, .strings, .tensors, .graphs, .sparseTensor, .sparseTensors, .type, .types,
    ]
    self = all.first { message.has_unread != 0 && $0.field == message.unread } ?? .undefined
  }
}

extension ONNXAttribute {

  /// Takes over the value of an attribute; a value that is not on the wire is 0 or empty.
  fileprivate init(_ message: Onnx__AttributeProto, _ files: ModelFiles) throws(Diagnostic) {
    let reference = text(message.ref_attr_name)
    guard reference.isEmpty else {
      self = .reference(reference)
      return
    }
    let type =
      message.has_type == 0 || message.type == 0
      ? AttributeType(inferredFrom: message) : AttributeType(rawValue: message.type)
    switch type {
    case nil: self = .other("type \(message.type)")
    case .float: self = .float(message.f)
    case .int: self = .int(Int(message.i))
    case .string where message.has_unread == 0: self = .string(message.s.text)
    case .tensor:
      guard let tensor = message.t?.pointee else { throw .noTensor(in: text(message.name)) }
      self = .tensor(try ONNXTensor(tensor, files))
    case .floats: self = .floats(numbers(message.floats, message.n_floats))
    case .ints: self = .ints(numbers(message.ints, message.n_ints).map { Int($0) })
    case .strings where message.has_unread == 0:
      self = .strings(numbers(message.strings, message.n_strings).map { $0.text })
    case .some(let type): self = .other(type.name)
    }
  }
}

extension ONNXValueInfo {

  /// Takes over the declaration of a value.
  init(_ message: Onnx__ValueInfoProto) {
    self.init(name: text(message.name))
    guard let tensor = message.type?.pointee.tensor_type?.pointee else { return }
    type = ONNXElementType(rawValue: Int(tensor.elem_type))
    guard let shape = tensor.shape?.pointee else { return }
    extents = messages(shape.dim, shape.n_dim).map { ONNXExtent($0) }
  }
}

extension ONNXExtent {

  /// Takes over an extent; a negative one, which some writers put for an unknown one, is unknown.
  fileprivate init(_ message: Onnx__DimensionProto) {
    let name = text(message.dim_param)
    if message.has_dim_value != 0 {
      self = message.dim_value >= 0 ? .fixed(Int(message.dim_value)) : .unknown
    } else {
      self = name.isEmpty ? .unknown : .named(name)
    }
  }
}
