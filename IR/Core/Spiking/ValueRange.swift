// Closed ranges of numbers, for proofs that integers fit registers.

/// All numbers from `low` to `high`.
///
/// Bounds are exact for integers up to 2^53; beyond, they only tell that no register suffices.
public struct ValueRange: Hashable, Sendable {

  /// The smallest number.
  public var low: Double

  /// The largest number.
  public var high: Double

  /// Creates the range from `low` to `high`.
  public init(_ low: Double, _ high: Double) {
    self.low = low
    self.high = high
  }

  /// The range that holds 0 only.
  public static let zero = ValueRange(0, 0)

  /// Returns the sums of numbers of both ranges.
  public static func + (a: Self, b: Self) -> Self { Self(a.low + b.low, a.high + b.high) }

  /// Returns the products of the numbers of `a` with `b`.
  public static func * (a: Self, b: Double) -> Self {
    b >= 0 ? Self(a.low * b, a.high * b) : Self(a.high * b, a.low * b)
  }

  /// Returns the smallest range that holds the numbers of both.
  public func hull(_ other: Self) -> Self { Self(min(low, other.low), max(high, other.high)) }

  /// The width of a two's complement register that holds all integers of the range, bits.
  public var bits: Int {
    var width = 1
    while width < 1024, low < -limit(width) || high > limit(width) - 1 { width += 1 }
    return width
  }

  private func limit(_ width: Int) -> Double {
    Double(sign: .plus, exponent: width - 1, significand: 1)
  }
}
