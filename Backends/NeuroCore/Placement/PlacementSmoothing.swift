// A start from the network's own shape: cores drawn to the mean of their neighbours, then spread.

internal import Glibc

/// Placements by smoothing coordinates and spreading them over the places again.
///
/// Each round moves the cores, as points of a plane, towards the weighted mean of those that they
/// exchange packets with, and then deals out the places by halving: places and points are cut
/// along the longer side of the places, equal numbers on both sides, until one is left of each.
/// Only the order of coordinates matters, so that points that crowd together spread again.
///
/// - Source: force-directed placement with spreading by recursive bisection; Quinn and Breuer
///   (1979), Kleinhans et al. (1991).
struct PlacementSmoothing {

  private let start: Placement
  private let pairs: TrafficPairs
  private let kinds: [Int]

  /// Begins with `start`, whose places it uses, for cores of the kinds `kinds`.
  init(_ start: Placement, _ pairs: TrafficPairs, _ kinds: [Int]) {
    self.start = start
    self.pairs = pairs
    self.kinds = kinds
  }

  /// The number of rounds.
  private static let rounds = 24

  /// The number of rounds that draw whole regions.
  private static let farRounds = 8

  /// Returns the best placement of all rounds, `start` among them.
  ///
  /// - Parameters:
  ///   - metric: the distances.
  ///   - unfolding: whether the order of the start is of no use, so that the rounds begin with the
  ///     two smoothest coordinates that there are instead of those of the start.
  /// - Returns: the placement.
  /// - Complexity: O(rounds · (pairs + n log² n)).
  func improved<Metric: GridMetric>(
    _ metric: Metric, unfolding: Bool = false
  ) -> PlacementState<Metric> {
    var best = PlacementState(start, pairs, metric)
    var x = start.places.map { Double(start.grid.position(ofPlace: $0).x) }
    var y = start.places.map { Double(start.grid.position(ofPlace: $0).y) }
    if unfolding {
      smooth(&x, &y)
      turn(&x, &y, metric)
    }
    for round in (unfolding ? Self.farRounds - 1 : 0)..<Self.rounds {
      // Long ways first: many steps draw whole regions, few steps mend what is near.
      if !unfolding || round >= Self.farRounds {
        for _ in 0..<(round < Self.farRounds ? 16 : round < 2 * Self.farRounds ? 4 : 1) {
          x = drawn(x)
          y = drawn(y)
        }
      }
      let places = spread(x, y)
      x = places.map { Double(start.grid.position(ofPlace: $0).x) }
      y = places.map { Double(start.grid.position(ofPlace: $0).y) }
      let state = PlacementState(Placement(places, on: start.grid), pairs, metric)
      if state.cost < best.cost { best = state }
    }
    return best
  }

  /// Makes coordinates nearly the two smoothest that are not constant and not the same: the
  /// eigenvectors of the averaging with the largest eigenvalues below 1, by power iteration.
  ///
  /// - Source: Hall (1970), "An r-dimensional quadratic placement algorithm".
  private func smooth(_ x: inout [Double], _ y: inout [Double]) {
    let degrees = x.indices.map { core in
      pairs.range(of: core).reduce(0.0) { $0 + Double(pairs.weights[$1]) }
    }
    let constant = [Double](repeating: 1, count: x.count)
    for step in 0..<400 {
      x = drawn(x)
      y = drawn(y)
      guard step % 8 == 7 else { continue }
      remove(constant, from: &x, degrees)
      remove(constant, from: &y, degrees)
      remove(x, from: &y, degrees)
    }
  }

  /// Turns the plane such that it is dealt out best: which way its axes lie is left open by symmetric
  /// networks, and which of them is the longer one by nearly all.
  private func turn<Metric: GridMetric>(_ x: inout [Double], _ y: inout [Double], _ metric: Metric)
  {
    let (x0, y0) = (x, y)
    var least = Int64.max
    for step in 0..<8 {
      let angle = Double(step) * Double.pi / 8
      let (c, s) = (cos(angle), sin(angle))
      let turnedX = x0.indices.map { c * x0[$0] - s * y0[$0] }
      let turnedY = x0.indices.map { s * x0[$0] + c * y0[$0] }
      let places = spread(turnedX, turnedY)
      let cost = PlacementState(Placement(places, on: start.grid), pairs, metric).cost
      if cost < least { (x, y, least) = (turnedX, turnedY, cost) }
    }
  }

  /// Makes a vector orthogonal to another, and 1 long, where cores count by their packets.
  private func remove(_ other: [Double], from vector: inout [Double], _ degrees: [Double]) {
    var (product, square) = (0.0, 0.0)
    for i in vector.indices {
      product += degrees[i] * vector[i] * other[i]
      square += degrees[i] * other[i] * other[i]
    }
    guard square > 0 else { return }
    var length = 0.0
    for i in vector.indices {
      vector[i] -= product / square * other[i]
      length += degrees[i] * vector[i] * vector[i]
    }
    guard length > 0 else { return }
    let scale = 1 / length.squareRoot()
    for i in vector.indices { vector[i] *= scale }
  }

  /// Returns coordinates half way to the means of the neighbours.
  private func drawn(_ positions: [Double]) -> [Double] {
    var result = positions
    for core in positions.indices {
      var (sum, weight) = (0.0, 0.0)
      for k in pairs.range(of: core) {
        let w = Double(pairs.weights[k])
        sum += w * positions[Int(pairs.neighbours[k])]
        weight += w
      }
      if weight > 0 { result[core] = (positions[core] + sum / weight) / 2 }
    }
    return result
  }

  /// Returns places of `start`, of the right kind for each core, in the order of the coordinates.
  private func spread(_ x: [Double], _ y: [Double]) -> [Int] {
    var result = start.places
    for kind in Set(kinds).sorted() {
      let cores = kinds.indices.filter { kinds[$0] == kind }
      deal(cores, cores.map { start.places[$0] }, x, y, &result)
    }
    return result
  }

  private func deal(
    _ cores: [Int], _ places: [Int], _ x: [Double], _ y: [Double], _ result: inout [Int]
  ) {
    guard cores.count > 1 else {
      if let core = cores.first { result[core] = places[0] }
      return
    }
    let points = places.map { start.grid.position(ofPlace: $0) }
    let xs = points.map(\.x)
    let ys = points.map(\.y)
    let width = (xs.max() ?? 0) - (xs.min() ?? 0)
    let height = (ys.max() ?? 0) - (ys.min() ?? 0)
    let isWide = width >= height
    let half = cores.count / 2
    let key = isWide ? x : y
    let sortedCores = cores.sorted { (key[$0], $0) < (key[$1], $1) }
    let order = places.indices.sorted {
      let (a, b) = (points[$0], points[$1])
      return isWide
        ? (a.x, a.y, places[$0]) < (b.x, b.y, places[$1])
        : (a.y, a.x, places[$0]) < (b.y, b.x, places[$1])
    }
    let sortedPlaces = order.map { places[$0] }
    deal(Array(sortedCores[..<half]), Array(sortedPlaces[..<half]), x, y, &result)
    deal(Array(sortedCores[half...]), Array(sortedPlaces[half...]), x, y, &result)
  }
}
