// Batch normalization: attributes, shape rule, equation.

public import Diagnostics

/// Normalization by statistics that training gathered, along the last dimension.
///
/// out[…,c] = scale[c] · (in[…,c] − mean[c]) / √(variance[c] + ε) + offset[c].
///
/// - Source: Ioffe and Szegedy (2015), algorithm 2; Keras `BatchNormalization`.
public struct BatchNorm: Operator {

  /// γ, [channels]; 1 if absent.
  public var scale: TensorID?

  /// β, [channels]; 0 if absent.
  public var offset: TensorID?

  /// The moving mean, [channels].
  public var mean: TensorID

  /// The moving variance, [channels].
  public var variance: TensorID

  /// ε, added to the variance.
  public var epsilon: Float

  /// Creates a normalization.
  public init(
    scale: TensorID?, offset: TensorID?, mean: TensorID, variance: TensorID, epsilon: Float
  ) {
    self.scale = scale
    self.offset = offset
    self.mean = mean
    self.variance = variance
    self.epsilon = epsilon
  }

  /// The keyword in the text form.
  public static let mnemonic = "batch-norm"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute("scale", scale.map { .tensor($0) }),
      Attribute("offset", offset.map { .tensor($0) }),
      Attribute("mean", .tensor(mean)), Attribute("variance", .tensor(variance)),
      Attribute("epsilon", .number(epsilon)),
    ].compactMap { $0 }
  }

  /// Creates a normalization from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    scale = try reader.optionalTensor("scale")
    offset = try reader.optionalTensor("offset")
    mean = try reader.tensor("mean")
    variance = try reader.tensor("variance")
    epsilon = try reader.number("epsilon")
  }

  /// Returns the output shape, which is the operand's.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    let channels = inputs[0].channels
    if let scale { try tensors.requireVector(scale, count: channels, as: "scale") }
    if let offset { try tensors.requireVector(offset, count: channels, as: "offset") }
    try tensors.requireVector(mean, count: channels, as: "mean")
    try tensors.requireVector(variance, count: channels, as: "variance")
    return inputs[0]
  }
}

extension BatchNorm {

  /// Returns the normalization as factor and offset, one a channel.
  ///
  /// g = γ/√(σ² + ε), h = β − μ·g, computed in double precision.
  ///
  /// - Parameters:
  ///   - tensors: the graph's constants.
  ///   - channels: the channels of the operand.
  /// - Returns: g and h.
  /// - Throws: as `TensorStore.floats`.
  package func affine(
    _ tensors: TensorStore, channels: Int
  ) throws(Diagnostic) -> (factor: [Float], offset: [Float]) {
    let gamma = try scale.map { (id) throws(Diagnostic) in try tensors.floats(id) }
    let beta = try offset.map { (id) throws(Diagnostic) in try tensors.floats(id) }
    let (mu, variance) = (try tensors.floats(mean), try tensors.floats(variance))
    var (factor, shift) = ([Float](), [Float]())
    for c in 0..<channels {
      let root = (Double(variance[c]) + Double(epsilon)).squareRoot()
      let g = Double(gamma?[c] ?? 1) / root
      factor.append(Float(g))
      shift.append(Float(Double(beta?[c] ?? 0) - Double(mu[c]) * g))
    }
    return (factor, shift)
  }
}
