// The cores of a machine at work on one input: the memory of one thread, and what happens in a tick.

internal import Kernels
internal import SpikeIR

/// What a slice holds while it runs.
struct SliceState {
  /// v, units of the register; of maxima, the counts.
  var potentials: [Int32]
  /// Biases and constant currents, units of the register.
  var bias: [Int32]
  /// What each neuron emits in this tick: of maxima, `graded`.
  var units: [Int8]
  /// What each neuron has emitted so far, where that matters; of maxima, the largest counts.
  var emitted: [Int32]
  /// What neurons that decay hold beside potentials; empty for others.
  var decaying = DecayingNeurons(count: 0)
  /// The currents of neurons that decay by shifts; empty for others.
  var currents: [Int32] = []

  /// Adds what has arrived, and begins at `base` of the sums, to the potentials.
  mutating func integrate(
    _ sums: inout [Int32], at base: Int, _ registers: CoreRegisters
  ) -> CoreTally {
    CoreNeurons.integrate(&potentials, &sums, at: base, bias: bias, registers)
  }

  /// Adds what has arrived to the currents of neurons that decay, and lets them fire.
  ///
  /// - Returns: the number of neurons that fired, and what else happened.
  mutating func decay(
    _ neurons: FiringDecay, _ sums: inout [Int32], at base: Int, _ registers: CoreRegisters
  ) -> (fired: Int, tally: CoreTally) {
    CoreNeurons.decay(
      &units, &potentials, &decaying, &sums, at: base, bias: bias, thresholds: neurons.thresholds,
      neurons.constants, range: registers.sums)
  }

  /// Adds what has arrived to the currents of neurons that decay by shifts, and lets them fire.
  ///
  /// - Returns: the number of neurons that fired, and what else happened.
  mutating func shift(
    _ neurons: FiringShift, _ sums: inout [Int32], at base: Int, _ registers: CoreRegisters
  ) -> (fired: Int, tally: CoreTally) {
    CoreNeurons.shift(
      &units, &potentials, &currents, &sums, at: base, bias: bias, thresholds: neurons.thresholds,
      neurons.constants, range: registers.sums)
  }

  /// Lets the neurons fire, and returns how many did.
  mutating func fire(_ neurons: FiringNeurons) -> Int {
    let fired = CoreNeurons.fire(
      &units, &potentials, thresholds: neurons.thresholds, limits: neurons.limits,
      isSigned: neurons.isSigned)
    guard !neurons.retractions.isEmpty else { return fired }
    return fired
      + CoreNeurons.retract(
        &units, &potentials, emitted: &emitted, thresholds: neurons.thresholds,
        retractions: neurons.retractions)
  }
}

/// A place for the cores of a thread.
///
/// Used by one thread at a time, which is why it may cross to one.
final class MeshWorkerBox: @unchecked Sendable {

  /// The cores.
  var worker: MeshWorker

  /// Creates a place for `worker`.
  init(_ worker: MeshWorker) { self.worker = worker }
}

/// The cores at work on one input.
struct MeshWorker {

  let tables: CoreTables
  let clock: StepClock
  var state: [SliceState]
  /// Sums of what arrives at all slices, those of a slice by tick modulo its depth.
  var sums: [Int32]
  /// For each slice and tick that is held whether anything arrived.
  var touched: [Bool]
  var counts: EmulationCounts

  /// The spikes of the emitter that has just spoken, on their ways.
  var scratch: SpikeScratch

  /// What cores did in this tick.
  var now: CoreLoad
  /// What cores did in the tick before.
  private var before: CoreLoad
  private let idle: CoreLoad
  /// The places for neurons of each core that are taken.
  private let placesOfCore: [Int]
  private var trains: [SpikeTrain?]
  /// What waits on machines on which spikes act when they arrive.
  var queue = EventQueue()

  /// Creates the memory to run `tables` on as many cores, for at most `ticks` ticks.
  init(_ tables: CoreTables, cores: Int, ticks: Int, clock: StepClock) {
    self.tables = tables
    self.clock = clock
    state = tables.slices.map { slice in
      SliceState(
        potentials: slice.initial, bias: slice.bias,
        units: [Int8](repeating: 0, count: slice.neurons.count), emitted: [])
    }
    sums = [Int32](repeating: 0, count: tables.sumCount)
    touched = [Bool](repeating: false, count: tables.slotCount)
    counts = EmulationCounts(tables, cores: cores, ticks: ticks, levels: clock.levels.count)
    scratch = SpikeScratch(tables)
    now = CoreLoad(cores: cores, ticks: 1)
    (before, idle) = (now, now)
    var places = now.active
    for slice in tables.slices { places[slice.core] += slice.places }
    placesOfCore = places
    trains = []
  }

  /// Makes everything as it is before the first tick of an input.
  ///
  /// - Parameters:
  ///   - trains: what the host has its sources emit, by population; `nil` for others.
  ///   - levels: the constant units of sources, by population; empty for others.
  mutating func begin(_ trains: [SpikeTrain?], constant levels: [[Int32]]) {
    self.trains = trains
    for i in sums.indices { sums[i] = 0 }
    for i in touched.indices { touched[i] = false }
    for (s, slice) in tables.slices.enumerated() {
      state[s].potentials = slice.initial
      state[s].bias = slice.bias
      state[s].emitted = []
      switch slice.program {
      case .maximum:
        state[s].potentials = [Int32](repeating: 0, count: slice.sumCount)
        state[s].bias = state[s].potentials
        state[s].emitted = [Int32](repeating: 0, count: slice.neurons.count)
      case .fire(let neurons) where !neurons.retractions.isEmpty:
        state[s].emitted = [Int32](repeating: 0, count: slice.neurons.count)
      case .staircase: state[s].emitted = [Int32](repeating: 0, count: slice.neurons.count)
      case .decay: state[s].decaying = DecayingNeurons(count: slice.neurons.count)
      case .shift: state[s].currents = [Int32](repeating: 0, count: slice.neurons.count)
      case .fire, .integrate: break
      }
    }
    writeConstants(levels)
    before = idle
  }

  /// Adds constant currents to biases.
  private mutating func writeConstants(_ levels: [[Int32]]) {
    for way in tables.constants {
      let units = levels[way.source.index]
      let slice = tables.slices[way.slice]
      var neurons: [Int32] = []
      var said: [Int32] = []
      for (n, unit) in units.enumerated() where unit != 0 {
        if let r = way.program.relays {
          let relays = tables.relays[r]
          for i in Int(relays.starts[n])..<Int(relays.starts[n + 1]) {
            neurons.append(relays.neurons[i])
            said.append(unit &* relays.factors[i])
          }
        } else {
          neurons.append(Int32(n))
          said.append(unit)
        }
      }
      var sums = [Int32](repeating: 0, count: slice.sumCount)
      _ = tables.synapses.add(
        way.program.path, to: &sums, at: 0, neurons: neurons, units: said, 0..<neurons.count)
      let scale = slice.registers.scale
      for i in sums.indices { state[way.slice].bias[i] &+= sums[i] &<< scale }
    }
  }

  /// Is told what an emitter has just said.
  typealias Observer = (_ worker: borrowing MeshWorker, _ emitter: Int, _ own: Int) -> Void

  /// Executes a tick.
  ///
  /// - Parameters:
  ///   - tick: the tick, counted from the first of the network.
  ///   - duration: the ticks that each population takes part in.
  ///   - observe: is told of each emitter that has spoken, and of each slice that has integrated.
  mutating func run(tick: Int, duration: Int, observe: Observer) {
    for e in tables.slices.count..<tables.emitters.count {
      let own = tick - tables.starts[tables.emitters[e].population.index]
      guard 0..<duration ~= own else { continue }
      speak(e, at: own)
      send(e, at: tick)
      observe(self, e, own)
    }
    for s in tables.order {
      let own = tick - tables.slices[s].start
      guard 0..<duration ~= own else {
        forget(s, at: tick)
        continue
      }
      advance(s, at: tick, now: own + 1)
      if scratch.count > 0 { send(s, at: tick) }
      observe(self, s, own)
    }
    finish(tick: tick)
  }

  /// Throws away what has arrived at a slice that does not take part in the tick.
  private mutating func forget(_ s: Int, at tick: Int) {
    let place = tables.sums[s]
    guard touched[place.slot(at: tick)] else { return }
    let base = place.base(at: tick)
    for i in base..<base + place.count { sums[i] = 0 }
    touched[place.slot(at: tick)] = false
    counts.lost += 1
  }

  /// Lets the host speak for emitter `e`.
  mutating func speak(_ e: Int, at own: Int) {
    scratch.count = 0
    guard let train = trains[tables.emitters[e].population.index] else { return }
    for (n, unit) in train.units(at: own).enumerated() where unit != 0 {
      scratch.places[scratch.count] = Int32(n)
      scratch.units[scratch.count] = unit
      scratch.count += 1
    }
  }

  /// Counts what cores did in the tick that is over.
  mutating func finish(tick: Int) {
    let cores = now.cores
    let first = tick * cores
    for c in 0..<cores { now.inactive[c] = max(0, placesOfCore[c] - now.active[c]) }
    clock.measure(now, after: before, neurons: placesOfCore, tick: tick, into: &counts)
    for c in 0..<cores {
      counts.load.spikes[first + c] += now.spikes[c]
      counts.load.packets[first + c] += now.packets[c]
      counts.load.synapticOperations[first + c] += now.synapticOperations[c]
      counts.load.active[first + c] += now.active[c]
      counts.load.inactive[first + c] += now.inactive[c]
      counts.load.synapseTime[first + c] += now.synapseTime[c]
    }
    before = now
    now = idle
  }
}

// MARK: - Neurons

extension MeshWorker {

  /// Lets the neurons of slice `s` integrate what has arrived, and fire.
  private mutating func advance(_ s: Int, at tick: Int, now own: Int) {
    let shared = tables.sharedSlices[s]
    touched[tables.sums[s].slot(at: tick)] = false
    let (base, registers) = (tables.sums[s].base(at: tick), shared.value.registers)
    scratch.count = 0
    let (fired, tally): (Int, CoreTally)
    switch shared.value.program {
    case .decay(let neurons):
      (fired, tally) = state[s].decay(neurons, &sums, at: base, registers)
    case .shift(let neurons):
      (fired, tally) = state[s].shift(neurons, &sums, at: base, registers)
    case .fire, .integrate, .staircase, .maximum:
      (fired, tally) = (0, state[s].integrate(&sums, at: base, registers))
    }
    if fired > 0 { scratch.list(state[s].units) }
    let core = shared.value.core
    counts.sumOverflows += tally.sumOverflows
    counts.currentOverflows += tally.currentOverflows
    counts.potentialOverflows += tally.potentialOverflows
    switch shared.value.program {
    case .integrate, .decay, .shift: break
    case .fire(let neurons): fire(s, neurons)
    case .staircase(let neurons): follow(s, neurons, shared.value, now: own)
    case .maximum(let neurons): pool(s, neurons)
    }
    now.spikes[core] += scratch.count
    now.active[core] += shared.value.activePlaces(tally.active, spikes: scratch.count)
  }

  private mutating func fire(_ s: Int, _ neurons: FiringNeurons) {
    let fired = state[s].fire(neurons)
    guard fired > 0 else { return }
    scratch.list(state[s].units)
  }

  private mutating func follow(
    _ s: Int, _ neurons: StaircaseNeurons, _ slice: EmulatedSlice, now own: Int
  ) {
    let channels = slice.box.channels.count
    let scale = slice.registers.scale
    for n in slice.neurons.indices {
      let unit = neurons.unit(
        channel: n % channels, potential: Int64(state[s].potentials[n] >> scale),
        now: Int64(own), said: Int64(state[s].emitted[n]))
      guard unit != 0 else { continue }
      state[s].emitted[n] &+= Int32(truncatingIfNeeded: unit)
      emit(n, Int32(truncatingIfNeeded: unit))
    }
  }

  private mutating func pool(_ s: Int, _ neurons: MaximumNeurons) {
    for n in 0..<neurons.starts.count - 1 {
      let places = neurons.places[Int(neurons.starts[n])..<Int(neurons.starts[n + 1])]
      guard let first = places.first else { continue }
      var largest = state[s].potentials[Int(first)]
      for place in places { largest = max(largest, state[s].potentials[Int(place)]) }
      let unit = largest &- state[s].emitted[n]
      guard unit != 0 else { continue }
      state[s].emitted[n] = largest
      emit(n, unit)
    }
  }

  private mutating func emit(_ place: Int, _ unit: Int32) {
    scratch.places[scratch.count] = Int32(place)
    scratch.units[scratch.count] = unit
    scratch.count += 1
  }
}

// MARK: - Packets

extension MeshWorker {

  /// Sends the spikes of emitter `e` along their routes.
  private mutating func send(_ e: Int, at tick: Int) {
    let shared = tables.sharedEmitters[e]
    counts.spikes[e] += scratch.distribute(shared.value, counting: &counts.sets[e])
    for i in shared.value.routes.indices where scratch.routeCounts[i] > 0 {
      let route = tables.routes[shared.value.routes[i]]
      now.packets[route.core] += scratch.routeCounts[i]
      for l in route.landings {
        let first = shared.value.scratch[i]
        let range = first..<first + scratch.routeCounts[i]
        let used = land(tables.landings[l], range, shared, at: tick, on: route.core)
        now.synapticOperations[route.core] += used
        counts.operations[e] += used
      }
    }
  }

  /// Lets packets act on what they meet, and returns the number of synapses that were read.
  private mutating func land(
    _ landing: Landing, _ range: Range<Int>, _ emitter: Shared<SpikeEmitter>, at tick: Int,
    on core: Int
  ) -> Int {
    let end =
      if let t = landing.translation {
        scratch.translate(range, by: tables.translations[t])
      } else {
        scratch.translate(range, by: emitter.value.neurons)
      }
    var used = 0
    for d in landing.deliveries {
      let delivery = tables.deliveries[d]
      let place = tables.sums[delivery.slice]
      let own = deliver(
        delivery.program, range.lowerBound..<end, at: place.base(at: tick + delivery.delay))
      used += own
      let form = delivery.program.path.form.rawValue
      counts.operationsOfKind[form] += own
      now.synapseTime[core] += own * clock.operations[form]
      touched[place.slot(at: tick + delivery.delay)] = true
    }
    return used
  }

  /// Adds what translated spikes contribute to the sums that begin at `base`, and returns the number
  /// of synapses that were read.
  mutating func deliver(_ program: SynapseProgram, _ range: Range<Int>, at base: Int) -> Int {
    guard let r = program.relays else {
      return tables.synapses.add(
        program.path, to: &sums, at: base, neurons: scratch.neurons, units: scratch.neuronUnits,
        range)
    }
    let count = scratch.relay(tables.relays[r], range)
    return tables.synapses.add(
      program.path, to: &sums, at: base, neurons: scratch.relayedNeurons,
      units: scratch.relayedUnits, 0..<count)
  }
}
