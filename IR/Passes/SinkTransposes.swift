// The pass `sink-transposes`: transpositions move towards the outputs and into weights.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Moves transpositions, with the reshapes around them, towards the outputs and into weights.
  package static let sinkTransposes = Pass.ann(
    name: "sink-transposes",
    summary: "move transpositions towards the outputs and into weights",
    details: """
      Networks with channels first leave transpositions between their layers, which as spikes would
      cost relays and mix channels with different units. A transposition is not computed where it
      stands: what follows works on its operand, and the rearrangement of the elements moves on,
      - joined with the transpositions and reshapes that follow; it vanishes where they undo each
        other, or where only dimensions of extent 1 move;
      - through functions of one element, normalizations, scales and parametric rectifiers, whose
        constants are permuted;
      - through sums and other combinations of operands that are rearranged in the same way, or
        constant; through concatenations, paddings, slices and selections of whole dimensions;
      - into a dense layer, whose kernel's rows are permuted, and into a convolution without
        groups, where channels are permuted among themselves.
      Before anything else the rearrangement is computed: as a `take` if elements only move inside
      one dimension, else as a transposition, with reshapes where they are needed.
      Before: %1: [3,2,2] = transpose %0 {order=[2,0,1]}         (%0 has the shape [2,2,3])
              %2: [12]    = reshape %1 {shape=[12]}
              %3: [12]    = activation %2 {kind=relu}
              %4: [5]     = dense %3 {kernel=%t0}
      After:  %1: [2,2,3] = activation %0 {kind=relu}
              %2: [12]    = reshape %1 {shape=[12]}
              %3: [5]     = dense %2 {kernel=%t1}                (the rows of %t0, permuted)
      Outputs are equal up to the rounding of reordered sums.
      """
  ) { (graph, _, context) throws(CompileError) in
    try liftingDiagnostic { () throws(Diagnostic) in
      let before = graph.transpositions
      var sinker = TransposeSinker(graph)
      graph = try sinker.sink().compacted()
      let after = graph.transpositions
      context.count("transpositions removed", of: "sink-transposes", by: max(0, before - after))
    }
  }
}

extension ANNGraph {

  /// The number of transpositions.
  fileprivate var transpositions: Int {
    nodes.elements.count { if case .transpose = $0.op { true } else { false } }
  }
}

/// The state of the pass: the graph under construction, and where the values of the old graph are.
struct TransposeSinker {

  /// Where a value of the old graph is.
  struct View: Hashable {

    /// The node of the new graph that holds the elements.
    var base: NodeID

    /// How the value is arranged relative to the base; `nil` if it is the base.
    var arrangement: Rearrangement?
  }

  /// The graph as it was.
  let source: ANNGraph

  /// The graph under construction.
  var result: ANNGraph

  /// Where the values of the old graph are, in the order of its nodes.
  var views: [View] = []

  /// The rearrangements that were computed.
  private var computed: [View: NodeID] = [:]

  /// Prepares the pass for a graph.
  init(_ source: ANNGraph) {
    self.source = source
    result = ANNGraph(name: source.name)
    result.tensors = source.tensors
  }

  /// Returns the graph with its transpositions moved.
  mutating func sink() throws(Diagnostic) -> ANNGraph {
    for id in source.ids {
      let node = source[id]
      if let view = try moved(node) {
        views.append(view)
      } else {
        var inputs: [NodeID] = []
        for input in node.inputs { inputs.append(try plain(input)) }
        views.append(View(base: result.keep(node, inputs)))
      }
    }
    for output in source.outputs { result.outputs.append(try plain(output)) }
    return result
  }

  /// Returns where the value of `node` is if its operands are left rearranged as they are, after
  /// adding what computes it; `nil` if the operands have to be computed.
  // size: table
  private mutating func moved(_ node: Node) throws(Diagnostic) -> View? {
    guard node.threshold == nil, let first = node.inputs.first else { return nil }
    let operand = views[first.index]
    if case .transpose(let op) = node.op { return try transposed(operand, op, node) }
    guard let arrangement = operand.arrangement else {
      if case .elementwise = node.op { return try combined(node) }
      return nil
    }
    let base = result[operand.base].shape
    switch node.op {
    case .reshape(let op): return try view(operand.base, arrangement.reshaped(to: op.shape), node)
    case .activation, .fakeQuantize:
      return View(
        base: try result.add(node.name, node.op, [operand.base]), arrangement: arrangement)
    case .scale(var op):
      guard let factor = try permuted(op.factor, arrangement, base),
        let offset = try permuted(op.offset, arrangement, base)
      else { return nil }
      (op.factor, op.offset) = (factor.tensor, offset.tensor)
      return View(
        base: try result.add(node.name, .scale(op), [operand.base]), arrangement: arrangement)
    case .prelu(var op):
      guard let slope = try permuted(op.slope, arrangement, base)?.tensor else { return nil }
      op.slope = slope
      return View(
        base: try result.add(node.name, .prelu(op), [operand.base]), arrangement: arrangement)
    case .batchNorm(let op): return try normalized(op, operand.base, arrangement, node)
    case .elementwise: return try combined(node)
    case .dense(let op): return try multiplied(op, operand.base, arrangement, node)
    case .conv2d(let op): return try convolved(op, operand.base, arrangement, node)
    case .concat, .pad, .slice, .take: return try restructured(node)
    case .input, .constant, .convTranspose2d, .pool, .softLIF, .softmax, .transpose, .upsample,
      .custom:
      return nil
    }
  }

  // MARK: Structure

  /// Returns where a transposition of `operand` is.
  private mutating func transposed(
    _ operand: View, _ op: Transpose, _ node: Node
  ) throws(Diagnostic) -> View? {
    if let arrangement = operand.arrangement?.transposed(op.order) {
      return try view(operand.base, arrangement, node)
    }
    // A value that cannot be transposed as it is, is computed; a transposition of that always can.
    let base = try plain(node.inputs[0])
    if case .reshape = result[base].op, result[base].threshold == nil {
      let inner = result[base].inputs[0]
      let split = Rearrangement(of: result[inner].shape).reshaped(to: result[base].shape)
      if let arrangement = split.transposed(op.order) { return try view(inner, arrangement, node) }
    }
    guard let arrangement = Rearrangement(of: result[base].shape).transposed(op.order) else {
      return nil
    }
    return try view(base, arrangement, node)
  }

  /// Returns where the value with the given arrangement is; one whose elements stay in order is
  /// computed by a reshape at once.
  private mutating func view(
    _ base: NodeID, _ arrangement: Rearrangement, _ node: Node
  ) throws(Diagnostic) -> View {
    guard arrangement.keepsOrder else { return View(base: base, arrangement: arrangement) }
    if result[base].shape == arrangement.shape { return View(base: base) }
    return View(base: try result.add(node.name, .reshape(Reshape(arrangement.shape)), [base]))
  }

  /// Returns the node that holds the value of the old node `id` as it was.
  mutating func plain(_ id: NodeID) throws(Diagnostic) -> NodeID {
    let view = views[id.index]
    guard let arrangement = view.arrangement else { return view.base }
    if let known = computed[view] { return known }
    let name =
      switch source[id].op {
      case .transpose, .reshape: source[id].name
      default: result.freshName(source[id].name, "transposed")
      }
    let node = try result.addRearranged(view.base, arrangement, name)
    computed[view] = node
    return node
  }
}

extension ANNGraph {

  /// Adds what computes the arrangement of the elements of `base`.
  fileprivate mutating func addRearranged(
    _ base: NodeID, _ arrangement: Rearrangement, _ name: String
  ) throws(Diagnostic) -> NodeID {
    let shape = self[base].shape
    let alignment = arrangement.aligned(to: shape)
    if let alignment, shape == arrangement.shape, let d = alignment.onlyDimension {
      let inner = alignment.base[d].map { alignment.order[$0] - alignment.base[d].lowerBound }
      let own = Rearrangement.permutation(Array(alignment.factors[alignment.base[d]]), inner)
      return try add(name, .take(Take(axis: d, indices: own)), [base])
    }
    if let order = alignment?.dimensions {
      return try add(name, .transpose(Transpose(order)), [base])
    }
    var (value, order) = (base, arrangement.order)
    if let whole = alignment?.wholeDimensions {
      order = whole
    } else if shape != Shape(arrangement.factors) {
      let split = Reshape(Shape(arrangement.factors))
      value = try add(freshName(name, "split"), .reshape(split), [base])
    }
    let permuted = Shape(order.map { self[value].shape[$0] })
    let isLast = permuted == arrangement.shape
    value = try add(
      isLast ? name : freshName(name, "transposed"), .transpose(Transpose(order)), [value])
    return isLast ? value : try add(name, .reshape(Reshape(arrangement.shape)), [value])
  }
}
