// Which logical core is of which class, where a chip has several.

/// Chooses a class for each core from those that can hold what it takes.
///
/// - Parameters:
///   - choices: for each core the classes that can hold it, the preferred first.
///   - supply: the number of cores of each class.
/// - Returns: the class of each core; `nil` for cores that are left over, as few as possible.
/// - Complexity: O(cores² · classes).
/// - Source: augmenting paths, Kuhn (1955).
func matchedKinds(_ choices: [[Int]], supply: [Int]) -> [Int?] {
  var result = [Int?](repeating: nil, count: choices.count)
  var members = [[Int]](repeating: [], count: supply.count)

  /// Finds a class for `core`, moving others if need be.
  func place(_ core: Int, _ seen: inout [Bool]) -> Bool {
    for kind in choices[core] where !seen[kind] {
      seen[kind] = true
      if members[kind].count < supply[kind] {
        members[kind].append(core)
        result[core] = kind
        return true
      }
      for (i, other) in members[kind].enumerated() where place(other, &seen) {
        members[kind][i] = core
        result[core] = kind
        return true
      }
    }
    return false
  }

  for core in choices.indices {
    // Where there is room without moving anybody, nobody is moved: most machines have one class.
    if let kind = choices[core].first, members[kind].count < supply[kind] {
      members[kind].append(core)
      result[core] = kind
      continue
    }
    var seen = [Bool](repeating: false, count: supply.count)
    _ = place(core, &seen)
  }
  return result
}
