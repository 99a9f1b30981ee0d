// Aligned lines.

/// Returns a line for each row of cells, with cells that stand below each other aligned; empty
/// cells at the end of a row leave no blanks.
///
/// A cell longer than `limit` does not widen its column; it pushes the rest of its own line.
func aligned(_ rows: [[String]], limit: Int = 40) -> [String] {
  var widths: [Int] = []
  let lengths = rows.map { row in row.map { $0.unicodeScalars.count } }
  for row in lengths {
    for (i, length) in row.enumerated() {
      if i == widths.count { widths.append(0) }
      if length <= limit { widths[i] = max(widths[i], length) }
    }
  }
  return zip(rows, lengths).map { row, lengths in
    var line = ""
    var blanks = 0
    for (i, cell) in row.enumerated() where widths[i] > 0 || !cell.isEmpty {
      if !cell.isEmpty {
        line += String(repeating: " ", count: blanks) + cell
        blanks = 0
      }
      blanks += max(0, widths[i] - lengths[i]) + 1
    }
    return line
  }
}
