// A placement under change: what a swap costs is known without looking at the rest.

/// The places of cores, and the sum of packets · links, which each swap keeps up to date.
struct PlacementState<Metric: GridMetric> {

  /// The distances.
  let metric: Metric
  /// The grid.
  let grid: CoreGrid
  /// The number of columns of routers.
  let columns: Int32
  /// The router of each place.
  let routers: [Int32]
  /// The pairs of cores that exchange packets.
  let pairs: TrafficPairs
  /// The column of each core's router.
  private(set) var x: [Int32]
  /// The row of each core's router.
  private(set) var y: [Int32]
  /// The place of each core.
  private(set) var places: [Int32]
  /// The core at each place, −1 if there is none.
  private(set) var cores: [Int32]
  /// Σ weight · distance over the pairs.
  private(set) var cost: Int64 = 0

  /// Begins with `placement`.
  init(_ placement: Placement, _ pairs: TrafficPairs, _ metric: Metric) {
    self.metric = metric
    self.pairs = pairs
    grid = placement.grid
    columns = Int32(placement.grid.columns)
    routers = placement.grid.routers
    places = placement.places.map { Int32($0) }
    cores = [Int32](repeating: -1, count: grid.count)
    x = []
    y = []
    for (core, place) in placement.places.enumerated() {
      cores[place] = Int32(core)
      let point = grid.position(ofPlace: place)
      x.append(Int32(point.x))
      y.append(Int32(point.y))
    }
    cost = recomputedCost()
  }

  /// The placement.
  var placement: Placement { Placement(places.map { Int($0) }, on: grid) }

  /// Returns the cost, from nothing but places.
  ///
  /// - Complexity: O(pairs).
  func recomputedCost() -> Int64 {
    var twice: Int64 = 0
    for core in places.indices {
      for k in pairs.range(of: core) {
        let other = Int(pairs.neighbours[k])
        twice +=
          Int64(pairs.weights[k]) * Int64(metric.distance(x[core] - x[other], y[core] - y[other]))
      }
    }
    return twice / 2
  }

  /// Returns what the cost gains if core `core` goes to `place` and who is there comes back.
  ///
  /// - Complexity: O(neighbours of both).
  func gain(ofMoving core: Int, to place: Int) -> Int64 {
    let other = cores[place]
    let (fromX, fromY) = (x[core], y[core])
    let (toY, toX) = routers[place].quotientAndRemainder(dividingBy: columns)
    var gain = shift(of: core, (fromX, fromY), (toX, toY), besides: other)
    if other >= 0 {
      gain &+= shift(of: Int(other), (toX, toY), (fromX, fromY), besides: Int32(core))
    }
    return gain
  }

  /// Returns what the cost gains by a core's move, counting all neighbours but one, to which the
  /// distance stays the same.
  private func shift(
    of core: Int, _ from: (x: Int32, y: Int32), _ to: (x: Int32, y: Int32), besides other: Int32
  ) -> Int64 {
    var gain: Int64 = 0
    for k in pairs.range(of: core) {
      let neighbour = pairs.neighbours[k]
      if neighbour == other { continue }
      let (nx, ny) = (x[Int(neighbour)], y[Int(neighbour)])
      let change =
        metric.distance(to.x &- nx, to.y &- ny) &- metric.distance(from.x &- nx, from.y &- ny)
      gain &+= Int64(pairs.weights[k]) &* Int64(change)
    }
    return gain
  }

  /// Moves a core to `place`, and who is there to where it came from; `gain` is what
  /// `gain(ofMoving:to:)` said.
  mutating func move(_ core: Int, to place: Int, gain: Int64) {
    let from = Int(places[core])
    let other = Int(cores[place])
    put(core, at: place)
    cores[from] = -1
    if other >= 0 { put(other, at: from) }
    cost += gain
  }

  private mutating func put(_ core: Int, at place: Int) {
    places[core] = Int32(place)
    cores[place] = Int32(core)
    (y[core], x[core]) = routers[place].quotientAndRemainder(dividingBy: columns)
  }
}
