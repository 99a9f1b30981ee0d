// Random spiking graphs that look for the edges of a fast executor: populations wider than its
// vectors, and numbers as large as their types.

import SpikeIR
import TestSupport

/// A random quantized spiking graph with an input for it.
///
/// It has a chain of layers, some of which also listen to an earlier one, and a readout.
struct HostileGraph {

  /// Where the graph is hostile.
  enum Style: CaseIterable {
    /// Channel counts around multiples of the usual vector lengths, images of a hundred pixels.
    case wide
    /// Weights, thresholds, biases, potentials and inputs of all magnitudes that 32 bits hold.
    case extreme
  }

  /// The graph.
  private(set) var graph = SpikingGraph(name: "hostile")

  /// Values for its encoder.
  private(set) var input: [[Float]] = []

  private let style: Style
  private let code: SpikeCode
  private var random: SplitMix64

  /// The populations that can be listened to, all images.
  private var emitters: [PopulationID] = []

  /// Creates the graph that `seed` determines.
  init(_ style: Style, seed: UInt64, code: SpikeCode) {
    (self.style, self.code) = (style, code)
    random = SplitMix64(seed: seed)
    addSource()
    for _ in 0..<random.int(1...4) { addLayer(over: emitters[emitters.count - 1]) }
    let outputs = random.int(1...20)
    let readout = addPopulation([outputs], .integrator, bias: random.chance(0.5))
    connectDensely(emitters[emitters.count - 1], readout)
    graph.decoders = [Decoder(population: readout)]
  }

  // MARK: Numbers

  /// Returns an integer of any magnitude up to 2^bits, all lengths equally likely.
  private mutating func integer(bits: Int) -> Int32 {
    let limit = 1 << random.int(0...bits)
    return Int32(clamping: random.int(-limit...limit))
  }

  /// Adds weights of the given shape, i8 or i16.
  private mutating func weights(_ shape: Shape) -> TensorID {
    let (isWide, isExtreme) = (random.chance(0.3), style == .extreme && random.chance(0.3))
    let values = (0..<shape.count).map { _ in
      if isExtreme { return random.pick([-32768, 32767, 0, 1]) }
      return random.weight(isWide ? (style == .wide ? 1000 : 32767) : 127)
    }
    let data: TensorData =
      isWide
      ? .int16(values.map { Int16($0) }) : .int8(values.map { Int8(clamping: $0) })
    return graph.tensors.add(Tensor("weights", shape: shape, data: data))
  }

  private mutating func add(_ values: [Int32], _ shape: Shape) -> TensorID {
    graph.tensors.add(Tensor("constant", shape: shape, data: .int32(values)))
  }

  private mutating func channelCount() -> Int {
    style == .wide
      ? random.pick([1, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 72, 96, 127, 128, 130])
      : random.int(1...6)
  }

  // MARK: Populations

  private mutating func addSource() {
    let side = style == .wide ? random.int(3...10) : random.int(1...4)
    let shape: Shape = [side, random.int(1...10), channelCount()]
    let id = addPopulation(shape, .source, bias: false)
    let bits = style == .wide ? random.int(0...5) : random.int(0...31)
    let levels = max(1, Int(Int32(clamping: 1 << bits)))
    graph[id].quantum = graph.tensors.add("quantum", shape: [1], floats: [1])
    graph.encoders = [Encoder(population: id, levels: levels)]
    input = [
      (0..<shape.count).map { _ in
        random.chance(0.3) ? 0 : Float(levels) * random.float(-1.1...1.1)
      }
    ]
    emitters.append(id)
  }

  /// Adds a population, with offsets if it has a bias.
  private mutating func addPopulation(
    _ shape: Shape, _ model: NeuronModel, bias: Bool
  ) -> PopulationID {
    var population = Population(
      name: "p\(graph.populations.count)", shape: shape, code: code, model: model)
    if bias {
      let layout: Shape = random.chance(0.7) ? [shape.channels] : shape
      let bits = style == .wide ? 10 : 30
      population.bias = add((0..<layout.count).map { _ in integer(bits: bits) }, layout)
    }
    return graph.populations.append(population)
  }

  /// Adds neurons that fire, with thresholds of any magnitude below 2^bits.
  private mutating func addNeurons(_ shape: Shape, bits: Int) -> PopulationID {
    if random.chance(0.25) { return addStaircase(shape, bits: bits) }
    let layout: Shape = random.chance(0.7) ? [shape.channels] : shape
    let bits = style == .wide ? bits : random.int(0...30)
    let thresholds = (0..<layout.count).map { _ in Int32(random.int(1...1 << bits)) }
    var model = IntegrateAndFire(
      threshold: add(thresholds, layout), isSigned: random.chance(0.4))
    if random.chance(0.3) {
      // Unsigned neurons may also begin below 0, or so far up that they fire by themselves.
      let range: ClosedRange<Float> = model.isSigned ? 0...0.99 : -2...3
      model.initial = add(
        thresholds.map { threshold in
          let part = random.float(range)
          return Int32(clamping: Int((Float(threshold) * part).rounded(.towardZero)))
        }, layout)
    }
    if code.isRate, !model.isSigned, random.chance(0.5) {
      model.retraction = add(
        thresholds.map { _ in Int32(random.int(0...1 << random.int(0...31)) & Int(Int32.max)) },
        layout)
    }
    return addPopulation(shape, .integrateAndFire(model), bias: random.chance(0.6))
  }

  /// Adds staircases with thresholds of any magnitude below 2^bits, or of the ends of 32 bits.
  private mutating func addStaircase(_ shape: Shape, bits: Int) -> PopulationID {
    let steps = random.pick([1, 2, 7, 48, 49, 63, 64, 130])
    let columns = random.chance(0.7) ? shape.channels : 1
    let bits = style == .wide ? bits : random.int(0...31)
    var thresholds = [Int32](repeating: 0, count: steps * columns)
    for c in 0..<columns {
      var column = (0..<steps).map { _ in integer(bits: bits) }.sorted()
      if style == .extreme, random.chance(0.3) {
        column[0] = .min
        column[steps - 1] = .max
      }
      for k in 0..<steps { thresholds[k * columns + c] = column[k] }
    }
    let values = (0...steps).map { _ in Int32(random.int(-code.levels...code.levels)) }
    let model = Staircase(
      thresholds: add(thresholds, columns == 1 ? [steps] : [steps, columns]),
      values: add(values, [steps + 1]))
    return addPopulation(shape, .staircase(model), bias: random.chance(0.6))
  }

  // MARK: Layers

  private mutating func addLayer(over source: PopulationID) {
    let shape = graph[source].shape
    switch random.int(0...9) {
    case 0: emitters.append(addPooled(source, .maximum))
    case 1: emitters.append(addPooled(source, .relay))
    case 2:
      let target = addNeurons([1, 1, channelCount()], bits: 14)
      connectDensely(source, target)
      emitters.append(target)
    case 3:
      let target = addNeurons(shape, bits: 8)
      connectOneToOne(source, target)
      if let other = emitters.first(where: { graph[$0].shape.count == shape.count }) {
        connectOneToOne(other, target)
      }
      emitters.append(target)
    case 4:
      let target = addPopulation([2, 3, channelCount()], .relay, bias: false)
      let starts = (0..<graph[target].shape.count).map { _ in
        Int32(random.int(-1...shape.count - 1))
      }
      connect(source, target, .wire(WireProjection(sources: add(starts, [starts.count]))))
      emitters.append(target)
    default: addConvolution(source)
    }
  }

  private mutating func addConvolution(_ source: PopulationID) {
    let shape = graph[source].shape
    let (window, out) = self.window(over: shape)
    let groups = random.pick(
      [1, 1, shape[2]] + (1...shape[2]).filter { shape[2].isMultiple(of: $0) })
    let outputs = groups == 1 ? channelCount() : groups * random.int(1...2)
    let target = addNeurons([out.height, out.width, outputs], bits: 12)
    let kernel: Shape = [window.size.height, window.size.width, shape[2] / groups, outputs]
    let kind = ConvProjection(weights: weights(kernel), window: window, groups: groups)
    connect(source, target, .conv(kind))
    if random.chance(0.3) { connectDensely(emitters[0], target) }
    emitters.append(target)
  }

  private mutating func addPooled(_ source: PopulationID, _ model: NeuronModel) -> PopulationID {
    let shape = graph[source].shape
    let (window, out) = self.window(over: shape)
    let target = addPopulation([out.height, out.width, shape[2]], model, bias: false)
    connect(source, target, .pool(PoolProjection(window: window)), shifts: false)
    return target
  }

  private mutating func window(over shape: Shape) -> (Window, Pair) {
    while true {
      let window = Window(
        size: Pair(random.int(1...5), random.int(1...4)),
        strides: Pair(random.int(1...3), random.int(1...2)),
        dilations: random.chance(0.8) ? Pair(1, 1) : Pair(random.int(1...2), random.int(1...2)),
        padding: Padding(
          top: random.int(0...3), left: random.int(0...2), bottom: random.int(0...2),
          right: random.int(0...3)))
      if let out = try? window.outputExtents(height: shape[0], width: shape[1]) {
        return (window, out)
      }
    }
  }

  // MARK: Connections

  private mutating func connectDensely(_ source: PopulationID, _ target: PopulationID) {
    let shape: Shape = [graph[source].shape.count, graph[target].shape.count]
    connect(source, target, .dense(DenseProjection(weights: weights(shape))))
  }

  private mutating func connectOneToOne(_ source: PopulationID, _ target: PopulationID) {
    let layouts: [Shape?] = [nil, [1], [graph[target].shape.channels]]
    let weights = random.pick(layouts).map { self.weights($0) }
    connect(source, target, .identity(IdentityProjection(weights: weights)))
  }

  private mutating func connect(
    _ source: PopulationID, _ target: PopulationID, _ kind: ProjectionKind, shifts: Bool = true
  ) {
    let shift = shifts && random.chance(0.3) ? random.int(0...(style == .wide ? 2 : 15)) : 0
    let delay = code.isRate || random.chance(0.8) ? 0 : random.int(1...3)
    graph.projections.append(
      Projection(
        name: "j\(graph.projections.count)", source: source, target: target, kind: kind,
        shift: shift, delay: delay))
  }
}
