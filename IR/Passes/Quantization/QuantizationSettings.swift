// What the options of `quantize` ask for.

internal import Kernels
internal import PluginAPI

/// How weights become integers.
struct QuantizationSettings: Sendable {

  /// Which channels share a scale, and what scales may be.
  enum Scales: String {
    /// One scale a channel.
    case channel
    /// One scale for all channels of a population.
    case tensor
    /// One scale a channel, such that thresholds are powers of two.
    case powerOfTwo = "power-of-two"
    /// One scale a channel, such that a population has few thresholds, each with few digits.
    case profile
  }

  /// How scales are chosen.
  enum Clipping: String {
    /// So that the largest weight is not clipped.
    case maximum = "max"
    /// So that the squared error is least.
    case leastSquares = "mmse"
  }

  /// How weights are rounded.
  enum Rounding: String {
    /// Each to the nearest integer.
    case nearest
    /// One after another, each making up for those before.
    case feedback = "gptq"
  }

  /// What rounded weights should reproduce.
  enum Target: String {
    /// The weights' own sums of what the sources say.
    case weights
    /// The sums that the original network computes.
    case outputs
  }

  /// In which order weights are rounded.
  enum Order: String {
    /// Those whose inputs vary most first.
    case activity
    /// As they are stored.
    case stored
  }

  /// The integers that a weight can be.
  var levels: WeightLevels
  /// Which channels share a scale.
  var scales: Scales
  /// How scales are chosen.
  var clipping: Clipping
  /// How weights are rounded.
  var rounding: Rounding
  /// What rounded weights should reproduce.
  var target: Target
  /// In which order weights are rounded.
  var order: Order
  /// What thresholds may be where scales are those of profiles.
  var profiles: ThresholdProfiles
  /// The largest magnitude of one-to-one weights.
  var largestIdentity: Float
  /// The largest threshold of leaky neurons, membrane units.
  var largestThreshold: Float
  /// The largest sum of a threshold and a bias of leaky neurons, membrane units.
  var largestDrive: Float
  /// What is added to the second moments of the inputs, as a part of their mean.
  var damping: Double
  /// How many samples to measure.
  var samples: Int
  /// How often biases are corrected.
  var corrections: Int

  /// The options of the pass.
  static let options = [
    PassOption(
      "bits", .word(["8", "7", "6", "5", "4", "3", "2", "ternary", "binary"]), default: "8",
      "the width of weights, bits; ternary: −1, 0, 1; binary: −1, 1"),
    PassOption(
      "scales", .word(["channel", "tensor", "power-of-two", "profile"]), default: "channel",
      "one scale a channel, one for all, or thresholds that are powers of two or few"),
    PassOption(
      "profiles", .integer(1...4096), default: "8",
      "how many thresholds a population may have, where scales=profile"),
    PassOption(
      "mantissa", .integer(1...24), default: "8",
      "the width of a threshold without its trailing zeros, bits, where scales=profile"),
    PassOption(
      "exponent", .integer(0...12), default: "0",
      "the number of zeros in which a threshold ends at least, where scales=profile"),
    PassOption(
      "identity-bits", .integer(8...16), default: "16", "the width of one-to-one weights, bits"),
    PassOption(
      "leaky-threshold", .integer(0...16_777_216), default: "0",
      "the largest threshold of leaky neurons, in membrane units; 0: no limit"),
    PassOption(
      "leaky-drive", .integer(0...16_777_216), default: "0",
      "the largest sum of a threshold and a bias of leaky neurons, in membrane units; 0: no limit"),
    PassOption(
      "clip", .word(["max", "mmse"]), default: "max",
      "scales that clip no weight, or that make the squared error least"),
    PassOption(
      "rounding", .word(["nearest", "gptq"]), default: "nearest",
      "each weight by itself, or each making up for those before"),
    PassOption(
      "target", .word(["weights", "outputs"]), default: "weights",
      "what gptq reproduces: the layer's own sums, or those of the original network"),
    PassOption(
      "order", .word(["activity", "stored"]), default: "activity",
      "the order of gptq: weights of varying inputs first, or as stored"),
    PassOption(
      "damping", .number(1e-6...10), default: "0.01",
      "what gptq adds to second moments, as a part of their mean"),
    PassOption(
      "samples", .integer(1...100_000), default: "512", "how many samples gptq measures"),
    PassOption(
      "corrections", .integer(0...16), default: "0",
      "how often a population's biases are corrected before the next one is quantized"),
  ]

  /// Reads the options of the pass.
  init(_ arguments: PassArguments) {
    switch arguments.word("bits") {
    case "ternary": levels = .symmetric(largest: 1)
    case "binary": levels = .binary
    case let bits: levels = .symmetric(largest: (1 << ((Int(bits) ?? 8) - 1)) - 1)
    }
    scales = Scales(rawValue: arguments.word("scales")) ?? .channel
    clipping = Clipping(rawValue: arguments.word("clip")) ?? .maximum
    rounding = Rounding(rawValue: arguments.word("rounding")) ?? .nearest
    target = Target(rawValue: arguments.word("target")) ?? .weights
    order = Order(rawValue: arguments.word("order")) ?? .activity
    profiles = ThresholdProfiles(
      count: arguments.integer("profiles"), mantissa: arguments.integer("mantissa"),
      exponent: arguments.integer("exponent"))
    largestIdentity = Float(1 << (arguments.integer("identity-bits") - 1) - 1)
    largestThreshold = arguments.limit("leaky-threshold")
    largestDrive = arguments.limit("leaky-drive")
    damping = arguments.number("damping")
    samples = arguments.integer("samples")
    corrections = arguments.integer("corrections")
  }
}

extension PassArguments {

  /// Returns the limit called `name`, of which 0 is none.
  fileprivate func limit(_ name: String) -> Float {
    let value = integer(name)
    return value > 0 ? Float(value) : .infinity
  }
}
