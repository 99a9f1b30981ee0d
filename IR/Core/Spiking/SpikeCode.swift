// How a population says a number in spikes.

public import Diagnostics

/// The spike code of a population: the meaning of its spikes and of its time.
///
/// | code | one unit | largest value | a layer |
/// |---|---|---|---|
/// | `rate` | a spike in T ticks | T | integrates and fires in every tick |
/// | `phased` | a spike | T | integrates its whole window, then fires |
/// | `weighted` | the lowest of K binary weights | 2^K − 1 | integrates its window, then fires |
public enum SpikeCode: Hashable, Sendable, CustomStringConvertible {
  /// Integrate-and-fire over the given number of ticks, at most one spike a tick.
  case rate(timesteps: Int)
  /// Integrate, then fire at most the given number of spikes.
  case phased(timesteps: Int)
  /// Integrate, then fire the given number of binary-weighted spikes, most significant first.
  case weighted(bits: Int)

  /// The largest number of units that a neuron can say in a window.
  public var levels: Int {
    switch self {
    case .rate(let timesteps), .phased(let timesteps): timesteps
    case .weighted(let bits): 1 << bits - 1
    }
  }

  /// The number of ticks in a window.
  public var timesteps: Int {
    switch self {
    case .rate(let timesteps), .phased(let timesteps): timesteps
    case .weighted(let bits): bits
    }
  }

  /// The keyword: `rate`, `phased` or `weighted`.
  public var keyword: String {
    switch self {
    case .rate: "rate"
    case .phased: "phased"
    case .weighted: "weighted"
    }
  }

  /// `true` iff a layer fires while it integrates.
  public var isRate: Bool {
    if case .rate = self { true } else { false }
  }

  /// Creates the code `keyword` with the given number of ticks.
  ///
  /// - Throws: `ir.bad-code` if there is no such code or the number is out of range: 1 to 4,096
  ///   for `rate` and `phased`, 1 to 12 for `weighted`.
  public init(keyword: String, timesteps: Int) throws(Diagnostic) {
    let limit = keyword == "weighted" ? 12 : 4096
    guard 1...limit ~= timesteps else {
      throw .error(
        "ir.bad-code",
        "'\(keyword)' with \(timesteps, of: "time step"), accepted range is [1, \(limit)]",
        exitCode: .usage)
    }
    switch keyword {
    case "rate": self = .rate(timesteps: timesteps)
    case "phased": self = .phased(timesteps: timesteps)
    case "weighted": self = .weighted(bits: timesteps)
    default:
      throw .error(
        "ir.bad-code", "there is no spike code '\(keyword)', expected rate, phased or weighted",
        exitCode: .usage)
    }
  }

  /// The code as text: `rate(32)`.
  public var description: String { "\(keyword)(\(timesteps))" }
}
