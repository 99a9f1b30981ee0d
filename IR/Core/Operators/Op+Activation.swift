// Element-wise nonlinearities without constants: kinds, parameters, equations.

public import Diagnostics

/// A function applied to each element.
///
/// - Source: the Keras `activations` module and the ONNX operators of the same names.
public struct Activation: Operator {

  /// The function.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// x ≥ threshold: min(x, maximum); else alpha · (x − threshold).
    case relu
    /// x > 0: x; else alpha · (eˣ − 1).
    case elu
    /// 1.0507010 · (x > 0: x; else 1.6732632 · (eˣ − 1)).
    case selu
    /// 1 / (1 + e⁻ˣ).
    case sigmoid
    /// min(1, max(0, alpha · x + beta)).
    case hardSigmoid = "hard-sigmoid"
    /// tanh x.
    case tanh
    /// min(1, max(−1, x)).
    case hardTanh = "hard-tanh"
    /// ln(1 + eˣ).
    case softplus
    /// x / (1 + |x|).
    case softsign
    /// x / (1 + e⁻ˣ).
    case swish
    /// x · min(1, max(0, x/6 + 1/2)).
    case hardSwish = "hard-swish"
    /// x · (1 + erf(x/√2)) / 2.
    case gelu
    /// x/2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³))).
    case geluTanh = "gelu-tanh"
    /// x · tanh(ln(1 + eˣ)).
    case mish
    /// eˣ.
    case exponential
    /// −ln(1 + e⁻ˣ).
    case logSigmoid = "log-sigmoid"
    /// x > threshold: x; else 0.
    case thresholded
    /// |x|.
    case absolute
    /// max(0, x) + min(0, alpha · (e^(x/alpha) − 1)).
    case celu
    /// x < −alpha: x + alpha; x > alpha: x − alpha; else 0.
    case softShrink = "soft-shrink"
    /// |x| > alpha: x; else 0.
    case hardShrink = "hard-shrink"
    /// x − tanh x.
    case tanhShrink = "tanh-shrink"
    /// 0 for x ≤ −1, x for x ≥ 1, between them (x + 1)² / 4.
    case squareplusSparse = "sparse-plus"
    /// (x + √(x² + alpha)) / 2.
    case squareplus
    /// erf x = 2/√π · ∫ e^(−t²) dt from 0 to x.
    case erf
    /// √x.
    case squareRoot = "square-root"
    /// x^alpha as C's `pow`: not a number for x < 0 unless alpha is a whole number.
    case power
    /// ln x.
    case logarithm
    /// 1 / x.
    case reciprocal
    /// x > 0: 1; x < 0: −1; else x.
    case sign
    /// The nearest whole number, an even one if two are as near.
    case round
    /// The largest whole number that is at most x.
    case floor
    /// The smallest whole number that is at least x.
    case ceiling
  }

  /// The function.
  public var kind: Kind

  /// The function's α: negative slope of `relu`, scale of `elu`, slope of `hard-sigmoid`, exponent
  /// of `power`.
  public var alpha: Float

  /// The function's β: offset of `hard-sigmoid`.
  public var beta: Float

  /// The value above which `relu` is constant, if any.
  public var maximum: Float?

  /// The argument below which `relu` and `thresholded` do not pass their argument.
  public var threshold: Float

  /// Creates an activation; parameters that the function does not have are ignored by it.
  public init(
    _ kind: Kind, alpha: Float = 0, beta: Float = 0, maximum: Float? = nil, threshold: Float = 0
  ) {
    self.kind = kind
    self.alpha = alpha
    self.beta = beta
    self.maximum = maximum
    self.threshold = threshold
  }

  /// The plain rectifier, max(0, x).
  public static let relu = Activation(.relu)

  /// The keyword in the text form.
  public static let mnemonic = "activation"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute("kind", .word(kind.rawValue)),
      Attribute("alpha", alpha == 0 ? nil : .number(alpha)),
      Attribute("beta", beta == 0 ? nil : .number(beta)),
      Attribute("max", maximum.map { .number($0) }),
      Attribute("threshold", threshold == 0 ? nil : .number(threshold)),
    ].compactMap { $0 }
  }

  /// Creates an activation from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    kind = try reader.keyword("kind")
    alpha = try reader.number("alpha", default: 0)
    beta = try reader.number("beta", default: 0)
    maximum = try reader.optionalNumber("max")
    threshold = try reader.number("threshold", default: 0)
  }

  /// Returns the output shape, which is the operand's.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    inputs[0]
  }
}
