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
    /// Whether it is proved that no other answer has a faster slowest layer.
    package var isOptimal: Bool
    /// What the search has cost: layers priced, states made and compared.
    package var steps: Int
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
  /// make the sum of times smaller; `nil` if no way was found in which the layers fit even once.
  ///
  /// The slowest time is one of the c · ⌈W / R⌉; whether a time can be kept is monotone in it, so it
  /// is found by bisection. With which classes it can be kept, with the fewest copies, is for
  /// `TileAssignment`, which nearly always answers with a proof; `isOptimal` says whether there is one
  /// that the next smaller time cannot be kept. Spare tiles go to the layer that gains most time by tile,
  /// again and again.
  ///
  /// - Complexity: O(layers · classes · √W · log) to collect and sort times; O(log) questions.
  package func solve() -> Answer? {
    guard !layers.isEmpty else { return Answer(choices: [], isOptimal: true, steps: 0) }
    let times = candidateTimes()
    var steps = 0
    guard let slowest = times.last,
      case .found = outcome(within: slowest, longest: true, steps: &steps)
    else { return nil }
    var (low, high) = (0, times.count - 1)
    var isOptimal = true
    while low < high {
      let middle = (low + high) / 2
      switch outcome(within: times[middle], steps: &steps) {
      case .found: high = middle
      case .impossible: (low, isOptimal) = (middle + 1, true)
      case .unknown: (low, isOptimal) = (middle + 1, false)
      }
    }
    guard
      case .found(let kinds) = outcome(
        within: times[low], fewest: true, longest: true, steps: &steps)
    else { return nil }
    let choices = zip(layers, kinds).map { options, kind in
      LayerChoice(kind: kind, replicas: options[kind].replicas(within: times[low]) ?? 1)
    }
    return Answer(choices: usingSpareTiles(choices), isOptimal: isOptimal, steps: steps)
  }

  /// Whether the layers fit; `nil` if no way was found, and none is ruled out.
  ///
  /// - Complexity: that of one question of `solve`.
  package var isFeasible: Bool? {
    var steps = 0
    guard let slowest = candidateTimes().last else { return layers.isEmpty }
    switch outcome(within: slowest, longest: true, steps: &steps) {
    case .found: return true
    case .impossible: return false
    case .unknown: return nil
    }
  }

  /// The fewest tiles on which all layers fit once, whatever `total` allows; `nil` if no way was found.
  ///
  /// Of those that the search finds where that stops early, so that fewer might do.
  ///
  /// - Complexity: that of one question of `solve`.
  package var fewestTiles: Int? {
    guard let slowest = candidateTimes().last else { return layers.isEmpty ? 0 : nil }
    var free = self
    free.total = nil
    // No copy of a layer is needed for the longest of all times.
    var steps = 0
    let outcome = free.outcome(within: slowest, fewest: true, longest: true, steps: &steps)
    guard case .found(let kinds) = outcome else { return nil }
    return zip(layers, kinds).reduce(0) { $0.adding($1.0[$1.1].tiles(1)) }
  }

  /// Returns all times that a layer can take, ascending.
  private func candidateTimes() -> [Double] {
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

  /// Returns classes with which no layer takes more than `time`, or what is known of them.
  ///
  /// - Parameters:
  ///   - time: the time.
  ///   - fewest: whether as few tiles as possible are wanted.
  ///   - longest: whether the search is repeated with more states where it is not clear.
  ///   - steps: what the search has cost, updated.
  /// - Returns: the classes, or that there are none, or that it is not clear.
  private func outcome(
    within time: Double, fewest: Bool = false, longest: Bool = false, steps: inout Int
  ) -> TileAssignment.Outcome {
    let tiles = layers.flatMap { options in
      options.map { option in option.replicas(within: time).map { option.tiles($0) } }
    }
    var outcome = TileAssignment.Outcome.unknown
    for effort in longest ? [1, 4] : [1] where outcome == .unknown {
      var assignment = TileAssignment(tiles: tiles, budgets: budgets, total: total)
      outcome = assignment.solve(fewest: fewest, effort: effort)
      steps += assignment.steps
    }
    return outcome
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
