// Transposed convolutions over one and two dimensions: what they cut from and add to the border.

internal import Diagnostics
internal import SpikeIR

extension LayerDefinition {

  /// The transposed convolutions.
  static let transposedConvolutions: [LayerDefinition] = [1, 2].map { rank in
    LayerDefinition(
      "Conv\(rank)DTranspose", "dilation, output padding, padding valid, same",
      weights: { (config) throws(Diagnostic) in
        WeightCounts(trainable: try config.usesBias() ? 2 : 1)
      },
      check: { (config) throws(Diagnostic) in
        _ = try config.activation()
        _ = try config.isChannelsFirst()
        _ = try config.padding()
        _ = try config.usesBias()
        guard try config.integer("groups", atLeast: 1, default: 1) == 1 else {
          throw .unsupportedOption(config.place, "'groups' must be 1 in a transposed convolution")
        }
      },
      build: { (call, builder) throws(Diagnostic) in
        try builder.transposedConvolution(call, rank)
      })
  }
}

/// What is cut from and added to one dimension of the full result of a transposed convolution.
private struct Trim {
  var before = 0
  var after = 0
  var extra = 0

  /// Computes the trim in one dimension.
  ///
  /// The full result has (n − 1)·s + k elements, k being the reach of the dilated kernel; what
  /// Keras keeps of it is the operand of the convolution whose gradient this is.
  ///
  /// - Source: `deconv_output_length` of tf-keras 2.15; its results and those of Keras 3.15 on JAX
  ///   agree in every combination that the tests have.
  init(_ n: Int, _ k: Int, _ s: Int, mode: PaddingMode, outputPadding: Int?) {
    let full = (n - 1) * s + k
    let kept: Int
    switch (mode, outputPadding) {
    case (.same, nil): kept = n * s
    case (.same, let extra?): kept = (n - 1) * s + k - 2 * (k / 2) + extra
    case (_, nil): kept = n * s + max(k - s, 0)
    case (_, let extra?): kept = full + extra
    }
    extra = max(kept - full, 0)
    before = max(full - kept, 0) / 2
    after = max(full - kept, 0) - before
  }
}

extension LayerConfig {

  /// Returns the option `output_padding`, which is less than the strides; `nil` if absent.
  fileprivate func outputPadding(_ rank: Int, _ strides: Pair) throws(Diagnostic) -> Pair? {
    guard self["output_padding"] != nil else { return nil }
    let list = try integers("output_padding", count: rank, atLeast: 0)
    let pair = rank == 1 ? Pair(0, list[0]) : Pair(list[0], list[1])
    guard pair.height < strides.height, pair.width < strides.width else {
      throw wrong("output_padding", expected: "less than the strides \(strides.list)")
    }
    return pair
  }
}

extension GraphBuilder {

  fileprivate mutating func transposedConvolution(
    _ call: LayerCall, _ rank: Int
  ) throws(Diagnostic) -> Value {
    let input = try spatialInput(call, rank: rank)
    let config = call.config
    let shape = graph[input].shape
    let size = try config.pair("kernel_size", rank: rank)
    let strides = try config.pair("strides", rank: rank, default: 1)
    let dilations = try config.pair("dilation_rate", rank: rank, default: 1)
    let mode = try config.padding()
    let padding = try config.outputPadding(rank, strides)
    let rows = Trim(
      shape[0], (size.height - 1) * dilations.height + 1, strides.height, mode: mode,
      outputPadding: rank == 1 ? nil : padding?.height)
    let columns = Trim(
      shape[1], (size.width - 1) * dilations.width + 1, strides.width, mode: mode,
      outputPadding: padding?.width)
    let filters = try config.integer("filters", atLeast: 1)
    let rest = [filters, shape[2]]
    let kernel = try weight(
      call, 0, "kernel", Shape((rank == 1 ? [size.width] : size.list) + rest),
      stored: Shape(size.list + rest))
    let bias = try config.usesBias() ? try weight(call, 1, "bias", [filters]) : nil
    let window = Window(
      size: size, strides: strides, dilations: dilations,
      padding: Padding(
        top: rows.before, left: columns.before, bottom: rows.after, right: columns.after))
    let op = ConvTranspose2D(
      kernel: kernel, bias: bias, window: window,
      outputPadding: Pair(rows.extra, columns.extra))
    return try activatedOutput(
      try add(.convTranspose2d(op), [input], for: call), call, rank: rank)
  }
}
