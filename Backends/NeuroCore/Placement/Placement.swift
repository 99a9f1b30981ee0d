// Which core lies where; the simple placements with which searches begin and are compared.

package import Diagnostics

/// The places of logical cores on a grid.
package struct Placement: Hashable, Sendable {

  /// The grid.
  package let grid: CoreGrid

  /// The place of each logical core.
  package private(set) var places: [Int]

  /// Creates the placement of core i at `places[i]`.
  ///
  /// - Precondition: the places are different ones of the grid.
  package init(_ places: [Int], on grid: CoreGrid) {
    self.places = places
    self.grid = grid
    var isTaken = [Bool](repeating: false, count: grid.count)
    for place in places {
      precondition(!isTaken[place], "two cores at one place")
      isTaken[place] = true
    }
  }

  /// Returns the placement of cores at the first places of their kind, in order.
  ///
  /// - Parameters:
  ///   - graph: the cores.
  ///   - grid: the places.
  /// - Returns: the placement that others are compared with.
  /// - Throws: `placement.no-place` if there are too few places of a kind.
  package static func linear(
    _ graph: TrafficGraph, on grid: CoreGrid
  ) throws(Diagnostic) -> Placement {
    try inOrder(graph, on: grid, of: Array(0..<grid.count))
  }

  /// Returns the placement of cores, in order, along a curve through all routers on which near
  /// stays near.
  ///
  /// - Parameters:
  ///   - graph: the cores.
  ///   - grid: the places.
  /// - Returns: the placement.
  /// - Throws: `placement.no-place` if there are too few places of a kind.
  package static func alongCurve(
    _ graph: TrafficGraph, on grid: CoreGrid
  ) throws(Diagnostic) -> Placement {
    let routers = RouterPlaces(grid)
    let curve = spaceFillingCurve(columns: grid.columnsInUse, rows: grid.rowsInUse)
    let order = curve.flatMap { routers.places(ofRouter: $0.y * grid.columns + $0.x) }
    return try inOrder(graph, on: grid, of: order.map { Int($0) })
  }

  /// Returns the placement of cores, in order, at the next place of their kind in `order`.
  private static func inOrder(
    _ graph: TrafficGraph, on grid: CoreGrid, of order: [Int]
  ) throws(Diagnostic) -> Placement {
    let kinds = (graph.kinds.max() ?? 0) + 1
    var free = [[Int]](repeating: [], count: kinds)
    for place in order {
      let kind = grid.kind(ofPlace: place)
      if kind < kinds { free[kind].append(place) }
    }
    var next = [Int](repeating: 0, count: kinds)
    var places: [Int] = []
    for kind in graph.kinds {
      guard next[kind] < free[kind].count else {
        let needed = graph.kinds.count { $0 == kind }
        throw .noPlaceOfKind(kind, needed: needed, offered: free[kind].count)
      }
      places.append(free[kind][next[kind]])
      next[kind] += 1
    }
    return Placement(places, on: grid)
  }

  /// Checks that no packet goes further than packets can.
  ///
  /// - Throws: `placement.beyond-reach` with the first packet that would.
  package func checkReach(of graph: TrafficGraph) throws(Diagnostic) {
    guard let reach = grid.reach, reach.count == 2, grid.form == .mesh else { return }
    guard grid.columns > reach[0] || grid.rows > reach[1] else { return }
    for edge in graph.edges {
      guard let source = edge.source else { continue }
      let a = grid.position(ofPlace: places[source])
      for core in graph.destinations(of: edge) {
        let b = grid.position(ofPlace: places[core])
        guard abs(b.x - a.x) <= reach[0], abs(b.y - a.y) <= reach[1] else {
          throw .beyondReach(from: a, to: b, reach: reach)
        }
      }
    }
  }
}

/// The places at each router.
struct RouterPlaces {

  /// Where the places of each router begin in `places`, and the end of all.
  let starts: [Int32]

  /// The places, by router, ascending.
  let places: [Int32]

  /// Sorts the places of `grid` by router.
  init(_ grid: CoreGrid) {
    var starts = [Int32](repeating: 0, count: grid.routerCount + 1)
    for router in grid.routers { starts[Int(router) + 1] += 1 }
    for router in 0..<grid.routerCount { starts[router + 1] += starts[router] }
    var next = starts
    var places = [Int32](repeating: 0, count: grid.count)
    for (place, router) in grid.routers.enumerated() {
      places[Int(next[Int(router)])] = Int32(place)
      next[Int(router)] += 1
    }
    self.starts = starts
    self.places = places
  }

  /// Returns the places at a router, ascending.
  func places(ofRouter router: Int) -> ArraySlice<Int32> {
    places[Int(starts[router])..<Int(starts[router + 1])]
  }
}
