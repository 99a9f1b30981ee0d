// What a clock-driven simulation keeps from tick to tick.

internal import Diagnostics
internal import Kernels
internal import SpikeIR

/// Sums of integers, one a neuron, that remember whether one of them overflowed on the way.
struct Sums {

  /// The sums.
  var values: [Int64]

  private var overflowed = false

  /// Creates sums that start at `values`.
  init(_ values: [Int64]) {
    self.values = values
  }

  /// Adds `x` to sum `i`.
  mutating func add(_ x: Int64, at i: Int) {
    let (sum, overflow) = values[i].addingReportingOverflow(x)
    values[i] = sum
    overflowed = overflowed || overflow
  }

  /// Returns the sums in 32 bits.
  ///
  /// - Throws: `simulator.overflow`, saying that it is `subject`, if one does not fit.
  func checked(_ subject: @autoclosure () -> String) throws(Diagnostic) -> [Int32] {
    guard !overflowed, values.allSatisfy({ Int32(exactly: $0) != nil }) else {
      throw .overflow(subject())
    }
    return values.map { Int32(truncatingIfNeeded: $0) }
  }
}

/// The state of a clock-driven simulation.
struct ClockState {

  private let graph: SpikingGraph

  /// The number of the input.
  var image = 0

  /// What was emitted so far, [population][entry][neuron].
  var units: [[[Int32]]]

  /// The potentials, [population][neuron]; empty for populations without potential.
  var membranes: [[Int64]]

  /// The potentials after each tick so far, [population][tick][neuron].
  var potentialsByTick: [[[Int32]]]

  /// The units that each neuron has emitted, [population][neuron]; empty unless it retracts.
  var emitted: [[Int64]]

  /// The leaky neurons, by population; `nil` where there are others.
  var leaky: [LeakyMembranes?]

  /// The neurons whose currents decay, [population][neuron]; empty for others.
  var decaying: [[LoihiNeuron]]

  /// The neurons that decay by shifts, [population][neuron]; empty for others.
  var shifting: [[BitShiftNeuron]]

  /// The units that arrived at each `maximum` so far, [population][source neuron].
  var counts: [[Int64]]

  /// The largest counts in the windows of each `maximum`, [population][neuron].
  var largest: [[Int64]]

  /// The sums of the units that each staircase emitted so far, [population][neuron].
  var said: [[Int64]]

  /// Creates the state before the first tick.
  init(_ constants: QuantizedConstants) {
    graph = constants.graph
    let empty = [[Int32]]()
    units = graph.populations.elements.map { _ in empty }
    potentialsByTick = units
    membranes = zip(graph.populations.elements, constants.populations).map { (population, own) in
      guard population.model.integrates, own.leaky == nil else { return [] }
      if case .integrateAndFire(let model) = population.model, !model.isSigned,
        population.code.isRate
      {
        return own.initial
      }
      if case .currentBased = population.model { return own.initial }
      return [Int64](repeating: 0, count: own.count)
    }
    emitted = constants.populations.map { $0.retraction.map { _ in 0 } }
    leaky = zip(graph.populations.elements, constants.populations).map { (population, own) in
      guard case .leaky(let model) = population.model, let leaky = own.leaky else { return nil }
      return LeakyMembranes(model, leaky, channels: population.shape.channels)
    }
    decaying = zip(graph.populations.elements, constants.populations).map { (population, own) in
      guard case .currentBased = population.model else { return [] }
      return own.initial.map { LoihiNeuron(v: Int($0)) }
    }
    shifting = zip(graph.populations.elements, constants.populations).map { (population, own) in
      guard case .bitShift = population.model else { return [] }
      return own.threshold.map { _ in BitShiftNeuron() }
    }
    counts = membranes.map { _ in [] }
    largest = counts
    said = zip(graph.populations.elements, constants.populations).map { (population, own) in
      [Int64](repeating: 0, count: own.steps.isEmpty ? 0 : own.count)
    }
    for p in graph.populations.ids where graph[p].model == .maximum {
      largest[p.index] = [Int64](repeating: 0, count: constants.populations[p.index].count)
      for j in constants.afferents[p.index] {
        let sources = constants.populations[graph[j].source.index].count
        counts[p.index] = [Int64](repeating: 0, count: sources)
      }
    }
  }

  /// Adds `input` to the potentials of population `p`.
  ///
  /// - Throws: `simulator.overflow` if a potential leaves 32 bits.
  mutating func integrate(_ input: Sums, into p: PopulationID) throws(Diagnostic) {
    let (name, own) = (graph[p].name, membranes[p.index])
    var sums = input
    for n in own.indices { sums.add(own[n], at: n) }
    membranes[p.index] = try sums.checked("a potential of '\(name)'").map { Int64($0) }
  }

  /// Records the potentials of population `p` at the end of a tick.
  mutating func recordPotentials(of p: PopulationID) throws(Diagnostic) {
    let sums = Sums(membranes[p.index])
    potentialsByTick[p.index].append(try sums.checked("a potential of '\(graph[p].name)'"))
  }

  /// The potentials as they are now, in 32 bits.
  ///
  /// Every potential was checked when it was integrated, and firing moves it towards 0.
  var finalPotentials: [[Int32]] { membranes.map { $0.map { Int32(truncatingIfNeeded: $0) } } }
}
