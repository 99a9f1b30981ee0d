// Trees, tables and what becomes of keys in them.

import Diagnostics
import Testing

@testable import HardwareTargets
@testable import NeuroCore

struct RoutingTests {

  /// Returns sends between random places, with blocks of keys of random sizes.
  private func randomSends(
    _ count: Int, on grid: CoreGrid, fanOut: Int, seed: UInt64
  ) throws -> [MulticastSend] {
    var random = SeededGenerator(seed: seed)
    let patterns = try MulticastSend.blocks(of: (0..<count).map { _ in 1 + random.below(9) })
    return patterns.map { pattern in
      let center = random.below(grid.count)
      return MulticastSend(
        pattern: pattern, source: random.below(grid.count),
        destinations: (0...random.below(fanOut)).map { _ in
          random.below(2) == 0 ? random.below(grid.count) : (center + random.below(6)) % grid.count
        })
    }
  }

  private static let grids: [CoreGrid] = [
    CoreGrid(torus(array: [5, 4], cores: 3), chips: 20),
    CoreGrid(torus(array: [1, 1], cores: 8), chips: 1),
    CoreGrid(torus(array: [2, 9], cores: 2), chips: 17),
    CoreGrid(
      machine(
        .mesh, chips: 4, levels: [level("tile", 6, [3, 2]), level("core", 2)], coresPerChip: 12,
        delivery: .multicast), chips: 4),
  ]

  @Test func blocksAreAlignedAndApart() throws {
    let sizes = [5, 1, 8, 300, 2, 3, 1]
    let blocks = try MulticastSend.blocks(of: sizes)
    for (block, size) in zip(blocks, sizes) {
      let keys = 1 << block.generality
      #expect(keys >= size && keys < 2 * size)
      #expect(block.mask == ~UInt32(keys - 1) && block.key & ~block.mask == 0)
    }
    for i in blocks.indices {
      for j in 0..<i { #expect(!blocks[i].intersects(blocks[j])) }
    }
    #expect(try MulticastSend.blocks(of: [1 << 32])[0].mask == 0)
    let error = #expect(throws: Diagnostic.self) {
      try MulticastSend.blocks(of: [1 << 31, 1 << 31, 1])
    }
    #expect(error?.id == "routing.too-many-keys")
  }

  @Test func patternsAreSetsOfKeys() {
    var random = SeededGenerator(seed: 1)
    func keys(_ pattern: KeyPattern) -> Set<UInt32> {
      Set((0..<16).filter { $0 & pattern.mask == pattern.key })
    }
    for _ in 0..<500 {
      let (a, b) = (
        KeyPattern(key: UInt32(random.below(16)), mask: ~15 | UInt32(random.below(16))),
        KeyPattern(key: UInt32(random.below(16)), mask: ~15 | UInt32(random.below(16)))
      )
      #expect(a.intersects(b) == !keys(a).isDisjoint(with: keys(b)))
      #expect(a.contains(b) == keys(a).isSuperset(of: keys(b)))
      #expect(keys(a).count == 1 << a.generality)
    }
  }

  @Test(arguments: grids, 0..<20) func treesReachAllOnce(grid: CoreGrid, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let root = random.below(grid.routerCount)
    let ends = (0..<random.below(9)).map { _ in random.below(grid.routerCount) }
    let tree = MulticastTree(from: root, to: ends, on: grid)
    var reached: Set<Int> = [root]
    for link in tree.links {
      #expect(reached.contains(link.router))
      #expect(reached.insert(grid.end(of: link)).inserted)
      #expect(
        grid.hops(fromRouter: link.router, to: grid.end(of: link)) == 1,
        "links lead to neighbours")
    }
    #expect(reached.isSuperset(of: ends))
    let distances = Set(ends).map { grid.hops(fromRouter: root, to: $0) }
    #expect(tree.links.count >= distances.max() ?? 0)
    #expect(tree.links.count <= distances.reduce(0, +))
    // Each leaf is an end.
    let inner = Set(tree.links.map(\.router))
    for link in tree.links where !inner.contains(grid.end(of: link)) {
      #expect(ends.contains(grid.end(of: link)))
    }
  }

  @Test(arguments: grids, 0..<10) func tablesDeliver(grid: CoreGrid, seed: UInt64) throws {
    let sends = try randomSends(60, on: grid, fanOut: 6, seed: seed)
    let routed = try RoutedSends(sends, on: grid, limit: nil)
    let check = DeliveryCheck(routed.entries, on: grid)
    for send in sends { #expect(check.problem(with: send) == nil) }
    for (send, hops) in zip(sends, routed.hops) {
      for (place, count) in zip(send.destinations, hops) {
        #expect(count >= grid.hops(from: send.source, to: place))
      }
    }
  }

  /// As few rows as merging can make, on all routers at once.
  @Test(arguments: grids, 0..<10) func mergedTablesDeliver(grid: CoreGrid, seed: UInt64) throws {
    let sends = try randomSends(80, on: grid, fanOut: 4, seed: seed)
    let plain = try RoutedSends(sends, on: grid, limit: nil)
    // The least limit that can be met; each lower one is diagnosed.
    var limit = plain.mostEntries
    var best = plain
    while limit > 0, let routed = try? RoutedSends(sends, on: grid, limit: limit - 1) {
      best = routed
      limit -= 1
      #expect(routed.mostEntries <= limit)
    }
    let check = DeliveryCheck(best.entries, on: grid)
    for send in sends { #expect(check.problem(with: send) == nil) }
    if grid.routerCount > 1 { #expect(best.mostEntries < plain.mostEntries) }
  }

  @Test func straightWaysNeedNoRows() throws {
    let grid = CoreGrid(torus(array: [12, 12], cores: 2), chips: 144)
    let sends = [
      MulticastSend(pattern: KeyPattern(key: 0, mask: ~3), source: 0, destinations: [2 * 5])
    ]
    let routed = try RoutedSends(sends, on: grid, limit: nil)
    #expect(routed.plainEntries == 6)
    #expect(routed.entries.map(\.router) == [0, 5])
    #expect(routed.entries.map(\.links) == [LinkSet(.east), []])
    #expect(routed.entries[1].cores == [10])
    #expect(routed.hops == [[5]])
  }

  @Test func faultsAreFound() throws {
    let grid = Self.grids[0]
    let sends = try randomSends(60, on: grid, fanOut: 6, seed: 5)
    let entries = try RoutedSends(sends, on: grid, limit: nil).entries
    var random = SeededGenerator(seed: 9)
    for round in 0..<100 {
      var wrong = entries
      let i = random.below(entries.count)
      switch round % 4 {
      case 0: wrong.remove(at: i)
      case 1: wrong[i].links.formSymmetricDifference(LinkSet(rawValue: 1 << UInt8(random.below(6))))
      case 2:
        wrong[i].pattern = KeyPattern(key: ~entries[i].pattern.key, mask: entries[i].pattern.mask)
      default:
        let core = random.below(grid.count)
        if wrong[i].cores.contains(core) {
          wrong[i].cores.removeAll { $0 == core }
        } else {
          wrong[i].cores.append(core)
        }
      }
      let check = DeliveryCheck(wrong, on: grid)
      #expect(sends.contains { check.problem(with: $0)?.id == "routing.misrouted" }, "\(round)")
    }
  }

  @Test func overflowIsDiagnosed() throws {
    // A chip that sends to each of the others by a different set of cores.
    let grid = CoreGrid(torus(array: [3, 3], cores: 4), chips: 9)
    let patterns = try MulticastSend.blocks(of: [Int](repeating: 1, count: 30))
    let sends = patterns.enumerated().map { i, pattern in
      MulticastSend(pattern: pattern, source: 0, destinations: [1 + i % 3, 4 + i])
    }
    let error = #expect(throws: Diagnostic.self) { try RoutedSends(sends, on: grid, limit: 5) }
    #expect(error?.id == "routing.table-overflow")
    #expect(error?.exitCode == .doesNotFit)
    #expect(error?.message.hasPrefix("router (0, 0) of chip 0 needs ") == true)
    #expect(error?.message.contains("its table has 5") == true)
    let chips = CoreGrid(
      machine(.pointToPoint, chips: 2, levels: [level("core", 4)], coresPerChip: 4), chips: 2)
    let outside = [MulticastSend(pattern: patterns[0], source: 0, destinations: [7])]
    #expect(throws: Diagnostic.self) { try RoutedSends(outside, on: chips, limit: nil) }
  }
}

struct RoutingCoveringTests {

  /// Rows over keys of 8 bits, no two of which share a key.
  private func randomRows(_ seed: UInt64) -> [RouterTable.Row] {
    var random = SeededGenerator(seed: seed)
    let routes = 1 + random.below(5)
    var rows: [RouterTable.Row] = []
    var next = 0
    while next < 256 {
      let size = 1 << random.below(4)
      next = (next + size - 1) / size * size
      guard next + size <= 256 else { break }
      // Some keys never arrive.
      if random.below(4) > 0 {
        rows.append(
          RouterTable.Row(
            pattern: KeyPattern(key: UInt32(next), mask: ~UInt32(size - 1)),
            route: random.below(routes), isDefault: false))
      }
      next += size
    }
    // By chance, what has the last route goes straight on.
    let straight = random.below(2) == 0 ? routes - 1 : routes
    for i in rows.indices { rows[i].isDefault = rows[i].route == straight }
    return rows
  }

  @Test(arguments: 0..<300) func keysKeepTheirRoutes(seed: UInt64) {
    let rows = randomRows(seed)
    for limit in [0, rows.count / 2, rows.count] {
      var covering = OrderedCovering(rows)
      let merged = covering.minimized(to: limit)
      #expect(merged.count <= rows.count)
      for row in rows {
        for key in 0..<UInt32(256) where key & row.pattern.mask == row.pattern.key {
          let first = merged.first { key & $0.pattern.mask == $0.pattern.key }
          #expect(first.map { $0.route == row.route } ?? row.isDefault)
        }
      }
    }
  }

  @Test func mergesAsMuchAsItCan() {
    // Of 16 keys all but one go one way: two rows.
    let rows = (0..<16).map {
      RouterTable.Row(
        pattern: KeyPattern(key: $0, mask: ~0), route: $0 == 6 ? 1 : 0, isDefault: false)
    }
    var covering = OrderedCovering(rows)
    let merged = covering.minimized(to: 0)
    #expect(merged.map(\.route) == [1, 0])
    #expect(merged.map(\.pattern.generality) == [0, 4])
  }

  @Test func stopsAtTheLimit() {
    let rows = (0..<64).map {
      RouterTable.Row(
        pattern: KeyPattern(key: $0, mask: ~0), route: Int($0 / 8), isDefault: false)
    }
    var covering = OrderedCovering(rows)
    #expect(covering.minimized(to: 64).count == 64)
    #expect(covering.minimized(to: 40).count == 36)
  }
}
