// Trees along which routers copy packets: two ways to grow them, of which the shorter is kept.

/// The links that a packet and its copies take from a router to others.
package struct MulticastTree: Hashable, Sendable {

  /// The router that sends.
  package let root: Int

  /// The routers that receive, ascending, each once; the root may be one.
  package let ends: [Int]

  /// The links, each leaving a router that an earlier one leads to, or the root; no two lead to the
  /// same router.
  package private(set) var links: [Link] = []

  /// Grows a tree.
  ///
  /// Two trees are grown, and that with fewer links is kept: shortest ways with their longest
  /// dimension first, which share what they have in common; and ways from the nearest router of the
  /// tree so far, the nearest destinations first.
  ///
  /// - Parameters:
  ///   - root: the router that sends.
  ///   - ends: the routers that receive.
  ///   - grid: the routers.
  /// - Complexity: O(destinations · links).
  /// - Source: Navaridas et al. (2015), "SpiNNaker: Enhanced multicast routing", longest dimension
  ///   first and neighbour exploring routing; the latter looks for the nearest router in all of the
  ///   tree here, not within a radius.
  package init(from root: Int, to ends: [Int], on grid: CoreGrid) {
    self.root = root
    self.ends = Set(ends).sorted()
    let targets = self.ends.filter { $0 != root }
      .map { (router: $0, hops: grid.hops(fromRouter: root, to: $0)) }
      .sorted { ($0.hops, $0.router) < ($1.hops, $1.router) }
    guard targets.count > 1 else {
      links = targets.first.map { grid.links(fromRouter: root, to: $0.router) } ?? []
      return
    }
    var direct = Growth(root: root)
    var near = Growth(root: root)
    for target in targets {
      direct.extend(to: target.router, from: root, on: grid)
      near.extend(to: target.router, from: near.nearest(to: target.router, on: grid), on: grid)
    }
    links = near.links.count < direct.links.count ? near.links : direct.links
  }
}

/// A tree as it grows.
private struct Growth {

  /// The links so far.
  var links: [Link] = []
  /// The routers so far, in the order in which they were reached.
  private var routers: [Int]
  /// The same as a set.
  private var isReached: Set<Int>

  init(root: Int) {
    routers = [root]
    isReached = [root]
  }

  /// Returns the router of the tree that is nearest to `router`, the earliest of equal ones.
  func nearest(to router: Int, on grid: CoreGrid) -> Int {
    var (best, hops) = (routers[0], Int.max)
    for candidate in routers {
      let distance = grid.hops(fromRouter: candidate, to: router)
      if distance < hops { (best, hops) = (candidate, distance) }
    }
    return best
  }

  /// Adds the way from `start`, which is in the tree, to `router`: what follows the last router on
  /// it that is in the tree already, so that each router is reached once.
  mutating func extend(to router: Int, from start: Int, on grid: CoreGrid) {
    guard !isReached.contains(router) else { return }
    let way = grid.links(fromRouter: start, to: router)
    let first = way.lastIndex { isReached.contains($0.router) } ?? 0
    for link in way[first...] {
      let end = grid.form == .complete ? router : grid.end(of: link)
      links.append(link)
      routers.append(end)
      isReached.insert(end)
    }
  }
}
