// The rate of leaky integrate-and-fire neurons: unlike other functions of an element, with
// constants for each channel.

/// The firing rate of leaky integrate-and-fire neurons under a constant current.
///
/// out = amplitude / (τref + τrc · ln(1 + 1/s)), s = γ · ln(1 + e^(j/γ)), or max(0, j) for γ = 0, with
/// j = gain · (in + offset).
///
/// - Source: Hunsberger and Eliasmith (2015), equations 2 to 4.
package struct SoftLIFResponse: Hashable, Sendable {

  private let gain: [Float]
  private let offset: [Float]
  private let amplitude: [Float]
  private let tauRC: Double
  private let tauRef: Double
  private let gamma: Double

  /// Creates a response.
  ///
  /// - Parameters:
  ///   - gain: the current that a unit of the operand makes, [channels], thresholds.
  ///   - offset: what is added to the operand, [channels].
  ///   - amplitude: the value of a spike a second, [channels].
  ///   - tauRC: the time constant of the membrane, seconds.
  ///   - tauRef: the refractory time, seconds.
  ///   - gamma: the width of the softened threshold, thresholds; 0 for a sharp one.
  /// - Precondition: there are as many offsets and amplitudes as gains, at least 1.
  package init(
    gain: [Float], offset: [Float], amplitude: [Float], tauRC: Float, tauRef: Float, gamma: Float
  ) {
    precondition(
      !gain.isEmpty && gain.count == offset.count && gain.count == amplitude.count,
      "internal: constants differ in count")
    (self.gain, self.offset, self.amplitude) = (gain, offset, amplitude)
    (self.tauRC, self.tauRef, self.gamma) = (Double(tauRC), Double(tauRef), Double(gamma))
  }

  /// Computes the response of each element.
  ///
  /// - Parameters:
  ///   - out: the values, shape [positions, channels]. Set.
  ///   - input: the arguments, shape [positions, channels].
  /// - Precondition: the spans have the same count, a multiple of the channels.
  /// - Complexity: O(n), no allocation.
  /// - Error: half a unit in the last place of the result and a trifle: evaluated in double
  ///   precision and rounded once.
  package func apply(_ out: inout MutableSpan<Float>, input: Span<Float>) {
    let channels = gain.count
    precondition(
      out.count == input.count && out.count % channels == 0, "internal: spans differ in count")
    if gamma > 0 {
      let logGamma = logarithm(gamma)
      forEachElement(&out, input) { j in
        let y = j / gamma
        // Far below the threshold s = γ·e^y to all digits that count; e^y itself would underflow.
        return y < -15 ? -y - logGamma : logarithm(1 + 1 / (gamma * softenedMaximum(y)))
      }
    } else {
      forEachElement(&out, input) { $0 > 0 ? logarithm(1 + 1 / $0) : $0.isNaN ? $0 : .infinity }
    }
  }

  /// Sets each element to the response to its partner; `delay` gives ln(1 + 1/s) for j.
  @inline(__always)
  private func forEachElement(
    _ out: inout MutableSpan<Float>, _ input: Span<Float>, delay: (Double) -> Double
  ) {
    let channels = gain.count
    out.withUnsafeMutableBufferPointer { out in
      input.withUnsafeBufferPointer { input in
        for start in stride(from: 0, to: input.count, by: channels) {
          for c in 0..<channels {
            let x = Double(input[start &+ c]) + Double(offset[c])
            let period = tauRef + tauRC * delay(Double(gain[c]) * x)
            out[start &+ c] = Float(Double(amplitude[c]) / period)
          }
        }
      }
    }
  }
}
