// Text tables for people: words to the left, numbers to the right.

/// A table with a heading.
struct Table {

  /// The headings of the columns; those that begin with `>` are aligned to the right.
  private let headings: [String]
  private let alignsRight: [Bool]
  private var rows: [[String]] = []

  /// Creates a table without rows.
  init(_ headings: [String]) {
    alignsRight = headings.map { $0.hasPrefix(">") }
    self.headings = headings.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }
  }

  /// Appends a row.
  ///
  /// - Precondition: it has as many cells as there are headings.
  mutating func add(_ cells: [String]) {
    precondition(cells.count == headings.count, "internal: a row of another length")
    rows.append(cells)
  }

  /// The table as lines.
  var text: String {
    let all = headings.allSatisfy(\.isEmpty) ? rows : [headings] + rows
    guard !all.isEmpty else { return "" }
    let widths = headings.indices.map { i in all.map { $0[i].count }.max() ?? 0 }
    return all.map { row in
      let cells = row.indices.map { i in
        let space = String(repeating: " ", count: widths[i] - row[i].count)
        return alignsRight[i] ? space + row[i] : row[i] + space
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}

/// Returns `number` with the given number of digits after the point.
func fixed(_ number: Double, _ digits: Int) -> String {
  guard number.isFinite, abs(number) < 1e15 else { return "\(number)" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let rounded = (number.magnitude * scale).rounded()
  let whole = (rounded / scale).rounded(.down)
  let rest = String(Int(rounded - whole * scale))
  let sign = number < 0 && rounded > 0 ? "-" : ""
  guard digits > 0 else { return sign + grouped(Int(whole)) }
  return sign + grouped(Int(whole)) + "."
    + String(repeating: "0", count: digits - rest.count) + rest
}

/// Returns `number` with its digits in groups of three.
func grouped(_ number: Int) -> String {
  var digits = String(number.magnitude)
  var groups: [String] = []
  while digits.count > 3 {
    groups.insert(String(digits.suffix(3)), at: 0)
    digits.removeLast(3)
  }
  return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
}

/// Returns a number with the name of what is counted, in the plural unless it is one: `2 cores`.
func counted(_ number: Int, _ name: String) -> String {
  grouped(number) + " " + name + (number == 1 ? "" : "s")
}

/// Returns a part of one, such as 0.9334, as text: `93.34 %`.
func percentText(_ part: Double) -> String { fixed(100 * part, 2) + " %" }
