// Merging rows of a router's table, whose order decides where patterns overlap.

/// A table whose rows are merged until they are few enough.
///
/// Rows with equal routes become one with the pattern of all their keys, which may cover keys of
/// rows above, as these are tried first. Rows are kept from the most special to the most general
/// pattern. A merged row goes behind those that are no more general; then no row that it jumps
/// over may take its keys (the check upwards), and it may take no key of a row behind it (the check
/// downwards); members that stand in the way leave the merge. The largest merge is made first.
///
/// Each row knows the patterns of which it is made, its *aliases*: other keys never arrive, so
/// that only these count. At all times the first row that fits a key of an alias is the alias's own.
///
/// - Source: Mundy, Heathcote and Garside (2016), "On-chip order-exploiting routing table
///   minimization for a multicast supercomputer network", IEEE HPSR, 148-154.
struct OrderedCovering {

  /// A row and what it is made of.
  private struct Entry {
    var row: RouterTable.Row
    var aliases: [KeyPattern]
    var generality: Int

    /// Whether it is made of one row, which thus overlaps with no other such row.
    var isPlain: Bool { aliases.count == 1 }
  }

  /// Rows to be merged: ascending positions, their common pattern, and where it would go.
  private struct Merge {
    var members: [Int]
    var pattern: KeyPattern
    var position: Int
  }

  private var entries: [Entry]

  /// Keys that no merge may take.
  private let avoided: [KeyPattern]

  /// Begins with rows of which no two share a key.
  ///
  /// - Parameters:
  ///   - rows: the rows.
  ///   - avoided: the patterns of keys that the merged rows are not to take either.
  init(_ rows: [RouterTable.Row], avoiding avoided: [KeyPattern] = []) {
    self.avoided = avoided
    entries = rows.map {
      Entry(row: $0, aliases: [$0.pattern], generality: $0.pattern.generality)
    }
    entries.sort {
      ($0.generality, $0.row.pattern.key) < ($1.generality, $1.row.pattern.key)
    }
  }

  /// Returns rows that send all keys of the original ones where they are to go, at most `limit` if
  /// that many can be found.
  ///
  /// - Complexity: O(merges · rows · members) comparisons of patterns at worst.
  mutating func minimized(to limit: Int) -> [RouterTable.Row] {
    while true {
      // What might go by default at best; only if that is enough is it worth being exact.
      let defaults = entries.count { $0.isPlain && $0.row.isDefault }
      if entries.count - defaults <= limit {
        let rows = withoutDefaults()
        if rows.count <= limit { return rows }
      }
      guard let merge = bestMerge() else { return withoutDefaults() }
      apply(merge)
    }
  }

  /// Returns the rows without those whose packets no other row takes from their straight way.
  private func withoutDefaults() -> [RouterTable.Row] {
    var kept: [RouterTable.Row] = []
    for entry in entries.reversed() {
      let mayGo =
        entry.isPlain && entry.row.isDefault
        && !kept.contains { $0.pattern.intersects(entry.row.pattern) }
      if !mayGo { kept.append(entry.row) }
    }
    return kept.reversed()
  }

  /// Returns the largest merge, of those the one whose route comes first; `nil` if there is none.
  private func bestMerge() -> Merge? {
    var groups: [Int: [Int]] = [:]
    for (i, entry) in entries.enumerated() { groups[entry.row.route, default: []].append(i) }
    let ordered = groups.filter { $0.value.count > 1 }
      .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
    var best: Merge?
    for (_, group) in ordered {
      let least = max(2, (best?.members.count ?? 0) + 1)
      guard group.count >= least else { break }
      if let merge = refined(group, least: least) { best = merge }
    }
    return best
  }

  /// Returns the merge of those of `group` that can be merged; `nil` if fewer than `least`.
  private func refined(_ group: [Int], least: Int) -> Merge? {
    var members = group
    // Terminates: each round but the last removes a member.
    while members.count >= least {
      let pattern = common(members)
      let merge = Merge(members: members, pattern: pattern, position: position(of: pattern))
      let movable = members.filter { mayMove($0, in: merge) }
      if movable.count < members.count {
        members = movable
      } else if let covered = coveredAlias(merge) {
        members = freed(merge, from: covered)
      } else {
        return merge
      }
    }
    return nil
  }

  /// Returns the pattern of all keys of some rows.
  private func common(_ members: [Int]) -> KeyPattern {
    var mask = entries[members[0]].row.pattern.mask
    let key = entries[members[0]].row.pattern.key
    for member in members {
      let other = entries[member].row.pattern
      mask &= other.mask & ~(key ^ other.key)
    }
    return KeyPattern(key: key, mask: mask)
  }

  /// Returns the position behind all rows that are no more general than `pattern`.
  private func position(of pattern: KeyPattern) -> Int {
    let generality = pattern.generality
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].generality <= generality { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Returns whether no row between a member and the place of the merge takes the member's keys.
  private func mayMove(_ member: Int, in merge: Merge) -> Bool {
    let entry = entries[member]
    guard member + 1 < merge.position else { return true }
    for i in (member + 1)..<merge.position {
      let other = entries[i]
      if entry.isPlain && other.isPlain || other.row.route == entry.row.route { continue }
      if entry.aliases.contains(where: { $0.intersects(other.row.pattern) }) { return false }
    }
    return true
  }

  /// Returns the first alias behind the merge, or of what is avoided, whose keys it would take.
  private func coveredAlias(_ merge: Merge) -> KeyPattern? {
    for entry in entries[merge.position...] where entry.row.pattern.intersects(merge.pattern) {
      if let alias = entry.aliases.first(where: { $0.intersects(merge.pattern) }) { return alias }
    }
    return avoided.first { $0.intersects(merge.pattern) }
  }

  /// Returns the members of a merge that does not take `alias`: those that differ from it in a bit,
  /// the bit that keeps most.
  private func freed(_ merge: Merge, from alias: KeyPattern) -> [Int] {
    var best: [Int] = []
    for bit in 0..<32 {
      let probe: UInt32 = 1 << UInt32(bit)
      guard merge.pattern.mask & probe == 0, alias.mask & probe != 0 else { continue }
      let kept = merge.members.filter {
        let pattern = entries[$0].row.pattern
        return pattern.mask & probe != 0 && (pattern.key ^ alias.key) & probe != 0
      }
      if kept.count > best.count { best = kept }
    }
    return best
  }

  /// Replaces the members of a merge.
  private mutating func apply(_ merge: Merge) {
    let route = entries[merge.members[0]].row.route
    let merged = Entry(
      row: RouterTable.Row(pattern: merge.pattern, route: route, isDefault: false),
      aliases: merge.members.flatMap { entries[$0].aliases },
      generality: merge.pattern.generality)
    entries.insert(merged, at: merge.position)
    for member in merge.members.reversed() {
      entries.remove(at: member < merge.position ? member : member + 1)
    }
  }
}
