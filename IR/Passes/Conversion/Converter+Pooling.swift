// Maximum and average pooling of sums.

internal import Diagnostics
internal import SpikeIR

extension Converter {

  /// Adds the population of a maximum pooling.
  mutating func maximum(
    _ op: Pool, _ operand: SpikingSum, _ node: Node
  ) throws(Diagnostic) -> SpikingSum {
    let shape = operandShape(node)
    let single = try builder.relaid(operand, to: shape, node.name).single(node.name)
    let offset = try builder.perChannelOnly(operand.offset, shape, node.name)
    let unit = try builder.perChannelOnly(builder.unit(of: single), shape, node.name)
    let id = builder.addPopulation(
      node.name, shape: node.shape, model: .maximum, quantum: unit,
      layer: node.name)
    builder.graph.projections.append(
      Projection(
        name: "\(builder.graph[single.source].name)->\(node.name)", source: single.source,
        target: id, kind: .pool(PoolProjection(window: op.window))))
    return SpikingSum(
      terms: [SpikingTerm(source: id, map: .direct(factor: [1]))], offset: offset,
      layout: node.shape)
  }

  /// Adds the relays of an average pooling; where windows are cut by the border, returns the
  /// windows' sums, which neurons with thresholds of their own then divide.
  mutating func average(
    _ op: Pool, _ operand: SpikingSum, _ node: Node
  ) throws(Diagnostic) -> SpikingSum {
    let shape = operandShape(node)
    let operand = try builder.relaid(operand, to: shape, node.name)
    let size = op.window.size.height * op.window.size.width
    let taps = [Float](repeating: 1, count: size * shape[2])
    let extents: Shape = [op.window.size.height, op.window.size.width, 1, shape[2]]
    var result = SpikingSum(terms: [], layout: node.shape)
    if !op.isEven(over: shape) {
      result = try convolved(
        SpikingSum(terms: operand.terms, layout: shape), shape: shape, kernel: taps,
        extents: extents, window: op.window, groups: shape[2], bias: nil, out: node.shape)
      result.offset = try builder.perChannelOnly(operand.offset, shape, node.name)
      return result
    }
    let divisor = Float(op.countsPadding ? size : max(1, op.divisors(over: shape).first ?? size))
    for (i, term) in operand.terms.enumerated() {
      let name = operand.terms.count == 1 ? node.name : "\(node.name)/\(i)"
      let id = builder.addPopulation(
        name, shape: node.shape, model: .relay,
        quantum: (builder.quanta[term.source] ?? [1]).map { $0 / divisor },
        layer: operand.terms.count == 1 ? node.name : nil)
      builder.graph.projections.append(
        Projection(
          name: "\(builder.graph[term.source].name)->\(name)", source: term.source, target: id,
          kind: .pool(PoolProjection(window: op.window))))
      result.terms.append(SpikingTerm(source: id, map: term.map))
    }
    if operand.offset.contains(where: { $0 != 0 }) {
      let image = LinearMap.constantImage(operand.offset, shape)
      let sums = LinearMap.convolve(image, shape, taps, extents, op.window, shape[2])
      result.offset = LinearMap.collapsed(sums.map { $0 / divisor }, channels: shape[2]).values
    }
    return result
  }
}
