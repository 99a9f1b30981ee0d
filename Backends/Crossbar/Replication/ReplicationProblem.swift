// How many copies of each layer, on arrays of which class: the search itself, which knows numbers
// only, so that it can be compared with an exhaustive one.

/// The question how many copies of each layer to make, and on arrays of which class.
///
/// A layer that reads W vectors with R copies takes c · ⌈W / R⌉ seconds, where c is the time of a
/// cycle of its arrays. The layers are a pipeline: the slowest of them sets the pace.
package struct ReplicationProblem: Hashable, Sendable {

  /// For each layer what it would be on arrays of each class.
  package var layers: [[Option]]

  /// The tiles of each class.
  package var budgets: [Int]

  /// The tiles of all classes together, if they are limited.
  package var total: Int?

  /// A layer on arrays of a class.
  package struct Option: Hashable, Sendable {
    /// The vectors that it reads, at least 1.
    package var positions: Int
    /// The time of a cycle, in any unit.
    package var cycle: Double
    /// The blocks of a copy, at least 1.
    package var blocksPerReplica: Int
    /// The blocks that share a tile, at least 1.
    package var blocksPerTile: Int
    /// The most copies, at least 1.
    package var mostReplicas: Int

    /// The tiles of so many copies.
    package func tiles(_ replicas: Int) -> Int {
      (replicas * blocksPerReplica - 1) / blocksPerTile + 1
    }

    /// The cycles with so many copies.
    package func cycles(_ replicas: Int) -> Int { (positions - 1) / replicas + 1 }

    /// The time with so many copies.
    package func time(_ replicas: Int) -> Double { cycle * Double(cycles(replicas)) }

    /// Returns the fewest copies with which the layer takes `time` at most; `nil` if there are none.
    func replicas(within time: Double) -> Int? {
      // The quotient may be off by rounding; products decide, as they do elsewhere.
      var most = Int(min(time / cycle, Double(positions)))
      while most < positions, cycle * Double(most + 1) <= time { most += 1 }
      while most >= 1, cycle * Double(most) > time { most -= 1 }
      guard most >= 1 else { return nil }
      let replicas = (positions - 1) / most + 1
      return replicas <= mostReplicas ? replicas : nil
    }
  }

  /// An answer.
  package struct Answer: Hashable, Sendable {
    /// Where each layer goes.
    package var choices: [LayerChoice]
    /// Whether no other answer has a faster slowest layer.
    package var isOptimal: Bool
  }

  /// Creates the question.
  package init(layers: [[Option]], budgets: [Int], total: Int? = nil) {
    self.layers = layers
    self.budgets = budgets
    self.total = total
  }
}

extension ReplicationProblem {

  /// Returns an answer whose slowest layer is as fast as possible, and in which tiles that are left
  /// make the sum of times smaller; `nil` if the layers do not fit even once.
  ///
  /// The slowest time is one of the c · ⌈W / R⌉; whether a time can be kept is monotone in it, so it
  /// is found by bisection. For one class the tiles of the fewest copies are added up; for several
  /// the sets of tiles that no other choice of classes dominates are kept, which is exact as long
  /// as they are at most `mostStates`, that is for two classes always. Spare tiles go to the layer that
  /// gains most time by tile, again and again.
  ///
  /// - Complexity: O(layers · classes · √W · log) to collect and sort times; O(log) trials of
  ///   O(layers · states) each.
  package func solve() -> Answer? {
    guard !layers.isEmpty else { return Answer(choices: [], isOptimal: true) }
    let times = candidateTimes()
    var isOptimal = true
    guard let slowest = times.last, var best = choices(within: slowest, &isOptimal) else {
      return nil
    }
    var (low, high) = (0, times.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if let found = choices(within: times[middle], &isOptimal) {
        (best, high) = (found, middle)
      } else {
        low = middle + 1
      }
    }
    return Answer(choices: usingSpareTiles(best), isOptimal: isOptimal)
  }

  /// The times that a layer can take, ascending.
  func candidateTimes() -> [Double] {
    var times: Set<Double> = []
    for option in layers.joined() {
      // All values of ⌈W / R⌉: each R up to √W, and each quotient below it.
      let root = Int(Double(option.positions).squareRoot()) + 1
      for k in 1...min(root, option.positions) {
        times.insert(option.cycle * Double(k))
        times.insert(option.time(k))
      }
    }
    return times.sorted()
  }

  /// The most sets of tiles that are kept for three classes or more.
  static let mostStates = 1 << 12

  /// Returns choices with which no layer takes more than `time`, if there are any.
  private func choices(within time: Double, _ isOptimal: inout Bool) -> [LayerChoice]? {
    var states = [State(tiles: [Int](repeating: 0, count: budgets.count))]
    var history: [[State]] = []
    for options in layers {
      var next: [State] = []
      for (kind, option) in options.enumerated() {
        guard let replicas = option.replicas(within: time) else { continue }
        let choice = LayerChoice(kind: kind, replicas: replicas)
        for (i, state) in states.enumerated() {
          var tiles = state.tiles
          tiles[kind] += option.tiles(replicas)
          guard tiles[kind] <= budgets[kind], total.map({ tiles.reduce(0, +) <= $0 }) ?? true
          else { continue }
          next.append(State(tiles: tiles, previous: i, choice: choice))
        }
      }
      states = State.undominated(next)
      if budgets.count > 2, states.count > ReplicationProblem.mostStates {
        states.removeLast(states.count - ReplicationProblem.mostStates)
        isOptimal = false
      }
      guard !states.isEmpty else { return nil }
      history.append(states)
    }
    // Of all that fit, the one with the fewest tiles in all.
    var index =
      states.indices.min { states[$0].tiles.reduce(0, +) < states[$1].tiles.reduce(0, +) } ?? 0
    var result: [LayerChoice] = []
    for states in history.reversed() {
      result.append(states[index].choice)
      index = states[index].previous
    }
    return result.reversed()
  }

  /// The tiles that the first layers take, and how.
  private struct State {
    var tiles: [Int]
    var previous = 0
    var choice = LayerChoice()

    /// Returns those of `states` of which none takes at least as much of every class as another.
    static func undominated(_ states: [State]) -> [State] {
      let sorted = states.sorted { $0.tiles.lexicographicallyPrecedes($1.tiles) }
      var result: [State] = []
      for state in sorted {
        // Among two classes the last that was kept has the fewest tiles of the second.
        let isDominated =
          state.tiles.count <= 2
          ? result.last.map { $0.tiles[$0.tiles.count - 1] <= state.tiles[state.tiles.count - 1] }
            ?? false
          : result.contains { zip($0.tiles, state.tiles).allSatisfy { $0 <= $1 } }
        if !isDominated { result.append(state) }
      }
      return result
    }
  }

  /// Returns `choices` with more copies where tiles are left.
  private func usingSpareTiles(_ choices: [LayerChoice]) -> [LayerChoice] {
    var result = choices
    var spare = budgets
    var spareInAll = total ?? Int.max
    for (layer, choice) in choices.enumerated() {
      let tiles = layers[layer][choice.kind].tiles(choice.replicas)
      spare[choice.kind] -= tiles
      spareInAll -= tiles
    }
    while true {
      var best: (layer: Int, replicas: Int, tiles: Int, gain: Double)?
      for (layer, choice) in result.enumerated() {
        let option = layers[layer][choice.kind]
        let cycles = option.cycles(choice.replicas)
        guard cycles > 1 else { continue }
        let replicas = (option.positions - 1) / (cycles - 1) + 1
        let tiles = option.tiles(replicas) - option.tiles(choice.replicas)
        guard replicas <= option.mostReplicas, tiles <= min(spare[choice.kind], spareInAll) else {
          continue
        }
        let saved = option.time(choice.replicas) - option.time(replicas)
        let gain = tiles == 0 ? .infinity : saved / Double(tiles)
        if best.map({ gain > $0.gain }) ?? true { best = (layer, replicas, tiles, gain) }
      }
      guard let best else { return result }
      spare[result[best.layer].kind] -= best.tiles
      spareInAll -= best.tiles
      result[best.layer].replicas = best.replicas
    }
  }
}
