// The modelled time of a step: never the time that emulation takes.

internal import HardwareTargets
internal import SpikeIR

/// What a step of a machine takes, as far as its description says.
///
/// A machine that keeps to real time takes its tick whatever happens. Otherwise, a step takes what
/// the busiest core takes, and the barrier:
///
///     step = max over cores of max(updates of neurons and sending, receiving and synapses) + barrier
///
/// Cores with operating points run each step at the slowest one that admits as many packets as they
/// received in the step before; a step whose work exceeds the tick is an overrun:
///
///     t = (neurons · cycles of an update + synaptic operations · cycles of one) / clock
///
/// - Source: the step: the SANA-FE simulator's simple time model; operating points: Höppner et al.,
///   dynamic voltage and frequency scaling for neuromorphic many-core systems, whose policy chooses
///   a level in each cycle from the workload.
struct StepClock: Sendable {

  /// The operating points, the slowest first.
  let levels: [Level]

  /// The femtoseconds of a step whatever happens, if the machine keeps to real time.
  let tick: Int?

  /// What is missing for the time of a step; empty if nothing is.
  let missing: [String]

  private let costs: Costs
  private let barrier: Int

  /// An operating point; times in femtoseconds.
  struct Level: Sendable {
    /// The name.
    var name: String
    /// The time of a neuron's update.
    var update: Int?
    /// The time of a synaptic operation.
    var operation: Int?
    /// The largest number of packets in a step.
    var mostPackets: Int?
  }

  /// Times of events, femtoseconds; 0 where they do not occur in the model.
  private struct Costs: Sendable {
    var active = 0
    var inactive = 0
    var spike = 0
    var packetOut = 0
    var packetIn = 0
    var operation = 0
  }

  /// Creates the clock of `target` with `tiles` tiles at work.
  init(_ target: TargetDescription, tiles: Int) {
    let latency = target.energy.latency
    func time(_ names: [String]) -> Int? {
      names.lazy.compactMap { latency[$0]?.value }.first.map { Int($0 * 1e15) }
    }
    var costs = Costs()
    var missing: [String] = []
    if let operation = time(["synop", "synopDense"]) {
      costs.operation = operation
    } else {
      missing.append("latency.synop")
    }
    if let active = time(["neuronActive"]), let inactive = time(["neuronInactive"]) {
      (costs.active, costs.inactive) = (active, inactive)
    } else if let access = time(["neuronAccess"]), let update = time(["neuronUpdate"]) {
      (costs.active, costs.inactive) = (access + update, access)
    } else {
      missing.append("latency.neuronActive")
    }
    costs.spike = time(["neuronSpike"]) ?? 0
    costs.packetOut = time(["axonOut"]) ?? 0
    costs.packetIn = time(["axonIn"]) ?? 0
    self.costs = costs
    let known = target.time.barrier.sorted { $0.tiles < $1.tiles }
    // The next larger number of tiles that was measured: not less than the truth.
    let entry = known.first { $0.tiles >= tiles } ?? known.last
    barrier = Int((entry?.latency.value ?? 0) * 1e15)
    if entry?.latency.value == nil { missing.append("time.barrier") }
    tick = target.time.step?.value.map { Int($0 * 1e15) }
    self.missing = tick == nil ? missing : []
    levels = target.energy.levels.map { Level($0) }.sorted {
      ($0.mostPackets ?? .max, $0.operation ?? 0) < ($1.mostPackets ?? .max, $1.operation ?? 0)
    }
  }

  /// Counts the time of a step.
  ///
  /// - Parameters:
  ///   - load: what cores did in the step.
  ///   - before: the packets that each core received in the step before.
  ///   - neurons: the neurons of each core.
  ///   - counts: what is counted; updated.
  func measure(
    _ load: CoreLoad, packetsBefore before: [Int], neurons: [Int],
    into counts: inout EmulationCounts
  ) {
    if !levels.isEmpty { choose(load, before, neurons, &counts) }
    guard missing.isEmpty else { return }
    var longest = 0
    if let tick {
      longest = tick
    } else {
      for c in 0..<load.cores {
        let sending =
          load.active[c] * costs.active + load.inactive[c] * costs.inactive
          + load.spikes[c] * (costs.spike + costs.packetOut)
        let receiving =
          load.packets[c] * costs.packetIn + load.synapticOperations[c] * costs.operation
        longest = max(longest, sending, receiving)
      }
      longest += barrier
    }
    counts.femtoseconds += longest
    counts.longestStep = max(counts.longestStep, longest)
  }

  /// Chooses an operating point for each core, and counts what is done there.
  private func choose(
    _ load: CoreLoad, _ before: [Int], _ neurons: [Int], _ counts: inout EmulationCounts
  ) {
    for c in 0..<load.cores {
      let l = levels.firstIndex { ($0.mostPackets ?? .max) >= before[c] } ?? levels.count - 1
      counts.levels[l].steps += 1
      counts.levels[l].updates += neurons[c]
      counts.levels[l].operations += load.synapticOperations[c]
      guard let update = levels[l].update, let operation = levels[l].operation else { continue }
      let busy = neurons[c] * update + load.synapticOperations[c] * operation
      counts.levels[l].femtoseconds += busy
      if let tick, busy > tick { counts.levels[l].overruns += 1 }
    }
  }
}

extension StepClock.Level {

  /// Creates the level that `point` describes.
  fileprivate init(_ point: Energy.OperatingPoint) {
    name = point.name
    let period = point.hertz?.value.map { 1e15 / $0 }
    func time(_ cycles: Quantity?) -> Int? {
      guard let period, let cycles = cycles?.value else { return nil }
      return Int(period * cycles)
    }
    update = time(point.cyclesPerNeuron)
    operation = time(point.cyclesPerSynapticOperation)
    mostPackets = point.mostSpikesPerStep?.value.map { Int($0) }
  }
}
