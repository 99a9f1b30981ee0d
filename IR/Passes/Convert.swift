// The pass `convert`: from tensor operators to populations and projections.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Turns a calibrated network of tensor operators into a spiking network.
  package static let convert = Pass(
    name: "convert",
    summary: "turn tensor operators into populations and projections",
    details: """
      Rectifiers become populations of integrate-and-fire neurons, whose unit is
      threshold/levels (`rate`: threshold). Weights lead from population to population and are
      multiplied by the unit of their source, so that potentials have the scale of activations.
      Linear operators in between are carried along as sums: an addition merges the projections
      of its operands, a scale multiplies them, a bias stays with the population. Where a sum
      itself must be said in spikes (the input of a convolution or pooling that is not a
      rectifier's output), signed neurons are put in. Average pooling, concatenation, padding,
      cropping, repetition and permutation become relays; maximum pooling becomes a population
      of maxima over what neurons have said. Outputs become readouts; a softmax, sigmoid or tanh
      behind them is left to the decoder.
      Before: %1 = conv2d %0 {kernel=%t0, bias=%t1}
              %2 = activation %1 {kind=relu} threshold %t2
      After:  population 'relu' if {threshold=%t5} bias %t4
              projection 'input->relu' conv {weights=%t3}
      All operators that have no counterpart are reported together.
      Source: Rueckauer et al. (2017), section 2.2; Stöckl and Maass (2021) for `weighted`.
      """,
    options: [
      PassOption(
        "code", .word(["rate", "phased", "weighted"]), default: "weighted", "the spike code"),
      PassOption(
        "timesteps", .integer(1...4096), default: "6", "T of rate and phased, K of weighted"),
      PassOption(
        "input-levels", .integer(1...32767), default: "255", "the resolution of the encoder"),
    ],
    requires: .ann, establishes: .snn
  ) { (program, arguments, context) throws(CompileError) in
    guard case .ann(let graph) = program else { return }
    let plan = SpikingPlan(graph)
    if !plan.problems.isEmpty { throw CompileError(plan.problems) }
    let spiking = try liftingDiagnostic { () throws(Diagnostic) in
      let code = try SpikeCode(
        keyword: arguments.word("code"), timesteps: arguments.integer("timesteps"))
      var converter = Converter(graph, plan, code, arguments, context.preprocessing)
      return try converter.convert()
    }
    context.reference = graph
    context.count("populations", of: "convert", by: spiking.populations.count)
    context.count("projections", of: "convert", by: spiking.projections.count)
    program = .snn(spiking)
  }
}

/// The state of a conversion.
private struct Converter {

  let source: ANNGraph
  let plan: SpikingPlan
  let inputLevels: Int
  let preprocessing: Preprocessing
  var builder: SpikingBuilder
  var sums: [SpikingSum] = []

  init(
    _ source: ANNGraph, _ plan: SpikingPlan, _ code: SpikeCode, _ arguments: PassArguments,
    _ preprocessing: Preprocessing
  ) {
    self.source = source
    self.plan = plan
    self.preprocessing = preprocessing
    inputLevels = arguments.integer("input-levels")
    builder = SpikingBuilder(name: source.name, code: code)
  }

  /// Returns the spiking network.
  mutating func convert() throws(Diagnostic) -> SpikingGraph {
    for id in source.ids {
      do throws(Diagnostic) {
        sums.append(try converted(id))
      } catch {
        throw error.located(at: .entity(source[id].name))
      }
    }
    for output in source.outputs {
      let node = source[output]
      let sum = sums[output.index]
      let id = try builder.addReadout("\(node.name)/readout", of: sum, layer: node.name)
      builder.graph.decoders.append(Decoder(population: id, function: node.op.decoderFunction))
    }
    return builder.graph
  }

  /// Returns what stands for node `id`.
  private mutating func converted(_ id: NodeID) throws(Diagnostic) -> SpikingSum {
    let node = source[id]
    let value = try computed(id, node)
    switch plan.roles[id.index] {
    case .source, .other: return value
    case .rectifier: return try said(id, node, value, isSigned: false)
    case .quantizer(let isSigned):
      guard case .pool(let pool) = node.op else {
        return try said(id, node, value, isSigned: isSigned)
      }
      let divisors = pool.divisors(over: source[node.inputs[0]].shape)
      return try said(id, node, value, dividedBy: divisors, isSigned: isSigned)
    }
  }

  /// Returns the value of new neurons that say `value`.
  private mutating func said(
    _ id: NodeID, _ node: Node, _ value: SpikingSum, dividedBy divisors: [Int]? = nil,
    isSigned: Bool
  ) throws(Diagnostic) -> SpikingSum {
    guard let threshold = node.threshold else {
      throw .error(
        "convert.no-threshold", "node '\(node.name)' has no threshold",
        notes: ["run the pass 'calibrate' before 'convert'"], exitCode: .usage)
    }
    let population = try builder.addNeurons(
      node.name, saying: value, threshold: try source.tensors.floats(threshold),
      dividedBy: divisors, isSigned: isSigned, layer: node.name)
    return SpikingSum(
      terms: [SpikingTerm(source: population, map: .direct(factor: [1]))], layout: value.layout)
  }

  /// Returns the sum that node `id` computes, before neurons say it.
  // size: table
  private mutating func computed(_ id: NodeID, _ node: Node) throws(Diagnostic) -> SpikingSum {
    let operands = node.inputs.map { sums[$0.index] }
    switch node.op {
    case .input: return try encoded(node)
    case .constant(let op):
      return SpikingSum(
        terms: [], offset: try source.tensors.floats(op.value), layout: node.shape.population)
    case .conv2d(let op):
      let extents = source.tensors[op.kernel].shape
      return try convolved(
        operands[0], shape: operandShape(node), kernel: source.tensors.floats(op.kernel),
        extents: extents, window: op.window, groups: op.groups, bias: op.bias, out: node.shape)
    case .convTranspose2d(let op): return try transposed(op, operands[0], node)
    case .dense(let op): return try multiplied(op, operands[0], node)
    case .pool(let op):
      return op.kind == .maximum
        ? try maximum(op, operands[0], node) : try average(op, operands[0], node)
    case .batchNorm, .scale: return try scaled(operands[0], node)
    case .elementwise: return try added(operands, node)
    case .concat(let op): return try concatenated(op, operands, node)
    case .reshape:
      var result = operands[0]
      if result.layout.rank < 3, node.shape.rank == 3 {
        result = try builder.relaid(result, to: node.shape, node.name)
      }
      return result
    case .transpose, .pad, .slice, .upsample:
      let value: Float = if case .pad(let op) = node.op { op.value } else { 0 }
      return try moved(operands[0], node, filling: value)
    case .activation, .softmax: return operands[0]
    case .prelu, .custom:
      preconditionFailure("internal: the plan let '\(node.op.mnemonic)' pass")
    }
  }

  /// Returns the shape of the first operand of `node`.
  private func operandShape(_ node: Node) -> Shape { source[node.inputs[0]].shape }

  /// Adds the population that an encoder drives.
  private mutating func encoded(_ node: Node) throws(Diagnostic) -> SpikingSum {
    guard let threshold = node.threshold else {
      throw .error(
        "convert.no-threshold", "input '\(node.name)' has no range",
        notes: ["run the pass 'calibrate' before 'convert'"], exitCode: .usage)
    }
    let range = try source.tensors.floats(threshold)
    let isPlain =
      preprocessing.mean.allSatisfy { $0 == 0 } && preprocessing.std.allSatisfy { $0 == 1 }
    let largest = (range.max() ?? 1) / Float(inputLevels)
    // Integers times a scale are encoded without loss if their own step is the quantum.
    let quantum =
      isPlain && preprocessing.scale != 1 && largest <= preprocessing.scale
      ? [preprocessing.scale] : range.map { $0 / Float(inputLevels) }
    let id = builder.addPopulation(
      node.name, shape: node.shape.population, model: .source, quantum: quantum, layer: node.name)
    builder.graph.encoders.append(
      Encoder(population: id, levels: inputLevels, preprocessing: preprocessing))
    return SpikingSum(
      terms: [SpikingTerm(source: id, map: .direct(factor: [1]))], layout: node.shape.population)
  }

  /// Returns the convolution of `operand`.
  private mutating func convolved(
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
  private mutating func transposed(
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
  private mutating func multiplied(
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

  /// Adds the population of a maximum pooling.
  private mutating func maximum(
    _ op: Pool, _ operand: SpikingSum, _ node: Node
  ) throws(Diagnostic) -> SpikingSum {
    let shape = operandShape(node)
    let single = try builder.relaid(operand, to: shape, node.name).single(node.name)
    let offset = try builder.perChannelOnly(operand.offset, shape, node.name)
    let id = builder.addPopulation(
      node.name, shape: node.shape, model: .maximum, quantum: builder.unit(of: single),
      layer: node.name)
    builder.graph.projections.append(
      Projection(
        name: "\(builder.graph[single.source].name)->\(node.name)", source: single.source,
        target: id, kind: .pool(PoolProjection(window: op.window))))
    return SpikingSum(
      terms: [SpikingTerm(source: id, map: .direct(factor: [1]))], offset: offset,
      layout: node.shape)
  }

  /// Adds the relays of an average pooling; where windows are cut by the border, returns the
  /// windows' sums, which neurons with thresholds of their own then divide.
  private mutating func average(
    _ op: Pool, _ operand: SpikingSum, _ node: Node
  ) throws(Diagnostic) -> SpikingSum {
    let shape = operandShape(node)
    let operand = try builder.relaid(operand, to: shape, node.name)
    let size = op.window.size.height * op.window.size.width
    let taps = [Float](repeating: 1, count: size * shape[2])
    let extents: Shape = [op.window.size.height, op.window.size.width, 1, shape[2]]
    var result = SpikingSum(terms: [], layout: node.shape)
    if !op.isEven(over: shape) {
      result = try convolved(
        SpikingSum(terms: operand.terms, layout: shape), shape: shape, kernel: taps,
        extents: extents, window: op.window, groups: shape[2], bias: nil, out: node.shape)
      result.offset = try builder.perChannelOnly(operand.offset, shape, node.name)
      return result
    }
    let divisor = Float(op.countsPadding ? size : op.divisors(over: shape).first ?? size)
    for (i, term) in operand.terms.enumerated() {
      let name = operand.terms.count == 1 ? node.name : "\(node.name)/\(i)"
      let id = builder.addPopulation(
        name, shape: node.shape, model: .relay,
        quantum: (builder.quanta[term.source] ?? [1]).map { $0 / divisor },
        layer: operand.terms.count == 1 ? node.name : nil)
      builder.graph.projections.append(
        Projection(
          name: "\(builder.graph[term.source].name)->\(name)", source: term.source, target: id,
          kind: .pool(PoolProjection(window: op.window))))
      result.terms.append(SpikingTerm(source: id, map: term.map))
    }
    if operand.offset.contains(where: { $0 != 0 }) {
      let image = LinearMap.constantImage(operand.offset, shape)
      let sums = LinearMap.convolve(image, shape, taps, extents, op.window, shape[2])
      result.offset = LinearMap.collapsed(sums.map { $0 / divisor }, channels: shape[2]).values
    }
    return result
  }

  /// Returns `operand` times factor plus offset.
  private func scaled(_ operand: SpikingSum, _ node: Node) throws(Diagnostic) -> SpikingSum {
    guard let (factor, offset) = try source.affine(node) else { return operand }
    var result = operand
    let count = operand.layout.count
    result.offset = sum(product(operand.offset, factor), offset)
    for i in result.terms.indices {
      result.terms[i].map = try result.terms[i].map.scaled(by: factor, count: count, node.name)
    }
    return result
  }

  /// Returns the sum of `operands`.
  private mutating func added(
    _ operands: [SpikingSum], _ node: Node
  ) throws(Diagnostic) -> SpikingSum {
    var result = operands[0]
    if let image = operands.first(where: { $0.layout.rank == 3 }) { result.layout = image.layout }
    for i in operands.indices where operands[i].layout != result.layout {
      let aligned = try builder.relaid(operands[i], to: result.layout, node.name)
      if i == 0 { result = aligned } else { result = result.adding(aligned) }
    }
    for (i, operand) in operands.enumerated() where i > 0 && operand.layout == result.layout {
      result = result.adding(operand)
    }
    return result
  }

  /// Adds the relay of a concatenation.
  private mutating func concatenated(
    _ op: Concat, _ operands: [SpikingSum], _ node: Node
  ) throws(Diagnostic) -> SpikingSum {
    var start = 0
    var parts: [(SpikingSum, [Int32])] = []
    for (operand, input) in zip(operands, node.inputs) {
      let shape = source[input].shape
      let end = start + shape[op.axis]
      let sources = node.shape.mapIndices { index in
        guard (start..<end).contains(index[op.axis]) else { return nil }
        var inner = index
        inner[op.axis] -= start
        return shape.flatIndex(inner)
      }
      parts.append((operand, sources))
      start = end
    }
    return try builder.wired(
      parts, shape: node.shape, name: node.name, layer: node.name, filling: 0)
  }

  /// Adds the relay of an operator that moves elements.
  private mutating func moved(
    _ operand: SpikingSum, _ node: Node, filling value: Float
  ) throws(Diagnostic) -> SpikingSum {
    let shape = operandShape(node)
    let sources = node.shape.mapIndices { index in
      node.op.origin(of: index).flatMap { origin in
        zip(origin, shape.extents).allSatisfy { (0..<$1).contains($0) }
          ? shape.flatIndex(origin) : nil
      }
    }
    return try builder.wired(
      [(operand, sources)], shape: node.shape, name: node.name, layer: node.name, filling: value)
  }
}

extension Op {

  /// The function of the decoder behind a readout of the node.
  fileprivate var decoderFunction: Decoder.Function {
    switch self {
    case .softmax: .softmax
    case .activation(let function): function.decoderFunction ?? .none
    default: .none
    }
  }

  /// Returns where the element at `index` of an operator that moves elements comes from; the
  /// place may lie outside the operand.
  fileprivate func origin(of index: [Int]) -> [Int]? {
    switch self {
    case .transpose(let op):
      var origin = index
      for (i, dimension) in op.order.enumerated() { origin[dimension] = index[i] }
      return origin
    case .pad(let op): return [index[0] - op.padding.top, index[1] - op.padding.left, index[2]]
    case .slice(let op): return index.indices.map { op.starts[$0] + index[$0] * op.steps[$0] }
    case .upsample(let op):
      return [index[0] / op.factors.height, index[1] / op.factors.width, index[2]]
    default: return nil
    }
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
