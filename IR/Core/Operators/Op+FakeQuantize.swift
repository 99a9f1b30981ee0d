// Rounding to the steps of an integer type and back: attributes, shape rule, equation.

public import Diagnostics

/// Rounding of each element to the nearest value that an integer type with scale and zero point
/// represents, as quantized models have it between their layers.
///
/// out = (min(max(round(in / scale) + zeroPoint, low), high) − zeroPoint) · scale, halves rounded to
/// even, every operation in single precision.
///
/// - Source: ONNX `QuantizeLinear` followed by `DequantizeLinear`; Jacob et al. (2018), section 3.
public struct FakeQuantize: Operator {

  /// The real value of one step, positive.
  public var scale: Float

  /// The integer that stands for 0.
  public var zeroPoint: Int

  /// The smallest integer of the type.
  public var low: Int

  /// The largest integer of the type.
  public var high: Int

  /// Creates a rounding to `low ... high`.
  public init(scale: Float, zeroPoint: Int = 0, low: Int, high: Int) {
    self.scale = scale
    self.zeroPoint = zeroPoint
    self.low = low
    self.high = high
  }

  /// The smallest value of the result.
  public var lowest: Float { Float(low - zeroPoint) * scale }

  /// The largest value of the result.
  public var highest: Float { Float(high - zeroPoint) * scale }

  /// The keyword in the text form.
  public static let mnemonic = "fake-quantize"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute("scale", .number(scale)),
      Attribute("zero-point", zeroPoint == 0 ? nil : .integer(zeroPoint)),
      Attribute("low", .integer(low)), Attribute("high", .integer(high)),
    ].compactMap { $0 }
  }

  /// Creates a rounding from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    scale = try reader.number("scale")
    zeroPoint = try reader.integer("zero-point", default: 0)
    low = try reader.integer("low")
    high = try reader.integer("high")
  }

  /// Returns the output shape, which is the operand's.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    guard !(scale <= 0) else { throw .badShape("scale is \(scale), expected a positive number") }
    // Integers up to here, and their differences, are exact in single precision.
    let limit = 1 << 22
    guard -limit <= low, low <= zeroPoint, zeroPoint <= high, high <= limit, low < high else {
      throw .badShape(
        "low \(low), zero-point \(zeroPoint) and high \(high) must be ascending, between "
          + "-\(limit) and \(limit)")
    }
    return inputs[0]
  }
}
