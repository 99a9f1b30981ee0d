import Diagnostics
import SpikeIR
import TestSupport
import Testing

/// A graph with one mistake.
private struct Mistake: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let expected: [String]
  let make: @Sendable (inout SpikingGraph) -> Void

  init(
    _ description: String, _ expected: [String],
    _ make: @escaping @Sendable (inout SpikingGraph) -> Void
  ) {
    testDescription = description
    self.expected = expected
    self.make = make
  }
}

/// The parts of the graph that mistakes are made in.
private enum Good {
  static let source = PopulationID(0)
  static let hidden = PopulationID(1)
  static let average = PopulationID(2)
  static let maximum = PopulationID(3)
  static let joined = PopulationID(4)
  static let output = PopulationID(5)
  static let missing = PopulationID(77)
  static let conv = ProjectionID(0)
  static let intoAverage = ProjectionID(1)
  static let intoMaximum = ProjectionID(2)
  static let shortcut = ProjectionID(3)
  static let wire = ProjectionID(4)
  static let dense = ProjectionID(5)
  static let quantum = TensorID(0)
  static let kernel = TensorID(1)
  static let threshold = TensorID(2)
  static let bias = TensorID(3)
  static let wires = TensorID(4)
  static let scales = TensorID(5)
  static let matrix = TensorID(6)
  static let missingTensor = TensorID(99)

  /// A small network that the verifier accepts, with every projection and neuron model.
  static func graph() -> SpikingGraph {
    var graph = SpikingGraph(name: "good")
    graph.tensors.add("quantum", shape: [1], floats: [0.5])
    func add(_ name: String, _ shape: Shape, _ data: TensorData) {
      graph.tensors.add(Tensor(name, shape: shape, data: data))
    }
    add("kernel", [3, 3, 1, 2], .int8(.init(repeating: 3, count: 18)))
    add("threshold", [2], .int32([5, 6]))
    add("bias", [2], .int32([1, -1]))
    add("wires", [2], .int32([1, -1]))
    add("scales", [2], .int16([300, -300]))
    add("matrix", [2, 3], .int8(.init(repeating: 1, count: 6)))
    let fires = NeuronModel.integrateAndFire(IntegrateAndFire(threshold: threshold))
    func population(_ name: String, _ shape: Shape, _ model: NeuronModel, bias: TensorID? = nil) {
      graph.populations.append(
        Population(
          name: name, shape: shape, code: .rate(timesteps: 8), model: model, bias: bias,
          quantum: model == .integrator ? nil : quantum,
          membraneUnit: model.integrates ? quantum : nil))
    }
    population("source", [4, 4, 1], .source)
    population("hidden", [2, 2, 2], fires, bias: bias)
    population("average", [1, 1, 2], .relay)
    population("maximum", [1, 1, 2], .maximum)
    population("joined", [1, 1, 2], fires)
    population("output", [3], .integrator)
    let window = Window(size: Pair(2, 2))
    func project(_ source: PopulationID, _ target: PopulationID, _ kind: ProjectionKind) {
      graph.projections.append(
        Projection(name: kind.mnemonic, source: source, target: target, kind: kind))
    }
    project(
      source, hidden, .conv(ConvProjection(weights: kernel, window: Window(size: Pair(3, 3)))))
    project(hidden, average, .pool(PoolProjection(window: window)))
    project(hidden, maximum, .pool(PoolProjection(window: window)))
    project(average, joined, .identity(IdentityProjection(weights: scales)))
    project(maximum, joined, .wire(WireProjection(sources: wires)))
    project(joined, output, .dense(DenseProjection(weights: matrix)))
    graph.encoders = [Encoder(population: source, levels: 3)]
    graph.decoders = [Decoder(population: output)]
    return graph
  }
}

extension SpikingGraph {

  /// Has the neurons of `Good.hidden` take units back.
  fileprivate mutating func retract(_ values: [Int32], isSigned: Bool = false) {
    guard case .integrateAndFire(var model) = self[Good.hidden].model else { return }
    model.retraction = tensors.add(Tensor("r", shape: [values.count], data: .int32(values)))
    model.isSigned = isSigned
    self[Good.hidden].model = .integrateAndFire(model)
  }
}

private let mistakesInPopulations: [Mistake] = [
  Mistake("a name twice", ["ir.duplicate-name"]) { $0[Good.joined].name = "hidden" },
  Mistake("a tensor with an element too few", ["ir.bad-tensor"]) {
    $0.tensors[Good.bias].data = .int32([0])
  },
  Mistake("a tensor too large to count", ["ir.bad-tensor"]) {
    $0.tensors[Good.kernel] = .elided(shape: [.max, .max, .max], .int8)
  },
  Mistake("a unit that is no number", ["ir.non-finite"]) {
    $0.tensors[Good.quantum].data = .float32([.nan])
  },
  Mistake("a population of rank 2", ["ir.bad-shape"]) { $0[Good.output].shape = [3, 1] },
  Mistake("a population of too many neurons", ["ir.bad-shape"]) {
    $0[Good.output].shape = [1 << 32]
  },
  Mistake("a population without neurons", ["ir.bad-shape"]) { $0[Good.output].shape = [0] },
  Mistake(
    "a window of no ticks",
    ["ir.bad-code", "ir.bad-code", "ir.bad-code", "ir.bad-code", "ir.bad-code", "ir.bad-code"]
  ) { graph in
    for id in graph.populations.ids { graph[id].code = .rate(timesteps: 0) }
  },
  Mistake("a window of another length under rate", ["ir.code-mismatch"]) {
    $0[Good.average].code = .rate(timesteps: 9)
  },
  Mistake("another code under rate", ["ir.code-mismatch"]) {
    $0[Good.joined].code = .phased(timesteps: 8)
  },
  Mistake("rate among other codes", ["ir.code-mismatch"]) { graph in
    for id in graph.populations.ids { graph[id].code = .weighted(bits: 3) }
    graph[Good.hidden].code = .phased(timesteps: 5)
    graph[Good.output].code = .rate(timesteps: 8)
  },
  Mistake("a retraction below 0", ["ir.bad-threshold"]) { $0.retract([0, -1]) },
  Mistake("a retraction for other channels", ["ir.bad-parameter"]) { $0.retract([1, 2, 3]) },
  Mistake("a retraction of signed neurons", ["ir.unexpected-parameter"]) {
    $0.retract([0, 1], isSigned: true)
  },
  Mistake("a bias that does not exist", ["ir.bad-tensor"]) {
    $0[Good.hidden].bias = Good.missingTensor
  },
  Mistake("weights that do not exist", ["ir.bad-tensor"]) {
    $0[Good.dense].kind.weights = Good.missingTensor
  },
  Mistake("a bias for other channels", ["ir.bad-parameter"]) {
    $0.tensors[Good.bias] = Tensor("bias", shape: [3], data: .int32([1, 2, 3]))
  },
  Mistake("a threshold for all channels", ["ir.bad-parameter", "ir.bad-parameter"]) {
    $0.tensors[Good.threshold] = Tensor("threshold", shape: [1], data: .int32([1]))
  },
  Mistake("an initial potential of another shape", ["ir.bad-parameter"]) {
    let initial = $0.tensors.add(
      Tensor("initial", shape: [2, 2, 2], data: .int32(.init(repeating: 1, count: 8))))
    $0[Good.hidden].model = .integrateAndFire(
      IntegrateAndFire(threshold: Good.threshold, initial: initial))
  },
  Mistake("a quantum for every neuron", ["ir.bad-parameter"]) {
    $0[Good.hidden].quantum = $0.tensors.add(
      "quantum", shape: [2, 2, 2], floats: .init(repeating: 1, count: 8))
  },
  Mistake("a threshold of 0", ["ir.bad-threshold", "ir.bad-threshold"]) {
    $0.tensors[Good.threshold].data = .int32([5, 0])
  },
  Mistake("a quantum below 0", ["ir.bad-unit"]) {
    $0[Good.average].quantum = $0.tensors.add("quantum", shape: [1], floats: [-1])
  },
  Mistake("a bias of a relay", ["ir.unexpected-parameter"]) { $0[Good.average].bias = Good.bias },
  Mistake("a quantum of an integrator", ["ir.unexpected-parameter"]) {
    $0[Good.output].quantum = Good.quantum
  },
  Mistake("a source without quantum", ["ir.missing-quantum"]) { $0[Good.source].quantum = nil },
  Mistake("a bias of 8 bits", ["ir.bad-element-type"]) {
    $0.tensors[Good.bias].data = .int8([1, 2])
  },
  Mistake("a quantum of integers", ["ir.bad-element-type"]) {
    $0[Good.average].quantum = $0.tensors.add(Tensor("quantum", shape: [1], data: .int32([1])))
  },
  Mistake("one constant left as floating point", ["ir.mixed-types"]) {
    $0.tensors[Good.bias].data = .float32([1, 2])
  },
  // Large integers that single precision does not tell apart.
  Mistake("a leaky neuron without a time constant", ["ir.bad-neuron"]) {
    let threshold = $0.tensors.add("theta", shape: [2], floats: [1, 2])
    $0[Good.joined].model = .leaky(LeakyIntegrateAndFire(threshold: threshold, tauRC: 0))
  },
  Mistake("a leaky neuron that begins beyond its threshold", ["ir.bad-neuron"]) {
    let threshold = $0.tensors.add("theta", shape: [2], floats: [1, 2])
    let initial = $0.tensors.add("initial", shape: [2], floats: [0.5, 1.5])
    $0[Good.joined].model = .leaky(
      LeakyIntegrateAndFire(threshold: threshold, initial: initial))
  },
  Mistake("a decay of more than everything", ["ir.bad-neuron"]) {
    $0.makeDecaying([1, 2], currentDecay: 4097)
  },
  Mistake("a neuron that waits for no tick", ["ir.bad-neuron"]) {
    $0.makeDecaying([1, 2], refractory: 0)
  },
  Mistake("a threshold beyond 24 bits", ["ir.bad-neuron"]) {
    $0.makeDecaying([1, 1 << 23])
  },
  Mistake("a decaying neuron that begins beyond its threshold", ["ir.bad-neuron"]) {
    $0.makeDecaying([1, 2], initial: [1, 3])
  },
  Mistake("a decaying neuron without a threshold", ["ir.bad-threshold"]) {
    $0.makeDecaying([1, 0])
  },
  Mistake("a bias beyond what registers add", ["ir.bad-neuron"]) {
    $0.makeDecaying([1, 2])
    $0[Good.joined].bias = $0.tensors.add(
      Tensor("bias", shape: [2], data: .int32([0, 1 << 24 + 1])))
  },
  Mistake(
    "a decaying neuron with a real threshold", ["ir.bad-element-type", "ir.mixed-types"]
  ) {
    $0.makeDecaying([1, 2])
    guard case .currentBased(let model) = $0[Good.joined].model else { return }
    $0.tensors[model.threshold].data = .float32([1, 2])
  },
  Mistake("a shift of nothing", ["ir.bad-neuron"]) { $0.makeShifting([1, 2], currentShift: 0) },
  Mistake("a shift beyond registers", ["ir.bad-neuron"]) {
    $0.makeShifting([1, 2], potentialShift: 16)
  },
  Mistake("a neuron that never fires", ["ir.bad-neuron"]) {
    $0.makeShifting([1, 2], mostSpikes: 0)
  },
  Mistake("a threshold that 16 bits do not hold", ["ir.bad-neuron"]) {
    $0.makeShifting([1, 1 << 15])
  },
  Mistake("a bias that 16 bits do not hold", ["ir.bad-neuron"]) {
    $0.makeShifting([1, 2])
    $0[Good.joined].bias = $0.tensors.add(
      Tensor("bias", shape: [2], data: .int32([0, -1 << 15 - 1])))
  },
  Mistake("a staircase that goes down", ["ir.bad-staircase"]) {
    $0.makeStaircase([1, 16_777_217, 1, 16_777_216], [2, 2], values: [0, 1, 2])
  },
  Mistake("a staircase with a value beyond its code", ["ir.bad-staircase"]) {
    $0.makeStaircase([1, 1, 2, 3], [2, 2], values: [0, -9, 8])
  },
  Mistake("a staircase for other channels", ["ir.bad-parameter"]) {
    $0.makeStaircase([1, 2, 3], [1, 3], values: [0, 1])
  },
  Mistake("a staircase with a value too few", ["ir.bad-parameter"]) {
    $0.makeStaircase([1, 2], [2], values: [0, 1])
  },
  Mistake("a staircase with real values", ["ir.bad-element-type"]) {
    $0.makeStaircase([1, 2], [2], values: [0, 1, 2])
    guard case .staircase(let model) = $0[Good.hidden].model else { return }
    $0.tensors[model.values].data = .float32([0, 1, .greatestFiniteMagnitude])
  },
  Mistake("a staircase without thresholds", ["ir.bad-tensor"]) {
    $0.makeStaircase([1, 2], [2], values: [0, 1, 2])
    guard case .staircase(var model) = $0[Good.hidden].model else { return }
    model.thresholds = Good.missingTensor
    $0[Good.hidden].model = .staircase(model)
  },
]

extension SpikingGraph {

  /// Makes the joined neurons such as decay.
  fileprivate mutating func makeDecaying(
    _ thresholds: [Int32], initial: [Int32]? = nil, currentDecay: Int = 400, refractory: Int = 1
  ) {
    let threshold = tensors.add(Tensor("theta", shape: [2], data: .int32(thresholds)))
    let start = initial.map { tensors.add(Tensor("v", shape: [2], data: .int32($0))) }
    self[Good.joined].model = .currentBased(
      CurrentBasedLeaky(
        threshold: threshold, initial: start, currentDecay: currentDecay, potentialDecay: 80,
        refractory: refractory))
  }

  /// Makes the joined neurons such as decay by shifts.
  fileprivate mutating func makeShifting(
    _ thresholds: [Int32], currentShift: Int = 3, potentialShift: Int = 5, mostSpikes: Int = 31
  ) {
    let threshold = tensors.add(Tensor("theta", shape: [2], data: .int32(thresholds)))
    self[Good.joined].model = .bitShift(
      BitShiftLeaky(
        threshold: threshold, currentShift: currentShift, potentialShift: potentialShift,
        mostSpikes: mostSpikes))
  }

  /// Makes the hidden neurons staircases.
  fileprivate mutating func makeStaircase(
    _ thresholds: [Int32], _ shape: Shape, values: [Int32]
  ) {
    let steps = tensors.add(Tensor("thresholds", shape: shape, data: .int32(thresholds)))
    let levels = tensors.add(Tensor("values", shape: [values.count], data: .int32(values)))
    self[Good.hidden].model = .staircase(Staircase(thresholds: steps, values: levels))
  }
}

private let mistakesInProjections: [Mistake] = [
  Mistake("a source out of range", ["ir.bad-population"]) { $0[Good.dense].source = Good.missing },
  Mistake("a target out of range", ["ir.bad-population"]) { $0[Good.dense].target = Good.missing },
  Mistake("a projection to the same population", ["ir.backward-projection"]) {
    $0[Good.shortcut].source = Good.joined
  },
  Mistake("a projection to an earlier population", ["ir.backward-projection"]) {
    $0[Good.wire].target = Good.average
  },
  Mistake("a shift of 25", ["ir.bad-shift"]) { $0[Good.dense].shift = 25 },
  Mistake("a negative shift", ["ir.bad-shift"]) { $0[Good.dense].shift = -1 },
  Mistake("a negative delay", ["ir.bad-delay"]) { $0[Good.dense].delay = -1 },
  Mistake("dense weights of another shape", ["ir.bad-shape"]) {
    $0.tensors[Good.matrix].shape = [3, 2]
  },
  Mistake("a kernel for other channels", ["ir.bad-shape"]) {
    $0.tensors[Good.kernel].shape = [3, 3, 2, 1]
  },
  Mistake("groups that do not divide", ["ir.bad-shape"]) {
    $0[Good.conv].kind = .conv(
      ConvProjection(weights: Good.kernel, window: Window(size: Pair(3, 3)), groups: 2))
  },
  Mistake("a convolution to another shape", ["ir.bad-shape"]) {
    $0[Good.conv].kind = .conv(
      ConvProjection(
        weights: Good.kernel, window: Window(size: Pair(3, 3), strides: Pair(2, 2))))
  },
  Mistake("a convolution of a vector", ["ir.bad-shape"]) {
    let vector = $0.populations.append(
      Population(
        name: "vector", shape: [2], code: .rate(timesteps: 8), model: .relay,
        quantum: Good.quantum))
    let end = $0.populations.append(
      Population(name: "end", shape: [3], code: .rate(timesteps: 8), model: .integrator))
    $0.decoders.append(Decoder(population: end))
    let conv = ConvProjection(weights: Good.kernel, window: Window(size: Pair(3, 3)))
    $0.projections.append(Projection(name: "x", source: vector, target: end, kind: .conv(conv)))
  },
  Mistake("a pooling that does not fit", ["ir.bad-shape"]) {
    $0[Good.intoAverage].kind = .pool(PoolProjection(window: Window(size: Pair(3, 3))))
  },
  Mistake("a pooling to another shape", ["ir.bad-shape"]) {
    $0[Good.intoAverage].kind = .pool(PoolProjection(window: Window(size: Pair(1, 2))))
  },
  Mistake("an identity between different counts", ["ir.bad-shape"]) {
    $0[Good.shortcut].source = Good.hidden
  },
  Mistake("an identity with weights for other channels", ["ir.bad-shape"]) {
    $0.tensors[Good.scales] = Tensor("scales", shape: [3], data: .int16([1, 2, 3]))
  },
  Mistake("wires for other neurons", ["ir.bad-shape"]) {
    $0.tensors[Good.wires] = Tensor("wires", shape: [3], data: .int32([0, 1, -1]))
  },
  Mistake("a wire from beyond the source", ["ir.bad-wire"]) {
    $0.tensors[Good.wires].data = .int32([0, 2])
  },
  Mistake("a wire from before the source", ["ir.bad-wire"]) {
    $0.tensors[Good.wires].data = .int32([-2, 0])
  },
  Mistake("wires of 16 bits", ["ir.bad-element-type"]) {
    $0.tensors[Good.wires].data = .int16([0, 1])
  },
  Mistake("a source that receives", ["ir.fed-source"]) {
    let late = $0.populations.append(
      Population(
        name: "late", shape: [1, 1, 2], code: .rate(timesteps: 8), model: .source,
        quantum: Good.quantum))
    $0.encoders.append(Encoder(population: late, levels: 1))
    $0.projections.append(
      Projection(
        name: "x", source: Good.joined, target: late, kind: .identity(IdentityProjection())))
  },
  Mistake("a maximum over a shifted pooling", ["ir.bad-maximum"]) {
    $0[Good.intoMaximum].shift = 1
  },
  Mistake("a maximum over two poolings", ["ir.bad-maximum"]) {
    $0[Good.intoAverage].target = Good.maximum
  },
  Mistake("a maximum over nothing", ["ir.bad-maximum"]) {
    $0[Good.intoMaximum].target = Good.average
  },
  Mistake("an integrator that feeds", ["ir.integrator-feeds"]) {
    let late = $0.populations.append(
      Population(
        name: "late", shape: [3], code: .rate(timesteps: 8), model: .relay, quantum: Good.quantum))
    $0.projections.append(
      Projection(
        name: "x", source: Good.output, target: late, kind: .identity(IdentityProjection())))
  },
]

private let mistakesAtEnds: [Mistake] = [
  Mistake("no encoder", ["ir.no-input", "ir.bad-encoder"]) { $0.encoders = [] },
  Mistake("no decoder", ["ir.no-output", "ir.undecoded-integrator"]) { $0.decoders = [] },
  Mistake("two encoders of a source", ["ir.bad-encoder"]) { $0.encoders += $0.encoders },
  Mistake("an encoder of a relay", ["ir.bad-encoder"]) {
    $0.encoders.append(Encoder(population: Good.average, levels: 1))
  },
  Mistake("an encoder out of range", ["ir.bad-population"]) {
    $0.encoders.append(Encoder(population: Good.missing, levels: 1))
  },
  Mistake("an encoder without levels", ["ir.bad-encoder"]) { $0.encoders[0].levels = 0 },
  Mistake("means for other channels", ["ir.bad-preprocessing"]) {
    $0.encoders[0].preprocessing.mean = [0, 0]
  },
  Mistake("a deviation of 0", ["ir.bad-preprocessing"]) {
    $0.encoders[0].preprocessing.std = [0]
  },
  Mistake("an infinite scale", ["ir.bad-preprocessing"]) {
    $0.encoders[0].preprocessing.scale = .infinity
  },
  Mistake("a decoder of a relay", ["ir.bad-decoder"]) {
    $0.decoders.append(Decoder(population: Good.average))
  },
  Mistake("a count of an integrator", ["ir.bad-decoder"]) { $0.decoders[0].reading = .count },
  Mistake("potentials of neurons that fire", ["ir.bad-decoder"]) {
    $0.decoders.append(Decoder(population: Good.hidden))
  },
  Mistake("a decoder that starts after the last tick", ["ir.bad-decoder"]) {
    $0.decoders[0].start = 8
  },
  Mistake("a decoder that starts before the first tick", ["ir.bad-decoder"]) {
    $0.decoders[0].start = -1
  },
  Mistake("an output of more elements than are read", ["ir.bad-decoder"]) {
    $0.decoders[0].shape = Shape([2] + $0[$0.decoders[0].population].shape.extents)
  },
  Mistake("an output of other channels than are read", ["ir.bad-decoder"]) {
    $0.decoders[0].shape = Shape($0[$0.decoders[0].population].shape.extents + [1])
  },
  Mistake("an output without dimensions", ["ir.bad-decoder"]) { $0.decoders[0].shape = Shape([]) },
  Mistake("a decoder out of range", ["ir.bad-population"]) {
    $0.decoders.append(Decoder(population: Good.missing))
  },
]

private let mistakes = mistakesInPopulations + mistakesInProjections + mistakesAtEnds

@Suite("The verifier of spiking networks") struct SpikingVerifierTests {

  @Test("accepts a good graph") func good() {
    #expect(Good.graph().verify() == [])
  }

  @Test("accepts a mixture of codes that integrate before they fire") func mixture() {
    var graph = Good.graph()
    for id in graph.populations.ids { graph[id].code = .weighted(bits: 3) }
    graph[Good.hidden].code = .phased(timesteps: 5)
    #expect(graph.verify() == [])
    graph.decoders[0].start = 1
    #expect(graph.verify().map(\.id) == ["ir.bad-decoder"])
    graph.decoders[0].start = 0
    graph.decoders.append(Decoder(population: Good.joined, reading: .count))
    #expect(graph.verify() == [])
    graph.decoders[1].reading = .firstSpike
    graph.encoders[0].kind = .poisson
    #expect(graph.verify().map(\.id) == ["ir.bad-encoder", "ir.bad-decoder"])
  }

  @Test("reports exactly the mistake", arguments: mistakes)
  fileprivate func mistake(_ mistake: Mistake) {
    var graph = Good.graph()
    mistake.make(&graph)
    #expect(graph.verify().map(\.id) == mistake.expected)
  }

  @Test("refuses a shift of floating-point weights") func shiftOfFloats() {
    var graph = randomSpikingGraph(seed: 3, options: SpikingGraphOptions(isQuantized: false))
    let weighted = graph.projections.ids.first { graph[$0].kind.weights != nil }
    guard let weighted else {
      Issue.record("expected a projection with weights")
      return
    }
    graph[weighted].shift = 1
    #expect(graph.verify().map(\.id) == ["ir.bad-shift"])
  }

  @Test("has a test for every id") func coverage() {
    let ids = Set(SpikingGraph.verifierRules.flatMap(\.ids))
    #expect(ids.subtracting(mistakes.flatMap(\.expected)) == [])
    #expect(Set(mistakes.flatMap(\.expected)).subtracting(ids) == [])
  }

  @Test("names the place as the text does") func site() {
    var graph = Good.graph()
    graph[Good.dense].delay = -1
    #expect(graph.verify().first?.site == .entity("%j5 \"dense\""))
  }
}
