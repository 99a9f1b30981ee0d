// The search for a placement with little traffic: starts, then annealing by swaps.

package import Diagnostics
internal import HardwareTargets

/// How to search for a placement.
package struct PlacementSearch: Hashable, Sendable {

  /// The seed of the random numbers; equal seeds find equal placements.
  package var seed: UInt64 = 0

  /// The number of swaps that are tried for each core.
  package var movesPerCore = 1_000

  /// The most neighbours that are looked at in all, which bounds the time: a second or two for
  /// each 10⁸.
  package var mostVisits = 150_000_000

  /// Creates a search with the usual effort.
  package init() {}

  /// Returns a placement with few packets · links, not more than the linear one has.
  ///
  /// Where routers copy packets, an estimate of the trees' links is made small, and the linear
  /// placement is kept if its trees are smaller all the same.
  ///
  /// - Parameters:
  ///   - graph: the cores and their traffic.
  ///   - grid: the places.
  /// - Returns: the placement; the same for the same arguments and seed, on each machine.
  /// - Throws: `placement.no-place` if there are too few places of a kind.
  package func place(
    _ graph: TrafficGraph, on grid: CoreGrid
  ) throws(Diagnostic) -> Placement {
    let starts = [
      try Placement.linear(graph, on: grid), try Placement.alongCurve(graph, on: grid),
    ]
    let pairs = TrafficPairs(graph)
    let found =
      switch grid.form {
      case .mesh: refined(starts, pairs, graph.kinds, MeshMetric())
      case .hexagonalTorus: refined(starts, pairs, graph.kinds, TorusMetric(grid))
      case .complete: refined(starts, pairs, graph.kinds, CompleteMetric())
      }
    guard graph.delivery == .multicast else { return found }
    var (best, least) = (found, graph.measured(under: found).packetHops)
    for start in starts {
      let links = graph.measured(under: start).packetHops
      if links < least { (best, least) = (start, links) }
    }
    return best
  }

  /// Returns the best placement that annealing finds from the best of `starts` and of what
  /// smoothing makes of them.
  private func refined<Metric: GridMetric>(
    _ starts: [Placement], _ pairs: TrafficPairs, _ kinds: [Int], _ metric: Metric
  ) -> Placement {
    var best = PlacementState(starts[0], pairs, metric)
    guard !pairs.neighbours.isEmpty else { return best.placement }
    for start in starts {
      let plain = PlacementState(start, pairs, metric)
      if plain.cost < best.cost { best = plain }
      let smooth = PlacementSmoothing(start, pairs, kinds).improved(metric)
      if smooth.cost < best.cost { best = smooth }
    }
    let unfolded = PlacementSmoothing(starts[starts.count - 1], pairs, kinds)
      .improved(metric, unfolding: true)
    if unfolded.cost < best.cost { best = unfolded }
    // A swap looks at the neighbours of two cores.
    let visits = max(1, 2 * pairs.neighbours.count / max(1, kinds.count))
    let most = mostVisits / visits
    let moves = movesPerCore * kinds.count
    // Small networks can afford to begin hot as well, which mends what smoothing got wrong.
    if Self.hotEffort * moves <= most {
      anneal(&best, kinds, heat: 2, moves: Self.hotEffort * moves)
    }
    anneal(&best, kinds, heat: 0.1, moves: min(moves, most))
    return best.placement
  }

  /// How many times as many swaps a hot search takes.
  private static let hotEffort = 4

  /// Anneals a placement and keeps what is better.
  private func anneal<Metric: GridMetric>(
    _ best: inout PlacementState<Metric>, _ kinds: [Int], heat: Double, moves: Int
  ) {
    var annealing = Annealing(best, kinds: kinds, seed: seed)
    annealing.run(moves: moves, heat: heat)
    if annealing.state.cost < best.cost { best = annealing.state }
  }
}
