// Names that somebody may have meant.

extension String {

  /// Returns the one of `names` that differs least from this one, `nil` if all differ much.
  ///
  /// Counted are letters that are left out, added, replaced, or exchanged with their neighbour,
  /// upper and lower case being the same; at most a third of the letters, and one, may differ.
  ///
  /// - Parameter names: what is known; of equals, the first in alphabetical order is taken.
  /// - Returns: a name.
  /// - Source: Damerau (1964), the distance of optimal alignments.
  /// - Complexity: O(length² · names), O(1) for names of over 60 letters.
  package func nearest(among names: some Sequence<String>) -> String? {
    let own = Array(lowercased().unicodeScalars)
    guard own.count <= 60 else { return nil }
    var best: (name: String, distance: Int)?
    for name in names.sorted() {
      let other = Array(name.lowercased().unicodeScalars)
      let most = max(1, max(own.count, other.count) / 3)
      guard abs(own.count - other.count) <= most else { continue }
      let distance = alignment(own, other)
      // Names of which nothing is left are not alike.
      guard distance <= most, distance < min(own.count, other.count) else { continue }
      if distance < best?.distance ?? .max { best = (name, distance) }
    }
    return best?.name
  }
}

/// Returns how many letters have to be left out, added, replaced or exchanged.
private func alignment(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var before: [Int] = []
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var least = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, before[j - 1] + 1) }
      row.append(least)
    }
    (before, last) = (last, row)
  }
  return last[b.count]
}
