// The scale of an axis: its range, its ticks, and where values lie on the paper.

/// An axis of a chart, linear or logarithmic to base 2.
struct Axis: Sendable {

  /// The smallest and the largest value shown, of the logarithms if the axis is logarithmic.
  private let range: ClosedRange<Double>

  /// `true` iff equal factors are equally long.
  private let isLogarithmic: Bool

  /// Where the smallest and the largest value lie on the paper.
  private let paper: (from: Double, to: Double)

  /// The values that are marked.
  let ticks: [Double]

  /// Creates an axis that shows all of `values`.
  ///
  /// - Parameters:
  ///   - values: what is shown; others than finite ones (or, if logarithmic, positive ones) are
  ///     ignored.
  ///   - from: where the axis begins on the paper.
  ///   - to: where it ends.
  ///   - isLogarithmic: whether equal factors are equally long.
  init(_ values: [Double], from: Double, to: Double, isLogarithmic: Bool = false) {
    paper = (from, to)
    self.isLogarithmic = isLogarithmic
    let shown = values.filter { $0.isFinite && (!isLogarithmic || $0 > 0) }
    if isLogarithmic {
      let logs = shown.map { logarithm($0) }
      let low = (logs.min() ?? 0).rounded(.down)
      let high = max((logs.max() ?? 1).rounded(.up), low + 1)
      range = low...high
      let step = max(1, ((high - low) / 8).rounded(.up))
      ticks = stride(from: low, through: high, by: step).map { power($0) }
    } else {
      let step = Axis.step(shown)
      let low = ((shown.min() ?? 0) / step).rounded(.down) * step
      let high = max(((shown.max() ?? 1) / step).rounded(.up) * step, low + step)
      range = low...high
      let count = Int(((high - low) / step).rounded())
      ticks = (0...count).map { low + Double($0) * step }
    }
  }

  /// Returns where `value` lies on the paper.
  func place(_ value: Double) -> Double {
    let x = isLogarithmic ? logarithm(max(value, 1e-12)) : value
    let part = (x - range.lowerBound) / (range.upperBound - range.lowerBound)
    return paper.from + min(max(part, 0), 1) * (paper.to - paper.from)
  }

  /// Returns the distance of ticks: 1, 2 or 5 times a power of ten, five of them or so.
  private static func step(_ values: [Double]) -> Double {
    let span = (values.max() ?? 1) - (values.min() ?? 0)
    guard span > 0, span.isFinite else { return max(abs(values.first ?? 1) / 5, 1e-6) }
    var step = 1.0
    while step > span / 5 { step /= 10 }
    while step * 10 <= span / 5 { step *= 10 }
    return [5, 2].first { step * $0 <= span / 4 }.map { step * $0 } ?? step
  }
}

/// Returns log₂ `x` to plotting precision, without a library of functions.
private func logarithm(_ x: Double) -> Double {
  // x = significand · 2^exponent; the mantissa's logarithm by ten squarings, one bit each.
  var (result, rest, bit) = (Double(x.exponent), x.significand, 0.5)
  for _ in 0..<20 {
    rest *= rest
    if rest >= 2 {
      rest /= 2
      result += bit
    }
    bit /= 2
  }
  return result
}

/// Returns 2 to the power of the integer `x`.
private func power(_ x: Double) -> Double {
  Double(sign: .plus, exponent: Int(x), significand: 1)
}
