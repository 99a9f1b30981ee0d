// Gaussian noise of analog reads, drawn by position: the same numbers whoever asks, in any order.

internal import CKernels

extension RandomField {

  /// The standard normal number at position `i`, as `fillNormals` has it at `i` of `count`.
  package func normal(at i: Int, of count: Int) -> Float {
    let half = (count + 1) / 2
    let pair = normals(at: i < half ? i : i - half)
    return i < half ? pair.0 : pair.1
  }

  /// Sets a vector to independent numbers of the standard normal distribution.
  ///
  /// Two numbers come from the 64 bits of a position: √(−2 ln u) · (cos 2πv, sin 2πv). As u is a
  /// multiple of 2⁻³¹ plus 2⁻³², magnitudes end at 6.66.
  ///
  /// - Parameters:
  ///   - out: the vector, shape [count]. Set.
  ///   - count: the number of elements.
  /// - Complexity: O(count), no allocation.
  /// - Source: Box and Muller (1958); bits: SplitMix64, Steele, Lea and Flood (2014).
  package func fillNormals(_ out: UnsafeMutablePointer<Float>, count: Int) {
    let half = (count + 1) / 2
    let second = count - half
    let whole = second & ~(Self.together - 1)
    // A checked sum of places would keep the loop from being vectorized.
    let far = out + half
    for i in 0..<whole {
      let pair = normals(at: i)
      out[i] = pair.0
      far[i] = pair.1
    }
    guard whole < half else { return }
    fillRest(out + whole, far + whole, first: half - whole, second: second - whole, from: whole)
  }

  /// How many pairs are drawn together.
  private static let together = 16

  /// Sets what is left of a vector: a whole group is drawn, for one number costs as much.
  @inline(__always)
  private func fillRest(
    _ out: UnsafeMutablePointer<Float>, _ far: UnsafeMutablePointer<Float>, first: Int,
    second: Int, from start: Int
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * Self.together) { drawn in
      guard let near = drawn.baseAddress else { return }
      let other = near + Self.together
      for i in 0..<Self.together {
        let pair = normals(at: start &+ i)
        near[i] = pair.0
        other[i] = pair.1
      }
      for i in 0..<first { out[i] = near[i] }
      for i in 0..<second { far[i] = other[i] }
    }
  }

  /// Returns two independent standard normal numbers.
  ///
  /// The cosine and the sine come from Taylor polynomials in a quarter turn, |x| ≤ π/4, and the
  /// quadrant that two bits choose: errors below 2e-7.
  @inline(__always)
  private func normals(at i: Int) -> (Float, Float) {
    let x = bits(at: i)
    let high = Int32(truncatingIfNeeded: x &>> 33)
    // The largest round to 1, whose logarithm is 0: what follows needs more than that.
    let rounded = (Float(high) + 0.5) * 0x1p-31
    let u: Float = rounded < 1 ? rounded : 0x1.fffffep-1
    let radius = exponential(0.5 * logarithm(-2 * logarithm(u)))
    let low = UInt32(truncatingIfNeeded: x)
    // 22 bits of the angle within a quadrant, in [−π/4, π/4).
    let fraction = Float(bitPattern: low &>> 9 | 0x3f80_0000) - 1.5
    let a = fraction * 1.570_796_3
    let q = a * a
    let cosine: Float = 1 - q * (0.5 - q * (1.0 / 24 - q * (1.0 / 720 - q * (1.0 / 40_320))))
    let sine: Float = a * (1 - q * (1.0 / 6 - q * (1.0 / 120 - q * (1.0 / 5040))))
    let swaps = low & 1 != 0
    let first = swaps ? sine : cosine
    let other = swaps ? cosine : sine
    // The quadrants 0, 1, 2, 3 are (c, s), (−s, c), (−c, −s), (s, −c).
    let isBack = low & 2 != 0
    let negatesFirst = swaps != isBack
    return (
      negatesFirst ? -radius * first : radius * first, isBack ? -radius * other : radius * other
    )
  }
}
