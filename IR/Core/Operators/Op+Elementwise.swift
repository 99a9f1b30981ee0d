// Combinations of operands element by element: attributes, shape rule, equation.

public import Diagnostics

/// A combination of two or more operands, element by element, with broadcasting.
public struct Elementwise: Operator {

  /// How operands are combined.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The sum of all operands.
    case add
    /// The first operand minus the second.
    case subtract
    /// The product of all operands.
    case multiply
    /// The first operand divided by the second.
    case divide
    /// The sum of all operands divided by their number.
    case average
    /// The largest of all operands.
    case maximum
    /// The smallest of all operands.
    case minimum
  }

  /// How operands are combined.
  public var kind: Kind

  /// Creates a combination.
  public init(_ kind: Kind) {
    self.kind = kind
  }

  /// The keyword in the text form.
  public static let mnemonic = "elementwise"

  /// Two operands for differences and quotients, one or more for the others.
  public var arity: ClosedRange<Int> {
    switch kind {
    case .subtract, .divide: 2...2
    case .add, .multiply, .average, .maximum, .minimum: 1...Int.max
    }
  }

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [Attribute(name: "kind", value: .word(kind.rawValue))]
  }

  /// Creates a combination from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    kind = try reader.keyword("kind")
  }

  /// Returns the shape to which the operands broadcast.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    var result = inputs[0]
    for input in inputs.dropFirst() {
      guard let joint = Shape.broadcast(result, input) else {
        throw .badShape("operands of shapes \(result) and \(input) do not broadcast")
      }
      result = joint
    }
    return result
  }
}
