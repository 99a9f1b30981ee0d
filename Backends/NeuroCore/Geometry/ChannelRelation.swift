// Connections along the axis of channels, where a place may have thousands of links: kept as a rule.

/// The connections of a chain of projections along the axis of channels.
///
/// Nearly always channels are moved and then mixed within groups; this takes O(channels) memory. The
/// rest is listed.
enum ChannelRelation: Hashable, Sendable {

  /// Channel s becomes channel `moves[s]`, none if negative, which then reaches what `groups` says.
  case ruled(moves: [Int], groups: Groups)

  /// The links of each channel.
  case listed(AxisRelation)

  /// Groups of channels: every channel of a group reaches every one of the group that belongs to it.
  struct Groups: Hashable, Sendable {
    /// The number of channels before.
    var sources: Int
    /// The number of channels after.
    var targets: Int
    /// The number of groups.
    var count: Int

    /// The channels that channel `source` reaches.
    func targets(of source: Int) -> Range<Int> {
      let (group, width) = (source / (sources / count), targets / count)
      return group * width..<(group + 1) * width
    }

    /// The channels that reach channel `target`.
    func sources(of target: Int) -> Range<Int> {
      let (group, width) = (target / (targets / count), sources / count)
      return group * width..<(group + 1) * width
    }
  }

  /// Every channel reaches the same channel.
  static func identity(_ count: Int) -> ChannelRelation {
    .ruled(
      moves: Array(0..<count), groups: Groups(sources: count, targets: count, count: count))
  }

  /// Every channel of a group reaches every one of the group that belongs to it.
  static func groups(_ sources: Int, _ targets: Int, count: Int) -> ChannelRelation {
    .ruled(
      moves: Array(0..<sources), groups: Groups(sources: sources, targets: targets, count: count))
  }

  /// Channel t of the target listens to `sources[t]`, to nothing if that is negative.
  static func moved(_ sources: [Int], count: Int) -> ChannelRelation {
    var moves = [Int](repeating: -1, count: count)
    for (target, source) in sources.enumerated() where source >= 0 {
      guard moves[source] < 0 else { return .listed(.moved(sources, count: count)) }
      moves[source] = target
    }
    let targets = sources.count
    return .ruled(
      moves: moves, groups: Groups(sources: targets, targets: targets, count: targets))
  }

  /// The relation with all its links.
  var list: AxisRelation {
    switch self {
    case .listed(let relation): return relation
    case .ruled(let moves, let groups):
      let isMixing = groups.sources != groups.count || groups.targets != groups.count
      let links = moves.map { place -> [AxisRelation.Link] in
        if place < 0 { return [] }
        return groups.targets(of: place).map {
          AxisRelation.Link(target: $0, tap: isMixing ? place * groups.targets + $0 : 0)
        }
      }
      return AxisRelation(links, targets: groups.targets)
    }
  }

  /// Calls `body` with each channel that channel `source` reaches, and its tap.
  func forEachLink(of source: Int, _ body: (AxisRelation.Link) -> Void) {
    switch self {
    case .listed(let relation): relation.links[source].forEach(body)
    case .ruled(let moves, let groups):
      guard moves[source] >= 0 else { return }
      for target in groups.targets(of: moves[source]) {
        body(AxisRelation.Link(target: target, tap: moves[source] * groups.targets + target))
      }
    }
  }

  /// Returns the relation of what passes this one and then `next`.
  ///
  /// - Complexity: O(channels), but O(links of both) where groups that mix meet groups that mix.
  func followed(by next: ChannelRelation) -> ChannelRelation {
    guard case .ruled(let moves, let groups) = self, case .ruled(let more, let last) = next else {
      return .listed(list.followed(by: next.list))
    }
    if groups.count == groups.sources, groups.count == groups.targets {
      return .ruled(moves: moves.map { $0 < 0 ? -1 : more[$0] }, groups: last)
    }
    // Where either side mixes all channels, whatever arrives at all arrives everywhere.
    let isReached = { (middle: Range<Int>) in middle.contains { more[$0] >= 0 } }
    let width = groups.targets / groups.count
    let all = Groups(sources: groups.sources, targets: last.targets, count: 1)
    if last.count == 1, (0..<groups.count).allSatisfy({ isReached($0 * width..<($0 + 1) * width) })
    {
      return .ruled(moves: moves, groups: all)
    }
    if groups.count == 1 {
      let reached = Set(more.lazy.filter { $0 >= 0 }.map { $0 / (last.sources / last.count) })
      if reached.count == last.count { return .ruled(moves: moves, groups: all) }
    }
    return .listed(list.followed(by: next.list))
  }

  /// Returns the smallest range of channels that holds all that reach channels in `range`; empty if
  /// none does.
  func sources(of range: Range<Int>) -> Range<Int> {
    switch self {
    case .listed(let relation): return relation.sources(of: range)
    case .ruled(let moves, let groups):
      guard let first = range.first, let last = range.last else { return 0..<0 }
      let places = groups.sources(of: first).lowerBound..<groups.sources(of: last).upperBound
      guard let lower = moves.firstIndex(where: places.contains),
        let upper = moves.lastIndex(where: places.contains)
      else { return 0..<0 }
      return lower..<upper + 1
    }
  }

  /// Returns the number of links from channels in `origin` to channels in `range`.
  func linkCount(from origin: Range<Int>, to range: Range<Int>) -> Int {
    patterns(from: origin, to: range).reduce(0) { $0 + $1.links * $1.places }
  }

  /// Returns the channels in `origin` by the number of their links in `range`; those with weights
  /// differ all from each other.
  func patterns(from origin: Range<Int>, to range: Range<Int>) -> [AxisPattern] {
    switch self {
    case .listed(let relation): return relation.patterns(from: origin, to: range)
    case .ruled(let moves, let groups):
      let (before, after) = (groups.sources / groups.count, groups.targets / groups.count)
      var places: [Int: Int] = [:]
      var (group, links, run) = (-1, 0, 0)
      for s in origin where moves[s] >= 0 {
        if moves[s] / before != group {
          places[links, default: 0] += run
          (group, run) = (moves[s] / before, 0)
          links = (group * after..<(group + 1) * after).clamped(to: range).count
        }
        run += 1
      }
      places[links, default: 0] += run
      return places.filter { $0.key > 0 && $0.value > 0 }.sorted { $0.key < $1.key }
        .map { AxisPattern(links: $0.key, places: $0.value, isRun: true) }
    }
  }
}
