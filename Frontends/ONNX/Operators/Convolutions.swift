// Convolutions and their transposes over one and two spatial dimensions.

internal import Diagnostics
internal import SpikeIR

extension OperatorDefinition {

  /// The convolutions.
  static let convolutions = [
    OperatorDefinition(
      "Conv", operands: 3, "1-D and 2-D; groups, dilations, asymmetric pads, auto_pad",
      [.channelsFirst]
    ) {
      (call, builder) throws(Diagnostic) in
      let input = try call.value(0, &builder)
      let kernel = try call.constant(1, "weights")
      let bias = try call.optionalConstant(2, "a bias")
      return [.value(try builder.convolution(call, input, kernel: kernel, bias: bias))]
    },
    OperatorDefinition(
      "ConvTranspose", operands: 3,
      "1-D and 2-D; groups, dilations, output_padding, output_shape, auto_pad",
      [.channelsFirst]
    ) { (call, builder) throws(Diagnostic) in
      [.value(try builder.transposedConvolution(call))]
    },
  ]
}

extension NodeCall {

  /// Checks that a value is an image or a line, and returns its number of spatial axes.
  ///
  /// - Throws: `onnx.unsupported-use` if it has other axes, `onnx.batch-axis`.
  func spatialRank(of value: Value) throws(Diagnostic) -> Int {
    guard 3...4 ~= value.rank else {
      throw .unsupportedUse(
        site,
        "has an operand with the extents \(value.extents), expected one or two spatial "
          + "axes after those of batch and channels",
        advice: "networks over volumes are not supported")
    }
    try requireBatch(of: value, at: 0)
    return value.rank - 2
  }

  /// Checks that `axis` counts nothing but the samples of the batch.
  ///
  /// - Throws: `onnx.batch-axis`.
  func requireBatch(of value: Value, at axis: Int) throws(Diagnostic) {
    guard value.layout.positions(of: axis).isEmpty,
      value.layout.batchAxis == nil || value.layout.batchAxis == axis
    else { throw .mixesBatch(site) }
  }

  /// Returns the pair of a list over the spatial axes; a line has no height.
  func pair(_ list: [Int], height: Int = 1) -> Pair {
    list.count == 1 ? Pair(height, list[0]) : Pair(list[0], list[1])
  }

  /// Returns the padding of a list that has the begins of all axes first.
  func padding(_ pads: [Int]) -> Padding {
    pads.count == 2
      ? Padding(left: pads[0], right: pads[1])
      : Padding(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3])
  }

  /// Returns a window of `size` with the node's strides, dilations and padding.
  ///
  /// - Parameters:
  ///   - size: the taps along the spatial axes.
  ///   - extents: the extents of the spatial axes.
  ///   - roundsUp: `true` iff a last window that reaches beyond the padding counts.
  /// - Returns: strides, dilations, begins and ends of the padding, and the excess of a last window.
  /// - Throws: `onnx.bad-node`.
  func sliding(
    size: [Int], over extents: [Int], roundsUp: Bool = false
  ) throws(Diagnostic) -> Sliding {
    let rank = extents.count
    guard size.count == rank else {
      throw .badNode(site, "has the kernel_shape \(size), expected \(rank) extents")
    }
    var sliding = Sliding(
      size: size, strides: try ints("strides", count: rank, default: 1),
      dilations: try ints("dilations", count: rank, default: 1),
      pads: try ints("pads", count: 2 * rank, default: 0),
      excess: Array(repeating: 0, count: rank))
    let parameters = size + sliding.strides + sliding.dilations
    guard parameters.allSatisfy({ 1...Window.limit ~= $0 }),
      sliding.pads.allSatisfy({ 0...Window.limit ~= $0 })
    else {
      throw .badNode(
        site,
        "has kernel \(size), strides \(sliding.strides), dilations \(sliding.dilations) and "
          + "pads \(sliding.pads), expected positive numbers and pads of at least 0")
    }
    try sliding.resolve(autoPad: try string("auto_pad") ?? "NOTSET", over: extents, site)
    if roundsUp { sliding.roundUp(over: extents) }
    return sliding
  }
}

/// The steps of a window along the spatial axes.
struct Sliding {

  /// The taps.
  var size: [Int]
  /// The steps between windows.
  var strides: [Int]
  /// The steps between taps.
  var dilations: [Int]
  /// What is added before each axis, then what is added after each.
  var pads: [Int]
  /// What the last window needs beyond the padding, if it is rounded up.
  var excess: [Int]

  /// The extent that the taps span along `axis`.
  func span(_ axis: Int) -> Int { (size[axis] - 1) * dilations[axis] + 1 }

  /// Computes the padding that `auto_pad` demands.
  ///
  /// - Source: ONNX, `Conv`: SAME gives ceil(in / stride) windows, the odd row at the end (UPPER)
  ///   or the beginning (LOWER).
  fileprivate mutating func resolve(
    autoPad: String, over extents: [Int], _ site: NodeSite
  ) throws(Diagnostic) {
    switch autoPad {
    case "NOTSET", "": break
    case "VALID": pads = pads.map { _ in 0 }
    case "SAME_UPPER", "SAME_LOWER":
      for axis in extents.indices {
        let count = (extents[axis] + strides[axis] - 1) / strides[axis]
        let total = max(0, (count - 1) * strides[axis] + span(axis) - extents[axis])
        let first = autoPad == "SAME_UPPER" ? total / 2 : total - total / 2
        pads[axis] = first
        pads[axis + extents.count] = total - first
      }
    default:
      throw .badAttribute(
        site, "auto_pad", found: "'\(autoPad)'",
        expected: "NOTSET, VALID, SAME_UPPER or SAME_LOWER")
    }
  }

  /// Computes the excess of a last window that begins before the image and its padding end.
  ///
  /// - Source: ONNX, `MaxPool` with ceil_mode: windows that would start in the padding after the
  ///   image are left out.
  fileprivate mutating func roundUp(over extents: [Int]) {
    for axis in extents.indices {
      let padded = extents[axis] + pads[axis] + pads[axis + extents.count]
      let rest = padded - span(axis)
      guard rest >= 0 else {
        // A window larger than the image counts once if less than a stride is missing.
        if rest > -strides[axis] { excess[axis] = -rest }
        continue
      }
      var count = (rest + strides[axis] - 1) / strides[axis] + 1
      if (count - 1) * strides[axis] >= extents[axis] + pads[axis] { count -= 1 }
      excess[axis] = max(0, (count - 1) * strides[axis] + span(axis) - padded)
    }
  }
}

extension NodeCall {

  /// Returns the window of the graph for `sliding`, with the excess as padding if `withExcess`.
  func window(_ sliding: Sliding, withExcess: Bool = false) -> Window {
    var pads = sliding.pads
    if withExcess {
      for axis in sliding.excess.indices {
        pads[axis + sliding.excess.count] += sliding.excess[axis]
      }
    }
    return Window(
      size: pair(sliding.size), strides: pair(sliding.strides),
      dilations: pair(sliding.dilations), padding: padding(pads))
  }
}

extension GraphBuilder {

  /// Returns the node of an image or line as [height, width, channels].
  mutating func image(
    _ value: Value, _ spatialRank: Int, for site: NodeSite
  ) throws(Diagnostic) -> NodeID {
    try node(of: value, axes: spatialRank == 1 ? [[], [2], [1]] : [[2], [3], [1]], for: site)
  }

  /// Returns the value of an image or line [height, width, channels] that replaces `original`.
  func imageValue(_ node: NodeID, like original: Value) -> Value {
    let shape = graph[node].shape
    let spatial = original.rank == 3 ? [shape[1]] : [shape[0], shape[1]]
    let batch = original.layout.batchAxis
    let order = original.rank == 3 ? [2, 1] : [2, 3, 1]
    return Value(
      node,
      Layout(
        extents: [batch == nil ? 1 : original.layout.batch, shape[2]] + spatial, order: order,
        batchAxis: batch))
  }

  /// Adds a convolution with the given kernels, [out, in / groups, spatial…].
  mutating func convolution(
    _ call: NodeCall, _ input: Value, kernel: ONNXTensor, bias: ONNXTensor?
  ) throws(Diagnostic) -> Value {
    let site = call.site
    let rank = try call.spatialRank(of: input)
    let extents = kernel.extents
    guard extents.count == rank + 2, kernel.count > 0 else {
      throw .badNode(site, "has weights of extents \(extents), expected \(rank + 2) axes")
    }
    let size = Array(extents[2...])
    if let declared = try call.ints("kernel_shape"), declared != size {
      throw .badNode(site, "has weights of extents \(extents) and the kernel_shape \(declared)")
    }
    let sliding = try call.sliding(size: size, over: Array(input.extents[2...]))
    let order = Array(2..<rank + 2) + [1, 0]
    let shape = Shape(call.pair(size).list + [extents[1], extents[0]])
    let kernelID = tensor(kernel, order: order, shape: shape, for: site, "weights")
    let op = Conv2D(
      kernel: kernelID, bias: try vector(bias, count: extents[0], for: site, "bias"),
      window: call.window(sliding), groups: try call.int("group", default: 1))
    let node = try add(.conv2d(op), [try image(input, rank, for: site)], for: site)
    return imageValue(node, like: input)
  }

  /// Adds a vector of `count` constants to the tensors, if there is one.
  ///
  /// - Throws: `onnx.bad-node` if it has another number of elements.
  mutating func vector(
    _ constant: ONNXTensor?, count: Int, for site: NodeSite, _ role: String
  ) throws(Diagnostic) -> TensorID? {
    guard let constant else { return nil }
    guard constant.count == count else {
      throw .badNode(
        site, "has \(constant.count) elements in its \(role), expected \(count)")
    }
    return tensor(constant, extents: [count], shape: [count], for: site, role)
  }

  fileprivate mutating func transposedConvolution(_ call: NodeCall) throws(Diagnostic) -> Value {
    let site = call.site
    let input = try call.value(0, &self)
    let rank = try call.spatialRank(of: input)
    let kernel = try call.constant(1, "weights")
    let groups = try call.int("group", default: 1)
    // [in, out / groups, spatial…]
    let extents = kernel.extents
    guard extents.count == rank + 2, kernel.count > 0, groups >= 1 else {
      throw .badNode(site, "has weights of extents \(extents), expected \(rank + 2) axes")
    }
    let size = Array(extents[2...])
    let spatial = Array(input.extents[2...])
    let sliding = try call.transposedSliding(size: size, over: spatial)
    let (channels, overflow) = extents[1].multipliedReportingOverflow(by: groups)
    guard !overflow else { throw .badNode(site, "has the group \(groups)") }
    let order = Array(2..<rank + 2) + [1, 0]
    let shape = Shape(call.pair(size).list + [extents[1], extents[0]])
    let op = ConvTranspose2D(
      kernel: tensor(kernel, order: order, shape: shape, for: site, "weights"),
      bias: try vector(call.optionalConstant(2, "a bias"), count: channels, for: site, "bias"),
      window: call.window(sliding), outputPadding: call.pair(sliding.excess, height: 0),
      groups: groups)
    let node = try add(.convTranspose2d(op), [try image(input, rank, for: site)], for: site)
    return imageValue(node, like: input)
  }
}

extension NodeCall {

  /// Returns the window of a transposed convolution; its excess is the output padding.
  ///
  /// - Source: ONNX, `ConvTranspose`: total padding = stride · (in − 1) + output_padding + span −
  ///   out; with an explicit output_shape or SAME the padding follows from the output.
  fileprivate func transposedSliding(
    size: [Int], over extents: [Int]
  ) throws(Diagnostic) -> Sliding {
    let rank = extents.count
    if let declared = try ints("kernel_shape"), declared != size {
      throw .badNode(site, "has weights of size \(size) and the kernel_shape \(declared)")
    }
    let autoPad = try string("auto_pad") ?? "NOTSET"
    var plain = self
    plain.node.attributes["auto_pad"] = nil
    var sliding = try plain.sliding(size: size, over: extents)
    sliding.excess = try ints("output_padding", count: rank, default: 0)
    guard sliding.excess.allSatisfy({ 0...Window.limit ~= $0 }) else {
      throw .badNode(site, "has the output_padding \(sliding.excess), expected at least 0")
    }
    var wanted: [Int]? = try ints("output_shape").map { Array($0.suffix(rank)) }
    if wanted == nil, autoPad.hasPrefix("SAME") {
      wanted = extents.indices.map { extents[$0] * sliding.strides[$0] }
    }
    if autoPad == "VALID" { sliding.pads = sliding.pads.map { _ in 0 } }
    guard let wanted else { return sliding }
    guard wanted.count == rank, wanted.allSatisfy({ 1...Window.limit ~= $0 }) else {
      throw .badNode(site, "has the output_shape \(wanted), expected \(rank) extents")
    }
    for axis in 0..<rank {
      let full =
        (extents[axis] - 1) * sliding.strides[axis] + sliding.span(axis) + sliding.excess[axis]
      let total = full - wanted[axis]
      // An output larger than the windows reach is filled up at its end.
      sliding.excess[axis] += max(0, -total)
      let half = max(0, total) / 2
      let first = autoPad == "SAME_UPPER" ? half : max(0, total) - half
      sliding.pads[axis] = first
      sliding.pads[axis + rank] = max(0, total) - first
    }
    return sliding
  }
}
