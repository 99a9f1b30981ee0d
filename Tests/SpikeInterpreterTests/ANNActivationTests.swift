// Each element-wise function at points whose values are known.

import SpikeIR
import SpikeInterpreter
import Testing

/// A function with arguments and the values expected.
struct ActivationCase: Sendable, CustomTestStringConvertible {

  var op: Activation
  var arguments: [Float]
  var values: [Float]

  var testDescription: String { "\(op.kind.rawValue) alpha \(op.alpha) max \(op.maximum as Any)" }

  init(_ op: Activation, _ arguments: [Float], _ values: [Float]) {
    self.op = op
    self.arguments = arguments
    self.values = values
  }

  /// Values to seven digits, from tables of the functions' definitions.
  static let all: [ActivationCase] = [
    ActivationCase(.relu, [-2, 0, 3], [0, 0, 3]),
    ActivationCase(Activation(.relu, alpha: 0.5), [-2, 0, 3], [-1, 0, 3]),
    ActivationCase(
      Activation(.relu, alpha: 0.5, maximum: 6, threshold: 1), [-1, 0.5, 1, 9], [-1, -0.25, 1, 6]),
    ActivationCase(Activation(.elu, alpha: 2), [-1, 0, 2], [-1.264_241_1, 0, 2]),
    ActivationCase(Activation(.selu), [-1, 0, 1], [-1.111_330_7, 0, 1.050_701]),
    ActivationCase(Activation(.sigmoid), [0, 1, -20], [0.5, 0.731_058_6, 2.061_153_6e-9]),
    ActivationCase(
      Activation(.hardSigmoid, alpha: 0.2, beta: 0.5), [-3, -1, 0, 3], [0, 0.3, 0.5, 1]),
    ActivationCase(Activation(.tanh), [0, 0.5, -30], [0, 0.462_117_16, -1]),
    ActivationCase(Activation(.hardTanh), [-2, 0.25, 2], [-1, 0.25, 1]),
    ActivationCase(
      Activation(.softplus), [0, -20, 100], [0.693_147_2, 2.061_153_6e-9, 100]),
    ActivationCase(Activation(.softsign), [-1, 0, 3], [-0.5, 0, 0.75]),
    ActivationCase(Activation(.swish), [0, 1, -1], [0, 0.731_058_6, -0.268_941_43]),
    ActivationCase(Activation(.hardSwish), [-4, 1, 4], [0, 0.666_666_7, 4]),
    ActivationCase(Activation(.gelu), [0, 1, -1], [0, 0.841_344_7, -0.158_655_25]),
    ActivationCase(Activation(.geluTanh), [0, 1, -1], [0, 0.841_192, -0.158_808]),
    ActivationCase(Activation(.mish), [0, 1, -1], [0, 0.865_098_4, -0.303_401_46]),
    ActivationCase(Activation(.exponential), [0, 1, -1], [1, 2.718_281_7, 0.367_879_45]),
    ActivationCase(Activation(.logSigmoid), [0, -50], [-0.693_147_2, -50]),
    ActivationCase(Activation(.thresholded, threshold: 1), [0.5, 1, 1.5], [0, 0, 1.5]),
    ActivationCase(Activation(.absolute), [-1, 2], [1, 2]),
    ActivationCase(Activation(.celu, alpha: 2), [-1, 3], [-0.786_938_7, 3]),
    ActivationCase(Activation(.softShrink, alpha: 0.5), [-1, 0.25, 1], [-0.5, 0, 0.5]),
    ActivationCase(Activation(.hardShrink, alpha: 0.5), [-1, 0.5, 1], [-1, 0, 1]),
    ActivationCase(Activation(.tanhShrink), [0, 1], [0, 0.238_405_84]),
    ActivationCase(Activation(.squareplusSparse), [-2, 0, 0.5, 2], [0, 0.25, 0.5625, 2]),
    ActivationCase(Activation(.squareplus, alpha: 4), [0, 1.5, -1.5], [1, 2, 0.5]),
    ActivationCase(Activation(.erf), [0, 0.5, -2], [0, 0.520_499_9, -0.995_322_3]),
    ActivationCase(Activation(.squareRoot), [0, 2.25, 4], [0, 1.5, 2]),
    ActivationCase(Activation(.power, alpha: 0), [-2, 0], [1, 1]),
    ActivationCase(Activation(.power, alpha: 2), [-3, 0.5], [9, 0.25]),
    ActivationCase(Activation(.power, alpha: 5), [-3, 0, 0.5], [-243, 0, 0.03125]),
    ActivationCase(Activation(.power, alpha: -4), [-2, 0.5], [0.0625, 16]),
    ActivationCase(Activation(.power, alpha: 0.5), [0, 2.25], [0, 1.5]),
    ActivationCase(Activation(.logarithm), [1, 2, 0.5], [0, 0.693_147_2, -0.693_147_2]),
    ActivationCase(Activation(.reciprocal), [-4, 0.5], [-0.25, 2]),
    ActivationCase(Activation(.sign), [-3, 0, 0.5], [-1, 0, 1]),
    ActivationCase(Activation(.round), [-1.5, -0.5, 0.5, 1.5, 2.5, 2.6], [-2, 0, 0, 2, 2, 3]),
    ActivationCase(Activation(.floor), [-1.5, 2, 2.75], [-2, 2, 2]),
    ActivationCase(Activation(.ceiling), [-1.5, 2, 2.25], [-1, 2, 3]),
  ]
}

@Suite("ANN activations") struct ANNActivationTests {

  @Test("has the values of its definition", arguments: ActivationCase.all)
  func values(_ item: ActivationCase) throws {
    let found = try evaluate(.activation(item.op), on: item.arguments)
    for (x, expected) in zip(found, item.values) {
      #expect(abs(x - expected) <= 1e-6 * abs(expected))
    }
  }

  @Test("every kind has a case above", arguments: Activation.Kind.allCases)
  func isCovered(_ kind: Activation.Kind) {
    #expect(ActivationCase.all.contains { $0.op.kind == kind })
  }

  @Test(
    "what is not a number stays so", arguments: Activation.Kind.allCases)
  func notANumber(_ kind: Activation.Kind) throws {
    #expect(try evaluate(.activation(Activation(kind, alpha: 1)), on: [.nan])[0].isNaN)
  }
}
