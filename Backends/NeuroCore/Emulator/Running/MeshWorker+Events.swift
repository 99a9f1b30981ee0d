// Machines without ticks: a spike acts when it arrives, so that the order of spikes matters.

internal import Kernels
internal import SpikeIR

/// Spikes that wait for what they do, the first come the first served.
struct EventQueue {

  /// The emitters.
  private var emitters: [Int32] = []
  /// The places of neurons within them.
  private var places: [Int32] = []
  /// The units, 1 or −1.
  private var units: [Int32] = []
  private var next = 0
  /// The spikes that have acted since the queue was empty.
  private(set) var served = 0

  /// Adds a spike.
  mutating func append(_ emitter: Int, _ place: Int32, _ unit: Int32) {
    emitters.append(Int32(emitter))
    places.append(place)
    units.append(unit)
  }

  /// Returns the spike that waits longest, or `nil` if none does.
  mutating func popFirst() -> (emitter: Int, place: Int, unit: Int32)? {
    guard next < places.count else {
      removeAll()
      return nil
    }
    defer {
      next += 1
      served += 1
    }
    return (Int(emitters[next]), Int(places[next]), units[next])
  }

  /// Throws all spikes away.
  mutating func removeAll() {
    emitters.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    units.removeAll(keepingCapacity: true)
    (next, served) = (0, 0)
  }
}

extension MeshWorker {

  /// No network that feeds forward makes more of a spike of the host; wrong tables may go in circles.
  private static let mostEvents = 1 << 24

  /// Executes what happens between two beats of the slow clock, in the order in which it happens.
  ///
  /// The clock adds biases and constant currents, slice by slice. Then the spikes of the host come,
  /// one after another in the order of populations and neurons, those of several units as several
  /// spikes; each is followed by all that it causes, first come, first served, before the next one.
  /// A neuron reacts to each event at most once.
  ///
  /// - Parameters:
  ///   - tick: the beat, counted from 0.
  ///   - observe: is told of each emitter after the beat, with all that it has said.
  mutating func runInOrder(tick: Int, observe: Observer) {
    var said = tables.slices.map { _ in [Int32: Int32]() }
    for s in tables.order {
      beat(s, &said)
      drain(&said)
    }
    for e in tables.slices.count..<tables.emitters.count {
      speak(e, at: tick)
      observe(self, e, tick)
      // Copied, as what spikes do needs the same memory.
      let (places, units) = (
        Array(scratch.places[..<scratch.count]), Array(scratch.units[..<scratch.count])
      )
      for (place, unit) in zip(places, units) {
        for _ in 0..<unit.magnitude {
          queue.append(e, place, unit.signum())
          drain(&said)
        }
      }
    }
    for s in tables.order {
      scratch.count = 0
      for (place, unit) in said[s].sorted(by: { $0.key < $1.key }) {
        scratch.places[scratch.count] = place
        scratch.units[scratch.count] = unit
        scratch.count += 1
      }
      observe(self, s, tick)
    }
    finish(tick: tick)
  }

  /// Adds biases to the neurons of slice `s`.
  private mutating func beat(_ s: Int, _ said: inout [[Int32: Int32]]) {
    let slice = tables.slices[s]
    for i in slice.neurons.indices where state[s].bias[i] != 0 {
      react(s, Int32(i), state[s].bias[i], slice, &said)
    }
  }

  /// Lets all that waits act, and all that it causes.
  private mutating func drain(_ said: inout [[Int32: Int32]]) {
    while let event = queue.popFirst() {
      guard queue.served < Self.mostEvents else {
        counts.lost += 1
        return queue.removeAll()
      }
      let emitter = tables.emitters[event.emitter]
      counts.spikes[event.emitter] += 1
      let set = Int(emitter.routeSets[event.place])
      counts.sets[event.emitter][set] += 1
      for j in emitter.setStarts[set]..<emitter.setStarts[set + 1] {
        let route = tables.routes[emitter.routes[emitter.setRoutes[j]]]
        now.packets[route.core] += 1
        for l in route.landings {
          let landing = tables.landings[l]
          let neuron =
            landing.translation.map { tables.translations[$0][event.place] }
            ?? emitter.neurons[event.place]
          guard neuron >= 0 else { continue }
          (scratch.neurons[0], scratch.neuronUnits[0]) = (neuron, event.unit)
          for d in landing.deliveries {
            act(tables.deliveries[d], event.emitter, route.core, &said)
          }
        }
      }
    }
  }

  /// Lets a spike act on a slice.
  private mutating func act(
    _ delivery: Delivery, _ e: Int, _ core: Int, _ said: inout [[Int32: Int32]]
  ) {
    let s = delivery.slice
    let slice = tables.slices[s]
    let base = tables.sums[s].first
    let used = deliver(delivery.program, 0..<1, at: base)
    now.synapticOperations[core] += used
    counts.operations[e] += used
    let form = delivery.program.path.form.rawValue
    counts.operationsOfKind[form] += used
    now.synapseTime[core] += used * clock.operations[form]
    let touched = CoreNeurons.listNonzero(
      &scratch.places, sums, at: base, count: slice.neurons.count)
    for k in 0..<touched {
      let place = scratch.places[k]
      let sum = sums[base + Int(place)]
      sums[base + Int(place)] = 0
      react(s, place, sum &<< slice.registers.scale, slice, &said)
    }
  }

  /// Adds to the potential of a neuron, and lets it fire if it is due.
  private mutating func react(
    _ s: Int, _ place: Int32, _ current: Int32, _ slice: EmulatedSlice,
    _ said: inout [[Int32: Int32]]
  ) {
    let i = Int(place)
    let range = slice.registers.potentials
    let sum = state[s].potentials[i] &+ current
    now.active[slice.core] += 1
    if !range.contains(sum) { counts.potentialOverflows += 1 }
    state[s].potentials[i] = min(max(sum, range.lowerBound), range.upperBound)
    guard case .fire(let neurons) = slice.program,
      state[s].potentials[i] >= neurons.limits[i]
    else { return }
    state[s].potentials[i] -= neurons.thresholds[i]
    said[s][place, default: 0] += 1
    now.spikes[slice.core] += 1
    queue.append(s, place, 1)
  }
}
