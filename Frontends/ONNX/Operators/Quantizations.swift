// Quantized models: weights are taken with their scales; activations keep real numbers, which lie
// on the grid that the model demands.

internal import Diagnostics
internal import SpikeIR

extension OperatorDefinition {

  /// The quantizations.
  static let quantizations: [OperatorDefinition] = [
    OperatorDefinition(
      "QuantizeLinear", operands: 3, "per tensor and per axis; the grid is kept when inferring",
      [.keepsAxes],
      fold: { (call) throws(Diagnostic) in [try call.foldedQuantization()] }
    ) { (call, builder) throws(Diagnostic) in
      let value = try call.value(0, &builder)
      guard try call.isPerAxis() else {
        let grid = try call.grid(scale: 1, zero: 2)
        return [.value(try builder.quantized(value, to: grid, for: call.site))]
      }
      return [.value(try builder.quantizedPerAxis(value, call))]
    },
    OperatorDefinition(
      "DequantizeLinear", operands: 3,
      "weights per tensor, per axis and blocked; values per tensor",
      [.takesGrid, .keepsAxes, .givesReals],
      fold: { (call) throws(Diagnostic) in [try call.foldedDequantization()] }
    ) { (call, builder) throws(Diagnostic) in
      let value = try call.value(0, &builder)
      guard try call.isPerAxis() else {
        let grid = try call.grid(scale: 1, zero: 2)
        return [.value(try builder.dequantized(value, grid, call.site))]
      }
      return [.value(try builder.dequantizedPerAxis(value, call))]
    },
    OperatorDefinition(
      "QLinearConv", operands: 9, "weights with their scales", [.takesGrid, .channelsFirst]
    ) {
      (call, builder) throws(Diagnostic) in [.value(try builder.quantizedConvolution(call))]
    },
    OperatorDefinition("QLinearMatMul", operands: 8, "the second operand constant", [.takesGrid]) {
      (call, builder) throws(Diagnostic) in [.value(try builder.quantizedProduct(call))]
    },
  ]
}

extension ONNXElementType {

  /// The integers of the type, `nil` if it is not one that quantized models use.
  var range: ClosedRange<Int>? {
    switch self {
    case .uint8: 0...255
    case .int8: -128...127
    case .uint16: 0...65535
    case .int16: -32768...32767
    case .int32: Int(Int32.min)...Int(Int32.max)
    case .uint4: 0...15
    case .int4: -8...7
    case .uint2: 0...3
    case .int2: -2...1
    case .float, .int64, .string, .bool, .float16, .double, .uint32, .uint64, .complex64,
      .complex128, .bfloat16, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ,
      .float4E2M1, .float8E8M0:
      nil
    }
  }
}

extension NodeCall {

  /// Returns the grid that two operands describe, scale and zero point.
  func grid(scale: Int, zero: Int) throws(Diagnostic) -> QuantizationGrid {
    guard let step = try self.scalar(operand: scale, "a scale"), step > 0, step.isFinite else {
      throw .badNode(site, "has no positive scale")
    }
    let point = try optionalConstant(zero, "a zero point")
    var type = point?.type ?? .uint8
    if point == nil, let declared = try int("output_dtype"), declared != 0 {
      type = ONNXElementType(rawValue: declared) ?? .float
    }
    guard let range = type.range else {
      throw .unsupportedUse(site, "quantizes to floating point, expected integers")
    }
    let list = try integers(operand: zero, "a zero point") ?? [0]
    guard let offset = list.first, list.count == 1 else {
      throw .unsupportedUse(
        site, "has \(list.count) zero points for a value that depends on the input, expected one")
    }
    return QuantizationGrid(scale: step, zero: offset, type: type, range: range)
  }
}

extension NodeCall {

  /// Returns a bias of integers in real numbers, `nil` if the node has none.
  ///
  /// - Parameters:
  ///   - index: the operand with the integers; the scales of data and weights are operands 1 and 4.
  ///   - factor: a further factor of all elements.
  ///   - count: the number of sums to which the bias is added.
  /// - Returns: the bias.
  /// - Throws: `onnx.bad-node` if there is another number of elements or scales.
  func dequantizedBias(
    _ index: Int, factor: Float, count: Int
  ) throws(Diagnostic) -> ONNXTensor? {
    guard let integers = try optionalConstant(index, "a bias") else { return nil }
    let steps = try floats(operand: 4, "scales") ?? []
    let step = try scalar(operand: 1, "a scale") ?? 1
    guard integers.count == count, steps.count == 1 || steps.count == count else {
      throw .badNode(site, "has \(integers.count) biases and \(steps.count) scales")
    }
    let values = try integers.elements.integers()
    let scaled = values.indices.map {
      Double(values[$0]) * Double(step) * Double(steps[steps.count == 1 ? 0 : $0])
        * Double(factor)
    }
    return ONNXTensor(
      name: integers.name, type: .float, extents: [count], elements: ONNXNumbers(scaled))
  }
}

extension GraphBuilder {

  /// Adds the rounding of real numbers to a grid; the result stands for integers.
  mutating func quantized(
    _ value: Value, to grid: QuantizationGrid, for site: NodeSite
  ) throws(Diagnostic) -> Value {
    let op = FakeQuantize(
      scale: grid.scale, zeroPoint: grid.zero, low: grid.range.lowerBound,
      high: grid.range.upperBound)
    var result = try mapped(value, .fakeQuantize(op), for: site)
    result.grid = grid
    return result
  }

  /// Returns the real numbers for which the integers of `value` stand by `grid`.
  mutating func dequantized(
    _ value: Value, _ grid: QuantizationGrid, _ site: NodeSite
  ) throws(Diagnostic) -> Value {
    if let own = value.grid, own.scale == grid.scale, own.zero == grid.zero {
      return Value(value.node, value.layout)
    }
    let integers = try integers(of: value, for: site)
    return try scaled(
      try shifted(integers, by: -Float(grid.zero), for: site, "zero-point"), by: grid.scale,
      for: site)
  }

  /// Returns the integers for which the real numbers of `value` stand.
  mutating func integers(of value: Value, for site: NodeSite) throws(Diagnostic) -> Value {
    guard let grid = value.grid else { return value }
    let plain = Value(value.node, value.layout)
    let steps = try mapped(
      try scaled(plain, by: 1 / grid.scale, for: site, "steps"),
      .activation(Activation(.round)), for: site, "integers")
    var result = steps
    if grid.zero != 0 {
      result = try shifted(steps, by: Float(grid.zero), for: site, "zero-point")
    }
    result.type = grid.type
    return result
  }

  /// Adds a convolution of quantized operands as one of real numbers.
  ///
  /// - Source: ONNX, `QLinearConv`; the bias has the scale x_scale · w_scale.
  fileprivate mutating func quantizedConvolution(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    let input = try dequantized(
      try call.value(0, &self), try call.grid(scale: 1, zero: 2), site)
    let weights = try call.dequantizedConstant(3, scale: 4, zero: 5, axis: 0)
    let bias = try call.dequantizedBias(
      8, factor: 1, count: weights.extents.first ?? 0)
    let sums = try convolution(call, input, kernel: weights, bias: bias)
    return try quantized(sums, to: try call.grid(scale: 6, zero: 7), for: site)
  }

  fileprivate mutating func quantizedProduct(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    let input = try dequantized(
      try call.value(0, &self), try call.grid(scale: 1, zero: 2), site)
    let weights = try call.dequantizedConstant(3, scale: 4, zero: 5, axis: -1)
    let sums =
      weights.extents.count == 2
      ? try product(input, Matrix(constant: weights, sumsLast: false), for: site)
      : try batchedProduct(input, weights, for: site)
    return try quantized(sums, to: try call.grid(scale: 6, zero: 7), for: site)
  }
}
