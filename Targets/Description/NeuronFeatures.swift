// What neurons of a core can do.

/// What neurons of a core can do.
package struct NeuronFeatures: Hashable, Sendable {

  /// The dynamics.
  package var model: Model
  /// The state by name: `u`, `v`.
  package var state: [String: RegisterField]
  /// The parameters by name: `du`, `dv`, `dashSyn`, `dashMem`, `biasMant`, `biasExp`, `vthMant`, `weight…`.
  package var parameters: [String: RegisterField]
  /// The spike test.
  package var comparison: Comparison?
  /// How products are rounded.
  package var rounding: Rounding?
  /// How potentials decay.
  package var leak: Leak?
  /// The resets that are offered, with what each costs.
  package var resets: [Reset]
  /// The refractory times that are offered, ticks, from shortest to longest.
  package var refractory: ClosedRange<Int>?
  /// The sets of parameters that a core can hold, by name: `compartment`, `threshold`.
  package var profiles: [String: Int]
  /// The width of what a neuron emits, bits; 1 for spikes.
  package var outputBits: Int?
  /// The spike codes that the neurons can say; `rate` if none is named.
  package var codes: [String]
  /// How a neuron can say the largest count of several others, `nil` if none can.
  package var maximum: MaximumGate?
  /// Who says so.
  package var evidence = Evidence()

  /// The dynamics.
  package enum Model: String, Hashable, Sendable, CaseIterable {
    case currentBased = "cuba-lif"
    case leaky = "lif"
    case integrateAndFire = "if"
    case trueNorth = "tn-if"
    case bitShift = "cuba-lif-shift"
    case adaptiveAnalog = "adex-analog"
    case programmable
    case reluStep = "relu-step"
    case none
  }

  /// The spike test.
  package enum Comparison: String, Hashable, Sendable, CaseIterable {
    case greater = ">"
    case greaterOrEqual = ">="
  }

  /// How products are rounded.
  package enum Rounding: String, Hashable, Sendable, CaseIterable {
    case towardZero = "toward-zero"
    case floor
    case nearestEven = "nearest-even"
    case none
  }

  /// How potentials decay.
  package enum Leak: String, Hashable, Sendable, CaseIterable {
    case multiplicative, additive, bitshift, bias, none
    case exponentialExact = "exponential-exact"
  }

  /// A reset.
  package struct Reset: Hashable, Sendable {
    /// What becomes of the potential.
    package var mode: Mode
    /// The number of neurons that one with this reset takes.
    package var neuronCost: Int
    /// The largest number of spikes in a tick.
    package var mostSpikesPerStep: Int?

    /// What becomes of the potential.
    package enum Mode: String, Hashable, Sendable, CaseIterable {
      case zero, value, subtract, none, saturate
    }
  }

  /// A neuron that says the largest count of several others.
  package struct MaximumGate: Hashable, Sendable {
    /// The number of neurons that it takes for each of the others.
    package var costPerInput: Int
    /// The number of neurons that it takes beside.
    package var costPerOutput: Int
    /// How well it is founded that this can be built.
    package var grade: Quantity.Grade
  }
}
