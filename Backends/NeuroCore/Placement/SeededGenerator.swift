// A small repeatable source of random numbers: searches must find the same result everywhere.

/// A generator of random numbers.
///
/// - Source: SplitMix64, Steele, Lea and Flood (2014).
struct SeededGenerator: RandomNumberGenerator, Sendable {

  private var state: UInt64

  /// Creates a generator from a seed.
  init(seed: UInt64) {
    state = seed
  }

  /// Returns the next number of the sequence.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// Returns a number in 0 ..< `bound`, nearly uniform: off by at most `bound`/2³² of each.
  ///
  /// - Precondition: `bound` is in 1 ... 2³².
  mutating func below(_ bound: Int) -> Int {
    Int(((next() >> 32) &* UInt64(bound)) >> 32)
  }

  /// Returns a number in 0 ..< 1.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
