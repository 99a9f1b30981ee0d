// From counts to a report: totals, traffic on links, energy.

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
    synapticOperations = counts.operations.reduce(0, +)
    activeUpdates = counts.load.active.reduce(0, +)
    inactiveUpdates = counts.load.inactive.reduce(0, +)
    axons = allocation.axons.reduce(0) { $0 + $1.box.count }
    neurons = tables.slices.reduce(0) { $0 + $1.neurons.count }
    overflows = Overflows(
      sums: counts.sumOverflows, currents: counts.currentOverflows,
      potentials: counts.potentialOverflows)
    lostArrivals = counts.lost
    load = counts.load
    cores = Core.all(counts.load, tables, allocation)
    time = TimeReport(counts, clock)
    operatingPoints = OperatingPointReport.all(counts, clock, allocation.target)
    energy = EnergyReport(
      of: allocation.target, traffic.events(counts, self.spikes, activeUpdates, inactiveUpdates),
      seconds: time.seconds, cores: allocation.cores.map(\.number), points: operatingPoints)
    semantics = EmulationReport.semantics(of: allocation)
  }

  /// Returns the variants that were chosen where machines or tools differ.
  private static func semantics(of allocation: Allocation) -> [String] {
    var result = [
      allocation.target.time.model == .event
        ? "spikes act one after another, in the order in which they arrive"
        : "input of a tick is summed before registers are limited"
    ]
    let kinds = Set(allocation.cores.map(\.kind)).compactMap { k in
      allocation.target.cores.indices.contains(k) ? allocation.target.cores[k].neuron : nil
    }
    if kinds.contains(where: { $0.model == .currentBased }) {
      result.append("currents are forgotten after a tick (du = 4095, offset 1), potentials kept")
    }
    if kinds.contains(where: { $0.resets.contains { $0.mode == .subtract && $0.neuronCost > 1 } }) {
      result.append("reset by subtraction acts in the tick of the spike")
    }
    return result
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

/// A link of the grid.
private struct GridLink: Hashable, Comparable {
  var from: GridPoint
  var to: GridPoint

  static func < (a: GridLink, b: GridLink) -> Bool {
    (a.from.y, a.from.x, a.to.y, a.to.x) < (b.from.y, b.from.x, b.to.y, b.to.x)
  }
}

/// What packets did on the network between cores.
struct Traffic {

  /// Packets: a spike once for each route that it took.
  private(set) var packets = 0
  /// Links that packets took, by the table of routes; of multicast, links are counted once.
  private(set) var hops = 0
  /// Steps along rows and along columns, by the positions of cores.
  private(set) var horizontal = 0
  private(set) var vertical = 0
  /// Packets between cores of one router.
  private(set) var local = 0
  /// Packets by link.
  private(set) var links: [EmulationReport.Link] = []

  private let packetBits: Int?

  /// Finds the ways of all packets.
  init(_ counts: EmulationCounts, _ tables: CoreTables, _ allocation: Allocation) {
    let network = allocation.target.topology.network
    packetBits = network.packetBits
    let hasGrid = network.kind == .mesh || network.kind == .hexagonalTorus
    let copies = network.delivery == .multicast
    var loads: [GridLink: Int] = [:]
    for (e, emitter) in tables.emitters.enumerated() {
      let from = emitter.slice.map { allocation.cores[tables.slices[$0].core].position }
      for (set, count) in zip(emitter.sets, counts.sets[e]) where count > 0 {
        packets += count * set.count
        var tree: Set<GridLink> = []
        for r in set {
          let route = tables.routes[r]
          if !copies { hops += count * route.hops }
          guard let from, hasGrid, network.kind == .mesh else { continue }
          let way = Traffic.way(from: from, to: allocation.cores[route.core].position)
          if way.isEmpty { local += count }
          if copies { tree.formUnion(way) } else { add(way, count, &loads) }
        }
        guard copies else { continue }
        // Without a grid the table's numbers are all that is known of the tree.
        hops += count * (tree.isEmpty ? set.map { tables.routes[$0].hops }.max() ?? 0 : tree.count)
        add(Array(tree), count, &loads)
      }
    }
    links = loads.sorted { $0.key < $1.key }.map {
      EmulationReport.Link(from: $0.key.from, to: $0.key.to, packets: $0.value)
    }
  }

  private mutating func add(_ way: [GridLink], _ count: Int, _ loads: inout [GridLink: Int]) {
    for link in way {
      loads[link, default: 0] += count
      if link.from.y == link.to.y { horizontal += count } else { vertical += count }
    }
  }

  /// Returns the links from one router to another, columns first, then rows.
  private static func way(from: GridPoint, to: GridPoint) -> [GridLink] {
    var result: [GridLink] = []
    var place = from
    while place != to {
      var next = place
      if place.x != to.x {
        next.x += place.x < to.x ? 1 : -1
      } else {
        next.y += place.y < to.y ? 1 : -1
      }
      result.append(GridLink(from: place, to: next))
      place = next
    }
    return result
  }

  /// Returns how often each event happened, by the names that descriptions use for its energy.
  func events(
    _ counts: EmulationCounts, _ spikes: Int, _ active: Int, _ inactive: Int
  ) -> [String: Int] {
    var result = [
      "synop": counts.operations.reduce(0, +), "synopDense": counts.operationsOfKind[0],
      "synopConv": counts.operationsOfKind[1], "synopSparse": counts.operationsOfKind[2],
      "neuronActive": active, "neuronInactive": inactive, "neuronUpdate": active + inactive,
      "somaAccess": active + inactive, "somaUpdate": active, "somaSpike": spikes,
      "neuronSpike": spikes, "axonIn": packets, "axonOut": packets, "packet": packets,
      "spikeInTile": local, "hop": hops, "packetHop": hops, "hopEW": horizontal,
      "hopNS": vertical,
      // Things that the emulator does not do.
      "learn": 0, "randomNumber": 0, "payloadPacketHop": 0,
    ]
    if let packetBits { result["linkBit"] = hops * packetBits }
    return result
  }
}
