// Element-wise functions. Those made of comparisons, sums and products work in single precision;
// those made of exponentials are evaluated in double precision and rounded once.

internal import CKernels
internal import Glibc

/// A function of one variable.
package enum Nonlinearity: Hashable, Sendable {
  /// x ≥ threshold: min(x, maximum); else slope · (x − threshold).
  case rectifier(slope: Float, threshold: Float, maximum: Float?)
  /// scale · (x > 0: x; else alpha · (eˣ − 1)).
  case exponentialLinear(scale: Float, alpha: Float)
  /// 1 / (1 + e⁻ˣ).
  case sigmoid
  /// min(1, max(0, slope · x + offset)).
  case hardSigmoid(slope: Float, offset: Float)
  /// tanh x.
  case tanh
  /// min(1, max(−1, x)).
  case hardTanh
  /// ln(1 + eˣ).
  case softplus
  /// x / (1 + |x|).
  case softsign
  /// x / (1 + e⁻ˣ).
  case swish
  /// x · min(1, max(0, x/6 + 1/2)).
  case hardSwish
  /// x · (1 + erf(x/√2)) / 2.
  case gelu
  /// x/2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³))).
  case geluTanh
  /// x · tanh(ln(1 + eˣ)).
  case mish
  /// eˣ.
  case exponential
  /// −ln(1 + e⁻ˣ).
  case logSigmoid
  /// x > threshold: x; else 0.
  case thresholded(Float)
  /// |x|.
  case absolute
  /// max(0, x) + min(0, alpha · (e^(x/alpha) − 1)).
  case continuousExponentialLinear(alpha: Float)
  /// x < −width: x + width; x > width: x − width; else 0.
  case softShrink(width: Float)
  /// |x| > width: x; else 0.
  case hardShrink(width: Float)
  /// x − tanh x.
  case tanhShrink
  /// 0 for x ≤ −1, x for x ≥ 1, between them (x + 1)² / 4.
  case sparsePlus
  /// (x + √(x² + width)) / 2.
  case squareplus(width: Float)
  /// 2/√π · ∫ e^(−t²) dt from 0 to x.
  case errorFunction
  /// √x.
  case squareRoot
  /// x^exponent as C's `pow`: not a number for x < 0 unless the exponent is a whole number.
  case power(exponent: Float)
  /// ln x.
  case logarithm
  /// 1 / x.
  case reciprocal
  /// x > 0: 1; x < 0: −1; else x.
  case sign
  /// The nearest whole number, an even one if two are as near.
  case round
  /// (min(max(round(x / scale) + zeroPoint, low), high) − zeroPoint) · scale, halves to even.
  case quantizer(scale: Float, zeroPoint: Float, low: Float, high: Float)
  /// The largest whole number that is at most x.
  case floor
  /// The smallest whole number that is at least x.
  case ceiling
}

extension Nonlinearity {

  /// Computes the function of each element.
  ///
  /// - Parameters:
  ///   - out: the values, shape [n]. Set.
  ///   - input: the arguments, shape [n].
  /// - Precondition: the spans have the same count.
  /// - Complexity: O(n), no allocation.
  /// - Error: half a unit in the last place of the result where exponentials are evaluated in
  ///   double precision, three roundings in the others; see `NonlinearityTests`.
  package func apply(_ out: inout MutableSpan<Float>, input: Span<Float>) {
    precondition(out.count == input.count, "internal: spans differ in count")
    if isPiecewise {
      applyPiecewise(&out, input)
    } else {
      applyTranscendental(&out, input)
    }
  }

  /// `true` iff the function is made of comparisons and operations that single precision rounds
  /// correctly.
  private var isPiecewise: Bool {
    switch self {
    case .rectifier, .hardSigmoid, .hardTanh, .softsign, .hardSwish, .thresholded, .absolute,
      .softShrink, .hardShrink, .sparsePlus, .squareRoot, .reciprocal, .sign, .round, .floor,
      .ceiling, .quantizer:
      true
    case .exponentialLinear, .sigmoid, .tanh, .softplus, .swish, .gelu, .geluTanh, .mish,
      .exponential, .logSigmoid, .continuousExponentialLinear, .tanhShrink, .squareplus,
      .errorFunction, .power, .logarithm:
      false
    }
  }

  // size: table
  private func applyPiecewise(_ out: inout MutableSpan<Float>, _ input: Span<Float>) {
    switch self {
    case .rectifier(0, 0, nil):
      map(&out, input) { $0 < 0 ? 0 : $0 }
    case .rectifier(let slope, let threshold, let maximum):
      let top = maximum ?? .infinity
      map(&out, input) { x in
        x >= threshold ? minimum(x, top) : slope == 0 ? 0 : slope * (x - threshold)
      }
    case .hardSigmoid(let slope, let offset):
      map(&out, input) { clamp(slope * $0 + offset, 0, 1) }
    case .hardTanh:
      map(&out, input) { clamp($0, -1, 1) }
    case .softsign:
      map(&out, input) { $0 / (1 + abs($0)) }
    case .hardSwish:
      map(&out, input) { $0 * clamp($0 / 6 + 0.5, 0, 1) }
    case .thresholded(let threshold):
      map(&out, input) { $0 <= threshold ? 0 : $0 }
    case .absolute:
      map(&out, input) { abs($0) }
    case .softShrink(let width):
      map(&out, input) { $0 - clamp($0, -width, width) }
    case .hardShrink(let width):
      map(&out, input) { abs($0) <= width ? 0 : $0 }
    case .sparsePlus:
      map(&out, input) { $0 <= -1 ? 0 : $0 >= 1 ? $0 : ($0 + 1) * ($0 + 1) / 4 }
    case .squareRoot:
      map(&out, input) { spikec_square_root($0) }
    case .reciprocal:
      map(&out, input) { 1 / $0 }
    case .sign:
      map(&out, input) { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
    case .round:
      map(&out, input) { $0.rounded(.toNearestOrEven) }
    case .quantizer(let scale, let zeroPoint, let low, let high):
      map(&out, input) { x in
        let step = (x / scale).rounded(.toNearestOrEven) + zeroPoint
        return (clamp(step, low, high) - zeroPoint) * scale
      }
    case .floor:
      map(&out, input) { $0.rounded(.down) }
    case .ceiling:
      map(&out, input) { $0.rounded(.up) }
    default: preconditionFailure("internal: \(self) is not piecewise")
    }
  }

  // size: table
  private func applyTranscendental(_ out: inout MutableSpan<Float>, _ input: Span<Float>) {
    switch self {
    case .exponentialLinear(let scale, let alpha):
      let (scale, alpha) = (Double(scale), Double(alpha))
      mapDouble(&out, input) { x in
        let below = alpha * Kernels.exponentialMinusOne(x)
        return scale * (x > 0 ? x : below)
      }
    case .sigmoid:
      mapDouble(&out, input) { 1 / (1 + Kernels.exponential(-$0)) }
    case .tanh:
      mapDouble(&out, input) { hyperbolicTangent($0) }
    case .softplus:
      mapDouble(&out, input) { softenedMaximum($0) }
    case .swish:
      mapDouble(&out, input) { $0 / (1 + Kernels.exponential(-$0)) }
    case .gelu:
      // erfc keeps the digits that 1 + erf loses for large negative x.
      mapDouble(&out, input) { $0 / 2 * erfc(-$0 * 0.5.squareRoot()) }
    case .geluTanh:
      // (1 + tanh u)/2 = 1/(1 + e^(−2u)).
      let root = (2 / Double.pi).squareRoot()
      mapDouble(&out, input) { x in
        x / (1 + Kernels.exponential(-2 * root * (x + 0.044715 * x * x * x)))
      }
    case .mish:
      // tanh ln(1 + e) = (e² + 2e)/(e² + 2e + 2) for e = eˣ; beyond 40 it is 1 to all digits.
      mapDouble(&out, input) { x in
        let e = Kernels.exponential(x > 40 ? 40 : x)
        let ratio = e * (e + 2)
        return x * (ratio / (ratio + 2))
      }
    case .exponential:
      mapDouble(&out, input) { Kernels.exponential($0) }
    case .logSigmoid:
      mapDouble(&out, input) { -softenedMaximum(-$0) }
    case .continuousExponentialLinear(let alpha):
      let alpha = Double(alpha)
      mapDouble(&out, input) { x in
        let below = alpha * Kernels.exponentialMinusOne(x / alpha)
        return x > 0 ? x : below
      }
    case .tanhShrink:
      mapDouble(&out, input) { excessOverTangent($0) }
    case .squareplus(let width):
      let width = Double(width)
      // For x < 0 the difference of like numbers is avoided: (x + r)/2 = width / (2·(r − x)).
      mapDouble(&out, input) { x in
        let root = (x * x + width).squareRoot()
        let (below, above) = (width / (2 * (root - x)), (x + root) / 2)
        return x < 0 ? below : above
      }
    case .errorFunction:
      mapDouble(&out, input) { erf($0) }
    case .power(let exponent):
      applyPower(&out, input, Double(exponent))
    case .logarithm:
      mapDouble(&out, input) { Kernels.logarithm($0) }
    default: preconditionFailure("internal: \(self) is piecewise")
    }
  }
}

/// Sets each element to x^a, x being its partner.
///
/// The magnitude is that of |x|^a. Its sign is that of x, even of a zero, for odd a; for an a that
/// is not a whole number, negative finite x have no power.
private func applyPower(_ out: inout MutableSpan<Float>, _ input: Span<Float>, _ a: Double) {
  let isWhole = a == a.rounded(.towardZero)
  let isOdd = isWhole && a / 2 != (a / 2).rounded(.towardZero)
  switch a {
  case 0: map(&out, input) { _ in 1 }
  case 1: map(&out, input) { $0 }
  case 2: map(&out, input) { $0 * $0 }
  case 3: mapDouble(&out, input) { $0 * $0 * $0 }
  case _ where isOdd:
    mapDouble(&out, input) { x in
      Double(signOf: x, magnitudeOf: Kernels.exponential(a * Kernels.logarithm(abs(x))))
    }
  case _ where isWhole:
    mapDouble(&out, input) { Kernels.exponential(a * Kernels.logarithm(abs($0))) }
  default:
    mapDouble(&out, input) { x in
      let magnitude = Kernels.exponential(a * Kernels.logarithm(abs(x)))
      return x < 0 && x > -.infinity ? .nan : magnitude
    }
  }
}

/// Returns x limited to [low, high]; a value that is not a number stays.
@inline(__always)
private func clamp(_ x: Float, _ low: Float, _ high: Float) -> Float {
  x < low ? low : x > high ? high : x
}

/// Sets each element to `function` of its partner.
@inline(__always)
private func map(
  _ out: inout MutableSpan<Float>, _ input: Span<Float>, _ function: (Float) -> Float
) {
  out.withUnsafeMutableBufferPointer { out in
    input.withUnsafeBufferPointer { input in
      for i in out.indices { out[i] = function(input[i]) }
    }
  }
}

/// Sets each element to `function` of its partner, evaluated in double precision.
@inline(__always)
private func mapDouble(
  _ out: inout MutableSpan<Float>, _ input: Span<Float>, _ function: (Double) -> Double
) {
  map(&out, input) { Float(function(Double($0))) }
}
