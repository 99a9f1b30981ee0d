// The derivatives of the element-wise functions, in one table, for training.

internal import Glibc

extension Nonlinearity {

  /// Adds the gradient by the argument of the function.
  ///
  /// inputGradient[i] += gradient[i] · f′(input[i]).
  ///
  /// - Parameters:
  ///   - inputGradient: shape [n]. Updated.
  ///   - gradient: the gradient by the function's value, shape [n].
  ///   - input: the arguments, shape [n].
  ///   - count: n.
  /// - Complexity: O(n), no allocation.
  package func addGradient(
    _ inputGradient: UnsafeMutablePointer<Float>, of gradient: UnsafePointer<Float>,
    at input: UnsafePointer<Float>, count: Int
  ) {
    switch self {
    case .rectifier(0, 0, nil):
      for i in 0..<count { inputGradient[i] += input[i] > 0 ? gradient[i] : 0 }
    case .rectifier(let slope, let threshold, let maximum):
      let top = maximum ?? .infinity
      for i in 0..<count {
        let x = input[i]
        inputGradient[i] += gradient[i] * (x < threshold ? slope : x < top ? 1 : 0)
      }
    default:
      for i in 0..<count {
        inputGradient[i] += gradient[i] * Float(derivative(Double(input[i])))
      }
    }
  }

  /// Returns the derivative at x: that of one side where the sides differ. Functions with steps
  /// count as what they round (the straight-through estimator), signs as constant.
  ///
  /// - Source: elementary calculus; Bengio et al. (2013) for the straight-through estimator.
  // size: table
  package func derivative(_ x: Double) -> Double {
    switch self {
    case .rectifier(let slope, let threshold, let maximum):
      x < Double(threshold)
        ? Double(slope) : x < maximum.map { Double($0) } ?? .infinity ? 1 : 0
    case .exponentialLinear(let scale, let alpha):
      Double(scale) * (x > 0 ? 1 : Double(alpha) * exp(x))
    case .sigmoid: logistic(x) * logistic(-x)
    case .hardSigmoid(let slope, let offset):
      inside(Double(slope) * x + Double(offset), 0, 1) * Double(slope)
    case .tanh: 4 * logistic(2 * x) * logistic(-2 * x)
    case .hardTanh: inside(x, -1, 1)
    case .softplus: logistic(x)
    case .softsign: 1 / ((1 + abs(x)) * (1 + abs(x)))
    case .swish: logistic(x) * (1 + x * logistic(-x))
    case .hardSwish: x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5
    case .gelu: erfc(-x * 0.5.squareRoot()) / 2 + x * bell(x)
    case .geluTanh: geluTanhDerivative(x)
    case .mish:
      Glibc.tanh(softenedMaximum(x)) + x * logistic(x)
        * (1 - squared(Glibc.tanh(softenedMaximum(x))))
    case .exponential: exp(x)
    case .logSigmoid: logistic(-x)
    case .thresholded(let threshold): x > Double(threshold) ? 1 : 0
    case .absolute: x > 0 ? 1 : x < 0 ? -1 : 0
    case .continuousExponentialLinear(let alpha): x > 0 ? 1 : exp(x / Double(alpha))
    case .softShrink(let width), .hardShrink(let width): abs(x) > Double(width) ? 1 : 0
    case .tanhShrink: squared(Glibc.tanh(x))
    case .sparsePlus: x <= -1 ? 0 : x >= 1 ? 1 : (x + 1) / 2
    case .squareplus(let width): (1 + x / (x * x + Double(width)).squareRoot()) / 2
    case .errorFunction: 2 / Double.pi.squareRoot() * exp(-x * x)
    case .squareRoot: x > 0 ? 0.5 / x.squareRoot() : 0
    case .power(let exponent): Double(exponent) * pow(x, Double(exponent) - 1)
    case .logarithm: 1 / x
    case .reciprocal: -1 / (x * x)
    case .sign: 0
    case .round, .floor, .ceiling: 1
    case .quantizer(let scale, let zeroPoint, let low, let high):
      inside(x / Double(scale) + Double(zeroPoint), Double(low), Double(high))
    }
  }
}

/// Returns 1 / (1 + e⁻ˣ).
private func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

/// Returns the density of the normal distribution.
private func bell(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }

/// Returns x².
private func squared(_ x: Double) -> Double { x * x }

/// Returns 1 iff low < x < high, else 0.
private func inside(_ x: Double, _ low: Double, _ high: Double) -> Double {
  low < x && x < high ? 1 : 0
}

/// Returns the derivative of x/2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³))).
private func geluTanhDerivative(_ x: Double) -> Double {
  let root = (2 / Double.pi).squareRoot()
  let t = tanh(root * (x + 0.044715 * x * x * x))
  return (1 + t) / 2 + x / 2 * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x)
}
