// The closed set of tensor operators; each payload lives in its own file with its attributes,
// shape rule and equation, and every `switch` over the set names all of them.

public import Diagnostics

/// A tensor operator of the `ann` level.
public enum Op: Hashable, Sendable {
  /// An input of the network; takes no operands, its node carries the shape.
  case input
  /// A constant value.
  case constant(Constant)
  /// A two-dimensional convolution, grouped and depthwise ones included.
  case conv2d(Conv2D)
  /// A transposed two-dimensional convolution.
  case convTranspose2d(ConvTranspose2D)
  /// A matrix product along the last dimension.
  case dense(Dense)
  /// Maximum or average pooling.
  case pool(Pool)
  /// Batch normalization with moving statistics.
  case batchNorm(BatchNorm)
  /// An element-wise nonlinearity.
  case activation(Activation)
  /// Rounding to the steps of an integer type and back.
  case fakeQuantize(FakeQuantize)
  /// A rectifier with a learned negative slope.
  case prelu(PReLU)
  /// The firing rate of leaky integrate-and-fire neurons.
  case softLIF(SoftLIF)
  /// Normalized exponentials along the last dimension.
  case softmax(Softmax)
  /// Multiplication by and addition of constants.
  case scale(Scale)
  /// A combination of operands, element by element.
  case elementwise(Elementwise)
  /// Joining along a dimension.
  case concat(Concat)
  /// The same elements in another shape.
  case reshape(Reshape)
  /// A permutation of dimensions.
  case transpose(Transpose)
  /// Padding with a constant.
  case pad(Pad)
  /// A rectangular part.
  case slice(Slice)
  /// Repetition of rows and columns.
  case upsample(Upsample)
  /// A selection of constant positions along a dimension.
  case take(Take)
  /// An operator that a plugin knows by name.
  case custom(CustomOp)

  /// The payload, through which common properties are reached; `nil` for an input.
  public var payload: (any Operator)? {
    switch self {
    case .input: nil
    case .constant(let x): x
    case .conv2d(let x): x
    case .convTranspose2d(let x): x
    case .dense(let x): x
    case .pool(let x): x
    case .batchNorm(let x): x
    case .activation(let x): x
    case .fakeQuantize(let x): x
    case .prelu(let x): x
    case .softLIF(let x): x
    case .softmax(let x): x
    case .scale(let x): x
    case .elementwise(let x): x
    case .concat(let x): x
    case .reshape(let x): x
    case .transpose(let x): x
    case .pad(let x): x
    case .slice(let x): x
    case .upsample(let x): x
    case .take(let x): x
    case .custom(let x): x
    }
  }

  /// The keyword in the text form.
  public var mnemonic: String {
    payload.map { type(of: $0).mnemonic } ?? "input"
  }

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] { payload?.attributes ?? [] }

  /// The constants used, in the order of the attributes.
  public var tensors: [TensorID] {
    attributes.compactMap { attribute in
      if case .tensor(let id) = attribute.value { id } else { nil }
    }
  }

  /// Returns the shape of the value for operands of the given shapes.
  ///
  /// - Throws: `ir.bad-operand-count` or `ir.bad-shape`.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    guard let payload else {
      throw .error("ir.bad-shape", "an input takes its shape from its declaration")
    }
    guard payload.arity.contains(inputs.count) else {
      throw .badOperandCount(inputs.count, of: mnemonic, expected: payload.arity)
    }
    return try payload.outputShape(of: inputs, tensors)
  }

  /// Creates the operator with the given keyword from its parameters.
  ///
  /// - Throws: `ir.unknown-operator`, `ir.bad-attribute` or `ir.unknown-attribute`.
  public init(mnemonic: String, attributes: [Attribute]) throws(Diagnostic) {
    var reader = AttributeReader(attributes, of: mnemonic)
    self = try Op.make(mnemonic, &reader)
    try reader.finish()
  }

  // size: table
  private static func make(
    _ mnemonic: String, _ reader: inout AttributeReader
  ) throws(Diagnostic) -> Op {
    switch mnemonic {
    case "input": .input
    case Constant.mnemonic: .constant(try Constant(reading: &reader))
    case Conv2D.mnemonic: .conv2d(try Conv2D(reading: &reader))
    case ConvTranspose2D.mnemonic: .convTranspose2d(try ConvTranspose2D(reading: &reader))
    case Dense.mnemonic: .dense(try Dense(reading: &reader))
    case Pool.mnemonic: .pool(try Pool(reading: &reader))
    case BatchNorm.mnemonic: .batchNorm(try BatchNorm(reading: &reader))
    case Activation.mnemonic: .activation(try Activation(reading: &reader))
    case FakeQuantize.mnemonic: .fakeQuantize(try FakeQuantize(reading: &reader))
    case PReLU.mnemonic: .prelu(try PReLU(reading: &reader))
    case SoftLIF.mnemonic: .softLIF(try SoftLIF(reading: &reader))
    case Softmax.mnemonic: .softmax(try Softmax(reading: &reader))
    case Scale.mnemonic: .scale(try Scale(reading: &reader))
    case Elementwise.mnemonic: .elementwise(try Elementwise(reading: &reader))
    case Concat.mnemonic: .concat(try Concat(reading: &reader))
    case Reshape.mnemonic: .reshape(try Reshape(reading: &reader))
    case Transpose.mnemonic: .transpose(try Transpose(reading: &reader))
    case Pad.mnemonic: .pad(try Pad(reading: &reader))
    case Slice.mnemonic: .slice(try Slice(reading: &reader))
    case Upsample.mnemonic: .upsample(try Upsample(reading: &reader))
    case Take.mnemonic: .take(try Take(reading: &reader))
    case CustomOp.mnemonic: .custom(try CustomOp(reading: &reader))
    default: throw .unknownOperator(mnemonic)
    }
  }
}

/// What all operators with parameters have in common.
public protocol Operator: Attributed {

  /// How many operands the operator takes.
  var arity: ClosedRange<Int> { get }

  /// Returns the shape of the value for operands of the given shapes, as many as `arity` allows.
  ///
  /// - Throws: `ir.bad-shape` if operands, parameters and constants do not agree.
  func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape
}

extension Operator {

  /// One operand, unless an operator says otherwise.
  public var arity: ClosedRange<Int> { 1...1 }
}

extension Diagnostic {

  /// Returns an error about operands that do not agree in shape with the operator.
  static func badShape(_ message: String) -> Diagnostic {
    .error("ir.bad-shape", message)
  }

  /// Returns an error about a wrong number of operands.
  static func badOperandCount(
    _ found: Int, of mnemonic: String, expected: ClosedRange<Int>
  ) -> Diagnostic {
    let range =
      expected.lowerBound == expected.upperBound
      ? "\(expected.lowerBound)"
      : expected.upperBound == .max
        ? "at least \(expected.lowerBound)" : "\(expected.lowerBound) to \(expected.upperBound)"
    return .error("ir.bad-operand-count", "'\(mnemonic)' has \(found) operands, expected \(range)")
  }

  /// Returns an error about a keyword that names no operator.
  static func unknownOperator(_ mnemonic: String) -> Diagnostic {
    .error("ir.unknown-operator", "there is no operator '\(mnemonic)'")
  }
}

extension TensorStore {

  /// Returns the shape of tensor `id`.
  ///
  /// - Throws: `ir.bad-tensor` if the store has no such tensor.
  func shape(of id: TensorID) throws(Diagnostic) -> Shape {
    guard let tensor = find(id) else {
      throw .error("ir.bad-tensor", "there is no tensor \(id)")
    }
    return tensor.shape
  }

  /// Checks that tensor `id` is a vector of `count` elements, one a channel.
  func requireVector(_ id: TensorID, count: Int, as role: String) throws(Diagnostic) {
    let found = try shape(of: id)
    guard found == [count] else {
      throw .badShape("\(role) has shape \(found), expected [\(count)]")
    }
  }
}
