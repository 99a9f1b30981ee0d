// Draws that the random graph generators are written with.

extension SplitMix64 {

  /// Returns `true` with the given probability.
  public mutating func chance(_ probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &self) < probability
  }

  /// Returns a number of the range, all equally likely.
  public mutating func int(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &self)
  }

  /// Returns a number of the range.
  public mutating func float(_ range: ClosedRange<Float>) -> Float {
    Float.random(in: range, using: &self)
  }

  /// Returns an element of the list, all equally likely.
  ///
  /// - Precondition: the list is not empty.
  public mutating func pick<T>(_ list: [T]) -> T {
    list[int(0...list.count - 1)]
  }

  /// Returns an integer between −`magnitude` and `magnitude`, one in four of them 0.
  public mutating func weight(_ magnitude: Int) -> Int {
    chance(0.2) ? 0 : int(-magnitude...magnitude)
  }
}
