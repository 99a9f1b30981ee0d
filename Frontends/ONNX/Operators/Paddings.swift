// Elements around a value: constants, or the value's own in another order.

internal import Diagnostics
internal import SpikeIR

/// What is added along an axis.
private struct AxisPadding {
  var axis: Int
  var before: Int
  var after: Int
}

extension NodeCall {

  /// Returns what is added, axis by axis.
  ///
  /// - Source: ONNX, `Pad`: attributes before version 11 of the operators, operands since; from
  ///   version 18 on an operand may name the axes.
  fileprivate func paddings(rank: Int) throws(Diagnostic) -> [AxisPadding] {
    guard
      let pads = try opset < 11
        ? ints("pads") : integers(operand: 1, "pads", limit: 2 * NodeCall.rankLimit)
    else {
      throw .badNode(site, "has no pads")
    }
    let named = try opset < 18 ? nil : integers(operand: 3, "axes", limit: NodeCall.rankLimit)
    let axes = try normalized(axes: named ?? Array(0..<rank), rank: rank)
    guard pads.count == 2 * axes.count,
      pads.allSatisfy({ (-Window.limit...Window.limit).contains($0) })
    else {
      throw .badNode(site, "has the pads \(pads), expected \(2 * axes.count) small numbers")
    }
    return axes.enumerated().map { i, axis in
      AxisPadding(axis: axis, before: pads[i], after: pads[i + axes.count])
    }.filter { $0.before != 0 || $0.after != 0 }
  }

  /// Returns the positions of an axis of the given extent with others around it.
  fileprivate func positions(
    mode: String, extent: Int, _ padding: AxisPadding
  ) throws(Diagnostic) -> [Int] {
    let period = mode == "reflect" ? max(1, 2 * extent - 2) : extent
    return (-padding.before..<extent + padding.after).map { i in
      switch mode {
      case "edge": return min(max(i, 0), extent - 1)
      default:
        // Reflection repeats there and back, wrapping there only.
        let phase = ((i % period) + period) % period
        return phase < extent ? phase : period - phase
      }
    }
  }
}

extension GraphBuilder {

  /// Adds a padding.
  mutating func padded(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    var value = try call.value(0, &self)
    let mode = try call.string("mode") ?? "constant"
    guard ["constant", "reflect", "edge", "wrap"].contains(mode) else {
      throw .badAttribute(
        site, "mode", found: "'\(mode)'", expected: "constant, reflect, edge or wrap")
    }
    var paddings: [AxisPadding] = []
    for var padding in try call.paddings(rank: value.rank) {
      let extent = value.extents[padding.axis]
      let (low, high) = (max(0, -padding.before), max(0, -padding.after))
      guard extent > low + high else {
        throw .badNode(site, "crops axis \(padding.axis) of the extents \(value.extents) away")
      }
      let range = AxisRange(
        axis: padding.axis, start: low, count: extent - low - high, step: 1)
      value = try selected(value, [range], for: site)
      padding.before = max(0, padding.before)
      padding.after = max(0, padding.after)
      if mode == "constant" {
        paddings.append(padding)
      } else {
        try list(
          positions: value.extents[padding.axis] + padding.before + padding.after, for: site)
        let positions = try call.positions(
          mode: mode, extent: value.extents[padding.axis], padding)
        value = try taking(
          positions, along: padding.axis, of: value, for: site, "axis\(padding.axis)")
      }
    }
    guard mode == "constant" else { return value }
    let fill =
      try call.opset < 11
      ? call.float("value", default: 0) : call.scalar(operand: 2, "a value") ?? 0
    return try padded(value, paddings.filter { $0.before + $0.after > 0 }, fill, for: site)
  }

  private mutating func padded(
    _ value: Value, _ paddings: [AxisPadding], _ fill: Float, for site: NodeSite
  ) throws(Diagnostic) -> Value {
    guard !paddings.isEmpty else { return value }
    guard !paddings.contains(where: { value.layout.axes[$0.axis].contains(.batch) }) else {
      throw .mixesBatch(site)
    }
    // All at once where each axis is a dimension, else one after the other.
    let groups = dimensions(of: value)
    let found = paddings.compactMap { padding in
      groups.firstIndex { $0 == value.layout.positions(of: padding.axis) && !$0.isEmpty }
    }
    guard found.count == paddings.count || paddings.count == 1 else {
      var result = value
      for padding in paddings { result = try padded(result, [padding], fill, for: site) }
      return result
    }
    var operand = value
    var dimensions = found
    if found.count != paddings.count {
      let isolated = try isolating(axis: paddings[0].axis, of: value, for: site)
      operand = isolated.value
      dimensions = [isolated.dimension]
    }
    let rank = graph[operand.node].shape.rank
    var op = Pad(
      low: Array(repeating: 0, count: rank), high: Array(repeating: 0, count: rank), value: fill)
    for (dimension, padding) in zip(dimensions, paddings) {
      op.low[dimension] = padding.before
      op.high[dimension] = padding.after
    }
    let node = try add(.pad(op), [operand.node], for: site)
    var result = operand
    for (dimension, padding) in zip(dimensions, paddings) {
      result = resized(
        node, like: Value(operand.node, result.layout), axis: padding.axis, dimension: dimension)
    }
    return result
  }
}
