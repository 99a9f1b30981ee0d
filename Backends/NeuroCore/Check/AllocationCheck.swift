// Proves that allocation tables are right: every neuron has one place, every synapse exists once,
// every spike arrives where and when it should. Builds nothing, so that it shares no error with
// what made the tables.

package import Diagnostics
internal import HardwareTargets
internal import SpikeIR
internal import Tables

/// What is wrong with an allocation.
package struct AllocationCheck {

  let allocation: Allocation

  /// The slices of each population.
  let slices: [[SliceID]]

  /// The problems found so far.
  var findings: [Diagnostic] = []

  /// Prepares to check `allocation`.
  private init(_ allocation: Allocation) {
    self.allocation = allocation
    slices = allocation.mapped.slicesByPopulation()
  }

  /// Returns everything that is wrong with `allocation`, nothing if it is right.
  ///
  /// - Throws: `ir.elided-tensor` if a wire's sources are not there; `mapping.too-many-paths`.
  /// - Complexity: O(neurons + connections · links of a row).
  package static func findings(of allocation: Allocation) throws(CompileError) -> [Diagnostic] {
    var check = AllocationCheck(allocation)
    check.checkCores()
    check.checkSlices()
    check.checkStarts()
    try liftingDiagnostic { () throws(Diagnostic) in
      try check.checkAxons()
      try check.checkConnections()
    }
    check.checkRoutes()
    // What cores hold, and how far packets go, has a meaning only where all of that is right.
    guard check.findings.isEmpty else { return check.findings }
    try check.checkUse()
    check.checkPlaces()
    try liftingDiagnostic { () throws(Diagnostic) in try check.checkWeights() }
    return check.findings
  }

  /// Returns everything that is wrong with an allocation that was read from `tables`, columns that
  /// follow from others included.
  ///
  /// - Parameters:
  ///   - allocation: what was read.
  ///   - tables: the text of each table by the name of its file.
  /// - Returns: what is wrong.
  /// - Throws: `ir.elided-tensor`, `mapping.too-many-paths`.
  package static func findings(
    of allocation: Allocation, readFrom tables: [String: [UInt8]]
  ) throws(CompileError) -> [Diagnostic] {
    let found = try findings(of: allocation)
    guard found.isEmpty else { return found }
    return allocation.tables.compactMap { name, text in
      differenceOfTexts(name, tables[name] ?? [], Array(text.utf8))
    }
  }

  /// Notes a problem.
  mutating func report(_ id: String, _ message: String) {
    findings.append(.error("check.\(id)", message))
  }

  // MARK: - Cores and slices

  private mutating func checkCores() {
    let target = allocation.target
    let limit = target.coresPerChip * (target.topology.levels.first?.count ?? 1)
    var last = -1
    for core in allocation.cores {
      if core.number <= last {
        report(
          "core-order", "core \(core.number) comes after core \(last), expected ascending numbers")
      }
      last = max(last, core.number)
      if core.number >= limit {
        report("no-such-core", "core \(core.number), the machine has \(limit)")
      } else if target.kind(ofCore: core.number) != core.kind {
        report(
          "core-class",
          "core \(core.number) is of class '\(target.cores[core.kind].name)', expected "
            + "'\(target.cores[target.kind(ofCore: core.number)].name)'")
      }
    }
  }

  private mutating func checkSlices() {
    let numbers = Set(allocation.cores.map(\.number))
    for id in allocation.mapped.slices.ids
    where !numbers.contains(allocation.mapped.slices[id].core) {
      report(
        "slice-core",
        "slice \(id.index) is on core \(allocation.mapped.slices[id].core), which "
          + "is not in the table of cores")
    }
    for population in allocation.graph.populations.ids {
      let own = allocation.graph[population]
      if own.hasNeurons {
        checkPlaces(of: population)
      } else if !slices[population.index].isEmpty {
        report("slice-population", "'\(own.name)' has no neurons, but a slice")
      }
    }
    checkOverlaps()
    checkClasses()
  }

  /// Checks that neurons lie on cores of classes that have such neurons.
  private mutating func checkClasses() {
    let kinds = allocation.target.cores
    for population in allocation.graph.populations.ids {
      let own = allocation.graph[population]
      let classes = allocation.target.classes(having: own.model)
      if classes == 0 {
        report(
          "slice-class",
          "no cores of '\(allocation.target.id)' have the neurons of '\(own.name)', of the model "
            + "'\(own.model.mnemonic)' with these constants")
        continue
      }
      for id in slices[population.index] {
        let core = allocation.mapped.slices[id].core
        guard let kind = allocation.cores.first(where: { $0.number == core })?.kind,
          kinds.indices.contains(kind), kind < 64, classes >> UInt64(kind) & 1 == 0
        else { continue }
        report(
          "slice-class",
          "slice \(id.index) of '\(own.name)' is on core \(core) of class '\(kinds[kind].name)', which "
            + "has no such neurons")
      }
    }
  }

  /// Checks that every neuron of `population` has one place.
  private mutating func checkPlaces(of population: PopulationID) {
    let (own, graph) = (allocation.graph[population], allocation.graph)
    var places = [SliceID?](repeating: nil, count: own.shape.count)
    for id in slices[population.index] {
      let box = allocation.mapped.slices[id].box
      var other: SliceID?
      for offset in 0..<box.count {
        let neuron = box.neuron(at: offset, of: graph[population].shape)
        other = other ?? places[neuron]
        places[neuron] = id
      }
      if let other {
        report(
          "neuron-twice", "slices \(other.index) and \(id.index) share neurons of '\(own.name)'")
      }
    }
    let missing = places.reduce(0) { $0 + ($1 == nil ? 1 : 0) }
    if missing > 0 {
      report("neuron-missing", "no place for \(missing, of: "neuron") of '\(own.name)'")
    }
  }

  /// Checks that no place of a core belongs to two slices.
  private mutating func checkOverlaps() {
    let order = allocation.mapped.slices.ids.sorted {
      let (a, b) = (allocation.mapped.slices[$0], allocation.mapped.slices[$1])
      return (a.core, a.first, $0) < (b.core, b.first, $1)
    }
    for (id, next) in zip(order, order.dropFirst()) {
      let (a, b) = (allocation.mapped.slices[id], allocation.mapped.slices[next])
      guard a.core == b.core else { continue }
      let end = a.first + allocation.places(of: id)
      if b.first < end {
        report(
          "place-twice",
          "slice \(next.index) begins at place \(b.first) of core \(b.core), slice \(id.index) ends "
            + "at \(end)")
      }
    }
  }

  private mutating func checkStarts() {
    let expected = allocation.graph.startTicks(
      along: allocation.paths, latency: allocation.target.time.deliveryLatency)
    for population in allocation.graph.populations.ids
    where allocation.graph[population].hasNeurons {
      let found = allocation.starts[population.index]
      if found != expected[population.index] {
        report(
          "start",
          "'\(allocation.graph[population].name)' starts at tick \(found), expected "
            + "\(expected[population.index])")
      }
    }
  }
}
