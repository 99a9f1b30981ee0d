// Giving the cores of an allocation their places: numbers, positions, links of routes, tables of
// routers.

package import Diagnostics
internal import HardwareTargets
internal import SpikeIR

extension Allocation {

  /// Returns the grid of as few chips as have cores for this allocation, which is the one that
  /// numbers of placed cores refer to.
  ///
  /// - Throws: `placement.too-many-chips` if the machine has fewer.
  package func grid() throws(Diagnostic) -> CoreGrid {
    try CoreGrid(target, holding: cores.map(\.kind))
  }

  /// Returns this allocation with its cores where a search finds little traffic, routed.
  ///
  /// - Parameters:
  ///   - spikes: the spikes of each neuron for an image, by population and neuron; empty if they
  ///     were not measured.
  ///   - search: how to search.
  /// - Returns: the placed allocation.
  /// - Throws: what `placed(_:)` and `PlacementSearch.place(_:on:)` throw.
  package func placed(
    spikes: [[Float]] = [], by search: PlacementSearch = PlacementSearch()
  ) throws(Diagnostic) -> Allocation {
    let traffic = TrafficGraph(self, spikes: spikes)
    return try placed(search.place(traffic, on: grid()))
  }

  /// Returns this allocation with the core `cores[i]` at place i of a placement, its number.
  ///
  /// Positions, hops and, where routers copy packets, tables of routers are filled in; tables keep
  /// the orders that they document.
  ///
  /// - Parameter placement: the places, on the grid that `grid()` returns.
  /// - Returns: the placed allocation.
  /// - Throws: `placement.beyond-reach`, `routing.too-many-keys`, `routing.table-overflow`,
  ///   `routing.list-overflow`.
  /// - Complexity: O(n log n) for n rows of tables, beside routing.
  package func placed(_ placement: Placement) throws(Diagnostic) -> Allocation {
    let grid = placement.grid
    try placement.checkReach(of: TrafficGraph(self))
    var result = renumbered(by: placement)
    for i in result.cores.indices {
      result.cores[i].position = grid.position(ofPlace: result.cores[i].number)
    }
    for i in result.routes.indices {
      guard let source = result.routes[i].source else { continue }
      result.routes[i].hops = grid.hops(
        from: result.mapped.slices[source].core, to: result.routes[i].core)
    }
    let network = target.topology.network
    if network.routing == .multicastTables {
      try result.route(on: grid, limit: network.routerEntries)
    } else if let limit = network.routerEntries {
      try result.checkDestinationLists(on: grid, limit: limit)
    }
    return result
  }

  /// Returns this allocation with the cores numbered by their places.
  private func renumbered(by placement: Placement) -> Allocation {
    var numbers: [Int: Int] = [:]
    for (core, place) in zip(cores, placement.places) { numbers[core.number] = place }
    func number(_ core: Int) -> Int { numbers[core] ?? core }
    var result = self
    for i in result.cores.indices { result.cores[i].number = number(cores[i].number) }
    result.cores.sort { $0.number < $1.number }
    for id in mapped.slices.ids { result.mapped.slices[id].core = number(mapped.slices[id].core) }
    // Blocks of a core follow one another, so that their first axons keep the order.
    let order = axons.indices.sorted {
      (number(axons[$0].core), axons[$0].first, $0) < (number(axons[$1].core), axons[$1].first, $1)
    }
    var blocks = [Int](repeating: 0, count: axons.count)
    for (new, old) in order.enumerated() {
      blocks[old] = new
      result.axons[new] = axons[old]
      result.axons[new].core = number(axons[old].core)
    }
    for i in connections.indices { result.connections[i].block = blocks[connections[i].block] }
    // Connections of a block keep their order.
    let sorted = result.connections.enumerated().sorted {
      ($0.element.block, $0.offset) < ($1.element.block, $1.offset)
    }
    result.connections = sorted.map(\.element)
    for i in routes.indices {
      result.routes[i].core = number(routes[i].core)
      result.routes[i].block = blocks[routes[i].block]
    }
    result.routes.sort {
      ($0.source?.index ?? -1, $0.core, $0.block) < ($1.source?.index ?? -1, $1.core, $1.block)
    }
    return result
  }

  /// Writes the tables of routers, and the links that trees take into routes.
  private mutating func route(on grid: CoreGrid, limit: Int?) throws(Diagnostic) {
    let keys = try keyBlocks(on: grid)
    let sends = sends(of: keys)
    let routed = try RoutedSends(sends, on: grid, limit: limit)
    var hops: [SliceID: [Int: Int]] = [:]
    for (i, block) in keys.enumerated() {
      for (core, links) in zip(sends[i].destinations, routed.hops[i]) {
        hops[block.slice, default: [:]][core] = links
      }
    }
    for i in routes.indices {
      guard let source = routes[i].source else { continue }
      routes[i].hops = hops[source]?[routes[i].core] ?? routes[i].hops
    }
    routing = RoutingTables(keys: keys, entries: routed.entries)
  }

  /// Checks that the lists of destinations of each router's cores fit its table: a destination is
  /// a core that some slice sends to.
  private func checkDestinationLists(on grid: CoreGrid, limit: Int) throws(Diagnostic) {
    var counts = [Int](repeating: 0, count: grid.routerCount)
    for route in routes {
      guard let source = route.source else { continue }
      counts[Int(grid.routers[mapped.slices[source].core])] += 1
    }
    if let most = counts.max(), most > limit, let router = counts.firstIndex(of: most) {
      throw .destinationListOverflow(router: router, entries: most, limit: limit, grid)
    }
  }
}
