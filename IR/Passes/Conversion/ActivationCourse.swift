// How activations run from left to right: whether neurons can say them interval by interval.

internal import SpikeIR

/// How a function of one variable runs.
enum ActivationCourse: Hashable {
  /// It never falls.
  case rises
  /// It falls up to a point that lies in the range, and rises from there.
  case turns(ClosedRange<Float>)
  /// It runs in another way, or is not defined everywhere, for the reason given.
  case other(reason: String)
}

extension Activation {

  /// How the function runs.
  // size: table
  var course: ActivationCourse {
    switch kind {
    case .sigmoid, .tanh, .hardTanh, .softplus, .softsign, .exponential, .logSigmoid, .selu,
      .tanhShrink, .squareplusSparse, .erf, .sign, .round, .floor, .ceiling:
      return .rises
    case .swish, .gelu, .geluTanh, .mish, .hardSwish: return .turns(-4...0)
    case .absolute: return .turns(0...0)
    case .relu where alpha >= 0 && threshold >= 0: return .rises
    case .relu where alpha < 0 && threshold == 0: return .turns(0...0)
    case .elu where alpha >= 0: return .rises
    case .elu: return .turns(0...0)
    case .celu where alpha > 0: return .rises
    case .hardSigmoid where alpha >= 0, .softShrink where alpha >= 0, .hardShrink where alpha >= 0,
      .squareplus where alpha >= 0:
      return .rises
    case .thresholded where threshold >= 0: return .rises
    case .power where alpha >= 1 && alpha == alpha.rounded():
      return alpha.truncatingRemainder(dividingBy: 2) == 0 ? .turns(0...0) : .rises
    case .squareRoot, .logarithm, .reciprocal, .power:
      return .other(reason: "'\(kind.rawValue)' has no value for some of the sums that may arrive")
    case .relu, .celu, .hardSigmoid, .softShrink, .hardShrink, .squareplus, .thresholded:
      return .other(reason: "'\(kind.rawValue)' with these parameters neither rises nor turns once")
    }
  }
}
