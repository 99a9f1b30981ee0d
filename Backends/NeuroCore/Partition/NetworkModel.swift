// What counting resources needs to know of a network: its layers with neurons, and what they listen to.
// Looked up once, since counting is done millions of times.

package import Diagnostics
package import HardwareTargets
package import SpikeIR

/// A network with all that the use of cores depends on.
package struct NetworkModel: Sendable {

  /// The network.
  package let graph: SpikingGraph

  /// The machine.
  package let target: TargetDescription

  /// The ways from neurons to neurons.
  package let paths: [ConnectionPath]

  /// The populations with neurons, in their order.
  var layers: [LayerModel]

  /// For each population its position in `layers`, `nil` for those without neurons.
  let layer: [Int?]

  /// For each layer those that listen to it, ascending.
  let consumers: [[Int]]

  /// Looks at a verified graph.
  ///
  /// - Throws: `mapping.too-many-paths`, `ir.elided-tensor`.
  /// - Complexity: O(weights + paths · extents).
  package init(_ graph: SpikingGraph, on target: TargetDescription) throws(CompileError) {
    guard let paths = ConnectionPath.all(in: graph) else {
      throw CompileError(.tooManyPaths(graph.name))
    }
    self.graph = graph
    self.target = target
    self.paths = paths
    let isConstant = graph.isConstant
    var names = ProfileNames()
    var layers: [LayerModel] = []
    var layer = [Int?](repeating: nil, count: graph.populations.count)
    let weights = try liftingDiagnostic { () throws(Diagnostic) in
      try graph.projections.elements.map { (own) throws(Diagnostic) in
        try WeightRange(of: own, in: graph)
      }
    }
    let types = try liftingDiagnostic { () throws(Diagnostic) in
      try target.axonTypes(of: paths, in: graph)
    }
    var inputs = [[LayerInput]](repeating: [], count: graph.populations.count)
    for (p, path) in paths.enumerated() where !isConstant[path.source.index] {
      let input = try liftingDiagnostic { () throws(Diagnostic) in
        try LayerInput(p, path, weights, type: types[p], in: graph)
      }
      inputs[path.target.index].append(input)
    }
    for id in graph.populations.ids where graph[id].hasNeurons {
      layer[id.index] = layers.count
      let own = try liftingDiagnostic { () throws(Diagnostic) in
        try LayerModel(id, inputs[id.index], &names, in: graph, on: target)
      }
      layers.append(own)
    }
    var consumers = [[Int]](repeating: [], count: layers.count)
    for (l, own) in layers.enumerated() {
      for source in Set(own.inputs.map(\.sender.population)) {
        if let producer = layer[source.index] { consumers[producer].append(l) }
      }
    }
    self.layers = layers
    self.layer = layer
    self.consumers = consumers.map { $0.sorted() }
  }
}

/// A population with neurons, as cores see it.
struct LayerModel: Sendable {

  /// The population.
  let population: PopulationID

  /// Its shape.
  let shape: Shape

  /// What arrives in spikes; constant currents of the host are not among it.
  var inputs: [LayerInput]

  /// Who sends spikes, to axons of which type, ascending.
  let senders: [Sender]

  /// The sets of parameters that thresholds belong to.
  let thresholds: Thresholds

  /// The set of parameters of the dynamics.
  let profile: Int

  /// The offsets that are stored.
  let biases: Biases

  /// The classes of cores that have such neurons, a bit for each position in the description.
  let classes: UInt64

  /// Which neurons have thresholds of their own.
  enum Thresholds: Sendable {
    /// All have the same.
    case same(Int)
    /// Channels have.
    case channels([Int])
    /// Neurons have.
    case neurons([Int])
  }

  /// Which neurons have offsets of their own.
  enum Biases: Sendable { case none, channels, neurons }

  init(
    _ id: PopulationID, _ inputs: [LayerInput], _ names: inout ProfileNames,
    in graph: SpikingGraph, on target: TargetDescription
  ) throws(Diagnostic) {
    population = id
    shape = graph[id].shape
    self.inputs = inputs
    senders = Set(inputs.map(\.sender)).sorted()
    classes = target.classes(having: graph[id].model)
    guard classes != 0 else {
      throw .noCoresHave(graph[id].model.mnemonic, graph[id].name, on: target.id)
    }
    (thresholds, profile) = try names.profiles(of: graph[id], in: graph)
    switch graph[id].bias.map({ graph.tensors[$0].shape }) {
    case nil: biases = .none
    case let own?: biases = own.count == shape.channels ? .channels : .neurons
    }
  }

  /// The numbers of different thresholds in a box, ascending.
  func thresholds(in box: NeuronBox) -> [Int] {
    switch thresholds {
    case .same(let own): return [own]
    case .channels(let own): return Set(box.channels.map { own[$0] }).sorted()
    case .neurons(let own):
      return Set((0..<box.count).map { own[box.neuron(at: $0, of: shape)] }).sorted()
    }
  }
}

/// A population that sends spikes, and the type of the axons that receive them: a core has an axon for
/// each neuron and type.
struct Sender: Hashable, Comparable, Sendable {
  /// The population.
  var population: PopulationID
  /// The type; 0 on machines whose axons have none.
  var type: Int

  static func < (a: Self, b: Self) -> Bool {
    (a.population, a.type) < (b.population, b.type)
  }
}

/// What a layer hears along a path.
struct LayerInput: Sendable {

  /// The position of the path.
  let path: Int

  /// Who sends, to axons of which type.
  let sender: Sender

  /// The shape of the connections.
  let geometry: PathGeometry

  /// The weights, multiplied along the path.
  let weights: WeightRange

  /// The power of two by which weights are multiplied.
  let shift: Int

  /// The convolution that the path amounts to, for machines that hold kernels.
  let kernel: Kernel

  /// A convolution: channels that a kernel has, and its extents.
  struct Kernel: Hashable, Sendable {
    var channels: Int
    var height: Int
    var width: Int
  }

  init(
    _ position: Int, _ path: ConnectionPath, _ ranges: [WeightRange], type: Int,
    in graph: SpikingGraph
  ) throws(Diagnostic) {
    self.path = position
    sender = Sender(population: path.source, type: type)
    geometry = try PathGeometry(path, in: graph)
    weights = path.projections.reduce(WeightRange(bits: 1, isMixed: false)) {
      $0.times(ranges[$1.index])
    }
    shift = path.projections.reduce(0) { $0 + graph[$1].shift }
    kernel = Self.kernel(of: path, in: graph)
  }

  /// What the layer hears along the same path of a graph with other windows.
  ///
  /// - Throws: `ir.elided-tensor`.
  init(
    _ other: LayerInput, _ path: ConnectionPath, in graph: SpikingGraph
  ) throws(Diagnostic) {
    self.path = other.path
    (sender, weights, shift) = (other.sender, other.weights, other.shift)
    geometry = try PathGeometry(path, in: graph)
    kernel = Self.kernel(of: path, in: graph)
  }

  /// Returns the kernel of the last convolution or dense connections of a path, which pooling may
  /// precede; a kernel of one tap for others.
  private static func kernel(of path: ConnectionPath, in graph: SpikingGraph) -> Kernel {
    for id in path.projections.reversed() {
      let shape = graph[graph[id].source].shape
      switch graph[id].kind {
      case .conv(let conv):
        return Kernel(
          channels: shape.channels / conv.groups, height: conv.window.size.height,
          width: conv.window.size.width)
      case .dense:
        let isImage = shape.rank == 3
        return Kernel(
          channels: shape.channels, height: isImage ? shape[0] : 1, width: isImage ? shape[1] : 1)
      case .pool, .identity, .wire: continue
      }
    }
    return Kernel(channels: 1, height: 1, width: 1)
  }
}

/// What it takes to hold the weights of a projection.
struct WeightRange: Hashable, Sendable {

  /// The bits of the largest magnitude, after the power of two that all weights share.
  var bits: Int

  /// Whether there are weights of both signs.
  var isMixed: Bool

  init(bits: Int, isMixed: Bool) {
    self.bits = bits
    self.isMixed = isMixed
  }

  /// Looks at the weights of `projection`; real ones count as having the largest width.
  ///
  /// - Throws: `ir.elided-tensor`.
  init(of projection: Projection, in graph: SpikingGraph) throws(Diagnostic) {
    guard let id = projection.kind.weights else {
      self.init(bits: 1, isMixed: false)
      return
    }
    switch graph.tensors[id].data {
    case .int8(let x): self.init(x)
    case .int16(let x): self.init(x)
    case .int32(let x): self.init(x)
    case .float32, .deferred: self.init(bits: 62, isMixed: true)
    case .elided: self.init(try graph.tensors.integers(id))
    }
  }

  private init<Number: FixedWidthInteger>(_ weights: [Number]) {
    var all: UInt64 = 0
    var (low, high) = (0, 0)
    for weight in weights {
      let value = Int(weight)
      all |= UInt64(value.magnitude)
      low = min(low, value)
      high = max(high, value)
    }
    bits = max(1, UInt64.bitWidth - all.leadingZeroBitCount - min(62, all.trailingZeroBitCount))
    if all == 0 { bits = 1 }
    isMixed = low < 0 && high > 0
  }

  /// What it takes to hold the products with other weights.
  func times(_ other: WeightRange) -> WeightRange {
    // A weight 1 changes nothing; two others add up their bits.
    let sum = bits == 1 ? other.bits : other.bits == 1 ? bits : bits + other.bits
    return WeightRange(bits: min(62, sum), isMixed: isMixed || other.isMixed)
  }

  /// Returns the bits that a weight takes on a core: the narrowest width that it offers and that
  /// suffices, else the widest; `limit` is a narrower width that is tried.
  func stored(in features: SynapseFeatures?, limit: Int?) -> Int {
    let needed = min(bits + (isMixed ? 1 : 0), limit ?? Int.max)
    guard let features else { return needed }
    guard let offered = features.weightBits?.filter({ $0 > 0 }).sorted(), let widest = offered.last
    else { return features.weight.bits }
    return offered.first { $0 >= needed } ?? widest
  }
}

/// Numbers for sets of parameters, the same for the same.
struct ProfileNames {

  private var thresholds: [[Int]: Int] = [:]
  private var dynamics: [[Double]: Int] = [:]

  /// Returns the numbers of the thresholds and of the dynamics of a population.
  ///
  /// - Throws: `ir.elided-tensor`.
  mutating func profiles(
    of population: Population, in graph: SpikingGraph
  ) throws(Diagnostic) -> (LayerModel.Thresholds, Int) {
    switch population.model {
    case .integrateAndFire(let model):
      let values = try graph.tensors.floats(model.threshold)
      return (table(values, kind: 0, population.shape), name([0, model.isSigned ? 1 : 0]))
    case .leaky(let model):
      let values = try graph.tensors.floats(model.threshold)
      let numbers = [model.tauRC, model.tauRef, model.tauSynapse].map { Double($0) }
      let synapse = Double(
        LeakyIntegrateAndFire.Synapse.allCases.firstIndex(of: model.synapse) ?? 0)
      return (table(values, kind: 1, population.shape), name([1, synapse] + numbers))
    case .currentBased(let model):
      let values = try graph.tensors.floats(model.threshold)
      let numbers = [model.currentDecay, model.potentialDecay, model.refractory]
      return (table(values, kind: 6, population.shape), name([6] + numbers.map { Double($0) }))
    case .bitShift(let model):
      let values = try graph.tensors.floats(model.threshold)
      let numbers = [model.currentShift, model.potentialShift, model.mostSpikes]
      return (table(values, kind: 7, population.shape), name([7] + numbers.map { Double($0) }))
    case .maximum: return (.same(threshold([2])), name([2]))
    case .integrator: return (.same(threshold([3])), name([3]))
    case .staircase: return (.same(threshold([4])), name([4]))
    case .source, .relay: return (.same(threshold([5])), name([5]))
    }
  }

  private mutating func table(
    _ values: [Float], kind: Int, _ shape: Shape
  ) -> LayerModel.Thresholds {
    let numbers = values.map { threshold([kind, Int($0.bitPattern)]) }
    guard let first = numbers.first, numbers.contains(where: { $0 != first }) else {
      return .same(numbers.first ?? 0)
    }
    return numbers.count == shape.channels ? .channels(numbers) : .neurons(numbers)
  }

  private mutating func threshold(_ key: [Int]) -> Int {
    let number = thresholds[key] ?? thresholds.count
    thresholds[key] = number
    return number
  }

  private mutating func name(_ key: [Double]) -> Int {
    let number = dynamics[key] ?? dynamics.count
    dynamics[key] = number
    return number
  }
}
