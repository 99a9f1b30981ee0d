// The parametric rectifier: attributes, shape rule, equation.

public import Diagnostics

/// A rectifier with a learned negative slope.
///
/// out = x ≥ 0: x; else slope · x, with the slope broadcast to the operand's shape.
///
/// - Source: He et al. (2015), equation 1; Keras `PReLU`, ONNX `PRelu`.
public struct PReLU: Operator {

  /// The slopes; their shape broadcasts to the operand's.
  public var slope: TensorID

  /// Creates a parametric rectifier.
  public init(slope: TensorID) {
    self.slope = slope
  }

  /// The keyword in the text form.
  public static let mnemonic = "prelu"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] { [Attribute(name: "slope", value: .tensor(slope))] }

  /// Creates a parametric rectifier from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    slope = try reader.tensor("slope")
  }

  /// Returns the output shape, which is the operand's.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    let found = try tensors.shape(of: slope)
    guard Shape.broadcast(found, inputs[0]) == inputs[0] else {
      throw .badShape("slope has shape \(found), which does not broadcast to \(inputs[0])")
    }
    return inputs[0]
  }
}
