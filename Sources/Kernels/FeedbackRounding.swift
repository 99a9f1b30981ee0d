// Rounding weights to integers one after another, each with what the roundings before it did to
// the layer's outputs taken into account.

/// The integers that a weight can be.
package enum WeightLevels: Hashable, Sendable {
  /// −largest … largest.
  case symmetric(largest: Int)
  /// −1 and 1.
  case binary

  /// The largest magnitude.
  package var largest: Int {
    switch self {
    case .symmetric(let largest): largest
    case .binary: 1
    }
  }

  /// Returns the level nearest to `x`; halves away from 0, and 0 becomes 1 if binary.
  @inline(__always)
  package func nearest(_ x: Float) -> Float {
    switch self {
    case .symmetric(let largest):
      return min(max(x.rounded(), -Float(largest)), Float(largest))
    case .binary: return x < 0 ? -1 : 1
    }
  }
}

/// Weights rounded, with what is left of the error.
package struct RoundedWeights: Hashable, Sendable {
  /// The integers, [n, channels] row-major.
  package var integers: [Float]
  /// (w − q·step)ᵀ·A·(w − q·step) of each channel.
  package var errors: [Double]

  /// Creates the description of a rounding.
  package init(integers: [Float], errors: [Double]) {
    self.integers = integers
    self.errors = errors
  }
}

extension TriangularFactors {

  /// Returns integers q that make (w − q·step)ᵀ·A·(w − q·step) small, channel by channel.
  ///
  /// With A = L·D·Lᵀ the error is Σ_k D_k·(e_k + Σ_{i>k} L_ik·e_i)², e = w − q·step. From the last
  /// row to the first, q_k is the level nearest to what makes its term 0: the greedy choice, which
  /// is that of optimal brain quantization in a fixed order of weights.
  ///
  /// - Parameters:
  ///   - weights: w, [n, channels] row-major, rows as in A.
  ///   - steps: the step of each channel times that of each row is the value of an integer.
  ///   - rowSteps: the factor of each row, [n].
  ///   - levels: the integers that a weight can be.
  ///   - workers: the number of threads.
  /// - Returns: the integers and the errors.
  /// - Complexity: O(n² · channels).
  /// - Source: Frantar et al. (2023), "GPTQ", section 3; in this form Chee et al. (2023), "QuIP",
  ///   section 3.1, who prove that both are equal.
  package func round(
    _ weights: [Float], steps: [Float], rowSteps: [Float], to levels: WeightLevels, workers: Int
  ) -> RoundedWeights {
    let channels = steps.count
    precondition(
      weights.count == size * channels && rowSteps.count == size, "internal: other counts")
    var result = RoundedWeights(
      integers: [Float](repeating: 0, count: weights.count),
      errors: [Double](repeating: 0, count: channels))
    let feedback = lower.map { Float($0) }
    let chunks = (channels + panelWidth - 1) / panelWidth
    result.integers.withUnsafeMutableBufferPointer { integers in
      result.errors.withUnsafeMutableBufferPointer { errors in
        nonisolated(unsafe) let (integers, errors) = (integers, errors)
        forEachItem(chunks, workers: workers) { _, chunk in
          let own = chunk * panelWidth..<min(channels, (chunk + 1) * panelWidth)
          roundChunk(own, weights, feedback, steps, rowSteps, levels, integers, errors)
        }
      }
    }
    return result
  }

  /// Rounds the weights of up to 16 channels.
  private func roundChunk(
    _ own: Range<Int>, _ weights: [Float], _ feedback: [Float], _ steps: [Float],
    _ rowSteps: [Float], _ levels: WeightLevels,
    _ integers: UnsafeMutableBufferPointer<Float>, _ errors: UnsafeMutableBufferPointer<Double>
  ) {
    let channels = steps.count
    let original = (0..<size).map { k -> Lanes in
      var lanes = Lanes.zero
      for (i, c) in own.enumerated() { lanes[i] = weights[k * channels + c] }
      return lanes
    }
    var wanted = original
    var step = Lanes(repeating: 1)
    for (i, c) in own.enumerated() { step[i] = steps[c] }
    var sums = SIMD16<Double>.zero
    for k in (0..<size).reversed() {
      let rowStep = step * rowSteps[k]
      let q = levels.nearest(wanted[k] / rowStep)
      let missed = SIMD16<Double>(wanted[k] - q * rowStep)
      sums += missed * missed * diagonal[k]
      for (i, c) in own.enumerated() { integers[k * channels + c] = q[i] }
      let error = original[k] - q * rowStep
      addScaled(error, feedback, k * size, to: &wanted, count: k)
    }
    for (i, c) in own.enumerated() { errors[c] = sums[i] }
  }
}

extension WeightLevels {

  /// Returns the levels nearest to `x`.
  @inline(__always)
  fileprivate func nearest(_ x: Lanes) -> Lanes {
    switch self {
    case .symmetric(let largest):
      let bound = Lanes(repeating: Float(largest))
      return x.rounded(.toNearestOrAwayFromZero).clamped(lowerBound: -bound, upperBound: bound)
    case .binary:
      return Lanes(repeating: 1).replacing(with: -1, where: x .< 0)
    }
  }
}

/// Adds `error` times the elements of a row of L to the weights that follow.
@inline(__always)
private func addScaled(
  _ error: Lanes, _ factors: [Float], _ start: Int, to wanted: inout [Lanes], count: Int
) {
  wanted.withUnsafeMutableBufferPointer { wanted in
    factors.withUnsafeBufferPointer { factors in
      guard let to = wanted.baseAddress, let row = factors.baseAddress else { return }
      for i in 0..<count { to[i] += error * Lanes(repeating: row[start + i]) }
    }
  }
}
