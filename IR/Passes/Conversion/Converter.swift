// The state of a conversion, and what becomes of each node.

internal import Diagnostics
internal import PluginAPI
internal import SpikeIR

/// The state of a conversion.
struct Converter {

  let source: ANNGraph
  let plan: SpikingPlan
  let inputLevels: Int
  let preprocessing: Preprocessing
  let leaky: LeakyOptions
  let encoding: Encoder.Kind
  let seed: Int
  let reading: Decoder.Reading
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
    leaky = LeakyOptions(arguments)
    encoding = Encoder.Kind(rawValue: arguments.word("encoder")) ?? .constant
    seed = arguments.integer("seed")
    reading = Decoder.Reading(rawValue: arguments.word("decoder")) ?? .potential
    let retraction = arguments.number("retraction")
    builder = SpikingBuilder(
      name: source.name, code: code, initial: Float(arguments.number("initial")),
      retraction: retraction < 0 ? nil : Float(retraction))
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
      let id = try readout("\(node.name)/readout", of: sum, node)
      builder.graph.decoders.append(
        Decoder(population: id, reading: reading, function: node.op.decoderFunction))
    }
    return builder.graph
  }

  /// Adds the population that is read of the output `node`, whose value before the decoder's
  /// function is `sum`.
  private mutating func readout(
    _ name: String, of sum: SpikingSum, _ node: Node
  ) throws(Diagnostic) -> PopulationID {
    if reading == .potential {
      return try builder.addReadout(name, of: sum, layer: node.name)
    }
    guard let threshold = node.threshold else {
      throw .error(
        "convert.no-threshold", "output '\(node.name)' has no range",
        notes: ["run the pass 'calibrate' with outputs=true before 'convert'"], exitCode: .usage)
    }
    // One threshold for all classes, so that their counts and times compare.
    let range = try source.tensors.floats(threshold).max() ?? 1
    return try builder.addNeurons(
      name, saying: sum, threshold: [range], isSigned: reading == .count, layer: node.name)
  }

  /// Returns what stands for node `id`.
  private mutating func converted(_ id: NodeID) throws(Diagnostic) -> SpikingSum {
    let node = source[id]
    let value = try computed(id, node)
    switch plan.roles[id.index] {
    case .source, .other: return value
    case .rectifier: return try said(id, node, value, isSigned: false)
    case .leaky: return try leaked(node, value)
    case .staircase(let function):
      let population = try builder.addStaircases(
        node.name, of: function, over: value, range: ranges(of: node, over: value),
        layer: node.name)
      return SpikingSum(
        terms: [SpikingTerm(source: population, map: .direct(factor: [1]))], layout: value.layout)
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
    let population = try builder.addNeurons(
      node.name, saying: value, threshold: ranges(of: node, over: value),
      dividedBy: divisors, isSigned: isSigned, layer: node.name)
    return SpikingSum(
      terms: [SpikingTerm(source: population, map: .direct(factor: [1]))], layout: value.layout)
  }

  /// Returns the clipping range of `node` for neurons that say `value`: one, or one a channel.
  private func ranges(of node: Node, over value: SpikingSum) throws(Diagnostic) -> [Float] {
    guard let threshold = node.threshold else {
      throw .error(
        "convert.no-threshold", "node '\(node.name)' has no threshold",
        notes: ["run the pass 'calibrate' before 'convert'"], exitCode: .usage)
    }
    return try source.tensors.floats(threshold).largest(ofChannelsIn: value.layout)
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
    case .transpose, .pad, .slice, .upsample, .take:
      let value: Float = if case .pad(let op) = node.op { op.value } else { 0 }
      return try moved(operands[0], node, filling: value)
    case .activation, .softLIF, .softmax: return operands[0]
    case .prelu, .fakeQuantize, .custom:
      preconditionFailure("internal: the plan let '\(node.op.mnemonic)' pass")
    }
  }

  /// Returns the shape of the first operand of `node`.
  func operandShape(_ node: Node) -> Shape { source[node.inputs[0]].shape }

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
    let step =
      isPlain && preprocessing.scale != 1 && largest <= preprocessing.scale
      ? [preprocessing.scale] : range.map { $0 / Float(inputLevels) }
    // A graded unit is worth a step, a spike in every tick the whole range.
    let quantum = encoding == .constant ? step : step.map { $0 * Float(inputLevels) }
    let id = builder.addPopulation(
      node.name, shape: node.shape.population, model: .source, quantum: quantum, layer: node.name)
    builder.graph.encoders.append(
      Encoder(
        population: id, levels: inputLevels, kind: encoding, seed: seed,
        preprocessing: preprocessing))
    return SpikingSum(
      terms: [SpikingTerm(source: id, map: .direct(factor: [1]))], layout: node.shape.population)
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
}

extension [Float] {

  /// Returns the largest of the values, which repeat over the elements of `layout`, a channel.
  ///
  /// Where a reshape stands between the arrangement of a node and that of its neurons, channels
  /// are other elements for either of them; the range of a channel has to hold all of its own.
  fileprivate func largest(ofChannelsIn layout: Shape) -> [Float] {
    if count == 1 || count == layout.channels { return self }
    var result = [Float](repeating: 0, count: layout.channels)
    for i in 0..<layout.count {
      result[i % layout.channels] = Swift.max(result[i % layout.channels], self[i % count])
    }
    return result
  }
}
