// The same elements under other axes. On values these change the layout alone.

internal import Diagnostics
internal import SpikeIR

extension OperatorDefinition {

  /// The operators that change axes.
  static let shapes: [OperatorDefinition] = [
    OperatorDefinition(
      "Reshape", operands: 2, "to constant extents",
      [.takesGrid, .changedInOpset7, .takesExtents, .movesElements],
      fold: { (call) throws(Diagnostic) in
        let constant = try call.constant(0, "data")
        return [constant.reshaped(to: try call.reshapedExtents(of: constant.extents))]
      }
    ) { (call, builder) throws(Diagnostic) in
      let value = try call.value(0, &builder)
      let extents = try call.reshapedExtents(of: value.extents)
      return [.value(try builder.reshaped(value, to: extents, for: call.site))]
    },
    OperatorDefinition(
      "Flatten", "at any axis", [.takesGrid, .movesElements],
      fold: { (call) throws(Diagnostic) in
        let constant = try call.constant(0, "data")
        return [constant.reshaped(to: try call.flattenedExtents(of: constant.extents))]
      }
    ) { (call, builder) throws(Diagnostic) in
      let value = try call.value(0, &builder)
      let extents = try call.flattenedExtents(of: value.extents)
      return [.value(try builder.reshaped(value, to: extents, for: call.site))]
    },
    OperatorDefinition(
      "Transpose", "moves nothing in memory", [.takesGrid, .namesAxes, .movesElements],
      fold: { (call) throws(Diagnostic) in
        let constant = try call.constant(0, "data")
        return [constant.transposed(try call.permutation(rank: constant.extents.count))]
      }
    ) { (call, builder) throws(Diagnostic) in
      var value = try call.value(0, &builder)
      value.layout = value.layout.transposed(try call.permutation(rank: value.rank))
      return [.value(value)]
    },
    OperatorDefinition(
      "Squeeze", operands: 2, "of constant axes", [.takesGrid, .movesElements],
      fold: { (call) throws(Diagnostic) in
        let constant = try call.constant(0, "data")
        let axes = try call.squeezedAxes(of: constant.extents)
        let kept = constant.extents.indices.filter { !axes.contains($0) }
        return [constant.reshaped(to: kept.map { constant.extents[$0] })]
      }
    ) { (call, builder) throws(Diagnostic) in
      var value = try call.value(0, &builder)
      for axis in try call.squeezedAxes(of: value.extents).sorted(by: >) {
        guard !value.layout.axes[axis].contains(.batch) else { throw .mixesBatch(call.site) }
        value.layout = value.layout.removing(axis: axis)
      }
      return [.value(value)]
    },
    OperatorDefinition(
      "Unsqueeze", operands: 2, "at constant axes", [.takesGrid, .movesElements],
      fold: { (call) throws(Diagnostic) in
        let constant = try call.constant(0, "data")
        var extents = constant.extents
        for axis in try call.unsqueezedAxes(rank: extents.count) { extents.insert(1, at: axis) }
        return [constant.reshaped(to: extents)]
      }
    ) { (call, builder) throws(Diagnostic) in
      var value = try call.value(0, &builder)
      for axis in try call.unsqueezedAxes(rank: value.rank) {
        value.layout = value.layout.inserting(at: axis)
      }
      return [.value(value)]
    },
    OperatorDefinition(
      "Identity", "", [.takesGrid, .keepsAxes],
      fold: { (call) throws(Diagnostic) in [try call.constant(0, "data")] }
    ) { (call, _) throws(Diagnostic) in [try call.operand(0)] },
    OperatorDefinition(
      "Cast", "between types of numbers", [.changedInOpset7, .keepsAxes],
      fold: { (call) throws(Diagnostic) in [try call.foldedCast(to: try call.castType())] }
    ) { (call, builder) throws(Diagnostic) in
      let value = try call.value(0, &builder)
      return [.value(try builder.cast(value, to: try call.castType(), for: call.site))]
    },
    OperatorDefinition(
      "CastLike", operands: 2, "between types of numbers", [.keepsAxes, .takesOneValue],
      fold: { (call) throws(Diagnostic) in
        [try call.foldedCast(to: try call.operand(1).type ?? .float)]
      }
    ) { (call, builder) throws(Diagnostic) in
      let value = try call.value(0, &builder)
      let type = try call.operand(1).type ?? .float
      return [.value(try builder.cast(value, to: type, for: call.site))]
    },
    OperatorDefinition(
      "Expand", operands: 2, "to constant extents", [.takesExtents, .movesElements],
      fold: { (call) throws(Diagnostic) in [try call.foldedExpansion()] }
    ) { (call, builder) throws(Diagnostic) in [.value(try builder.expanded(call))] },
  ]
}

extension NodeCall {

  /// Returns the extents to which `Reshape` brings a value of the given extents.
  ///
  /// - Source: ONNX, `Reshape`: 0 copies an extent unless allowzero is set, −1 follows from the
  ///   number of elements; the list is an attribute before version 5 of the operators.
  fileprivate func reshapedExtents(of extents: [Int]) throws(Diagnostic) -> [Int] {
    guard
      let list = try opset < 5
        ? ints("shape") : integers(operand: 1, "a shape", limit: NodeCall.rankLimit)
    else {
      throw .badNode(site, "has no shape")
    }
    let allowsZero = try flag("allowzero")
    guard list.count <= NodeCall.rankLimit else {
      throw .badNode(site, "has a shape of \(list.count) axes, accepted are \(NodeCall.rankLimit)")
    }
    var result: [Int] = []
    for (i, extent) in list.enumerated() {
      if extent == 0, !allowsZero {
        guard i < extents.count else {
          throw .badNode(site, "copies extent \(i) of \(extents) to the shape \(list)")
        }
        result.append(extents[i])
      } else {
        result.append(extent)
      }
    }
    let count = extents.reduce(1, *)
    let known = try product(of: result.filter { $0 != -1 }, list)
    if let open = result.firstIndex(of: -1), known > 0, count % known == 0 {
      result[open] = count / known
    }
    guard try product(of: result, list) == count, result.allSatisfy({ $0 >= 0 }) else {
      throw .badNode(site, "brings a value of the extents \(extents) to the shape \(list)")
    }
    return result
  }

  private func product(of extents: [Int], _ list: [Int]) throws(Diagnostic) -> Int {
    var product = 1
    for extent in extents {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw .badNode(site, "has the shape \(list)") }
      product = next
    }
    return product
  }

  fileprivate func flattenedExtents(of extents: [Int]) throws(Diagnostic) -> [Int] {
    let axis = try int("axis", default: 1)
    guard (-extents.count...extents.count).contains(axis) else {
      throw .badNode(site, "has the axis \(axis) for a value of the extents \(extents)")
    }
    let first = axis < 0 ? axis + extents.count : axis
    return [extents[..<first].reduce(1, *), extents[first...].reduce(1, *)]
  }

  fileprivate func permutation(rank: Int) throws(Diagnostic) -> [Int] {
    let order = try ints("perm") ?? (0..<rank).reversed()
    guard order.sorted() == Array(0..<rank) else {
      throw .badAttribute(
        site, "perm", found: "\(order)", expected: "a permutation of \(rank) axes")
    }
    return order
  }

  fileprivate func squeezedAxes(of extents: [Int]) throws(Diagnostic) -> [Int] {
    guard let axes = try axes(operand: 1, since: 13) else {
      return extents.indices.filter { extents[$0] == 1 }
    }
    let normalized = try normalized(axes: axes, rank: extents.count)
    if let wide = normalized.first(where: { extents[$0] != 1 }) {
      throw .badNode(site, "removes axis \(wide) of the extents \(extents), expected extent 1")
    }
    return normalized
  }

  /// Returns the positions at which axes are inserted, ascending.
  fileprivate func unsqueezedAxes(rank: Int) throws(Diagnostic) -> [Int] {
    guard let axes = try axes(operand: 1, since: 13) else {
      throw .badNode(site, "has no axes")
    }
    return try normalized(axes: axes, rank: rank + axes.count).sorted()
  }
}

extension GraphBuilder {

  /// Returns `value` with other axes; elements move only where no order of memory fits both.
  mutating func reshaped(
    _ value: Value, to extents: [Int], for site: NodeSite
  ) throws(Diagnostic) -> Value {
    if let layout = value.layout.reshaped(to: extents) {
      return Value(value.node, layout, grid: value.grid)
    }
    let flat = try contiguous(value, for: site)
    guard let layout = flat.layout.reshaped(to: extents) else { throw .mixesBatch(site) }
    return Value(flat.node, layout, grid: flat.grid)
  }

  fileprivate mutating func expanded(_ call: NodeCall) throws(Diagnostic) -> Value {
    let value = try call.value(0, &self)
    guard let extents = try call.integers(operand: 1, "a shape", limit: NodeCall.rankLimit) else {
      throw .badNode(call.site, "has no shape")
    }
    guard extents.allSatisfy({ $0 >= 1 }) else {
      throw .badNode(call.site, "has the shape \(extents), expected extents of at least 1")
    }
    // The samples of a batch take no memory: its axis stays what it is.
    let missing = extents.count - value.rank
    let batchAxis = value.layout.batchAxis.map { $0 + missing }
    try call.checkSampleCounts(operand: 1, count: extents.count) { $0 == batchAxis }
    _ = try call.broadcastExtents(
      value.extents.enumerated().map { $0 == value.layout.batchAxis ? 1 : $1 },
      extents.enumerated().map { $0 == batchAxis && $1 == value.layout.batch ? 1 : $1 })
    let growing = extents.enumerated().filter { i, extent in
      extent != 1 && (i < missing || value.extents[i - missing] != extent)
    }
    var result = value
    for _ in 0..<max(0, missing) { result.layout = result.layout.inserting(at: 0) }
    guard !growing.isEmpty else { return result }
    let ones = extents.enumerated().map { i, extent in
      growing.contains { $0.offset == i } ? extent : 1
    }
    return try affine(
      result,
      .offset(
        ONNXTensor(
          name: "", type: .float, extents: ones,
          elements: ONNXNumbers(Array(repeating: 0, count: ones.reduce(1, *))))),
      for: call.site)
  }
}
