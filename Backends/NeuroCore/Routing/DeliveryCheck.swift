// Whether tables deliver: packets are sent through them, all keys of a block at once.

package import Diagnostics
internal import HardwareTargets
internal import SpikeIR

/// Routers with their tables, through which keys can be sent.
package struct DeliveryCheck: Sendable {

  private let grid: CoreGrid
  /// The rows of each router.
  private var rows: [[RoutingEntry]]

  /// Reads the tables.
  ///
  /// - Parameters:
  ///   - entries: the rows; those of a router in the order in which they are tried. Rows of routers
  ///     that the grid does not have are left out, since no packet comes there.
  ///   - grid: the routers.
  package init(_ entries: [RoutingEntry], on grid: CoreGrid) {
    self.grid = grid
    rows = [[RoutingEntry]](repeating: [], count: grid.routerCount)
    for entry in entries where entry.router >= 0 && entry.router < grid.routerCount {
      rows[entry.router].append(entry)
    }
  }

  /// Returns what is wrong with the way of some keys; `nil` if each of them reaches each of the
  /// destinations once, and nothing else.
  ///
  /// Keys that the tables treat alike are followed together; a row that is for some of them only
  /// splits them.
  ///
  /// - Complexity: O(parts that are told apart · routers on the way · rows).
  package func problem(with send: MulticastSend) -> Diagnostic? {
    var open = [send.pattern]
    while let pattern = open.popLast() {
      switch follow(pattern, from: Int(grid.routers[send.source])) {
      case .split(let row): open += Self.halves(of: pattern, by: row)
      case .fault(let what): return .misrouted(pattern, what)
      case .delivered(let places):
        if let what = difference(places, send.destinations) { return .misrouted(pattern, what) }
      }
    }
    return nil
  }

  /// Returns the links that a packet and its copies take, until a copy comes to a router again.
  ///
  /// - Parameters:
  ///   - key: the key.
  ///   - place: the place of the core that sends.
  /// - Returns: the links, each once, in the order in which copies leave routers.
  /// - Complexity: O(routers on the way · rows).
  package func links(takenBy key: UInt32, from place: Int) -> [Link] {
    let pattern = KeyPattern(key: key, mask: ~0)
    let source = Int(grid.routers[place])
    var result: [Link] = []
    var isVisited: Set<Int> = [source]
    var open: [(router: Int, incoming: LinkDirection?)] = [(source, nil)]
    while let (router, incoming) = open.popLast() {
      let row = rows[router].first { $0.pattern.contains(pattern) }
      for direction in (row?.links ?? incoming.map { LinkSet($0) } ?? []).directions {
        let link = Link(router: router, direction: direction)
        result.append(link)
        let end = grid.end(of: link)
        if isVisited.insert(end).inserted { open.append((end, direction)) }
      }
    }
    return result
  }

  /// What becomes of packets.
  private enum Outcome {
    /// A row is for some of the keys only.
    case split(KeyPattern)
    /// They go astray.
    case fault(String)
    /// They reach the cores at these places.
    case delivered([Int])
  }

  /// Follows packets whose keys are treated alike.
  private func follow(_ pattern: KeyPattern, from source: Int) -> Outcome {
    var places: [Int] = []
    var isVisited: Set<Int> = [source]
    var open: [(router: Int, incoming: LinkDirection?)] = [(source, nil)]
    while let (router, incoming) = open.popLast() {
      var links = incoming.map { LinkSet($0) } ?? []
      if let row = rows[router].first(where: { $0.pattern.intersects(pattern) }) {
        guard row.pattern.contains(pattern) else { return .split(row.pattern) }
        links = row.links
        places += row.cores
      } else if incoming == nil {
        return .fault("the router of the core that sends has no row for them")
      }
      for direction in links.directions {
        let end = grid.end(of: Link(router: router, direction: direction))
        guard isVisited.insert(end).inserted else {
          return .fault("they come to router \(end) twice")
        }
        open.append((end, direction))
      }
    }
    return .delivered(places.sorted())
  }

  private func difference(_ found: [Int], _ expected: [Int]) -> String? {
    guard found != expected else { return nil }
    let missing = Set(expected).subtracting(found).sorted()
    if let core = missing.first {
      return "core \(core) and \(missing.count - 1) more do not get them"
    }
    let wrong = Set(found).subtracting(expected).sorted()
    if let core = wrong.first { return "core \(core) and \(wrong.count - 1) more get them unasked" }
    return "a core gets them twice"
  }

  /// Returns two parts of `pattern` that differ in a bit that `row` looks at.
  ///
  /// - Precondition: `row` is for some of the keys but not for all.
  private static func halves(of pattern: KeyPattern, by row: KeyPattern) -> [KeyPattern] {
    let free = row.mask & ~pattern.mask
    let bit = free & (~free &+ 1)
    return [
      KeyPattern(key: pattern.key, mask: pattern.mask | bit),
      KeyPattern(key: pattern.key | bit, mask: pattern.mask | bit),
    ]
  }
}

extension Allocation {

  /// Returns what is wrong with the tables of routers: keys that do not reach exactly the cores that
  /// the routes name, keys of two slices that are equal, routers with too many rows.
  ///
  /// - Parameter most: how many problems to look for.
  /// - Returns: the problems; none for allocations without tables.
  /// - Complexity: O(slices² + sends · their routers · rows).
  package func routingProblems(atMost most: Int = 20) -> [Diagnostic] {
    guard let routing, let grid = try? CoreGrid(target, holding: cores.map(\.kind)) else {
      return []
    }
    var result: [Diagnostic] = []
    let usable = routing.keys.filter { block in
      guard let slice = mapped.slices.find(block.slice) else { return false }
      return slice.core >= 0 && slice.core < grid.count
    }
    let sent = Set(usable.map(\.slice))
    for route in routes where result.count < most {
      guard let source = route.source, !sent.contains(source) else { continue }
      result.append(.withoutKeys(source.description))
    }
    for (a, b) in overlaps(usable) where result.count < most {
      result.append(
        .misrouted(a.pattern, "the slices \(a.slice) and \(b.slice) both send some of them"))
    }
    for block in usable where result.count < most {
      let places = mapped.slices[block.slice].box.count
      if places > 1 << min(block.pattern.generality, 32) {
        result.append(
          .misrouted(block.pattern, "\(block.slice) has \(places, of: "neuron"), more than keys"))
      }
    }
    let check = DeliveryCheck(routing.entries, on: grid)
    for send in sends(of: usable) where result.count < most {
      if let problem = check.problem(with: send) { result.append(problem) }
    }
    guard let limit = target.topology.network.routerEntries else { return result }
    var counts: [Int: Int] = [:]
    for entry in routing.entries { counts[entry.router, default: 0] += 1 }
    for (router, count) in counts.sorted(by: { $0.key < $1.key })
    where count > limit && router >= 0 && router < grid.routerCount && result.count < most {
      result.append(
        .routingTableOverflow(router: router, rows: count, limit: limit, others: 0, grid))
    }
    return result
  }

  /// Returns neighbours, in the order of their keys, that share some.
  private func overlaps(_ blocks: [KeyBlock]) -> [(KeyBlock, KeyBlock)] {
    let ordered = blocks.sorted { $0.pattern.key < $1.pattern.key }
    return zip(ordered, ordered.dropFirst()).filter { $0.pattern.intersects($1.pattern) }
  }
}

extension Diagnostic {

  /// Returns an error about a slice that is to send packets but has no keys.
  fileprivate static func withoutKeys(_ slice: String) -> Diagnostic {
    .error("routing.misrouted", "slice \(slice) sends packets but has no keys")
  }
}
