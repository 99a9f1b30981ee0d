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
  func followed(by next: ChannelRelation) -> ChannelRelation {
    guard case .ruled(let moves, let groups) = self, case .ruled(let more, let last) = next,
      groups.count == groups.sources, groups.count == groups.targets
    else { return .listed(list.followed(by: next.list)) }
    return .ruled(moves: moves.map { $0 < 0 ? -1 : more[$0] }, groups: last)
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
      var places: [Int: Int] = [:]
      for s in origin where moves[s] >= 0 {
        places[groups.targets(of: moves[s]).clamped(to: range).count, default: 0] += 1
      }
      return places.filter { $0.key > 0 }.sorted { $0.key < $1.key }
        .map { AxisPattern(links: $0.key, places: $0.value) }
    }
  }
}
