// Where the operators' definitions add their nodes: names, constants, limits, and the movement of
// elements where an operator needs its axes in another order.

internal import Diagnostics
internal import SpikeIR

/// A graph under construction.
struct GraphBuilder {

  /// The graph so far.
  var graph: ANNGraph

  /// The work that may still be done to compute constants, multiplications.
  var evaluationBudget = GraphBuilder.evaluationLimit

  /// The number of elements that constants computed at import may still have, together.
  var keptBudget = GraphBuilder.keptLimit

  /// The number of positions along axes that may still be listed.
  private var positionBudget = GraphBuilder.positionLimit

  private var names: Set<String> = []

  /// The number with which the search for another name of nodes of the same name goes on.
  private var nextNumbers: [String: Int] = [:]
  private var moved: [Movement: NodeID] = [:]

  /// Creates an empty graph.
  init(name: String) {
    graph = ANNGraph(name: name)
  }

  /// The largest number of elements of a value; far beyond any network that can be run.
  static let elementLimit = 1 << 30

  /// The largest number of positions along axes that all nodes list one by one.
  static let positionLimit = 1 << 24

  /// The largest number of nodes.
  static let nodeLimit = 200_000

  /// Adds a node.
  ///
  /// - Throws: `onnx.bad-node` if operands and parameters do not agree, or the value is too large.
  mutating func add(
    _ op: Op, _ inputs: [NodeID], for site: NodeSite, _ suffix: String? = nil
  ) throws(Diagnostic) -> NodeID {
    guard graph.nodes.count < GraphBuilder.nodeLimit else {
      throw .badNode(site, "is one of more than \(GraphBuilder.nodeLimit) that the network needs")
    }
    let name = uniqueName(suffix.map { "\(site.name)/\($0)" } ?? site.name)
    do throws(Diagnostic) {
      let shape = try op.outputShape(of: inputs.map { graph[$0].shape }, graph.tensors)
      guard let count = shape.checkedCount, count <= GraphBuilder.elementLimit else {
        throw .badNode(
          site,
          "computes a value of shape \(shape), accepted are \(GraphBuilder.elementLimit) "
            + "elements")
      }
      return try graph.add(name, op, inputs)
    } catch {
      throw error.id.hasPrefix("ir.") ? .badNode(site, error.message) : error
    }
  }

  /// Takes account of `count` positions along an axis that the graph will list one by one.
  ///
  /// - Throws: `onnx.bad-node` if they are too many.
  mutating func list(positions count: Int, for site: NodeSite) throws(Diagnostic) {
    guard count <= positionBudget else {
      throw .badNode(
        site,
        "selects \(count) positions along an axis, accepted are \(GraphBuilder.positionLimit) of "
          + "all nodes")
    }
    positionBudget -= count
  }

  /// Adds an input of the network.
  mutating func addInput(_ name: String, _ shape: Shape) throws(Diagnostic) -> NodeID {
    try graph.add(uniqueName(name), .input, shape: shape)
  }

  /// Returns `base`, or `base` with a number if another node has that name.
  private mutating func uniqueName(_ base: String) -> String {
    if names.insert(base).inserted { return base }
    var number = nextNumbers[base] ?? 2
    while !names.insert("\(base)#\(number)").inserted { number += 1 }
    nextNumbers[base] = number + 1
    return "\(base)#\(number)"
  }
}

// MARK: the order of elements

/// Elements of a node in another order or shape.
private struct Movement: Hashable {
  var node: NodeID
  /// The factors that the order is about: values may divide the same memory differently.
  var factors: [Int]
  var order: [Int]
  var shape: Shape
}

extension GraphBuilder {

  /// Returns a node with the elements of `value` in the dimensions `dimensions`, each of which is a
  /// product of factors, outermost first.
  ///
  /// - Precondition: the dimensions name every factor of the value's layout once.
  mutating func node(
    of value: Value, dimensions: [[Int]], for site: NodeSite
  ) throws(Diagnostic) -> NodeID {
    let factors = value.layout.factors
    let order = dimensions.flatMap { $0 }
    let shape = Shape(dimensions.map { $0.reduce(1) { $0 * factors[$1] } })
    let key = Movement(node: value.node, factors: factors, order: order, shape: shape)
    if let node = moved[key] { return node }
    var node = value.node
    if order != Array(factors.indices) {
      let (merged, mergedOrder) = mergingRuns(of: factors, in: order)
      node = try reshape(node, to: Shape(merged), for: site)
      node = try add(.transpose(Transpose(mergedOrder)), [node], for: site, "transpose")
    }
    node = try reshape(node, to: shape, for: site)
    moved[key] = node
    return node
  }

  /// Returns a node with the elements of `value` in dimensions that are products of axes; an empty
  /// product is a dimension of extent 1.
  mutating func node(
    of value: Value, axes: [[Int]], for site: NodeSite
  ) throws(Diagnostic) -> NodeID {
    let layout = value.layout
    return try node(
      of: value, dimensions: axes.map { $0.flatMap { layout.positions(of: $0) } }, for: site)
  }

  /// Returns a node with the elements of `node` in the given shape.
  mutating func reshape(
    _ node: NodeID, to shape: Shape, for site: NodeSite
  ) throws(Diagnostic) -> NodeID {
    guard graph[node].shape != shape else { return node }
    // A chain of reshapes says no more than its last.
    if case .reshape = graph[node].op, let source = graph[node].inputs.first {
      return try reshape(source, to: shape, for: site)
    }
    return try add(.reshape(Reshape(shape)), [node], for: site, "reshape")
  }

  /// Returns `value` with its elements in memory in the row-major order of its axes; the axes of
  /// the result are what precedes the batch, the batch, and what follows it.
  mutating func contiguous(_ value: Value, for site: NodeSite) throws(Diagnostic) -> Value {
    let layout = value.layout
    let node = try node(of: value, axes: [Array(layout.axes.indices)], for: site)
    let flat = layout.axes.flatMap { $0 }
    guard let batch = flat.firstIndex(of: .batch) else {
      return Value(node, Layout(extents: [layout.count], order: [0]), grid: value.grid)
    }
    let before = flat[..<batch].reduce(1) { $0 * layout.extent(of: $1) }
    let extents = [before, layout.batch, layout.count / before]
    return Value(
      node, Layout(extents: extents, order: [0, 2], batchAxis: 1), grid: value.grid)
  }
}

/// Returns the extents and the order with factors that stay neighbours taken together.
private func mergingRuns(of factors: [Int], in order: [Int]) -> (factors: [Int], order: [Int]) {
  var follows = Set<Int>()
  for (a, b) in zip(order, order.dropFirst()) where b == a + 1 { follows.insert(b) }
  var merged: [Int] = []
  var position: [Int] = []
  for i in factors.indices {
    if follows.contains(i) {
      merged[merged.count - 1] *= factors[i]
    } else {
      merged.append(factors[i])
    }
    position.append(merged.count - 1)
  }
  return (merged, order.filter { !follows.contains($0) }.map { position[$0] })
}

// MARK: constants

extension GraphBuilder {

  /// Adds `constant` to the tensors, its dimensions permuted.
  ///
  /// - Parameters:
  ///   - constant: the constant; the file is not read before the elements are needed.
  ///   - extents: extents that divide the constant's elements finer, in row-major order.
  ///   - order: dimension i of the tensor is dimension order[i] of `extents`.
  ///   - shape: the shape of the tensor.
  ///   - site: the node that uses it.
  ///   - role: what it is, for a constant without a name.
  ///   - change: what to do with the elements after they are permuted, if anything.
  /// - Returns: the tensor.
  mutating func tensor(
    _ constant: ONNXTensor, extents: [Int]? = nil, order: [Int]? = nil, shape: Shape,
    for site: NodeSite, _ role: String,
    _ change: (@Sendable ([Float]) -> [Float])? = nil
  ) -> TensorID {
    let extents = extents ?? constant.extents
    let order = order ?? Array(extents.indices)
    let name = constant.name.isEmpty ? "\(site.name)/\(role)" : constant.name
    let elements = DeferredElements(count: shape.count) { () throws(Diagnostic) in
      let floats = try constant.finiteFloats(extents, order: order, site)
      guard let changed = change?(floats) else { return floats }
      let bad = changed.reduce(0) { $0 + ($1.isFinite ? 0 : 1) }
      guard bad == 0 else {
        throw .nonFiniteWeights(site, name: name, count: bad, of: changed.count)
      }
      return changed
    }
    return graph.tensors.add(Tensor(name, shape: shape, data: .deferred(elements)))
  }

  /// Adds the node of a constant with all its axes in row-major order.
  mutating func node(
    of constant: ONNXTensor, for site: NodeSite,
    _ change: (@Sendable ([Float]) -> [Float])? = nil
  ) throws(Diagnostic) -> Value {
    let shape = Shape(constant.extents.isEmpty ? [1] : constant.extents)
    let id = tensor(constant, shape: shape, for: site, "constant", change)
    let node = try add(.constant(Constant(id)), [], for: site, "constant")
    return Value(
      node, Layout(extents: constant.extents, order: Array(constant.extents.indices)),
      type: constant.type)
  }
}

extension ONNXTensor {

  /// Returns the elements with the dimensions `extents` permuted.
  ///
  /// - Throws: `onnx.bad-tensor`; `onnx.non-finite-weights` if some are infinite or not a number.
  fileprivate func finiteFloats(
    _ extents: [Int], order: [Int], _ site: NodeSite
  ) throws(Diagnostic) -> [Float] {
    var bad = 0
    let floats = try elements.floats(Permutation(extents: extents, order: order), nonFinite: &bad)
    guard bad == 0 else { throw .nonFiniteWeights(site, name: name, count: bad, of: floats.count) }
    return floats
  }
}
