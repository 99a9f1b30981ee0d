// The firing rate of leaky integrate-and-fire neurons: attributes, shape rule, equation.

public import Diagnostics

/// The rate at which leaky integrate-and-fire neurons fire under a constant current.
///
/// out = amplitude / (τref + τrc · ln(1 + 1/s)), where s = γ · ln(1 + e^(j/γ)) is the part of the
/// current above the threshold, softened, and j = gain · (in + offset); gain, offset and amplitude
/// are one a channel. For γ = 0, s = max(0, j). The rate of s = 0 is 0.
///
/// Times are in seconds, gain is in thresholds per unit of the operand, amplitude in units of the
/// result per spike and second.
///
/// - Source: Hunsberger and Eliasmith (2015), equations 2 to 4; (2016), section 3.1.
public struct SoftLIF: Operator {

  /// The current, in thresholds, that a unit of the operand makes; [channels], positive.
  public var gain: TensorID

  /// What is added to the operand, [channels]; 0 if absent.
  public var offset: TensorID?

  /// The value of a spike a second; [channels], positive.
  public var amplitude: TensorID

  /// τrc, the time constant of the membrane, seconds.
  public var tauRC: Float

  /// τref, the time after a spike in which the neuron integrates nothing, seconds.
  public var tauRef: Float

  /// γ, the width of the softened threshold, in thresholds.
  public var gamma: Float

  /// Creates a response function with the constants of the paper.
  public init(
    gain: TensorID, offset: TensorID? = nil, amplitude: TensorID, tauRC: Float = 0.05,
    tauRef: Float = 0.001, gamma: Float = 0.02
  ) {
    self.gain = gain
    self.offset = offset
    self.amplitude = amplitude
    self.tauRC = tauRC
    self.tauRef = tauRef
    self.gamma = gamma
  }

  /// The keyword in the text form.
  public static let mnemonic = "soft-lif"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute("gain", .tensor(gain)), Attribute("offset", offset.map { .tensor($0) }),
      Attribute("amplitude", .tensor(amplitude)), Attribute("tau-rc", .number(tauRC)),
      Attribute("tau-ref", .number(tauRef)), Attribute("gamma", .number(gamma)),
    ].compactMap { $0 }
  }

  /// Creates a response function from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    gain = try reader.tensor("gain")
    offset = try reader.optionalTensor("offset")
    amplitude = try reader.tensor("amplitude")
    tauRC = try reader.number("tau-rc")
    tauRef = try reader.number("tau-ref")
    gamma = try reader.number("gamma")
  }

  /// Returns the output shape, which is the operand's.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    for (name, id) in [("gain", gain), ("offset", offset), ("amplitude", amplitude)] {
      guard let id else { continue }
      let found = try tensors.shape(of: id)
      guard found == [inputs[0].channels] else {
        throw .badShape("\(name) has shape \(found), expected [\(inputs[0].channels)]")
      }
    }
    // Parameters that are no numbers have an error of their own.
    guard !(tauRC <= 0), !(tauRef < 0), !(gamma < 0) else {
      throw .badShape(
        "tau-rc is \(tauRC), tau-ref \(tauRef) and gamma \(gamma); expected a positive number and "
          + "two that are not negative")
    }
    return inputs[0]
  }
}

extension ANNGraph {

  /// The name of the first node with the response of leaky neurons, `nil` if there is none.
  package var softenedLayer: String? {
    nodes.elements.first { if case .softLIF = $0.op { true } else { false } }?.name
  }
}
