// Convolutions, transposed convolutions and dense layers of sums.

internal import Diagnostics
internal import SpikeIR

extension Converter {

  /// Returns the convolution of `operand`.
  mutating func convolved(
    _ operand: SpikingSum, shape: Shape, kernel: [Float], extents: Shape, window: Window,
    groups: Int, bias: TensorID?, out: Shape
  ) throws(Diagnostic) -> SpikingSum {
    let operand = try builder.relaid(operand, to: shape, "convolution")
    var result = SpikingSum(terms: [], layout: out)
    for term in operand.terms {
      let factor = try builder.perChannelOnly(term.factor, shape, "convolution")
      result.terms.append(
        SpikingTerm(
          source: term.source,
          map: .conv(
            kernel: SpikingBuilder.scalingInputs(kernel, extents, groups, by: factor),
            extents: extents, window: window, groups: groups)))
    }
    if let bias { result.offset = try source.tensors.floats(bias) }
    if operand.offset.contains(where: { $0 != 0 }) {
      let image = LinearMap.constantImage(operand.offset, shape)
      let response = LinearMap.convolve(image, shape, kernel, extents, window, groups)
      let constant = LinearMap.collapsed(response, channels: extents[3]).values
      result.offset = sum(result.offset, constant)
    }
    return result
  }

  /// Returns the transposed convolution of `operand`: zeros are put between its elements, and
  /// the result is convolved with the mirrored kernel.
  mutating func transposed(
    _ op: ConvTranspose2D, _ operand: SpikingSum, _ node: Node
  ) throws(Diagnostic) -> SpikingSum {
    let (window, shape) = (op.window, operandShape(node))
    let operand = try builder.relaid(operand, to: shape, node.name)
    let reach = Pair(
      (window.size.height - 1) * window.dilations.height,
      (window.size.width - 1) * window.dilations.width)
    let canvas: Shape = [node.shape[0] + reach.height, node.shape[1] + reach.width, shape[2]]
    func origin(_ i: Int, _ reach: Int, _ before: Int, _ stride: Int, _ n: Int) -> Int? {
      let position = i - reach + before
      return position >= 0 && position % stride == 0 && position / stride < n
        ? position / stride : nil
    }
    var sources: [Int32] = []
    for y in 0..<canvas[0] {
      let row = origin(y, reach.height, window.padding.top, window.strides.height, shape[0])
      for x in 0..<canvas[1] {
        let column = origin(x, reach.width, window.padding.left, window.strides.width, shape[1])
        for c in 0..<canvas[2] {
          if let row, let column {
            sources.append(Int32((row * shape[1] + column) * shape[2] + c))
          } else {
            sources.append(-1)
          }
        }
      }
    }
    let spread = try builder.wired(
      [(operand, sources)], shape: canvas, name: "\(node.name)/spread", layer: nil, filling: 0)
    let (kernel, extents) = try op.mirroredKernel(source.tensors)
    return try convolved(
      spread, shape: canvas, kernel: kernel, extents: extents,
      window: Window(size: window.size, dilations: window.dilations), groups: op.groups,
      bias: op.bias, out: node.shape)
  }

  /// Returns the matrix product with `operand`.
  mutating func multiplied(
    _ op: Dense, _ operand: SpikingSum, _ node: Node
  ) throws(Diagnostic) -> SpikingSum {
    let kernel = try source.tensors.floats(op.kernel)
    let extents = source.tensors[op.kernel].shape
    let shape = operandShape(node)
    if shape.rank > 1 {
      let image: Shape = [1, shape.positions, shape.channels]
      let pixels = shape.rank == 3 ? shape : image
      return try convolved(
        operand, shape: pixels, kernel: kernel, extents: [1, 1, extents[0], extents[1]],
        window: Window(size: Pair(1, 1)), groups: 1, bias: op.bias,
        out: Shape(pixels.extents.dropLast() + [extents[1]]))
    }
    var result = SpikingSum(terms: [], layout: node.shape)
    for term in operand.terms {
      let factor = term.factor
      var matrix = kernel
      for i in matrix.indices { matrix[i] *= factor[i / extents[1] % factor.count] }
      result.terms.append(
        SpikingTerm(source: term.source, map: .dense(matrix: matrix, columns: extents[1])))
    }
    if let bias = op.bias { result.offset = try source.tensors.floats(bias) }
    if operand.offset.contains(where: { $0 != 0 }) {
      let vector = LinearMap.constantImage(operand.offset, shape)
      let constant = LinearMap.multiply(vector, kernel, columns: extents[1])
      result.offset = sum(result.offset, constant)
    }
    return result
  }
}

extension ConvTranspose2D {

  /// Returns the kernel of the convolution that the operator is on a spread image, and its
  /// extents [height, width, in / groups, out].
  fileprivate func mirroredKernel(
    _ tensors: TensorStore
  ) throws(Diagnostic) -> (kernel: [Float], extents: Shape) {
    let (values, shape) = (try tensors.floats(kernel), tensors[kernel].shape)
    let (rows, columns, outPerGroup, channels) = (shape[0], shape[1], shape[2], shape[3])
    let inPerGroup = channels / groups
    let extents: Shape = [rows, columns, inPerGroup, outPerGroup * groups]
    let mirrored = extents.mapIndicesToValues { index in
      let (i, j, c, k) = (index[0], index[1], index[2], index[3])
      let (group, local) = (k / outPerGroup, k % outPerGroup)
      let row = (rows - 1 - i) * columns + columns - 1 - j
      return values[(row * outPerGroup + local) * channels + group * inPerGroup + c]
    }
    return (mirrored, extents)
  }
}
