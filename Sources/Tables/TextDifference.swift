// Where the text of a table is not what it should be.

package import Diagnostics

/// Returns the first difference of a file from what it should be, `nil` if there is none.
///
/// - Parameters:
///   - name: the name of the file, for the message.
///   - found: what is in the file.
///   - expected: what should be in it.
/// - Returns: `check.text`, with the line where they part.
/// - Complexity: O(length of the texts).
package func differenceOfTexts(
  _ name: String, _ found: [UInt8], _ expected: [UInt8]
) -> Diagnostic? {
  if found == expected { return nil }
  let same = zip(found, expected).prefix { $0 == $1 }
  let line = 1 + same.count { $0.0 == UInt8(ascii: "\n") }
  let lines = expected.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  let right = line <= lines.count ? String(decoding: lines[line - 1], as: UTF8.self) : ""
  return .error(
    "check.text", "'\(name)' differs in line \(line) from what the tables say",
    notes: ["expected: \(right.prefix(200))"])
}
