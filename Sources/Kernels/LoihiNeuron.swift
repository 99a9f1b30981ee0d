// The current-based leaky integrate-and-fire neuron of Loihi 1, bit by bit.

/// A compartment of Loihi 1: a current that decays, a potential that decays and is driven by it.
///
/// With a the weighted input of the tick, already shifted by the exponent of its weights,
/// trz(x, r) = sgn x · ⌊|x| · r / 4096⌋, b = biasMantissa · 2^biasExponent and
/// θ = 64 · thresholdMantissa:
///
///     u ← wrap(trz(u, 4096 − du − currentOffset) + 64·a)      into −2^23 < u ≤ 2^23
///     v ← clip(trz(v, 4096 − dv − potentialOffset) + u + b)   to ±(2^23 − 1)
///     v > θ: emit, v ← 0
///
/// For `refractory` ticks from a spike on, that of the spike included, v is held at 0.
///
/// - Source: Davies et al. (2018), table 1 and section on the neuron model, as the bit-accurate model
///   of lava-nc 0.10 has it, where tools differ; refractory time: the emulator of nengo-loihi.
package struct LoihiNeuron: Hashable, Sendable {

  /// What a compartment is made with.
  package struct Parameters: Hashable, Sendable {
    /// The decay of the current, 0 to 4095, of 4096.
    package var du: Int
    /// The decay of the potential, 0 to 4095, of 4096.
    package var dv: Int
    /// The mantissa of the bias, −4096 to 4095.
    package var biasMantissa: Int
    /// The exponent of the bias, 0 to 7.
    package var biasExponent: Int
    /// The mantissa of the threshold, 0 to 2^17 − 1.
    package var thresholdMantissa: Int
    /// The ticks for which the potential is held after a spike, that of the spike included.
    package var refractory: Int
    /// What is added to `du`: 0 or 1.
    package var currentOffset: Int
    /// What is added to `dv`: 0 or 1.
    package var potentialOffset: Int
    /// Whether potentials are clipped to ±(2^23 − 1).
    package var saturates: Bool
    /// Whether v = θ fires, as in tools that train networks for the machine.
    package var firesAtThreshold: Bool

    /// Creates parameters; the machine's defaults unless given.
    package init(
      du: Int, dv: Int, biasMantissa: Int = 0, biasExponent: Int = 0, thresholdMantissa: Int,
      refractory: Int = 1, currentOffset: Int = 1, potentialOffset: Int = 0,
      saturates: Bool = true, firesAtThreshold: Bool = false
    ) {
      self.du = du
      self.dv = dv
      self.biasMantissa = biasMantissa
      self.biasExponent = biasExponent
      self.thresholdMantissa = thresholdMantissa
      self.refractory = refractory
      self.currentOffset = currentOffset
      self.potentialOffset = potentialOffset
      self.saturates = saturates
      self.firesAtThreshold = firesAtThreshold
    }

    /// b, the bias that is added in each tick.
    package var bias: Int { biasMantissa << biasExponent }

    /// θ, the potential that must be exceeded.
    package var threshold: Int { thresholdMantissa << 6 }
  }

  /// The current.
  package var u = 0

  /// The potential; 0 after a spike.
  package var v = 0

  /// The ticks for which the potential is still held at 0.
  package private(set) var held = 0

  /// Creates a compartment with the potential `v` and without a current.
  package init(v: Int = 0) { self.v = v }

  /// Advances the compartment by a tick.
  ///
  /// - Parameters:
  ///   - input: a.
  ///   - parameters: what the compartment is made with.
  /// - Returns: the potential before it was reset, and whether the neuron emitted a spike.
  package mutating func step(
    _ input: Int, _ parameters: Parameters
  ) -> (potential: Int, spikes: Bool) {
    step(
      arriving: input << 6, bias: parameters.bias, threshold: parameters.threshold, parameters)
  }

  /// Advances the compartment by a tick, with numbers as registers hold them.
  ///
  /// - Parameters:
  ///   - input: 64·a.
  ///   - bias: b, in place of that of the parameters.
  ///   - threshold: θ, in place of that of the parameters.
  ///   - parameters: what else the compartment is made with.
  /// - Returns: the potential before it was reset, and whether the neuron emitted a spike.
  package mutating func step(
    arriving input: Int, bias: Int, threshold: Int, _ parameters: Parameters
  ) -> (potential: Int, spikes: Bool) {
    u = Self.wrapped(Self.decayed(u, by: parameters.du + parameters.currentOffset) + input)
    var next = Self.decayed(v, by: parameters.dv + parameters.potentialOffset) + u + bias
    if parameters.saturates { next = min(max(next, -Self.largest), Self.largest) }
    if held > 0 {
      held -= 1
      next = 0
    }
    let spikes = parameters.firesAtThreshold ? next >= threshold : next > threshold
    v = spikes ? 0 : next
    if spikes { held = max(0, parameters.refractory - 1) }
    return (next, spikes)
  }

  /// The largest potential.
  package static let largest = 1 << 23 - 1

  /// Returns trz(x, 4096 − decay): the part of `x` that is left, towards 0.
  package static func decayed(_ x: Int, by decay: Int) -> Int {
    let left = (abs(x) * (4096 - decay)) >> 12
    return x < 0 ? -left : left
  }

  /// Returns `x` modulo 2^24 in the range −2^23 < u ≤ 2^23.
  package static func wrapped(_ x: Int) -> Int {
    let low = 1 - 1 << 23
    return (x - low) & (1 << 24 - 1) + low
  }
}

/// How a weight of Loihi 1 is stored: a mantissa of some bits, and an exponent.
package enum LoihiWeight {

  /// How weights that are not representable are rounded.
  package enum Rounding: Hashable, Sendable, CaseIterable {
    /// Downwards, as by an arithmetic shift.
    case floor
    /// Towards 0.
    case towardZero
    /// To nearest, halves to even, at most the largest number of steps.
    case nearestEven
  }

  /// Returns the weight that is stored for `weight` where signs are mixed.
  ///
  /// - Parameters:
  ///   - weight: the weight, −256 to 255.
  ///   - bits: the number of bits, 1 to 8, of which one is the sign's.
  ///   - rounding: the rule; public tools differ, which is why networks for the machine should hold
  ///     only weights that all rules leave as they are.
  /// - Returns: a multiple of 2^(9 − bits).
  /// - Source: the rules of lava-nc, of brian2_loihi and of nengo-loihi, in this order.
  package static func mixed(_ weight: Int, bits: Int, _ rounding: Rounding) -> Int {
    let shift = 9 - bits
    let step = 1 << shift
    switch rounding {
    case .floor: return (weight >> shift) << shift
    case .towardZero: return weight / step * step
    case .nearestEven:
      let most = 1 << (bits - 1) - 1
      let steps = (Double(weight) / Double(step)).rounded(.toNearestOrEven)
      return min(max(Int(steps), -most), most) * step
    }
  }
}
