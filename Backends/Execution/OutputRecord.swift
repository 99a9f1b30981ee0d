// What is noted of an output while an image runs: where it begins to count, what it emitted.

internal import SpikeIR

/// What was noted of an output in the ticks of an image.
package struct OutputRecord: Sendable {

  /// A neuron's first positive unit.
  package struct FirstSpike: Sendable {
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

  /// The first units of each neuron, where they are read.
  private(set) var first: [FirstSpike?] = []

  /// The first units of each neuron after the ticks that are left out.
  private(set) var lateFirst: [FirstSpike?] = []

  /// The ticks that are left out.
  private let start: Int

  /// What is read, and so noted.
  private let reading: Decoder.Reading

  /// Creates a record of nothing.
  package init(_ output: OutputEnd) {
    start = output.decoder.start
    reading = output.decoder.reading
    switch reading {
    case .potential: potentials = [Int32](repeating: 0, count: output.count)
    case .count:
      counts = [Int](repeating: 0, count: output.count)
      skipped = counts
    case .firstSpike:
      first = [FirstSpike?](repeating: nil, count: output.count)
      lateFirst = first
    }
  }

  /// Whether units are read, not potentials alone.
  package var notesUnits: Bool { reading != .potential }

  /// Notes that neuron `n` has emitted `unit` in tick `tick`, counted from 1, and what potential it
  /// has left.
  package mutating func note(
    _ unit: Int32, of n: Int, tick: Int, leaving potential: @autoclosure () -> Int32
  ) {
    switch reading {
    case .potential: break
    case .count: counts[n] += Int(unit)
    case .firstSpike:
      guard unit > 0 else { return }
      let isLate = tick > start && lateFirst[n] == nil
      guard isLate || first[n] == nil else { return }
      let spike = FirstSpike(tick: tick, potential: potential())
      if first[n] == nil { first[n] = spike }
      if isLate { lateFirst[n] = spike }
    }
  }

  /// Returns whether tick `tick`, counted from 1, is the last of those that are left out; `begin` must
  /// be called for all neurons then.
  package func endsSkipping(at tick: Int) -> Bool { tick == start }

  /// Notes that the ticks that are left out are over for neuron `n`.
  package mutating func begin(_ n: Int, potential: @autoclosure () -> Int32) {
    switch reading {
    case .potential: potentials[n] = potential()
    case .count: skipped[n] = counts[n]
    case .firstSpike: break
    }
  }
}
