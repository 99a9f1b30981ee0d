// Energy by a description's constants: events times their energies, and power times time.

internal import HardwareTargets
internal import SpikeIR

extension EnergyReport {

  /// Computes the energy of what happened.
  ///
  /// - Parameters:
  ///   - target: whose constants are used; another machine's never are.
  ///   - events: how often what happened, by the names of events.
  ///   - seconds: the modelled time, if it is known.
  ///   - cores: the numbers of the cores at work.
  ///   - points: what was done at each operating point.
  init(
    of target: TargetDescription, _ events: [String: Int], seconds: Double?, cores: [Int],
    points: [OperatingPointReport]
  ) {
    let energy = target.energy
    self.init(
      model: energy.model, dynamicJoules: nil, staticJoules: nil, items: [], missing: [],
      corner: energy.corner.compactMapValues(\.value), sources: [], grade: nil)
    var keys: Set<String> = []
    for (name, quantity) in energy.events.sorted(by: { $0.key < $1.key }) {
      guard let count = events[name] else {
        missing.append("count of '\(name)'")
        continue
      }
      if quantity.value == nil { missing.append("events.\(name)") }
      note(quantity, &keys)
      items.append(
        Item(
          event: name, count: count, joules: quantity.value, source: quantity.source,
          grade: quantity.grade))
    }
    switch energy.model {
    case .perEvent, .affine:
      if energy.events.isEmpty { missing.append("events") }
    case .levels: noteLevels(energy, points, \.dynamicConstants, &keys)
    case .pointAverage, .none: missing.append("events")
    }
    if missing.isEmpty {
      dynamicJoules =
        items.reduce(0) { $0 + Double($1.count) * ($1.joules ?? 0) }
        + points.reduce(0) { $0 + ($1.dynamicJoules ?? 0) }
    }
    addStanding(energy.standing, seconds, cores, target, &keys)
    if model == .levels { addBaselines(energy, points, target, &keys) }
    cite(keys, target)
  }

  /// Notes the constants of the operating points at which cores were, and those that are missing; of
  /// all points if it is not known at which they were.
  private mutating func noteLevels(
    _ energy: Energy, _ points: [OperatingPointReport],
    _ constants: (Energy.OperatingPoint) -> [(name: String, quantity: Quantity?)],
    _ keys: inout Set<String>
  ) {
    let used = Set(points.filter { $0.steps > 0 }.map(\.name))
    for level in energy.levels where points.isEmpty || used.contains(level.name) {
      for (name, quantity) in constants(level) {
        if let quantity, quantity.value != nil {
          note(quantity, &keys)
        } else {
          missing.append("levels.\(level.name).\(name)")
        }
      }
    }
    if energy.levels.isEmpty, !missing.contains("levels") { missing.append("levels") }
  }

  /// Adds the baselines of operating points to the static energy, which is unknown if one is.
  private mutating func addBaselines(
    _ energy: Energy, _ points: [OperatingPointReport], _ target: TargetDescription,
    _ keys: inout Set<String>
  ) {
    noteLevels(energy, points, \.standingConstants, &keys)
    if target.time.step?.value == nil { missing.append("time.step") }
    if let rest = points.first, rest.steps == 0,
      let slowest = energy.levels.first(where: { $0.name == rest.name })
    {
      // Cores rest at the slowest point, even if none ever works there.
      if let baseline = slowest.baseline, baseline.value != nil {
        note(baseline, &keys)
      } else {
        missing.append("levels.\(rest.name).baseline")
      }
    }
    let used = points.filter { $0.steps > 0 }
    let known = used.compactMap(\.staticJoules)
    guard !used.isEmpty, known.count == used.count,
      let other = energy.standing.isEmpty ? 0 : staticJoules
    else {
      staticJoules = nil
      return
    }
    staticJoules = known.reduce(other, +)
  }

  /// Adds what is taken whatever happens: by chip, core or board, times the modelled time.
  private mutating func addStanding(
    _ standing: [String: Quantity], _ seconds: Double?, _ cores: [Int],
    _ target: TargetDescription, _ keys: inout Set<String>
  ) {
    let perChip = max(1, target.coresPerChip)
    let chips = Set(cores.map { $0 / perChip }).count
    // Those cores of a chip that hold no neurons take power as well, unless they are off.
    let takers = ["chip": chips, "core": chips * perChip, "activeCore": cores.count]
    // What a board takes holds what its chips take: it is another measurement, not another part.
    let standing = standing.filter { $0.key != "board" }
    var watts: Double? = standing.isEmpty ? nil : 0
    if standing.isEmpty && model != .levels { missing.append("static") }
    for (name, quantity) in standing.sorted(by: { $0.key < $1.key }) {
      note(quantity, &keys)
      guard let number = takers[name], let value = quantity.value else {
        missing.append("static.\(name)")
        watts = nil
        continue
      }
      watts = watts.map { $0 + Double(number) * value }
    }
    guard !(model == .levels && standing.isEmpty) else { return }
    guard let seconds else {
      missing.append("time")
      return
    }
    staticJoules = watts.map { $0 * seconds }
  }

  private mutating func note(_ quantity: Quantity, _ keys: inout Set<String>) {
    if let source = quantity.source { keys.insert(source) }
    guard let own = quantity.grade else { return }
    let order = Quantity.Grade.allCases
    let rank = { (grade: Quantity.Grade) in order.firstIndex(of: grade) ?? 0 }
    if grade.map({ rank($0) < rank(own) }) ?? true { grade = own }
  }

  private mutating func cite(_ keys: Set<String>, _ target: TargetDescription) {
    sources = target.sources.filter { keys.contains($0.key) }
  }
}

extension OperatingPointReport {

  /// Returns what was done at each operating point of a machine, and its energy.
  ///
  ///     dynamic = updates · e + operations · e
  ///     static  = P(level) · busy + P(slowest) · (steps · tick − busy)
  ///
  /// - Source: Höppner et al.; see `StepClock`.
  static func all(
    _ counts: EmulationCounts, _ clock: StepClock, _ target: TargetDescription
  ) -> [Self] {
    clock.levels.indices.map { l in
      let level = clock.levels[l]
      let own = counts.levels[l]
      var result = Self(
        name: level.name, steps: own.steps, stepsOfTick: own.stepsOfTick, updates: own.updates,
        synapticOperations: own.operations, busySeconds: nil, overruns: nil,
        dynamicJoules: nil, staticJoules: nil)
      if level.update != nil, level.operation != nil {
        result.busySeconds = Double(own.femtoseconds) * 1e-15
        if clock.tick != nil { result.overruns = own.overruns }
      }
      let points = target.energy.levels
      guard let point = points.first(where: { $0.name == level.name }) else { return result }
      if let update = point.perNeuron?.value, let operation = point.perSynapticOperation?.value {
        result.dynamicJoules = Double(own.updates) * update + Double(own.operations) * operation
      }
      let slowest = points.first { $0.name == clock.levels[0].name }
      if let rest = slowest?.baseline?.value, let baseline = point.baseline?.value,
        let busy = result.busySeconds, let tick = clock.tick
      {
        let idle = max(0, Double(own.steps) * Double(tick) * 1e-15 - busy)
        result.staticJoules = baseline * busy + rest * idle
      }
      return result
    }
  }
}

extension Energy.OperatingPoint {

  /// What the energy of events is computed from.
  fileprivate var dynamicConstants: [(name: String, quantity: Quantity?)] {
    [("perNeuron", perNeuron), ("perSynop", perSynapticOperation)]
  }

  /// What the energy of the baseline is computed from.
  fileprivate var standingConstants: [(name: String, quantity: Quantity?)] {
    [
      ("baseline", baseline), ("hertz", hertz), ("cyclesPerNeuron", cyclesPerNeuron),
      ("cyclesPerSynop", cyclesPerSynapticOperation),
    ]
  }
}
