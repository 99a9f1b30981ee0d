// Products of a value with a function of itself: one activation, as exporters write it in parts.

internal import Diagnostics
internal import SpikeIR

extension ANNGraph {

  /// Adds the activation that the product `node` of a value with a function of it amounts to.
  ///
  /// With x or a multiple of it as one operand, the other may be sigmoid(βx), which makes a swish,
  /// tanh(softplus(x)), a mish, the hard sigmoid of slope 1/6 and offset 1/2, a hard swish, and
  /// 1 + erf(x/√2) or half of that, a GELU.
  ///
  /// - Parameters:
  ///   - node: the node as it was.
  ///   - inputs: its operands in this graph.
  /// - Returns: the identity of the value; `nil` if the product is no such function.
  /// - Throws: `ir.elided-tensor`.
  mutating func joinedProduct(_ node: Node, _ inputs: [NodeID]) throws(Diagnostic) -> NodeID? {
    guard case .elementwise(let op) = node.op, op.kind == .multiply, inputs.count == 2,
      node.threshold == nil, inputs.allSatisfy({ self[$0].shape == node.shape })
    else { return nil }
    for (value, gate) in [(inputs[0], inputs[1]), (inputs[1], inputs[0])] {
      let scaled = try multiple(value)
      for (x, factor) in [(value, Float(1)), (scaled.base, scaled.factor)] {
        guard let product = try gated(x, gate) else { continue }
        return try add(product, over: x, times: factor, node.name)
      }
    }
    return nil
  }

  /// A function of x, and what it is multiplied by inside and outside.
  private typealias GatedValue = (function: Activation.Kind, inner: Float, outer: Float)

  /// Returns the function outer · f(inner · x) that is the product of `x` with `gate`; `nil` if
  /// there is none.
  private func gated(_ x: NodeID, _ gate: NodeID) throws(Diagnostic) -> GatedValue? {
    switch self[gate].op {
    case .activation(let function):
      let argument = self[gate].inputs[0]
      switch function.kind {
      case .sigmoid:
        if argument == x { return (.swish, 1, 1) }
        let (base, factor) = try multiple(argument)
        return base == x && factor > 0 ? (.swish, factor, 1 / factor) : nil
      case .hardSigmoid:
        let isSixth = abs(function.alpha * 6 - 1) < 1e-4 && function.beta == 0.5
        return argument == x && isSixth ? (.hardSwish, 1, 1) : nil
      case .tanh:
        guard case .activation(let inner) = self[argument].op, inner.kind == .softplus else {
          return nil
        }
        return self[argument].inputs[0] == x ? (.mish, 1, 1) : nil
      default: return nil
      }
    case .scale(let scale):
      guard let offset = try uniform(scale.offset), let factor = try uniform(scale.factor, or: 1),
        abs(offset - factor) < 1e-6, case .activation(let inner) = self[self[gate].inputs[0]].op,
        inner.kind == .erf
      else { return nil }
      let (base, slope) = try multiple(self[self[gate].inputs[0]].inputs[0])
      return base == x && abs(slope * Float(2).squareRoot() - 1) < 1e-5
        ? (.gelu, 1, 2 * factor) : nil
    default: return nil
    }
  }

  /// Adds factor · outer · f(inner · x) under the given name.
  private mutating func add(
    _ product: GatedValue, over x: NodeID, times factor: Float, _ name: String
  ) throws(Diagnostic) -> NodeID {
    var argument = x
    if product.inner != 1 {
      argument = try add(
        freshName(name, "argument"), scale(by: product.inner, for: name), [argument])
    }
    let function = Op.activation(Activation(product.function))
    let outer = product.outer * factor
    if outer == 1 { return try add(name, function, [argument]) }
    let value = try add(freshName(name, "function"), function, [argument])
    return try add(name, scale(by: outer, for: name), [value])
  }

  /// Returns the value of which `id` is a multiple, and the factor; itself and 1 if of none.
  private func multiple(_ id: NodeID) throws(Diagnostic) -> (base: NodeID, factor: Float) {
    guard case .scale(let scale) = self[id].op, scale.offset == nil,
      let factor = try uniform(scale.factor), self[self[id].inputs[0]].shape == self[id].shape
    else { return (id, 1) }
    return (self[id].inputs[0], factor)
  }

  /// Returns the number that all elements of a tensor are; `nil` if they differ.
  private func uniform(_ id: TensorID?, or absent: Float? = nil) throws(Diagnostic) -> Float? {
    guard let id else { return absent }
    // A large tensor that waits in its file is no coefficient of a function.
    guard tensors[id].shape.count <= 1 << 16 else { return nil }
    let values = try tensors.floats(id)
    return values.allSatisfy { $0 == values[0] } ? values[0] : nil
  }
}
