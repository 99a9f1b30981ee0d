// The constants of a verified, quantized spiking graph at hand, so that the reference executors
// can index without further tests. Constants only: how they are combined is each executor's own.

internal import Diagnostics
internal import SpikeIR

/// What the neurons of a population are made with, one value a neuron.
struct PopulationConstants {

  /// The number of neurons.
  var count: Int

  /// What is added to the input, 0 where there is no bias.
  var bias: [Int64]

  /// θ; empty unless the neurons fire.
  var threshold: [Int64] = []

  /// h; empty unless the neurons fire.
  var initial: [Int64] = []

  /// r; empty unless the neurons take units back.
  var retraction: [Int64] = []

  /// What leaky neurons are made with; `nil` for others.
  var leaky: LeakyConstants?

  /// The thresholds of each channel in ascending order; empty unless the neurons are staircases.
  var steps: [[Int64]] = []

  /// The value of each interval, units; empty unless the neurons are staircases.
  var values: [Int64] = []
}

/// A quantized spiking graph that can be executed.
struct QuantizedConstants {

  /// The graph.
  let graph: SpikingGraph

  /// The constants of each population.
  private(set) var populations: [PopulationConstants] = []

  /// The weights of each projection times 2^shift; the single 2^shift where it has none.
  private(set) var weights: [[Int64]] = []

  /// For each projection of kind `wire` the source of each target neuron, or −1; empty elsewhere.
  private(set) var wires: [[Int]] = []

  /// For each population the projections that it receives.
  let afferents: [[ProjectionID]]

  /// The resolution of each encoder, one a neuron.
  private(set) var quanta: [[Float]] = []

  /// The real value of a unit of what each decoder reads, one a neuron: of potential or emitted.
  private(set) var outputUnits: [[Float]] = []

  /// Whether each population emits the same in every tick.
  let isConstant: [Bool]

  /// The number of ticks that all populations run, `nil` unless the code is `rate`.
  let ticks: Int?

  /// Loads the constants of `graph`.
  ///
  /// - Throws: what the verifier finds, `ir.elided-tensor`, `ir.bad-element-type` if the graph is
  ///   not quantized, `simulator.overflow`.
  init(_ graph: SpikingGraph) throws(CompileError) {
    let violations = graph.verify()
    guard violations.isEmpty else { throw CompileError(violations) }
    self.graph = graph
    afferents = graph.afferents()
    isConstant = graph.isConstant
    // The verifier knows that one `rate` population makes all of them so, with as many ticks.
    ticks = graph.populations.elements.first { $0.code.isRate }?.code.timesteps
    do throws(Diagnostic) {
      for p in graph.populations.elements { populations.append(try graph.constants(of: p)) }
      for j in graph.projections.elements { try append(j) }
      for encoder in graph.encoders {
        let population = graph[encoder.population]
        let reals = try graph.reals(population.quantum, of: population)
        quanta.append(reals.map { encoder.step(of: $0) })
      }
      for decoder in graph.decoders {
        let population = graph[decoder.population]
        let unit = decoder.reading == .potential ? population.membraneUnit : population.quantum
        outputUnits.append(try graph.reals(unit, of: population))
      }
    } catch {
      throw CompileError(error)
    }
  }

  /// Appends the constants of `projection`.
  private mutating func append(_ projection: Projection) throws(Diagnostic) {
    var factors: [Int32] = [1]
    if let id = projection.kind.weights { factors = try graph.tensors.integers(id) }
    let scaled = factors.map { Int64($0) << Int64(projection.shift) }
    guard scaled.allSatisfy({ Int32(exactly: $0) != nil }) else {
      throw .overflow("a weight of projection '\(projection.name)'")
    }
    weights.append(scaled)
    if case .wire(let wire) = projection.kind {
      wires.append(try graph.tensors.integers(wire.sources).map { Int($0) })
    } else {
      wires.append([])
    }
  }
}

extension SpikingGraph {

  /// Returns the constants of `population`.
  fileprivate func constants(of population: Population) throws(Diagnostic) -> PopulationConstants {
    let zeros = [Int64](repeating: 0, count: population.shape.count)
    if case .leaky(let model) = population.model {
      let leaky = LeakyConstants(
        inverse: try reals(model.threshold, of: population).map { 1 / $0 },
        bias: try reals(population.bias, of: population, or: 0),
        initial: try reals(model.initial, of: population, or: 0))
      return PopulationConstants(count: zeros.count, bias: zeros, leaky: leaky)
    }
    var result = PopulationConstants(
      count: zeros.count, bias: try perNeuron(population.bias, of: population) ?? zeros)
    if case .integrateAndFire(let model) = population.model {
      result.threshold = try perNeuron(model.threshold, of: population) ?? []
      // Halving is exact downwards: thresholds are positive.
      result.initial =
        try perNeuron(model.initial, of: population) ?? result.threshold.map { $0 / 2 }
      result.retraction = try perNeuron(model.retraction, of: population) ?? []
    }
    if case .currentBased(let model) = population.model {
      result.threshold = try perNeuron(model.threshold, of: population) ?? []
      result.initial = try perNeuron(model.initial, of: population) ?? zeros
    }
    if case .bitShift(let model) = population.model {
      result.threshold = try perNeuron(model.threshold, of: population) ?? []
    }
    if case .staircase(let model) = population.model {
      let thresholds = try tensors.integers(model.thresholds)
      let columns = thresholds.count / tensors[model.thresholds].shape[0]
      result.steps = (0..<population.shape.channels).map { c in
        stride(from: c % columns, to: thresholds.count, by: columns).map { Int64(thresholds[$0]) }
      }
      result.values = try tensors.integers(model.values).map { Int64($0) }
    }
    return result
  }

  /// Returns the integers `id`, [channels] or the population's shape, one a neuron.
  private func perNeuron(
    _ id: TensorID?, of population: Population
  ) throws(Diagnostic) -> [Int64]? {
    guard let id else { return nil }
    let values = try tensors.integers(id)
    return (0..<population.shape.count).map { Int64(values[$0 % values.count]) }
  }

  /// Returns the numbers `id`, [channels], [1] or the population's shape, one a neuron.
  fileprivate func reals(
    _ id: TensorID?, of population: Population, or absent: Float = 1
  ) throws(Diagnostic) -> [Float] {
    var values = [absent]
    if let id { values = try tensors.floats(id) }
    return (0..<population.shape.count).map { values[$0 % values.count] }
  }
}

extension Diagnostic {

  /// Returns an error about a number that 32 bits cannot hold.
  static func overflow(_ subject: String) -> Diagnostic {
    .error(
      "simulator.overflow", "\(subject) exceeds 32 bits",
      notes: ["quantize with fewer bits for weights or time steps"])
  }
}
