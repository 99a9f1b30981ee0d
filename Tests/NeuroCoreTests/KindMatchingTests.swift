// Matchings of cores with classes against trying everything.

import Testing

@testable import NeuroCore

struct KindMatchingTests {

  @Test(arguments: 0..<200) func leavesOverAsFewAsPossible(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let (cores, kinds) = (random.below(8), 1 + random.below(4))
    let supply = (0..<kinds).map { _ in random.below(4) }
    let choices = (0..<cores).map { _ in (0..<kinds).filter { _ in random.below(2) == 0 } }
    let found = matchedKinds(choices, supply: supply)
    #expect(found.count == cores)
    for (core, kind) in found.enumerated() {
      if let kind { #expect(choices[core].contains(kind)) }
    }
    for (kind, offered) in supply.enumerated() {
      #expect(found.count { $0 == kind } <= offered)
    }
    #expect(found.count { $0 != nil } == most(choices[...], supply))
  }

  /// Returns how many cores find a class at best.
  private func most(_ choices: ArraySlice<[Int]>, _ supply: [Int]) -> Int {
    guard let first = choices.first else { return 0 }
    var best = most(choices.dropFirst(), supply)
    for kind in first where supply[kind] > 0 {
      var left = supply
      left[kind] -= 1
      best = max(best, 1 + most(choices.dropFirst(), left))
    }
    return best
  }

  @Test func movesAllAlongALongPath() {
    // Each takes its first choice until the last, which has none but the first's: all move on.
    let count = 200
    let choices = (0..<count).map { $0 < count - 1 ? [$0, $0 + 1] : [0] }
    let found = matchedKinds(choices, supply: [Int](repeating: 1, count: count))
    #expect(found == (0..<count).map { $0 < count - 1 ? $0 + 1 : 0 })
  }

  @Test func prefersWhatIsPreferred() {
    #expect(matchedKinds([[1, 0], [1, 0], [1]], supply: [2, 2]) == [0, 1, 1])
    #expect(matchedKinds([[0], [0]], supply: [1]) == [0, nil])
  }
}
