// Functions of each element.

internal import Diagnostics
internal import Glibc
internal import SpikeIR

extension OperatorDefinition {

  /// The functions of each element.
  static let activations: [OperatorDefinition] =
    plainActivations + parametricActivations + [
      OperatorDefinition(
        "Clip", operands: 3, "bounds as attributes or constants; ReLU6 among them", [.keepsAxes]
      ) {
        (call, builder) throws(Diagnostic) in [.value(try builder.clipped(call))]
      },
      OperatorDefinition(
        "PRelu", operands: 2, "slopes of any extents that broadcast",
        [.changedInOpset7, .channelsFirst]
      ) {
        (call, builder) throws(Diagnostic) in [.value(try builder.parametricRectifier(call))]
      },
      OperatorDefinition(
        "Neg", "", [.keepsAxes],
        fold: { (call) throws(Diagnostic) in try call.foldedFunction { -$0 } }
      ) { (call, builder) throws(Diagnostic) in
        [.value(try builder.scaled(call.value(0, &builder), by: -1, for: call.site))]
      },
      OperatorDefinition(
        "Pow", operands: 2, "with a constant exponent", [.changedInOpset7, .keepsAxes],
        fold: { (call) throws(Diagnostic) in try call.folded { pow($0, $1) } }
      ) { (call, builder) throws(Diagnostic) in [.value(try builder.raised(call))] },
    ]

  /// The functions without parameters.
  private static let plainActivations: [OperatorDefinition] = [
    plain("Relu", .relu, { max($0, 0) }), plain("Sigmoid", .sigmoid), plain("Tanh", .tanh),
    plain("Softplus", .softplus), plain("Softsign", .softsign),
    plain("HardSwish", .hardSwish), plain("Mish", .mish), plain("Erf", .erf),
    plain("Exp", .exponential, { exp($0) }), plain("Log", .logarithm),
    plain("Sqrt", .squareRoot, { $0.squareRoot() }), plain("Abs", .absolute, { abs($0) }),
    plain("Reciprocal", .reciprocal, { 1 / $0 }), plain("Sign", .sign),
    plain("Floor", .floor, { $0.rounded(.down) }), plain("Ceil", .ceiling, { $0.rounded(.up) }),
    plain("Round", .round, { $0.rounded(.toNearestOrEven) }),
  ]

  private static func plain(
    _ opType: String, _ kind: Activation.Kind, _ function: (@Sendable (Double) -> Double)? = nil
  ) -> OperatorDefinition {
    // Not `map`: closures that give closures with typed errors overwhelm the compiler.
    var fold: Fold?
    if let function {
      fold = { (call: NodeCall) throws(Diagnostic) -> [ONNXTensor] in
        try call.foldedFunction(function)
      }
    }
    return OperatorDefinition(opType, "", [.keepsAxes], fold: fold) {
      (call, builder) throws(Diagnostic) in
      let value = try call.value(0, &builder)
      return [.value(try builder.mapped(value, .activation(Activation(kind)), for: call.site))]
    }
  }

  /// The functions whose parameters are attributes, with the standard's defaults.
  private static let parametricActivations: [OperatorDefinition] = [
    parametric("LeakyRelu") { (call) throws(Diagnostic) in
      Activation(.relu, alpha: try call.float("alpha", default: 0.01))
    },
    parametric("Elu") { (call) throws(Diagnostic) in
      Activation(.elu, alpha: try call.float("alpha", default: 1))
    },
    parametric("Celu") { (call) throws(Diagnostic) in
      Activation(.celu, alpha: try call.float("alpha", default: 1))
    },
    parametric("HardSigmoid") { (call) throws(Diagnostic) in
      Activation(
        .hardSigmoid, alpha: try call.float("alpha", default: 0.2),
        beta: try call.float("beta", default: 0.5))
    },
    parametric("ThresholdedRelu") { (call) throws(Diagnostic) in
      Activation(.thresholded, threshold: try call.float("alpha", default: 1))
    },
    parametric("Gelu", "exact, and with approximate=tanh") { (call) throws(Diagnostic) in
      let approximation = try call.string("approximate") ?? "none"
      guard ["none", "tanh"].contains(approximation) else {
        throw .badAttribute(
          call.site, "approximate", found: "'\(approximation)'", expected: "none or tanh")
      }
      return Activation(approximation == "tanh" ? .geluTanh : .gelu)
    },
    OperatorDefinition("Selu", "alpha and gamma") { (call, builder) throws(Diagnostic) in
      [.value(try builder.scaledExponentialUnit(call))]
    },
    OperatorDefinition("Swish", "alpha") { (call, builder) throws(Diagnostic) in
      let alpha = try call.float("alpha", default: 1)
      let value = try call.value(0, &builder)
      guard alpha != 1 else {
        return [.value(try builder.mapped(value, .activation(Activation(.swish)), for: call.site))]
      }
      let gate = try builder.mapped(
        try builder.scaled(value, by: alpha, for: call.site, "scaled"),
        .activation(Activation(.sigmoid)), for: call.site, "gate")
      return [.value(try builder.combined(.multiply, value, gate, for: call.site))]
    },
  ]

  private static func parametric(
    _ opType: String, _ remark: String = "",
    _ make: @escaping @Sendable (NodeCall) throws(Diagnostic) -> Activation
  ) -> OperatorDefinition {
    OperatorDefinition(opType, remark, [.keepsAxes]) { (call, builder) throws(Diagnostic) in
      let value = try call.value(0, &builder)
      return [.value(try builder.mapped(value, .activation(try make(call)), for: call.site))]
    }
  }
}

extension GraphBuilder {

  /// Adds min(max(x, low), high).
  ///
  /// - Source: ONNX, `Clip`: the bounds are attributes before version 11 of the operators, operands
  ///   since; a bound that is left out does not bound.
  fileprivate mutating func clipped(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    let value = try call.value(0, &self)
    let low = try call.opset < 11 ? call.float("min") : call.scalar(operand: 1, "a bound")
    let high = try call.opset < 11 ? call.float("max") : call.scalar(operand: 2, "a bound")
    // Exporters write the largest number of the type where there is no bound.
    return try clipped(
      value, low.flatMap { $0 > -3e38 ? $0 : nil }, high.flatMap { $0 < 3e38 ? $0 : nil },
      for: site)
  }

  /// Adds min(max(value, low), high), as rectifiers where possible: those become spikes.
  mutating func clipped(
    _ value: Value, _ low: Float?, _ high: Float?, for site: NodeSite
  ) throws(Diagnostic) -> Value {
    if let low, let high, low >= high {
      // By the standard the upper bound wins.
      return try shifted(try scaled(value, by: 0, for: site, "zero"), by: high, for: site)
    }
    // A shift by a large bound and back would cost the value its last digits.
    if abs(low ?? 0) > 1024 || abs(high ?? 0) > 1024 {
      return try clippedByExtremes(value, low, high, for: site)
    }
    switch (low, high) {
    case (nil, nil):
      return value
    case (0, let high):
      return try mapped(value, .activation(Activation(.relu, maximum: high)), for: site)
    case (-1, 1):
      return try mapped(value, .activation(Activation(.hardTanh)), for: site)
    case (let low?, let high):
      let raised = try shifted(value, by: -low, for: site, "shift")
      let op = Activation(.relu, maximum: high.map { $0 - low })
      return try shifted(
        try mapped(raised, .activation(op), for: site), by: low, for: site, "unshift")
    case (nil, let high?):
      // min(x, h) = h − max(h − x, 0).
      let below = try shifted(
        try scaled(value, by: -1, for: site, "negative"), by: high, for: site, "shift")
      let rectified = try mapped(below, .activation(.relu), for: site)
      return try shifted(
        try scaled(rectified, by: -1, for: site, "positive"), by: high, for: site, "unshift")
    }
  }

  /// Adds min(max(value, low), high) as it is written.
  private mutating func clippedByExtremes(
    _ value: Value, _ low: Float?, _ high: Float?, for site: NodeSite
  ) throws(Diagnostic) -> Value {
    var result = value
    if let low {
      let bound = try node(of: ONNXTensor(low), for: site)
      result = try combined(.maximum, result, bound, for: site, "low")
    }
    guard let high else { return result }
    let bound = try node(of: ONNXTensor(high), for: site)
    return try combined(.minimum, result, bound, for: site)
  }

  fileprivate mutating func parametricRectifier(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    let value = try call.value(0, &self)
    let slope = try call.constant(1, "slopes")
    guard value.rank >= slope.extents.count,
      let (dimensions, id) = aligned(slope, to: value, for: site, "slope")
    else {
      throw .badNode(
        site, "has slopes of the extents \(slope.extents) for a value of \(value.extents)")
    }
    let node = try node(of: value, dimensions: dimensions, for: site)
    return Value(try add(.prelu(PReLU(slope: id)), [node], for: site), value.layout)
  }

  /// Adds gamma · (x > 0: x; else alpha · (eˣ − 1)).
  fileprivate mutating func scaledExponentialUnit(_ call: NodeCall) throws(Diagnostic) -> Value {
    let value = try call.value(0, &self)
    let alpha = try call.float("alpha", default: 1.67326319217681884765625)
    let gamma = try call.float("gamma", default: 1.05070102214813232421875)
    if abs(alpha - 1.6732632) < 1e-4, abs(gamma - 1.050701) < 1e-4 {
      return try mapped(value, .activation(Activation(.selu)), for: call.site)
    }
    let unit = try mapped(
      value, .activation(Activation(.elu, alpha: alpha)), for: call.site, "elu")
    return try scaled(unit, by: gamma, for: call.site)
  }

  fileprivate mutating func raised(_ call: NodeCall) throws(Diagnostic) -> Value {
    let value = try call.value(0, &self)
    guard let exponent = try call.scalar(operand: 1, "an exponent") else {
      throw .badNode(call.site, "has no exponent")
    }
    if let type = try call.operand(0).type, type.isInteger,
      exponent < 0 || exponent != exponent.rounded()
    {
      throw .unsupportedUse(
        call.site, "raises elements of type \(type) to the power of \(exponent)",
        advice: "cast the operand to float before")
    }
    switch exponent {
    case 1: return value
    case 2: return try combined(.multiply, value, value, for: call.site)
    case 0.5: return try mapped(value, .activation(Activation(.squareRoot)), for: call.site)
    default:
      return try mapped(
        value, .activation(Activation(.power, alpha: exponent)), for: call.site)
    }
  }
}
