// The nodes that the outputs need, operands first, with functions replaced by their bodies.

internal import Diagnostics

/// A node with the version of the operators by which it is meant.
struct PlannedNode: Sendable {

  /// The node.
  var node: ONNXNode

  /// The version of the standard operator set.
  var opset: Int
}

extension ONNXModel {

  /// Returns the nodes of the graph with calls of the model's functions replaced by their bodies.
  ///
  /// - Throws: `onnx.bad-node` if functions call each other without end.
  func inlinedNodes() throws(Diagnostic) -> [PlannedNode] {
    let table = Dictionary(
      functions.map { (FunctionKey($0.domain, $0.name, $0.overload), $0) },
      uniquingKeysWith: { first, _ in first })
    var result: [PlannedNode] = []
    // What is left to do, the next last; a body is put in place of its call.
    var stack = graph.nodes.reversed().map { Pending(node: $0, opset: opset ?? 0, depth: 0) }
    while let next = stack.popLast() {
      let key = FunctionKey(next.node.domain, next.node.opType, next.node.overload)
      let isKnown = OperatorDefinition.of(next.node) != nil
      guard !isKnown, let function = table[key] else {
        result.append(PlannedNode(node: next.node, opset: next.opset))
        continue
      }
      let body = function.body(of: next.node, number: result.count)
      guard next.depth < 32, result.count + stack.count + body.count <= GraphBuilder.nodeLimit
      else {
        throw .badNode(
          NodeSite(next.node, file: path), "is a function whose calls do not come to an end")
      }
      let version = function.opsets[""] ?? next.opset
      stack += body.reversed().map { Pending(node: $0, opset: version, depth: next.depth + 1) }
    }
    return result
  }
}

private struct FunctionKey: Hashable {
  var domain: String
  var name: String
  var overload: String

  init(_ domain: String, _ name: String, _ overload: String) {
    self.domain = domain
    self.name = name
    self.overload = overload
  }
}

private struct Pending {
  var node: ONNXNode
  var opset: Int
  var depth: Int
}

extension ONNXFunction {

  /// Returns the nodes of the body as part of the graph that holds the call `call`.
  ///
  /// - Parameters:
  ///   - call: the call.
  ///   - number: makes the names of the body's own values unique.
  /// - Returns: the nodes; parameters and results have the names that the call gives them.
  fileprivate func body(of call: ONNXNode, number: Int) -> [ONNXNode] {
    var names: [String: String] = ["": ""]
    for (i, name) in inputs.enumerated() {
      names[name] = i < call.inputs.count ? call.inputs[i] : ""
    }
    for (i, name) in outputs.enumerated() where i < call.outputs.count && !call.outputs[i].isEmpty {
      names[name] = call.outputs[i]
    }
    let prefix = call.name.isEmpty ? "\(name)#\(number)" : call.name
    return nodes.map { node in
      var node = node
      node.inputs = node.inputs.map { names[$0] ?? "\(prefix)/\($0)" }
      node.outputs = node.outputs.map { names[$0] ?? "\(prefix)/\($0)" }
      node.name = node.name.isEmpty ? "" : "\(prefix)/\(node.name)"
      for (key, attribute) in node.attributes {
        guard case .reference(let name) = attribute else { continue }
        node.attributes[key] = call.attributes[name] ?? defaults[name]
      }
      return node
    }
  }
}

extension NodeSite {

  /// Creates the site of `node` in the file at `file`.
  init(_ node: ONNXNode, file: String) {
    let name = node.name.isEmpty ? node.outputs.first { !$0.isEmpty } ?? node.opType : node.name
    self.init(file: file, name: name, opType: node.opType)
  }
}

// MARK: order

/// Returns the nodes that `outputs` need, operands first, otherwise in the order of the file.
///
/// - Parameters:
///   - nodes: the nodes.
///   - outputs: the names that are needed.
///   - defined: the names that are no node's results: inputs and constants.
///   - file: the path of the file, for messages.
/// - Returns: the nodes in order.
/// - Throws: `onnx.bad-node` if a name is computed twice, `onnx.cyclic-graph`.
/// - Complexity: O(nodes + operands); no recursion.
func ordered(
  _ nodes: [PlannedNode], outputs: [String], defined: Set<String>, file: String
) throws(Diagnostic) -> [PlannedNode] {
  let producer = try producers(of: nodes, defined: defined, file: file)
  var order: [PlannedNode] = []
  var state = [Visit](repeating: .ahead, count: nodes.count)
  for start in needed(nodes, by: outputs, producer) {
    var path = [start]
    while let i = path.last {
      guard state[i] == .ahead else {
        if state[i] == .begun { order.append(nodes[i]) }
        state[i] = .done
        path.removeLast()
        continue
      }
      state[i] = .begun
      let operands = nodes[i].node.inputs.compactMap { producer[$0] }
      for operand in operands.reversed() where state[operand] != .done {
        guard state[operand] == .ahead else {
          throw .cyclicGraph(NodeSite(nodes[operand].node, file: file))
        }
        path.append(operand)
      }
    }
  }
  return order
}

/// How far the walk through a graph is with a node.
private enum Visit {
  case ahead
  /// Its operands are being visited.
  case begun
  case done
}

/// Returns which node computes each name.
///
/// - Throws: `onnx.bad-node` if a name is computed twice.
private func producers(
  of nodes: [PlannedNode], defined: Set<String>, file: String
) throws(Diagnostic) -> [String: Int] {
  var producer: [String: Int] = [:]
  for (i, planned) in nodes.enumerated() {
    for name in planned.node.outputs where !name.isEmpty {
      guard producer.updateValue(i, forKey: name) == nil, !defined.contains(name) else {
        throw .duplicateValue(NodeSite(planned.node, file: file), name)
      }
    }
  }
  return producer
}

/// Returns the nodes that the names `outputs` need, in the order of the file.
private func needed(
  _ nodes: [PlannedNode], by outputs: [String], _ producer: [String: Int]
) -> [Int] {
  var isNeeded = [Bool](repeating: false, count: nodes.count)
  var pending = outputs.compactMap { producer[$0] }
  while let i = pending.popLast() {
    guard !isNeeded[i] else { continue }
    isNeeded[i] = true
    pending += nodes[i].node.inputs.compactMap { producer[$0] }
  }
  return nodes.indices.filter { isNeeded[$0] }
}
