// From counts to a report: totals, loads of cores, time.

internal import HardwareTargets
internal import SpikeIR

extension EmulationReport {

  /// Creates the report of a run.
  ///
  /// - Parameters:
  ///   - counts: what was counted.
  ///   - tables: what was executed.
  ///   - allocation: the tables.
  ///   - clock: what modelled the time.
  ///   - images: the number of inputs.
  ///   - steps: the steps that the machine took.
  init(
    _ counts: EmulationCounts, _ tables: CoreTables, _ allocation: Allocation, _ clock: StepClock,
    images: Int, steps: Int
  ) {
    let traffic = Traffic(counts, tables, allocation)
    self.images = images
    self.steps = steps
    let slices = tables.slices.count
    spikes = counts.spikes[..<slices].reduce(0, +)
    hostSpikes = counts.spikes[slices...].reduce(0, +)
    packets = traffic.packets
    hops = traffic.hops
    links = traffic.links
    synapticOperations = counts.operations[..<slices].reduce(0, +)
    hostSynapticOperations = counts.operations[slices...].reduce(0, +)
    activeUpdates = counts.load.active.reduce(0, +)
    inactiveUpdates = counts.load.inactive.reduce(0, +)
    axons = allocation.axons.reduce(0) { $0 + $1.box.count }
    neurons = tables.slices.reduce(0) { $0 + $1.neurons.count }
    overflows = Overflows(
      sums: counts.sumOverflows, currents: counts.currentOverflows,
      potentials: counts.potentialOverflows)
    lostArrivals = counts.lost
    let known = clock.limits.areKnown
    overloads = Overloads(
      synapticOperations: known.operations ? counts.slowSteps : nil,
      inputSpikes: known.packets ? counts.fullSteps : nil)
    load = counts.load
    cores = Core.all(counts.load, tables, allocation)
    time = TimeReport(counts, clock)
    operatingPoints = OperatingPointReport.all(counts, clock, allocation.target)
    energy = EnergyReport(
      of: allocation.target, traffic.events(counts, self.spikes, activeUpdates, inactiveUpdates),
      seconds: time.seconds, cores: allocation.cores.map(\.number), points: operatingPoints)
    semantics = EmulationReport.semantics(of: allocation)
  }
}

extension EmulationReport.Core {

  fileprivate static func all(
    _ load: CoreLoad, _ tables: CoreTables, _ allocation: Allocation
  ) -> [Self] {
    var result = allocation.cores.map {
      Self(
        number: $0.number, position: $0.position, neurons: 0, spikes: 0, packets: 0,
        synapticOperations: 0, activeUpdates: 0)
    }
    for slice in tables.slices { result[slice.core].neurons += slice.neurons.count }
    for (i, spikes) in load.spikes.enumerated() {
      let c = i % load.cores
      result[c].spikes += spikes
      result[c].packets += load.packets[i]
      result[c].synapticOperations += load.synapticOperations[i]
      result[c].activeUpdates += load.active[i]
    }
    return result
  }
}

extension TimeReport {

  fileprivate init(_ counts: EmulationCounts, _ clock: StepClock) {
    missing = clock.missing
    isRealTime = clock.tick != nil
    seconds = missing.isEmpty ? Double(counts.femtoseconds) * 1e-15 : nil
    longestStep = missing.isEmpty ? Double(counts.longestStep) * 1e-15 : nil
  }
}
