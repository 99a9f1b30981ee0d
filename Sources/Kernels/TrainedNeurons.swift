// What stands for neurons while a network is trained: the rate of leaky neurons with the noise of
// spikes, and the staircase of spike codes; each with the derivative that training uses.

/// The variability of spike trains that training adds to rates, above threshold only.
///
/// - Source: Hunsberger and Eliasmith (2016), section 3.2; Hunsberger (2018), chapter 4.
package enum SpikeNoise: Hashable, Sendable {
  /// None: the rate itself.
  case none
  /// A normal number of the given standard deviation, spikes a second, at most as large as the rate.
  case gaussian(sigma: Float)
  /// The response of an alpha synapse with the given time constant, seconds, to a regular spike
  /// train, at a random phase.
  case alpha(tau: Float)
  /// The same, filtered by the membrane of the neuron that receives it too.
  case alphaMembrane(tau: Float)
}

/// The rate of leaky integrate-and-fire neurons, with constants for each channel.
///
/// out = amplitude / (τref + τrc · ln(1 + 1/s)), s = γ · ln(1 + e^y), y = gain · (in + offset) / γ.
/// For γ = 0, s = max(0, gain · (in + offset)): the rate of neurons with a sharp threshold.
///
/// - Source: Hunsberger and Eliasmith (2015), equations 2 to 4; the derivative:
///   amplitude · gain · τrc / (d² · s · (s + 1) · (1 + e^−y)), d being the quotient's divisor.
package struct SoftLIFLayer: Sendable {

  private let gain, offset, amplitude: [Float]
  private let tauRC, tauRef, gamma: Float

  /// Creates the rates of a layer.
  ///
  /// - Parameters:
  ///   - gain: the current that a unit of the operand makes, [channels], thresholds.
  ///   - offset: what is added to the operand, [channels].
  ///   - amplitude: the value of a spike a second, [channels].
  ///   - tauRC: the time constant of the membrane, seconds.
  ///   - tauRef: the refractory time, seconds.
  ///   - gamma: the width of the softened threshold, thresholds; positive for training.
  /// - Precondition: the lists have the same count, at least 1.
  package init(
    gain: [Float], offset: [Float], amplitude: [Float], tauRC: Float, tauRef: Float, gamma: Float
  ) {
    precondition(
      !gain.isEmpty && gain.count == offset.count && gain.count == amplitude.count,
      "internal: constants differ in count")
    (self.gain, self.offset, self.amplitude) = (gain, offset, amplitude)
    (self.tauRC, self.tauRef, self.gamma) = (tauRC, tauRef, gamma)
  }

  /// Computes rates with noise, and the derivatives of those without.
  ///
  /// - Parameters:
  ///   - out: the values, shape [n]. Set.
  ///   - slope: the derivatives of the values without noise, shape [n]. Set.
  ///   - input: the arguments, shape [n], n being a multiple of the channels.
  ///   - count: n.
  ///   - noise: what is added.
  ///   - random: where numbers come from.
  /// - Complexity: O(n), no allocation.
  /// - Error: relative error below 1e-5.
  package func apply(
    _ out: UnsafeMutablePointer<Float>, slope: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>, count: Int, noise: SpikeNoise, _ random: RandomField
  ) {
    switch noise {
    case .none: apply(out, slope, input, count) { r, _, _ in r }
    case .gaussian(let sigma):
      apply(out, slope, input, count) { r, y, i in
        let noise = sigma * random.normal(at: i)
        let bounded = noise < -r ? -r : noise > r ? r : noise
        return y > 0 ? r + bounded : r
      }
    case .alpha(let tau):
      apply(out, slope, input, count) { r, y, i in
        let p = 1 / r
        return y > 0 ? alphaResponse(tau: tau, period: p, phase: p * random.uniform(at: i).0) : r
      }
    case .alphaMembrane(let tau):
      // Equal time constants are the limit; near it differences of like numbers lose all digits.
      let rc = abs(tauRC - tau) < 0.1 * tauRC ? tau * 1.1 : tauRC
      apply(out, slope, input, count) { r, y, i in
        let p = 1 / r
        let response = membraneResponse(
          tau: tau, membrane: rc, period: p, phase: p * random.uniform(at: i).0)
        return y > 0 ? response : r
      }
    }
  }

  /// Computes the values of neurons with a sharp threshold, without noise.
  ///
  /// - Parameters:
  ///   - out: the values, shape [n]. Set.
  ///   - input: the arguments, shape [n].
  ///   - count: n.
  package func applySharp(
    _ out: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>, count: Int
  ) {
    let channels = gain.count
    gain.withUnsafeBufferPointer { gain in
      offset.withUnsafeBufferPointer { offset in
        amplitude.withUnsafeBufferPointer { amplitude in
          for start in Swift.stride(from: 0, to: count, by: channels) {
            let (x, y) = (input + start, out + start)
            for c in 0..<channels {
              let j = gain[c] * (x[c] + offset[c])
              let s = j > 1e-30 ? j : 1e-30
              let rate = amplitude[c] / (tauRef + tauRC * logarithmOfInverse(s))
              y[c] = j > 0 ? rate : 0
            }
          }
        }
      }
    }
  }

  @inline(__always)
  private func apply(
    _ out: UnsafeMutablePointer<Float>, _ slope: UnsafeMutablePointer<Float>,
    _ input: UnsafePointer<Float>, _ count: Int, _ noisy: (_ rate: Float, _ y: Float, Int) -> Float
  ) {
    let channels = gain.count
    let (inverse, logGamma) = (1 / gamma, logarithm(gamma))
    gain.withUnsafeBufferPointer { gain in
      offset.withUnsafeBufferPointer { offset in
        amplitude.withUnsafeBufferPointer { amplitude in
          for start in Swift.stride(from: 0, to: count, by: channels) {
            let (x, target, slopes) = (input + start, out + start, slope + start)
            for c in 0..<channels {
              let y = gain[c] * (x[c] + offset[c]) * inverse
              let r = response(y, logGamma)
              target[c] = amplitude[c] * noisy(r.rate, y, start &+ c)
              slopes[c] = amplitude[c] * gain[c] * r.slope
            }
          }
        }
      }
    }
  }

  /// Returns the rate for the softened current s = γ · ln(1 + e^y), and its derivative by γ·y.
  @inline(__always)
  private func response(_ y: Float, _ logGamma: Float) -> (rate: Float, slope: Float) {
    // Below −15, ln(1 + e^y) is e^y; above 16 it is y.
    let z = exponential(y < 0 ? y : -y)
    let small = logarithmOfSuccessor(z)
    let soft = y > 0 ? y + small : small
    let s = gamma * (soft > 1e-30 ? soft : 1e-30)
    let far = -y - logGamma
    let near = logarithmOfInverse(s)
    let d = tauRef + tauRC * (y < -15 ? far : near)
    // s · (1 + e^−y) tends to γ for small y.
    let product = y > 0 ? s * (1 + z) : s * (1 + z) / z
    let edge = y < -15 ? gamma : product
    return (1 / d, tauRC / (d * d * edge * (1 + s)))
  }
}

/// Returns ln(1 + 1/s) for s > 0.
@inline(__always)
private func logarithmOfInverse(_ s: Float) -> Float {
  logarithmOfSuccessor(1 / s)
}

/// Returns the response of an alpha synapse to spikes with the given period, `phase` after one.
///
/// e^(−t/τ)/τ² · (t/(1 − e) + p·e/(1 − e)²) with e = e^(−p/τ); its mean over a period is 1/p.
@inline(__always)
private func alphaResponse(tau: Float, period: Float, phase: Float) -> Float {
  let e = exponential(-period / tau)
  let left = 1 - e
  return exponential(-phase / tau) / (tau * tau) * (phase + period * e / left) / left
}

/// Returns the same, filtered by a membrane with its own time constant.
///
/// With d = τm − τ: τm/d² · (e^(−t/τm)/(1 − e^(−p/τm)) − e^(−t/τ)/(1 − e)) − e^(−t/τ) · (t + p·e/(1 − e)) /
/// (d · τ · (1 − e)); its mean over a period is 1/p.
@inline(__always)
private func membraneResponse(
  tau: Float, membrane: Float, period: Float, phase: Float
) -> Float {
  let d = membrane - tau
  let e = exponential(-period / tau)
  let left = 1 - e
  let decay = exponential(-phase / tau)
  let slow = exponential(-phase / membrane) / (1 - exponential(-period / membrane))
  return membrane / (d * d) * (slow - decay / left)
    - decay * (phase + period * e / left) / (d * tau * left)
}

/// The values that a spike code says of a sum: equal steps up to a threshold, for each channel.
///
/// out = θ/L · min(max(⌊in · L/θ + ½⌋, 0), L); where negative values are said too,
/// sgn(in) · θ/L · min(⌊|in| · L/θ + ½⌋, L). The derivative is that of the line which the steps follow:
/// 1 between the ends, else 0.
///
/// - Source: Bu et al. (2022), equations 15 and 16; Bengio et al. (2013).
package struct StaircaseLayer: Sendable {

  private let thresholds: [Float]
  private let levels: Float
  private let isSigned: Bool

  /// Creates the staircases of a layer.
  ///
  /// - Parameters:
  ///   - thresholds: θ, [channels], positive.
  ///   - levels: L, at least 1.
  ///   - isSigned: `true` iff negative values are said too.
  package init(thresholds: [Float], levels: Int, isSigned: Bool) {
    precondition(!thresholds.isEmpty && levels >= 1, "internal: staircase without steps")
    (self.thresholds, self.levels, self.isSigned) = (thresholds, Float(levels), isSigned)
  }

  /// Computes the steps and the derivatives.
  ///
  /// - Parameters:
  ///   - out: the values, shape [n]. Set.
  ///   - slope: the derivatives, shape [n]. Set.
  ///   - input: the arguments, shape [n], n being a multiple of the channels.
  ///   - count: n.
  /// - Complexity: O(n), no allocation.
  package func apply(
    _ out: UnsafeMutablePointer<Float>, slope: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>, count: Int
  ) {
    let channels = thresholds.count
    thresholds.withUnsafeBufferPointer { thresholds in
      for start in Swift.stride(from: 0, to: count, by: channels) {
        let (x, target, slopes) = (input + start, out + start, slope + start)
        for c in 0..<channels {
          let theta = thresholds[c]
          let magnitude = isSigned ? abs(x[c]) : x[c]
          let step = (magnitude * (levels / theta) + 0.5).rounded(.down)
          let value = theta / levels * (step < 0 ? 0 : step > levels ? levels : step)
          target[c] = isSigned && x[c] < 0 ? -value : value
          slopes[c] = magnitude < theta && (isSigned || x[c] > 0) ? 1 : 0
        }
      }
    }
  }
}
