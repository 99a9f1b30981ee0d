// Distances and ways between places: columns first on meshes, shortest ways on hexagonal tori.

/// The direction of a link that leaves a router.
///
/// - Source: numbered as the links of the SpiNNaker router are (SpiNNMachine, links of a chip).
package enum LinkDirection: Int, Hashable, Sendable, CaseIterable {
  case east, northEast, north, west, southWest, south

  /// The columns that a packet gains.
  package var dx: Int {
    switch self {
    case .east, .northEast: 1
    case .north, .south: 0
    case .west, .southWest: -1
    }
  }

  /// The rows that a packet gains.
  package var dy: Int {
    switch self {
    case .north, .northEast: 1
    case .east, .west: 0
    case .south, .southWest: -1
    }
  }

  /// The direction back.
  package var opposite: LinkDirection {
    switch self {
    case .east: .west
    case .northEast: .southWest
    case .north: .south
    case .west: .east
    case .southWest: .northEast
    case .south: .north
    }
  }
}

/// A link: the router that it leaves, and where to.
package struct Link: Hashable, Sendable {

  /// The router that it leaves: row · columns + column.
  package var router: Int

  /// Its direction; `east` for those of machines without a grid, which have a link from each chip
  /// to all others.
  package var direction: LinkDirection

  /// A number that no other link has.
  package var index: Int { router * LinkDirection.allCases.count + direction.rawValue }

  /// Creates a link.
  package init(router: Int, direction: LinkDirection) {
    self.router = router
    self.direction = direction
  }

  /// Creates the link of number `index`.
  package init(index: Int) {
    let count = LinkDirection.allCases.count
    router = index / count
    direction = LinkDirection.allCases[index % count]
  }
}

/// A shortest way on a hexagonal torus, as columns and rows gained.
///
/// A diagonal link gains a column and a row at once, so that steps of the same sign share links.
struct TorusStep: Hashable, Sendable {

  /// The columns gained.
  var dx: Int32
  /// The rows gained.
  var dy: Int32

  /// The number of links.
  var hops: Int32 {
    dx.signum() * dy.signum() > 0 ? max(abs(dx), abs(dy)) : abs(dx) + abs(dy)
  }

  /// Returns the shortest ways by (rows gained · columns + columns gained), both modulo the
  /// extents.
  ///
  /// - Complexity: O(columns · rows).
  static func table(columns: Int, rows: Int) -> [TorusStep] {
    var result: [TorusStep] = []
    result.reserveCapacity(columns * rows)
    for dy in 0..<rows {
      for dx in 0..<columns {
        var best = TorusStep(dx: Int32(dx), dy: Int32(dy))
        for y in [dy, dy - rows] {
          for x in [dx, dx - columns] {
            let step = TorusStep(dx: Int32(x), dy: Int32(y))
            if step.hops < best.hops { best = step }
          }
        }
        result.append(best)
      }
    }
    return result
  }
}

extension CoreGrid {

  /// Returns the number of links that a packet from one place to another takes; 0 between cores of
  /// one router.
  ///
  /// - Complexity: O(1).
  package func hops(from source: Int, to destination: Int) -> Int {
    hops(fromRouter: Int(routers[source]), to: Int(routers[destination]))
  }

  /// Returns the number of links that a packet from one router to another takes.
  package func hops(fromRouter source: Int, to destination: Int) -> Int {
    let (a, b) = (point(ofRouter: source), point(ofRouter: destination))
    switch form {
    case .mesh: return abs(b.x - a.x) + abs(b.y - a.y)
    case .hexagonalTorus: return Int(torusStep(from: a, to: b).hops)
    case .complete: return source == destination ? 0 : 1
    }
  }

  /// Returns the links that a packet from one router to another takes, in order: columns first on
  /// meshes, the longest dimension first on tori.
  ///
  /// - Complexity: O(hops).
  package func links(fromRouter source: Int, to destination: Int) -> [Link] {
    guard form != .complete else {
      return source == destination ? [] : [Link(router: source, direction: .east)]
    }
    var result: [Link] = []
    var router = source
    for (direction, count) in legs(fromRouter: source, to: destination) {
      for _ in 0..<count {
        result.append(Link(router: router, direction: direction))
        router = neighbour(of: router, direction)
      }
    }
    return result
  }

  /// Returns the links that a packet from one place to another takes, in order.
  package func links(from source: Int, to destination: Int) -> [Link] {
    links(fromRouter: Int(routers[source]), to: Int(routers[destination]))
  }

  /// Returns how often a packet from one place to another goes from chip to chip.
  package func chipCrossings(from source: Int, to destination: Int) -> Int {
    let (a, b) = (position(ofPlace: source), position(ofPlace: destination))
    switch form {
    case .mesh:
      return abs(b.x / chipColumns - a.x / chipColumns) + abs(b.y / chipRows - a.y / chipRows)
    case .hexagonalTorus:
      return links(from: source, to: destination).count { crossesChips($0) }
    case .complete:
      return source / coresPerChip == destination / coresPerChip ? 0 : 1
    }
  }

  /// Returns whether a link leads to another chip.
  package func crossesChips(_ link: Link) -> Bool {
    guard form != .complete else { return true }
    return chip(ofRouter: link.router) != chip(ofRouter: end(of: link))
  }

  /// Returns the router that a link of a grid leads to.
  package func end(of link: Link) -> Int { neighbour(of: link.router, link.direction) }

  /// Returns the router next to `router`; beyond a border lies the opposite one, which matters on
  /// tori only.
  func neighbour(of router: Int, _ direction: LinkDirection) -> Int {
    let point = point(ofRouter: router)
    let x = (point.x + direction.dx + columns) % columns
    let y = (point.y + direction.dy + rows) % rows
    return y * columns + x
  }

  /// Returns the directions that a packet takes, each with the number of links.
  func legs(fromRouter source: Int, to destination: Int) -> [(LinkDirection, Int)] {
    let (a, b) = (point(ofRouter: source), point(ofRouter: destination))
    guard form == .hexagonalTorus else {
      return [
        (b.x > a.x ? .east : .west, abs(b.x - a.x)), (b.y > a.y ? .north : .south, abs(b.y - a.y)),
      ]
    }
    let step = torusStep(from: a, to: b)
    var (dx, dy) = (Int(step.dx), Int(step.dy))
    let diagonal = dx.signum() * dy.signum() > 0 ? min(abs(dx), abs(dy)) * dx.signum() : 0
    dx -= diagonal
    dy -= diagonal
    let legs: [(LinkDirection, Int)] = [
      (dx > 0 ? .east : .west, abs(dx)), (diagonal > 0 ? .northEast : .southWest, abs(diagonal)),
      (dy > 0 ? .north : .south, abs(dy)),
    ]
    return legs.filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }
  }

  private func torusStep(from a: GridPoint, to b: GridPoint) -> TorusStep {
    let dx = b.x - a.x
    let dy = b.y - a.y
    return torusSteps[(dy < 0 ? dy + rows : dy) * columns + (dx < 0 ? dx + columns : dx)]
  }
}
