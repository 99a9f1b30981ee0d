// Parts of values and values put together.

internal import Diagnostics
internal import SpikeIR

extension OperatorDefinition {

  /// The operators on parts.
  static let parts: [OperatorDefinition] = [
    OperatorDefinition(
      "Concat", operands: .max, "along any axis", [.changedInOpset7, .keepsAxes, .movesElements],
      fold: { (call) throws(Diagnostic) in [try call.foldedConcatenation()] }
    ) { (call, builder) throws(Diagnostic) in [.value(try builder.concatenated(call))] },
    OperatorDefinition(
      "Split", operands: 2, "along any axis, in equal or given parts",
      [.takesGrid, .changedInOpset7, .movesElements]
    ) {
      (call, builder) throws(Diagnostic) in try builder.split(call).map { .value($0) }
    },
    OperatorDefinition(
      "Slice", operands: 5, "constant bounds, steps of either sign",
      [.takesGrid, .takesExtents, .keepsAxes, .movesElements],
      fold: { (call) throws(Diagnostic) in [try call.foldedSlice()] }
    ) { (call, builder) throws(Diagnostic) in
      let value = try call.value(0, &builder)
      let ranges = try call.sliceRanges(of: value.extents)
      for operand in 1..<max(1, call.operands.count) {
        try call.checkSampleCounts(operand: operand, count: ranges.count) { i in
          operand == 2 && ranges[i].axis == value.layout.batchAxis && ranges[i].start == 0
        }
      }
      return [.value(try builder.selected(value, ranges, for: call.site))]
    },
    OperatorDefinition(
      "Gather", operands: 2, "constant positions", [.takesGrid, .movesElements],
      fold: { (call) throws(Diagnostic) in [try call.foldedGather()] }
    ) { (call, builder) throws(Diagnostic) in [.value(try builder.gathered(call))] },
    OperatorDefinition(
      "Pad", operands: 4, "constant, reflect, edge and wrap; negative pads crop",
      [.changedInOpset7, .keepsAxes]
    ) {
      (call, builder) throws(Diagnostic) in [.value(try builder.padded(call))]
    },
  ]
}

extension GraphBuilder {

  /// Returns `value` with `axis` as one dimension of its node, and the index of that dimension.
  ///
  /// - Throws: `onnx.batch-axis`.
  mutating func isolating(
    axis: Int, of value: Value, for site: NodeSite
  ) throws(Diagnostic) -> (value: Value, dimension: Int) {
    let layout = value.layout
    guard !layout.axes[axis].contains(.batch) else { throw .mixesBatch(site) }
    let positions = layout.positions(of: axis)
    var groups = dimensions(of: value)
    if let found = groups.firstIndex(of: positions), !positions.isEmpty {
      return (value, found)
    }
    guard let first = positions.first else {
      // An axis of extent 1 becomes the outermost dimension.
      let node = try node(of: value, dimensions: [[]] + groups, for: site)
      return (Value(node, layout), 0)
    }
    guard positions == Array(first..<first + positions.count) else {
      let moved = try rowMajor(value, for: site)
      return try isolating(axis: axis, of: moved, for: site)
    }
    groups = layout.factors.indices.filter { !positions.contains($0) }.map { [$0] }
    groups.insert(positions, at: first)
    let node = try node(of: value, dimensions: groups, for: site)
    return (Value(node, layout), first)
  }

  /// Returns the value of `node`, which replaces that of `original` and has another extent along
  /// dimension `dimension`, which is the axis `axis`.
  func resized(
    _ node: NodeID, like original: Value, axis: Int, dimension: Int
  ) -> Value {
    let extent = graph[node].shape[dimension]
    let before = graph[original.node].shape.extents[..<dimension].reduce(1, *)
    return Value(
      node, original.layout.resizing(axis: axis, to: extent, before: before),
      grid: original.grid)
  }

  /// Adds the elements of `value` at the given positions along the axes.
  mutating func selected(
    _ value: Value, _ ranges: [AxisRange], for site: NodeSite
  ) throws(Diagnostic) -> Value {
    var result = value
    for range in ranges where !range.isWhole(of: value.extents[range.axis]) {
      // Exporters write a large end where they mean all samples.
      let isOpenEnd = range.start == 0 && range.step == 1 && range.count >= BatchReading.unlimited
      if isOpenEnd, range.axis == value.layout.batchAxis { continue }
      guard range.count > 0 else {
        throw .badNode(site, "selects nothing along axis \(range.axis)")
      }
      let (isolated, dimension) = try isolating(axis: range.axis, of: result, for: site)
      let shape = graph[isolated.node].shape
      let op: Op
      if range.step > 0 {
        var slice = Slice(starts: shape.extents.map { _ in 0 }, ends: shape.extents)
        slice.starts[dimension] = range.start
        slice.ends[dimension] = range.start + (range.count - 1) * range.step + 1
        slice.steps[dimension] = range.step
        op = .slice(slice)
      } else {
        try list(positions: range.count, for: site)
        op = .take(Take(axis: dimension, indices: range.positions))
      }
      let node = try add(op, [isolated.node], for: site, "part\(range.axis)")
      result = resized(node, like: isolated, axis: range.axis, dimension: dimension)
    }
    return result
  }

  /// Adds the elements of `value` at `positions` along `axis`, which may repeat.
  mutating func taking(
    _ positions: [Int], along axis: Int, of value: Value, for site: NodeSite, _ suffix: String?
  ) throws(Diagnostic) -> Value {
    guard positions != Array(0..<value.extents[axis]) else { return value }
    let (isolated, dimension) = try isolating(axis: axis, of: value, for: site)
    let op = Take(axis: dimension, indices: positions)
    let node = try add(.take(op), [isolated.node], for: site, suffix)
    return resized(node, like: isolated, axis: axis, dimension: dimension)
  }

  fileprivate mutating func concatenated(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    var values: [Value] = []
    for i in call.operands.indices { values.append(try call.value(i, &self)) }
    guard let first = values.first, let given = try call.int("axis") else {
      throw .badNode(site, "has no operand or no axis")
    }
    let axis = try call.normalized(axis: given, rank: first.rank)
    let leader = values.first { $0.layout.batchAxis != nil } ?? first
    guard leader.layout.batchAxis != axis else { throw .mixesBatch(site) }
    let rowMajor = first.layout.axes.indices.filter { $0 != leader.layout.batchAxis }
    let order = leader.layout.axisOrder ?? rowMajor
    var nodes: [NodeID] = []
    for value in values {
      guard value.rank == first.rank, value.layout.batchAxis == leader.layout.batchAxis,
        value.extents.indices.allSatisfy({ $0 == axis || value.extents[$0] == first.extents[$0] })
      else {
        throw .badNode(site, "joins the extents \(first.extents) and \(value.extents)")
      }
      nodes.append(try node(of: value, axes: order.map { [$0] }, for: site))
    }
    var extents = first.extents
    if let batch = leader.layout.batchAxis { extents[batch] = leader.layout.batch }
    extents[axis] = values.reduce(0) { $0 + $1.extents[axis] }
    let op = Concat(axis: order.firstIndex(of: axis) ?? 0)
    let node = try add(.concat(op), nodes, for: site)
    return Value(
      node, Layout(extents: extents, order: order, batchAxis: leader.layout.batchAxis))
  }

  /// Adds the parts of a value along an axis.
  ///
  /// - Source: ONNX, `Split`: sizes are an attribute before version 13 of the operators, then an
  ///   operand; without sizes the parts are equal, the last one smaller if need be.
  fileprivate mutating func split(_ call: NodeCall) throws(Diagnostic) -> [Value] {
    let value = try call.value(0, &self)
    let axis = try call.normalized(axis: try call.int("axis", default: 0), rank: value.rank)
    let extent = value.extents[axis]
    let given =
      try call.opset < 13
      ? call.ints("split")
      : call.integers(operand: 1, "sizes", limit: call.node.outputs.count)
    let count = try call.int("num_outputs", default: call.node.outputs.count)
    guard count >= 1, count == call.node.outputs.count else {
      throw .badNode(
        call.site, "has \(call.node.outputs.count) results and the num_outputs \(count)")
    }
    let even = (extent + count - 1) / count
    let sizes = given ?? (0..<count).map { min(even, extent - $0 * even) }
    guard sizes.allSatisfy({ 0...extent ~= $0 }), sizes.reduce(0, +) == extent else {
      throw .badNode(call.site, "splits \(extent) elements into \(sizes)")
    }
    var start = 0
    var parts: [Value] = []
    for size in sizes {
      let range = AxisRange(axis: axis, start: start, count: size, step: 1)
      parts.append(try selected(value, [range], for: call.site))
      start += size
    }
    return parts
  }

  fileprivate mutating func gathered(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    let value = try call.value(0, &self)
    let axis = try call.normalized(axis: try call.int("axis", default: 0), rank: value.rank)
    let indices = try call.constant(1, "positions")
    guard let list = try call.integers(operand: 1, "positions"), !list.isEmpty else {
      throw .badNode(site, "selects nothing")
    }
    let extent = value.extents[axis]
    guard list.allSatisfy({ (-extent..<extent).contains($0) }) else {
      throw .badNode(site, "selects positions outside [\(-extent), \(extent - 1)]")
    }
    try self.list(positions: list.count, for: site)
    let positions = list.map { $0 < 0 ? $0 + extent : $0 }
    let taken = try taking(positions, along: axis, of: value, for: site, nil)
    var extents = taken.extents
    extents.replaceSubrange(axis...axis, with: indices.extents)
    return try reshaped(taken, to: extents, for: site)
  }
}

extension Layout {

  /// Returns the layout of a value that has `extent` positions along `axis`, whose factors lie
  /// together in memory inside of `before` positions of others.
  fileprivate func resizing(axis: Int, to extent: Int, before: Int) -> Layout {
    var outer = 1
    var start = 0
    while start < factors.count, outer < before {
      outer *= factors[start]
      start += 1
    }
    return replacing(axis: axis, by: extent, at: start)
  }
}
