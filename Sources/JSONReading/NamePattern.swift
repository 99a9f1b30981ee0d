// The regular expressions of schemas: sequences of classes of characters, enough for names.

/// A regular expression `^…$` of characters and classes such as `[A-Za-z0-9_.-]`, each of which may be
/// followed by `*` or `+`.
///
/// A class repeated takes as many characters as it can and gives none back: what follows it must
/// begin with another.
package struct NamePattern: Hashable, Sendable {

  private struct Part: Hashable, Sendable {
    var ranges: [ClosedRange<Unicode.Scalar>]
    var isRepeated = false
    var isOptional = false

    func contains(_ character: Unicode.Scalar) -> Bool {
      ranges.contains { $0 ~= character }
    }
  }

  private var parts: [Part] = []

  /// Creates the pattern; `nil` if `text` uses more than is known here.
  package init?(_ text: String) {
    let scalars = Array(text.unicodeScalars)
    guard scalars.count > 1, scalars.first == "^", scalars.last == "$" else { return nil }
    var rest = scalars.dropFirst().dropLast()
    while let first = rest.popFirst() {
      switch first {
      case "[":
        guard let end = rest.firstIndex(of: "]") else { return nil }
        guard let ranges = NamePattern.ranges(rest[..<end]) else { return nil }
        parts.append(Part(ranges: ranges))
        rest = rest[(end + 1)...]
      case "*", "+":
        guard let last = parts.indices.last, !parts[last].isRepeated else { return nil }
        parts[last].isRepeated = true
        parts[last].isOptional = first == "*"
      case "(", ")", "|", "?", "{", "}", ".", "\\", "]", "^", "$": return nil
      default: parts.append(Part(ranges: [first...first]))
      }
    }
  }

  private static func ranges(
    _ text: ArraySlice<Unicode.Scalar>
  ) -> [ClosedRange<Unicode.Scalar>]? {
    var (rest, result): (ArraySlice<Unicode.Scalar>, [ClosedRange<Unicode.Scalar>]) = (text, [])
    while let first = rest.popFirst() {
      guard first != "^", first != "\\" else { return nil }
      if rest.count >= 2, rest.first == "-" {
        let last = rest[rest.startIndex + 1]
        guard first <= last else { return nil }
        result.append(first...last)
        rest = rest.dropFirst(2)
      } else {
        result.append(first...first)
      }
    }
    return result.isEmpty ? nil : result
  }

  /// Returns whether all of `text` follows the pattern.
  ///
  /// - Complexity: O(length of `text`).
  package func matches(_ text: String) -> Bool {
    var rest = Substring(text).unicodeScalars
    for part in parts {
      var count = 0
      while let next = rest.first, part.contains(next), part.isRepeated || count == 0 {
        rest.removeFirst()
        count += 1
      }
      guard count > 0 || part.isOptional else { return false }
    }
    return rest.isEmpty
  }
}
