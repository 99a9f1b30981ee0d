// Which class of arrays for each layer, so that the tiles of all classes suffice: prices of tiles decide
// most questions, with a proof; a search within bounds of time and memory decides the rest.

internal import Kernels

/// The question on arrays of which class each layer goes, if it takes so many tiles of each.
///
/// With one class it is a sum, with several a packing problem in as many dimensions. Two ways are gone:
///
/// *Prices.* For prices w of the classes' tiles (and of all tiles, if those are limited), all relative to
/// what there is and 1 in sum, every layer goes where it is cheapest, and pays
/// m(w) = Σ over layers of min over classes of Σ_i w_i · tiles / limit_i. A layer that goes anywhere pays as
/// much at least, and if all limits are kept all layers together pay at most Σ w_i = 1: m(w) > 1 proves
/// that there is no answer. Prices of what is overdrawn rise, w_i ← w_i · e^(η · load_i) / norm; most
/// questions are settled by a proof, or by an assignment on the way that keeps the limits.
///
/// *States.* Otherwise layers are placed one after the other, the most expensive first. States are
/// the tiles taken so far: dropped if another takes no more of any class, or if prices prove that
/// what follows has no room. If more remain than there is room for, the cheapest are kept; then
/// failing proves nothing.
///
/// - Source: multiplicative weights for packing: Plotkin, Shmoys and Tardos (1995); the bound is the
///   Lagrangian dual, as in Fisher (1981); dominated states: Weingartner and Ness (1967).
struct TileAssignment: Sendable {

  /// What is known of a question.
  enum Outcome: Hashable, Sendable {
    /// The class of each layer.
    case found([Int])
    /// There is no answer.
    case impossible
    /// None was found, and there may be one.
    case unknown
  }

  /// The number of classes.
  let classes: Int

  /// The tiles of each layer on each class, [layers][classes]; −1 where it cannot go.
  let tiles: [Int]

  /// The tiles of each class.
  let budgets: [Int]

  /// Those of all classes together.
  let total: Int?

  /// What the search has cost so far: layers priced, states made and compared.
  private(set) var steps = 0

  private var layers: Int { tiles.count / max(1, classes) }

  /// The rounds of prices.
  private static let rounds = 96

  /// The comparisons of states that a search may take, about.
  private static let mostComparisons = 1 << 25

  /// Creates a question.
  ///
  /// - Parameters:
  ///   - tiles: the tiles of each layer on each class, [layers][classes]; `nil` where it cannot go.
  ///   - budgets: the tiles of each class.
  ///   - total: those of all classes together, if they are limited.
  init(tiles: [Int?], budgets: [Int], total: Int?) {
    classes = budgets.count
    self.budgets = budgets
    self.total = total
    self.tiles = tiles.enumerated().map { i, count in
      guard let count, count <= budgets[i % budgets.count], count <= total ?? .max else {
        return -1
      }
      return count
    }
  }

  /// Returns classes for all layers with which the tiles suffice.
  ///
  /// - Parameters:
  ///   - fewest: whether, of all assignments that the search finds, the one with the fewest tiles is
  ///     wanted; otherwise any.
  ///   - effort: a factor of the states that are kept.
  /// - Returns: the classes, or whether it is proved that there are none.
  /// - Complexity: O(layers · classes · (`rounds` + classes · states²)), where states² · layers · classes²
  ///   is at most 2²⁵ or so, times the square of `effort`.
  mutating func solve(fewest: Bool = false, effort: Int = 1) -> Outcome {
    let hasPlace = (0..<layers).allSatisfy { layer in
      (0..<classes).contains { tiles[layer * classes + $0] >= 0 }
    }
    guard hasPlace else { return .impossible }
    if fewest {
      let smallest = smallestKinds
      if fits(smallest) { return .found(smallest) }
    }
    var prices = TilePrices(self)
    var found: [Int]?
    for round in 0..<Self.rounds where found == nil {
      steps += tiles.count
      let (cheapest, loads, cost) = prices.assign(self)
      if cost > 1 + 1e-9 { return .impossible }
      if fits(cheapest) { found = cheapest }
      prices.raise(loads, round: round)
    }
    if let found, !fewest || classes == 1 { return .found(found) }
    var search = StateSearch(self, prices, most: mostStates * effort)
    let outcome = search.run()
    steps += search.steps
    guard let found else { return outcome }
    guard case .found(let other) = outcome, count(other) < count(found) else {
      return .found(found)
    }
    return outcome
  }

  /// The class on which each layer takes the fewest tiles.
  private var smallestKinds: [Int] {
    (0..<layers).map { layer in
      let own = tiles[layer * classes..<(layer + 1) * classes]
      let allowed = (0..<classes).filter { own[own.startIndex + $0] >= 0 }
      return allowed.min { own[own.startIndex + $0] < own[own.startIndex + $1] } ?? 0
    }
  }

  /// The states that are kept.
  private var mostStates: Int {
    let room = Double(Self.mostComparisons) / Double(max(1, layers))
    // Two classes are swept in order; of more each pair of states is compared.
    guard classes > 2 else { return max(256, min(1 << 14, Int(room / 64))) }
    return max(32, min(1 << 10, Int((room / Double(classes * classes)).squareRoot())))
  }

  /// Whether tiles suffice if layers are on these classes.
  private func fits(_ kinds: [Int]) -> Bool {
    var used = [Int](repeating: 0, count: classes)
    for (layer, kind) in kinds.enumerated() {
      used[kind] = used[kind].adding(tiles[layer * classes + kind])
    }
    return zip(used, budgets).allSatisfy { $0 <= $1 } && count(kinds) <= total ?? .max
  }

  /// The tiles of all layers on these classes.
  private func count(_ kinds: [Int]) -> Int {
    kinds.enumerated().reduce(0) { $0.adding(tiles[$1.offset * classes + $1.element]) }
  }
}

/// Prices of tiles, relative to what there is of each class; the last is that of all tiles.
struct TilePrices: Sendable {

  /// The prices; 1 in sum.
  private var weights: [Double]

  /// Starts with the same price for everything that is limited.
  init(_ problem: TileAssignment) {
    let count = problem.classes + (problem.total == nil ? 0 : 1)
    weights = [Double](repeating: 1 / Double(count), count: count)
  }

  /// Returns what so many tiles of a class cost.
  func cost(_ tiles: Int, kind: Int, _ problem: TileAssignment) -> Double {
    var result = weights[kind] * Double(tiles) / Double(max(1, problem.budgets[kind]))
    if let total = problem.total {
      result += weights[problem.classes] * Double(tiles) / Double(max(1, total))
    }
    return result
  }

  /// Returns where each layer is cheapest, what that takes of each limit, and what it costs.
  func assign(_ problem: TileAssignment) -> (kinds: [Int], loads: [Double], cost: Double) {
    var kinds: [Int] = []
    var loads = [Double](repeating: 0, count: weights.count)
    var cost = 0.0
    for start in stride(from: 0, to: problem.tiles.count, by: problem.classes) {
      var (best, least) = (-1, Double.infinity)
      for kind in 0..<problem.classes where problem.tiles[start + kind] >= 0 {
        let own = self.cost(problem.tiles[start + kind], kind: kind, problem)
        if own < least { (best, least) = (kind, own) }
      }
      let tiles = Double(problem.tiles[start + best])
      kinds.append(best)
      cost += least
      loads[best] += tiles / Double(max(1, problem.budgets[best]))
      if let total = problem.total { loads[problem.classes] += tiles / Double(max(1, total)) }
    }
    return (kinds, loads, cost)
  }

  /// Makes dearer what is overdrawn.
  mutating func raise(_ loads: [Double], round: Int) {
    // Loads relative to the largest, so that exponents do not depend on how much is overdrawn.
    let most = max(1, loads.reduce(0) { max($0, $1) })
    let rate = 1 / Double(round + 1).squareRoot()
    for i in weights.indices { weights[i] *= exponential(rate * loads[i] / most) }
    let sum = weights.reduce(0, +)
    // No price is 0, from which it would not rise again.
    for i in weights.indices { weights[i] = max(weights[i] / sum, 1e-9) }
    let limited = weights.reduce(0, +)
    for i in weights.indices { weights[i] /= limited }
  }
}
