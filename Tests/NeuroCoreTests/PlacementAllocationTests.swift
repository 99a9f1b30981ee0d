// Allocations whose cores get places: the same network, still right, and routed.

import Diagnostics
import SpikeExecution
import SpikeIR
import TestSupport
import Testing

@testable import HardwareTargets
@testable import NeuroCore

struct PlacementAllocationTests {

  /// Returns a random network, laid out at random on cores without places.
  private func allocation(_ seed: UInt64, on target: TargetDescription) throws -> Allocation {
    var random = SplitMix64(seed: seed)
    let graph = randomSpikingGraph(
      using: &random, options: SpikingGraphOptions(codes: [.rate(timesteps: 8)]))
    let mapped = randomLayout(of: graph, on: target, cores: 12, using: &random)
    return try Allocation(of: mapped, on: target, cores: entries(of: mapped))
  }

  private static let targets: [TargetDescription] = [
    machine(
      .mesh, chips: 64, levels: [level("tile", 2, [2, 1]), level("core", 2)], coresPerChip: 4),
    torus(cores: 3),
  ]

  @Test(arguments: targets, 0..<25) func placedOnesAreRight(
    target: TargetDescription, seed: UInt64
  ) throws {
    let plain = try allocation(seed, on: target)
    let placed = try plain.placed()
    #expect(try AllocationCheck.findings(of: placed) == [])
    #expect(placed.routingProblems() == [])
    let grid = try placed.grid()
    for core in placed.cores {
      #expect(core.number < grid.count)
      #expect(core.position == grid.position(ofPlace: core.number))
    }
    // The same traffic, whatever the numbers.
    #expect(
      TrafficGraph(placed).measured(under: try linear(placed)).packets
        == TrafficGraph(plain).measured(under: try plain.grid().first(plain.cores.count)).packets)
    for route in placed.routes {
      guard let source = route.source else {
        #expect(route.hops == 0)
        continue
      }
      let hops = grid.hops(from: placed.mapped.slices[source].core, to: route.core)
      if target.topology.network.routing == .multicastTables {
        #expect(route.hops >= hops)
      } else {
        #expect(route.hops == hops)
      }
    }
    #expect(
      (placed.routing != nil) == (target.topology.network.routing == .multicastTables))
  }

  /// The placement that the numbers of a placed allocation say.
  private func linear(_ placed: Allocation) throws -> Placement {
    Placement(placed.cores.map(\.number), on: try placed.grid())
  }

  /// Links are counted on the way that a key takes through the tables of routers.
  @Test(arguments: 0..<8) func copiedPacketsTakeTheLinksOfTheirTrees(seed: UInt64) throws {
    let placed = try allocation(seed, on: torus(cores: 2)).placed()
    let grid = try placed.grid()
    let routing = try #require(placed.routing)
    var random = SplitMix64(seed: seed)
    let input = randomInputs(for: placed.graph, using: &random)
    let emulator = try MeshEmulator(loading: placed)
    let report = try emulator.run(
      count: 1, options: RunOptions(threads: 1), input: { _ in input }, progress: { _ in }
    ).report
    let trace = try emulator.trace(input)
    var expected: [GridLink: Int] = [:]
    for (block, send) in zip(routing.keys, placed.sends(of: routing.keys)) {
      let slice = placed.mapped.slices[block.slice]
      let shape = placed.graph[slice.population].shape
      let spikes = trace.units[slice.population.index].reduce(0) { sum, units in
        sum
          + (0..<slice.box.count).count { units[slice.box.neuron(at: $0, of: shape)] != 0 }
      }
      let tree = MulticastTree(
        from: Int(grid.routers[send.source]), to: send.destinations.map { Int(grid.routers[$0]) },
        on: grid)
      for link in tree.links where spikes > 0 {
        let ends = (
          grid.point(ofRouter: link.router), grid.point(ofRouter: grid.end(of: link))
        )
        expected[GridLink(from: ends.0, to: ends.1), default: 0] += spikes
      }
    }
    let found = Dictionary(
      uniqueKeysWithValues: report.links.map { (GridLink(from: $0.from, to: $0.to), $0.packets) })
    #expect(found == expected)
    #expect(report.hops == expected.values.reduce(0, +))
  }

  @Test func aChipsMemoryIsItsCoresTogether() throws {
    var target = try #require(TargetDescription.builtIn("spinnaker1"))
    let bytes = 17 * 60_000
    target.cores[0].resources["sdramBytes"] = Quantity(Double(bytes))
    let partition = try Partition.make(denseNetwork([300, 700, 90]), target)
    var placed = try Allocation(of: partition, on: target).placed()
    #expect(try AllocationCheck.findings(of: placed) == [])
    let used = Dictionary(grouping: placed.cores) { $0.number / 17 }.mapValues { own in
      own.reduce(0) { $0 + ($1.used["sdramBytes"] ?? 0) }
    }
    let most = try #require(used.values.max())
    #expect(most <= bytes && most > bytes / 17)
    let summary = try #require(placed.summary.resources.first { $0.name == "sdramBytes" })
    #expect(summary.available == bytes * used.count)
    #expect(summary.largestPart == Double(most) / Double(bytes))
    // A byte less than the cores of a chip take together, far more than one of them does.
    placed.target.cores[0].resources["sdramBytes"] = Quantity(Double(most - 1))
    let findings = try AllocationCheck.findings(of: placed)
    #expect(findings.map(\.id).contains("check.capacity"))
    #expect(findings.allSatisfy { $0.id == "check.capacity" })
  }

  @Test func linksOfUnknownArrangementsAreNotCounted() throws {
    let unknown = machine(.mesh, chips: 9, levels: [level("pe", 40)], coresPerChip: 40)
    #expect(try allocation(4, on: unknown).placed().summary.meanHops == nil)
    let known = machine(.mesh, chips: 9, levels: [level("pe", 40, [8, 5])], coresPerChip: 40)
    #expect(try allocation(4, on: known).placed().summary.meanHops != nil)
  }

  @Test func edgesAreRoutesWithTheirSpikes() throws {
    let plain = try allocation(3, on: Self.targets[0])
    let measured = plain.graph.populations.ids.map { id in
      (0..<plain.graph[id].shape.count).map { Float(id.index * 100 + $0) }
    }
    let graph = TrafficGraph(plain, spikes: measured)
    #expect(graph.edges.count == plain.routes.count)
    for (edge, route) in zip(graph.edges, plain.routes) {
      let block = plain.axons[route.block]
      let shape = plain.graph[block.population].shape
      let sum = (0..<block.box.count).reduce(0.0) {
        $0 + Double(block.population.index * 100 + block.box.neuron(at: $1, of: shape))
      }
      #expect(edge.spikes == sum)
      #expect(graph.destinations(of: edge).map { plain.cores[$0].number } == [route.core])
      #expect(
        edge.source.map { plain.cores[$0].number }
          == route.source.map { plain.mapped.slices[$0].core })
    }
    let estimated = TrafficGraph(plain, estimate: 2)
    for (edge, route) in zip(estimated.edges, plain.routes) {
      #expect(edge.spikes == 2 * Double(plain.axons[route.block].box.count))
    }
  }

  @Test func damagedTablesOfRoutersAreFound() throws {
    var placed = try allocation(4, on: Self.targets[1]).placed()
    let routing = try #require(placed.routing)
    try #require(routing.keys.count > 1 && !routing.entries.isEmpty)
    for i in routing.entries.indices {
      placed.routing = routing
      placed.routing?.entries.remove(at: i)
      #expect(placed.routingProblems() != [])
    }
    for i in routing.keys.indices {
      placed.routing = routing
      placed.routing?.keys.remove(at: i)
      #expect(placed.routingProblems() != [])
    }
    placed.routing = routing
    placed.routing?.keys[0].pattern = routing.keys[1].pattern
    #expect(placed.routingProblems() != [])
    placed.routing = routing
    placed.target.topology.network.routerEntries = 0
    #expect(placed.routingProblems().contains { $0.id == "routing.table-overflow" })
  }

  @Test(arguments: 0..<10) func tablesOfRoutersReadBack(seed: UInt64) throws {
    let placed = try allocation(seed, on: Self.targets[1]).placed()
    var tables = Dictionary(
      uniqueKeysWithValues: placed.tables.map { ($0.name, Array($0.text.utf8)) })
    #expect(tables["keys.csv"] != nil && tables["routing.csv"] != nil)
    var read = try Allocation(reading: tables, of: placed.graph, on: placed.target)
    read.mapped.target = placed.mapped.target
    #expect(read == placed)
    tables["keys.csv"] = nil
    #expect(throws: CompileError.self) {
      try Allocation(reading: tables, of: placed.graph, on: placed.target)
    }
  }

  @Test(arguments: [
    "99,00000000,fffffffc", "0,0,fffffffc", "0,00000001,fffffffc", "0,0000000g,fffffffc",
  ]) func badKeysAreRefused(row: String) {
    let tables = [
      "keys.csv": Array("slice,key,mask\n\(row)\n".utf8),
      "routing.csv": Array("router,key,mask,links,cores\n".utf8),
    ]
    let error = #expect(throws: Diagnostic.self) { try RoutingTables.reading(tables, slices: 3) }
    #expect(error?.id == "tables.bad-row")
  }

  @Test(arguments: ["0,00000000,fffffffc,e up,1", "0,00000000,fffffffc,e,1 -2"])
  func badRowsAreRefused(row: String) {
    let tables = [
      "keys.csv": Array("slice,key,mask\n".utf8),
      "routing.csv": Array("router,key,mask,links,cores\n\(row)\n".utf8),
    ]
    let error = #expect(throws: Diagnostic.self) { try RoutingTables.reading(tables, slices: 3) }
    #expect(error?.id == "tables.bad-row")
  }

  @Test func listsOfDestinationsAreCounted() throws {
    var target = Self.targets[0]
    target.topology.network.routing = .destinationList
    target.topology.network.routerEntries = 1_000
    let placed = try allocation(3, on: target).placed()
    #expect(placed.routing == nil)
    target.topology.network.routerEntries = 1
    let plain = try allocation(3, on: target)
    let error = #expect(throws: Diagnostic.self) { try plain.placed() }
    #expect(error?.id == "routing.list-overflow")
    #expect(error?.exitCode == .doesNotFit)
  }
}

extension CoreGrid {

  /// Cores at the first places.
  fileprivate func first(_ count: Int) -> Placement { Placement(Array(0..<count), on: self) }
}
