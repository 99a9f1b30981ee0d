// What the neurons of a population do with what they receive.

public import Diagnostics

/// The dynamics of a population's neurons.
///
/// Values are in units: a neuron that emits n units in a window says n · quantum. The sum of
/// what projections deliver in a tick (`rate`) or in a window (`phased`, `weighted`), bias
/// included, is called the input I below.
public enum NeuronModel: Hashable, Sendable {

  /// Driven from outside by an encoder: emits a graded value, each tick under `rate`, once
  /// otherwise.
  case source

  /// Stateless, without bias: emits I, at once and graded. Carries sums, averages,
  /// concatenations and moved elements; hardware targets fold it away.
  case relay

  /// Emits the largest of the values of the neurons in each window of its projection.
  ///
  /// It receives one projection, a `pool` without shift, and has no bias; neurons outside the
  /// image do not count, and a window that lies outside altogether says 0.
  ///
  /// Under `rate` the value of a neuron at tick t is its count of units up to t, and the
  /// population emits the difference to its value at t − 1: exact, and at most one spike a tick
  /// for sources that fire at most one. Otherwise integers are pooled, exactly.
  case maximum

  /// Integrates and fires, with reset by subtraction.
  case integrateAndFire(IntegrateAndFire)

  /// Integrates with a leak and fires, with a refractory time.
  case leaky(LeakyIntegrateAndFire)

  /// Integrates whole numbers into a current and a potential that decay, and fires.
  case currentBased(CurrentBasedLeaky)

  /// Integrates whole numbers into a current and a potential that decay by shifts, and fires, several
  /// times a tick if need be.
  case bitShift(BitShiftLeaky)

  /// Integrates and says the value of the interval in which the potential lies.
  case staircase(Staircase)

  /// Integrates and never fires: the readout.
  case integrator

  /// The keyword in the text form.
  public var mnemonic: String {
    switch self {
    case .source: "source"
    case .relay: "relay"
    case .maximum: "maximum"
    case .integrateAndFire: IntegrateAndFire.mnemonic
    case .leaky: LeakyIntegrateAndFire.mnemonic
    case .currentBased: CurrentBasedLeaky.mnemonic
    case .bitShift: BitShiftLeaky.mnemonic
    case .staircase: Staircase.mnemonic
    case .integrator: "integrator"
    }
  }

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    switch self {
    case .integrateAndFire(let model): model.attributes
    case .leaky(let model): model.attributes
    case .currentBased(let model): model.attributes
    case .bitShift(let model): model.attributes
    case .staircase(let model): model.attributes
    case .source, .relay, .maximum, .integrator: []
    }
  }

  /// `true` iff the neurons keep a membrane potential.
  public var integrates: Bool {
    switch self {
    case .integrateAndFire, .leaky, .currentBased, .bitShift, .staircase, .integrator: true
    case .source, .relay, .maximum: false
    }
  }

  /// Returns the model with every tensor replaced by what `replacement` makes of it.
  public func mappingTensors(_ replacement: (TensorID) -> TensorID) -> NeuronModel {
    switch self {
    case .integrateAndFire(var model):
      model.threshold = replacement(model.threshold)
      model.initial = model.initial.map(replacement)
      model.retraction = model.retraction.map(replacement)
      return .integrateAndFire(model)
    case .leaky(var model):
      model.threshold = replacement(model.threshold)
      model.initial = model.initial.map(replacement)
      return .leaky(model)
    case .currentBased(var model):
      model.threshold = replacement(model.threshold)
      model.initial = model.initial.map(replacement)
      return .currentBased(model)
    case .bitShift(var model):
      model.threshold = replacement(model.threshold)
      return .bitShift(model)
    case .staircase(let model):
      return .staircase(
        Staircase(thresholds: replacement(model.thresholds), values: replacement(model.values)))
    case .source, .relay, .maximum, .integrator: return self
    }
  }

  /// Creates the model with the given keyword from its parameters.
  ///
  /// - Throws: `ir.unknown-neuron`, `ir.bad-attribute`.
  public init(mnemonic: String, reading reader: inout AttributeReader) throws(Diagnostic) {
    switch mnemonic {
    case "source": self = .source
    case "relay": self = .relay
    case "maximum": self = .maximum
    case "integrator": self = .integrator
    case IntegrateAndFire.mnemonic: self = .integrateAndFire(try .init(reading: &reader))
    case LeakyIntegrateAndFire.mnemonic: self = .leaky(try .init(reading: &reader))
    case CurrentBasedLeaky.mnemonic: self = .currentBased(try .init(reading: &reader))
    case BitShiftLeaky.mnemonic: self = .bitShift(try .init(reading: &reader))
    case Staircase.mnemonic: self = .staircase(try .init(reading: &reader))
    default: throw .error("ir.unknown-neuron", "there is no neuron model '\(mnemonic)'")
    }
  }
}

/// Integrate-and-fire with reset by subtraction; the arithmetic is exact in integers.
///
/// Let θ be the threshold, h = initial potential (⌊θ/2⌋ unless given), Q the code's levels.
///
/// `rate`, unsigned: v(0) = h; each tick v ← v + I; if v ≥ θ: emit +1, v ← v − θ.
///
/// `rate`, signed: v(0) = 0; each tick v ← v + I; if v ≥ θ − h: emit +1, v ← v − θ; else if
/// v ≤ −(θ − h): emit −1, v ← v + θ.
///
/// `rate`, retracting: as unsigned, but a neuron that is not due takes a unit back, emits −1 and
/// v ← v + θ, if v < −r and the units that it has emitted so far add up to more than 0.
///
/// `phased`, `weighted`: v = Σ I over the window; then q units are emitted,
/// unsigned: q = min(max(⌊(v + h)/θ⌋, 0), Q);
/// signed: q = sgn(v) · min(⌊(|v| + h)/θ⌋, Q).
/// Under `phased` in the first |q| ticks, under `weighted` as the binary digits of |q|.
///
/// - Source: reset by subtraction: Rueckauer et al. (2017), equation 4; h = θ/2: Bu et al. (2022),
///   theorem 2; retracting: Wang et al. (2022), "Signed Neuron with Memory", equation 9, where
///   r = θ; `weighted`: Stöckl and Maass (2021), equations 1 to 3.
public struct IntegrateAndFire: Attributed {

  /// θ, [channels] or the population's shape, positive.
  public var threshold: TensorID

  /// h, the potential before the first input, same shape as θ; ⌊θ/2⌋ if absent.
  public var initial: TensorID?

  /// `true` iff neurons emit negative units too.
  public var isSigned: Bool

  /// r, same shape as θ, not negative; neurons take back no unit if absent.
  ///
  /// Only unsigned neurons under `rate` retract.
  public var retraction: TensorID?

  /// Creates a model.
  public init(
    threshold: TensorID, initial: TensorID? = nil, isSigned: Bool = false,
    retraction: TensorID? = nil
  ) {
    self.threshold = threshold
    self.initial = initial
    self.isSigned = isSigned
    self.retraction = retraction
  }

  /// `true` iff a neuron may emit a negative unit.
  public var emitsNegative: Bool { isSigned || retraction != nil }

  /// The keyword in the text form.
  public static let mnemonic = "if"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute("threshold", .tensor(threshold)), Attribute("initial", initial.map { .tensor($0) }),
      Attribute("signed", isSigned ? .word("true") : nil),
      Attribute("retraction", retraction.map { .tensor($0) }),
    ].compactMap { $0 }
  }

  /// Creates a model from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    threshold = try reader.tensor("threshold")
    initial = try reader.optionalTensor("initial")
    isSigned = try reader.flag("signed")
    retraction = try reader.optionalTensor("retraction")
  }
}
