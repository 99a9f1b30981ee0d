// Normalized exponentials: attributes, shape rule, equation.

public import Diagnostics

/// Normalized exponentials along the last dimension, or their logarithms.
///
/// out[…,c] = e^(in[…,c]) / Σ_k e^(in[…,k]).
public struct Softmax: Operator {

  /// `true` iff the logarithm is computed.
  public var isLogarithm: Bool

  /// Creates a softmax.
  public init(isLogarithm: Bool = false) {
    self.isLogarithm = isLogarithm
  }

  /// The keyword in the text form.
  public static let mnemonic = "softmax"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [Attribute("log", isLogarithm ? .word("true") : nil)].compactMap { $0 }
  }

  /// Creates a softmax from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    isLogarithm = try reader.flag("log")
  }

  /// Returns the output shape, which is the operand's.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    inputs[0]
  }
}
