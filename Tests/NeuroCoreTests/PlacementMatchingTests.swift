// Matchings against trying everything.

import Testing

@testable import NeuroCore

struct PlacementMatchingTests {

  @Test(arguments: 0..<200) func isLargest(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let (things, cores) = (random.below(7), 1 + random.below(6))
    let choices = (0..<things).map { _ in (0..<cores).filter { _ in random.below(3) == 0 } }
    let matching = CoreMatching(choices: choices, coreCount: cores)
    let served = matching.cores.compactMap { $0 }
    #expect(Set(served).count == served.count)
    for (thing, core) in matching.cores.enumerated() {
      if let core { #expect(choices[thing].contains(core)) }
    }
    #expect(matching.count == largest(choices[...], []))
    guard matching.count < things else {
      #expect(matching.contenders.isEmpty)
      return
    }
    // Too few cores for these, which is why not all are served.
    let offered = Set(matching.contenders.flatMap { choices[$0] })
    #expect(!matching.contenders.isEmpty && offered.count < matching.contenders.count)
  }

  private func largest(_ choices: ArraySlice<[Int]>, _ taken: Set<Int>) -> Int {
    guard let first = choices.first else { return 0 }
    return first.filter { !taken.contains($0) }.reduce(largest(choices.dropFirst(), taken)) {
      max($0, 1 + largest(choices.dropFirst(), taken.union([$1])))
    }
  }

  @Test func servesAllAlongLongPaths() {
    // Each thing but the last may take its own core or the next one; the last only its own.
    let count = 2_000
    let choices = (0..<count).map { $0 == 0 ? [count - 1] : [count - 1 - $0, count - $0] }
    let matching = CoreMatching(choices: choices.map { $0.reversed() }, coreCount: count)
    #expect(matching.count == count)
  }

  @Test func namesThoseThatContend() {
    // Three large layers for the two large cores; the small one is served.
    let matching = CoreMatching(choices: [[0, 1], [0, 1], [0, 1], [0, 1, 2, 3]], coreCount: 4)
    #expect(matching.count == 3)
    #expect(matching.contenders == [0, 1, 2])
  }
}
