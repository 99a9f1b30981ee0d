// Dense layers and convolutions in training: products of matrices, blocks of windows at a time.

internal import Kernels

/// A part of the parameters.
struct ParameterRange: Hashable, Sendable {
  /// The first element among all parameters.
  var offset: Int
  /// The number of elements.
  var count: Int
}

/// A convolution, grouped or not, or a dense layer as a convolution with one tap.
///
/// With X the windows as rows, Y = X·W + b, ∂W = Xᵀ·∂Y, ∂X = ∂Y·Wᵀ; windows are gathered block by
/// block, so that a block stays in the cache between the three.
struct MatrixLayer: TrainingLayer {

  /// The operand, [height, width, channels], and the result, [rows, columns, outputs].
  let input, output: Buffer

  /// The geometry.
  let window: ImageWindow

  /// The number of groups and of output channels.
  let groups, outputs: Int

  /// The weights, [tapRows, tapColumns, channels / groups, outputs].
  let kernel: ParameterRange

  /// The offsets, [outputs], if any.
  let bias: ParameterRange?

  /// Where the weights lie packed for products with windows, and for products with gradients.
  let packedForward, packedBackward: Int

  /// The channels of a group's input and output.
  private var inner: Int { window.channels / groups }
  private var outer: Int { outputs / groups }

  /// The number of terms of an output.
  private var terms: Int { window.tapRows * window.tapColumns * inner }

  /// `true` iff the operand's pixels are the windows.
  private var isPlain: Bool {
    groups == 1 && window.tapRows == 1 && window.tapColumns == 1 && window.strideY == 1
      && window.strideX == 1 && !window.needsPadding
      && window.positions * window.channels == input.count
  }

  /// The number of elements of the packed weights, for each of the two products.
  var packedCounts: (forward: Int, backward: Int) {
    (
      groups * Kernels.packedCount(depth: terms, columns: outer),
      groups * Kernels.packedCount(depth: outer, columns: terms)
    )
  }

  /// The number of windows of a block: some tens of thousands of elements.
  private var blockRows: Int { max(8, min(1024, 32_768 / terms)) }

  /// The number of elements of scratch memory.
  var scratchCount: Int {
    2 * blockRows * terms + Kernels.packedCount(depth: blockRows, columns: outer)
  }

  /// The number of multiplications of a sample.
  var multiplications: Int { window.positions * outputs * terms }

  /// Packs the weights for the products of a step.
  func pack(_ weights: TrainingWeights) {
    let kernel = UnsafePointer(weights.parameters.base + self.kernel.offset)
    let (forward, backward) = packedCounts
    for g in 0..<groups {
      let own = kernel + g * outer
      packColumns(
        weights.packed.base + packedForward + g * (forward / groups),
        of: MatrixView(own, rowStride: outputs), depth: terms, columns: outer)
      packColumns(
        weights.packed.base + packedBackward + g * (backward / groups),
        of: MatrixView(own, rowStride: 1, columnStride: outputs), depth: outer, columns: terms)
    }
  }

  func forward(_ pass: LayerPass) {
    let packed = UnsafePointer(pass.weights.packed.base + packedForward)
    let bias = bias.map { UnsafePointer(pass.weights.parameters.base + $0.offset) }
    forEachBlock(pass) { block in
      let start = bias.map { ProductStart.row($0 + block.group * outer) } ?? .zero
      let windows = gathered(block, pass, pass.scratch)
      multiply(
        pass.value(output) + block.outputOffset, stride: outputs, rows: block.rows, columns: outer,
        depth: terms, windows, packed: packed + block.group * (packedCounts.forward / groups),
        start: start)
    }
  }

  func backward(_ pass: LayerPass) {
    guard let gradients = pass.gradient(output), let sums = pass.parameterGradients else { return }
    let packed = UnsafePointer(pass.weights.packed.base + packedBackward)
    let inputGradient = pass.gradient(input)
    let columns = pass.scratch
    let inputColumns = columns + blockRows * terms
    let packedGradient = inputColumns + blockRows * terms
    forEachBlock(pass) { block in
      let gradient = UnsafePointer(gradients + block.outputOffset)
      if let bias {
        let sum = sums + bias.offset + block.group * outer
        for r in 0..<block.rows {
          for k in 0..<outer { sum[k] += gradient[r * outputs + k] }
        }
      }
      let windows = gathered(block, pass, columns)
      packColumns(
        packedGradient, of: MatrixView(gradient, rowStride: outputs), depth: block.rows,
        columns: outer)
      multiply(
        sums + kernel.offset + block.group * outer, stride: outputs, rows: terms, columns: outer,
        depth: block.rows,
        MatrixView(windows.pointer, rowStride: 1, columnStride: windows.rowStride),
        packed: packedGradient, start: .result)
      guard let inputGradient else { return }
      addInputGradient(
        inputGradient, of: gradient, block, inputColumns,
        packed + block.group * (packedCounts.backward / groups))
    }
  }

  /// Adds the gradient by the operand of a block.
  private func addInputGradient(
    _ inputGradient: UnsafeMutablePointer<Float>, of gradient: UnsafePointer<Float>,
    _ block: Block, _ columns: UnsafeMutablePointer<Float>, _ packed: UnsafePointer<Float>
  ) {
    let gradient = MatrixView(gradient, rowStride: outputs)
    guard !isPlain else {
      return multiply(
        inputGradient + block.first * window.channels, stride: terms, rows: block.rows,
        columns: terms, depth: outer, gradient, packed: packed, start: .result)
    }
    multiply(
      columns, stride: terms, rows: block.rows, columns: terms, depth: outer, gradient,
      packed: packed, start: .zero)
    window.scatterColumns(
      into: inputGradient + block.sample * input.count, from: columns,
      positions: block.first..<block.first + block.rows, first: block.group * inner, count: inner)
  }
}

/// Some output positions of a sample and group, or of all samples where windows are pixels.
private struct Block {
  /// The sample and the group.
  var sample, group: Int
  /// The first position.
  var first: Int
  /// The number of positions.
  var rows: Int
  /// The first result.
  var outputOffset: Int
}

extension MatrixLayer {

  /// Calls `body` for each block of the pass.
  private func forEachBlock(_ pass: LayerPass, _ body: (Block) -> Void) {
    let rows = isPlain ? pass.samples * window.positions : window.positions
    for sample in 0..<(isPlain ? 1 : pass.samples) {
      for first in stride(from: 0, to: rows, by: blockRows) {
        for group in 0..<groups {
          body(
            Block(
              sample: sample, group: group, first: first, rows: min(blockRows, rows - first),
              outputOffset: sample * output.count + first * outputs + group * outer))
        }
      }
    }
  }

  /// Returns the windows of a block as rows, gathered into `columns` if need be.
  private func gathered(
    _ block: Block, _ pass: LayerPass, _ columns: UnsafeMutablePointer<Float>
  ) -> MatrixView {
    let image = UnsafePointer(pass.value(input))
    if isPlain {
      return MatrixView(image + block.first * window.channels, rowStride: window.channels)
    }
    window.gatherColumns(
      columns, from: image + block.sample * input.count,
      positions: block.first..<block.first + block.rows, first: block.group * inner, count: inner)
    return MatrixView(columns, rowStride: terms)
  }
}

/// A convolution with one kernel a channel.
struct DepthwiseLayer: TrainingLayer {

  /// The operand, [height, width, channels], and the result, [rows, columns, channels].
  let input, output: Buffer

  /// The geometry.
  let window: ImageWindow

  /// The weights, [tapRows, tapColumns, channels].
  let kernel: ParameterRange

  /// The offsets, [channels], if any.
  let bias: ParameterRange?

  func forward(_ pass: LayerPass) {
    let parameters = UnsafePointer(pass.weights.parameters.base)
    for s in 0..<pass.samples {
      window.depthwise(
        pass.value(output) + s * output.count, input: pass.value(input) + s * input.count,
        kernel: parameters + kernel.offset, bias: bias.map { parameters + $0.offset })
    }
  }

  func backward(_ pass: LayerPass) {
    guard let gradients = pass.gradient(output), let sums = pass.parameterGradients else { return }
    let parameters = UnsafePointer(pass.weights.parameters.base)
    for s in 0..<pass.samples {
      let gradient = gradients + s * output.count
      window.addDepthwiseGradients(
        kernel: sums + kernel.offset, input: pass.gradient(input).map { $0 + s * input.count },
        of: gradient, at: pass.value(input) + s * input.count, parameters + kernel.offset)
      guard let bias else { continue }
      let sum = sums + bias.offset
      for p in 0..<window.positions {
        for c in 0..<window.channels { sum[c] += gradient[p * window.channels + c] }
      }
    }
  }
}
