// Exponentials, logarithms and random numbers in single precision without branches: for training,
// where a relative error of a few units in the last place is far below the noise.

/// Returns eˣ; arguments beyond −87 and 88 count as these.
///
/// Relative error below 4e-7: eˣ = 2ⁿ · eʳ with n = round(x / ln 2); eʳ by its Taylor polynomial of
/// degree 7, |r| ≤ ln(2)/2.
@inline(__always)
func exponential(_ x: Float) -> Float {
  let bounded: Float = x < -87 ? -87 : x > 88 ? 88 : x
  // Adding 1.5 · 2²³ leaves n in the low bits of the sum.
  let shifted = bounded * 1.442_695_04 + 0x1.8p23
  let n = shifted - 0x1.8p23
  let r = (bounded - n * 0.693_359_375) + n * 2.121_944_4e-4
  let high: Float = 1.0 / 120 + r * (1.0 / 720 + r * (1.0 / 5040))
  let series: Float = 1 + r * (1 + r * (0.5 + r * (1.0 / 6 + r * (1.0 / 24 + r * high))))
  return series * Float(bitPattern: (shifted.bitPattern &+ 127) &<< 23)
}

/// Returns ln x for positive normal x.
///
/// Error below 2e-7 · (1 + |ln x|): x = 2ⁿ · m with m in [√½, √2); ln m = 2 · artanh s with
/// s = (m − 1)/(m + 1), |s| ≤ 0.1716: the sum
/// of 2·s^(2k+1)/(2k+1) for k ≤ 4.
@inline(__always)
func logarithm(_ x: Float) -> Float {
  let root = Float(0.5).squareRoot().bitPattern
  let offset = x.bitPattern &- root
  let biased = Float(bitPattern: (offset &+ 128 &<< 23) &>> 23 | 0x4b00_0000)
  let n = biased - 0x1p23 - 128
  let m = Float(bitPattern: offset & 0x007f_ffff &+ root)
  let s = (m - 1) / (m + 1)
  let q = s * s
  let series: Float = 2 * s * (1 + q * (1.0 / 3 + q * (0.2 + q * (1.0 / 7 + q * (1.0 / 9)))))
  return n * 0.693_147_18 + series
}

/// Returns ln(1 + x) for x ≥ 0, without losing digits near 0.
///
/// The logarithm of the rounded sum is corrected by what rounding lost: Goldberg (1991), theorem 4.
@inline(__always)
func logarithmOfSuccessor(_ x: Float) -> Float {
  let sum = 1 + x
  let lost = x - (sum - 1)
  return logarithm(sum) + lost / sum
}

/// A source of random numbers that is asked by position, so that what is drawn does not depend on
/// the order of asking.
package struct RandomField: Sendable {

  /// What distinguishes this field from others.
  private let key: UInt64

  /// Creates the field for the given numbers, such as a seed, a step and a layer.
  package init(_ numbers: UInt64...) {
    key = numbers.reduce(0x9e37_79b9_7f4a_7c15) { mixed($0 ^ $1) }
  }

  /// Returns the field of a part of what this one is for, such as a vector of an image.
  @inline(__always)
  package func field(_ part: UInt64) -> RandomField {
    RandomField(key: mixed(key ^ mixed(part)))
  }

  private init(key: UInt64) {
    self.key = key
  }

  /// Returns the 64 random bits at position `i`.
  ///
  /// - Source: Steele, Lea and Flood (2014), SplitMix64.
  @inline(__always)
  package func bits(at i: Int) -> UInt64 {
    mixed(key &+ UInt64(truncatingIfNeeded: i) &* 0x9e37_79b9_7f4a_7c15)
  }

  /// Returns two numbers in (0, 1), multiples of 2⁻²⁴ plus 2⁻²⁵.
  @inline(__always)
  func uniform(at i: Int) -> (Float, Float) {
    let x = bits(at: i)
    // The bits become the fraction of a number in [1, 2).
    let a = Float(bitPattern: UInt32(truncatingIfNeeded: x &>> 41) | 0x3f80_0000) - 1
    let b = Float(bitPattern: UInt32(truncatingIfNeeded: x) &>> 9 | 0x3f80_0000) - 1
    return (a + 0x1p-24, b + 0x1p-24)
  }

  /// Returns a number of the standard normal distribution.
  ///
  /// √(−2 ln u) · cos 2πv; the root by its logarithm, for the library's may set `errno`, which keeps
  /// loops from being vectorized; the cosine by its Taylor polynomial of degree 14.
  ///
  /// - Source: Box and Muller (1958).
  @inline(__always)
  func normal(at i: Int) -> Float {
    let (u, v) = uniform(at: i)
    let radius = exponential(0.5 * logarithm(-2 * logarithm(u)))
    // cos 2πv = −cos(2π(v − ½)): an argument in [−π, π].
    let angle = (v - 0.5) * 6.283_185_3
    let q = angle * angle
    let farthest: Float = 1.0 / 479_001_600 - q * 1.147_074_6e-11
    let far: Float = 1.0 / 40_320 - q * (1.0 / 3_628_800 - q * farthest)
    let cosine: Float = 1 - q * (0.5 - q * (1.0 / 24 - q * (1.0 / 720 - q * far)))
    return -radius * cosine
  }
}

/// Returns `x` with its bits mixed so that every bit depends on all.
@inline(__always)
private func mixed(_ x: UInt64) -> UInt64 {
  var z = x &+ 0x9e37_79b9_7f4a_7c15
  z = (z ^ z &>> 30) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ z &>> 27) &* 0x94d0_49bb_1331_11eb
  return z ^ z &>> 31
}
