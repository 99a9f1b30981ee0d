// Constants that are made, cut and put together at import.

internal import Diagnostics

extension NodeCall {

  /// Returns the value of a `Constant`.
  ///
  /// - Source: ONNX, `Constant`: exactly one of the attributes that start with `value`.
  func constantValue() throws(Diagnostic) -> ONNXTensor {
    for (name, attribute) in node.attributes.sorted(by: { $0.key < $1.key }) {
      switch (name, attribute) {
      case ("value", .tensor(var tensor)):
        if tensor.name.isEmpty { tensor.name = node.outputs.first ?? "" }
        return tensor
      case ("value_float", .float(let x)):
        return result([Double(x)], [], type: .float)
      case ("value_int", .int(let x)):
        return ONNXTensor(integers: [x], extents: [])
      case ("value_floats", .floats(let list)):
        return result(list.map { Double($0) }, [list.count], type: .float)
      case ("value_ints", .ints(let list)):
        return ONNXTensor(integers: list, extents: [list.count])
      default: continue
      }
    }
    let found = node.attributes.keys.sorted().joined(separator: ", ")
    throw .unsupportedUse(
      site, "has the attributes '\(found)', expected value, value_float(s) or value_int(s)")
  }

  /// Returns a constant all of whose elements are the same.
  func uniformConstant() throws(Diagnostic) -> ONNXTensor {
    let extents = try integers(operand: 0, "extents", limit: NodeCall.rankLimit) ?? []
    var value = 0.0
    var type = ONNXElementType.float
    if case .tensor(let tensor) = node.attributes["value"] {
      guard tensor.count == 1 else {
        throw .badNode(site, "has \(tensor.count) elements in its value, expected one")
      }
      type = tensor.type
      value =
        tensor.type.isInteger
        ? Double(try tensor.elements.integers().first ?? 0)
        : Double(try tensor.elements.floats().first ?? 0)
    }
    guard extents.allSatisfy({ $0 >= 0 }) else {
      throw .badNode(site, "has the extents \(extents)")
    }
    return result(
      Array(repeating: value, count: try computedCount(extents)), extents, type: type)
  }

  /// Returns the integers from a start to a limit.
  func foldedRange() throws(Diagnostic) -> ONNXTensor {
    let bounds = [try numbers(0), try numbers(1), try numbers(2)]
    guard bounds.allSatisfy({ $0.count == 1 && $0[0].isFinite }), bounds[2][0] != 0 else {
      throw .badNode(site, "has no finite bounds")
    }
    let (start, limit, delta) = (bounds[0][0], bounds[1][0], bounds[2][0])
    let count = max(0, ((limit - start) / delta).rounded(.up))
    guard count <= Double(NodeCall.listLimit) else {
      throw .badNode(site, "has \(count) elements, expected a short list")
    }
    return result(
      (0..<Int(count)).map { start + Double($0) * delta }, [Int(count)],
      type: try constant(0, "a start").type)
  }

  /// Returns the extents of a value as a constant.
  ///
  /// - Source: ONNX, `Shape`: from version 15 of the operators on, of a range of axes.
  func shape(of extents: [Int]) throws(Diagnostic) -> ONNXTensor {
    let rank = extents.count
    func clamped(_ axis: Int) -> Int { min(max(axis < 0 ? axis + rank : axis, 0), rank) }
    let start = clamped(try int("start", default: 0))
    let end = clamped(try int("end", default: rank))
    let list = start < end ? Array(extents[start..<end]) : []
    return ONNXTensor(integers: list, extents: [list.count])
  }

  /// Returns the operands one after the other along an axis.
  func foldedConcatenation() throws(Diagnostic) -> ONNXTensor {
    let first = try constant(0, "data")
    let axis = try normalized(axis: try int("axis", default: 0), rank: first.extents.count)
    var extents = first.extents
    extents[axis] = 0
    var pieces: [(values: [Double], row: Int)] = []
    for i in operands.indices {
      let next = try constant(i, "data")
      var expected = first.extents
      guard next.extents.count == expected.count else {
        throw .badNode(site, "joins the extents \(first.extents) and \(next.extents)")
      }
      expected[axis] = next.extents[axis]
      guard expected == next.extents else {
        throw .badNode(site, "joins the extents \(first.extents) and \(next.extents)")
      }
      extents[axis] += next.extents[axis]
      try computedCount(extents)
      pieces.append((try numbers(i), next.extents[axis...].reduce(1, *)))
    }
    var values: [Double] = []
    let rows = pieces.contains { $0.row > 0 } ? first.extents[..<axis].reduce(1, *) : 0
    for outer in 0..<rows {
      for piece in pieces {
        values += piece.values[outer * piece.row..<(outer + 1) * piece.row]
      }
    }
    return result(values, extents, type: first.type)
  }

  /// Returns the elements at the given positions along an axis.
  private func taking(
    _ positions: [Int], along axis: Int, of values: [Double], _ extents: inout [Int]
  ) -> [Double] {
    let inner = extents[(axis + 1)...].reduce(1, *)
    let row = extents[axis] * inner
    var output: [Double] = []
    defer { extents[axis] = positions.count }
    guard !values.isEmpty else { return output }
    for outer in 0..<extents[..<axis].reduce(1, *) {
      for position in positions {
        let start = outer * row + position * inner
        output += values[start..<start + inner]
      }
    }
    return output
  }

  /// Returns the part of a constant that `Slice` selects.
  func foldedSlice() throws(Diagnostic) -> ONNXTensor {
    let constant = try constant(0, "data")
    var extents = constant.extents
    var values = try numbers(0)
    for range in try sliceRanges(of: constant.extents) {
      values = taking(range.positions, along: range.axis, of: values, &extents)
    }
    return result(values, extents, type: constant.type)
  }

  /// Returns the elements of a constant that `Gather` selects.
  func foldedGather() throws(Diagnostic) -> ONNXTensor {
    let constant = try constant(0, "data")
    let indices = try self.constant(1, "positions")
    var extents = constant.extents
    let axis = try normalized(axis: try int("axis", default: 0), rank: extents.count)
    let extent = extents[axis]
    let list = try integers(operand: 1, "positions") ?? []
    guard list.allSatisfy({ (-extent..<extent).contains($0) }) else {
      throw .badNode(site, "selects positions outside [\(-extent), \(extent - 1)]")
    }
    let positions = list.map { $0 < 0 ? $0 + extent : $0 }
    try computedCount(extents.enumerated().map { $0 == axis ? list.count : $1 })
    let values = taking(positions, along: axis, of: try numbers(0), &extents)
    extents.replaceSubrange(axis...axis, with: indices.extents)
    return result(values, extents, type: constant.type)
  }

  /// Returns a constant repeated to other extents.
  func foldedExpansion() throws(Diagnostic) -> ONNXTensor {
    let constant = try constant(0, "data")
    let wanted = try integers(operand: 1, "a shape", limit: NodeCall.rankLimit) ?? []
    guard wanted.allSatisfy({ $0 >= 0 }) else { throw .badNode(site, "has the shape \(wanted)") }
    let extents = try broadcastExtents(constant.extents, wanted)
    return result(
      expanded(try numbers(0), constant.extents, to: extents), extents, type: constant.type)
  }
}
