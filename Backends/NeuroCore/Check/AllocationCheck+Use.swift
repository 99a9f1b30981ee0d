// The last part of the check: what cores hold, where they are, and how far packets go.

internal import Diagnostics
internal import HardwareTargets
internal import SpikeIR

extension AllocationCheck {

  /// Checks that cores hold what the table says, and no more than they can.
  mutating func checkUse() throws(CompileError) {
    let network = try NetworkModel(allocation.graph, on: allocation.target)
    let accountants = allocation.target.cores.indices.map { ResourceAccountant(network, kind: $0) }
    let demands = demands(network, accountants)
    var shares: [ChipShare: Int] = [:]
    for core in allocation.cores {
      let budget = accountants[core.kind].budget
      let amounts = budget.amounts(demands[core.number] ?? CoreDemand())
      for (entry, amount) in zip(budget.entries, amounts) {
        let said = core.used[entry.name]
        if said != amount {
          report(
            "use",
            "core \(core.number) uses \(amount) of '\(entry.name)', the table says "
              + (said.map { "\($0)" } ?? "nothing"))
        }
        if let capacity = entry.chipCapacity {
          let chip = core.number / max(1, allocation.target.coresPerChip)
          let share = ChipShare(chip: chip, resource: entry.name, capacity: capacity)
          shares[share, default: 0] = shares[share, default: 0].addingOrMost(amount)
        } else if let capacity = entry.capacity, amount > capacity {
          report(
            "capacity", "core \(core.number) uses \(amount) of '\(entry.name)', it has \(capacity)")
        }
      }
    }
    for (share, amount) in shares.sorted(by: { $0.key < $1.key }) where amount > share.capacity {
      report(
        "capacity",
        "the cores of chip \(share.chip) use \(amount) of '\(share.resource)', it has "
          + "\(share.capacity)")
    }
    checkWords(accountants)
  }

  /// What the cores of a chip share.
  private struct ChipShare: Hashable, Comparable {
    var chip: Int
    var resource: String
    var capacity: Int

    static func < (a: Self, b: Self) -> Bool {
      (a.chip, a.resource, a.capacity) < (b.chip, b.resource, b.capacity)
    }
  }

  /// Returns what each core takes, by its number, counted from the tables.
  private func demands(
    _ network: NetworkModel, _ accountants: [ResourceAccountant]
  ) -> [Int: CoreDemand] {
    let kinds = Dictionary(allocation.cores.map { ($0.number, $0.kind) }) { first, _ in first }
    var result: [Int: CoreDemand] = [:]
    for slice in allocation.mapped.slices.elements {
      guard let layer = network.layer[slice.population.index], let kind = kinds[slice.core] else {
        continue
      }
      result[slice.core, default: CoreDemand()].add(
        accountants[kind].demand(of: layer, slice.box))
    }
    for number in result.keys { result[number]?.inAxons = 0 }
    for block in allocation.axons { result[block.core]?.inAxons += block.box.count }
    for route in allocation.routes {
      guard let source = route.source else { continue }
      let core = allocation.mapped.slices[source].core
      result[core]?.outAxons += allocation.axons[route.block].box.count
    }
    return result
  }

  /// Checks that the memory of each path into each slice is said once, at its first connection.
  private mutating func checkWords(_ accountants: [ResourceAccountant]) {
    var counted = Set<[Int]>()
    for connection in allocation.connections {
      let slice = allocation.mapped.slices[connection.target]
      let isFirst = counted.insert([connection.path, connection.target.index]).inserted
      let kind = allocation.target.kind(ofCore: slice.core)
      let expected =
        isFirst ? accountants[kind].memory(along: connection.path, into: slice.box) : 0
      if connection.words != expected {
        report(
          "words",
          "path \(connection.path) into slice \(connection.target.index) takes "
            + "\(expected, of: "word"), the table says \(connection.words)")
      }
    }
  }

  /// Checks positions of cores, links of routes, and tables of routers.
  mutating func checkPlaces() {
    guard let grid = try? allocation.grid() else {
      report("places", "the machine has too few chips for the cores")
      return
    }
    for core in allocation.cores where core.number < grid.count {
      let expected = grid.position(ofPlace: core.number)
      if core.position != expected {
        report(
          "position",
          "core \(core.number) is at \(core.position.x),\(core.position.y), expected "
            + "\(expected.x),\(expected.y)")
      }
    }
    findings += allocation.routingProblems()
    guard allocation.target.topology.network.routing != .multicastTables else { return }
    for route in allocation.routes {
      guard let source = route.source else {
        if route.hops != 0 {
          report(
            "hops",
            "a route from the host takes \(route.hops, of: "link")")
        }
        continue
      }
      let expected = grid.hops(from: allocation.mapped.slices[source].core, to: route.core)
      if route.hops != expected {
        report(
          "hops",
          "the route of slice \(source.index) to core \(route.core) takes "
            + "\(route.hops, of: "link"), expected \(expected)")
      }
    }
  }
}
