// Computing with constants at import: shapes, weights behind structure, and what exporters leave
// to be computed. Integers are exact up to 53 bits.

internal import Diagnostics

extension OperatorDefinition {

  /// The operators that make constants, or are computed at import only.
  static let constants: [OperatorDefinition] = [
    OperatorDefinition(
      constant: "Constant", operands: 0, "all forms but sparse ones and texts",
      fold: { (call) throws(Diagnostic) in [try call.constantValue()] }),
    OperatorDefinition(
      constant: "ConstantOfShape",
      fold: { (call) throws(Diagnostic) in [try call.uniformConstant()] }),
    OperatorDefinition(
      constant: "Range", operands: 3,
      fold: { (call) throws(Diagnostic) in [try call.foldedRange()] }),
    OperatorDefinition(
      "Shape", "of any value; the batch may be open", [.takesGrid, .givesExtents],
      fold: { (call) throws(Diagnostic) in
        [try call.shape(of: try call.constant(0, "data").extents)]
      }
    ) { (call, _) throws(Diagnostic) in
      [.constant(try call.shape(of: try call.operand(0).extents))]
    },
    OperatorDefinition(
      "Size", "of any value", [.takesGrid, .givesExtents],
      fold: { (call) throws(Diagnostic) in [try call.size()] }
    ) { (call, _) throws(Diagnostic) in [.constant(try call.size())] },
    OperatorDefinition(
      constant: "Mod", operands: 2,
      fold: { (call) throws(Diagnostic) in
        try call.folded { a, b in b == 0 ? .nan : a - (a / b).rounded(.down) * b }
      }),
    OperatorDefinition(
      constant: "Not",
      fold: { (call) throws(Diagnostic) in try call.foldedFunction { $0 == 0 ? 1 : 0 } }),
  ]
}

extension ONNXTensor {

  /// Creates integers.
  init(integers: [Int], extents: [Int]) {
    self.init(
      name: "", type: .int64, extents: extents, elements: ONNXNumbers(integers.map { Double($0) }))
  }

  /// Returns the same elements with other extents.
  func reshaped(to extents: [Int]) -> ONNXTensor {
    var result = self
    result.extents = extents
    return result
  }

  /// Returns the constant with its axes permuted; nothing is read before it is needed.
  func transposed(_ order: [Int]) -> ONNXTensor {
    guard order != Array(extents.indices) else { return self }
    return ONNXTensor(
      name: name, type: type, extents: order.map { extents[$0] },
      elements: TransposedElements(
        original: elements, permutation: Permutation(extents: extents, order: order)))
  }
}

/// Elements that come in another order than the file has them.
private struct TransposedElements: ONNXElements {
  var original: any ONNXElements
  var permutation: Permutation

  func floats() throws(Diagnostic) -> [Float] {
    var nonFinite = 0
    return try original.floats(permutation, nonFinite: &nonFinite)
  }

  func integers() throws(Diagnostic) -> [Int] {
    try permutation.applied(to: try original.integers())
  }
}

// MARK: element by element

extension NodeCall {

  /// Returns the number of elements of the only operand as a constant.
  func size() throws(Diagnostic) -> ONNXTensor {
    ONNXTensor(integers: [try operand(0).extents.reduce(1, *)], extents: [])
  }

  /// Returns the elements of operand `index` as numbers.
  ///
  /// - Throws: `onnx.bad-node` if they are too many.
  func numbers(_ index: Int) throws(Diagnostic) -> [Double] {
    let constant = try constant(index, "data")
    guard constant.count <= NodeCall.foldingLimit else {
      throw .badNode(site, "computes with a constant of \(constant.count) elements")
    }
    return constant.type.isInteger
      ? try constant.elements.integers().map { Double($0) }
      : try constant.elements.floats().map { Double($0) }
  }

  /// Returns a constant of the given extents.
  func result(
    _ values: [Double], _ extents: [Int], type: ONNXElementType
  ) -> ONNXTensor {
    ONNXTensor(name: "", type: type, extents: extents, elements: ONNXNumbers(values))
  }

  /// Returns the function of each element of the only operand.
  func foldedFunction(
    _ function: (Double) -> Double
  ) throws(Diagnostic) -> [ONNXTensor] {
    let constant = try constant(0, "data")
    return [result(try numbers(0).map(function), constant.extents, type: constant.type)]
  }

  /// Returns the function of the operands element by element, broadcasting.
  ///
  /// - Parameters:
  ///   - type: the type of the result, if it is not that of the first operand.
  ///   - least: the number of operands that there must be.
  ///   - function: the function of two elements.
  /// - Returns: the result.
  /// - Throws: `onnx.bad-node` if there are too few operands, they do not broadcast, or too much is
  ///   to be computed.
  func folded(
    type: ONNXElementType? = nil, least: Int = 2, _ function: (Double, Double) -> Double
  ) throws(Diagnostic) -> [ONNXTensor] {
    var total = try constant(0, "data")
    var values = try numbers(0)
    if operands.count < least { _ = try operand(least - 1) }
    for i in operands.indices.dropFirst() {
      guard values.count <= 4 * NodeCall.foldingLimit / operands.count else {
        throw .badNode(
          site, "computes \(values.count) elements of each of \(operands.count) operands")
      }
      let next = try constant(i, "data")
      let (extents, result) = try broadcast(
        (total.extents, values), (next.extents, try numbers(i)), function)
      total.extents = extents
      values = result
    }
    return [result(values, total.extents, type: type ?? total.type)]
  }

  /// Returns the quotient of the operands, towards zero if they are integers.
  func foldedQuotient() throws(Diagnostic) -> [ONNXTensor] {
    guard try constant(0, "data").type.isInteger else { return try folded(/) }
    guard try !numbers(1).contains(0) else { throw .badNode(site, "divides by zero") }
    return try folded { ($0 / $1).rounded(.towardZero) }
  }

  /// Returns the function of two arrays element by element.
  private func broadcast(
    _ a: (extents: [Int], values: [Double]), _ b: (extents: [Int], values: [Double]),
    _ function: (Double, Double) -> Double
  ) throws(Diagnostic) -> ([Int], [Double]) {
    if a.extents == b.extents {
      return (a.extents, zip(a.values, b.values).map { function($0, $1) })
    }
    let extents = try broadcastExtents(a.extents, b.extents)
    let (x, y) = (
      expanded(a.values, a.extents, to: extents), expanded(b.values, b.extents, to: extents)
    )
    return (extents, zip(x, y).map { function($0, $1) })
  }

  /// Returns the extents to which `a` and `b` broadcast.
  func broadcastExtents(_ a: [Int], _ b: [Int]) throws(Diagnostic) -> [Int] {
    let rank = max(a.count, b.count)
    let x = Array(repeating: 1, count: rank - a.count) + a
    let y = Array(repeating: 1, count: rank - b.count) + b
    guard zip(x, y).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else {
      throw .badNode(site, "has operands of the extents \(a) and \(b)")
    }
    let extents = zip(x, y).map { $0 == 1 ? $1 : $0 }
    try computedCount(extents)
    return extents
  }

  /// Returns the elements of the second operand where the first is true, else those of the third.
  func foldedChoice() throws(Diagnostic) -> ONNXTensor {
    let (a, b) = (try constant(1, "data"), try constant(2, "data"))
    let extents = try broadcastExtents(
      try broadcastExtents(a.extents, b.extents), try constant(0, "data").extents)
    let condition = expanded(try numbers(0), try constant(0, "data").extents, to: extents)
    let x = expanded(try numbers(1), a.extents, to: extents)
    let y = expanded(try numbers(2), b.extents, to: extents)
    return result(
      condition.indices.map { condition[$0] != 0 ? x[$0] : y[$0] }, extents, type: a.type)
  }

  /// Returns the product along the axes.
  func foldedProduct() throws(Diagnostic) -> [ONNXTensor] {
    let constant = try constant(0, "data")
    let axes = try axes(operand: 1, since: 18) ?? []
    guard axes.isEmpty || constant.extents.count <= 1 else {
      throw .unsupportedUse(site, "multiplies along some axes of a constant, expected all")
    }
    let keeps = try flag("keepdims", default: true)
    return [
      result(
        [try numbers(0).reduce(1, *)], keeps ? constant.extents.map { _ in 1 } : [],
        type: constant.type)
    ]
  }
}

/// Returns `values` of the given extents repeated to others to which they broadcast.
func expanded(_ values: [Double], _ extents: [Int], to result: [Int]) -> [Double] {
  guard extents != result else { return values }
  guard !result.contains(0) else { return [] }
  let own = Array(repeating: 1, count: result.count - extents.count) + extents
  var strides = [Int](repeating: 0, count: result.count)
  var stride = 1
  for i in result.indices.reversed() {
    strides[i] = own[i] == 1 ? 0 : stride
    stride *= own[i]
  }
  var output: [Double] = []
  output.reserveCapacity(result.reduce(1, *))
  func visit(_ axis: Int, _ position: Int) {
    guard axis < result.count else { return output.append(values[position]) }
    for i in 0..<result[axis] { visit(axis + 1, position + i * strides[axis]) }
  }
  visit(0, 0)
  return output
}
