// Products with a constant matrix. The matrix takes the order of the operand's memory, so that a
// flattened image needs no transposition.

internal import Diagnostics
internal import SpikeIR

extension OperatorDefinition {

  /// The matrix products.
  static let matrixProducts = [
    OperatorDefinition(
      "MatMul", operands: 2, "of a value and a constant, which may be either operand"
    ) {
      (call, builder) throws(Diagnostic) in
      [.value(try builder.matrixProduct(call))]
    },
    OperatorDefinition(
      "Gemm", operands: 3, "alpha, beta, transA, transB; B a constant", [.changedInOpset7]
    ) {
      (call, builder) throws(Diagnostic) in
      [.value(try builder.generalProduct(call))]
    },
  ]
}

/// A constant matrix and which of its axes is summed over.
struct Matrix {

  /// The constant; two axes, except for leading ones of extent 1.
  var constant: ONNXTensor

  /// `true` iff the sum runs over the last axis, `false` if over the one before.
  var sumsLast: Bool

  /// The extents of the last two axes; a vector is a matrix of one column.
  var extents: [Int] {
    constant.extents.count == 1
      ? (sumsLast ? [1] + constant.extents : constant.extents + [1])
      : Array(constant.extents.suffix(2))
  }

  /// The number of elements of a sum.
  var inputs: Int { extents[sumsLast ? 1 : 0] }

  /// The number of sums.
  var outputs: Int { extents[sumsLast ? 0 : 1] }
}

extension GraphBuilder {

  /// Adds the product of the last axis of `value` with a matrix.
  ///
  /// - Parameters:
  ///   - value: the operand, whose last axis has as many positions as the matrix sums over.
  ///   - matrix: the matrix.
  ///   - bias: what is added to the sums, if anything: a vector.
  ///   - site: the node.
  ///   - change: what to do with the matrix's elements when they are loaded, if anything.
  /// - Returns: the value with its last axis replaced by the sums.
  /// - Throws: `onnx.bad-node`, `onnx.batch-axis`.
  mutating func product(
    _ value: Value, _ matrix: Matrix, bias: ONNXTensor? = nil, for site: NodeSite,
    _ change: (@Sendable ([Float]) -> [Float])? = nil
  ) throws(Diagnostic) -> Value {
    let axis = value.rank - 1
    guard axis >= 0, value.extents[axis] == matrix.inputs else {
      throw .badNode(
        site,
        "has operands of the extents \(value.extents) and \(matrix.constant.extents), "
          + "expected \(matrix.inputs) elements along the axis of the sum")
    }
    guard !value.layout.axes[axis].contains(.batch) else { throw .mixesBatch(site) }
    let layout = value.layout
    // In memory the summed factors may come in any order, if only they come last.
    let summed = layout.positions(of: axis)
    let others = layout.factors.indices.filter { !summed.contains($0) }
    let isSuffix = summed.sorted() == Array(others.count..<layout.factors.count)
    let rows = isSuffix ? summed.sorted() : summed
    let node = try node(of: value, dimensions: others.map { [$0] } + [rows], for: site)
    let kernel = kernel(matrix, layout, summed, rows, site, change)
    let bias = try vector(bias, count: matrix.outputs, for: site, "bias")
    let result = try add(.dense(Dense(kernel: kernel, bias: bias)), [node], for: site)
    return Value(result, layout.withLast(matrix.outputs, others: others))
  }

  /// Adds the elements of `matrix` [in, out] with the rows in the order of memory.
  private mutating func kernel(
    _ matrix: Matrix, _ layout: Layout, _ summed: [Int], _ rows: [Int], _ site: NodeSite,
    _ change: (@Sendable ([Float]) -> [Float])?
  ) -> TensorID {
    let parts = summed.map { layout.factors[$0] }
    let first = matrix.sumsLast ? 1 : 0
    let order = rows.map { first + (summed.firstIndex(of: $0) ?? 0) }
    return tensor(
      matrix.constant,
      extents: matrix.sumsLast ? [matrix.outputs] + parts : parts + [matrix.outputs],
      order: matrix.sumsLast ? order + [0] : order + [parts.count],
      shape: [matrix.inputs, matrix.outputs], for: site, "matrix", change)
  }

  fileprivate mutating func matrixProduct(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    switch (try call.operand(0), try call.operand(1)) {
    case (.value(let value), .constant(let matrix)):
      if matrix.extents.dropLast(2).contains(where: { $0 != 1 }) {
        return try batchedProduct(value, matrix, for: site)
      }
      guard !matrix.extents.isEmpty, value.rank > 0 else {
        throw .badNode(site, "has a scalar operand, expected a matrix")
      }
      let result = try product(value, Matrix(constant: matrix, sumsLast: false), for: site)
      // The product with a vector has no last axis.
      let extra = matrix.extents.count - value.rank
      let trimmed = matrix.extents.count == 1 ? result.removingLast() : result
      return extra > 0 && matrix.extents.count > 2 ? trimmed.inserting(extra) : trimmed
    case (.constant(let matrix), .value(let value)):
      return try productFromLeft(matrix, value, for: site)
    case (.constant(let first), .constant):
      var constants = call
      constants.operands[0] = .value(try node(of: first, for: site))
      return try matrixProduct(constants)
    case (.value, .value):
      throw .unsupportedUse(
        site,
        "multiplies two computed values, expected a constant matrix",
        advice: "attention is not supported; if one is computed of constants, fold it first")
    }
  }

  /// Adds matrix · value, which is the transpose of value^T · matrix^T.
  private mutating func productFromLeft(
    _ matrix: ONNXTensor, _ value: Value, for site: NodeSite
  ) throws(Diagnostic) -> Value {
    guard !matrix.extents.isEmpty, matrix.extents.dropLast(2).allSatisfy({ $0 == 1 }),
      value.rank > 0
    else {
      throw .unsupportedUse(
        site, "has the extents \(matrix.extents) and \(value.extents), expected a matrix")
    }
    let rank = value.rank
    guard rank >= 2 else {
      let result = try product(value, Matrix(constant: matrix, sumsLast: true), for: site)
      return matrix.extents.count == 1 ? result.removingLast() : result
    }
    let swapped = Array(0..<rank - 2) + [rank - 1, rank - 2]
    let operand = Value(value.node, value.layout.transposed(swapped))
    let result = try product(operand, Matrix(constant: matrix, sumsLast: true), for: site)
    if matrix.extents.count == 1 { return result.removingLast() }
    let product = Value(result.node, result.layout.transposed(swapped))
    return matrix.extents.count > rank ? product.inserting(matrix.extents.count - rank) : product
  }

  /// Adds a product with a stack of matrices, one for each position along the leading axes.
  mutating func batchedProduct(
    _ value: Value, _ matrices: ONNXTensor, for site: NodeSite
  ) throws(Diagnostic) -> Value {
    let stack = Array(matrices.extents.dropLast(2))
    let count = stack.reduce(1, *)
    guard value.rank == matrices.extents.count, Array(value.extents.dropLast(2)) == stack,
      value.layout.batchAxis == nil, count <= 64
    else {
      throw .unsupportedUse(
        site, "has the extents \(value.extents) and \(matrices.extents), expected one matrix")
    }
    let (rows, inner) = (value.extents[value.rank - 2], value.extents[value.rank - 1])
    let outputs = matrices.extents[matrices.extents.count - 1]
    guard matrices.extents[matrices.extents.count - 2] == inner else {
      throw .badNode(site, "has the extents \(value.extents) and \(matrices.extents)")
    }
    let all = try node(
      of: try contiguous(value, for: site), axes: [[0]], for: site)
    let stacked = try reshape(all, to: [count, rows, inner], for: site)
    let floats = try matrices.elements.floats()
    var parts: [NodeID] = []
    for i in 0..<count {
      let slice = Slice(starts: [i, 0, 0], ends: [i + 1, rows, inner])
      let part = try add(.slice(slice), [stacked], for: site, "matrix\(i)")
      let kernel = graph.tensors.add(
        "\(site.name)/matrix\(i)", shape: [inner, outputs],
        floats: Array(floats[i * inner * outputs..<(i + 1) * inner * outputs]))
      parts.append(
        try add(.dense(Dense(kernel: kernel)), [part], for: site, "product\(i)"))
    }
    let node = try add(.concat(Concat(axis: 0)), parts, for: site)
    let extents = stack + [rows, outputs]
    return Value(node, Layout(extents: extents, order: Array(extents.indices)))
  }

  fileprivate mutating func generalProduct(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    var operand = try call.value(0, &self)
    guard operand.rank == 2 else {
      throw .badNode(site, "has an operand of the extents \(operand.extents), expected two axes")
    }
    if try call.flag("transA") { operand.layout = operand.layout.transposed([1, 0]) }
    let matrix = Matrix(
      constant: try call.constant(1, "a matrix"), sumsLast: try call.flag("transB"))
    guard matrix.constant.extents.count == 2 else {
      throw .badNode(site, "has a matrix of the extents \(matrix.constant.extents)")
    }
    let (alpha, beta) = (try call.float("alpha", default: 1), try call.float("beta", default: 1))
    let change: (@Sendable ([Float]) -> [Float])? =
      alpha == 1 ? nil : { @Sendable (x: [Float]) -> [Float] in x.map { $0 * alpha } }
    guard let bias = call.optional(2), beta != 0 else {
      return try product(operand, matrix, for: site, change)
    }
    if case .constant(let bias) = bias, bias.count == matrix.outputs, beta == 1,
      bias.extents.dropLast().allSatisfy({ $0 == 1 }), bias.extents.last == matrix.outputs
    {
      return try product(operand, matrix, bias: bias, for: site, change)
    }
    let sums = try product(operand, matrix, for: site, change)
    return try adding(bias, times: beta, to: sums, for: site)
  }

  /// Adds `term` · `factor` to `value`.
  private mutating func adding(
    _ term: Operand, times factor: Float, to value: Value, for site: NodeSite
  ) throws(Diagnostic) -> Value {
    switch term {
    case .constant(let constant):
      return try affine(value, .offset(constant), for: site, "bias") { x in
        x.map { $0 * factor }
      }
    case .value(let term):
      let scaled =
        factor == 1 ? term : try scaled(term, by: factor, for: site, "beta")
      return try combined(.add, value, scaled, for: site)
    }
  }
}

extension Layout {

  /// Returns the layout with the last axis replaced by one factor that lies last in memory, after
  /// the factors `others` in their order.
  fileprivate func withLast(_ extent: Int, others: [Int]) -> Layout {
    let rest = rearranged(others + factors.indices.filter { !others.contains($0) })
    return rest.replacingLast(by: extent, keeping: others.count)
  }
}

extension Value {

  /// Returns the value without its last axis, whose extent is 1.
  fileprivate func removingLast() -> Value {
    Value(node, layout.removing(axis: rank - 1))
  }

  /// Returns the value with `count` axes of extent 1 before the others.
  fileprivate func inserting(_ count: Int) -> Value {
    var result = self
    for _ in 0..<count { result.layout = result.layout.inserting(at: 0) }
    return result
  }
}
