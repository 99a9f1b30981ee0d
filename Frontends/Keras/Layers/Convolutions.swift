// Convolutions: plain, depthwise and separable, over one and two dimensions.

internal import Diagnostics
internal import SpikeIR

extension LayerDefinition {

  /// The convolutions.
  static let convolutions: [LayerDefinition] = [1, 2].flatMap { rank in
    [
      LayerDefinition(
        "Conv\(rank)D", "groups, dilation, padding valid, same\(rank == 1 ? ", causal" : "")",
        weights: { (config) throws(Diagnostic) in
          WeightCounts(trainable: try config.usesBias() ? 2 : 1)
        },
        check: { (config) throws(Diagnostic) in try config.checkConvolution(rank) },
        build: { (call, builder) throws(Diagnostic) in try builder.convolution(call, rank) }),
      LayerDefinition(
        "DepthwiseConv\(rank)D", "depth multiplier, dilation, padding valid, same",
        weights: { (config) throws(Diagnostic) in
          WeightCounts(trainable: try config.usesBias() ? 2 : 1)
        },
        check: { (config) throws(Diagnostic) in try config.checkConvolution(rank) },
        build: { (call, builder) throws(Diagnostic) in
          try builder.depthwiseConvolution(call, rank)
        }),
      LayerDefinition(
        "SeparableConv\(rank)D", "becomes two convolutions",
        weights: { (config) throws(Diagnostic) in
          WeightCounts(trainable: try config.usesBias() ? 3 : 2)
        },
        check: { (config) throws(Diagnostic) in try config.checkConvolution(rank) },
        build: { (call, builder) throws(Diagnostic) in
          try builder.separableConvolution(call, rank)
        }),
    ]
  }
}

extension LayerConfig {

  /// The option `use_bias`.
  func usesBias() throws(Diagnostic) -> Bool {
    try flag("use_bias", default: true)
  }

  /// Checks the options that all convolutions share.
  fileprivate func checkConvolution(_ rank: Int) throws(Diagnostic) {
    _ = try activation()
    _ = try isChannelsFirst()
    _ = try padding(rank == 1 ? PaddingMode.allCases : [.valid, .same])
    _ = try usesBias()
  }

  /// The window of a convolution over `image`.
  fileprivate func window(_ rank: Int, over image: Shape) throws(Diagnostic) -> Window {
    Window(
      size: try pair("kernel_size", rank: rank),
      strides: try pair("strides", rank: rank, default: 1),
      dilations: try pair("dilation_rate", rank: rank, default: 1),
      mode: try padding(rank == 1 ? PaddingMode.allCases : [.valid, .same]), over: image)
  }

  /// Returns `a` times `b`, the channels of a depthwise convolution.
  fileprivate func channels(_ a: Int, times b: Int) throws(Diagnostic) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    guard !overflow else { throw wrong("depth_multiplier", expected: "a smaller number") }
    return product
  }
}

extension GraphBuilder {

  /// Returns the shape of a kernel in the file: a line has no height.
  private func kernelShape(_ size: Pair, _ rank: Int, _ rest: [Int]) -> Shape {
    Shape((rank == 1 ? [size.width] : size.list) + rest)
  }

  fileprivate mutating func convolution(
    _ call: LayerCall, _ rank: Int
  ) throws(Diagnostic) -> Value {
    let input = try spatialInput(call, rank: rank)
    let config = call.config
    let channels = graph[input].shape[2]
    let window = try config.window(rank, over: graph[input].shape)
    let filters = try config.integer("filters", atLeast: 1)
    let groups = try config.integer("groups", atLeast: 1, default: 1)
    guard channels % groups == 0, filters % groups == 0 else {
      throw .badLayer(
        call.place,
        "'groups' is \(groups), which does not divide the \(channels) channels of the "
          + "operand and the \(filters) filters")
    }
    let rest = [channels / groups, filters]
    let kernel = try weight(
      call, 0, "kernel", kernelShape(window.size, rank, rest),
      stored: Shape(window.size.list + rest))
    let bias = try config.usesBias() ? try weight(call, 1, "bias", [filters]) : nil
    let op = Conv2D(kernel: kernel, bias: bias, window: window, groups: groups)
    return try activatedOutput(
      try add(.conv2d(op), [input], for: call), call, rank: rank)
  }

  fileprivate mutating func depthwiseConvolution(
    _ call: LayerCall, _ rank: Int
  ) throws(Diagnostic) -> Value {
    let input = try spatialInput(call, rank: rank)
    let (op, outputs) = try depthwise(call, rank, over: input, "kernel")
    var conv = op
    if try call.config.usesBias() { conv.bias = try weight(call, 1, "bias", [outputs]) }
    return try activatedOutput(
      try add(.conv2d(conv), [input], for: call), call, rank: rank)
  }

  /// Returns a convolution with as many groups as channels, and the number of its outputs.
  ///
  /// Keras's kernel is [height, width, channels, multiplier] and output c · multiplier + m comes
  /// from channel c, so the elements are already in the order of [height, width, 1, outputs].
  private mutating func depthwise(
    _ call: LayerCall, _ rank: Int, over input: NodeID, _ role: String
  ) throws(Diagnostic) -> (op: Conv2D, outputs: Int) {
    let config = call.config
    let channels = graph[input].shape[2]
    let window = try config.window(rank, over: graph[input].shape)
    let multiplier = try config.integer("depth_multiplier", atLeast: 1, default: 1)
    let outputs = try config.channels(channels, times: multiplier)
    let kernel = try weight(
      call, 0, role, kernelShape(window.size, rank, [channels, multiplier]),
      stored: Shape(window.size.list + [1, outputs]))
    return (Conv2D(kernel: kernel, window: window, groups: channels), outputs)
  }

  fileprivate mutating func separableConvolution(
    _ call: LayerCall, _ rank: Int
  ) throws(Diagnostic) -> Value {
    let input = try spatialInput(call, rank: rank)
    let config = call.config
    let (op, channels) = try depthwise(call, rank, over: input, "depthwise-kernel")
    let filters = try config.integer("filters", atLeast: 1)
    let rest = [channels, filters]
    let kernel = try weight(
      call, 1, "pointwise-kernel", kernelShape(Pair(1, 1), rank, rest),
      stored: Shape([1, 1] + rest))
    let bias = try config.usesBias() ? try weight(call, 2, "bias", [filters]) : nil
    let middle = try add(.conv2d(op), [input], for: call, "depthwise")
    let pointwise = Conv2D(kernel: kernel, bias: bias, window: Window(size: Pair(1, 1)))
    return try activatedOutput(
      try add(.conv2d(pointwise), [middle], for: call), call, rank: rank)
  }
}
