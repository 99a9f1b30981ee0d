// Connections along one axis: which rows or columns of neurons reach which others.

/// The connections of a chain of projections along one axis of the neurons.
///
/// Most projections are products: a neuron reaches another iff its row reaches the other's row, its
/// column the column, and its channel the channel. So an axis can be looked at by itself.
struct AxisRelation: Hashable, Sendable {

  /// A connection from a place on the axis.
  struct Link: Hashable, Sendable {
    /// The place that is reached.
    var target: Int
    /// What distinguishes weights: connections with the same tap, between other places, have the
    /// same weight.
    var tap: Int
  }

  /// The links of each place of the source, ascending by target, no two of them to the same one.
  private(set) var links: [[Link]]

  /// The number of places of the target.
  private(set) var targets: Int

  /// For each place of the target the smallest range of places of the source that reach it.
  private(set) var sources: [Range<Int>?]

  /// Creates the relation of the given links; several of a place to the same one become one, as
  /// their weights add up.
  init(_ links: [[Link]], targets: Int) {
    var names: [[Int]: Int] = [:]
    self.links = links.map { own in
      var routes: [Int: [Int]] = [:]
      for link in own { routes[link.target, default: []].append(link.tap) }
      return routes.keys.sorted().map { target in
        let key = (routes[target] ?? []).sorted()
        let name = names[key] ?? names.count
        names[key] = name
        return Link(target: target, tap: name)
      }
    }
    self.targets = targets
    sources = [Range<Int>?](repeating: nil, count: targets)
    for (s, own) in self.links.enumerated() {
      for link in own {
        let lower = sources[link.target]?.lowerBound ?? s
        sources[link.target] = lower..<s + 1
      }
    }
  }

  /// Every place reaches the same place.
  static func identity(_ count: Int) -> AxisRelation {
    AxisRelation((0..<count).map { [Link(target: $0, tap: 0)] }, targets: count)
  }

  /// Every place of the source reaches every one of the target, with a weight of its own.
  static func mixed(_ sources: Int, _ targets: Int) -> AxisRelation {
    AxisRelation(
      (0..<sources).map { s in
        (0..<targets).map { Link(target: $0, tap: s * targets + $0) }
      }, targets: targets)
  }

  /// The windows of a convolution or pooling: tap i of the window at place t meets t·stride + i·dilation
  /// − before; if `hasEqualTaps`, all weights of a window are the same.
  static func windows(
    _ sources: Int, _ targets: Int, size: Int, stride: Int, dilation: Int, before: Int,
    hasEqualTaps: Bool
  ) -> AxisRelation {
    var links = [[Link]](repeating: [], count: sources)
    for target in 0..<targets {
      for tap in 0..<size {
        let source = target * stride + tap * dilation - before
        guard 0..<sources ~= source else { continue }
        links[source].append(Link(target: target, tap: hasEqualTaps ? 0 : tap))
      }
    }
    return AxisRelation(links, targets: targets)
  }

  /// Moved places: place t of the target listens to `sources[t]`, to nothing if that is negative.
  static func moved(_ sources: [Int], count: Int) -> AxisRelation {
    var links = [[Link]](repeating: [], count: count)
    for (target, source) in sources.enumerated() where source >= 0 {
      links[source].append(Link(target: target, tap: 0))
    }
    return AxisRelation(links, targets: sources.count)
  }

  /// Returns the relation of what passes this one and then `next`; taps of both count.
  ///
  /// - Complexity: O(routes): the links of this relation times those of a place of the next.
  func followed(by next: AxisRelation) -> AxisRelation {
    let factor = 1 + (next.links.lazy.flatMap { $0 }.map(\.tap).max() ?? 0)
    let composed = links.map { own in
      own.flatMap { first in
        next.links[first.target].map {
          Link(target: $0.target, tap: first.tap * factor + $0.tap)
        }
      }
    }
    return AxisRelation(composed, targets: next.targets)
  }

  /// Returns the smallest range of the source whose places reach places in `range`; empty if none
  /// does.
  func sources(of range: Range<Int>) -> Range<Int> {
    var result: Range<Int>?
    for target in range {
      guard let own = sources[target] else { continue }
      let lower = min(result?.lowerBound ?? own.lowerBound, own.lowerBound)
      result = lower..<max(result?.upperBound ?? own.upperBound, own.upperBound)
    }
    return result ?? 0..<0
  }

  /// Returns the number of links from places in `origin` to places in `range`.
  func linkCount(from origin: Range<Int>, to range: Range<Int>) -> Int {
    origin.reduce(0) { sum, s in
      sum + links[s].reduce(0) { $0 + (range ~= $1.target ? 1 : 0) }
    }
  }

  /// Returns the places in `origin` by what they reach in `range`, up to a shift of all of it.
  ///
  /// - Returns: for each pattern that is not empty, its links and the number of places.
  /// - Complexity: O(places · links of a place).
  func patterns(from origin: Range<Int>, to range: Range<Int>) -> [AxisPattern] {
    var found: [[Link]: Int] = [:]
    var result: [AxisPattern] = []
    for s in origin {
      let own = links[s].filter { range ~= $0.target }
      guard let base = own.first?.target, let end = own.last?.target else { continue }
      let key = own.map { Link(target: $0.target - base, tap: $0.tap) }
      if let i = found[key] {
        result[i].places += 1
      } else {
        found[key] = result.count
        result.append(
          AxisPattern(links: own.count, places: 1, isRun: end - base == own.count - 1))
      }
    }
    return result
  }
}

/// What some places of an axis have in common: the links that they have, but for a shift.
struct AxisPattern: Hashable, Sendable {
  /// The number of links of each of the places.
  var links: Int
  /// The number of places.
  var places: Int
  /// Whether the links lead to places that follow each other without a gap.
  var isRun: Bool
}
