// Pooling: attributes, shape rule, equation.

public import Diagnostics

/// The largest or the average element of each window, channel by channel.
///
/// Maximum: out[y,x,c] = max of the window's elements inside the image.
/// Average: their sum divided by their number, or by the window's size if padding counts.
///
/// - Source: Keras `MaxPooling2D`, `AveragePooling2D` (divides by the valid elements); ONNX
///   `MaxPool`, `AveragePool` with `count_include_pad`.
public struct Pool: Operator {

  /// What is computed of a window.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The largest element.
    case maximum = "max"
    /// The average of the elements.
    case average = "average"
  }

  /// What is computed of a window.
  public var kind: Kind

  /// The window.
  public var window: Window

  /// `true` iff an average counts padded elements as zeros.
  public var countsPadding: Bool

  /// Creates a pooling operator.
  public init(_ kind: Kind, window: Window, countsPadding: Bool = false) {
    self.kind = kind
    self.window = window
    self.countsPadding = countsPadding
  }

  /// The keyword in the text form.
  public static let mnemonic = "pool"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute(name: "kind", value: .word(kind.rawValue)),
      Attribute(name: "size", value: .integers(window.size.list)),
    ] + window.attributes
      + [Attribute("counts-padding", countsPadding ? .word("true") : nil)].compactMap { $0 }
  }

  /// Creates a pooling operator from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    kind = try reader.keyword("kind")
    let size = try reader.integers("size", count: 2)
    window = try Window(size: Pair(size[0], size[1]), reading: &reader)
    countsPadding = try reader.flag("counts-padding")
  }

  /// Returns the output shape for an image.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    try inputs[0].requireImage()
    let extents = try window.outputExtents(height: inputs[0][0], width: inputs[0][1])
    return [extents.height, extents.width, inputs[0][2]]
  }
}
