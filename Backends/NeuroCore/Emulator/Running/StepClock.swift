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
/// A core is busy for at most the tick. Where a description gives the synaptic operations that a core
/// does in a second, or the spikes that can wait at it, steps that exceed them are counted.
///
/// - Source: the step: the SANA-FE simulator's simple time model; operating points: Höppner et al.,
///   dynamic voltage and frequency scaling for neuromorphic many-core systems, whose policy chooses
///   a level in each cycle from the workload.
struct StepClock: Sendable {

  /// The operating points, the slowest first; none if a description does not say how one is chosen.
  let levels: [Level]

  /// The femtoseconds of a step whatever happens, if the machine keeps to real time.
  let tick: Int?

  /// What is missing for the time of a step; empty if nothing is.
  let missing: [String]

  /// The time of a synaptic operation by the form of connections, femtoseconds.
  let operations: [Int]

  /// What each core can do in a step.
  let limits: Limits

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

  /// What cores can do in a step, each of those that hold neurons; largest numbers where a
  /// description does not say it.
  struct Limits: Sendable {
    /// Synaptic operations.
    var operations: [Int]
    /// Spikes that can wait.
    var packets: [Int]

    /// Whether any is known.
    var areKnown: (operations: Bool, packets: Bool) {
      (operations.contains { $0 < .max }, packets.contains { $0 < .max })
    }

    /// Looks up what `cores` of a machine can do in a tick of `seconds`.
    init(_ cores: [CoreEntry], on target: TargetDescription, seconds: Double?) {
      let capacities = target.cores.map(\.capacities)
      operations = cores.map { core in
        guard let seconds, let rate = capacities[core.kind]["synopsPerSecond"] else { return .max }
        return Int(min(Double(rate) * seconds, 1e15))
      }
      packets = cores.map { capacities[$0.kind]["inputSpikes"] ?? .max }
    }
  }

  /// Creates the clock of `target`.
  ///
  /// - Parameters:
  ///   - target: the machine.
  ///   - cores: the cores that hold neurons.
  init(_ target: TargetDescription, cores: [CoreEntry]) {
    let latency = target.energy.latency
    func time(_ names: [String]) -> Int? {
      names.lazy.compactMap { latency[$0]?.value }.first.map { Int($0 * 1e15) }
    }
    var missing: [String] = []
    operations = ["synopDense", "synopConv", "synopSparse"].map { time([$0, "synop"]) ?? 0 }
    if time(["synop"]) == nil, operations.contains(0) { missing.append("latency.synop") }
    let costs = Costs(time)
    if costs == nil { missing.append("latency.neuronActive") }
    self.costs = costs ?? Costs()
    let barrier = Self.barrier(of: target, cores)
    if barrier == nil { missing.append("time.barrier") }
    self.barrier = Int((barrier ?? 0) * 1e15)
    let step = target.time.step?.value
    tick = step.map { Int($0 * 1e15) }
    self.missing = tick == nil ? missing : []
    limits = Limits(cores, on: target, seconds: step)
    let levels = target.energy.levels.map { Level($0) }.sorted {
      ($0.mostPackets ?? .max, $0.hertz) < ($1.mostPackets ?? .max, $1.hertz)
    }
    let canChoose = levels.dropLast().allSatisfy {
      $0.mostPackets != nil || step != nil && $0.update != nil && $0.operation != nil
    }
    self.levels = canChoose ? levels : []
  }

  /// Returns the time that the end of a step takes, seconds; `nil` if nobody has measured it for as
  /// many tiles, or chips: the barrier of one chip says nothing of that of several.
  private static func barrier(of target: TargetDescription, _ cores: [CoreEntry]) -> Double? {
    let tiles = Set(cores.map(\.position)).count
    let chips = Set(cores.map { $0.number / max(1, target.coresPerChip) }).count
    // The next larger number that was measured: not less than the truth.
    guard chips <= 1 else {
      let measured = target.time.chipBarrier.sorted { $0.chips < $1.chips }
      return measured.first { $0.chips >= chips }?.latency.value
    }
    let known = target.time.barrier.sorted { $0.tiles < $1.tiles }
    return known.first { $0.tiles >= tiles }?.latency.value
  }

  /// Counts the time of a step.
  ///
  /// - Parameters:
  ///   - load: what cores did in the step.
  ///   - before: what cores did in the step before.
  ///   - neurons: the places for neurons of each core that are taken.
  ///   - step: the step of the input, counted from 0.
  ///   - counts: what is counted; updated.
  func measure(
    _ load: CoreLoad, after before: CoreLoad, neurons: [Int], tick step: Int,
    into counts: inout EmulationCounts
  ) {
    for c in 0..<load.cores {
      if load.synapticOperations[c] > limits.operations[c] { counts.slowSteps += 1 }
      if load.packets[c] > limits.packets[c] { counts.fullSteps += 1 }
    }
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
      // What does not fit is late, or lost: no more time passes than there is.
      counts.levels[l].femtoseconds += min(busy, tick ?? busy)
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

/// Times of events, femtoseconds; 0 where they do not occur in the model.
private struct Costs: Sendable {
  var active = 0
  var inactive = 0
  var spike = 0
  var packetOut = 0
  var packetIn = 0

  init() {}

  /// Looks up times by the names of events; `nil` if those of updates are unknown.
  init?(_ time: (_ names: [String]) -> Int?) {
    if let active = time(["neuronActive"]), let inactive = time(["neuronInactive"]) {
      (self.active, self.inactive) = (active, inactive)
    } else if let access = time(["somaAccess"]), let update = time(["somaUpdate"]) {
      (active, inactive) = (access + update, access)
    } else if let update = time(["neuronUpdate"]) {
      (active, inactive) = (update, update)
    } else {
      return nil
    }
    spike = time(["neuronSpike", "somaSpike"]) ?? 0
    packetOut = time(["axonOut"]) ?? 0
    packetIn = time(["axonIn"]) ?? 0
  }
}
