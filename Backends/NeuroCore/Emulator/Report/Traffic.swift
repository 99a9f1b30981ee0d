// What packets did on the network between cores: how many there were, and the links that they took.

internal import HardwareTargets
internal import SpikeIR

/// A link of the grid.
struct GridLink: Hashable, Comparable {
  /// The router that sends.
  var from: GridPoint
  /// The router that receives.
  var to: GridPoint

  static func < (a: GridLink, b: GridLink) -> Bool {
    (a.from.y, a.from.x, a.to.y, a.to.x) < (b.from.y, b.from.x, b.to.y, b.to.x)
  }
}

/// What packets did on the network between cores.
///
/// Where routers copy packets by tables, a packet is followed through those tables, by its key;
/// elsewhere it goes along columns first, then along rows, and copies share the links that their
/// ways have in common.
struct Traffic {

  /// Packets: a spike once for each route that it took.
  private(set) var packets = 0
  /// Links that packets took; `nil` if nobody says how the cores of a chip are joined.
  ///
  /// One packet for each receiver takes what the table of routes says; copied ones take each link
  /// once.
  private(set) var hops: Int? = 0
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
    let ways = PacketWays(allocation, tables)
    var loads: [GridLink: Int] = [:]
    for (e, emitter) in tables.emitters.enumerated() {
      for (set, count) in counts.sets[e].enumerated() where count > 0 {
        packets += count * emitter.sets[set].count
        if network.delivery == .multicast {
          addCopied(count, set, of: e, ways, &loads)
        } else {
          addSingle(count, set, of: e, ways, &loads)
        }
      }
    }
    if !ways.isArrangementKnown { hops = nil }
    links = loads.sorted { $0.key < $1.key }.map {
      EmulationReport.Link(from: $0.key.from, to: $0.key.to, packets: $0.value)
    }
  }

  /// Adds the packets of spikes that are sent to each receiver on its own.
  private mutating func addSingle(
    _ count: Int, _ set: Int, of e: Int, _ ways: PacketWays, _ loads: inout [GridLink: Int]
  ) {
    for r in ways.tables.emitters[e].sets[set] {
      add(hops: count * ways.tables.routes[r].hops)
      guard let way = ways.way(of: e, along: r) else { continue }
      if way.isEmpty { local += count }
      add(way, count, &loads)
    }
  }

  /// Adds the packets of spikes that are sent once and copied by routers.
  private mutating func addCopied(
    _ count: Int, _ set: Int, of e: Int, _ ways: PacketWays, _ loads: inout [GridLink: Int]
  ) {
    let routes = ways.tables.emitters[e].sets[set]
    local += count * routes.count { ways.way(of: e, along: $0)?.isEmpty ?? false }
    guard let tree = ways.tree(of: e, set: set) else {
      // The table's numbers are all that is known of the tree.
      return add(hops: count * (routes.map { ways.tables.routes[$0].hops }.max() ?? 0))
    }
    add(hops: count * tree.count)
    add(tree, count, &loads)
  }

  private mutating func add(hops count: Int) { hops = hops.map { $0 + count } }

  private mutating func add(_ way: [GridLink], _ count: Int, _ loads: inout [GridLink: Int]) {
    for link in way {
      loads[link, default: 0] += count
      if link.from.y == link.to.y { horizontal += count } else { vertical += count }
    }
  }

  /// Returns how often each event happened, by the names that descriptions use for its energy; ways
  /// are left out where they are not known.
  func events(
    _ counts: EmulationCounts, _ spikes: Int, _ active: Int, _ inactive: Int
  ) -> [String: Int] {
    var result = [
      "synop": counts.operations.reduce(0, +), "synopDense": counts.operationsOfKind[0],
      "synopConv": counts.operationsOfKind[1], "synopSparse": counts.operationsOfKind[2],
      "neuronActive": active, "neuronInactive": inactive, "neuronUpdate": active + inactive,
      "somaAccess": active + inactive, "somaUpdate": active, "somaSpike": spikes,
      "neuronSpike": spikes, "axonIn": packets, "axonOut": packets, "packet": packets,
      // Things that the emulator does not do.
      "learn": 0, "randomNumber": 0, "payloadPacketHop": 0,
    ]
    guard let hops else { return result }
    result["spikeInTile"] = local
    (result["hop"], result["packetHop"]) = (hops, hops)
    (result["hopEW"], result["hopNS"]) = (horizontal, vertical)
    if let packetBits { result["linkBit"] = hops * packetBits }
    return result
  }
}

/// The ways of packets between the routers of an allocation.
struct PacketWays {

  /// What is executed.
  let tables: CoreTables

  /// Whether a description says how the cores of a chip are joined.
  let isArrangementKnown: Bool

  private let allocation: Allocation
  private let grid: CoreGrid?
  /// The routers with their tables, and the keys of slices, where packets are copied by tables.
  private let routers: DeliveryCheck?
  private var keys: [Int: KeyPattern] = [:]

  /// Looks at the network between the cores of `allocation`.
  init(_ allocation: Allocation, _ tables: CoreTables) {
    self.allocation = allocation
    self.tables = tables
    let grid = try? allocation.grid()
    self.grid = grid
    isArrangementKnown = grid?.isArrangementKnown ?? true
    guard let routing = allocation.routing, let grid else {
      routers = nil
      return
    }
    routers = DeliveryCheck(routing.entries, on: grid)
    for block in routing.keys { keys[block.slice.index] = block.pattern }
  }

  /// Returns the links from an emitter to the core of a route, columns first, then rows; `nil` for
  /// the host, and where there is no mesh.
  func way(of e: Int, along route: Int) -> [GridLink]? {
    guard allocation.target.topology.network.kind == .mesh,
      let slice = tables.emitters[e].slice
    else { return nil }
    let end = allocation.cores[tables.routes[route].core].position
    var place = allocation.cores[tables.slices[slice].core].position
    var result: [GridLink] = []
    while place != end {
      var next = place
      if place.x != end.x {
        next.x += place.x < end.x ? 1 : -1
      } else {
        next.y += place.y < end.y ? 1 : -1
      }
      result.append(GridLink(from: place, to: next))
      place = next
    }
    return result
  }

  /// Returns the links that a packet of a set of an emitter's neurons and its copies take; `nil` if
  /// they are not known.
  ///
  /// Tables treat the neurons of a set alike where they are right, so that one of them stands for
  /// all. Neurons without routes send packets, too, if their slice has keys.
  func tree(of e: Int, set: Int) -> [GridLink]? {
    let emitter = tables.emitters[e]
    guard let slice = emitter.slice else { return nil }
    if let grid, let routers, let pattern = keys[slice],
      let neuron = emitter.routeSets.firstIndex(of: Int32(set))
    {
      let core = allocation.cores[tables.slices[slice].core].number
      guard core >= 0, core < grid.count else { return nil }
      return routers.links(takenBy: pattern.key &+ UInt32(truncatingIfNeeded: neuron), from: core)
        .map {
          GridLink(
            from: grid.point(ofRouter: $0.router), to: grid.point(ofRouter: grid.end(of: $0)))
        }
    }
    var tree: Set<GridLink> = []
    for r in emitter.sets[set] {
      guard let way = way(of: e, along: r) else { return nil }
      tree.formUnion(way)
    }
    return Array(tree)
  }
}
