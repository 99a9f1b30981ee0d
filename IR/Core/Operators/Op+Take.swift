// The selection of constant positions along a dimension: attributes, shape rule, equation.

public import Diagnostics

/// Constant positions of the operand along a dimension, in any order and any number of times.
///
/// out[…,i,…] = in[…,indices[i],…], the index standing at `axis`.
///
/// Slices that run backwards, paddings that mirror or repeat the operand, and nearest-neighbour
/// interpolation in every convention are selections.
///
/// - Source: ONNX `Gather` with constant indices; NumPy's `take`.
public struct Take: Operator {

  /// The dimension along which elements are selected.
  public var axis: Int

  /// The positions selected, one for each of the result, at least one.
  public var indices: [Int]

  /// Creates a selection.
  public init(axis: Int, indices: [Int]) {
    self.axis = axis
    self.indices = indices
  }

  /// The keyword in the text form.
  public static let mnemonic = "take"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute(name: "axis", value: .integer(axis)),
      Attribute(name: "indices", value: .integers(indices)),
    ]
  }

  /// Creates a selection from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    axis = try reader.integer("axis")
    indices = try reader.integers("indices")
  }

  /// Returns the operand's shape with as many elements along the axis as are selected.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    var result = inputs[0]
    guard (0..<result.rank).contains(axis) else {
      throw .badShape("axis is \(axis), accepted range is [0, \(result.rank - 1)]")
    }
    guard 1...Window.limit ~= indices.count else {
      throw .badShape("\(indices.count) positions are selected, accepted are 1 to \(Window.limit)")
    }
    if let bad = indices.first(where: { !(0..<result[axis]).contains($0) }) {
      throw .badShape(
        "position \(bad) is selected, accepted range is [0, \(result[axis] - 1)] along axis "
          + "\(axis) of \(result)")
    }
    result[axis] = indices.count
    return result
  }
}
