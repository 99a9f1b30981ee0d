// Packets on links, counted a second time from the text of the tables and the spikes of each neuron, by
// nothing but the rules of routers: it shares no code with the emulator's counts, trees or checks.

import Diagnostics
import SpikeExecution
import SpikeIR
import TestSupport
import Testing

@testable import HardwareTargets
@testable import NeuroCore

/// A row of a table, by the names of its columns.
private typealias Row = [String: String]

/// Returns the rows of a table of comma-separated values without quotes.
private func rows(of name: String, _ allocation: Allocation) throws -> [Row] {
  let text = try #require(allocation.tables.first { $0.name == name }?.text)
  let lines = text.split(whereSeparator: \.isNewline).map {
    $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
  return lines.dropFirst().map { Row(uniqueKeysWithValues: zip(lines[0], $0)) }
}

/// A column and a row of routers.
private struct Place: Hashable {
  var x: Int
  var y: Int
}

/// A link between neighbours.
private struct Wire: Hashable {
  var from: Place
  var to: Place
}

/// The routers of a machine, read from the tables.
private struct Routers {

  /// The rows of each router, in order: key, mask, names of links, cores.
  private var rows: [Int: [(key: UInt32, mask: UInt32, links: [String], cores: [String])]] = [:]
  private let columns: Int
  private let height: Int

  init(_ allocation: Allocation) throws {
    let grid = try allocation.grid()
    (columns, height) = (grid.columns, grid.rows)
    for row in try NeuroCoreTests.rows(of: "routing.csv", allocation) {
      rows[try number(row, "router"), default: []].append(
        (
          try hexadecimal(row, "key"), try hexadecimal(row, "mask"),
          row["links"].map { $0.split(separator: " ").map(String.init) } ?? [],
          row["cores"].map { $0.split(separator: " ").map(String.init) } ?? []
        ))
    }
  }

  /// Returns the links that a packet takes from a router, and the cores that get it.
  func way(of key: UInt32, from start: Place) -> (wires: [Wire], cores: Set<String>) {
    let steps: [String: (Int, Int)] = [
      "e": (1, 0), "ne": (1, 1), "n": (0, 1), "w": (-1, 0), "sw": (-1, -1), "s": (0, -1),
    ]
    var (wires, cores): ([Wire], Set<String>) = ([], [])
    var open: [(Place, String?)] = [(start, nil)]
    while let (place, incoming) = open.popLast(), wires.count < 10_000 {
      let row = rows[place.y * columns + place.x]?.first { key & $0.mask == $0.key & $0.mask }
      cores.formUnion(row?.cores ?? [])
      // Without a row a packet goes straight on.
      for link in row?.links ?? incoming.map({ [$0] }) ?? [] {
        guard let (dx, dy) = steps[link] else { continue }
        let next = Place(
          x: (place.x + dx + columns) % columns, y: (place.y + dy + height) % height)
        wires.append(Wire(from: place, to: next))
        open.append((next, link))
      }
    }
    return (wires, cores)
  }
}

private func number(_ row: Row, _ column: String) throws -> Int {
  try #require(row[column].flatMap { Int($0) }, "\(column) of \(row)")
}

private func hexadecimal(_ row: Row, _ column: String) throws -> UInt32 {
  try #require(row[column].flatMap { UInt32($0, radix: 16) }, "\(column) of \(row)")
}

/// Neurons of a population.
private struct Box {
  var y: Range<Int>
  var x: Range<Int>
  var c: Range<Int>

  init(_ row: Row) throws {
    func range(_ axis: String) throws -> Range<Int> {
      let (low, high) = (try number(row, axis + "0"), try number(row, axis + "1"))
      return low..<max(low, high)
    }
    (y, x, c) = (try range("y"), try range("x"), try range("c"))
  }

  func contains(_ neuron: (y: Int, x: Int, c: Int)) -> Bool {
    y.contains(neuron.y) && x.contains(neuron.x) && c.contains(neuron.c)
  }

  /// The neurons, channels first, then columns.
  var neurons: [(y: Int, x: Int, c: Int)] {
    y.flatMap { y in x.flatMap { x in c.map { (y, x, $0) } } }
  }
}

/// What an allocation's packets did, counted from its tables' text.
private struct Recount {

  /// The packets on each link.
  var loads: [Wire: Int] = [:]
  /// A spike once for each core that is to hear it.
  var packets = 0
  /// Neurons whose packets miss a core that is to hear them.
  var missing = 0

  /// Sends each spike of `spikes`, which has the spikes of each neuron of each population.
  init(_ allocation: Allocation, _ spikes: [String: [Int]]) throws {
    let routers = try Routers(allocation)
    var places: [String: Place] = [:]
    for row in try rows(of: "cores.csv", allocation) {
      places[row["core"] ?? ""] = Place(x: try number(row, "x"), y: try number(row, "y"))
    }
    var boxes: [String: Box] = [:]
    for row in try rows(of: "axons.csv", allocation) {
      boxes["\(row["core"] ?? "") \(row["axon"] ?? "")"] = try Box(row)
    }
    var routes: [String: [(core: String, box: Box)]] = [:]
    for row in try rows(of: "routes.csv", allocation) {
      let core = row["to_core"] ?? ""
      let box = try #require(boxes["\(core) \(row["axon"] ?? "")"])
      routes[row["from_slice"] ?? "", default: []].append((core, box))
    }
    let keys = try rows(of: "keys.csv", allocation)
    for slice in try rows(of: "slices.csv", allocation) {
      let own = routes[slice["slice"] ?? ""] ?? []
      guard let row = keys.first(where: { $0["slice"] == slice["slice"] }) else {
        #expect(own.isEmpty, "a slice without keys that sends")
        continue
      }
      let first = try hexadecimal(row, "key")
      let name = try #require(slice["population"])
      let shape = try #require(
        allocation.graph.populations.elements.first { $0.name == name }?.shape)
      let (width, channels) = (shape.rank == 3 ? shape[1] : 1, shape.channels)
      let start = try #require(places[slice["core"] ?? ""])
      for (i, neuron) in try Box(slice).neurons.enumerated() {
        let count = spikes[name]?[(neuron.y * width + neuron.x) * channels + neuron.c] ?? 0
        let wanted = Set(own.filter { $0.box.contains(neuron) }.map(\.core))
        let (wires, reached) = routers.way(of: first + UInt32(i), from: start)
        if !wanted.isSubset(of: reached) { missing += 1 }
        packets += count * wanted.count
        for wire in wires where count > 0 { loads[wire, default: 0] += count }
      }
    }
  }
}

@Suite("Links counted from tables") struct LinkTrafficTests {

  /// A board of few small cores a chip, on a torus or a mesh.
  private func machine(_ kind: Topology.Network.Kind) throws -> TargetDescription {
    var target = try #require(TargetDescription.builtIn("spinnaker1"))
    target.cores[0].count = 4
    target.cores[0].resources["neurons"] = Quantity(64)
    target.topology.network.kind = kind
    target.topology.levels = [
      level("chip", 42, [7, 6]), level("tile", 1, [1, 1]), level("core", 4),
    ]
    return target
  }

  @Test(
    "packets on each link are those that the tables of routers send there",
    arguments: [Topology.Network.Kind.hexagonalTorus, .mesh], [false, true])
  func links(kind: Topology.Network.Kind, isResidual: Bool) throws {
    let graph = isResidual ? residualNetwork(side: 10, blocks: 1) : plainNetwork(side: 12)
    let target = try machine(kind)
    var search = PlacementSearch()
    search.movesPerCore = 50
    let allocation = try Allocation(of: Partition.make(graph, target), on: target)
      .placed(by: search)
    let emulator = try MeshEmulator(loading: allocation)
    var random = SplitMix64(seed: 4)
    let inputs = randomInputs(for: graph, using: &random)
    let report = try emulator.run(
      count: 1, options: RunOptions(), input: { _ in inputs }, progress: { _ in }
    ).report
    let trace = try emulator.trace(inputs)
    var spikes: [String: [Int]] = [:]
    for (population, units) in zip(graph.populations.elements, trace.units) {
      spikes[population.name] = (0..<population.shape.count).map { n in
        units.count { $0[n] != 0 }
      }
    }
    let recount = try Recount(allocation, spikes)
    #expect(recount.missing == 0)
    #expect(
      recount.packets == report.packets && report.packets > 1_000, "\(report.packets) packets")
    #expect(recount.loads.values.reduce(0, +) == report.hops && recount.loads.count > 20)
    let found = Dictionary(
      uniqueKeysWithValues: report.links.map {
        (
          Wire(from: Place(x: $0.from.x, y: $0.from.y), to: Place(x: $0.to.x, y: $0.to.y)),
          $0.packets
        )
      })
    #expect(found == recount.loads)
  }
}
