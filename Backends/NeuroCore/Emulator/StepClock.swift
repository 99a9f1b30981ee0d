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
/// received in the step before, or, where that limit is not given, as fits the synaptic operations
/// of the step before; a step whose work exceeds the tick is an overrun:
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

  /// The time of a synaptic operation by the form of connections, femtoseconds.
  let operations: [Int]

  private let costs: Costs
  private let barrier: Int

  /// An operating point; times in femtoseconds.
  struct Level: Sendable {
    /// The name.
    var name: String
    /// The clock, 0 if it is unknown.
    var hertz: Double
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
  }

  /// Creates the clock of `target` with `tiles` tiles at work.
  init(_ target: TargetDescription, tiles: Int) {
    let latency = target.energy.latency
    func time(_ names: [String]) -> Int? {
      names.lazy.compactMap { latency[$0]?.value }.first.map { Int($0 * 1e15) }
    }
    var costs = Costs()
    var missing: [String] = []
    operations = ["synopDense", "synopConv", "synopSparse"].map { time([$0, "synop"]) ?? 0 }
    if time(["synop"]) == nil, operations.contains(0) { missing.append("latency.synop") }
    if let active = time(["neuronActive"]), let inactive = time(["neuronInactive"]) {
      (costs.active, costs.inactive) = (active, inactive)
    } else if let access = time(["somaAccess"]), let update = time(["somaUpdate"]) {
      (costs.active, costs.inactive) = (access + update, access)
    } else if let update = time(["neuronUpdate"]) {
      (costs.active, costs.inactive) = (update, update)
    } else {
      missing.append("latency.neuronActive")
    }
    costs.spike = time(["neuronSpike", "somaSpike"]) ?? 0
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
      ($0.mostPackets ?? .max, $0.hertz) < ($1.mostPackets ?? .max, $1.hertz)
    }
  }

  /// Counts the time of a step.
  ///
  /// - Parameters:
  ///   - load: what cores did in the step.
  ///   - before: what cores did in the step before.
  ///   - neurons: the neurons of each core.
  ///   - step: the step of the input, counted from 0.
  ///   - counts: what is counted; updated.
  func measure(
    _ load: CoreLoad, after before: CoreLoad, neurons: [Int], tick step: Int,
    into counts: inout EmulationCounts
  ) {
    if !levels.isEmpty { choose(load, before, neurons, step, &counts) }
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
          load.packets[c] * costs.packetIn + load.synapseTime[c]
        longest = max(longest, sending, receiving)
      }
      longest += barrier
    }
    counts.femtoseconds += longest
    counts.longestStep = max(counts.longestStep, longest)
  }

  /// Chooses an operating point for each core, and counts what is done there.
  private func choose(
    _ load: CoreLoad, _ before: CoreLoad, _ neurons: [Int], _ step: Int,
    _ counts: inout EmulationCounts
  ) {
    for c in 0..<load.cores {
      let l =
        levels.firstIndex { admits($0, before, neurons[c], core: c) } ?? levels.count - 1
      counts.levels[l].steps += 1
      counts.levels[l].stepsOfTick[step] += 1
      counts.levels[l].updates += neurons[c]
      counts.levels[l].operations += load.synapticOperations[c]
      guard let update = levels[l].update, let operation = levels[l].operation else { continue }
      let busy = neurons[c] * update + load.synapticOperations[c] * operation
      counts.levels[l].femtoseconds += busy
      if let tick, busy > tick { counts.levels[l].overruns += 1 }
    }
  }
}

extension StepClock {

  /// Returns whether a level suffices for what a core did in the step before.
  fileprivate func admits(_ level: Level, _ before: CoreLoad, _ neurons: Int, core c: Int) -> Bool {
    if let most = level.mostPackets { return before.packets[c] <= most }
    guard let tick, let update = level.update, let operation = level.operation else { return false }
    return neurons * update + before.synapticOperations[c] * operation <= tick
  }
}

extension StepClock.Level {

  /// Creates the level that `point` describes.
  fileprivate init(_ point: Energy.OperatingPoint) {
    name = point.name
    hertz = point.hertz?.value ?? 0
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
