// Activation functions by name, as layers and as the argument `activation` of other layers.

internal import Diagnostics
internal import JSONReading
internal import SpikeIR

/// Activation functions by the names that Keras gives them.
enum ActivationFunctions {

  /// Returns the operator of the function `name` with its defaults; the linear one is `nil`.
  ///
  /// - Throws: `keras.unsupported-option` if there is no such operator.
  /// - Source: the modules `activations` of tf-keras 2.15 and Keras 3.15.
  static func named(_ name: String, _ config: LayerConfig) throws(Diagnostic) -> Op? {
    if name == "linear" { return nil }
    if name == "softmax" { return .softmax(Softmax()) }
    if name == "log_softmax" { return .softmax(Softmax(isLogarithm: true)) }
    if name == "hard_sigmoid", config.generation == .two {
      return .activation(Activation(.hardSigmoid, alpha: 0.2, beta: 0.5))
    }
    guard let activation = table[name] else {
      throw .unsupportedOption(
        config.place, "the activation '\(name)' is not supported",
        advice: "supported are " + names.joined(separator: ", "))
    }
    return .activation(activation)
  }

  /// The names of all functions, sorted.
  static var names: [String] {
    (Array(table.keys) + ["linear", "softmax", "log_softmax"]).sorted()
  }

  // size: table
  private static let table: [String: Activation] = [
    "relu": .relu,
    "relu6": Activation(.relu, maximum: 6),
    "leaky_relu": Activation(.relu, alpha: 0.2),
    "elu": Activation(.elu, alpha: 1),
    "selu": Activation(.selu),
    "celu": Activation(.celu, alpha: 1),
    "sigmoid": Activation(.sigmoid),
    "hard_sigmoid": Activation(.hardSigmoid, alpha: 1.0 / 6, beta: 0.5),
    "sparse_sigmoid": Activation(.hardSigmoid, alpha: 0.5, beta: 0.5),
    "log_sigmoid": Activation(.logSigmoid),
    "tanh": Activation(.tanh),
    "hard_tanh": Activation(.hardTanh),
    "tanh_shrink": Activation(.tanhShrink),
    "hard_shrink": Activation(.hardShrink, alpha: 0.5),
    "soft_shrink": Activation(.softShrink, alpha: 0.5),
    "softplus": Activation(.softplus),
    "softsign": Activation(.softsign),
    "sparse_plus": Activation(.squareplusSparse),
    "squareplus": Activation(.squareplus, alpha: 4),
    "swish": Activation(.swish),
    "silu": Activation(.swish),
    "hard_swish": Activation(.hardSwish),
    "hard_silu": Activation(.hardSwish),
    "gelu": Activation(.gelu),
    "mish": Activation(.mish),
    "exponential": Activation(.exponential),
  ]

  /// Returns the operator of a layer that is nothing but an activation function, `nil` if
  /// `className` is not such a layer.
  ///
  /// - Throws: what wrong options throw.
  static func layer(_ className: String, _ config: LayerConfig) throws(Diagnostic) -> Op? {
    switch className {
    case "ReLU":
      let maximum = try config.optionalNumber("max_value")
      guard maximum ?? 0 >= 0 else { throw config.wrong("max_value", expected: "0 or more") }
      return .activation(
        Activation(
          .relu, alpha: Float(try config.number("negative_slope", default: 0)),
          maximum: maximum.map { Float($0) },
          threshold: Float(try config.number("threshold", default: 0))))
    case "LeakyReLU":
      let key = config["negative_slope"] == nil ? "alpha" : "negative_slope"
      return .activation(
        Activation(.relu, alpha: Float(try config.number(key, default: 0.3))))
    case "ELU":
      return .activation(Activation(.elu, alpha: Float(try config.number("alpha", default: 1))))
    case "ThresholdedReLU":
      return .activation(
        Activation(.thresholded, threshold: Float(try config.number("theta", default: 1))))
    default: return nil
    }
  }
}

extension LayerConfig {

  /// Returns the operator of the argument `activation`, `nil` if it is linear.
  ///
  /// - Throws: `keras.unsupported-option` if it is not known.
  func activation(_ key: String = "activation") throws(Diagnostic) -> Op? {
    guard let value = self[key] else { return nil }
    if let name = value.string { return try ActivationFunctions.named(name, self) }
    guard let className = value["class_name"]?.string else {
      throw wrong(key, expected: "the name of a function")
    }
    // Keras 3 writes functions as objects; layers may serve as functions.
    if let name = value["config"]?.string { return try ActivationFunctions.named(name, self) }
    var inner = self
    inner.options = value["config"]?.members ?? [:]
    if className == "Activation" { return try inner.activation() }
    guard let op = try ActivationFunctions.layer(className, inner) else {
      throw .unsupportedOption(place, "the activation '\(className)' is not supported")
    }
    return op
  }
}
