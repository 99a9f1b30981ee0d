// Tables from text, strictly: comma-separated values with a line of names (RFC 4180).

package import Diagnostics

/// A table that was read from comma-separated values.
package struct CSVTable {

  /// The name of the file, for messages.
  package let file: String

  /// The names of the columns.
  package let columns: [String]

  /// The lines after the first, as many fields each as there are columns.
  package let rows: [Row]

  /// A line.
  package struct Row {
    /// The fields.
    package var fields: [String]
    /// The number of the line, from 1.
    package var line: Int
  }

  /// Reads a table whose columns begin with those of `expected`.
  ///
  /// - Parameters:
  ///   - bytes: the text, UTF-8.
  ///   - file: the name of the file, for messages.
  ///   - expected: the names of the columns.
  ///   - allowsMore: whether more columns may follow.
  /// - Throws: `tables.bad-header`, `tables.bad-row`.
  package init(
    reading bytes: [UInt8], file: String, columns expected: [String], allowsMore: Bool = false
  ) throws(Diagnostic) {
    self.file = file
    var reader = CSVReader(bytes)
    let header = reader.next() ?? Row(fields: [], line: 1)
    let isRight =
      header.fields.starts(with: expected)
      && (allowsMore || header.fields.count == expected.count)
    guard isRight else { throw .badHeader(file, header.fields, expected: expected) }
    columns = header.fields
    var rows: [Row] = []
    while let row = reader.next() {
      guard row.fields.count == columns.count else {
        throw .badRow(file, row.line, "\(row.fields.count) fields, expected \(columns.count)")
      }
      rows.append(row)
    }
    self.rows = rows
  }

  /// Returns the number in column `column` of `row`, which may be empty only if `isOptional`.
  ///
  /// - Throws: `tables.bad-row` if it is something else, negative, or above 2^40.
  package func number(_ column: Int, _ row: Row) throws(Diagnostic) -> Int {
    let accepted = 0...1 << 40
    guard let number = Int(row.fields[column]), accepted ~= number else {
      throw .badRow(
        file, row.line,
        "'\(columns[column])' is '\(row.fields[column].prefix(40))', expected a whole number in "
          + "[\(accepted.lowerBound), \(accepted.upperBound)]")
    }
    return number
  }

  /// Returns the number in column `column` of `row`, `nil` if the field is empty.
  ///
  /// - Throws: `tables.bad-row` if it is something else, or negative.
  package func optionalNumber(_ column: Int, _ row: Row) throws(Diagnostic) -> Int? {
    row.fields[column].isEmpty ? nil : try number(column, row)
  }

  /// Returns the range whose bounds are in columns `column` and `column` + 1 of `row`.
  ///
  /// - Throws: `tables.bad-row` if it holds nothing.
  package func range(_ column: Int, _ row: Row) throws(Diagnostic) -> Range<Int> {
    let (lower, upper) = (try number(column, row), try number(column + 1, row))
    guard lower < upper else {
      throw .badRow(
        file, row.line,
        "'\(columns[column])' is \(lower) and '\(columns[column + 1])' \(upper), expected more")
    }
    return lower..<upper
  }

  /// Returns the lines of a table that is right, the names of the columns first.
  package static func lines(of text: String) -> [[String]] {
    var reader = CSVReader(Array(text.utf8))
    var result: [[String]] = []
    while let row = reader.next() { result.append(row.fields) }
    return result
  }
}

/// Splits comma-separated values into lines of fields.
struct CSVReader {

  private let bytes: [UInt8]
  private var position = 0
  private var line = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Returns the next line, `nil` at the end.
  mutating func next() -> CSVTable.Row? {
    guard position < bytes.count else { return nil }
    line += 1
    let first = line
    var fields: [String] = []
    while true {
      fields.append(field())
      guard position < bytes.count else { break }
      position += 1
      if bytes[position - 1] == UInt8(ascii: "\n") { break }
    }
    return CSVTable.Row(fields: fields, line: first)
  }

  /// Reads up to a comma, the end of the line, or the end.
  private mutating func field() -> String {
    var content: [UInt8] = []
    var isQuoted = false
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        // Within quotes two of them stand for one.
        let isTwice = position + 1 < bytes.count && bytes[position + 1] == byte
        if isQuoted && isTwice {
          content.append(byte)
          position += 1
        } else {
          isQuoted.toggle()
        }
      } else if !isQuoted && (byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n")) {
        break
      } else {
        if byte == UInt8(ascii: "\n") { line += 1 }
        content.append(byte)
      }
      position += 1
    }
    if !isQuoted, content.last == UInt8(ascii: "\r") { content.removeLast() }
    return String(decoding: content, as: UTF8.self)
  }
}

extension Diagnostic {

  /// Returns an error about a table with other columns than expected.
  fileprivate static func badHeader(
    _ file: String, _ found: [String], expected: [String]
  ) -> Diagnostic {
    .error(
      "tables.bad-header",
      "the columns are '\(found.joined(separator: ",").prefix(120))', expected "
        + "'\(expected.joined(separator: ","))'",
      at: .file(file), notes: ["'spikec compile --target' writes the tables"])
  }

  /// Returns an error about a line of a table.
  package static func badRow(_ file: String, _ line: Int, _ message: String) -> Diagnostic {
    .error("tables.bad-row", message, at: .file("\(file):\(line)"))
  }

  /// Returns an error about a table that is not there.
  package static func missingTable(_ name: String) -> Diagnostic {
    .error(
      "tables.missing", "there is no table '\(name)'",
      notes: ["'spikec compile --target' writes the tables"], exitCode: .missingInput)
  }
}
