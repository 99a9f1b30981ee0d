// From operators to layers of training.

internal import Diagnostics
internal import Kernels
internal import SpikeIR
internal import SpikeInterpreter

/// γ where the network says none: that of Hunsberger and Eliasmith (2016), section 3.1, in thresholds.
private let softness: Float = 0.02

/// The state while a network is compiled for training.
struct TrainingPlanBuilder {

  /// The network.
  let graph: ANNGraph

  /// What stands for nodes.
  let neurons: [NodeID: TrainedNeuron]

  /// What gives layers matrices that learn by themselves.
  let matrices: (any LearningMatrices)?

  /// The layers so far.
  private(set) var layers: [any TrainingLayer] = []

  /// Where the value of each node lies; `nil` for nodes that are skipped.
  private(set) var buffers: [Buffer?] = []

  /// The network's inputs.
  private(set) var inputs: [Buffer?] = []

  /// The constants that are trained.
  private(set) var parameters: [TrainingPlan.Parameter] = []

  /// The constants that matrices of their own learn.
  private(set) var learning: [LearningPlace] = []

  /// The counts of the plan; see `TrainingPlan`.
  private(set) var parameterCount = 0
  private(set) var valueCount = 0
  private(set) var gradientCount = 0
  private(set) var packedCount = 0
  private(set) var scratchCount = 0
  private(set) var multiplications = 0

  /// Starts with nothing.
  init(
    graph: ANNGraph, neurons: [NodeID: TrainedNeuron], matrices: (any LearningMatrices)? = nil
  ) {
    (self.graph, self.neurons, self.matrices) = (graph, neurons, matrices)
  }

  /// Takes note of a node on which nothing depends.
  mutating func skip(_ node: Node) {
    buffers.append(nil)
    if node.op == .input { inputs.append(nil) }
  }

  /// Adds the layers of node `id`.
  ///
  /// - Throws: `training.unsupported-operator`, and what loading tensors throws.
  mutating func add(_ id: NodeID) throws(Diagnostic) {
    let node = graph[id]
    let operands = node.inputs.compactMap { buffers[$0.index] }
    // An operand that cannot be trained has been reported.
    guard operands.count == node.inputs.count else { return skip(node) }
    var result: Buffer
    if let neuron = neurons[id], case .activation(let function) = node.op, function.kind == .relu {
      result = addNeurons(neuron, on: operands[0])
    } else {
      result = try addOperator(node, operands)
      if let neuron = neurons[id] { result = addNeurons(neuron, on: result) }
    }
    buffers.append(result)
    if node.op == .input { inputs.append(result) }
  }

  // size: table
  private mutating func addOperator(
    _ node: Node, _ operands: [Buffer]
  ) throws(Diagnostic) -> Buffer {
    switch node.op {
    case .input: return buffer(node.shape.count, hasGradient: false)
    case .reshape: return operands[0]
    case .constant(let op):
      let value = try graph.tensors.floats(op.value)
      return append(node, []) { ConstantLayer(output: $0, value: value) }
    case .conv2d(let op): return try addConvolution(op, node, operands[0])
    case .dense(let op): return try addDense(op, node, operands[0])
    case .pool(let op):
      let window = geometry(op.window, node)
      reserve(window.channels)
      let divisor = op.countsPadding ? window.tapRows * window.tapColumns : nil
      return append(node, operands) {
        PoolLayer(
          input: operands[0], output: $0, window: window, kind: op.kind, divisor: divisor)
      }
    case .activation(let op):
      return append(node, operands) {
        FunctionLayer(input: operands[0], output: $0, function: Nonlinearity(op))
      }
    case .fakeQuantize(let op):
      return append(node, operands) {
        FunctionLayer(input: operands[0], output: $0, function: Nonlinearity(op))
      }
    case .softLIF(let op): return addNeurons(.softLIF(try layer(op)), on: operands[0])
    case .prelu(let op):
      let slope = try expanded(op.slope, to: node.shape) ?? []
      return append(node, operands) {
        SlopedRectifierLayer(input: operands[0], output: $0, slope: slope)
      }
    case .softmax(let op):
      return append(node, operands) {
        SoftmaxLayer(
          input: operands[0], output: $0, channels: node.shape.channels,
          isLogarithm: op.isLogarithm)
      }
    case .batchNorm(let op): return try addNormalization(op, node, operands[0])
    case .scale(let op):
      let count = node.shape.count
      let factor = try expanded(op.factor, to: node.shape) ?? .init(repeating: 1, count: count)
      let offset = try expanded(op.offset, to: node.shape) ?? .init(repeating: 0, count: count)
      return append(node, operands) {
        AffineLayer(input: operands[0], output: $0, factor: factor, offset: offset)
      }
    case .elementwise(let op): return addCombination(op, node, operands)
    case .concat, .transpose, .pad, .slice, .upsample, .take:
      return addRearrangement(node, operands)
    case .convTranspose2d, .custom: throw .cannotTrain(node.op.mnemonic)
    }
  }
}

// MARK: - Memory

extension TrainingPlanBuilder {

  private mutating func buffer(_ count: Int, hasGradient: Bool) -> Buffer {
    var result = Buffer(offset: valueCount, gradientOffset: nil, count: count)
    valueCount += count
    if hasGradient {
      result.gradientOffset = gradientCount
      gradientCount += count
    }
    return result
  }

  /// Adds a layer whose result has a gradient iff an operand or the layer's own weights need it.
  private mutating func append(
    _ node: Node, _ operands: [Buffer], hasParameters: Bool = false,
    _ layer: (Buffer) -> any TrainingLayer
  ) -> Buffer {
    let hasGradient = hasParameters || operands.contains { $0.gradientOffset != nil }
    let output = buffer(node.shape.count, hasGradient: hasGradient)
    layers.append(layer(output))
    return output
  }

  private mutating func reserve(_ scratch: Int) {
    scratchCount = max(scratchCount, scratch)
  }

  /// Returns the place of a tensor among the parameters, the same one if layers share it.
  private mutating func parameter(_ id: TensorID, isKernel: Bool) -> ParameterRange {
    if let known = parameters.first(where: { $0.tensor == id }) { return known.range }
    let range = ParameterRange(offset: parameterCount, count: graph.tensors[id].shape.count)
    parameters.append(TrainingPlan.Parameter(tensor: id, range: range, isKernel: isKernel))
    parameterCount += range.count
    return range
  }

  private mutating func addNeurons(_ neuron: TrainedNeuron, on input: Buffer) -> Buffer {
    switch neuron {
    case .staircase(let thresholds, let levels, let isSigned):
      let layer = StaircaseLayer(thresholds: thresholds, levels: levels, isSigned: isSigned)
      return addNeurons(.staircase(layer), on: input)
    }
  }

  /// Returns the rates of leaky neurons; a sharp threshold is softened, since its slope is infinite
  /// there.
  private func layer(_ op: SoftLIF) throws(Diagnostic) -> SoftLIFLayer {
    let gain = try graph.tensors.floats(op.gain)
    let amplitude = try graph.tensors.floats(op.amplitude)
    let offset = try expanded(op.offset, to: [gain.count])
    return SoftLIFLayer(
      gain: gain, offset: offset ?? [Float](repeating: 0, count: gain.count),
      amplitude: amplitude, tauRC: op.tauRC, tauRef: op.tauRef,
      gamma: op.gamma > 0 ? op.gamma : softness)
  }

  private mutating func addNeurons(_ response: NeuronLayer.Response, on input: Buffer) -> Buffer {
    let output = buffer(input.count, hasGradient: input.gradientOffset != nil)
    let slope = buffer(input.count, hasGradient: false)
    layers.append(
      NeuronLayer(
        input: input, output: output, slope: slope, response: response, number: layers.count))
    return output
  }
}

// MARK: - Weights

extension TrainingPlanBuilder {

  /// Returns the geometry of a window over the operand of `node`.
  private func geometry(_ window: Window, _ node: Node) -> ImageWindow {
    let image = graph[node.inputs[0]].shape
    return ImageWindow(
      height: image[0], width: image[1], channels: image[2], rows: node.shape[0],
      columns: node.shape[1], tapRows: window.size.height, tapColumns: window.size.width,
      strideY: window.strides.height, strideX: window.strides.width,
      dilationY: window.dilations.height, dilationX: window.dilations.width,
      top: window.padding.top, left: window.padding.left)
  }

  private mutating func addConvolution(
    _ op: Conv2D, _ node: Node, _ input: Buffer
  ) throws(Diagnostic) -> Buffer {
    let window = geometry(op.window, node)
    if let matrices {
      return try addLearning(
        matrices, window, groups: op.groups, kernel: op.kernel, bias: op.bias, node, input)
    }
    guard op.groups == window.channels, node.shape.channels == op.groups, op.groups > 1 else {
      return addMatrix(
        window, groups: op.groups, kernel: op.kernel, bias: op.bias, node, input)
    }
    let kernel = parameter(op.kernel, isKernel: true)
    let bias = op.bias.map { parameter($0, isKernel: false) }
    multiplications += node.shape.count * window.tapRows * window.tapColumns
    return append(node, [input], hasParameters: true) {
      DepthwiseLayer(input: input, output: $0, window: window, kernel: kernel, bias: bias)
    }
  }

  /// A matrix product is a 1×1 convolution of an image with one column.
  private mutating func addDense(
    _ op: Dense, _ node: Node, _ input: Buffer
  ) throws(Diagnostic) -> Buffer {
    let positions = node.shape.positions
    let window = ImageWindow(
      height: positions, width: 1, channels: graph[node.inputs[0]].shape.channels,
      rows: positions, columns: 1)
    if let matrices {
      return try addLearning(
        matrices, window, groups: 1, kernel: op.kernel, bias: op.bias, node, input)
    }
    return addMatrix(window, groups: 1, kernel: op.kernel, bias: op.bias, node, input)
  }

  private mutating func addMatrix(
    _ window: ImageWindow, groups: Int, kernel: TensorID, bias: TensorID?, _ node: Node,
    _ input: Buffer
  ) -> Buffer {
    let kernel = parameter(kernel, isKernel: true)
    let bias = bias.map { parameter($0, isKernel: false) }
    // What is packed depends on the layer's shape only, which the first of two values fixes.
    func layer(_ output: Buffer, _ start: Int, _ forward: Int) -> MatrixLayer {
      MatrixLayer(
        input: input, output: output, window: window, groups: groups,
        outputs: node.shape.channels, kernel: kernel, bias: bias, packedForward: start,
        packedBackward: start + forward)
    }
    let output = buffer(node.shape.count, hasGradient: true)
    let counts = layer(output, 0, 0).packedCounts
    let result = layer(output, packedCount, counts.forward)
    packedCount += counts.forward + counts.backward
    reserve(result.scratchCount)
    multiplications += result.multiplications
    layers.append(result)
    return output
  }

  /// Adds a layer whose matrices learn by themselves.
  ///
  /// - Throws: `training.shared-weights` if another layer has the same kernel.
  private mutating func addLearning(
    _ source: any LearningMatrices, _ window: ImageWindow, groups: Int, kernel: TensorID,
    bias: TensorID?, _ node: Node, _ input: Buffer
  ) throws(Diagnostic) -> Buffer {
    if let other = learning.first(where: { $0.kernel == kernel }) {
      throw .sharedWeights(with: other.layer)
    }
    var place = LearningPlace(
      layer: node.name, kernel: kernel, bias: bias, outputs: node.shape.channels, matrices: [])
    let weights = try graph.tensors.floats(kernel)
    let offsets = try bias.map(graph.tensors.floats) ?? []
    for group in 0..<groups {
      let task = place.task(
        weights, offsets, number: learning.count, group: group, of: groups,
        positions: window.positions)
      place.matrices.append(source.matrix(for: task))
    }
    learning.append(place)
    reserve(
      LearningLayer.scratchCount(window, groups: groups, outputs: node.shape.channels))
    multiplications += window.positions * weights.count
    let matrices = place.matrices
    return append(node, [input], hasParameters: true) {
      LearningLayer(
        input: input, output: $0, window: window, outputs: node.shape.channels,
        hasOffset: bias != nil, matrices: matrices)
    }
  }

  private mutating func addNormalization(
    _ op: BatchNorm, _ node: Node, _ input: Buffer
  ) throws(Diagnostic) -> Buffer {
    let variance = try graph.tensors.floats(op.variance)
    let mean = try graph.tensors.floats(op.mean)
    let scale = try expanded(op.scale, to: [variance.count])
    let shift = try expanded(op.offset, to: [variance.count])
    let factor = variance.indices.map { c in
      (scale?[c] ?? 1) / (variance[c] + op.epsilon).squareRoot()
    }
    let offset = factor.indices.map { c in (shift?[c] ?? 0) - mean[c] * factor[c] }
    return append(node, [input]) {
      AffineLayer(input: input, output: $0, factor: factor, offset: offset)
    }
  }

  /// Returns the elements of a tensor repeated to a shape that it broadcasts to.
  private func expanded(_ id: TensorID?, to shape: Shape) throws(Diagnostic) -> [Float]? {
    guard let id else { return nil }
    let values = try graph.tensors.floats(id)
    var result = [Float](repeating: 0, count: shape.count)
    let map = StridedMap(broadcasting: graph.tensors[id].shape.extents, to: shape.extents)
    var target = result.mutableSpan
    map.apply(&target, input: values.span, .copy)
    return result
  }
}

// MARK: - Structure

extension TrainingPlanBuilder {

  private mutating func addCombination(
    _ op: Elementwise, _ node: Node, _ operands: [Buffer]
  ) -> Buffer {
    let parts = zip(node.inputs, operands).map { id, buffer in
      OperandPart(
        input: buffer,
        pairs: ElementPairs(broadcasting: graph[id].shape.extents, to: node.shape.extents))
    }
    reserve((parts.count + 1) * node.shape.count)
    return append(node, operands) {
      CombinationLayer(parts: parts, output: $0, kind: op.kind)
    }
  }

  private mutating func addRearrangement(_ node: Node, _ operands: [Buffer]) -> Buffer {
    let shapes = node.inputs.map { graph[$0].shape }
    let pairs = node.op.pairs(shapes, node.shape)
    let parts = pairs.map { OperandPart(input: operands[$0.operand], pairs: $0.pairs) }
    var fill: Float?
    if case .pad(let op) = node.op { fill = op.value }
    let value = fill
    return append(node, operands) {
      RearrangementLayer(parts: parts, output: $0, fill: value)
    }
  }
}

extension Op {

  /// The number of an operand, with the elements of the result that its elements go to.
  fileprivate typealias NumberedPairs = (operand: Int, pairs: ElementPairs)

  /// Returns where the elements of the operands go, for an operator that moves elements.
  fileprivate func pairs(_ shapes: [Shape], _ result: Shape) -> [NumberedPairs] {
    let outStrides = StridedMap.rowMajor(result.extents)
    let operand = shapes[0].extents
    let inStrides = StridedMap.rowMajor(operand)
    func only(
      _ extents: [Int], out: [Int]? = nil, in strides: [Int], outOffset: Int = 0, inOffset: Int = 0
    ) -> [NumberedPairs] {
      let pairs = ElementPairs(
        extents: extents, outStrides: out ?? outStrides, inStrides: strides, outOffset: outOffset,
        inOffset: inOffset)
      return [(0, pairs)]
    }
    switch self {
    case .concat(let op): return op.pairs(shapes, outStrides)
    case .transpose(let op): return only(result.extents, in: op.order.map { inStrides[$0] })
    case .pad(let op):
      return only(
        operand, in: inStrides, outOffset: zip(outStrides, op.low).reduce(0) { $0 + $1.0 * $1.1 })
    case .slice(let op):
      return only(
        result.extents, in: zip(inStrides, op.steps).map { $0 * $1 },
        inOffset: zip(inStrides, op.starts).reduce(0) { $0 + $1.0 * $1.1 })
    case .upsample(let op):
      let extents = [operand[0], op.factors.height, operand[1], op.factors.width, operand[2]]
      return only(
        extents, out: StridedMap.rowMajor(extents),
        in: [inStrides[0], 0, inStrides[1], 0, inStrides[2]])
    case .take(let op):
      // The dimension along which is selected becomes a loop of one pass for each position.
      var extents = result.extents
      extents[op.axis] = 1
      return op.indices.indices.flatMap { i in
        only(
          extents, in: inStrides, outOffset: i * outStrides[op.axis],
          inOffset: op.indices[i] * inStrides[op.axis])
      }
    default: preconditionFailure("internal: '\(mnemonic)' does not move elements")
    }
  }
}

extension Concat {

  /// Returns where the elements of the operands go.
  fileprivate func pairs(_ shapes: [Shape], _ outStrides: [Int]) -> [Op.NumberedPairs] {
    var start = 0
    var result: [Op.NumberedPairs] = []
    for (i, shape) in shapes.enumerated() {
      let pairs = ElementPairs(
        extents: shape.extents, outStrides: outStrides,
        inStrides: StridedMap.rowMajor(shape.extents), outOffset: start * outStrides[axis])
      result.append((i, pairs))
      start += shape[axis]
    }
    return result
  }
}
