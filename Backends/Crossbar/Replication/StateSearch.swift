// Placing layers one after the other on classes of arrays: the tiles that are taken so far, without those
// sets of tiles that another makes needless, or that cannot be completed.

/// The search of `TileAssignment` for what prices leave open.
struct StateSearch {

  private let problem: TileAssignment
  private let prices: TilePrices
  private let most: Int

  /// The states made and compared so far.
  private(set) var steps = 0

  /// Whether states were left out that might have led to an answer.
  private var isCut = false

  /// The tiles that some first layers take.
  private struct States {
    /// [states][classes].
    var tiles: [Int] = []
    /// What they cost.
    var costs: [Double] = []
    /// The state of the layers before the last one, and the class of that.
    var previous: [Int] = []
    var kinds: [Int] = []
    var count: Int { costs.count }
  }

  /// Prepares a search that keeps `most` states.
  init(_ problem: TileAssignment, _ prices: TilePrices, most: Int) {
    (self.problem, self.prices, self.most) = (problem, prices, most)
  }

  /// Returns the assignment with the fewest tiles of those that are found.
  mutating func run() -> TileAssignment.Outcome {
    let classes = problem.classes
    let costs = problem.tiles.enumerated().map { i, tiles in
      tiles < 0 ? Double.infinity : prices.cost(tiles, kind: i % classes, problem)
    }
    let least = stride(from: 0, to: costs.count, by: classes).map { start in
      costs[start..<start + classes].reduce(.infinity) { min($0, $1) }
    }
    let order = least.indices.sorted { (least[$1], $0) < (least[$0], $1) }
    var rest = least.reduce(0, +)
    var states = States()
    states.tiles = [Int](repeating: 0, count: classes)
    states.costs = [0]
    var history: [States] = []
    for layer in order {
      rest -= least[layer]
      let own = layer * classes..<(layer + 1) * classes
      let next = place(problem.tiles[own], costs[own], on: states, atMost: 1 + 1e-9 - rest)
      states = undominated(next)
      guard states.count > 0 else { return isCut ? .unknown : .impossible }
      history.append(states)
    }
    return .found(trace(history, order))
  }

  /// Returns all states with a further layer that keep the limits.
  private mutating func place(
    _ tiles: ArraySlice<Int>, _ costs: ArraySlice<Double>, on states: States, atMost: Double
  ) -> States {
    var next = States()
    let classes = problem.classes
    for state in 0..<states.count {
      let own = states.tiles[state * classes..<(state + 1) * classes]
      let sum = own.reduce(0, +)
      for kind in 0..<classes where tiles[tiles.startIndex + kind] >= 0 {
        steps += 1
        let more = tiles[tiles.startIndex + kind]
        let cost = states.costs[state] + costs[costs.startIndex + kind]
        guard own[own.startIndex + kind].adding(more) <= problem.budgets[kind],
          sum.adding(more) <= problem.total ?? .max, cost <= atMost
        else { continue }
        next.tiles += own
        next.tiles[next.count * classes + kind] += more
        next.costs.append(cost)
        next.previous.append(state)
        next.kinds.append(kind)
      }
    }
    return next
  }

  /// Returns the states of which none takes at least as much of every class as another; the cheapest if
  /// they are too many.
  private mutating func undominated(_ states: States) -> States {
    let classes = problem.classes
    var kept: [Int] = []
    if classes <= 2 {
      // By the tiles of the first class, then of the last: the last that was kept has the fewest.
      let order = (0..<states.count).sorted {
        let (a, b) = ($0 * classes, $1 * classes)
        return (states.tiles[a], states.tiles[a + classes - 1], $0)
          < (states.tiles[b], states.tiles[b + classes - 1], $1)
      }
      steps += order.count
      for state in order {
        let last = kept.last.map { states.tiles[($0 + 1) * classes - 1] } ?? .max
        if states.tiles[(state + 1) * classes - 1] < last { kept.append(state) }
      }
      if kept.count > most {
        isCut = true
        kept.sort { (states.costs[$0], $0) < (states.costs[$1], $1) }
        kept.removeLast(kept.count - most)
      }
    } else {
      // What takes no more of any class costs no more either, and comes first.
      let order = (0..<states.count).sorted { a, b in
        if states.costs[a] != states.costs[b] { return states.costs[a] < states.costs[b] }
        let (x, y) = (a * classes, b * classes)
        return states.tiles[x..<x + classes].lexicographicallyPrecedes(
          states.tiles[y..<y + classes])
      }
      for state in order {
        guard !kept.contains(where: { isDominated(state, by: $0, states) }) else { continue }
        guard kept.count < most else {
          isCut = true
          break
        }
        kept.append(state)
      }
    }
    var result = States()
    for state in kept {
      result.tiles += states.tiles[state * classes..<(state + 1) * classes]
      result.costs.append(states.costs[state])
      result.previous.append(states.previous[state])
      result.kinds.append(states.kinds[state])
    }
    return result
  }

  /// Whether `other` takes no more tiles of any class than `state`.
  private mutating func isDominated(_ state: Int, by other: Int, _ states: States) -> Bool {
    steps += 1
    let (a, b) = (state * problem.classes, other * problem.classes)
    for kind in 0..<problem.classes where states.tiles[b + kind] > states.tiles[a + kind] {
      return false
    }
    return true
  }

  /// Returns the classes of the layers that led to the last state with the fewest tiles.
  private func trace(_ history: [States], _ order: [Int]) -> [Int] {
    let classes = problem.classes
    var result = [Int](repeating: 0, count: order.count)
    guard let last = history.last else { return result }
    var state =
      (0..<last.count).min { a, b in
        last.tiles[a * classes..<(a + 1) * classes].reduce(0, +)
          < last.tiles[b * classes..<(b + 1) * classes].reduce(0, +)
      } ?? 0
    for (states, layer) in zip(history, order).reversed() {
      result[layer] = states.kinds[state]
      state = states.previous[state]
    }
    return result
  }
}
