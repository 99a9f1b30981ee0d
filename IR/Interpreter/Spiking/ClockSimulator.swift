// The dense clock-driven simulator: the textbook executor of a quantized spiking graph, to which
// faster executors are compared spike by spike.

package import Diagnostics
internal import Kernels
package import SpikeIR

/// Everything that happened in a clock-driven simulation of one input.
package struct ClockSimulation: Hashable, Sendable {

  /// What every population emitted, and where potentials ended.
  package var trace: SpikeTrace

  /// The decoded outputs of the network, one list of values for each decoder.
  package var outputs: [[Float]]

  /// The potentials after each tick, [population][tick][neuron].
  ///
  /// Under `rate`: after the neurons fired, as many as ticks. Otherwise an integrate-and-fire
  /// population has one entry for each tick of its own window, what is left of |v| + h (signed) or
  /// v + h after firing; a staircase and an integrator have one entry, what was integrated. Empty
  /// for populations without potential.
  package var potentialsByTick: [[[Int32]]]
}

/// What adds up what arrives along a projection in place of its connections, such as an emulated
/// device.
package protocol ProjectionReading: Sendable {

  /// Returns what arrives at each neuron of the target, in units of its potential.
  ///
  /// - Parameters:
  ///   - units: what each neuron of the source emitted.
  ///   - image: the number of the input.
  ///   - tick: when it arrives; under codes with windows the entry of the source's window.
  /// - Returns: a sum for each neuron of the target.
  func sums(of units: [Int32], image: Int, tick: Int) -> [Int64]
}

/// A dense clock-driven simulator of quantized spiking graphs.
///
/// Every population is evaluated in every tick, in topological order; every unit is delivered
/// along every one of its connections, in 64-bit integers that are checked to fit 32.
package struct ClockSimulator: Sendable {

  let constants: QuantizedConstants
  private let connections: [Connections]

  /// What delivers along some projections in place of their connections.
  private let readings: [(any ProjectionReading)?]

  /// Creates a simulator of `graph`.
  ///
  /// - Parameters:
  ///   - graph: the graph.
  ///   - readings: what delivers along some projections in place of their connections.
  /// - Throws: what the verifier finds, `ir.bad-element-type` if the graph is not quantized,
  ///   `ir.elided-tensor`, `simulator.overflow`.
  package init(
    _ graph: SpikingGraph, reading readings: [ProjectionID: any ProjectionReading] = [:]
  ) throws(CompileError) {
    let constants = try QuantizedConstants(graph)
    self.constants = constants
    connections = graph.projections.ids.map { Connections(of: $0, in: constants) }
    self.readings = graph.projections.ids.map { readings[$0] }
  }

  /// Returns what happens in the network for one input.
  ///
  /// - Parameters:
  ///   - inputs: one list of preprocessed values for each encoder.
  ///   - image: the number of the input, on which the random numbers of encoders depend.
  ///   - timesteps: the number of ticks, in [1, 2^20]; that of the code unless given. Windows of
  ///     codes other than `rate` have a fixed length.
  /// - Returns: the trace, the outputs, the potentials.
  /// - Throws: `simulator.bad-input`, `simulator.overflow`.
  /// - Complexity: O(ticks · neurons + units emitted · connections).
  package func run(
    _ inputs: [[Float]], image: Int = 0, timesteps: Int? = nil
  ) throws(CompileError) -> ClockSimulation {
    try liftingDiagnostic { () throws(Diagnostic) in
      let levels = try constants.encode(inputs)
      let drive = constants.spikeTrains(saying: levels, image: image)
      var state = ClockState(constants)
      state.image = image
      if let ticks = constants.ticks {
        let duration = timesteps ?? ticks
        guard 1...1 << 20 ~= duration else {
          throw .badInput("\(duration, of: "time step"), accepted range is [1, \(1 << 20)]")
        }
        for tick in 0..<duration {
          for p in constants.graph.populations.ids { try advance(p, at: tick, drive, &state) }
        }
        return try conclude(state, ticks: duration)
      }
      guard timesteps == nil else {
        throw .badInput("the number of time steps can be chosen under the code 'rate' only")
      }
      for p in constants.graph.populations.ids { try runWindow(of: p, levels, &state) }
      return try conclude(state, ticks: 1)
    }
  }

  /// Returns the record of a simulation that has ended in `state`.
  private func conclude(
    _ state: ClockState, ticks: Int
  ) throws(Diagnostic) -> ClockSimulation {
    let potentials = state.finalPotentials
    return ClockSimulation(
      trace: SpikeTrace(units: state.units, potentials: potentials),
      outputs: constants.decode(
        DecodedRun(
          units: state.units, potentials: potentials, history: state.potentialsByTick),
        ticks: ticks),
      potentialsByTick: state.potentialsByTick)
  }
}

// MARK: - Rate: everything happens in every tick

extension ClockSimulator {

  /// Evaluates population `p` at `tick`.
  private func advance(
    _ p: PopulationID, at tick: Int, _ drive: [SpikeTrain?], _ state: inout ClockState
  ) throws(Diagnostic) {
    let population = constants.graph[p]
    let own = constants.populations[p.index]
    switch population.model {
    case .source:
      state.units[p.index].append(drive[p.index]?.units(at: tick) ?? [])
    case .relay:
      let input = arrivals(of: p, at: tick, state)
      state.units[p.index].append(try input.checked("the input of '\(population.name)'"))
    case .maximum:
      let before = state.largest[p.index]
      pool(into: p, at: tick, &state)
      var difference = Sums(state.largest[p.index])
      for n in 0..<own.count { difference.add(-before[n], at: n) }
      state.units[p.index].append(try difference.checked("a count of '\(population.name)'"))
    case .integrateAndFire(let model):
      try state.integrate(arrivals(of: p, at: tick, state), into: p)
      var units = [Int32](repeating: 0, count: own.count)
      for n in 0..<own.count {
        units[n] = model.fire(
          &state.membranes[p.index][n], threshold: own.threshold[n], initial: own.initial[n])
        guard model.retraction != nil else { continue }
        if units[n] == 0, state.membranes[p.index][n] < -own.retraction[n],
          state.emitted[p.index][n] > 0
        {
          units[n] = -1
          state.membranes[p.index][n] += own.threshold[n]
        }
        state.emitted[p.index][n] += Int64(units[n])
      }
      state.units[p.index].append(units)
      try state.recordPotentials(of: p)
    case .leaky:
      let name = "the input of '\(population.name)'"
      let spikes = try arrivals(of: p, at: tick, state) { !$0 }.checked(name)
      let constant = try arrivals(of: p, at: tick, state) { $0 }.checked(name)
      let units = state.leaky[p.index]?.advance(spikes: spikes, constant: constant)
      state.units[p.index].append(units ?? [])
    case .currentBased(let model):
      try decay(p, model, at: tick, &state)
      try state.recordPotentials(of: p)
    case .bitShift(let model):
      try shift(p, model, at: tick, &state)
      try state.recordPotentials(of: p)
    case .staircase:
      try state.integrate(arrivals(of: p, at: tick, state), into: p)
      follow(p, at: tick, &state)
      try state.recordPotentials(of: p)
    case .integrator:
      try state.integrate(arrivals(of: p, at: tick, state), into: p)
      try state.recordPotentials(of: p)
    }
  }

  /// Advances the neurons of population `p`, whose currents and potentials decay.
  private func decay(
    _ p: PopulationID, _ model: CurrentBasedLeaky, at tick: Int, _ state: inout ClockState
  ) throws(Diagnostic) {
    let own = constants.populations[p.index]
    let (spikes, drive) = try splitArrivals(of: p, at: tick, state)
    let parameters = LoihiNeuron.Parameters(
      du: model.currentDecay, dv: model.potentialDecay, thresholdMantissa: 0,
      refractory: model.refractory, currentOffset: 0)
    var units = [Int32](repeating: 0, count: own.count)
    for n in 0..<own.count {
      let (_, fires) = state.decaying[p.index][n].step(
        arriving: Int(spikes[n]), bias: Int(drive[n]), threshold: Int(own.threshold[n]), parameters)
      if fires { units[n] = 1 }
      state.membranes[p.index][n] = Int64(state.decaying[p.index][n].v)
    }
    state.units[p.index].append(units)
  }

  /// Advances the neurons of population `p`, whose currents and potentials decay by shifts.
  private func shift(
    _ p: PopulationID, _ model: BitShiftLeaky, at tick: Int, _ state: inout ClockState
  ) throws(Diagnostic) {
    let own = constants.populations[p.index]
    let (spikes, drive) = try splitArrivals(of: p, at: tick, state)
    var units = [Int32](repeating: 0, count: own.count)
    for n in 0..<own.count {
      let parameters = BitShiftNeuron.Parameters(
        currentShift: model.currentShift, potentialShift: model.potentialShift,
        threshold: Int(own.threshold[n]), bias: Int(drive[n]), most: model.mostSpikes)
      units[n] = Int32(state.shifting[p.index][n].step(Int(spikes[n]), parameters))
      state.membranes[p.index][n] = Int64(state.shifting[p.index][n].v)
    }
    state.units[p.index].append(units)
  }

  /// Returns what reaches population `p` at `tick` in spikes, and what does in constant currents, its
  /// bias included.
  private func splitArrivals(
    of p: PopulationID, at tick: Int, _ state: ClockState
  ) throws(Diagnostic) -> (spikes: [Int32], drive: [Int32]) {
    let name = constants.graph[p].name
    return (
      try arrivals(of: p, at: tick, state, biased: false) { !$0 }
        .checked("the input of '\(name)'"),
      try arrivals(of: p, at: tick, state) { $0 }.checked("the current of '\(name)'")
    )
  }

  /// Returns the input of population `p` at `tick`, from populations that are `accepted` by whether
  /// they emit the same in every tick, with its bias unless told otherwise.
  private func arrivals(
    of p: PopulationID, at tick: Int, _ state: ClockState, biased: Bool = true,
    from accepted: (_ isConstant: Bool) -> Bool = { _ in true }
  ) -> Sums {
    let own = constants.populations[p.index]
    var input = Sums(biased ? own.bias : [Int64](repeating: 0, count: own.count))
    for j in constants.afferents[p.index] {
      guard accepted(constants.isConstant[constants.graph[j].source.index]) else { continue }
      let departure = tick - constants.graph[j].delay
      guard departure >= 0 else { continue }
      deliver(
        state.units[constants.graph[j].source.index][departure], along: j,
        at: (state.image, tick), to: &input)
    }
    return input
  }

  /// Adds what arrives at `tick` to the counts of the neurons that `p` pools, and finds the
  /// largest count of each window.
  private func pool(into p: PopulationID, at tick: Int, _ state: inout ClockState) {
    for j in constants.afferents[p.index] {
      let (source, departure) = (constants.graph[j].source.index, tick - constants.graph[j].delay)
      guard departure >= 0 else { continue }
      for n in state.units[source][departure].indices {
        state.counts[p.index][n] += Int64(state.units[source][departure][n])
      }
      state.largest[p.index] = largest(of: state.counts[p.index], along: j)
    }
  }
}

// MARK: - Phased and weighted: a population integrates its window, then fires

extension ClockSimulator {

  /// Lets population `p` integrate its whole window and emit all its units.
  private func runWindow(
    of p: PopulationID, _ drive: [[Int32]], _ state: inout ClockState
  ) throws(Diagnostic) {
    let population = constants.graph[p]
    switch population.model {
    case .source:
      state.units[p.index] = [drive[p.index]]
    case .relay:
      let input = arrivals(of: p, state)
      state.units[p.index] = [try input.checked("the input of '\(population.name)'")]
    case .maximum:
      for j in constants.afferents[p.index] {
        for units in state.units[constants.graph[j].source.index] {
          for n in units.indices { state.counts[p.index][n] += Int64(units[n]) }
        }
        let largest = Sums(largest(of: state.counts[p.index], along: j))
        state.units[p.index] = [try largest.checked("a count of '\(population.name)'")]
      }
    case .integrateAndFire(let model):
      try state.integrate(arrivals(of: p, state), into: p)
      try fireWindow(of: p, model, &state)
    case .leaky, .currentBased, .bitShift:
      preconditionFailure("internal: leaky neurons without the code rate were not rejected")
    case .staircase:
      try state.integrate(arrivals(of: p, state), into: p)
      try state.recordPotentials(of: p)
      sayWindow(of: p, &state)
    case .integrator:
      try state.integrate(arrivals(of: p, state), into: p)
      try state.recordPotentials(of: p)
    }
  }

  /// Returns the input of population `p` over its window, bias included, spike by spike.
  private func arrivals(of p: PopulationID, _ state: ClockState) -> Sums {
    var input = Sums(constants.populations[p.index].bias)
    for j in constants.afferents[p.index] {
      for (slot, units) in state.units[constants.graph[j].source.index].enumerated() {
        deliver(units, along: j, at: (state.image, slot), to: &input)
      }
    }
    return input
  }

  /// Lets the neurons of population `p`, whose window is integrated, fire tick by tick.
  private func fireWindow(
    of p: PopulationID, _ model: IntegrateAndFire, _ state: inout ClockState
  ) throws(Diagnostic) {
    let (own, code) = (constants.populations[p.index], constants.graph[p].code)
    // The sign is set by what was integrated, before the initial potential is added.
    let signs = state.membranes[p.index].map { v in
      model.isSigned ? v.signum() : 1
    }
    var residue = Sums(own.initial)
    for n in 0..<own.count { residue.add(state.membranes[p.index][n] * signs[n], at: n) }
    for tick in 0..<code.timesteps {
      // Under `weighted` a spike in slot k stands for 2^(K−1−k) units, otherwise for one.
      var weight: Int64 = 1
      if case .weighted(let bits) = code { weight <<= Int64(bits - 1 - tick) }
      var units = [Int32](repeating: 0, count: own.count)
      for n in 0..<own.count where signs[n] != 0 {
        guard residue.values[n] >= own.threshold[n] * weight else { continue }
        residue.values[n] -= own.threshold[n] * weight
        units[n] = Int32(weight * signs[n])
      }
      state.units[p.index].append(units)
      state.potentialsByTick[p.index].append(
        try residue.checked("a potential of '\(constants.graph[p].name)'"))
    }
  }
}

// MARK: - Delivery

extension ClockSimulator {

  /// Adds `units`, one a source neuron, to the inputs of the neurons to which `j` leads.
  private func deliver(
    _ units: [Int32], along j: ProjectionID, at place: (image: Int, tick: Int),
    to input: inout Sums
  ) {
    if let reading = readings[j.index] {
      let sums = reading.sums(of: units, image: place.image, tick: place.tick)
      for n in sums.indices { input.add(sums[n], at: n) }
      return
    }
    for n in units.indices where units[n] != 0 {
      connections[j.index].forEach(from: n) { (target, weight) in
        input.add(Int64(units[n]) * weight, at: target)
      }
    }
  }

  /// Returns, for each target neuron of `j`, the largest of `values` of its source neurons, 0 if
  /// it has none.
  private func largest(of values: [Int64], along j: ProjectionID) -> [Int64] {
    let target = constants.graph[j].target.index
    var largest = [Int64?](repeating: nil, count: constants.populations[target].count)
    for n in values.indices {
      connections[j.index].forEach(from: n) { (target, _) in
        largest[target] = max(largest[target] ?? values[n], values[n])
      }
    }
    return largest.map { $0 ?? 0 }
  }
}

extension IntegrateAndFire {

  /// Fires the neuron with potential `v` once if it is due, and returns the unit emitted.
  ///
  /// - Parameters:
  ///   - v: the potential after this tick's input; a spike's threshold is subtracted.
  ///   - threshold: θ.
  ///   - initial: h.
  /// - Returns: 1, −1 or 0.
  fileprivate func fire(_ v: inout Int64, threshold: Int64, initial: Int64) -> Int32 {
    let upper = isSigned ? threshold - initial : threshold
    if v >= upper {
      v -= threshold
      return 1
    }
    if isSigned, v <= -upper {
      v += threshold
      return -1
    }
    return 0
  }
}
