// Which core serves which layer, where cores differ and each layer takes one of its own.

/// A largest matching between things that need a core and the cores that could serve them.
package struct CoreMatching: Hashable, Sendable {

  /// For each of the things, the core that serves it, `nil` if none is left for it.
  package let cores: [Int?]

  /// The number of things that are served.
  package var count: Int { cores.count { $0 != nil } }

  /// Things that together have too few cores: if not all are served, a set of things that could be
  /// served by fewer cores than it has members, ascending; otherwise empty.
  package let contenders: [Int]

  /// Finds a largest matching.
  ///
  /// Of equal matchings, the one is found that prefers the first choices of the first things.
  ///
  /// - Parameters:
  ///   - choices: for each of the things, the cores that could serve it, in the order of preference.
  ///   - coreCount: the number of cores.
  /// - Precondition: the choices are in 0 ..< `coreCount`.
  /// - Complexity: O(choices · √things).
  /// - Source: Hopcroft and Karp (1973); the contenders are the set of Hall's theorem (1935) that
  ///   König's alternating paths reach.
  package init(choices: [[Int]], coreCount: Int) {
    var search = MatchingSearch(choices: choices, coreCount: coreCount)
    while search.findDepths() {
      for thing in choices.indices where search.cores[thing] == nil { search.extend(from: thing) }
    }
    cores = search.cores
    contenders = search.reached()
  }
}

/// A matching that grows by shortest alternating paths.
private struct MatchingSearch {

  let choices: [[Int]]
  var cores: [Int?]
  var things: [Int?]
  var depths: [Int]
  var next: [Int]

  init(choices: [[Int]], coreCount: Int) {
    self.choices = choices
    cores = [Int?](repeating: nil, count: choices.count)
    things = [Int?](repeating: nil, count: coreCount)
    depths = []
    next = []
  }

  /// Finds how far each thing is from those not served, along alternating paths; returns whether a
  /// free core is reached.
  mutating func findDepths() -> Bool {
    depths = cores.map { $0 == nil ? 0 : -1 }
    next = [Int](repeating: 0, count: choices.count)
    var queue = cores.indices.filter { cores[$0] == nil }
    var (head, isFreeReached) = (0, false)
    while head < queue.count {
      let thing = queue[head]
      head += 1
      for core in choices[thing] {
        guard let other = things[core] else {
          isFreeReached = true
          continue
        }
        guard depths[other] < 0 else { continue }
        depths[other] = depths[thing] + 1
        queue.append(other)
      }
    }
    return isFreeReached
  }

  /// Serves `start` along a shortest alternating path, if there is one left.
  mutating func extend(from start: Int) {
    // A stack instead of recursion: paths can be as long as there are things.
    var path = [start]
    while let thing = path.last {
      guard next[thing] < choices[thing].count else {
        path.removeLast()
        if let before = path.last { next[before] += 1 }
        continue
      }
      let core = choices[thing][next[thing]]
      guard let other = things[core] else {
        for step in path.reversed() {
          let taken = choices[step][next[step]]
          cores[step] = taken
          things[taken] = step
          next[step] += 1
        }
        return
      }
      if depths[other] == depths[thing] + 1 {
        path.append(other)
      } else {
        next[thing] += 1
      }
    }
  }

  /// Returns the things that alternating paths reach from the first that is not served.
  mutating func reached() -> [Int] {
    guard let first = cores.firstIndex(of: nil) else { return [] }
    var isReached = [Bool](repeating: false, count: cores.count)
    isReached[first] = true
    var queue = [first]
    while let thing = queue.popLast() {
      for core in choices[thing] {
        guard let other = things[core], !isReached[other] else { continue }
        isReached[other] = true
        queue.append(other)
      }
    }
    return isReached.indices.filter { isReached[$0] }
  }
}
