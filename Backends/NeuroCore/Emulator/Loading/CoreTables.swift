// The tables of an allocation made ready to run: slices with their neurons, and what becomes of a
// spike of each of their neurons.
//
// Whatever a table says is followed. Two things alone are taken from the graph: the numbers (weights,
// thresholds, biases), and what encoders and decoders are.

internal import HardwareTargets
internal import Kernels
internal import SpikeIR

/// The neurons of a slice.
struct EmulatedSlice: Sendable {
  /// The population.
  var population: PopulationID
  /// The position of the core in the table of cores.
  var core: Int
  /// The neurons.
  var box: NeuronBox
  /// For each neuron its place in the population.
  var neurons: [Int32]
  /// The first tick.
  var start: Int
  /// The box of what sums belong to: the neurons, or what maxima count.
  var sumBox: NeuronBox
  /// The ticks for which sums are held: the longest way of a spike to the slice, and one more.
  var depth = 1
  /// What the neurons do.
  var program: NeuronProgram
  /// How numbers are held.
  var registers: CoreRegisters
  /// What is added in each tick, units of the register, without constant currents.
  var bias: [Int32]
  /// The potentials before the first tick, units of the register.
  var initial: [Int32]
  /// The places, in a run's results, where what the neurons emit is counted.
  var emitter: Int
  /// The places of the core that the neurons take, several each where one is made of several.
  var places: Int

  /// The number of sums of a tick.
  var sumCount: Int { sumBox.count }

  /// Returns how many of the places have something to do in a tick.
  ///
  /// What a neuron takes beside itself, to reset by subtraction, works when the neuron fires.
  ///
  /// - Parameters:
  ///   - active: the sums, or potentials, that are not 0.
  ///   - spikes: the neurons that fire.
  /// - Returns: the number, at most that of all places.
  func activePlaces(_ active: Int, spikes: Int) -> Int {
    if case .maximum = program { return min(active, places) }
    let others = places / max(1, neurons.count) - 1
    return min(active, neurons.count) + max(0, others) * min(spikes, neurons.count)
  }
}

/// Where the sums of a slice lie among those of all.
struct SumPlace: Sendable {
  /// The first.
  var first: Int
  /// The number of sums of a tick.
  var count: Int
  /// The ticks for which they are held.
  var depth: Int
  /// The ticks for which sums of slices before are held, all together.
  var firstSlot: Int

  /// Returns where the sums of a tick begin.
  func base(at tick: Int) -> Int { first &+ tick % depth &* count }

  /// Returns the number of a tick's sums among those of all slices.
  func slot(at tick: Int) -> Int { firstSlot &+ tick % depth }
}

/// Neurons whose spikes travel: those of a slice, or of a population that the host speaks for.
struct SpikeEmitter: Sendable {
  /// The population.
  var population: PopulationID
  /// The slice, or `nil` for the host.
  var slice: Int?
  /// For each neuron its place in the population.
  var neurons: [Int32]
  /// For each neuron the set of routes that it takes.
  var routeSets: [Int32]
  /// The sets of routes, positions in `CoreTables.routes`.
  var sets: [[Int]]
  /// All routes of the sets, each once.
  var routes: [Int] = []
  /// For each of `routes` where its spikes lie in the scratch memory.
  var scratch: [Int] = []
  /// For each set where its entries in `setRoutes` begin, and where the last ones end.
  var setStarts: [Int] = [0]
  /// The sets one after another, positions in `routes`.
  var setRoutes: [Int] = []
}

/// A way of spikes to a core, and what they find there.
struct EmulatedRoute: Sendable {
  /// The position of the core in the table of cores.
  var core: Int
  /// The links that a packet takes.
  var hops: Int
  /// The most spikes that take the route in a tick.
  var capacity: Int
  /// What the axons to which the packets come belong to, positions in `CoreTables.landings`; one
  /// block, unless tables are wrong.
  var landings: Range<Int>
}

/// A block of axons to which packets come.
struct Landing: Sendable {
  /// The position in `CoreTables.translations` of a list that says, for each neuron of the emitter,
  /// in the order of its slice, the neuron of the population to which the block listens, or −1; `nil`
  /// if it is the emitter's own.
  var translation: Int?
  /// The connections of the block, positions in `CoreTables.deliveries`.
  var deliveries: Range<Int>
}

/// What a connection does.
struct Delivery: Sendable {
  /// The slice that receives.
  var slice: Int
  /// The ticks from the spike to the sum.
  var delay: Int
  /// The way to the sums.
  var program: SynapseProgram
}

/// A way of constant currents, which the host writes to biases.
struct ConstantWay: Sendable {
  /// The source.
  var source: PopulationID
  /// The slice that receives.
  var slice: Int
  /// The way to the sums.
  var program: SynapseProgram
}

/// A value that many look at and nobody changes: to look at it counts one reference, where a copy would
/// count one for each array of the value.
final class Shared<Value: Sendable>: Sendable {
  /// The value.
  let value: Value

  /// Shares `value`.
  init(_ value: Value) { self.value = value }
}

/// The tables, made ready to run.
struct CoreTables: Sendable {
  /// The slices, in the order of the mapped graph.
  var slices: [EmulatedSlice] = []
  /// The slices once more, for loops over ticks.
  var sharedSlices: [Shared<EmulatedSlice>] = []
  /// The slices in the order in which they are run within a tick: that of populations.
  var order: [Int] = []
  /// Slices first, in their order, then the host's populations.
  var emitters: [SpikeEmitter] = []
  /// The emitters once more, for loops over ticks.
  var sharedEmitters: [Shared<SpikeEmitter>] = []
  /// The routes, in the order of the table.
  var routes: [EmulatedRoute] = []
  /// The blocks of axons to which packets come, by route.
  var landings: [Landing] = []
  /// The neurons that packets mean where they come to axons that were not meant.
  var translations: [[Int32]] = []
  /// What connections do, by landing.
  var deliveries: [Delivery] = []
  /// The connections.
  var synapses = CoreSynapses()
  /// Where the sums of slices lie.
  var sums: [SumPlace] = []
  /// The number of sums of all slices.
  var sumCount = 0
  /// The number of ticks of all slices for which sums are held.
  var slotCount = 0
  /// The relays of paths.
  var relays: [RelayTable] = []
  /// The constant currents.
  var constants: [ConstantWay] = []
  /// The most spikes that all routes of an emitter take in a tick.
  var scratch = 0
  /// The most spikes that relays make of those of a route.
  var mostRelayed = 0
  /// The ticks of the code.
  var timesteps = 1
  /// The ticks from the first of the network to the first of each population.
  var starts: [Int] = []
  /// The ticks that pass beside those of the code until the last population is through.
  var latestStart = 0
}
