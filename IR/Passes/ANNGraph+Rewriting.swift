// The one way in which passes change a graph of tensor operators: rebuild it node by node.

internal import Diagnostics
internal import SpikeIR

extension ANNGraph {

  /// Returns the graph that `body` builds.
  ///
  /// `body` is called for each node, operands first, with the graph under construction and the
  /// identities that the node's operands have there; it returns the identity of the value that
  /// takes the node's place. Tensors keep their identities.
  func rewritten(
    _ body: (inout ANNGraph, NodeID, Node, [NodeID]) throws(Diagnostic) -> NodeID
  ) throws(Diagnostic) -> ANNGraph {
    var result = ANNGraph(name: name)
    result.tensors = tensors
    var map: [NodeID] = []
    for id in ids {
      let node = self[id]
      map.append(try body(&result, id, node, node.inputs.map { map[$0.index] }))
    }
    result.outputs = outputs.map { map[$0.index] }
    return result
  }

  /// Adds `node` as it is, with the operands `inputs`.
  mutating func keep(_ node: Node, _ inputs: [NodeID]) -> NodeID {
    var copy = node
    copy.inputs = inputs
    return nodes.append(copy)
  }

  /// Returns a name that no node has, made of `stem` and `suffix`.
  func freshName(_ stem: String, _ suffix: String) -> String {
    let names = Set(nodes.elements.map(\.name))
    let name = "\(stem)/\(suffix)"
    guard names.contains(name) else { return name }
    var i = 2
    while names.contains("\(name).\(i)") { i += 1 }
    return "\(name).\(i)"
  }

  /// Returns the graph without the nodes and tensors that no output depends on; inputs stay.
  func compacted() -> ANNGraph {
    var isLive = [Bool](repeating: false, count: nodes.count)
    for output in outputs { isLive[output.index] = true }
    for id in ids.reversed() where isLive[id.index] || self[id].op == .input {
      isLive[id.index] = true
      for input in self[id].inputs { isLive[input.index] = true }
    }
    var result = ANNGraph(name: name)
    var newTensors: [TensorID: TensorID] = [:]
    func carry(_ id: TensorID) -> TensorID {
      if let known = newTensors[id] { return known }
      let new = result.tensors.add(tensors[id])
      newTensors[id] = new
      return new
    }
    var map = [NodeID?](repeating: nil, count: nodes.count)
    for id in ids where isLive[id.index] {
      var node = self[id]
      node.inputs = node.inputs.compactMap { map[$0.index] }
      node.op = node.op.mappingTensors(carry)
      node.threshold = node.threshold.map(carry)
      map[id.index] = result.nodes.append(node)
    }
    result.outputs = outputs.compactMap { map[$0.index] }
    return result
  }
}

extension Op {

  /// Returns the operator with each tensor replaced by what `body` returns for it.
  func mappingTensors(_ body: (TensorID) -> TensorID) -> Op {
    guard !tensors.isEmpty else { return self }
    let mapped = attributes.map { attribute in
      guard case .tensor(let id) = attribute.value else { return attribute }
      return Attribute(name: attribute.name, value: .tensor(body(id)))
    }
    do throws(Diagnostic) {
      return try Op(mnemonic: mnemonic, attributes: mapped)
    } catch {
      preconditionFailure("internal: '\(mnemonic)' does not read its own attributes: \(error)")
    }
  }
}
