// The escape hatch: an operator known only by name to the plugin that made it.

public import Diagnostics

/// An operator that a plugin knows by name; everything else refuses it.
public struct CustomOp: Operator {

  /// The name, with a namespace, such as `acme.attention`.
  public var name: String

  /// The shape of the value.
  public var shape: Shape

  /// Parameters that only the plugin understands.
  public var parameters: [Attribute]

  /// Creates a custom operator.
  public init(_ name: String, shape: Shape, parameters: [Attribute] = []) {
    self.name = name
    self.shape = shape
    self.parameters = parameters
  }

  /// The keyword in the text form.
  public static let mnemonic = "custom"

  /// Any number of operands.
  public var arity: ClosedRange<Int> { 0...Int.max }

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute(name: "name", value: .text(name)),
      Attribute(name: "shape", value: .integers(shape.extents)),
    ] + parameters
  }

  /// Creates a custom operator from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    name = try reader.text("name")
    shape = Shape(try reader.integers("shape"))
    parameters = reader.takeAll()
  }

  /// Returns the declared shape.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    guard shape.extents.allSatisfy({ $0 >= 1 }), shape.checkedCount != nil else {
      throw .badShape("custom operator '\(name)' declares the shape \(shape)")
    }
    return shape
  }
}
