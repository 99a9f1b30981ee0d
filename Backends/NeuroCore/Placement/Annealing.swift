// Simulated annealing of a placement by swaps.

internal import Glibc

/// A search that swaps cores at random, costly swaps ever more seldom.
///
/// Half of the swaps bring a core near one that it exchanges packets with, which is where a core
/// would be drawn; the others move it within a window around its place. The window narrows so that
/// nearly half of the swaps are taken, and the temperature falls by a constant factor.
///
/// - Source: Kirkpatrick, Gelatt and Vecchi (1983); the window follows Betz and Rose (VPR, 1997).
struct Annealing<Metric: GridMetric> {

  /// The placement.
  private(set) var state: PlacementState<Metric>

  private let kinds: [Int]
  private let kindsOfPlaces: [Int]
  private let routers: RouterPlaces
  /// The columns and rows of routers with places; a part of them on a torus larger than the network.
  private let columns: Int
  private let rows: Int
  private var random: SeededGenerator

  /// Begins with `state`.
  init(_ state: PlacementState<Metric>, kinds: [Int], seed: UInt64) {
    self.state = state
    self.kinds = kinds
    kindsOfPlaces = (0..<state.grid.count).map { state.grid.kind(ofPlace: $0) }
    routers = RouterPlaces(state.grid)
    (columns, rows) = (state.grid.columnsInUse, state.grid.rowsInUse)
    random = SeededGenerator(seed: seed)
  }

  /// The temperature at the end, in mean gains of swaps between near routers.
  private static var coldest: Double { 0.001 }

  /// Tries `moves` swaps.
  ///
  /// - Parameters:
  ///   - moves: how many.
  ///   - heat: the temperature at the start, in mean gains of swaps between near routers.
  /// - Complexity: O(moves · neighbours of a core).
  mutating func run(moves: Int, heat: Double) {
    let stages = 100
    guard state.places.count > 0, moves >= stages else { return }
    var temperature = heat * meanGain()
    let factor = exp(log(Self.coldest / heat) / Double(stages))
    let widest = Double(max(columns, rows))
    var window = max(1, widest / 4)
    for stage in 0..<stages {
      // The last stages take no swap that costs anything.
      let (tried, taken) = sweep(
        moves / stages, window: Int(window), temperature: stage < 95 ? temperature : 0)
      temperature *= factor
      if tried > 0 {
        window = min(widest, max(1, window * (0.56 + Double(taken) / Double(tried))))
      }
    }
  }

  /// Returns the mean of the gains' magnitudes over some swaps between near routers.
  private mutating func meanGain() -> Double {
    var (sum, count) = (0.0, 0)
    for _ in 0..<2_000 {
      guard let (core, place) = proposal(window: 2) else { continue }
      sum += abs(Double(state.gain(ofMoving: core, to: place)))
      count += 1
    }
    return count > 0 ? sum / Double(count) : 0
  }

  private mutating func sweep(
    _ moves: Int, window: Int, temperature: Double
  ) -> (tried: Int, taken: Int) {
    var (tried, taken) = (0, 0)
    for _ in 0..<moves {
      guard let (core, place) = proposal(window: window) else { continue }
      tried += 1
      let gain = state.gain(ofMoving: core, to: place)
      if gain > 0 {
        guard temperature > 0, random.unit() < exp(-Double(gain) / temperature) else { continue }
      }
      state.move(core, to: place, gain: gain)
      taken += 1
    }
    return (tried, taken)
  }

  /// Returns a core and a place of its kind at another router, at random; `nil` if the router that
  /// was drawn has none.
  private mutating func proposal(window: Int) -> (core: Int, place: Int)? {
    let core = random.below(state.places.count)
    var (x, y, reach) = (Int(state.x[core]), Int(state.y[core]), window)
    let range = state.pairs.range(of: core)
    if !range.isEmpty, random.below(2) == 0 {
      let near = Int(state.pairs.neighbours[range.lowerBound + random.below(range.count)])
      (x, y) = (Int(state.x[near]), Int(state.y[near]))
      reach = max(1, window / 2)
    }
    x = state.metric.inside(x + random.below(2 * reach + 1) - reach, of: columns)
    y = state.metric.inside(y + random.below(2 * reach + 1) - reach, of: rows)
    if x == Int(state.x[core]), y == Int(state.y[core]) { return nil }
    let router = y * state.grid.columns + x
    let (first, end) = (Int(routers.starts[router]), Int(routers.starts[router + 1]))
    guard end > first else { return nil }
    let place = Int(routers.places[first + random.below(end - first)])
    guard kindsOfPlaces[place] == kinds[core] else { return nil }
    return (core, place)
  }
}
