// What is noted of an output while an image runs: where it begins to count, what it emitted.

internal import SpikeIR

/// What was noted of an output in the ticks of an image.
struct OutputRecord: Sendable {

  /// A neuron's first positive unit.
  struct FirstSpike: Sendable {
    /// The tick, counted from 1.
    var tick: Int
    /// The potential that was left.
    var potential: Int32
  }

  /// The potentials after the ticks that are left out, [neurons].
  private(set) var potentials: [Int32] = []

  /// The sums of units, [neurons], where they are read.
  private(set) var counts: [Int] = []

  /// The sums of units in the ticks that are left out, [neurons].
  private(set) var skipped: [Int] = []

  /// The first units of each neuron.
  private(set) var first: [FirstSpike?] = []

  /// The first units of each neuron after the ticks that are left out.
  private(set) var lateFirst: [FirstSpike?] = []

  /// Notes that the ticks until `tick` are over.
  ///
  /// - Parameters:
  ///   - tick: the tick, counted from 1.
  ///   - output: the output.
  ///   - worker: what executed it.
  ///   - engine: the engine.
  mutating func note(tick: Int, of output: OutputEnd, _ worker: Worker, _ engine: EventEngine) {
    switch output.reading {
    case .potential:
      guard output.start == tick, let membrane = engine.membrane(of: output.step) else { return }
      potentials = worker.potentials(of: membrane)
    case .count:
      count(of: output, worker, engine)
      if output.start == tick { skipped = counts }
    case .firstSpike: noteFirst(tick, of: output, worker, engine)
    }
  }

  /// Adds what the output has just emitted.
  mutating func count(of output: OutputEnd, _ worker: Worker, _ engine: EventEngine) {
    guard output.reading == .count else { return }
    let units = engine.units(of: output.step, worker)
    if counts.isEmpty { counts = units.map { _ in 0 } }
    for (n, unit) in units.enumerated() { counts[n] += Int(unit) }
  }

  private mutating func noteFirst(
    _ tick: Int, of output: OutputEnd, _ worker: Worker, _ engine: EventEngine
  ) {
    let units = engine.units(of: output.step, worker)
    if first.isEmpty {
      first = units.map { _ in nil }
      lateFirst = first
    }
    guard units.contains(where: { $0 > 0 }), let membrane = engine.membrane(of: output.step) else {
      return
    }
    let potentials = worker.potentials(of: membrane)
    for n in units.indices where units[n] > 0 {
      let spike = FirstSpike(tick: tick, potential: potentials[n])
      if first[n] == nil { first[n] = spike }
      if tick > output.start, lateFirst[n] == nil { lateFirst[n] = spike }
    }
  }
}
