// Places, distances and ways against breadth-first search on the links.

import Diagnostics
import Testing

@testable import HardwareTargets
@testable import NeuroCore

struct PlacementGridTests {

  /// Grids of all forms and some awkward extents.
  private static let grids: [CoreGrid] =
    [1, 2, 3, 5, 7].map { CoreGrid(tiledMesh(), chips: $0) }
    + [(1, 1), (1, 5), (2, 2), (2, 3), (3, 3), (5, 4), (8, 8), (12, 5)].map {
      CoreGrid(torus(array: [$0.0, $0.1]), chips: $0.0 * $0.1)
    } + [
      CoreGrid(
        machine(.mesh, chips: 4, levels: [level("core", 12, [4, 3])], coresPerChip: 12), chips: 4)
    ]

  @Test func placesLieAtTheirRouters() {
    let grid = CoreGrid(tiledMesh(), chips: 3)
    #expect(grid.count == 3 * 128)
    // Three chips in an array of two by two, whose last holds no cores.
    #expect([grid.columns, grid.rows] == [16, 8])
    #expect(grid.position(ofPlace: 0) == GridPoint(x: 0, y: 0))
    #expect(grid.position(ofPlace: 3) == GridPoint(x: 0, y: 0))
    #expect(grid.position(ofPlace: 4) == GridPoint(x: 1, y: 0))
    #expect(grid.position(ofPlace: 127) == GridPoint(x: 7, y: 3))
    #expect(grid.position(ofPlace: 128) == GridPoint(x: 8, y: 0))
    #expect(grid.position(ofPlace: 256 + 32) == GridPoint(x: 0, y: 5))
    #expect(grid.chip(ofRouter: 5 * 16) == 2)
  }

  @Test func nestedLevelsMakeOneGrid() {
    let target = machine(
      .mesh, chips: 1,
      levels: [level("block", 4, [2, 2]), level("tile", 6, [3, 2]), level("c", 2)],
      coresPerChip: 48)
    let grid = CoreGrid(target, chips: 1)
    #expect([grid.columns, grid.rows] == [6, 4])
    // Block 3, tile 4, core 1.
    #expect(grid.position(ofPlace: 3 * 12 + 4 * 2 + 1) == GridPoint(x: 3 + 1, y: 2 + 1))
    #expect(Set((0..<48).map { grid.position(ofPlace: $0) }).count == 24)
  }

  @Test func unknownArrangementsHaveOneRouter() {
    let target = machine(.mesh, chips: 9, levels: [level("pe", 152)], coresPerChip: 152)
    let grid = CoreGrid(target, chips: 4)
    #expect(!grid.isArrangementKnown)
    #expect(grid.hops(from: 0, to: 151) == 0)
    #expect(grid.hops(from: 0, to: 152 * 3) == 2)
    let pipeline = CoreGrid(
      machine(.pointToPoint, chips: 2, levels: [level("core", 9)], coresPerChip: 9), chips: 2)
    #expect(pipeline.hops(from: 0, to: 8) == 0)
    #expect(pipeline.hops(from: 0, to: 9) == 1)
    #expect(pipeline.chipCrossings(from: 0, to: 9) == 1)
  }

  @Test func arraysKeepToTheDescription() {
    func array(_ chips: Int, _ grid: [Int]?, _ kind: Topology.Network.Kind) -> [Int] {
      let grid = CoreGrid(
        machine(
          kind, chips: 64, levels: [level("core", 1)], classes: [core("core", 1)], array: grid),
        chips: chips)
      return [grid.columns, grid.rows]
    }
    #expect(array(9, nil, .mesh) == [3, 3])
    #expect(array(9, [8, 8], .mesh) == [3, 3])
    #expect(array(9, [2, 8], .mesh) == [2, 5])
    #expect(array(9, [2, 2], .mesh) == [3, 3])
    #expect(array(9, [8, 8], .hexagonalTorus) == [8, 8])
    // A torus is that of the whole machine, of which the chips in use are a part.
    #expect(array(16, nil, .hexagonalTorus) == [8, 8])
    #expect(array(2, nil, .hexagonalTorus) == [5, 4])
    #expect(array(7, nil, .mesh) == [4, 2])
  }

  @Test func partsOfATorusHaveItsDistances() {
    let whole = CoreGrid(torus(array: [20, 20], cores: 1), chips: 400)
    for chips in [1, 2, 3, 7, 12, 30, 45, 90, 200] {
      let part = CoreGrid(torus(array: [20, 20], cores: 1), chips: chips)
      #expect(Set(part.routers).count == chips)
      for a in 0..<chips {
        for b in 0..<chips {
          let (from, to) = (part.position(ofPlace: a), part.position(ofPlace: b))
          #expect(
            part.hops(from: a, to: b)
              == whole.hops(fromRouter: from.y * 20 + from.x, to: to.y * 20 + to.x))
        }
        #expect(part.chip(ofRouter: Int(part.routers[a])) == a)
      }
      let numbers = (0..<part.routerCount).map { part.chip(ofRouter: $0) }
      #expect(Set(numbers).count == numbers.count)
    }
  }

  @Test func aBoardHasNoLinksBetweenChipsInUseThatItDoesNotHave() throws {
    let board = try #require(TargetDescription.builtIn("spinnaker1"))
    let grid = try CoreGrid(board, holding: [Int](repeating: 0, count: 9 * 17))
    #expect([grid.columns, grid.rows] == [8, 6])
    // Three rows of three: the first and the last are two links apart, not one around the border.
    #expect(grid.hops(from: 0, to: 2 * 17) == 2 && grid.hops(from: 0, to: 6 * 17) == 2)
  }

  @Test func takesAsFewChipsAsKindsNeed() throws {
    let target = machine(
      .pointToPoint, chips: 2, levels: [level("core", 9)],
      classes: [core("a", 3, ids: [4, 5, 6]), core("b", 6)])
    #expect(try CoreGrid(target, holding: [0, 0, 0, 1]).chips == 1)
    let grid = try CoreGrid(target, holding: [0, 0, 0, 0, 1])
    #expect(grid.chips == 2)
    #expect(
      (0..<18).map { grid.kind(ofPlace: $0) } == [
        1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1,
      ])
    let error = #expect(throws: Diagnostic.self) {
      try CoreGrid(target, holding: [Int](repeating: 0, count: 7))
    }
    #expect(error?.id == "placement.too-many-chips")
    #expect(error?.exitCode == .doesNotFit)
  }

  @Test(arguments: grids) func waysAreShortest(grid: CoreGrid) {
    for source in stride(from: 0, to: grid.routerCount, by: max(1, grid.routerCount / 7)) {
      let distances = breadthFirst(from: source, on: grid)
      for end in 0..<grid.routerCount {
        #expect(grid.hops(fromRouter: source, to: end) == distances[end])
        #expect(grid.hops(fromRouter: end, to: source) == distances[end])
        var router = source
        for link in grid.links(fromRouter: source, to: end) {
          #expect(link.router == router)
          #expect(Link(index: link.index) == link)
          router = grid.end(of: link)
        }
        #expect(router == end)
        #expect(grid.links(fromRouter: source, to: end).count == distances[end])
      }
    }
  }

  @Test(arguments: grids) func crossingsAreThoseOfTheWay(grid: CoreGrid) {
    for source in stride(from: 0, to: grid.count, by: 37) {
      for end in stride(from: 0, to: grid.count, by: 11) {
        let links = grid.links(from: source, to: end)
        #expect(grid.chipCrossings(from: source, to: end) == links.count { grid.crossesChips($0) })
      }
    }
  }

  @Test func meshesGoAlongColumnsFirst() {
    let grid = CoreGrid(tiledMesh(), chips: 4)
    for end in 0..<grid.routerCount {
      let isRow = grid.links(fromRouter: 50, to: end).map { $0.direction.dy != 0 }
      #expect(isRow == isRow.sorted { !$0 && $1 })
    }
  }

  @Test func curvesVisitAllOnce() {
    for (columns, rows) in [(1, 1), (1, 7), (8, 4), (4, 8), (16, 16), (13, 9), (24, 5), (3, 40)] {
      let curve = spaceFillingCurve(columns: columns, rows: rows)
      #expect(Set(curve.map { $0.y * columns + $0.x }) == Set(0..<columns * rows))
      #expect(curve.count == columns * rows)
      let steps = zip(curve, curve.dropFirst()).map { max(abs($1.x - $0.x), abs($1.y - $0.y)) }
      #expect(steps.allSatisfy { $0 == 1 }, "\(columns) by \(rows)")
    }
    #expect(spaceFillingCurve(columns: 0, rows: 3).isEmpty)
  }

  /// Returns the distances from a router, by nothing but neighbours.
  private func breadthFirst(from source: Int, on grid: CoreGrid) -> [Int] {
    var distances = [Int](repeating: -1, count: grid.routerCount)
    distances[source] = 0
    var queue = [source]
    var head = 0
    while head < queue.count {
      let router = queue[head]
      head += 1
      let (x, y) = (router % grid.columns, router / grid.columns)
      for direction in LinkDirection.allCases {
        var (nx, ny) = (x + direction.dx, y + direction.dy)
        if grid.form == .hexagonalTorus {
          nx = (nx + grid.columns) % grid.columns
          ny = (ny + grid.rows) % grid.rows
        } else if direction.dx != 0 && direction.dy != 0 {
          continue
        }
        guard nx >= 0, ny >= 0, nx < grid.columns, ny < grid.rows else { continue }
        let next = ny * grid.columns + nx
        if distances[next] < 0 {
          distances[next] = distances[router] + 1
          queue.append(next)
        }
      }
    }
    return distances
  }
}
