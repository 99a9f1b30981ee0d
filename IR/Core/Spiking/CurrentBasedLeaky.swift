// Leaky integrate-and-fire neurons of digital cores: whole numbers only, a current and a potential
// that both decay. Separate from the leaky neurons in floating point, with which they share no rule.

public import Diagnostics

/// Current-based leaky integrate-and-fire neurons in registers of 24 bits; the code is `rate`.
///
/// All numbers are integers. Let C be what arrives in a tick from sources with constant encoders,
/// directly or through relays, I what else arrives, b the bias, θ the threshold, δu and δv what the
/// current and the potential lose in a tick, of 4096, r the refractory time, and
/// left(x, δ) = sgn x · ⌊|x| · (4096 − δ) / 4096⌋. In each tick, with u, h = 0 before the first:
///
///     u ← wrap(left(u, δu) + I)             modulo 2^24, into −2^23 < u ≤ 2^23
///     v ← clip(left(v, δv) + u + C + b)     to ±(2^23 − 1)
///     h > 0: v ← 0, h ← h − 1               h counts the ticks for which v is still held
///     v > θ: emit +1, v ← 0, h ← r − 1
///
/// Under a current that never changes, of J thresholds above the threshold in the long run, a neuron
/// fires every r − 1 + ⌈τ · ln(1 + 1/J)⌉ ticks, τ = −1 / ln(1 − δv/4096): with r = 1 half a tick later
/// on average than one whose potential is not looked at in whole ticks only.
///
/// - Source: Davies et al. (2018), table 1, with the arithmetic of the bit-accurate model of lava-nc
///   0.10; the refractory time and the period are those of the emulator of nengo-loihi.
public struct CurrentBasedLeaky: Attributed {

  /// θ, i32, [channels] or the population's shape, positive, less than 2^23.
  public var threshold: TensorID

  /// v before the first tick, i32, [channels] or the population's shape, 0 to θ; 0 if absent.
  public var initial: TensorID?

  /// δu, what a current loses in a tick, of 4096; 0 to 4096.
  public var currentDecay: Int

  /// δv, what a potential loses in a tick, of 4096; 0 to 4096.
  public var potentialDecay: Int

  /// r, the ticks from a spike to the first in which the potential may change again; 1 to 4096.
  public var refractory: Int

  /// Creates a model.
  public init(
    threshold: TensorID, initial: TensorID? = nil, currentDecay: Int, potentialDecay: Int,
    refractory: Int = 1
  ) {
    self.threshold = threshold
    self.initial = initial
    self.currentDecay = currentDecay
    self.potentialDecay = potentialDecay
    self.refractory = refractory
  }

  /// What a decay of 1 is.
  public static let wholeDecay = 4096

  /// The largest potential, the largest current less one.
  public static let largest = 1 << 23 - 1

  /// The keyword in the text form.
  public static let mnemonic = "cuba-lif"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute("threshold", .tensor(threshold)), Attribute("initial", initial.map { .tensor($0) }),
      Attribute("current-decay", .integer(currentDecay)),
      Attribute("potential-decay", .integer(potentialDecay)),
      Attribute("refractory", refractory == 1 ? nil : .integer(refractory)),
    ].compactMap { $0 }
  }

  /// Creates a model from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    threshold = try reader.tensor("threshold")
    initial = try reader.optionalTensor("initial")
    currentDecay = try reader.integer("current-decay")
    potentialDecay = try reader.integer("potential-decay")
    refractory = try reader.integer("refractory", default: 1)
  }

  /// What is wrong with the numbers, if anything.
  var violation: String? {
    for (name, value) in [("current-decay", currentDecay), ("potential-decay", potentialDecay)]
    where !(0...Self.wholeDecay ~= value) {
      return "'\(name)' is \(value), accepted range is [0, \(Self.wholeDecay)]"
    }
    return 1...4096 ~= refractory
      ? nil : "'refractory' is \(refractory), accepted range is [1, 4096]"
  }
}
