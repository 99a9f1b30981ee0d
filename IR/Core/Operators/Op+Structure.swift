// Operators that move elements without computing: constant, concat, reshape, transpose, pad,
// slice, upsample. Together because each is a few lines.

public import Diagnostics

/// A constant value.
public struct Constant: Operator {

  /// The value.
  public var value: TensorID

  /// Creates a constant.
  public init(_ value: TensorID) {
    self.value = value
  }

  /// The keyword in the text form.
  public static let mnemonic = "constant"

  /// No operands.
  public var arity: ClosedRange<Int> { 0...0 }

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] { [Attribute(name: "value", value: .tensor(value))] }

  /// Creates a constant from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    value = try reader.tensor("value")
  }

  /// Returns the shape of the value.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    try tensors.shape(of: value)
  }
}

/// The operands one after the other along a dimension.
public struct Concat: Operator {

  /// The dimension along which operands are joined.
  public var axis: Int

  /// Creates a concatenation.
  public init(axis: Int) {
    self.axis = axis
  }

  /// The keyword in the text form.
  public static let mnemonic = "concat"

  /// One or more operands.
  public var arity: ClosedRange<Int> { 1...Int.max }

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] { [Attribute(name: "axis", value: .integer(axis))] }

  /// Creates a concatenation from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    axis = try reader.integer("axis")
  }

  /// Returns the shape of the operands with the extents along the axis added up.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    var result = inputs[0]
    guard (0..<result.rank).contains(axis) else {
      throw .badShape("axis is \(axis), accepted range is [0, \(result.rank - 1)]")
    }
    for input in inputs.dropFirst() {
      var expected = result
      if input.rank == result.rank { expected[axis] = input[axis] }
      guard input == expected else {
        throw .badShape("operands of shapes \(result) and \(input) do not join along axis \(axis)")
      }
      result[axis] += input[axis]
    }
    return result
  }
}

/// The same elements in the same row-major order, in another shape.
public struct Reshape: Operator {

  /// The new shape.
  public var shape: Shape

  /// Creates a reshaping.
  public init(_ shape: Shape) {
    self.shape = shape
  }

  /// The keyword in the text form.
  public static let mnemonic = "reshape"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [Attribute(name: "shape", value: .integers(shape.extents))]
  }

  /// Creates a reshaping from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    shape = Shape(try reader.integers("shape"))
  }

  /// Returns the new shape.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    guard shape.extents.allSatisfy({ $0 >= 1 }), shape.checkedCount == inputs[0].count else {
      throw .badShape("\(inputs[0]) cannot be reshaped to \(shape)")
    }
    return shape
  }
}

/// A permutation of dimensions: dimension i of the result is dimension order[i] of the operand.
public struct Transpose: Operator {

  /// The operand's dimension for each dimension of the result.
  public var order: [Int]

  /// Creates a permutation.
  public init(_ order: [Int]) {
    self.order = order
  }

  /// The keyword in the text form.
  public static let mnemonic = "transpose"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] { [Attribute(name: "order", value: .integers(order))] }

  /// Creates a permutation from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    order = try reader.integers("order")
  }

  /// Returns the permuted shape.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    guard order.sorted() == Array(0..<inputs[0].rank) else {
      throw .badShape("\(order) is not a permutation of the dimensions of \(inputs[0])")
    }
    return Shape(order.map { inputs[0][$0] })
  }
}

/// The operand with constant elements before and after it, in every dimension.
public struct Pad: Operator {

  /// The number of elements added before the operand, for each dimension.
  public var low: [Int]

  /// The number of elements added after the operand, for each dimension.
  public var high: [Int]

  /// The value of the added elements.
  public var value: Float

  /// Creates a padding; both lists have the operand's rank.
  public init(low: [Int], high: [Int], value: Float = 0) {
    self.low = low
    self.high = high
    self.value = value
  }

  /// Creates a padding of an image by rows and columns.
  public init(_ padding: Padding, value: Float = 0) {
    self.init(
      low: [padding.top, padding.left, 0], high: [padding.bottom, padding.right, 0], value: value)
  }

  /// The rows and columns that are added to an image; `nil` if channels are added too, or the
  /// operand is no image.
  public var imagePadding: Padding? {
    guard low.count == 3, high.count == 3, low[2] == 0, high[2] == 0 else { return nil }
    return Padding(top: low[0], left: low[1], bottom: high[0], right: high[1])
  }

  /// The keyword in the text form.
  public static let mnemonic = "pad"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute("low", .integers(low)), Attribute("high", .integers(high)),
      Attribute("value", value == 0 ? nil : .number(value)),
    ].compactMap { $0 }
  }

  /// Creates a padding from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    low = try reader.integers("low")
    high = try reader.integers("high", count: low.count)
    value = try reader.number("value", default: 0)
  }

  /// Returns the enlarged shape.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    let x = inputs[0]
    guard low.count == x.rank, high.count == x.rank else {
      throw .badShape("padding \(low) and \(high) has not one number a dimension of \(x)")
    }
    guard (low + high).allSatisfy({ 0...Window.limit ~= $0 }) else {
      throw .badShape("padding \(low) and \(high) must be between 0 and \(Window.limit)")
    }
    return Shape(x.extents.indices.map { x[$0] + low[$0] + high[$0] })
  }
}

/// A rectangular part of the operand, every `steps[i]`-th element of dimension i.
public struct Slice: Operator {

  /// The first element of each dimension.
  public var starts: [Int]

  /// The element after the last of each dimension.
  public var ends: [Int]

  /// The step in each dimension, at least 1.
  public var steps: [Int]

  /// Creates a part; all lists have the operand's rank.
  public init(starts: [Int], ends: [Int], steps: [Int]? = nil) {
    self.starts = starts
    self.ends = ends
    self.steps = steps ?? starts.map { _ in 1 }
  }

  /// The keyword in the text form.
  public static let mnemonic = "slice"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute("starts", .integers(starts)), Attribute("ends", .integers(ends)),
      Attribute("steps", steps.allSatisfy { $0 == 1 } ? nil : .integers(steps)),
    ].compactMap { $0 }
  }

  /// Creates a part from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    starts = try reader.integers("starts")
    ends = try reader.integers("ends")
    steps = try reader.integers("steps", default: starts.map { _ in 1 })
  }

  /// Returns the shape of the part.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    let x = inputs[0]
    guard starts.count == x.rank, ends.count == x.rank, steps.count == x.rank,
      x.extents.indices.allSatisfy({
        starts[$0] >= 0 && starts[$0] < ends[$0] && ends[$0] <= x[$0] && steps[$0] >= 1
      })
    else {
      throw .badShape("the part \(starts)..<\(ends) by \(steps) does not lie in \(x)")
    }
    return Shape(x.extents.indices.map { (ends[$0] - starts[$0] - 1) / steps[$0] + 1 })
  }
}

/// Each row and column of an image repeated (nearest-neighbour interpolation).
public struct Upsample: Operator {

  /// How often rows and columns are repeated, at least 1.
  public var factors: Pair

  /// Creates an enlargement.
  public init(_ factors: Pair) {
    self.factors = factors
  }

  /// The keyword in the text form.
  public static let mnemonic = "upsample"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [Attribute(name: "factors", value: .integers(factors.list))]
  }

  /// Creates an enlargement from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    let list = try reader.integers("factors", count: 2)
    factors = Pair(list[0], list[1])
  }

  /// Returns the enlarged shape.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    try inputs[0].requireImage()
    guard factors.list.allSatisfy({ 1...Window.limit ~= $0 }) else {
      throw .badShape("factors \(factors.list) must be between 1 and \(Window.limit)")
    }
    return [inputs[0][0] * factors.height, inputs[0][1] * factors.width, inputs[0][2]]
  }
}
