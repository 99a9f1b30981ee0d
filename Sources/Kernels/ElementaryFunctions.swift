// Exponentials, logarithms and their kin without branches, so that loops over them vectorise, and
// without the system's library, so that results are the same everywhere.
//
// Double precision, relative error at most 1e-11: results rounded to single precision are off by
// at most half a unit in the last place and a trifle.

/// Returns eˣ; arguments beyond ±700 count as ±700.
///
/// eˣ = 2ⁿ · eʳ with n = round(x / ln 2); eʳ by its Taylor polynomial of degree 10, |r| ≤ ln(2)/2,
/// whose remainder is below (ln(2)/2)¹¹/11! · 1.1 < 3e-13.
@inline(__always)
package func exponential(_ x: Double) -> Double {
  let bounded = x < -700 ? -700 : x > 700 ? 700 : x
  // Adding 1.5 · 2⁵² leaves n in the low bits of the sum.
  let shifted = bounded * 1.442_695_040_888_963_4 + 0x1.8p52
  let n = shifted - 0x1.8p52
  // ln 2 in two parts; the first has so few bits that its product with n is exact.
  let r = (bounded - n * 0x1.62e42fep-1) - n * 0x1.f473de6af278fp-30
  let low = 1 + r * (1 + r * (0.5 + r * (1.0 / 6 + r * (1.0 / 24))))
  let high = 1.0 / 120 + r * (1.0 / 720 + r * (1.0 / 5040 + r * (1.0 / 40320)))
  let r5 = r * r * r * r * r
  let top = r5 * r * r * r * r * (1.0 / 362_880 + r * (1.0 / 3_628_800))
  let power = Double(bitPattern: (shifted.bitPattern &+ 1023) &<< 52)
  return (low + r5 * high + top) * power
}

/// Returns ln x; −∞ for 0, and not a number for x < 0.
///
/// x = 2ⁿ · m with m in [√½, √2); ln m = 2 · artanh s with s = (m − 1)/(m + 1), |s| ≤ 0.1716: the sum
/// of 2·s^(2k+1)/(2k+1) for k ≤ 7, whose remainder is below 2·s¹⁷/17/(1 − s²) < 7e-14 · s.
/// Precondition: x is not subnormal, as no number of single precision is in double precision.
@inline(__always)
package func logarithm(_ x: Double) -> Double {
  // Subtracting the bits of √½ before the exponent is taken makes m start there.
  let root = 0.5.squareRoot().bitPattern
  let offset = x.bitPattern &- root
  // The exponent, biased to stay positive, is read as the low bits of a number near 2⁵².
  let n = Double(bitPattern: (offset &+ 1024 &<< 52) &>> 52 | 0x1p52.bitPattern) - 0x1p52 - 1024
  let m = Double(bitPattern: offset & 0x000f_ffff_ffff_ffff &+ root)
  let s = (m - 1) / (m + 1)
  let q = s * s
  let far = 1.0 / 9 + q * (1.0 / 11 + q * (1.0 / 13 + q * (1.0 / 15)))
  let series = 2 * s + 2 * s * q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * far)))
  let finite = n * 0x1.62e42fefa39efp-1 + series
  return x > 0 && x < .infinity ? finite : x == 0 ? -.infinity : x > 0 ? x : .nan
}

/// Returns eˣ − 1 without losing digits near 0.
///
/// Below 2⁻¹⁶ the first three terms of its series, whose remainder is below x³/24.
@inline(__always)
func exponentialMinusOne(_ x: Double) -> Double {
  let series = x * (1 + x * (0.5 + x * (1.0 / 6)))
  let difference = exponential(x) - 1
  return abs(x) < 0x1p-16 ? series : difference
}

/// Returns tanh x = −m / (2 + m) with m = e^(−2|x|) − 1, with the sign of x.
@inline(__always)
func hyperbolicTangent(_ x: Double) -> Double {
  let m = exponentialMinusOne(-2 * abs(x))
  let magnitude = -m / (2 + m)
  return x < 0 ? -magnitude : magnitude
}

/// Returns x − tanh x without losing digits near 0.
///
/// Below 1/32 the first three terms of its series, whose remainder is below x⁹/45.
@inline(__always)
func excessOverTangent(_ x: Double) -> Double {
  let square = x * x
  let series = x * square * (1.0 / 3 - square * (2.0 / 15 - square * (17.0 / 315)))
  let difference = x - hyperbolicTangent(x)
  return abs(x) < 0x1p-5 ? series : difference
}

/// Returns ln(1 + eˣ).
///
/// For z = e^(−|x|), ln(1 + z) = 2 · artanh s with s = z/(2 + z) ≤ 1/3: the sum of 2·s^(2k+1)/(2k+1)
/// for k ≤ 11, whose remainder is below 2·s²⁵/25/(1 − s²) < 1.1e-13.
@inline(__always)
func softenedMaximum(_ x: Double) -> Double {
  let z = exponential(-abs(x))
  let s = z / (2 + z)
  let q = s * s
  let far = 1.0 / 15 + q * (1.0 / 17 + q * (1.0 / 19 + q * (1.0 / 21 + q * (1.0 / 23))))
  let near = 1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9 + q * (1.0 / 11 + q * (1.0 / 13 + q * far))))
  let logarithm = 2 * s * (1 + q * (1.0 / 3 + q * near))
  return x > 0 ? x + logarithm : logarithm
}
