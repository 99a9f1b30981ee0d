// onnxruntime's own operators on quantized values, as its quantizer writes them: each is an operator
// of the standard between the grids of its operands and of its result.

internal import Diagnostics
internal import SpikeIR

extension OperatorDefinition {

  /// The operators of the domain `com.microsoft` that are read.
  ///
  /// - Source: onnxruntime, "Contrib Operators": operands are integers followed by scale and zero
  ///   point.
  static let quantizedOperators: [OperatorDefinition] = [
    quantized("Add", "broadcasting", [.keepsAxes], data: [0, 3]),
    quantized(
      "Mul", "broadcasting; of two values: imported, not converted", [.keepsAxes], data: [0, 3]),
    quantized("LeakyRelu", "", [.keepsAxes], data: [0]),
    quantized("Sigmoid", "", [.keepsAxes], data: [0]),
    quantized("Softmax", "along any axis", data: [0]),
    quantized("AveragePool", "channels first", [.channelsFirst], data: [0]),
    quantized("GlobalAveragePool", "channels first", [.channelsFirst], data: [0]),
    OperatorDefinition(
      "QLinearConcat", domain: microsoft, operands: .max, "along any axis", [.takesGrid]
    ) { (call, builder) throws(Diagnostic) in
      let data = Array(stride(from: 2, to: call.operands.count, by: 3))
      return [.value(try builder.quantizedForm(of: "Concat", call, data: data, result: 0))]
    },
    OperatorDefinition(
      "QGemm", domain: microsoft, operands: 9, "alpha, transA, transB; B a constant", [.takesGrid]
    ) { (call, builder) throws(Diagnostic) in
      [.value(try builder.quantizedGeneralProduct(call))]
    },
  ]

  /// Returns the definition of the quantized form of the operator `opType` of the standard.
  ///
  /// - Parameters:
  ///   - opType: the name of that operator.
  ///   - remark: what is supported.
  ///   - traits: what else is known of it.
  ///   - data: the operands that hold integers; the grid of the result follows those of all of them.
  /// - Returns: the definition.
  private static func quantized(
    _ opType: String, _ remark: String, _ traits: OperatorTraits = [], data: [Int]
  ) -> OperatorDefinition {
    OperatorDefinition(
      "QLinear\(opType)", domain: microsoft, operands: 3 * data.count + 2, remark,
      traits.union(.takesGrid)
    ) { (call, builder) throws(Diagnostic) in
      let result = 3 * data.count
      return [.value(try builder.quantizedForm(of: opType, call, data: data, result: result))]
    }
  }
}

extension GraphBuilder {

  /// Adds the operator `opType` of the standard on the real numbers for which operands stand.
  ///
  /// - Parameters:
  ///   - opType: the name of the operator.
  ///   - call: the call of its quantized form; its attributes are those of the operator.
  ///   - data: the operands with integers, each followed by scale and zero point.
  ///   - result: the operand with the scale of the result, which its zero point follows.
  /// - Returns: the result, on its grid.
  /// - Throws: what the operator throws; `onnx.unsupported-use` if the channels come last.
  fileprivate mutating func quantizedForm(
    of opType: String, _ call: NodeCall, data: [Int], result: Int
  ) throws(Diagnostic) -> Value {
    if try call.flag("channels_last") {
      throw .unsupportedUse(
        call.site, "has channels_last=1, expected the channels first",
        advice: "quantize the model without onnxruntime's layout optimizations")
    }
    guard let build = OperatorDefinition.named(opType)?.build else {
      throw .badNode(call.site, "has no operator '\(opType)' behind it")
    }
    var plain = call
    plain.operands = []
    for index in data { plain.operands.append(try real(index, of: call)) }
    // The softmax says itself by which version it is meant.
    plain.opset = try call.int("opset", default: call.opset)
    guard case .value(let value) = try build(plain, &self).first else {
      throw .badNode(call.site, "has no result")
    }
    return try quantized(value, to: try call.grid(scale: result, zero: result + 1), for: call.site)
  }

  /// Returns the real numbers of operand `index`, which scale and zero point follow.
  private mutating func real(_ index: Int, of call: NodeCall) throws(Diagnostic) -> Operand {
    switch try call.operand(index) {
    case .constant:
      return .constant(
        try call.dequantizedConstant(index, scale: index + 1, zero: index + 2, axis: 0))
    case .value(let value):
      let grid = try call.grid(scale: index + 1, zero: index + 2)
      return .value(try dequantized(value, grid, call.site))
    }
  }

  /// Adds alpha · A · B + C; without a grid for the result that stays real.
  ///
  /// - Source: onnxruntime, `com.microsoft.QGemm`; the bias C has the scale alpha · a_scale ·
  ///   b_scale.
  fileprivate mutating func quantizedGeneralProduct(
    _ call: NodeCall
  ) throws(Diagnostic) -> Value {
    let site = call.site
    let sumsLast = try call.flag("transB")
    let weights = try call.dequantizedConstant(3, scale: 4, zero: 5, axis: sumsLast ? 0 : 1)
    guard weights.extents.count == 2 else {
      throw .badNode(site, "has a matrix of the extents \(weights.extents)")
    }
    let matrix = Matrix(constant: weights, sumsLast: sumsLast)
    let alpha = try call.float("alpha", default: 1)
    var input = try real(0, of: call).value(&self, site)
    guard input.rank == 2 else {
      throw .badNode(site, "has an operand of the extents \(input.extents), expected two axes")
    }
    if try call.flag("transA") { input.layout = input.layout.transposed([1, 0]) }
    let bias = try call.dequantizedBias(6, factor: alpha, count: matrix.outputs)
    let change: (@Sendable ([Float]) -> [Float])? =
      alpha == 1 ? nil : { @Sendable (x: [Float]) -> [Float] in x.map { $0 * alpha } }
    var sums = try product(input, matrix, bias: bias, for: site, change)
    guard call.optional(7) != nil else {
      sums.type = .float
      return sums
    }
    return try quantized(sums, to: try call.grid(scale: 7, zero: 8), for: site)
  }
}
