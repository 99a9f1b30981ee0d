// A node as the definitions of operators see it: its operands resolved, its attributes typed.

internal import Diagnostics
internal import SpikeIR

/// A node of the model with what its names stand for.
struct NodeCall {

  /// The node in the file.
  var node: ONNXNode

  /// The node, for messages and names.
  var site: NodeSite

  /// The version of the operator set by which the node is meant.
  var opset: Int

  /// The operands; `nil` for optional ones that are left out.
  var operands: [Operand?]

  /// How constant operands follow from the number of samples of an open batch; `nil` for those that
  /// do not.
  var counts: [SampleCounts?] = []

  /// Throws if operand `index`, a list, holds the number of samples at a position that `isAllowed`
  /// does not name.
  ///
  /// - Throws: `onnx.batch-axis`.
  func checkSampleCounts(
    operand index: Int, count: Int, where isAllowed: (Int) -> Bool
  ) throws(Diagnostic) {
    guard counts.indices.contains(index), let counts = counts[index] else { return }
    for i in 0..<count where counts[i] != .none && !isAllowed(i) { throw .mixesBatch(site) }
  }

  /// Returns operand `index`, `nil` if it is left out.
  func optional(_ index: Int) -> Operand? {
    index < operands.count ? operands[index] : nil
  }

  /// Returns operand `index`.
  ///
  /// - Throws: `onnx.bad-node` if it is left out.
  func operand(_ index: Int) throws(Diagnostic) -> Operand {
    guard let operand = optional(index) else {
      throw .badNode(site, "has no operand \(index), expected one")
    }
    return operand
  }

  /// Returns operand `index` as a value of the graph, for a constant one that is added to it.
  ///
  /// - Throws: `onnx.bad-node` if it is left out.
  func value(_ index: Int, _ builder: inout GraphBuilder) throws(Diagnostic) -> Value {
    switch try operand(index) {
    case .value(let value): value
    case .constant(let constant): try builder.node(of: constant, for: site)
    }
  }

  /// Returns operand `index`, which must be a constant, `nil` if it is left out.
  ///
  /// - Throws: `onnx.needs-constant`.
  func optionalConstant(_ index: Int, _ role: String) throws(Diagnostic) -> ONNXTensor? {
    switch optional(index) {
    case .constant(let constant): constant
    case .value: throw .needsConstant(site, operand: role)
    case nil: nil
    }
  }

  /// Returns operand `index`, which must be a constant.
  ///
  /// - Throws: `onnx.needs-constant`, or `onnx.bad-node` if it is left out.
  func constant(_ index: Int, _ role: String) throws(Diagnostic) -> ONNXTensor {
    guard let constant = try optionalConstant(index, role) else {
      throw .badNode(site, "has no operand \(index), expected \(role)")
    }
    return constant
  }

  /// Returns the integers that operand `index` holds, `nil` if it is left out.
  ///
  /// - Parameters:
  ///   - index: the operand.
  ///   - role: what it is, for messages.
  ///   - limit: the most integers; they are counted before they are read.
  /// - Returns: the integers.
  /// - Throws: `onnx.needs-constant`, `onnx.bad-node` if they are too many, `onnx.bad-tensor`.
  func integers(
    operand index: Int, _ role: String, limit: Int = NodeCall.listLimit
  ) throws(Diagnostic) -> [Int]? {
    guard let constant = try optionalConstant(index, role) else { return nil }
    guard constant.count <= limit else {
      throw .badNode(site, "has \(constant.count) elements in \(role), accepted are \(limit)")
    }
    return try constant.elements.integers()
  }

  /// Returns the numbers that operand `index` holds, `nil` if it is left out.
  ///
  /// - Throws: `onnx.needs-constant`, `onnx.bad-node` if they are too many, `onnx.bad-tensor`.
  func floats(operand index: Int, _ role: String) throws(Diagnostic) -> [Float]? {
    guard let constant = try optionalConstant(index, role) else { return nil }
    guard constant.count <= NodeCall.listLimit else {
      throw .badNode(site, "has \(constant.count) elements in \(role), expected a short list")
    }
    return try constant.elements.floats()
  }

  /// Returns the number that operand `index` holds, `nil` if it is left out.
  ///
  /// - Throws: as `floats`; `onnx.bad-node` if there is not exactly one.
  func scalar(operand index: Int, _ role: String) throws(Diagnostic) -> Float? {
    guard let floats = try floats(operand: index, role) else { return nil }
    guard let value = floats.first, floats.count == 1 else {
      throw .badNode(site, "has \(floats.count) elements in \(role), expected one")
    }
    return value
  }

  /// The largest number of axes that a constant or a value may have.
  static let rankLimit = 64

  /// The longest list that parameters may be; larger constants are weights.
  static let listLimit = 1 << 20
}

// MARK: attributes

extension NodeCall {

  /// Returns the integer attribute `name`, `nil` if there is none.
  ///
  /// - Throws: `onnx.bad-node` if it is something else.
  func int(_ name: String) throws(Diagnostic) -> Int? {
    switch node.attributes[name] {
    case .int(let x): x
    case nil: nil
    case let other?: throw wrong(name, other, expected: "an integer")
    }
  }

  /// Returns the integer attribute `name`.
  func int(_ name: String, default value: Int) throws(Diagnostic) -> Int {
    try int(name) ?? value
  }

  /// Returns the attribute `name`, a truth value given as an integer.
  func flag(_ name: String, default value: Bool = false) throws(Diagnostic) -> Bool {
    try int(name).map { $0 != 0 } ?? value
  }

  /// Returns the floating-point attribute `name`, `nil` if there is none.
  ///
  /// - Throws: `onnx.bad-node` if it is something else.
  func float(_ name: String) throws(Diagnostic) -> Float? {
    switch node.attributes[name] {
    case .float(let x): x
    case .int(let x): Float(x)
    case nil: nil
    case let other?: throw wrong(name, other, expected: "a number")
    }
  }

  /// Returns the floating-point attribute `name`, which must be finite.
  func float(_ name: String, default value: Float) throws(Diagnostic) -> Float {
    let found = try float(name) ?? value
    guard found.isFinite else {
      throw .badAttribute(site, name, found: "\(found)", expected: "a finite number")
    }
    return found
  }

  /// Returns the attribute `name`, a list of integers, `nil` if there is none.
  ///
  /// - Throws: `onnx.bad-node` if it is something else.
  func ints(_ name: String) throws(Diagnostic) -> [Int]? {
    switch node.attributes[name] {
    case .ints(let x): x
    case nil: nil
    case let other?: throw wrong(name, other, expected: "a list of integers")
    }
  }

  /// Returns the attribute `name`, a list of `count` integers.
  func ints(_ name: String, count: Int, default value: Int) throws(Diagnostic) -> [Int] {
    guard let found = try ints(name) else { return Array(repeating: value, count: count) }
    guard found.count == count else {
      throw .badAttribute(site, name, found: "\(found)", expected: "\(count) integers")
    }
    return found
  }

  /// Returns the text attribute `name`, `nil` if there is none.
  ///
  /// - Throws: `onnx.bad-node` if it is something else.
  func string(_ name: String) throws(Diagnostic) -> String? {
    switch node.attributes[name] {
    case .string(let x): x
    case nil: nil
    case let other?: throw wrong(name, other, expected: "a text")
    }
  }

  private func wrong(
    _ name: String, _ found: ONNXAttribute, expected: String
  ) -> Diagnostic {
    .badAttribute(site, name, found: found.kind, expected: expected)
  }

  /// Returns `axis` counted from the first of `rank` axes.
  ///
  /// - Throws: `onnx.bad-node` if there is no such axis.
  func normalized(axis: Int, rank: Int) throws(Diagnostic) -> Int {
    guard (-rank..<rank).contains(axis) else {
      throw .badNode(
        site, "has the axis \(axis), accepted range is [\(-rank), \(rank - 1)]")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// Returns `axes` counted from the first of `rank` axes.
  ///
  /// - Throws: `onnx.bad-node` if there is no such axis or one is named twice.
  func normalized(axes: [Int], rank: Int) throws(Diagnostic) -> [Int] {
    guard axes.count <= NodeCall.rankLimit else {
      throw .badNode(site, "names \(axes.count) axes, accepted are \(NodeCall.rankLimit)")
    }
    var result: [Int] = []
    for axis in axes {
      let axis = try normalized(axis: axis, rank: rank)
      guard !result.contains(axis) else {
        throw .badNode(site, "has the axes \(axes), expected each only once")
      }
      result.append(axis)
    }
    return result
  }

  /// Returns the axes that attribute `axes` gives before `version` and operand `index` since.
  func axes(operand index: Int, since version: Int) throws(Diagnostic) -> [Int]? {
    opset < version
      ? try ints("axes") : try integers(operand: index, "axes", limit: NodeCall.rankLimit)
  }
}

extension ONNXAttribute {

  /// What the attribute is, for messages.
  var kind: String {
    switch self {
    case .float(let x): "\(x)"
    case .int(let x): "\(x)"
    case .string(let x): "'\(x)'"
    case .tensor: "a tensor"
    case .floats, .ints, .strings: "a list"
    case .reference(let name): "a reference to '\(name)'"
    case .other(let type): "of the type \(type)"
    }
  }
}
