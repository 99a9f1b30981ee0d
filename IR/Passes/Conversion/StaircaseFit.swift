// Activations as staircases: where a function of the membrane sum crosses from one level to the
// next.

internal import Kernels
internal import SpikeIR
internal import SpikeInterpreter

/// The staircase nearest to a function: q(x) = f(x)/quantum rounded to the nearest whole number, and
/// cut off at the levels of the code, channel by channel.
///
/// Its thresholds are the arguments at which f crosses the middles between levels, to the last digit
/// of single precision: first those of the levels downwards, up to the point where f turns, then
/// those upwards. A channel that leaves out a level has equal thresholds around it.
struct StaircaseFit {

  /// The thresholds, [steps, channels].
  private(set) var thresholds: [Float] = []

  /// The values, units, [steps + 1].
  private(set) var values: [Int32] = []

  /// The middles that are crossed: [steps].
  private var crossings: [(middle: Float, falls: Bool)] = []

  /// Thresholds of this magnitude are beyond what sums reach.
  static let unreachable: Float = 1e30

  /// What becomes of such thresholds in integers.
  static let farthest: Float = 1_073_741_824

  /// Finds the staircase of `function`.
  ///
  /// - Parameters:
  ///   - function: the activation; it rises, or falls and then rises.
  ///   - quanta: the real value of a unit, one a channel.
  ///   - levels: the largest magnitude of a value.
  /// - Complexity: O(32 · steps · channels) evaluations of the function.
  init(_ function: Activation, quanta: [Float], levels: Int) {
    let curve = Nonlinearity(function)
    let turn = StaircaseFit.turningPoint(of: function, curve)
    let ends = curve.values(at: [-StaircaseFit.unreachable, turn, StaircaseFit.unreachable])
    let units = ends.map { y in quanta.map { y.units(of: $0, levels: levels) } }
    let lowest = units[1].min() ?? 0
    let first = turn > -StaircaseFit.unreachable ? max(lowest, units[0].max() ?? 0) : lowest
    // A function that says one level only still needs a threshold.
    let last = max(lowest + 1, units[2].max() ?? 0)
    values = [Int32(first)]
    for value in stride(from: first - 1, through: lowest, by: -1) {
      crossings.append((Float(value) + 0.5, true))
      values.append(Int32(value))
    }
    for value in lowest + 1...last {
      crossings.append((Float(value) - 0.5, false))
      values.append(Int32(value))
    }
    findThresholds(curve, turn: turn, quanta)
  }

  /// Returns the argument at which the function is least; the left end if it never falls.
  ///
  /// Searched on grids of 64 intervals, each a 32nd part as long as the one before.
  private static func turningPoint(of function: Activation, _ curve: Nonlinearity) -> Float {
    guard case .turns(var range) = function.course else { return -unreachable }
    for _ in 0..<6 where range.lowerBound < range.upperBound {
      let step = (range.upperBound - range.lowerBound) / 64
      let arguments = (0...64).map { range.lowerBound + Float($0) * step }
      let values = curve.values(at: arguments)
      let least = values.indices.min { values[$0] < values[$1] } ?? 0
      range = arguments[max(0, least - 1)]...arguments[min(64, least + 1)]
    }
    return (range.lowerBound + range.upperBound) / 2
  }

  /// Finds the thresholds of all channels at once, by halving the numbers of single precision.
  private mutating func findThresholds(_ curve: Nonlinearity, turn: Float, _ quanta: [Float]) {
    let (channels, count) = (quanta.count, crossings.count * quanta.count)
    var low = (0..<count).map { i in
      (crossings[i / channels].falls ? -StaircaseFit.unreachable : turn).place
    }
    var high = (0..<count).map { i in
      (crossings[i / channels].falls ? turn : StaircaseFit.unreachable).place
    }
    let middles = (0..<count).map { crossings[$0 / channels].middle * quanta[$0 % channels] }
    while low != high {
      let places = (0..<count).map { low[$0] + (high[$0] - low[$0]) / 2 }
      let found = curve.values(at: places.map { Float(place: $0) })
      for i in 0..<count where low[i] < high[i] {
        let falls = crossings[i / channels].falls
        if falls ? found[i] < middles[i] : found[i] >= middles[i] {
          high[i] = places[i]
        } else {
          low[i] = places[i] + 1
        }
      }
    }
    thresholds = low.map { Float(place: $0) }
    // Rounding of the function may make neighbours cross out of order.
    for i in thresholds.indices.dropFirst(channels) {
      thresholds[i] = max(thresholds[i], thresholds[i - channels])
    }
  }
}

extension Nonlinearity {

  /// Returns the function of each of `arguments`.
  fileprivate func values(at arguments: [Float]) -> [Float] {
    var result = [Float](repeating: 0, count: arguments.count)
    var out = result.mutableSpan
    apply(&out, input: arguments.span)
    return result
  }
}

extension Float {

  /// Returns the number of units of the given value nearest to this number, halves up.
  fileprivate func units(of quantum: Float, levels: Int) -> Int {
    if isNaN { return 0 }
    let limit = Float(levels)
    return Int(Swift.min(Swift.max((self / quantum + 0.5).rounded(.down), -limit), limit))
  }

  /// The place of the number among all numbers of single precision, 0 being that of 0.
  fileprivate var place: Int {
    let magnitude = Int(bitPattern & 0x7fff_ffff)
    return sign == .minus ? -magnitude : magnitude
  }

  /// Creates the number at the given place.
  fileprivate init(place: Int) {
    let magnitude = Float(bitPattern: UInt32(place.magnitude))
    self = place < 0 ? -magnitude : magnitude
  }
}
