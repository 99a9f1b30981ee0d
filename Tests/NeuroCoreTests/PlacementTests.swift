// Placements: valid, repeatable, exact in what swaps gain, best where all can be tried.

import Diagnostics
import Testing

@testable import HardwareTargets
@testable import NeuroCore

struct PlacementTests {

  /// A mesh of `columns` by `rows` routers with one core each.
  private func plainMesh(_ columns: Int, _ rows: Int) -> CoreGrid {
    CoreGrid(
      machine(
        .mesh, chips: 1, levels: [level("core", columns * rows, [columns, rows])],
        coresPerChip: columns * rows), chips: 1)
  }

  private func gains<Metric: GridMetric>(on grid: CoreGrid, _ metric: Metric, seed: UInt64) throws {
    let graph = TrafficGraph.random(grid.count * 3 / 4, edges: 200, seed: seed)
    var random = SeededGenerator(seed: seed)
    var state = PlacementState(
      try Placement.linear(graph, on: grid), TrafficPairs(graph), metric)
    for _ in 0..<300 {
      let (core, place) = (random.below(graph.count), random.below(grid.count))
      guard place != Int(state.places[core]) else { continue }
      state.move(core, to: place, gain: state.gain(ofMoving: core, to: place))
      #expect(state.cost == state.recomputedCost())
    }
  }

  @Test(arguments: 0..<4) func swapsGainWhatTheySay(seed: UInt64) throws {
    try gains(on: CoreGrid(tiledMesh(), chips: 2), MeshMetric(), seed: seed)
    let torus = CoreGrid(torus(array: [5, 3]), chips: 15)
    try gains(on: torus, TorusMetric(torus), seed: seed)
    let complete = CoreGrid(
      machine(.pointToPoint, chips: 9, levels: [level("core", 9)], coresPerChip: 9), chips: 6)
    try gains(on: complete, CompleteMetric(), seed: seed)
  }

  /// The cost of the search is the sum of packets and links that is measured in the end.
  @Test(arguments: 0..<4) func costIsWhatIsMeasured(seed: UInt64) throws {
    let graph = TrafficGraph.random(100, edges: 300, seed: seed)
    for grid in [CoreGrid(tiledMesh(), chips: 1), CoreGrid(torus(array: [4, 3]), chips: 12)] {
      let placement = try Placement.alongCurve(graph, on: grid)
      let pairs = TrafficPairs(graph)
      let cost =
        grid.form == .mesh
        ? PlacementState(placement, pairs, MeshMetric()).cost
        : PlacementState(placement, pairs, TorusMetric(grid)).cost
      let measured = graph.measured(under: placement).packetHops
      // Weights are rounded to 2⁻²⁸ of the largest.
      #expect(abs(Double(cost) * pairs.unit - measured) <= measured * 1e-6)
    }
  }

  @Test(arguments: 0..<6) func findsTheBestOfAll(seed: UInt64) throws {
    let grid = plainMesh(3, 2)
    let graph = TrafficGraph.random(6, edges: 12, seed: seed)
    var best = Double.infinity
    var places = Array(0..<6)
    permute(&places, 0) {
      best = min(best, graph.measured(under: Placement($0, on: grid)).packetHops)
    }
    let found = try PlacementSearch().place(graph, on: grid)
    #expect(graph.measured(under: found).packetHops <= best * (1 + 1e-9))
  }

  private func permute(_ values: inout [Int], _ first: Int, _ body: ([Int]) -> Void) {
    if first == values.count { return body(values) }
    for i in first..<values.count {
      values.swapAt(first, i)
      permute(&values, first + 1, body)
      values.swapAt(first, i)
    }
  }

  @Test func searchesAreRepeatable() throws {
    let graph = TrafficGraph.geometric(200, neighbours: 6, seed: 1)
    let grid = try CoreGrid(tiledMesh(), holding: graph.kinds)
    var search = PlacementSearch()
    search.movesPerCore = 100
    let first = try search.place(graph, on: grid)
    #expect(try search.place(graph, on: grid) == first)
    search.seed = 1
    #expect(try search.place(graph, on: grid) != first)
  }

  @Test(arguments: 0..<6) func kindsGetTheirPlaces(seed: UInt64) throws {
    let target = machine(
      .mesh, chips: 8, levels: [level("tile", 12, [4, 3]), level("core", 2)],
      classes: [core("a", 10, ids: [0, 1, 5, 6, 9, 10, 12, 20, 21, 23]), core("b", 14)])
    let graph = TrafficGraph.random(60, edges: 150, kinds: 2, seed: seed)
    let grid = try CoreGrid(target, holding: graph.kinds)
    for placement in [
      try Placement.linear(graph, on: grid), try Placement.alongCurve(graph, on: grid),
      try PlacementSearch().place(graph, on: grid),
    ] {
      #expect(Set(placement.places).count == 60)
      #expect(placement.places.map { grid.kind(ofPlace: $0) } == graph.kinds)
    }
  }

  @Test func tellsWhenPlacesAreMissing() {
    let graph = TrafficGraph(kinds: [0, 0, 0, 0, 0])
    let error = #expect(throws: Diagnostic.self) {
      try Placement.linear(graph, on: plainMesh(2, 2))
    }
    #expect(error?.id == "placement.no-place")
    #expect(error?.exitCode == .doesNotFit)
  }

  @Test(arguments: 0..<4) func isNotWorseThanLinear(seed: UInt64) throws {
    for graph in [
      TrafficGraph.random(150, edges: 100, seed: seed),
      .tiles([TileLayer(rows: 1, columns: 60), TileLayer(rows: 1, columns: 60)], halo: 0),
      TrafficGraph(kinds: [0, 0, 0]),
    ] {
      let grid = try CoreGrid(tiledMesh(), holding: graph.kinds)
      let found = graph.measured(under: try PlacementSearch().place(graph, on: grid))
      let linear = graph.measured(under: try Placement.linear(graph, on: grid))
      #expect(found.packetHops <= linear.packetHops * (1 + 1e-6))
      #expect(abs(found.packets - linear.packets) < 1e-6)
    }
  }

  /// Trees are no longer than what is made small for them.
  @Test(arguments: 0..<6) func treesAreShorterThanTheirEstimate(seed: UInt64) throws {
    var graph = TrafficGraph.random(100, edges: 200, seed: seed)
    graph.delivery = .multicast
    let grid = CoreGrid(torus(array: [4, 3], cores: 9), chips: 12)
    let linear = try Placement.linear(graph, on: grid)
    let pairs = TrafficPairs(graph)
    let estimate = Double(PlacementState(linear, pairs, TorusMetric(grid)).cost) * pairs.unit
    let links = graph.measured(under: linear).packetHops
    #expect(links <= estimate * 1.05)
    let found = graph.measured(under: try PlacementSearch().place(graph, on: grid)).packetHops
    #expect(found < links)
  }

  /// A grid of cores that talk to their neighbours, numbered at random, finds back to it.
  @Test func unfoldsAGrid() throws {
    var order = Array(0..<144)
    var random = SeededGenerator(seed: 3)
    order.shuffle(using: &random)
    var graph = TrafficGraph(kinds: [Int](repeating: 0, count: 144))
    for y in 0..<12 {
      for x in 0..<12 {
        if x < 11 { graph.add(from: order[y * 12 + x], spikes: 1, to: [order[y * 12 + x + 1]]) }
        if y < 11 { graph.add(from: order[y * 12 + x], spikes: 1, to: [order[y * 12 + 12 + x]]) }
      }
    }
    let grid = plainMesh(12, 12)
    let found = graph.measured(under: try PlacementSearch().place(graph, on: grid))
    // 264 is the least, and what the numbers' order costs is more than 2,000.
    #expect(found.packetHops < 264 * 1.25)
    #expect(graph.measured(under: try .linear(graph, on: grid)).packetHops > 1_800)
  }

  @Test func countsPacketsAndLinks() throws {
    let grid = plainMesh(3, 3)
    var graph = TrafficGraph(kinds: [0, 0, 0])
    graph.add(from: 0, spikes: 10, to: [0, 1, 2, 2])
    graph.add(from: nil, spikes: 5, to: [0, 1])
    graph.add(from: 1, spikes: 1, to: [0])
    // Cores at (0, 0), (2, 0), (2, 2).
    let placement = Placement([0, 2, 8], on: grid)
    let unicast = graph.measured(under: placement)
    #expect(unicast.packets == 21 && unicast.hostPackets == 10 && unicast.localSpikes == 10)
    #expect(unicast.packetHops == 10 * 2 + 10 * 4 + 2)
    #expect(unicast.busiestLink?.link == Link(router: 0, direction: .east))
    #expect(unicast.busiestLink?.packets == 20)
    graph.delivery = .multicast
    let multicast = graph.measured(under: placement)
    #expect(multicast.packets == 11 && multicast.hostPackets == 5)
    #expect(multicast.packetHops == 10 * 4 + 2)
    #expect(multicast.chipCrossings == 0)
  }

  @Test func reachIsChecked() throws {
    let target = machine(
      .mesh, chips: 4, levels: [level("core", 4, [4, 1])], coresPerChip: 4, reach: [3, 3])
    var graph = TrafficGraph(kinds: [Int](repeating: 0, count: 8))
    graph.add(from: 0, spikes: 1, to: [7])
    let grid = CoreGrid(target, chips: 2)
    #expect([grid.columns, grid.rows] == [8, 1])
    let error = #expect(throws: Diagnostic.self) {
      try Placement.linear(graph, on: grid).checkReach(of: graph)
    }
    #expect(error?.id == "placement.beyond-reach")
    try Placement([0, 4, 5, 6, 7, 1, 2, 3], on: grid).checkReach(of: graph)
  }
}
