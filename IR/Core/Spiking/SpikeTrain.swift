// What encoders have sources emit, tick by tick: the definition that all executors share, since
// random numbers must be the same everywhere.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Encoder {

  /// How a source says a number in the ticks of a window.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The graded units in every tick: a constant current.
    case constant
    /// In each tick a number of units with Poisson distribution and mean p.
    case poisson
    /// In each tick a unit with probability p, or none.
    case bernoulli
    /// Nothing until the tick T − round(p · T), from then on a unit in every tick: the larger the
    /// value, the earlier the first spike, whose current then lasts.
    case latency
    /// A unit in round(p · T) of the T ticks, evenly spaced; nothing is left to chance.
    case even
  }

  /// The largest number of units that a source emits in a tick.
  public var largestUnit: Int {
    switch kind {
    case .constant: levels
    case .poisson: SpikeTrain.mostPoissonUnits
    case .bernoulli, .latency, .even: 1
    }
  }

  /// Returns the resolution of preprocessed values where a unit in every tick is worth `quantum`:
  /// the quantum itself for graded units, a part of it for spikes.
  public func step(of quantum: Float) -> Float {
    kind == .constant ? quantum : quantum / Float(levels)
  }
}

/// What an encoder has its source emit for one input of the network.
///
/// With p = |q|/levels, and u the random number of a neuron and a tick, 0 ≤ u < 2³²: `bernoulli`
/// emits sgn q if u · levels < |q| · 2³², `poisson` sgn q times the least n for which u/2³² lies
/// below the probability that a Poisson variable of mean p is at most n. u is the upper half of the
/// output number n of SplitMix64, n being the neuron, whose seed mixes the encoder's seed, its
/// position among the encoders, the image and the tick: it depends on nothing else, so that images
/// can be run in any order, in any number of threads.
///
/// `even` has emitted ⌊(t · |q| + ⌊levels/2⌋)/levels⌋ units after t ticks: what a neuron with threshold
/// `levels` and initial potential ⌊levels/2⌋ says on the constant current q.
///
/// - Source: SplitMix64: Steele, Lea, Flood (2014), figure 17.
public struct SpikeTrain: Sendable {

  /// No Poisson variable of mean at most 1 exceeds this with a probability that 32 bits resolve.
  static let mostPoissonUnits = 15

  private let encoder: Encoder
  private let levels: [Int32]
  private let timesteps: Int
  private let key: UInt64

  /// e^−p for each neuron, under `poisson`.
  private let silence: [Double]

  /// Prepares what is emitted for an input.
  ///
  /// - Parameters:
  ///   - encoder: the encoder.
  ///   - position: its position among the encoders of the network.
  ///   - levels: q, one a neuron.
  ///   - image: the number of the input.
  ///   - timesteps: T, the ticks of the code.
  public init(
    _ encoder: Encoder, at position: Int, saying levels: [Int32], image: Int, timesteps: Int
  ) {
    self.encoder = encoder
    self.levels = levels
    self.timesteps = timesteps
    let own = mixed(UInt64(truncatingIfNeeded: encoder.seed) &+ goldenGamma)
    let input = mixed(own ^ UInt64(truncatingIfNeeded: position))
    key = mixed(input ^ UInt64(truncatingIfNeeded: image))
    let limit = Double(encoder.levels)
    silence =
      encoder.kind == .poisson ? levels.map { exp(-Double($0.magnitude) / limit) } : []
  }

  /// Returns the units that the neurons emit in `tick`, counted from 0.
  ///
  /// - Complexity: O(neurons).
  public func units(at tick: Int) -> [Int32] {
    let state = mixed(key ^ UInt64(truncatingIfNeeded: tick))
    switch encoder.kind {
    case .constant: return levels
    case .latency:
      return levels.map { q in
        let count = (Int(q.magnitude) * 2 * timesteps + encoder.levels) / (2 * encoder.levels)
        return tick >= timesteps - count ? q.signum() : 0
      }
    case .even:
      let limit = encoder.levels
      return levels.map { q in
        let before = tick * Int(q.magnitude) + limit / 2
        return (before + Int(q.magnitude)) / limit > before / limit ? q.signum() : 0
      }
    case .bernoulli:
      let limit = UInt64(encoder.levels)
      return levels.indices.map { n in
        let chance = UInt64(levels[n].magnitude) << 32
        return randomNumber(state, n) * limit < chance ? levels[n].signum() : 0
      }
    case .poisson:
      return levels.indices.map { n in
        levels[n].signum() * poisson(Double(randomNumber(state, n)) / 4_294_967_296, n)
      }
    }
  }

  /// Returns the least number for which `u` lies below the distribution function of neuron `n`.
  private func poisson(_ u: Double, _ n: Int) -> Int32 {
    let mean = Double(levels[n].magnitude) / Double(encoder.levels)
    var (count, part) = (0, silence[n])
    var sum = part
    while u >= sum, count < SpikeTrain.mostPoissonUnits {
      count += 1
      part *= mean / Double(count)
      sum += part
    }
    return Int32(count)
  }
}

/// The increment of SplitMix64.
private let goldenGamma: UInt64 = 0x9E37_79B9_7F4A_7C15

/// Returns the output function of SplitMix64 of `x`.
private func mixed(_ x: UInt64) -> UInt64 {
  var z = x
  z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
  return z ^ z >> 31
}

/// Returns the upper half of output `n` of SplitMix64 seeded with `state`.
private func randomNumber(_ state: UInt64, _ n: Int) -> UInt64 {
  mixed(state &+ goldenGamma &* UInt64(truncatingIfNeeded: n &+ 1)) >> 32
}
