// The transposed convolution: attributes, shape rule, equation.

public import Diagnostics

/// The adjoint of a two-dimensional convolution, which enlarges an image.
///
/// out[y·s_h + i·d_h − top, x·s_w + j·d_w − left, g·K/G + k] += in[y,x,g·C/G + c] ·
/// kernel[i,j,k,g·C/G + c], for every tap that falls inside the output; plus bias[k].
/// The output has (in − 1)·stride + (size − 1)·dilation + 1 − before − after + extra rows.
///
/// - Source: Keras `Conv2DTranspose` (kernel layout), ONNX `ConvTranspose` (output padding).
public struct ConvTranspose2D: Operator {

  /// The kernels, [height, width, out channels / groups, in channels].
  public var kernel: TensorID

  /// The offsets, [out channels], if any.
  public var bias: TensorID?

  /// The window of the adjoint convolution; padding is cut from the output.
  public var window: Window

  /// Rows and columns added below and to the right of the output.
  public var outputPadding: Pair

  /// The number of groups, at least 1.
  public var groups: Int

  /// Creates a transposed convolution with the given attributes.
  public init(
    kernel: TensorID, bias: TensorID? = nil, window: Window, outputPadding: Pair = Pair(0, 0),
    groups: Int = 1
  ) {
    self.kernel = kernel
    self.bias = bias
    self.window = window
    self.outputPadding = outputPadding
    self.groups = groups
  }

  /// The keyword in the text form.
  public static let mnemonic = "conv-transpose2d"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    let extra: AttributeValue? =
      outputPadding == Pair(0, 0) ? nil : .integers(outputPadding.list)
    return [
      Attribute("kernel", .tensor(kernel)), Attribute("bias", bias.map { .tensor($0) }),
      Attribute("size", .integers(window.size.list)),
    ].compactMap { $0 } + window.attributes
      + [
        Attribute("output-pads", extra),
        Attribute("groups", groups == 1 ? nil : .integer(groups)),
      ].compactMap { $0 }
  }

  /// Creates a transposed convolution from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    kernel = try reader.tensor("kernel")
    bias = try reader.optionalTensor("bias")
    let size = try reader.integers("size", count: 2)
    window = try Window(size: Pair(size[0], size[1]), reading: &reader)
    let extra = try reader.integers("output-pads", count: 2, default: [0, 0])
    outputPadding = Pair(extra[0], extra[1])
    groups = try reader.integer("groups", default: 1)
  }

  /// Returns the output shape for an image.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    try inputs[0].requireImage()
    let k = try tensors.shape(of: kernel)
    guard k.rank == 4, k[0] == window.size.height, k[1] == window.size.width else {
      throw .badShape(
        "kernel has shape \(k), expected [\(window.size.height),\(window.size.width),out,in]")
    }
    guard groups >= 1, inputs[0][2] == k[3], k[3] % groups == 0 else {
      throw .badShape(
        "input has \(inputs[0][2], of: "channel"), kernel \(k) with \(groups, of: "group") "
          + "expects \(k[3])")
    }
    // Reuse the checks of the parameters' ranges.
    _ = try window.outputExtents(height: Window.limit * 4, width: Window.limit * 4)
    guard outputPadding.list.allSatisfy({ 0...Window.limit ~= $0 }) else {
      throw .badShape("output padding \(outputPadding.list) is out of range")
    }
    let rows =
      (inputs[0][0] - 1) * window.strides.height + (window.size.height - 1)
      * window.dilations.height + 1 - window.padding.top - window.padding.bottom
      + outputPadding.height
    let columns =
      (inputs[0][1] - 1) * window.strides.width + (window.size.width - 1)
      * window.dilations.width + 1 - window.padding.left - window.padding.right
      + outputPadding.width
    guard rows >= 1, columns >= 1 else {
      throw .badShape("padding \(window.padding.list) leaves nothing of the output")
    }
    let channels = k[2] * groups
    if let bias { try tensors.requireVector(bias, count: channels, as: "bias") }
    return [rows, columns, channels]
  }
}
