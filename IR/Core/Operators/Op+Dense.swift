// The dense layer: attributes, shape rule, equation.

public import Diagnostics

/// A matrix product along the last dimension.
///
/// out[…,k] = bias[k] + Σ_c in[…,c] · kernel[c,k].
///
/// - Source: Keras `Dense`; ONNX `Gemm` with transposed B.
public struct Dense: Operator {

  /// The matrix, [in, out].
  public var kernel: TensorID

  /// The offsets, [out], if any.
  public var bias: TensorID?

  /// Creates a dense layer.
  public init(kernel: TensorID, bias: TensorID? = nil) {
    self.kernel = kernel
    self.bias = bias
  }

  /// The keyword in the text form.
  public static let mnemonic = "dense"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [Attribute("kernel", .tensor(kernel)), Attribute("bias", bias.map { .tensor($0) })]
      .compactMap { $0 }
  }

  /// Creates a dense layer from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    kernel = try reader.tensor("kernel")
    bias = try reader.optionalTensor("bias")
  }

  /// Returns the output shape.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    let k = try tensors.shape(of: kernel)
    guard k.rank == 2, inputs[0].rank >= 1, inputs[0].channels == k[0] else {
      throw .badShape("operand has shape \(inputs[0]), kernel has shape \(k)")
    }
    if let bias { try tensors.requireVector(bias, count: k[1], as: "bias") }
    return Shape(inputs[0].extents.dropLast() + [k[1]])
  }
}
