// Scales, additions, concatenations and moves of sums.

internal import Diagnostics
internal import SpikeIR

extension Converter {

  /// Returns `operand` times factor plus offset.
  func scaled(_ operand: SpikingSum, _ node: Node) throws(Diagnostic) -> SpikingSum {
    guard let (factor, offset) = try source.affine(node) else { return operand }
    var result = operand
    let count = operand.layout.count
    result.offset = sum(product(operand.offset, factor), offset)
    for i in result.terms.indices {
      result.terms[i].map = try result.terms[i].map.scaled(by: factor, count: count, node.name)
    }
    return result
  }

  /// Returns the sum of `operands`.
  mutating func added(
    _ operands: [SpikingSum], _ node: Node
  ) throws(Diagnostic) -> SpikingSum {
    var result = operands[0]
    if let image = operands.first(where: { $0.layout.rank == 3 }) { result.layout = image.layout }
    for i in operands.indices where operands[i].layout != result.layout {
      let aligned = try builder.relaid(operands[i], to: result.layout, node.name)
      if i == 0 { result = aligned } else { result = result.adding(aligned) }
    }
    for (i, operand) in operands.enumerated() where i > 0 && operand.layout == result.layout {
      result = result.adding(operand)
    }
    return result
  }

  /// Adds the relay of a concatenation.
  mutating func concatenated(
    _ op: Concat, _ operands: [SpikingSum], _ node: Node
  ) throws(Diagnostic) -> SpikingSum {
    var start = 0
    var parts: [(SpikingSum, [Int32])] = []
    for (operand, input) in zip(operands, node.inputs) {
      let shape = source[input].shape
      let end = start + shape[op.axis]
      let sources = node.shape.mapIndices { index in
        guard (start..<end).contains(index[op.axis]) else { return nil }
        var inner = index
        inner[op.axis] -= start
        return shape.flatIndex(inner)
      }
      parts.append((operand, sources))
      start = end
    }
    return try builder.wired(
      parts, shape: node.shape, name: node.name, layer: node.name, filling: 0)
  }

  /// Adds the relay of an operator that moves elements.
  mutating func moved(
    _ operand: SpikingSum, _ node: Node, filling value: Float
  ) throws(Diagnostic) -> SpikingSum {
    let shape = operandShape(node)
    let sources = node.shape.mapIndices { index in
      node.op.origin(of: index).flatMap { origin in
        zip(origin, shape.extents).allSatisfy { (0..<$1).contains($0) }
          ? shape.flatIndex(origin) : nil
      }
    }
    return try builder.wired(
      [(operand, sources)], shape: node.shape, name: node.name, layer: node.name, filling: value)
  }
}

extension Op {

  /// Returns where the element at `index` of an operator that moves elements comes from; the
  /// place may lie outside the operand.
  fileprivate func origin(of index: [Int]) -> [Int]? {
    switch self {
    case .transpose(let op):
      var origin = index
      for (i, dimension) in op.order.enumerated() { origin[dimension] = index[i] }
      return origin
    case .pad(let op): return zip(index, op.low).map { $0 - $1 }
    case .slice(let op): return index.indices.map { op.starts[$0] + index[$0] * op.steps[$0] }
    case .upsample(let op):
      return [index[0] / op.factors.height, index[1] / op.factors.width, index[2]]
    case .take(let op):
      var origin = index
      origin[op.axis] = op.indices[index[op.axis]]
      return origin
    default: return nil
    }
  }
}
