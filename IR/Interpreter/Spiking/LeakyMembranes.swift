// Leaky neurons of one population in the textbook form: one neuron after the other, one operation
// after the other, as `LeakyIntegrateAndFire` lays down.

internal import SpikeIR

/// What leaky neurons are made with, one value a neuron.
struct LeakyConstants {

  /// 1/θ.
  var inverse: [Float]

  /// What is added to the constant input, membrane units.
  var bias: [Float]

  /// The potential before the first tick, thresholds.
  var initial: [Float]
}

/// The state of the leaky neurons of a population.
struct LeakyMembranes {

  private let model: LeakyIntegrateAndFire
  private let constants: LeakyConstants
  private let channels: Int
  private let step: Float
  private let decay: Float
  private let rate: Float

  /// The potentials v, thresholds.
  private var v: [Float]
  /// What is left of the refractory time, ticks.
  private var r: [Float]
  /// The first stage of the synapse, thresholds.
  private var x: [Float]
  /// The second stage of the synapse, thresholds.
  private var y: [Float]
  /// For each position the ticks for which it has rested.
  private var rest: [Int]

  /// Creates the state before the first tick.
  init(_ model: LeakyIntegrateAndFire, _ constants: LeakyConstants, channels: Int) {
    self.model = model
    self.constants = constants
    self.channels = channels
    step = model.membraneStep
    decay = model.synapseDecay
    rate = 1 / model.tauSynapse
    v = constants.initial
    r = v.map { _ in 0 }
    (x, y) = (r, r)
    rest = [Int](repeating: 0, count: v.count / channels)
  }

  /// Advances all neurons by a tick.
  ///
  /// - Parameters:
  ///   - spikes: I, the sums of what arrives from neurons.
  ///   - constant: C, the sums of what arrives from sources.
  /// - Returns: the units that the neurons emit.
  mutating func advance(spikes: [Int32], constant: [Int32]) -> [Int32] {
    var units = [Int32](repeating: 0, count: v.count)
    let j0 = v.indices.map { n in
      1 + (Float(constant[n]) + constants.bias[n]) * constants.inverse[n]
    }
    for position in rest.indices {
      let neurons = position * channels..<(position + 1) * channels
      let isAwake = neurons.contains { n in
        spikes[n] != 0 || r[n] > 0 || x[n] != 0 || y[n] != 0 || j0[n] > 1
      }
      guard isAwake else {
        rest[position] += 1
        continue
      }
      if rest[position] > 0 {
        let left = model.membraneDecay(after: rest[position])
        for n in neurons { v[n] = larger(j0[n] + (v[n] - j0[n]) * left, 0) }
        rest[position] = 0
      }
      for n in neurons { units[n] = advance(n, j0[n], spikes[n]) }
    }
    return units
  }

  /// Advances neuron `n`, which is awake, and returns what it emits.
  private mutating func advance(_ n: Int, _ j0: Float, _ spikes: Int32) -> Int32 {
    let s = filtered(n, Float(spikes) * constants.inverse[n])
    let d = larger(1 - r[n], 0)
    let w = (step * d) * ((j0 + s) - v[n])
    let z = larger(v[n] + w, 0)
    guard z > 1 else {
      r[n] = larger(r[n] - 1, 0)
      v[n] = z
      return 0
    }
    r[n] = larger(model.tauRef - ((z - 1) / w) * d, 0)
    v[n] = 0
    return 1
  }

  /// Passes `u` through the synapse of neuron `n` and returns the current that it makes.
  private mutating func filtered(_ n: Int, _ u: Float) -> Float {
    switch model.synapse {
    case .none: return u
    case .exponential:
      x[n] = withoutTraces(u + decay * (x[n] - u))
      return x[n]
    case .alpha:
      let (e, f) = (x[n] - u, y[n] - u)
      x[n] = withoutTraces(u + decay * e)
      y[n] = withoutTraces(u + decay * (f + e * rate))
      return y[n]
    }
  }

  /// Returns `x`, or 0 where it says nothing any more.
  private func withoutTraces(_ x: Float) -> Float { abs(x) < 0x1p-20 ? 0 : x }

  /// Returns the larger of two numbers.
  private func larger(_ a: Float, _ b: Float) -> Float { a > b ? a : b }
}
