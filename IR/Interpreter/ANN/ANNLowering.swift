// From operators to kernels: checks what a graph from outside may get wrong, packs constants.

internal import Diagnostics
package import Kernels
package import SpikeIR

/// The largest number of elements of a value, 1 GiB; beyond any network that is to spike, and safe
/// from overflow.
let largestValue = 1 << 28

/// What a node becomes.
enum ANNStepKind: Sendable {
  /// The network's input at this position.
  case input(Int)
  /// A constant.
  case constant([Float])
  /// The same elements as the operand's.
  case alias
  /// A computation.
  case kernel(ANNKernel)
}

/// The translation of one node.
struct ANNLowering {

  /// The graph.
  let graph: ANNGraph

  /// The node.
  let id: NodeID

  private var node: Node { graph[id] }
  private var tensors: TensorStore { graph.tensors }
  private var shapes: [Shape] { node.inputs.map { graph[$0].shape } }

  /// Checks that the node's operands come before it and that its shape follows from theirs.
  ///
  /// - Throws: `interpreter.bad-graph`, `interpreter.value-too-large`, or what the operator's
  ///   shape rule throws.
  func check() throws(Diagnostic) {
    guard node.inputs.allSatisfy({ $0 < id }) else { throw .useBeforeDefinition(node) }
    guard node.shape.extents.allSatisfy({ $0 >= 1 }), let count = node.shape.checkedCount,
      count <= largestValue
    else { throw .valueTooLarge(node.shape) }
    if case .input = node.op {
      guard node.inputs.isEmpty else { throw .inputWithOperands(node) }
    } else {
      let shape = try node.op.outputShape(of: shapes, tensors)
      guard shape == node.shape else { throw .shapeMismatch(node, expected: shape) }
    }
  }

  /// Returns what the node becomes.
  ///
  /// - Parameter position: the number of inputs of the network before this node.
  /// - Returns: the step.
  /// - Throws: `interpreter.unsupported-operator` for a custom operator, `ir.elided-tensor` for a
  ///   constant that is not at hand, `interpreter.value-too-large`.
  /// - Precondition: `check` did not throw.
  func lower(position: Int) throws(Diagnostic) -> ANNStepKind {
    switch node.op {
    case .input: .input(position)
    case .constant(let x): .constant(try tensors.floats(x.value))
    case .reshape: .alias
    case .conv2d(let x): .kernel(try convolution(x))
    case .convTranspose2d(let x): .kernel(try transposed(x))
    case .dense(let x): .kernel(try dense(x))
    case .pool(let x): .kernel(try pool(x))
    case .batchNorm(let x): .kernel(try normalization(x))
    case .activation(let x): .kernel(.nonlinearity(Nonlinearity(x)))
    case .fakeQuantize(let x): .kernel(.nonlinearity(Nonlinearity(x)))
    case .softmax(let x):
      .kernel(.softmax(channels: node.shape.channels, isLogarithm: x.isLogarithm))
    case .prelu(let x): .kernel(try prelu(x))
    case .softLIF(let x): .kernel(try response(x))
    case .scale(let x): .kernel(try scale(x))
    case .elementwise(let x): .kernel(elementwise(x))
    case .concat(let x): .kernel(concatenation(x))
    case .transpose(let x): .kernel(transposition(x))
    case .pad(let x): .kernel(padding(x))
    case .slice(let x): .kernel(part(x))
    case .upsample(let x): .kernel(enlargement(x))
    case .take(let x): .kernel(selection(x))
    case .custom(let x): throw .unsupportedOperator(x.name)
    }
  }
}

// MARK: - Windows and matrices

extension ANNLowering {

  /// Returns the geometry of a window over an image.
  private func geometry(_ window: Window, over image: Shape, output: Shape) -> ImageWindow {
    ImageWindow(
      height: image[0], width: image[1], channels: image[2], rows: output[0], columns: output[1],
      tapRows: window.size.height, tapColumns: window.size.width,
      strideY: window.strides.height, strideX: window.strides.width,
      dilationY: window.dilations.height, dilationX: window.dilations.width,
      top: window.padding.top, left: window.padding.left)
  }

  /// Checks that an image with its padding is not too large to be copied.
  private func requireModestPadding(_ window: ImageWindow, copies: Int = 1) throws(Diagnostic) {
    try requireModest([window.paddedHeight, window.paddedWidth, window.channels, copies])
  }

  /// Checks that memory of the given extents is not too large.
  private func requireModest(_ shape: Shape) throws(Diagnostic) {
    guard let count = shape.checkedCount, count <= largestValue else {
      throw .valueTooLarge(shape)
    }
  }

  private func floats(_ id: TensorID?) throws(Diagnostic) -> [Float]? {
    if let id { try tensors.floats(id) } else { nil }
  }

  private func convolution(_ op: Conv2D) throws(Diagnostic) -> ANNKernel {
    let window = geometry(op.window, over: shapes[0], output: node.shape)
    let kernel = try tensors.floats(op.kernel)
    let bias = try floats(op.bias)
    if op.groups == window.channels, op.groups > 1 {
      let multiplier = node.shape.channels / window.channels
      try requireModestPadding(window, copies: multiplier)
      return .depthwise(
        DepthwiseConvolution(window, kernel: kernel, bias: bias, multiplier: multiplier))
    }
    try requireModestPadding(window)
    return .convolution(
      PackedConvolution(
        window, kernel: kernel, bias: bias, outputChannels: node.shape.channels,
        groups: op.groups))
  }

  private func transposed(_ op: ConvTranspose2D) throws(Diagnostic) -> ANNKernel {
    let window = geometry(op.window, over: node.shape, output: shapes[0])
    // The kernel keeps the products of a row of the input with all taps.
    try requireModest([window.columns, window.tapRows, window.tapColumns, window.channels])
    return .transposed(
      TransposedConvolution(
        window, kernel: try tensors.floats(op.kernel), bias: try floats(op.bias),
        inputChannels: shapes[0].channels, groups: op.groups))
  }

  /// A matrix product is a 1×1 convolution of an image with one column.
  private func dense(_ op: Dense) throws(Diagnostic) -> ANNKernel {
    let positions = node.shape.positions
    return .convolution(
      PackedConvolution(
        ImageWindow(
          height: positions, width: 1, channels: shapes[0].channels, rows: positions, columns: 1),
        kernel: try tensors.floats(op.kernel), bias: try floats(op.bias),
        outputChannels: node.shape.channels))
  }

  private func pool(_ op: Pool) throws(Diagnostic) -> ANNKernel {
    let window = geometry(op.window, over: shapes[0], output: node.shape)
    switch op.kind {
    case .maximum: return .poolMaximum(window)
    case .average:
      return .poolAverage(
        window, divisor: op.countsPadding ? window.tapRows * window.tapColumns : nil)
    }
  }

  /// The factor is rounded once, from double precision.
  private func normalization(_ op: BatchNorm) throws(Diagnostic) -> ANNKernel {
    let variance = try tensors.floats(op.variance)
    let ones = [Float](repeating: 1, count: variance.count)
    let scale = try floats(op.scale) ?? ones
    let factor = zip(scale, variance).map { scale, variance in
      Float(Double(scale) / (Double(variance) + Double(op.epsilon)).squareRoot())
    }
    return .normalize(
      mean: try tensors.floats(op.mean), factor: factor,
      offset: try floats(op.offset) ?? [Float](repeating: 0, count: variance.count))
  }
}

// MARK: - Loops

extension ANNLowering {

  /// Returns the loop that combines the whole of operand i with the result, broadcast.
  private func whole(_ i: Int, _ combination: Combination = .copy) -> ANNLoop {
    ANNLoop(
      map: StridedMap(broadcasting: shapes[i].extents, to: node.shape.extents),
      source: .operand(i), combination: combination)
  }

  /// Returns the loop that combines a constant with the result, broadcast; none without one.
  private func constant(
    _ id: TensorID?, _ combination: Combination
  ) throws(Diagnostic) -> [ANNLoop] {
    guard let id else { return [] }
    let map = StridedMap(broadcasting: tensors[id].shape.extents, to: node.shape.extents)
    return [
      ANNLoop(map: map, source: .constant(try tensors.floats(id)), combination: combination)
    ]
  }

  private func prelu(_ op: PReLU) throws(Diagnostic) -> ANNKernel {
    .loops(fill: nil, [whole(0)] + (try constant(op.slope, .slope)))
  }

  private func response(_ op: SoftLIF) throws(Diagnostic) -> ANNKernel {
    let gain = try tensors.floats(op.gain)
    return .response(
      SoftLIFResponse(
        gain: gain, offset: try floats(op.offset) ?? gain.map { _ in 0 },
        amplitude: try tensors.floats(op.amplitude), tauRC: op.tauRC, tauRef: op.tauRef,
        gamma: op.gamma))
  }

  private func scale(_ op: Scale) throws(Diagnostic) -> ANNKernel {
    .loops(
      fill: nil,
      [whole(0)] + (try constant(op.factor, .multiply)) + (try constant(op.offset, .add)))
  }

  private func elementwise(_ op: Elementwise) -> ANNKernel {
    let combination: Combination =
      switch op.kind {
      case .add, .average: .add
      case .subtract: .subtract
      case .multiply: .multiply
      case .divide: .divide
      case .maximum: .maximum
      case .minimum: .minimum
      }
    var loops = [whole(0)] + node.inputs.indices.dropFirst().map { whole($0, combination) }
    if op.kind == .average {
      loops.append(
        ANNLoop(
          map: StridedMap(broadcasting: [], to: node.shape.extents),
          source: .constant([Float(node.inputs.count)]), combination: .divide))
    }
    return .loops(fill: nil, loops)
  }

  private func concatenation(_ op: Concat) -> ANNKernel {
    let outStrides = StridedMap.rowMajor(node.shape.extents)
    var start = 0
    var loops: [ANNLoop] = []
    for (i, shape) in shapes.enumerated() {
      let map = StridedMap(
        extents: shape.extents, outStrides: outStrides,
        inStrides: StridedMap.rowMajor(shape.extents), outOffset: start * outStrides[op.axis])
      loops.append(ANNLoop(map: map, source: .operand(i), combination: .copy))
      start += shape[op.axis]
    }
    return .loops(fill: nil, loops)
  }

  /// Returns the kernel that sets the result to elements of the only operand.
  private func gather(
    _ extents: [Int], inStrides: [Int], inOffset: Int = 0, outStrides: [Int]? = nil,
    outOffset: Int = 0, fill: Float? = nil
  ) -> ANNKernel {
    let map = StridedMap(
      extents: extents, outStrides: outStrides ?? StridedMap.rowMajor(extents),
      inStrides: inStrides, outOffset: outOffset, inOffset: inOffset)
    return .loops(fill: fill, [ANNLoop(map: map, source: .operand(0), combination: .copy)])
  }

  private func transposition(_ op: Transpose) -> ANNKernel {
    let strides = StridedMap.rowMajor(shapes[0].extents)
    return gather(node.shape.extents, inStrides: op.order.map { strides[$0] })
  }

  private func padding(_ op: Pad) -> ANNKernel {
    let operand = shapes[0].extents
    let outStrides = StridedMap.rowMajor(node.shape.extents)
    return gather(
      operand, inStrides: StridedMap.rowMajor(operand), outStrides: outStrides,
      outOffset: zip(outStrides, op.low).reduce(0) { $0 + $1.0 * $1.1 }, fill: op.value)
  }

  private func part(_ op: Slice) -> ANNKernel {
    let strides = StridedMap.rowMajor(shapes[0].extents)
    return gather(
      node.shape.extents, inStrides: zip(strides, op.steps).map { $0 * $1 },
      inOffset: zip(strides, op.starts).reduce(0) { $0 + $1.0 * $1.1 })
  }

  private func enlargement(_ op: Upsample) -> ANNKernel {
    let image = shapes[0]
    return gather(
      [image[0], op.factors.height, image[1], op.factors.width, image[2]],
      inStrides: [image[1] * image[2], 0, image[2], 0, 1])
  }

  private func selection(_ op: Take) -> ANNKernel {
    let extents = shapes[0].extents
    return .select(
      Selection(
        op.indices, of: extents[op.axis], outer: extents[..<op.axis].reduce(1, *),
        inner: extents[(op.axis + 1)...].reduce(1, *)))
  }
}

extension Nonlinearity {

  /// Creates the function that a fake quantization applies.
  package init(_ op: FakeQuantize) {
    self = .quantizer(
      scale: op.scale, zeroPoint: Float(op.zeroPoint), low: Float(op.low), high: Float(op.high))
  }

  /// Creates the function that an activation applies.
  // size: table
  package init(_ op: Activation) {
    switch op.kind {
    case .relu:
      self = .rectifier(slope: op.alpha, threshold: op.threshold, maximum: op.maximum)
    case .elu: self = .exponentialLinear(scale: 1, alpha: op.alpha)
    case .selu: self = .exponentialLinear(scale: 1.050_701, alpha: 1.673_263_2)
    case .sigmoid: self = .sigmoid
    case .hardSigmoid: self = .hardSigmoid(slope: op.alpha, offset: op.beta)
    case .tanh: self = .tanh
    case .hardTanh: self = .hardTanh
    case .softplus: self = .softplus
    case .softsign: self = .softsign
    case .swish: self = .swish
    case .hardSwish: self = .hardSwish
    case .gelu: self = .gelu
    case .geluTanh: self = .geluTanh
    case .mish: self = .mish
    case .exponential: self = .exponential
    case .logSigmoid: self = .logSigmoid
    case .thresholded: self = .thresholded(op.threshold)
    case .absolute: self = .absolute
    case .celu: self = .continuousExponentialLinear(alpha: op.alpha)
    case .softShrink: self = .softShrink(width: op.alpha)
    case .hardShrink: self = .hardShrink(width: op.alpha)
    case .tanhShrink: self = .tanhShrink
    case .squareplusSparse: self = .sparsePlus
    case .squareplus: self = .squareplus(width: op.alpha)
    case .erf: self = .errorFunction
    case .squareRoot: self = .squareRoot
    case .power: self = .power(exponent: op.alpha)
    case .logarithm: self = .logarithm
    case .reciprocal: self = .reciprocal
    case .sign: self = .sign
    case .round: self = .round
    case .floor: self = .floor
    case .ceiling: self = .ceiling
    }
  }
}
