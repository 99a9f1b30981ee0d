// The `snn` level: populations joined by projections, with encoders and decoders.

/// A group of neurons of one kind.
public struct Population: Hashable, Sendable {

  /// The name; unique within a verified graph.
  public var name: String

  /// The arrangement of the neurons: [height, width, channels] or [channels].
  public var shape: Shape

  /// How values are said in spikes.
  public var code: SpikeCode

  /// The dynamics of the neurons.
  public var model: NeuronModel

  /// The offsets, in membrane units, [channels] or the population's shape, if any: added in each
  /// tick under `rate`, once otherwise.
  public var bias: TensorID?

  /// The real value of one emitted unit, f32 [channels] or [1]; absent for an integrator.
  ///
  /// Under `rate` a neuron that emits n units in T ticks says n/T · quantum: the quantum is the
  /// value of a neuron that emits a unit in every tick.
  public var quantum: TensorID?

  /// The real value of one unit of membrane potential, f32 [channels] or [1]; 1 if absent.
  public var membraneUnit: TensorID?

  /// The node of the `ann` graph whose value the population says, if any.
  public var layer: String?

  /// Creates a population.
  public init(
    name: String, shape: Shape, code: SpikeCode, model: NeuronModel, bias: TensorID? = nil,
    quantum: TensorID? = nil, membraneUnit: TensorID? = nil, layer: String? = nil
  ) {
    self.name = name
    self.shape = shape
    self.code = code
    self.model = model
    self.bias = bias
    self.quantum = quantum
    self.membraneUnit = membraneUnit
    self.layer = layer
  }
}

/// How raw data become the network's input: x' = (x · scale − mean) / std.
public struct Preprocessing: Hashable, Sendable {

  /// The factor applied first.
  public var scale: Float

  /// What is subtracted, one number or one a channel.
  public var mean: [Float]

  /// What is divided by, one number or one a channel.
  public var std: [Float]

  /// Whether data whose extents fit both with the channels first and last have them first, as the
  /// model's file has them.
  public var prefersChannelsFirst: Bool

  /// Creates a preprocessing.
  public init(
    scale: Float = 1, mean: [Float] = [0], std: [Float] = [1], prefersChannelsFirst: Bool = false
  ) {
    self.scale = scale
    self.mean = mean
    self.std = std
    self.prefersChannelsFirst = prefersChannelsFirst
  }
}

/// What turns an input of the network into the units of a `source` population.
///
/// q = min(max(round(x'/step), −levels), levels), where the step is the quantum for constant
/// currents, which are q in every tick, and quantum/levels for spikes, of which one in every tick
/// says the quantum; the quotient is taken in single precision and rounded to nearest, halves away
/// from zero. `SpikeTrain` says which units follow from q.
public struct Encoder: Hashable, Sendable {

  /// The population that is driven.
  public var population: PopulationID

  /// The largest magnitude of q, at least 1.
  public var levels: Int

  /// How values are said; `constant` unless the code is `rate`.
  public var kind: Kind

  /// Where the random numbers of this encoder begin.
  public var seed: Int

  /// How raw data become the network's input.
  public var preprocessing: Preprocessing

  /// Creates an encoder.
  public init(
    population: PopulationID, levels: Int, kind: Kind = .constant, seed: Int = 0,
    preprocessing: Preprocessing = Preprocessing()
  ) {
    self.population = population
    self.levels = levels
    self.kind = kind
    self.seed = seed
    self.preprocessing = preprocessing
  }
}

/// What turns the last population into an output of the network, y = f(x).
///
/// Reading potentials of an `integrator`,
/// x = (v(n) − v(t0)) · membraneUnit / (n − t0), where n is the number of ticks under `rate` and
/// 1 otherwise, v(t) the potential after t ticks, v(0) = 0, and t0 = `start` if n > `start`, else 0.
///
/// Counting units of an `if` or `shift-lif` population, x = (c(n) − c(t0)) · quantum / (n − t0) + `offset`,
/// where c(t) is the sum of units after t ticks.
///
/// By the first spikes of an `if` population, under `rate`: x = (T − t + min(v/θ, 1)) / T for a neuron
/// that emits its first positive unit after t0 in tick t, counted from 1, and is left with the
/// potential v; (min(v/θ, 1) − 1) / T for one that has emitted none, v being its potential after n
/// ticks. So whoever fires first leads, and of two the one that is further.
///
/// - Source: Bu et al. (2025), section 4.3, delayed evaluation: the first spikes of a deep network
///   say more about its initial potentials than about its input.
public struct Decoder: Hashable, Sendable {

  /// A function applied to the potentials by the host.
  public enum Function: String, Hashable, Sendable, CaseIterable {
    /// The potentials as they are.
    case none
    /// Normalized exponentials over the channels.
    case softmax
    /// 1 / (1 + e⁻ˣ), element by element.
    case sigmoid
    /// tanh x, element by element.
    case tanh
  }

  /// What is read of a population.
  public enum Reading: String, Hashable, Sendable, CaseIterable {
    /// The potentials of an `integrator`.
    case potential
    /// The units that an `if` or `shift-lif` population emits.
    case count
    /// The ticks of the first units of an `if` population.
    case firstSpike = "first-spike"
  }

  /// The population that is read.
  public var population: PopulationID

  /// What is read of it.
  public var reading: Reading

  /// The function f.
  public var function: Function

  /// The number of ticks whose input the readout leaves out; 0 unless the code is `rate`.
  public var start: Int

  /// What is added to values that are counted, before f; 0 for other readings.
  public var offset: Float

  /// The shape of the output, the same elements with the same channels, where it is not the
  /// population's: that of the model, whose layer a machine may know in another one only.
  public var shape: Shape?

  /// Creates a decoder.
  public init(
    population: PopulationID, reading: Reading = .potential, function: Function = .none,
    start: Int = 0, offset: Float = 0, shape: Shape? = nil
  ) {
    self.population = population
    self.reading = reading
    self.function = function
    self.start = start
    self.offset = offset
    self.shape = shape
  }
}

/// A feed-forward spiking network.
///
/// Populations are in topological order: a projection goes from an earlier to a later one.
/// Their codes are all `rate`, with the same number of ticks, or none of them is.
public struct SpikingGraph: Hashable, Sendable {

  /// The name of the model.
  public var name: String

  /// The populations, sources first.
  public var populations = PrimaryMap<PopulationID, Population>()

  /// The projections.
  public var projections = PrimaryMap<ProjectionID, Projection>()

  /// The inputs of the network, in order.
  public var encoders: [Encoder] = []

  /// The outputs of the network, in order.
  public var decoders: [Decoder] = []

  /// The constants.
  public var tensors = TensorStore()

  /// Creates an empty graph.
  public init(name: String) {
    self.name = name
  }

  /// Accesses the population `id`.
  public subscript(id: PopulationID) -> Population {
    get { populations[id] }
    set { populations[id] = newValue }
  }

  /// Accesses the projection `id`.
  public subscript(id: ProjectionID) -> Projection {
    get { projections[id] }
    set { projections[id] = newValue }
  }

  /// Returns, for each population, the projections that it receives, in order.
  ///
  /// - Complexity: O(populations + projections).
  public func afferents() -> [[ProjectionID]] {
    var result = [[ProjectionID]](repeating: [], count: populations.count)
    for id in projections.ids { result[projections[id].target.index].append(id) }
    return result
  }

  /// Returns, for each population, the projections that it feeds, in order.
  ///
  /// - Complexity: O(populations + projections).
  public func efferents() -> [[ProjectionID]] {
    var result = [[ProjectionID]](repeating: [], count: populations.count)
    for id in projections.ids { result[projections[id].source.index].append(id) }
    return result
  }

  /// The number of first ticks that the decoder of readout `id` leaves out; 0 without decoder.
  public func readoutStart(of id: PopulationID) -> Int {
    guard self[id].model == .integrator else { return 0 }
    return decoders.first { $0.population == id }?.start ?? 0
  }

  /// `true` iff weights, thresholds and biases are integers.
  public var isQuantized: Bool {
    var constants = projections.elements.compactMap { $0.kind.weights }
    for population in populations.elements {
      switch population.model {
      case .leaky: continue  // Leaky neurons and their biases stay real.
      case .integrateAndFire(let model):
        constants += [model.threshold, model.initial, model.retraction].compactMap { $0 }
      case .currentBased, .bitShift: break  // They are integers as soon as they are there.
      case .staircase(let model): constants.append(model.thresholds)
      case .source, .relay, .maximum, .integrator: break
      }
      if let bias = population.bias { constants.append(bias) }
    }
    return constants.allSatisfy { tensors[$0].elementType != .float32 }
  }
}
