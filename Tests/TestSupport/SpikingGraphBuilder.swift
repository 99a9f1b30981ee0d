// The state of the generator of random spiking graphs: the graph so far, and how large the values
// of its populations can become.

internal import SpikeIR

/// A population that later ones may listen to.
struct Emitter {
  /// The population.
  var id: PopulationID
  /// The arrangement of its neurons.
  var shape: Shape
  /// The most units that a neuron emits: in a tick under `rate`, in a window otherwise.
  var bound: Int
}

/// A projection to a population that does not exist yet.
struct Afferent {
  /// The population that emits.
  var source: Emitter
  /// The connections.
  var kind: ProjectionKind
  /// The most connections that a target neuron has.
  var fan: Int
  /// The largest magnitude of a weight.
  var magnitude: Int
  /// The power of two by which weights are multiplied.
  var shift: Int

  /// The largest magnitude of what arrives, in a tick under `rate`, in a window otherwise.
  var bound: Int { (fan * magnitude * source.bound) << shift }

  /// The magnitude of what usually arrives.
  var typical: Double {
    Double(fan).squareRoot() * Double(magnitude * (1 << shift)) * Double(source.bound) / 4
  }
}

/// A builder of one random spiking graph.
struct SpikingGraphBuilder {

  /// Where numbers come from.
  var random: SplitMix64

  /// What the graph may contain.
  let options: SpikingGraphOptions

  /// The codes from which populations choose.
  let codes: [SpikeCode]

  /// The graph so far.
  var graph = SpikingGraph(name: "random")

  /// The populations that may be listened to.
  var emitters: [Emitter] = []

  /// Creates a builder.
  init(_ random: SplitMix64, _ options: SpikingGraphOptions) {
    self.random = random
    self.options = options
    codes = options.codes.isEmpty ? Self.drawCodes(&self.random) : options.codes
  }

  private static func drawCodes(_ random: inout SplitMix64) -> [SpikeCode] {
    switch random.int(0...3) {
    case 0, 1: [.rate(timesteps: random.int(1...24))]
    case 2: [.phased(timesteps: random.int(1...20))]
    default:
      random.chance(0.5)
        ? [.weighted(bits: random.int(1...8))]
        : [.weighted(bits: 3), .weighted(bits: 6), .phased(timesteps: 5)]
    }
  }

  /// The number of times that what arrives in a tick is added up.
  var repetitions: Int { codes[0].isRate ? codes[0].timesteps : 1 }

  /// The most that may add up at a neuron from one projection.
  let sumLimit = 1 << 26

  /// The most units that a relay may emit, so that sums over it stay in bounds.
  var relayLimit: Int { min(4096, sumLimit / (400 * repetitions)) }

  /// Builds the graph.
  mutating func build() -> SpikingGraph {
    for _ in 0..<(random.chance(0.25) ? 2 : 1) { addSource() }
    if random.chance(0.5) { graph.encoders.reverse() }
    for _ in 0..<random.int(options.layers) { addLayer() }
    addOutputs()
    return graph
  }

  // MARK: Populations

  /// Adds a source with its encoder.
  private mutating func addSource() {
    let shape: Shape =
      random.chance(0.8)
      ? [random.int(2...7), random.int(2...7), random.int(1...4)] : [random.int(1...20)]
    let levels = codes[0].isRate ? random.int(1...4) : random.pick([1, 15, 255])
    let id = addPopulation(shape, .source, afferents: [], bias: nil)
    var encoder = Encoder(population: id, levels: levels)
    if codes[0].isRate, random.chance(0.4) {
      encoder.kind = random.pick(Encoder.Kind.allCases)
      encoder.seed = random.int(0...1000)
    }
    if options.hasPreprocessing { encoder.preprocessing = preprocessing(shape.channels) }
    graph.encoders.append(encoder)
    emitters.append(Emitter(id: id, shape: shape, bound: encoder.largestUnit))
  }

  /// Adds integrators for one or two outputs, and mostly for what nobody listens to.
  private mutating func addOutputs() {
    let efferents = graph.efferents()
    let unheard = emitters.filter { efferents[$0.id.index].isEmpty }
    for i in 0..<(random.chance(0.25) ? 2 : 1) {
      let target: Shape = [random.int(1...10)]
      var afferents = [dense(emitters[emitters.count - 1], to: target)]
      for emitter in unheard.dropLast() where i == 0 && random.chance(0.7) {
        afferents.append(dense(emitter, to: target))
      }
      let (input, shape) =
        random.chance(0.8) ? (afferents, target) : anyInput(of: emitters[emitters.count - 1])
      let bias = self.bias(shape, typical: input[0].typical)
      var (reading, model) = (Decoder.Reading.potential, NeuronModel.integrator)
      if random.chance(0.3) {
        reading = codes[0].isRate && random.chance(0.5) ? .firstSpike : .count
        model = integrateAndFire(shape, typical: input[0].typical)
      }
      let id = addPopulation(shape, model, afferents: input, bias: bias)
      graph.decoders.append(
        Decoder(
          population: id, reading: reading, function: random.pick(Decoder.Function.allCases),
          start: drawStart(), shape: shape.count % 3 == 0 ? Shape([1] + shape.extents) : nil))
    }
  }

  /// Returns a number of ticks that a readout leaves out.
  private mutating func drawStart() -> Int {
    guard codes[0].isRate, random.chance(0.5) else { return 0 }
    return random.int(0...codes[0].timesteps - 1)
  }

  /// Adds a population with what it receives.
  @discardableResult
  mutating func addPopulation(
    _ shape: Shape, _ model: NeuronModel, afferents: [Afferent], bias: TensorID?
  ) -> PopulationID {
    let name = self.name("\(model.mnemonic)\(graph.populations.count)")
    let id = graph.populations.append(
      Population(
        name: name, shape: shape, code: random.pick(codes), model: model, bias: bias,
        quantum: model == .integrator ? nil : units("quantum", shape.channels),
        membraneUnit: model.integrates && random.chance(0.7)
          ? units("membrane-unit", shape.channels) : nil,
        layer: random.chance(0.5) ? name : nil))
    for afferent in afferents {
      graph.projections.append(
        Projection(
          name: self.name("\(afferent.kind.mnemonic)\(graph.projections.count)"),
          source: afferent.source.id, target: id, kind: afferent.kind, shift: afferent.shift,
          delay: random.chance(0.5) ? 0 : random.int(0...options.maximumDelay)))
    }
    return id
  }

  /// Returns a unique name that begins with `stem`.
  private mutating func name(_ stem: String) -> String {
    guard options.hasOddNames else { return stem }
    return stem + random.pick(["", "/a b", "\"q\"", "\\", "\n\t\r", "é漢字🧠", "\u{7F}\u{0}\u{1B}"])
  }

  // MARK: Constants

  /// Returns positive real values, one for all channels or one a channel.
  mutating func units(_ name: String, _ channels: Int) -> TensorID {
    let count = random.chance(0.5) ? 1 : channels
    let values = (0..<count).map { _ in random.float(0.001...2) }
    return graph.tensors.add(name, shape: [count], floats: values)
  }

  /// Returns offsets for each channel or each neuron, or none.
  mutating func bias(_ shape: Shape, typical: Double) -> TensorID? {
    guard random.chance(0.7) else { return nil }
    let layout: Shape = random.chance(0.6) ? [shape.channels] : shape
    let magnitude = max(1, min(1 << 20, sumLimit / repetitions, Int(typical)))
    return add(
      "bias", layout, .int32((0..<layout.count).map { _ in Int32(random.weight(magnitude)) }))
  }

  /// Returns integrate-and-fire dynamics that fit what usually arrives in a tick or window.
  mutating func integrateAndFire(_ shape: Shape, typical: Double) -> NeuronModel {
    let layout: Shape = random.chance(0.7) ? [shape.channels] : shape
    let scale = typical * random.pick([0.1, 0.5, 2]) / (codes[0].isRate ? 1 : 4)
    let isSigned = random.chance(0.3)
    let thresholds = (0..<layout.count).map { _ in
      Int32(max(1, min(16_777_216, scale * Double(random.float(0.5...1.5)))))
    }
    let threshold = add("threshold", layout, .int32(thresholds))
    var model = IntegrateAndFire(threshold: threshold, isSigned: isSigned)
    if codes[0].isRate, !isSigned, random.chance(0.4) {
      let parts = thresholds.map { θ in Int32(random.int(0...Int(θ))) }
      model.retraction = add("retraction", layout, .int32(parts))
    }
    if random.chance(0.3) {
      let initial = thresholds.map { θ in
        Int32(random.int((isSigned ? 0 : -Int(θ) / 2)...Int(θ) - 1))
      }
      model.initial = add("initial", layout, .int32(initial))
    }
    return .integrateAndFire(model)
  }

  /// Returns real offsets for leaky neurons.
  mutating func leakyBias(_ shape: Shape, typical: Double) -> TensorID {
    let layout: Shape = random.chance(0.6) ? [shape.channels] : shape
    let values = (0..<layout.count).map { _ in Float(typical) * random.float(-2...1) }
    return graph.tensors.add("bias", shape: layout, floats: values)
  }

  /// Returns leaky dynamics that fit what usually arrives in a tick.
  mutating func leaky(_ shape: Shape, typical: Double) -> NeuronModel {
    let layout: Shape = random.chance(0.7) ? [shape.channels] : shape
    let scale = Float(typical) * random.pick([0.05, 0.2, 1])
    let thresholds = (0..<layout.count).map { _ in scale * random.float(0.5...1.5) }
    let threshold = graph.tensors.add("threshold", shape: layout, floats: thresholds)
    var initial: TensorID?
    if random.chance(0.5) {
      let phases = (0..<shape.channels).map { _ in random.float(0...1) }
      initial = graph.tensors.add("initial", shape: [shape.channels], floats: phases)
    }
    return .leaky(
      LeakyIntegrateAndFire(
        threshold: threshold, initial: initial, tauRC: random.pick([2, 20, 50]),
        tauRef: random.pick([0, 0.5, 1, 2.25]),
        synapse: random.pick(LeakyIntegrateAndFire.Synapse.allCases),
        tauSynapse: random.pick([0.5, 1, 5]), dt: random.pick([0.001, 0.002])))
  }

  /// Returns whole-numbered leaky dynamics: decays of all sizes and none, thresholds of what arrives in
  /// few ticks or many.
  mutating func decaying(_ shape: Shape, typical: Double) -> NeuronModel {
    let layout: Shape = random.chance(0.7) ? [shape.channels] : shape
    let scale = typical * random.pick([0.3, 2, 10])
    let thresholds = (0..<layout.count).map { _ in
      Int32(max(1, min(8_388_607, scale * Double(random.float(0.5...1.5)))))
    }
    let threshold = add("threshold", layout, .int32(thresholds))
    var initial: TensorID?
    if random.chance(0.5) {
      let parts = thresholds.map { θ in Int32(random.int(0...Int(θ))) }
      initial = add("initial", layout, .int32(parts))
    }
    return .currentBased(
      CurrentBasedLeaky(
        threshold: threshold, initial: initial,
        currentDecay: random.pick([0, 4096, random.int(1...4095), random.int(1...800)]),
        potentialDecay: random.pick([0, 4096, random.int(1...4095), random.int(1...200)]),
        refractory: random.pick([1, 1, 2, 5])))
  }

  /// Returns leaky dynamics with shifts of all sizes, and the most spikes in a tick.
  mutating func shifting(_ shape: Shape, typical: Double) -> (NeuronModel, Int) {
    let layout: Shape = random.chance(0.7) ? [shape.channels] : shape
    let scale = typical * random.pick([0.1, 1, 10])
    let thresholds = (0..<layout.count).map { _ in
      Int32(max(1, min(32_767, scale * Double(random.float(0.5...1.5)))))
    }
    let most = random.pick([1, 1, 2, 7, 12, 31, 127])
    let model = BitShiftLeaky(
      threshold: add("threshold", layout, .int32(thresholds)),
      currentShift: random.pick([1, 2, 4, 15, random.int(1...15)]),
      potentialShift: random.pick([1, 4, 5, 15, random.int(1...15)]), mostSpikes: most)
    return (.bitShift(model), most)
  }

  /// Returns biases that 16 bits hold, or none.
  mutating func shiftingBias(_ shape: Shape, typical: Double) -> TensorID? {
    guard random.chance(0.7) else { return nil }
    let layout: Shape = random.chance(0.7) ? [shape.channels] : shape
    let most = Int(min(32_767, max(1, typical)))
    let values = (0..<layout.count).map { _ in Int32(random.int(-most...most)) }
    return add("bias", layout, .int32(values))
  }

  /// Returns staircases that fit what usually arrives in a tick or window: few or many steps, shared
  /// by the channels or not, some of them equal; values that ascend one by one, or any.
  mutating func staircase(_ shape: Shape, _ code: SpikeCode, typical: Double) -> NeuronModel {
    let steps = random.chance(0.6) ? random.int(1...20) : random.int(21...200)
    let columns = random.chance(0.7) ? shape.channels : 1
    let reach = max(2, min(1 << 30, Int(typical * (code.isRate ? Double(code.timesteps) : 1))))
    var thresholds = [Int32](repeating: 0, count: steps * columns)
    for c in 0..<columns {
      let column = (0..<steps).map { _ in random.int(-reach...reach) }.sorted()
      for k in 0..<steps { thresholds[k * columns + c] = Int32(column[k]) }
    }
    let levels = code.levels
    let (first, counts) = (random.int(-levels...levels), random.chance(0.5))
    let values = (0...steps).map { k in
      Int32(counts ? min(levels, first + k) : random.int(-levels...levels))
    }
    return .staircase(
      Staircase(
        thresholds: add(
          "thresholds", columns == 1 ? [steps] : [steps, columns], .int32(thresholds)),
        values: add("values", [steps + 1], .int32(values))))
  }

  /// Adds a tensor.
  mutating func add(_ name: String, _ shape: Shape, _ data: TensorData) -> TensorID {
    graph.tensors.add(Tensor(name, shape: shape, data: data))
  }

  private mutating func preprocessing(_ channels: Int) -> Preprocessing {
    let count = random.chance(0.5) ? 1 : channels
    return Preprocessing(
      scale: random.pick([1, 1 / 255]), mean: (0..<count).map { _ in random.float(-1...1) },
      std: (0..<count).map { _ in random.float(0.1...2) }, prefersChannelsFirst: count > 1)
  }
}
