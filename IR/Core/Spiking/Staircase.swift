// Neurons whose output is any function of their potential that takes whole numbers of units.

public import Diagnostics

/// A neuron that says the value of the interval in which its potential lies; exact in integers.
///
/// Let θ₁ ≤ … ≤ θₘ be the thresholds of a neuron's channel and y₀, …, yₘ the values, in units. The
/// staircase is q(v) = y_k, k being the number of thresholds that v reaches: θ ≤ v. Equal thresholds
/// leave values out. Values may be negative and need not ascend.
///
/// `phased`, `weighted`: v = Σ I over the window; then q(v) units are emitted: the sign of q with
/// the first |q| ticks or the binary digits of |q|, as by signed `if` neurons.
///
/// `rate`: v(0) = 0; each tick v ← v + I. At tick t = 1, 2, …, with T the ticks of the code, the
/// window is expected to end at w = ⌊v·T/t⌋, limited to 32 bits, so that
/// g = sgn q(w) · ⌊(2·t·|q(w)| + T)/(2T)⌋ units should have been said; the neuron emits the sign of
/// g − n, where n is the sum of what it emitted so far.
///
/// - Source: multi-level neurons as in Stöckl and Maass (2021), section 2, with fitted thresholds in
///   place of trained ones; the rule for `rate` follows from t·q/T, the count that an even spike
///   train of q spikes in T ticks has at tick t.
public struct Staircase: Attributed {

  /// θ, ascending along the first dimension: [steps], or [steps, channels].
  public var thresholds: TensorID

  /// y, i32 [steps + 1], units, each of a magnitude of at most the levels of the code.
  public var values: TensorID

  /// Creates a model.
  public init(thresholds: TensorID, values: TensorID) {
    self.thresholds = thresholds
    self.values = values
  }

  /// The largest number of steps: from the highest level down to the lowest, up again, and spare.
  public static let mostSteps = 1 << 14

  /// The keyword in the text form.
  public static let mnemonic = "levels"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute(name: "thresholds", value: .tensor(thresholds)),
      Attribute(name: "values", value: .tensor(values)),
    ]
  }

  /// Creates a model from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    thresholds = try reader.tensor("thresholds")
    values = try reader.tensor("values")
  }
}
