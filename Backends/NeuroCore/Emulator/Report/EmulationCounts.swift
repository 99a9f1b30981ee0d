// What is counted while tables are executed: whole numbers only, so that sums do not depend on which
// thread ran what.

internal import SpikeIR

/// What cores did in ticks, [tick][core] one after another.
package struct CoreLoad: Hashable, Sendable {
  /// The number of cores.
  package var cores: Int
  /// Spikes that neurons emitted.
  package var spikes: [Int]
  /// Packets that arrived.
  package var packets: [Int]
  /// Synapses that were read.
  package var synapticOperations: [Int]
  /// The time that reading them took, femtoseconds, where it is known.
  package var synapseTime: [Int]
  /// Places for neurons that had something to do.
  package var active: [Int]
  /// Places that had not.
  package var inactive: [Int]

  /// Creates the load of idle cores.
  init(cores: Int, ticks: Int) {
    self.cores = cores
    let zeros = [Int](repeating: 0, count: cores * ticks)
    (spikes, packets, synapticOperations, synapseTime) = (zeros, zeros, zeros, zeros)
    (active, inactive) = (zeros, zeros)
  }

  /// Adds the load `other`.
  mutating func add(_ other: CoreLoad) {
    spikes.add(other.spikes)
    packets.add(other.packets)
    synapticOperations.add(other.synapticOperations)
    synapseTime.add(other.synapseTime)
    active.add(other.active)
    inactive.add(other.inactive)
  }
}

/// What was counted.
struct EmulationCounts: Sendable {
  /// What cores did.
  var load: CoreLoad
  /// Spikes of each emitter, units ±1.
  var spikes: [Int]
  /// Synaptic operations that spikes of each emitter caused.
  var operations: [Int]
  /// Synaptic operations by the form of connections: dense, windows, one by one.
  var operationsOfKind = [0, 0, 0]
  /// Spikes of each emitter by the set of routes that they took.
  var sets: [[Int]]
  /// Sums that left their register.
  var sumOverflows = 0
  /// Currents that left their register.
  var currentOverflows = 0
  /// Potentials that left their register.
  var potentialOverflows = 0
  /// Ticks in which a slice received what it could not use: before it began, or after it ended.
  var lost = 0
  /// Steps of single cores with more synaptic operations than a core does in a step.
  var slowSteps = 0
  /// Steps of single cores to which more spikes came than can wait at a core.
  var fullSteps = 0
  /// The time that steps took, femtoseconds.
  var femtoseconds = 0
  /// The longest step, femtoseconds.
  var longestStep = 0
  /// What cores did at each operating point.
  var levels: [LevelCounts]

  /// What cores did at an operating point.
  struct LevelCounts: Sendable {
    /// Steps of single cores.
    var steps = 0
    /// Neuron updates.
    var updates = 0
    /// Synaptic operations.
    var operations = 0
    /// The time that cores were busy, femtoseconds.
    var femtoseconds = 0
    /// Steps whose work did not fit.
    var overruns = 0
    /// Steps of single cores in each tick.
    var stepsOfTick: [Int]
  }

  /// Creates counts of nothing.
  init(_ tables: CoreTables, cores: Int, ticks: Int, levels: Int) {
    load = CoreLoad(cores: cores, ticks: ticks)
    spikes = tables.emitters.map { _ in 0 }
    operations = spikes
    sets = tables.emitters.map { [Int](repeating: 0, count: $0.sets.count) }
    self.levels = [LevelCounts](
      repeating: LevelCounts(stepsOfTick: [Int](repeating: 0, count: ticks)), count: levels)
  }

  /// Adds what `other` counted.
  mutating func add(_ other: EmulationCounts) {
    load.add(other.load)
    spikes.add(other.spikes)
    operations.add(other.operations)
    operationsOfKind.add(other.operationsOfKind)
    for e in sets.indices { sets[e].add(other.sets[e]) }
    sumOverflows += other.sumOverflows
    currentOverflows += other.currentOverflows
    potentialOverflows += other.potentialOverflows
    lost += other.lost
    slowSteps += other.slowSteps
    fullSteps += other.fullSteps
    femtoseconds += other.femtoseconds
    longestStep = max(longestStep, other.longestStep)
    for l in levels.indices {
      levels[l].steps += other.levels[l].steps
      levels[l].updates += other.levels[l].updates
      levels[l].operations += other.levels[l].operations
      levels[l].femtoseconds += other.levels[l].femtoseconds
      levels[l].overruns += other.levels[l].overruns
      levels[l].stepsOfTick.add(other.levels[l].stepsOfTick)
    }
  }
}

extension [Int] {

  /// Adds `other` element by element.
  fileprivate mutating func add(_ other: [Int]) {
    for i in indices { self[i] += other[i] }
  }
}
