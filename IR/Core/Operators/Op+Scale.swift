// Multiplication by and addition of constants: attributes, shape rule, equation; broadcasting.

public import Diagnostics

/// An element-wise affine function with constant coefficients.
///
/// out = in · factor + offset; both broadcast to the operand's shape.
///
/// - Source: Keras `Rescaling` and `Normalization`; ONNX `Mul` and `Add` by a constant.
public struct Scale: Operator {

  /// The factors, if any; their shape broadcasts to the operand's.
  public var factor: TensorID?

  /// The offsets, if any; their shape broadcasts to the operand's.
  public var offset: TensorID?

  /// Creates an affine function.
  public init(factor: TensorID?, offset: TensorID?) {
    self.factor = factor
    self.offset = offset
  }

  /// The keyword in the text form.
  public static let mnemonic = "scale"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute("factor", factor.map { .tensor($0) }),
      Attribute("offset", offset.map { .tensor($0) }),
    ].compactMap { $0 }
  }

  /// Creates an affine function from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    factor = try reader.optionalTensor("factor")
    offset = try reader.optionalTensor("offset")
  }

  /// Returns the output shape, which is the operand's.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    for (role, id) in [("factor", factor), ("offset", offset)] {
      guard let id else { continue }
      let found = try tensors.shape(of: id)
      guard Shape.broadcast(found, inputs[0]) == inputs[0] else {
        throw .badShape("\(role) has shape \(found), which does not broadcast to \(inputs[0])")
      }
    }
    return inputs[0]
  }
}

extension Shape {

  /// Returns the shape to which `a` and `b` broadcast, aligned at the last dimension; `nil` if
  /// they do not.
  ///
  /// - Source: NumPy's general broadcasting rules.
  public static func broadcast(_ a: Shape, _ b: Shape) -> Shape? {
    let rank = max(a.rank, b.rank)
    var extents: [Int] = []
    for i in 0..<rank {
      let x = i < rank - a.rank ? 1 : a[i - (rank - a.rank)]
      let y = i < rank - b.rank ? 1 : b[i - (rank - b.rank)]
      guard x == y || x == 1 || y == 1 else { return nil }
      extents.append(x == 1 ? y : x)
    }
    return Shape(extents)
  }
}
