// The pass `expand-activations`: piecewise linear functions as sums of plain rectifiers.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Writes piecewise linear functions as sums of rectifiers, which spikes express exactly.
  package static let expandActivations = Pass.ann(
    name: "expand-activations",
    summary: "write leaky rectifiers, absolute values, maxima ... as sums of plain rectifiers",
    details: """
      A population of integrate-and-fire neurons is a rectifier, so functions made of rectifiers
      need no approximation. With r(x) = max(0, x):
        relu with slope a:    r(x) − a·r(−x), the first part cut at the maximum if there is one
        prelu:                r(x) − a·r(−x)
        absolute:             r(x) + r(−x)
        hard-sigmoid:         min(r(αx + β), 1)
        hard-tanh:            min(r(x + 1), 2) − 1
        soft-shrink:          r(x − λ) − r(−x − λ)
        maximum(x, y):        x + r(y − x)
        minimum(x, y):        x − r(x − y)
      Before: %2 = activation %1 {kind=relu, alpha=0.1}
      After:  %2 = activation %1 {kind=relu}
              %3 = scale %1 {factor=%t0}             (−1)
              %4 = activation %3 {kind=relu}
              %5 = scale %4 {factor=%t1}             (−0.1)
              %6 = elementwise %2, %5 {kind=add}
      """
  ) { (graph, _, context) throws(CompileError) in
    try liftingDiagnostic { () throws(Diagnostic) in
      let before = graph.nodes.count
      graph = try graph.rewritten { (result, _, node, inputs) throws(Diagnostic) in
        try result.expanded(node, inputs) ?? result.keep(node, inputs)
      }
      context.count("nodes added", of: "expand-activations", by: graph.nodes.count - before)
    }
  }
}

extension ANNGraph {

  /// Adds the sum of rectifiers that `node` is; `nil` if it is none or is a rectifier itself.
  fileprivate mutating func expanded(
    _ node: Node, _ inputs: [NodeID]
  ) throws(Diagnostic) -> NodeID? {
    switch node.op {
    case .activation(let op): return try expanded(op, node, inputs)
    case .prelu(let op):
      let slopes = try tensors.floats(op.slope).map { -$0 }
      let factor = tensors.add(
        Tensor("\(node.name)/factor", shape: tensors[op.slope].shape, floats: slopes))
      let negative = try rectified(scaled(inputs[0], by: -1, node.name), "\(node.name)/negative")
      let part = try add(
        freshName(node.name, "slope"), .scale(Scale(factor: factor, offset: nil)), [negative])
      let positive = try rectified(inputs[0], "\(node.name)/positive")
      return try add(node.name, .elementwise(Elementwise(.add)), [positive, part])
    case .elementwise(let op)
    where inputs.count == 2 && (op.kind == .maximum || op.kind == .minimum):
      guard inputs.allSatisfy({ self[$0].shape == node.shape }) else { return nil }
      return try expandedExtremum(op.kind, node, inputs)
    default: return nil
    }
  }

  /// Adds x + r(y − x) or x − r(x − y).
  private mutating func expandedExtremum(
    _ kind: Elementwise.Kind, _ node: Node, _ inputs: [NodeID]
  ) throws(Diagnostic) -> NodeID {
    let (plus, minus) = kind == .maximum ? (inputs[1], inputs[0]) : (inputs[0], inputs[1])
    let negated = try scaled(minus, by: -1, node.name)
    let difference = try add(
      freshName(node.name, "difference"), .elementwise(Elementwise(.add)), [plus, negated])
    var excess = try rectified(difference, "\(node.name)/excess")
    if kind == .minimum { excess = try scaled(excess, by: -1, "\(node.name)/excess") }
    return try add(node.name, .elementwise(Elementwise(.add)), [inputs[0], excess])
  }

  /// Adds the sum of rectifiers that an activation is; `nil` if it is none.
  private mutating func expanded(
    _ op: Activation, _ node: Node, _ inputs: [NodeID]
  ) throws(Diagnostic) -> NodeID? {
    let x = inputs[0]
    switch op.kind {
    case .relu where op.threshold == 0 && op.alpha != 0:
      let positive = try rectified(x, "\(node.name)/positive", maximum: op.maximum)
      let mirrored = try rectified(scaled(x, by: -1, node.name), "\(node.name)/negative")
      let negative = try scaled(mirrored, by: -op.alpha, "\(node.name)/negative")
      return try add(node.name, .elementwise(Elementwise(.add)), [positive, negative])
    case .absolute:
      let positive = try rectified(x, "\(node.name)/positive")
      let negative = try rectified(scaled(x, by: -1, node.name), "\(node.name)/negative")
      return try add(node.name, .elementwise(Elementwise(.add)), [positive, negative])
    case .hardSigmoid:
      let line = try scaled(x, by: op.alpha, offset: op.beta, node.name)
      return try add(node.name, .activation(Activation(.relu, maximum: 1)), [line])
    case .hardTanh:
      let line = try scaled(x, by: 1, offset: 1, node.name)
      let part = try rectified(line, "\(node.name)/shifted", maximum: 2)
      let minusOne = tensors.add("\(node.name)/offset", shape: [1], floats: [-1])
      return try add(node.name, .scale(Scale(factor: nil, offset: minusOne)), [part])
    case .softShrink where op.alpha >= 0:
      let above = try scaled(x, by: 1, offset: -op.alpha, node.name)
      let positive = try rectified(above, "\(node.name)/positive")
      let below = try scaled(x, by: -1, offset: -op.alpha, node.name)
      let mirrored = try rectified(below, "\(node.name)/negative")
      let negative = try scaled(mirrored, by: -1, "\(node.name)/negative")
      return try add(node.name, .elementwise(Elementwise(.add)), [positive, negative])
    default: return nil
    }
  }

  /// Adds min(r(x), maximum).
  private mutating func rectified(
    _ x: NodeID, _ name: String, maximum: Float? = nil
  ) throws(Diagnostic) -> NodeID {
    try add(name, .activation(Activation(.relu, maximum: maximum)), [x])
  }

  /// Adds factor · x + offset.
  private mutating func scaled(
    _ x: NodeID, by factor: Float, offset: Float = 0, _ stem: String
  ) throws(Diagnostic) -> NodeID {
    let name = freshName(stem, "scaled")
    let factors =
      factor == 1 ? nil : tensors.add("\(name)/factor", shape: [1], floats: [factor])
    let offsets =
      offset == 0 ? nil : tensors.add("\(name)/offset", shape: [1], floats: [offset])
    return try add(name, .scale(Scale(factor: factors, offset: offsets)), [x])
  }
}
