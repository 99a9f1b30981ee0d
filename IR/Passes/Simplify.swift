// The pass `simplify`: removes what computes nothing and brings what remains into normal form.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Removes nodes that compute nothing and normalizes the rest, without changing any output.
  package static let simplify = Pass.ann(
    name: "simplify",
    summary: "remove what computes nothing, and normalize the rest",
    details: """
      Applied until nothing changes:
      - a reshape to the operand's own shape, a sum of one operand, a transposition that moves
        nothing and a scale without coefficients vanish; consecutive reshapes become one;
      - a padding with zeros before a convolution becomes the convolution's own padding;
      - a rectifier of a rectifier becomes one of them, with the smaller maximum;
      - an activation between a vector and an image made of it is applied to the image, so that
        neurons have the channels that the next layer sees;
      - a maximum pooling before a monotone activation moves behind it, so that spikes are pooled:
          %2 = pool %1 {kind=max, size=[2,2]}          %2 = activation %1 {kind=relu}
          %3 = activation %2 {kind=relu}          =>   %3 = pool %2 {kind=max, size=[2,2]}
      - the product of a value with a function of itself that is a swish, hard swish, mish or GELU
        in parts becomes that activation;
      - a sum, difference or product with a constant becomes a scale; an average becomes a sum and
        a scale; a difference becomes a sum with a negated operand.
      Then nodes and tensors that no output depends on are dropped.
      Outputs are equal up to the rounding of the reordered operations.
      """
  ) { (graph, _, context) throws(CompileError) in
    try liftingDiagnostic { () throws(Diagnostic) in
      for _ in 0..<simplifyRounds {
        let before = graph
        graph = try graph.simplifiedOnce()
        if graph == before { break }
        context.count("rounds", of: "simplify")
      }
      let nodes = graph.nodes.count
      graph = graph.compacted()
      context.count("nodes dropped", of: "simplify", by: nodes - graph.nodes.count)
    }
  }
}

/// Each round moves a pooling behind at most one activation of a chain; chains are short.
private let simplifyRounds = 32

extension ANNGraph {

  /// Returns the graph after one sweep of all rules.
  fileprivate func simplifiedOnce() throws(Diagnostic) -> ANNGraph {
    let users = self.users()
    let swept = try rewritten { (result, id, node, inputs) throws(Diagnostic) in
      if let same = result.passesThrough(node, inputs) { return same }
      if let merged = try result.mergedStructure(node, inputs, old: self, users: users) {
        return merged
      }
      if let normal = try result.normalizedArithmetic(node, inputs) { return normal }
      if let function = try result.joinedProduct(node, inputs) { return function }
      return result.keep(node, inputs)
    }
    return swept.compacted()
  }

  /// Returns the operand that `node` merely passes on, if it computes nothing.
  private func passesThrough(_ node: Node, _ inputs: [NodeID]) -> NodeID? {
    guard inputs.count == 1, self[inputs[0]].shape == node.shape, node.threshold == nil else {
      return nil
    }
    switch node.op {
    case .reshape: return inputs[0]
    case .transpose(let op): return op.order == op.order.sorted() ? inputs[0] : nil
    case .scale(let op): return op.factor == nil && op.offset == nil ? inputs[0] : nil
    case .elementwise(let op): return op.kind != .subtract && op.kind != .divide ? inputs[0] : nil
    case .concat: return inputs[0]
    case .pad: return inputs[0]
    case .upsample(let op): return op.factors == Pair(1, 1) ? inputs[0] : nil
    case .slice: return inputs[0]
    case .take(let op): return op.indices == Array(0..<node.shape[op.axis]) ? inputs[0] : nil
    case .input, .constant, .conv2d, .convTranspose2d, .dense, .pool, .batchNorm, .activation,
      .fakeQuantize, .prelu, .softLIF, .softmax, .custom:
      return nil
    }
  }

  /// Adds the node that stands for `node` and its operand together, if a rule joins the two.
  ///
  /// - Parameters:
  ///   - node: the node as it was.
  ///   - inputs: its operands in this graph.
  ///   - old: the graph as it was.
  ///   - users: the users of each node of the old graph.
  /// - Returns: the identity of the joint value; `nil` if no rule applies.
  /// - Throws: nothing that a verified graph can cause.
  private mutating func mergedStructure(
    _ node: Node, _ inputs: [NodeID], old: ANNGraph, users: [[NodeID]]
  ) throws(Diagnostic) -> NodeID? {
    guard inputs.count == 1 else { return nil }
    let operand = self[inputs[0]]
    let isOnlyUser =
      users[node.inputs[0].index].count == 1 && !old.outputs.contains(node.inputs[0])
    switch (node.op, operand.op) {
    case (.reshape(let outer), .reshape):
      return try add(node.name, .reshape(outer), operand.inputs)
    case (.reshape(let op), .activation(let function))
    where node.shape.rank == 3 && operand.shape.rank < 3 && isOnlyUser:
      let inner = try add(freshName(node.name, "moved"), .reshape(op), operand.inputs)
      return try add(operand.name, .activation(function), [inner])
    case (.conv2d(var conv), .pad(let pad)) where pad.value == 0:
      guard let padding = pad.imagePadding else { return nil }
      conv.window.padding = conv.window.padding + padding
      return try add(node.name, .conv2d(conv), operand.inputs)
    case (.activation(let outer), .activation(let inner)):
      return try mergedRectifiers(outer, inner, node, inputs[0], isOnlyUser: isOnlyUser)
    case (.activation(let function), .pool(let pool))
    where pool.kind == .maximum && function.isMonotone && isOnlyUser:
      let inner = try add(node.name, .activation(function), operand.inputs)
      return try add(freshName(operand.name, "moved"), .pool(pool), [inner])
    default: return nil
    }
  }

  /// Adds the rectifier that a rectifier of another amounts to, `nil` if the two are not plain.
  private mutating func mergedRectifiers(
    _ outer: Activation, _ inner: Activation, _ node: Node, _ operand: NodeID, isOnlyUser: Bool
  ) throws(Diagnostic) -> NodeID? {
    guard let above = outer.rectifierMaximum, let below = inner.rectifierMaximum,
      node.threshold == nil, self[operand].threshold == nil
    else { return nil }
    guard let maximum = above, maximum < below ?? .infinity else { return operand }
    guard isOnlyUser else { return nil }
    let rectifier = Activation(.relu, maximum: maximum)
    return try add(node.name, .activation(rectifier), self[operand].inputs)
  }

  /// Adds the normal form of an arithmetic `node`, if it is not in normal form.
  private mutating func normalizedArithmetic(
    _ node: Node, _ inputs: [NodeID]
  ) throws(Diagnostic) -> NodeID? {
    guard case .elementwise(let op) = node.op else { return nil }
    if inputs.count == 2, let scaled = try scaledByConstant(node, op.kind, inputs) {
      return scaled
    }
    guard inputs.allSatisfy({ self[$0].shape == node.shape }) else { return nil }
    switch op.kind {
    case .average:
      let sum = try add(freshName(node.name, "sum"), .elementwise(Elementwise(.add)), inputs)
      return try add(node.name, scale(by: 1 / Float(inputs.count), for: node.name), [sum])
    case .subtract:
      let negated = try add(
        freshName(node.name, "negated"), scale(by: -1, for: node.name), [inputs[1]])
      return try add(node.name, .elementwise(Elementwise(.add)), [inputs[0], negated])
    case .add, .multiply, .divide, .maximum, .minimum: return nil
    }
  }

  /// Adds the scale that an operation of one operand with a constant amounts to, if it is one.
  private mutating func scaledByConstant(
    _ node: Node, _ kind: Elementwise.Kind, _ inputs: [NodeID]
  ) throws(Diagnostic) -> NodeID? {
    let constants = inputs.map { id -> TensorID? in
      if case .constant(let op) = self[id].op { op.value } else { nil }
    }
    guard (constants[0] == nil) != (constants[1] == nil) else { return nil }
    let (value, constant) =
      constants[0] == nil ? (inputs[0], constants[1]) : (inputs[1], constants[0])
    guard let constant, self[value].shape == node.shape else { return nil }
    let isFirst = constants[0] != nil
    switch kind {
    case .add: return try add(node.name, .scale(Scale(factor: nil, offset: constant)), [value])
    case .multiply: return try add(node.name, .scale(Scale(factor: constant, offset: nil)), [value])
    case .subtract where isFirst:
      let minus = tensors.add("\(node.name)/factor", shape: [1], floats: [-1])
      return try add(node.name, .scale(Scale(factor: minus, offset: constant)), [value])
    case .subtract:
      let negated = try tensors.add(mapping(constant) { -$0 })
      return try add(node.name, .scale(Scale(factor: nil, offset: negated)), [value])
    case .divide where !isFirst:
      let inverse = try tensors.add(mapping(constant) { 1 / $0 })
      return try add(node.name, .scale(Scale(factor: inverse, offset: nil)), [value])
    case .divide, .average, .maximum, .minimum: return nil
    }
  }

  /// Returns tensor `id` with `body` applied to each element.
  private func mapping(_ id: TensorID, _ body: (Float) -> Float) throws(Diagnostic) -> Tensor {
    let floats = try tensors.floats(id)
    return Tensor(tensors[id].name, shape: tensors[id].shape, floats: floats.map(body))
  }

  /// Returns a scale by one factor for all elements.
  mutating func scale(by factor: Float, for name: String) -> Op {
    .scale(Scale(factor: tensors.add("\(name)/factor", shape: [1], floats: [factor]), offset: nil))
  }
}

extension Activation {

  /// `true` iff x ≤ y implies f(x) ≤ f(y), so that the function commutes with a maximum.
  var isMonotone: Bool {
    switch kind {
    case .relu: alpha >= 0 && threshold == 0
    case .elu, .celu: alpha >= 0
    case .selu, .sigmoid, .tanh, .hardTanh, .softplus, .softsign, .exponential, .logSigmoid,
      .squareplus, .squareplusSparse, .erf, .sign, .round, .floor, .ceiling:
      true
    case .hardSigmoid: alpha >= 0
    case .thresholded: threshold >= 0
    case .hardSwish, .swish, .gelu, .geluTanh, .mish, .absolute, .softShrink, .hardShrink,
      .tanhShrink, .squareRoot, .power, .logarithm, .reciprocal:
      false
    }
  }
}

extension Padding {

  /// Returns the padding that applying both amounts to.
  static func + (a: Padding, b: Padding) -> Padding {
    Padding(
      top: a.top + b.top, left: a.left + b.left, bottom: a.bottom + b.bottom,
      right: a.right + b.right)
  }
}
