// Tables as text: comma-separated values with a line of names (RFC 4180).

/// Writes a table as comma-separated values.
package struct CSVWriter {

  /// The text so far.
  package private(set) var text: String

  /// Begins a table with the given names of columns.
  package init(_ columns: [String]) {
    text = columns.joined(separator: ",") + "\n"
  }

  /// Adds a line.
  package mutating func append(_ fields: [String]) {
    for (i, field) in fields.enumerated() {
      if i > 0 { text += "," }
      text += CSVWriter.quoted(field)
    }
    text += "\n"
  }

  private static func quoted(_ field: String) -> String {
    guard field.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else {
      return field
    }
    return "\""
      + field.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }
}

extension Double {

  /// The number as a percentage with one digit after the point.
  package var percent: String {
    let tenths = Int((self * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
