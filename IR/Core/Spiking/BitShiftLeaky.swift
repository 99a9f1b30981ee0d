// Leaky integrate-and-fire neurons of whole numbers whose decays are shifts, and which may fire several
// times in a tick. They share no rule with those whose decays are products.

public import Diagnostics

/// Leaky integrate-and-fire neurons in registers of 16 bits that decay by shifts; the code is `rate`.
///
/// All numbers are integers. Let C be what arrives in a tick from sources with constant encoders,
/// directly or through relays, I what else arrives, b the bias, θ the threshold, s and m the shifts
/// of current and potential, N the most spikes in a tick, sat(x) the number of 16 bits nearest to x, and
/// loss(x, k) = ⌊x / 2^k⌋, but 1 for 0 < x < 2^k. In each tick, with i, v = 0 before the first:
///
///     i ← sat(i + I)                             several spikes of a neuron are as many terms of I
///     i ← i − loss(i, s)
///     v ← sat(v + sat(sat(i − loss(v, m)) + C + b))
///     v ≥ θ: emit n = min(⌊v/θ⌋, N), v ← v − n·θ
///
/// States reach 0 from both sides: what a shift no longer reaches is lost one by one. Under a
/// current that never changes, of J thresholds in the long run, a neuron fires every
/// 2^m · ln(J / (J − 1)) ticks on average, as one in floating point with that time constant and no
/// refractory time does: what a tick exceeds the threshold by is kept.
///
/// - Source: the neuron of the simulation of the Xylo family in xylosim 0.1.3 (version 2), which adds
///   up input spike by spike and limits each sum: equal to this rule wherever no part of the input
///   of a tick leaves 16 bits.
public struct BitShiftLeaky: Attributed {

  /// θ, i32, [channels] or the population's shape, 1 to 32,767.
  public var threshold: TensorID

  /// s, what a current loses in a tick is its 2^s-th part; 1 to 15.
  public var currentShift: Int

  /// m, what a potential loses in a tick is its 2^m-th part; 1 to 15.
  public var potentialShift: Int

  /// N, the most spikes of a neuron in a tick; 1 to 127.
  public var mostSpikes: Int

  /// Creates a model.
  public init(threshold: TensorID, currentShift: Int, potentialShift: Int, mostSpikes: Int = 1) {
    self.threshold = threshold
    self.currentShift = currentShift
    self.potentialShift = potentialShift
    self.mostSpikes = mostSpikes
  }

  /// The numbers that registers hold.
  public static let register = Int(Int16.min)...Int(Int16.max)

  /// The shifts that there are.
  public static let shifts = 1...15

  /// The keyword in the text form.
  public static let mnemonic = "shift-lif"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute("threshold", .tensor(threshold)),
      Attribute("current-shift", .integer(currentShift)),
      Attribute("potential-shift", .integer(potentialShift)),
      Attribute("most-spikes", mostSpikes == 1 ? nil : .integer(mostSpikes)),
    ].compactMap { $0 }
  }

  /// Creates a model from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    threshold = try reader.tensor("threshold")
    currentShift = try reader.integer("current-shift")
    potentialShift = try reader.integer("potential-shift")
    mostSpikes = try reader.integer("most-spikes", default: 1)
  }

  /// What is wrong with the numbers, if anything.
  var violation: String? {
    for (name, value) in [("current-shift", currentShift), ("potential-shift", potentialShift)]
    where !Self.shifts.contains(value) {
      return "'\(name)' is \(value), accepted range is [1, 15]"
    }
    return 1...127 ~= mostSpikes
      ? nil : "'most-spikes' is \(mostSpikes), accepted range is [1, 127]"
  }
}

// MARK: - Bounds

extension BitShiftLeaky {

  /// Returns the range of currents, before they decay, under an input of range `input` in each tick;
  /// `nil` if they may leave their register.
  ///
  /// y ← y − ⌊y/2^s⌋ + I is less than (I + 1) · 2^s for ever if it is once; losses of negative
  /// currents are rounded up in magnitude, so that I · 2^s bounds them.
  package func current(under input: ValueRange) -> ValueRange? {
    let sum = Self.held(input.hull(.zero), shift: currentShift)
    let register = Self.register
    return sum.low >= Double(register.lowerBound) && sum.high <= Double(register.upperBound)
      ? sum : nil
  }

  /// Returns the range of potentials, those before neurons fire included, under an input of range
  /// `input`, and a bias, in each tick.
  ///
  /// Constant input goes to the potential at once; to take it for a current is no smaller.
  func potential(under input: ValueRange, bias: ValueRange) -> ValueRange {
    let all = ValueRange(Double(Self.register.lowerBound), Double(Self.register.upperBound))
    guard let current = current(under: input) else { return all }
    let sum = Self.held(current + bias.hull(.zero), shift: potentialShift)
    return ValueRange(max(all.low, sum.low), min(all.high, sum.high))
  }

  /// Returns the range of what loses its 2^shift-th part in a tick and gains `gain`, which holds 0.
  private static func held(_ gain: ValueRange, shift: Int) -> ValueRange {
    let sum = gain * Double(1 << shift)
    return ValueRange(sum.low, sum.high > 0 ? sum.high + Double(1 << shift) : 0)
  }

  /// Returns the range of units of neurons with the threshold `threshold` whose potentials have the
  /// range `potential`.
  func units(_ threshold: Double, under potential: ValueRange) -> ValueRange {
    let most = (max(0, potential.high) / max(1, threshold)).rounded(.down)
    return ValueRange(0, min(most, Double(mostSpikes)))
  }
}
