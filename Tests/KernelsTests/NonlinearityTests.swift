// Element-wise functions against their definitions in double precision.

import Glibc
import Kernels
import Testing

/// A function with its definition.
struct NonlinearityCase: Sendable, CustomTestStringConvertible {

  var function: Nonlinearity
  var definition: @Sendable (Double) -> Double

  var testDescription: String { "\(function)" }

  init(_ function: Nonlinearity, _ definition: @escaping @Sendable (Double) -> Double) {
    self.function = function
    self.definition = definition
  }

  /// Definitions in forms that keep their digits in double precision on the tested range.
  static let all: [NonlinearityCase] = [
    NonlinearityCase(.rectifier(slope: 0, threshold: 0, maximum: nil)) { max(0, $0) },
    NonlinearityCase(.rectifier(slope: 0.25, threshold: 0.5, maximum: 2)) {
      $0 >= 0.5 ? min($0, 2) : 0.25 * ($0 - 0.5)
    },
    NonlinearityCase(.exponentialLinear(scale: 2, alpha: 0.5)) {
      2 * ($0 > 0 ? $0 : 0.5 * expm1($0))
    },
    NonlinearityCase(.sigmoid) { 1 / (1 + exp(-$0)) },
    NonlinearityCase(.hardSigmoid(slope: 0.25, offset: 0.5)) { min(1, max(0, 0.25 * $0 + 0.5)) },
    NonlinearityCase(.tanh) { tanh($0) },
    NonlinearityCase(.hardTanh) { min(1, max(-1, $0)) },
    NonlinearityCase(.softplus) { log1p(exp($0)) },
    NonlinearityCase(.softsign) { $0 / (1 + abs($0)) },
    NonlinearityCase(.swish) { $0 / (1 + exp(-$0)) },
    NonlinearityCase(.hardSwish) { $0 * min(1, max(0, $0 / 6 + 0.5)) },
    NonlinearityCase(.gelu) { $0 * erfc(-$0 / 2.0.squareRoot()) / 2 },
    NonlinearityCase(.geluTanh) {
      let u = (2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)
      return $0 / (1 + exp(-2 * u))
    },
    NonlinearityCase(.mish) { $0 * tanh(log1p(exp($0))) },
    NonlinearityCase(.exponential) { exp($0) },
    NonlinearityCase(.logSigmoid) { -log1p(exp(-$0)) },
    NonlinearityCase(.thresholded(1)) { $0 > 1 ? $0 : 0 },
    NonlinearityCase(.absolute) { abs($0) },
    NonlinearityCase(.continuousExponentialLinear(alpha: 0.5)) {
      max(0, $0) + min(0, 0.5 * expm1($0 / 0.5))
    },
    NonlinearityCase(.softShrink(width: 0.5)) { $0 - min(0.5, max(-0.5, $0)) },
    NonlinearityCase(.hardShrink(width: 0.5)) { abs($0) > 0.5 ? $0 : 0 },
    NonlinearityCase(.tanhShrink) {
      // The series where the difference would cancel.
      abs($0) < 0.01 ? $0 * $0 * $0 * (1.0 / 3 - $0 * $0 * 2.0 / 15) : $0 - tanh($0)
    },
    NonlinearityCase(.sparsePlus) { $0 <= -1 ? 0 : $0 >= 1 ? $0 : ($0 + 1) * ($0 + 1) / 4 },
    NonlinearityCase(.squareplus(width: 4)) { x in
      x < 0 ? 2 / ((x * x + 4).squareRoot() - x) : (x + (x * x + 4).squareRoot()) / 2
    },
    NonlinearityCase(.errorFunction) { erf($0) },
    NonlinearityCase(.squareRoot) { $0.squareRoot() },
    NonlinearityCase(.power(exponent: 0)) { _ in 1 },
    NonlinearityCase(.power(exponent: 1)) { $0 },
    NonlinearityCase(.power(exponent: 2)) { $0 * $0 },
    NonlinearityCase(.power(exponent: 3)) { $0 * $0 * $0 },
    NonlinearityCase(.power(exponent: 5)) { pow($0, 5) },
    NonlinearityCase(.power(exponent: -2)) { pow($0, -2) },
    NonlinearityCase(.power(exponent: -1)) { pow($0, -1) },
    NonlinearityCase(.power(exponent: 0.5)) { pow($0, 0.5) },
    NonlinearityCase(.power(exponent: -1.25)) { pow($0, -1.25) },
    NonlinearityCase(.logarithm) { log($0) },
    NonlinearityCase(.reciprocal) { 1 / $0 },
    NonlinearityCase(.sign) { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 },
    NonlinearityCase(.round) { $0.rounded(.toNearestOrEven) },
    NonlinearityCase(.quantizer(scale: 0.125, zeroPoint: 3, low: -128, high: 127)) {
      (min(127, max(-128, ($0 / 0.125).rounded(.toNearestOrEven) + 3)) - 3) * 0.125
    },
    NonlinearityCase(.floor) { $0.rounded(.down) },
    NonlinearityCase(.ceiling) { $0.rounded(.up) },
  ]
}

@Suite("Nonlinearity") struct NonlinearityTests {

  @Test("matches its definition to the last places", arguments: NonlinearityCase.all)
  func matchesDefinition(_ item: NonlinearityCase) {
    let grid = (-1200...1200).map { Float($0) / 80 }
    let input = grid + [0, -0.0, 1e-6, -1e-6, 1e-4, 0.031, 1e-30, -1e-30, 30, -30, -80, 80]
    var out = [Float](repeating: .nan, count: input.count)
    var span = out.mutableSpan
    item.function.apply(&span, input: input.span)
    for (x, y) in zip(input, out) {
      let expected = item.definition(Double(x))
      if expected.isNaN || abs(expected) > Double(Float.greatestFiniteMagnitude) {
        #expect(expected.isNaN ? y.isNaN : y == Float(expected), "f(\(x)) is \(y)")
        continue
      }
      #expect(
        abs(Double(y) - expected) <= item.relativeError * abs(expected) + item.slack,
        "f(\(x)) is \(y), expected \(expected)")
    }
  }

  @Test(
    "powers and logarithms at the ends are those of the standard library",
    arguments: [-3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 7, 1e9] as [Float])
  func ends(exponent: Float) {
    let input: [Float] = [
      0, -0.0, 1, -1, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
      .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
    ]
    for (x, y) in zip(input, values(of: .power(exponent: exponent), at: input)) {
      let expected = Float(pow(Double(x), Double(exponent)))
      let isClose = abs(y - expected) <= 0x1p-23 * abs(expected)
      #expect(expected.isNaN ? y.isNaN : y == expected || isClose, "\(x)^\(exponent) is \(y)")
      #expect(expected.isNaN || y.sign == expected.sign, "\(x)^\(exponent) is \(y)")
    }
    for (x, y) in zip(input, values(of: .logarithm, at: input)) {
      let expected = Float(log(Double(x)))
      #expect(expected.isNaN ? y.isNaN : y == expected, "ln \(x) is \(y)")
    }
  }

  private func values(of function: Nonlinearity, at input: [Float]) -> [Float] {
    var out = [Float](repeating: 0, count: input.count)
    var span = out.mutableSpan
    function.apply(&span, input: input.span)
    return out
  }

  @Test("is finite far out", arguments: [Nonlinearity.sigmoid, .tanh, .softplus, .swish, .gelu])
  func farOut(_ function: Nonlinearity) {
    let input: [Float] = [-1e4, 1e4]
    var out: [Float] = [.nan, .nan]
    var span = out.mutableSpan
    function.apply(&span, input: input.span)
    let limit: Float = function == .sigmoid || function == .tanh ? 1 : 1e4
    #expect(out == [function == .tanh ? -1 : 0, limit])
  }
}

extension NonlinearityCase {

  /// Half a unit in the last place where double precision is rounded once, else three roundings.
  fileprivate var relativeError: Double {
    switch function {
    case .rectifier, .hardSigmoid, .hardTanh, .softsign, .hardSwish, .softShrink, .sparsePlus:
      3 * 0x1p-24
    default: 1.001 * 0x1p-24
    }
  }

  /// The absolute error that cancellation of terms of size 1 in single precision may leave, or
  /// that rounding to a subnormal number leaves.
  fileprivate var slack: Double {
    switch function {
    case .hardSigmoid, .hardSwish, .sparsePlus, .rectifier: 0x1p-23
    default: 0x1p-149
    }
  }
}
