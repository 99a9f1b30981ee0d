// The graph as the engine sees it: nodes on grids, joined by three kinds of connections only.

internal import Kernels
internal import SpikeIR

/// What a node does with its input.
enum NodeKind: Sendable {
  /// Emits what an encoder wrote.
  case source
  /// Emits the sum.
  case relay
  /// Emits the largest.
  case maximum
  /// Integrates and fires.
  case fire(IntegrateAndFire)
  /// Integrates with a leak and fires.
  case leaky(LeakyIntegrateAndFire)
  /// Integrates into a current and a potential that decay, and fires.
  case decay(CurrentBasedLeaky)
  /// Integrates into a current and a potential that decay by shifts, and fires several times a tick.
  case shift(BitShiftLeaky)
  /// Integrates and says the value of an interval.
  case staircase(Staircase)
  /// Integrates.
  case integrator
}

/// Connections into a node.
struct Edge: Sendable {
  /// The index of the node that emits.
  var source: Int
  /// The pattern.
  var kind: EdgeKind
  /// The power of two by which weights are multiplied.
  var shift: Int
}

/// The pattern of connections.
enum EdgeKind: Sendable {
  /// Every channel under a window to every channel: [taps, channels, target channels].
  case full(weights: [Int32], window: EventWindow)
  /// Each channel under a window to the same channel: [taps, channels], or empty for 1.
  case channelwise(weights: [Int32], window: EventWindow)
  /// Each neuron from one neuron, or from none (−1).
  case wire(starts: [Int32])

  /// The window, if any.
  var window: EventWindow? {
    switch self {
    case .full(_, let window), .channelwise(_, let window): window
    case .wire: nil
    }
  }

  /// `true` iff units arrive as they are, those under a window summed.
  var isUnweighted: Bool {
    switch self {
    case .full: false
    case .channelwise(let weights, _): weights.isEmpty
    case .wire: true
    }
  }
}

/// A population, or a relay that the engine inserts.
struct Node: Sendable {
  /// The name, for diagnostics.
  var name: String
  /// The population, `nil` for an inserted relay.
  var population: PopulationID?
  /// What it does.
  var kind: NodeKind
  /// The code.
  var code: SpikeCode
  /// The arrangement of neurons; the frame is settled when all consumers are known.
  var grid: EventGrid
  /// The connections that it receives.
  var edges: [Edge] = []
  /// The offsets, [channels] or [neurons]; empty for none.
  var bias: [Int32] = []
  /// The smallest and largest units that it emits, each tick under `rate`, once otherwise.
  var units: Interval = .zero
  /// `true` iff it emits the same in every tick.
  var isStatic = false
  /// How it emits: as planes, or as values of a width that is settled last.
  var format: EventFormat = .int32
}

/// A closed interval; bounds are exact as long as they are below 2^53, which suffices to tell
/// whether integers fit 32 bits.
struct Interval: Hashable, Sendable {
  /// The lower bound.
  var low: Double
  /// The upper bound.
  var high: Double

  /// The interval that holds 0 only.
  static let zero = Interval(low: 0, high: 0)

  /// Returns the sums of numbers of both.
  static func + (a: Interval, b: Interval) -> Interval {
    Interval(low: a.low + b.low, high: a.high + b.high)
  }

  /// Returns the products of numbers of `a` with `b`.
  static func * (a: Interval, b: Double) -> Interval {
    b >= 0
      ? Interval(low: a.low * b, high: a.high * b) : Interval(low: a.high * b, high: a.low * b)
  }

  /// Returns the smallest interval that holds both.
  func hull(_ other: Interval) -> Interval {
    Interval(low: min(low, other.low), high: max(high, other.high))
  }

  /// The interval with 0, as integers.
  ///
  /// - Precondition: the bounds fit.
  var integers: ClosedRange<Int> { Int(min(low, 0))...Int(max(high, 0)) }

  /// The largest magnitude.
  var magnitude: Double { max(abs(low), abs(high)) }

  /// Returns whether all numbers lie within the range of `T`.
  func fits<T: FixedWidthInteger>(_: T.Type) -> Bool {
    low >= Double(T.min) && high <= Double(T.max)
  }
}
