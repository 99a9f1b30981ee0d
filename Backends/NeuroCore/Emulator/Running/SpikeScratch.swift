// The spikes of a tick on their way from neurons to axons: memory that is used again for each slice.
//
// A value of its own, so that the loops over spikes work on memory that nobody else can touch.

internal import Kernels
internal import SpikeIR

/// The spikes of one emitter in one tick, on their ways.
struct SpikeScratch {

  /// The number of neurons that have emitted.
  var count = 0
  /// Their places within the emitter.
  var places: [Int32]
  /// What each has emitted.
  var units: [Int32]

  /// The number of spikes on each route of the emitter.
  private(set) var routeCounts: [Int]
  private var routePlaces: [Int32]
  private var routeUnits: [Int32]

  /// The neurons to which spikes belong by the axons to which they came.
  var neurons: [Int32]
  /// What they have emitted.
  var neuronUnits: [Int32]

  /// The neurons of the last relays, and what they emit.
  private(set) var relayedNeurons: [Int32]
  private(set) var relayedUnits: [Int32]

  /// Creates memory for the spikes of any emitter of `tables`.
  init(_ tables: CoreTables) {
    places = [Int32](repeating: 0, count: tables.emitters.map(\.neurons.count).max() ?? 0)
    units = places
    routeCounts = [Int](repeating: 0, count: tables.emitters.map(\.routes.count).max() ?? 0)
    routePlaces = [Int32](repeating: 0, count: max(1, tables.scratch))
    (routeUnits, neurons, neuronUnits) = (routePlaces, routePlaces, routePlaces)
    relayedNeurons = [Int32](repeating: 0, count: tables.mostRelayed)
    relayedUnits = relayedNeurons
  }

  /// Lists the neurons that emit `said` other than 0.
  mutating func list(_ said: [Int8]) {
    count = CoreNeurons.list(&places, units: said)
    for i in 0..<count { units[i] = Int32(said[Int(places[i])]) }
  }

  /// Copies the spikes to the routes that they take.
  ///
  /// - Parameters:
  ///   - emitter: who has emitted them.
  ///   - sets: how many spikes took each set of routes; updated.
  /// - Returns: the sum of the magnitudes of the units.
  mutating func distribute(_ emitter: SpikeEmitter, counting sets: inout [Int]) -> Int {
    var sum = 0
    for i in emitter.routes.indices { routeCounts[i] = 0 }
    for i in 0..<count {
      let (place, unit) = (places[i], units[i])
      sum += Int(unit.magnitude)
      let set = Int(emitter.routeSets[Int(place)])
      sets[set] += 1
      for j in emitter.setStarts[set]..<emitter.setStarts[set + 1] {
        let own = emitter.setRoutes[j]
        let next = emitter.scratch[own] + routeCounts[own]
        routePlaces[next] = place
        routeUnits[next] = unit
        routeCounts[own] += 1
      }
    }
    return sum
  }

  /// Finds the neurons to which spikes belong at their destination.
  ///
  /// - Parameters:
  ///   - range: the spikes of a route.
  ///   - table: the neuron of each place, or −1 for those that the block of axons does not have: they
  ///     are those of another landing, or of nobody.
  /// - Returns: the end of the spikes, which begin where `range` does.
  mutating func translate(_ range: Range<Int>, by table: [Int32]) -> Int {
    var end = range.lowerBound
    for i in range {
      let neuron = table[Int(routePlaces[i])]
      guard neuron >= 0 else { continue }
      neurons[end] = neuron
      neuronUnits[end] = routeUnits[i]
      end += 1
    }
    return end
  }

  /// Sends translated spikes through relays, and returns the number of those that come out.
  mutating func relay(_ relays: RelayTable, _ range: Range<Int>) -> Int {
    var end = 0
    for i in range {
      let n = Int(neurons[i])
      for j in Int(relays.starts[n])..<Int(relays.starts[n + 1]) {
        relayedNeurons[end] = relays.neurons[j]
        relayedUnits[end] = neuronUnits[i] &* relays.factors[j]
        end += 1
      }
    }
    return end
  }
}
