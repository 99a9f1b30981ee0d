// Converters between numbers and the currents of analog arrays: steps, rounding and bounds.

internal import CKernels

/// A converter from digital to analog or back: rounds to multiples of a step, then limits.
///
/// q(x) = min(max(round(x / Δ), low / Δ), high / Δ) · Δ; what is beyond a bound after rounding was
/// clipped.
package struct AnalogConverter: Hashable, Sendable {

  /// How quotients become whole numbers.
  package enum Rounding: Hashable, Sendable {
    /// To the nearest, halves to the even one.
    case nearestEven
    /// To the next one below.
    case down
  }

  /// Δ; `nil` if the resolution is not limited.
  package let step: Double?

  /// The bounds; infinite if there is none.
  package let low, high: Double

  /// How quotients become whole numbers.
  package let rounding: Rounding

  /// 1/Δ, Δ and the bounds as multiples of Δ, which is 1 if there is none.
  private let inverse, unit, lowCode, highCode: Float

  /// How the loops round.
  private let method: Method

  private enum Method {
    case none, shifted, shiftedDown, general, generalDown
  }

  /// Creates a converter; an ideal one without arguments.
  ///
  /// - Precondition: the step is positive and finite, the bounds are in order.
  package init(
    step: Double? = nil, low: Double = -.infinity, high: Double = .infinity,
    rounding: Rounding = .nearestEven
  ) {
    precondition(step.map { $0 > 0 && $0.isFinite } ?? true && low <= high, "internal: bad range")
    self.step = step
    self.low = low
    self.high = high
    self.rounding = rounding
    let delta = step ?? 1
    inverse = Float(1 / delta)
    unit = Float(delta)
    lowCode = Float(low / delta)
    highCode = Float(high / delta)
    let isShort = max(abs(low), abs(high)) / delta < 0x1p21
    method =
      switch (step, rounding) {
      case (nil, _): .none
      case (_, .nearestEven): isShort ? .shifted : .general
      case (_, .down): isShort ? .shiftedDown : .generalDown
      }
  }

  /// Whether nothing is rounded or limited.
  package var isIdeal: Bool { step == nil && low == -.infinity && high == .infinity }

  /// Returns the converted number and whether it was beyond a bound, in double precision.
  package func convert(_ x: Double) -> (value: Double, isClipped: Bool) {
    var (value, bottom, top) = (x, low, high)
    if let step {
      value = (x / step).rounded(rounding == .down ? .down : .toNearestOrEven)
      (bottom, top) = (low / step, high / step)
    }
    let isClipped = value < bottom || value > top
    return (min(max(value, bottom), top) * (step ?? 1), isClipped)
  }

  /// Converts a vector's elements, divided by its scale.
  ///
  /// out[i] = q(in[i] / scale). A quotient, not a product with 1/scale: so the largest element of a
  /// vector scaled by it is 1, and ½ when the scale is doubled, which may be a half of a step.
  ///
  /// - Parameters:
  ///   - out: the result, shape [count]; may be the vector. Set.
  ///   - input: the vector, shape [count].
  ///   - count: the number of elements.
  ///   - scale: what elements are divided by first.
  /// - Returns: the number of elements that were beyond a bound.
  /// - Error: of the quotient, 2 · 2⁻²⁴ relative: elements that close to a half of a step may
  ///   become its other neighbour.
  @discardableResult
  package func apply(
    _ out: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, count: Int, scale: Float
  ) -> Int {
    scale == 1
      ? convert(out, input, count) { $0 } : convert(out, input, count) { $0 / scale }
  }

  @inline(__always)
  private func convert(
    _ out: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, _ count: Int,
    _ scaled: (Float) -> Float
  ) -> Int {
    switch method {
    case .none: loop(out, input, count) { scaled($0) }
    case .shifted:
      // Adding 1.5 · 2²³ leaves the nearest whole number, halves to even, in the fraction.
      loop(out, input, count) { (limited(scaled($0) * inverse) + 0x1.8p23) - 0x1.8p23 }
    case .shiftedDown:
      loop(out, input, count) {
        let x = limited(scaled($0) * inverse)
        let nearest = (x + 0x1.8p23) - 0x1.8p23
        return nearest > x ? nearest - 1 : nearest
      }
    case .general:
      loop(out, input, count) { (scaled($0) * inverse).rounded(.toNearestOrEven) }
    case .generalDown: loop(out, input, count) { (scaled($0) * inverse).rounded(.down) }
    }
  }

  /// Returns `x` limited to twice what is within the bounds, where all whole numbers are exact.
  @inline(__always)
  private func limited(_ x: Float) -> Float {
    x < -0x1p22 ? -0x1p22 : x > 0x1p22 ? 0x1p22 : x
  }

  @inline(__always)
  private func loop(
    _ out: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, _ count: Int,
    _ code: (Float) -> Float
  ) -> Int {
    let (low, high, unit) = (lowCode, highCode, unit)
    var clipped: Int32 = 0
    for i in 0..<count {
      let code = code(input[i])
      let bottom: Int32 = code < low ? 1 : 0
      let top: Int32 = code > high ? 1 : 0
      clipped &+= bottom | top
      let bounded = code < low ? low : code > high ? high : code
      out[i] = bounded * unit
    }
    return Int(clipped)
  }
}
