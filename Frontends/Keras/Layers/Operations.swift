// Operations on tensors that Keras records as layers: `keras.ops` of Keras 3, and TensorFlow
// functions (TFOpLambda) of Keras 2.

internal import Diagnostics
internal import JSONReading
internal import SpikeIR

/// What builds one call of an operation.
private typealias Build =
  @Sendable (LayerCall, inout GraphBuilder) throws(Diagnostic) -> Value

extension LayerDefinition {

  /// The operations that are not also layers.
  static let operations: [LayerDefinition] =
    [
      "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Silu": "silu", "Tanh": "tanh",
      "Softplus": "softplus", "Softsign": "softsign", "Selu": "selu", "HardSilu": "hard_silu",
      "HardSigmoid": "hard_sigmoid", "LogSigmoid": "log_sigmoid", "HardTanh": "hard_tanh",
      "Exp": "exponential", "Mish": "mish",
    ].sorted { $0.key < $1.key }.map { className, function in
      LayerDefinition(className, "operation", build: activation(function))
    } + [
      LayerDefinition("Elu", "operation", build: withAlpha(.elu, "alpha", 1)),
      LayerDefinition("Celu", "operation", build: withAlpha(.celu, "alpha", 1)),
      LayerDefinition("LeakyRelu", "operation", build: withAlpha(.relu, "negative_slope", 0.2)),
      LayerDefinition("Absolute", "operation", build: withAlpha(.absolute, nil, 0)),
      LayerDefinition(
        "Gelu", "operation",
        build: { (call, builder) throws(Diagnostic) in
          let isApproximate = try call.config.flag("approximate", default: true)
          return try builder.applyIfAny(
            .activation(Activation(isApproximate ? .geluTanh : .gelu)), call)
        }),
      LayerDefinition(
        "LogSoftmax", "operation",
        build: { (call, builder) throws(Diagnostic) in
          let input = try call.onlyInput()
          let axis = try call.config.axis(rank: builder.kerasShape(input).rank)
          return try builder.alongLast(
            .softmax(Softmax(isLogarithm: true)), input, axis: axis, call)
        }),
      LayerDefinition("TrueDivide", "operation", build: elementwise(.divide)),
      LayerDefinition("Divide", "operation", build: elementwise(.divide)),
      LayerDefinition("Negative", "operation", build: negative),
      LayerDefinition(
        "Mean", "operation, over all positions of an image",
        build: { (call, builder) throws(Diagnostic) in try builder.reduction(call, .average) }),
      LayerDefinition(
        "Max", "operation, over all positions of an image",
        build: { (call, builder) throws(Diagnostic) in try builder.reduction(call, .maximum) }),
      LayerDefinition(
        "TFOpLambda",
        "TensorFlow functions",
        check: { (config) throws(Diagnostic) in _ = try tensorFlowFunction(config) },
        build: { (call, builder) throws(Diagnostic) in
          try tensorFlowFunction(call.config)(call.withNamedConstant(), &builder)
        }),
    ]

  // size: table
  private static let functions: [String: Build] = [
    "__operators__.add": elementwise(.add), "math.add": elementwise(.add),
    "__operators__.sub": elementwise(.subtract), "math.subtract": elementwise(.subtract),
    "__operators__.mul": elementwise(.multiply), "math.multiply": elementwise(.multiply),
    "__operators__.truediv": elementwise(.divide), "math.truediv": elementwise(.divide),
    "math.divide": elementwise(.divide), "math.maximum": elementwise(.maximum),
    "math.minimum": elementwise(.minimum), "math.negative": negative,
    "nn.relu": activation("relu"), "nn.relu6": activation("relu6"),
    "math.sigmoid": activation("sigmoid"), "nn.sigmoid": activation("sigmoid"),
    "math.tanh": activation("tanh"), "nn.tanh": activation("tanh"),
    "nn.silu": activation("silu"), "nn.swish": activation("silu"), "nn.elu": activation("elu"),
    "nn.selu": activation("selu"), "math.softplus": activation("softplus"),
    "math.exp": activation("exponential"), "math.abs": withAlpha(.absolute, nil, 0),
    "nn.leaky_relu": withAlpha(.relu, "alpha", 0.2), "nn.softplus": activation("softplus"),
    "nn.softsign": activation("softsign"), "nn.log_softmax": activation("log_softmax"),
    "nn.softmax": activation("softmax"), "identity": identity, "stop_gradient": identity,
    "math.reduce_mean": { (call, builder) throws(Diagnostic) in
      try builder.reduction(call, .average)
    },
    "math.reduce_max": { (call, builder) throws(Diagnostic) in
      try builder.reduction(call, .maximum)
    },
    "reshape": { (call, builder) throws(Diagnostic) in
      let extents = try call.config.integerList("shape")
      return try builder.reshape(call, Array(extents.dropFirst()), "shape")
    },
    "concat": { (call, builder) throws(Diagnostic) in try builder.concatenate(call) },
  ]

  /// The names of the TensorFlow functions, sorted.
  static var tensorFlowFunctions: [String] { functions.keys.sorted() }

  private static func tensorFlowFunction(_ config: LayerConfig) throws(Diagnostic) -> Build {
    let function = try config.word("function", default: "")
    guard let build = functions[function] else {
      throw .unsupportedLayer(
        config.place, className: "TFOpLambda (tf.\(function))",
        advice: "replace the function by a layer")
    }
    return build
  }

  // MARK: builders

  private static func activation(_ function: String) -> Build {
    { (call, builder) throws(Diagnostic) in
      if case .softmax(let softmax) = try ActivationFunctions.named(function, call.config) {
        let input = try call.onlyInput()
        let axis = try call.config.axis(rank: builder.kerasShape(input).rank)
        return try builder.alongLast(.softmax(softmax), input, axis: axis, call)
      }
      return try builder.applyIfAny(
        try ActivationFunctions.named(function, call.config), call)
    }
  }

  private static func withAlpha(
    _ kind: Activation.Kind, _ key: String?, _ fallback: Double
  ) -> Build {
    { (call, builder) throws(Diagnostic) in
      var alpha = fallback
      if let key { alpha = try call.config.number(key, default: fallback) }
      return try builder.applyIfAny(.activation(Activation(kind, alpha: Float(alpha))), call)
    }
  }

  private static func elementwise(_ kind: Elementwise.Kind) -> Build {
    { (call, builder) throws(Diagnostic) in try builder.merge(call, kind) }
  }

  private static let negative: Build = { (call, builder) throws(Diagnostic) in
    let input = try builder.plain(try call.onlyInput(), for: call)
    let factor = builder.constant(call, "factor", [1], [-1])
    return Value(
      node: try builder.add(.scale(Scale(factor: factor, offset: nil)), [input], for: call))
  }

  private static let identity: Build = { (call, _) throws(Diagnostic) in try call.onlyInput() }
}

extension LayerCall {

  /// Returns the call of a TensorFlow function with the constant `y` among its arguments, and the
  /// named arguments as options.
  fileprivate func withNamedConstant() -> LayerCall {
    var call = self
    call.config.options.merge(options) { _, new in new }
    if let array = options["y"].flatMap({ JSONArray($0) }) {
      call.arguments.append(.constant(array))
    }
    return call
  }
}

extension GraphBuilder {

  /// Adds pooling over the dimensions `axis`, which must be all positions of an image.
  fileprivate mutating func reduction(
    _ call: LayerCall, _ kind: Pool.Kind
  ) throws(Diagnostic) -> Value {
    let shape = kerasShape(try call.onlyInput())
    let spatial = shape.rank - 1
    let axes = try call.config.integerList("axis").map { $0 < 0 ? $0 + shape.rank + 1 : $0 }
    guard 1...2 ~= spatial, axes.sorted() == Array(1...spatial) else {
      throw .unsupportedOption(
        call.place,
        "reduces the dimensions \(axes) of an operand \(shape), expected all but the "
          + "first, the batch, and the last")
    }
    let keeps = try call.config.flag("keepdims", default: false)
    return try globalPooling(call, kind, spatial, keepsDimensions: keeps)
  }
}
