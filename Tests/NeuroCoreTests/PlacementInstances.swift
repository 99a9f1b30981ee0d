// Machines and networks for the tests of placement and routing.

import TestSupport

@testable import HardwareTargets
@testable import NeuroCore

/// A machine of one kind of core.
func machine(
  _ kind: Topology.Network.Kind, chips: Int, levels: [Topology.Level], coresPerChip: Int,
  delivery: Topology.Network.Delivery = .unicastIterated, reach: [Int]? = nil,
  routerEntries: Int? = nil
) -> TargetDescription {
  machine(
    kind, chips: chips, levels: levels,
    classes: [core("core", coresPerChip)], delivery: delivery, reach: reach,
    routerEntries: routerEntries)
}

/// A machine of several kinds of cores.
func machine(
  _ kind: Topology.Network.Kind, chips: Int, levels: [Topology.Level], classes: [CoreClass],
  delivery: Topology.Network.Delivery = .unicastIterated, reach: [Int]? = nil,
  routerEntries: Int? = nil, array: [Int]? = nil
) -> TargetDescription {
  TargetDescription(
    id: "test", title: "Test", family: .digitalMesh,
    time: Timing(model: .tick, step: nil, acceleration: nil, deliveryLatency: 1, barrier: []),
    topology: Topology(
      levels: [level("chip", chips, array)] + levels,
      network: .init(
        kind: kind, routing: delivery == .multicast ? .multicastTables : .xy, delivery: delivery,
        reach: reach, packetBits: nil, payloadBits: nil, routerEntries: routerEntries,
        linkBuffer: nil)),
    cores: classes, energy: noEnergy, sources: [])
}

/// A level of an arrangement.
func level(_ name: String, _ count: Int, _ grid: [Int]? = nil) -> Topology.Level {
  Topology.Level(name: name, count: count, grid: grid, isAssumed: false)
}

/// A kind of core without properties.
func core(_ name: String, _ count: Int, ids: [Int]? = nil) -> CoreClass {
  CoreClass(
    name: name, count: count, ids: ids, resources: [:], accounting: nil, neuron: nil, synapse: nil,
    analog: nil, operations: nil)
}

/// Chips of 8×4 routers with 4 cores each.
func tiledMesh(chips: Int = 16_384) -> TargetDescription {
  machine(
    .mesh, chips: chips, levels: [level("tile", 32, [8, 4]), level("core", 4)], coresPerChip: 128)
}

/// A torus of chips with 16 cores each.
func torus(
  array: [Int]? = nil, chips: Int = 100_000, cores: Int = 16, entries: Int? = 1_023
) -> TargetDescription {
  machine(
    .hexagonalTorus, chips: chips, levels: [level("core", cores)], classes: [core("core", cores)],
    delivery: .multicast, routerEntries: entries, array: array)
}

/// A layer of a network in tiles.
struct TileLayer {
  var rows: Int
  var columns: Int
  var groups = 1
  var spikes = 100.0

  var count: Int { rows * columns * groups }
}

extension TrafficGraph {

  /// A chain of layers of tiles, numbered layer by layer, row by row, with channel groups last:
  /// each tile sends to all groups of those tiles of the next layer that it overlaps when each of
  /// them looks `halo` of its extent beyond its border.
  static func tiles(
    _ layers: [TileLayer], halo: Double = 0.25,
    delivery: Topology.Network.Delivery = .unicastIterated
  ) -> TrafficGraph {
    let total = layers.reduce(0) { $0 + $1.count }
    var graph = TrafficGraph(kinds: [Int](repeating: 0, count: total), delivery: delivery)
    var first = 0
    for (layer, next) in zip(layers, layers.dropFirst()) {
      for tile in 0..<layer.count {
        let (position, _) = tile.quotientAndRemainder(dividingBy: layer.groups)
        let (row, column) = position.quotientAndRemainder(dividingBy: layer.columns)
        var receivers: [Int] = []
        for r in overlapping(row, of: layer.rows, with: next.rows, halo) {
          for c in overlapping(column, of: layer.columns, with: next.columns, halo) {
            for group in 0..<next.groups {
              receivers.append(first + layer.count + (r * next.columns + c) * next.groups + group)
            }
          }
        }
        graph.add(from: first + tile, spikes: layer.spikes, to: receivers)
      }
      first += layer.count
    }
    return graph
  }

  /// Points of a square at random, each of which sends to its nearest ones; numbered at random.
  static func geometric(
    _ count: Int, neighbours: Int, edges: Int = 1, seed: UInt64
  ) -> TrafficGraph {
    var random = SplitMix64(seed: seed)
    let points = (0..<count).map { _ in
      (Double.random(in: 0..<1, using: &random), Double.random(in: 0..<1, using: &random))
    }
    let side = max(1, Int((Double(count) / Double(neighbours)).squareRoot()))
    var cells = [[Int]](repeating: [], count: side * side)
    for (i, point) in points.enumerated() {
      cells[Int(point.1 * Double(side)) * side + Int(point.0 * Double(side))].append(i)
    }
    var graph = TrafficGraph(kinds: [Int](repeating: 0, count: count))
    for (i, point) in points.enumerated() {
      let (cx, cy) = (Int(point.0 * Double(side)), Int(point.1 * Double(side)))
      var near: [(Double, Int)] = []
      for y in max(0, cy - 1)...min(side - 1, cy + 1) {
        for x in max(0, cx - 1)...min(side - 1, cx + 1) {
          for j in cells[y * side + x] where j != i {
            let (dx, dy) = (points[j].0 - point.0, points[j].1 - point.1)
            near.append((dx * dx + dy * dy, j))
          }
        }
      }
      let nearest = near.sorted { $0 < $1 }.prefix(neighbours).map(\.1)
      for _ in 0..<edges {
        let receivers = nearest.filter { _ in edges == 1 || Bool.random(using: &random) }
        graph.add(from: i, spikes: Double.random(in: 1..<100, using: &random), to: receivers)
      }
    }
    return graph
  }

  /// Random edges between random cores of random kinds.
  static func random(
    _ count: Int, edges: Int, kinds: Int = 1, seed: UInt64
  ) -> TrafficGraph {
    var random = SplitMix64(seed: seed)
    var graph = TrafficGraph(
      kinds: (0..<count).map { _ in Int.random(in: 0..<kinds, using: &random) })
    for _ in 0..<edges {
      let receivers = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        Int.random(in: 0..<count, using: &random)
      }
      let source = Int.random(in: -1..<count, using: &random)
      graph.add(
        from: source < 0 ? nil : source, spikes: Double.random(in: 0..<50, using: &random),
        to: receivers)
    }
    return graph
  }
}

/// The tiles of a layer of `others` in a row that a tile of a layer of `count` in a row reaches.
private func overlapping(
  _ tile: Int, of count: Int, with others: Int, _ halo: Double
) -> [Int] {
  let (low, high) = (Double(tile) / Double(count), Double(tile + 1) / Double(count))
  return (0..<others).filter {
    let margin = halo / Double(others)
    let a = Double($0) / Double(others) - margin
    let b = Double($0 + 1) / Double(others) + margin
    return a < high && low < b
  }
}

/// No constants.
let noEnergy = Energy(
  model: .none, corner: [:], standing: [:], events: [:], latency: [:], levels: [])
