// The two-dimensional convolution: attributes, shape rule, equation.

public import Diagnostics

/// A cross-correlation of an image with a bank of kernels.
///
/// out[y,x,k] = bias[k] + Σ_{i,j,c} in[y·s_h + i·d_h − top, x·s_w + j·d_w − left, g·C/G + c] ·
/// kernel[i,j,c,k], with g = k / (K/G) for G groups; elements outside the image are 0.
/// A depthwise convolution has as many groups as input channels.
///
/// - Source: Keras `Conv2D` and `DepthwiseConv2D`, ONNX `Conv`; none of them flips the kernel.
public struct Conv2D: Operator {

  /// The kernels, [height, width, in channels / groups, out channels].
  public var kernel: TensorID

  /// The offsets, [out channels], if any.
  public var bias: TensorID?

  /// The window; its size equals the first two extents of the kernel.
  public var window: Window

  /// The number of groups into which the channels are divided, at least 1.
  public var groups: Int

  /// Creates a convolution with the given attributes.
  public init(kernel: TensorID, bias: TensorID? = nil, window: Window, groups: Int = 1) {
    self.kernel = kernel
    self.bias = bias
    self.window = window
    self.groups = groups
  }

  /// The keyword in the text form.
  public static let mnemonic = "conv2d"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute("kernel", .tensor(kernel)), Attribute("bias", bias.map { .tensor($0) }),
      Attribute("size", .integers(window.size.list)),
    ].compactMap { $0 } + window.attributes
      + [Attribute("groups", groups == 1 ? nil : .integer(groups))].compactMap { $0 }
  }

  /// Creates a convolution from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    kernel = try reader.tensor("kernel")
    bias = try reader.optionalTensor("bias")
    let size = try reader.integers("size", count: 2)
    window = try Window(size: Pair(size[0], size[1]), reading: &reader)
    groups = try reader.integer("groups", default: 1)
  }

  /// Returns the output shape for an image.
  public func outputShape(of inputs: [Shape], _ tensors: TensorStore) throws(Diagnostic) -> Shape {
    try inputs[0].requireImage()
    let k = try tensors.shape(of: kernel)
    guard k.rank == 4, k[0] == window.size.height, k[1] == window.size.width else {
      throw .badShape(
        "kernel has shape \(k), expected [\(window.size.height),\(window.size.width),in,out]")
    }
    let channels = inputs[0][2]
    // Divided rather than multiplied: the number of groups may be anything.
    guard groups >= 1, channels % groups == 0, channels / groups == k[2], k[3] % groups == 0 else {
      throw .badShape(
        "input has \(channels, of: "channel"), kernel \(k) with \(groups, of: "group") expects "
          + "\(k[2]) a group and a multiple of \(groups, of: "output")")
    }
    if let bias { try tensors.requireVector(bias, count: k[3], as: "bias") }
    let extents = try window.outputExtents(height: inputs[0][0], width: inputs[0][1])
    return [extents.height, extents.width, k[3]]
  }
}
