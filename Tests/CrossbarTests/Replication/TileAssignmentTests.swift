// Layers on several classes of arrays: answers against exhaustive search, and what a search costs where
// that cannot be done.

import TestSupport
import Testing

@testable import Crossbar

@Suite struct TileAssignmentTests {

  private func random(
    _ random: inout SplitMix64, layers: Int, classes: Int, most: Int, budgets: ClosedRange<Int>
  ) -> TileAssignment {
    let tiles: [Int?] = (0..<layers * classes).map { _ in
      random.chance(0.1) ? nil : random.int(1...most)
    }
    return TileAssignment(
      tiles: tiles, budgets: (0..<classes).map { _ in random.int(budgets) },
      total: random.chance(0.4) ? random.int(budgets) * 2 : nil)
  }

  /// The fewest tiles with which the layers fit, by trying everything.
  private func exhaustive(_ problem: TileAssignment) -> Int? {
    let (classes, layers) = (problem.classes, problem.tiles.count / problem.classes)
    var best: Int?
    var used = [Int](repeating: 0, count: classes)
    func visit(_ layer: Int) {
      let sum = used.reduce(0, +)
      guard zip(used, problem.budgets).allSatisfy({ $0 <= $1 }), sum <= problem.total ?? .max else {
        return
      }
      guard layer < layers else {
        best = min(best ?? sum, sum)
        return
      }
      for kind in 0..<classes where problem.tiles[layer * classes + kind] >= 0 {
        used[kind] += problem.tiles[layer * classes + kind]
        visit(layer + 1)
        used[kind] -= problem.tiles[layer * classes + kind]
      }
    }
    visit(0)
    return best
  }

  @Test(arguments: 0..<400 as Range<UInt64>) func smallQuestionsAreAnswered(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let classes = random.int(1...5)
    var problem = self.random(
      &random, layers: random.int(1...6), classes: classes, most: 20, budgets: 8...40)
    let best = exhaustive(problem)
    let outcome = problem.solve(fewest: true)
    guard case .found(let kinds) = outcome else {
      #expect(best == nil && outcome == .impossible)
      return
    }
    var used = [Int](repeating: 0, count: classes)
    for (layer, kind) in kinds.enumerated() {
      #expect(problem.tiles[layer * classes + kind] >= 0)
      used[kind] += problem.tiles[layer * classes + kind]
    }
    #expect(zip(used, problem.budgets).allSatisfy { $0 <= $1 })
    #expect(used.reduce(0, +) <= problem.total ?? .max)
    #expect(used.reduce(0, +) == best)
    if case .impossible = problem.solve() { Issue.record("found before") }
  }

  /// Networks of many layers on machines of many classes: the cost is bounded, and the pace is nearly that
  /// of a bound from prices, which no answer passes.
  @Test(arguments: [(12, 3), (20, 4), (60, 3), (120, 6), (200, 3)])
  func largeQuestionsAreBounded(_ layers: Int, _ classes: Int) throws {
    var random = SplitMix64(seed: UInt64(layers * classes))
    let cycles = (0..<classes).map { Double(1 << $0) }
    let options = (0..<layers).map { _ in
      let (positions, size) = (random.int(1...3000), random.int(1...400))
      return (0..<classes).map { kind in
        ReplicationProblem.Option(
          positions: positions, cycle: cycles[kind],
          blocksPerReplica: max(1, size >> (2 * kind) + random.int(0...3)), blocksPerTile: 1,
          mostReplicas: positions)
      }
    }
    let problem = ReplicationProblem(
      layers: options, budgets: (0..<classes).map { layers * 800 >> $0 },
      total: layers * 700)
    let answer = try #require(problem.solve())
    #expect(answer.steps < 1 << 30, "\(answer.steps)")
    let pace = zip(options, answer.choices).map { $0[$1.kind].time($1.replicas) }.max() ?? 0
    // With a tenth less time, prices prove that there is no room.
    var faster = TileAssignment(
      tiles: options.flatMap { kinds in
        kinds.map { option in option.replicas(within: 0.9 * pace).map { option.tiles($0) } }
      }, budgets: problem.budgets, total: problem.total)
    #expect(faster.solve() == .impossible, "\(pace), \(answer.isOptimal)")
  }
}
