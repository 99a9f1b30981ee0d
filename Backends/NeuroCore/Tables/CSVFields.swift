// Lines of fields, for those that show tables in other forms.

/// Tables as lists of fields.
package enum CSVFields {

  /// The columns whose fields are names, hexadecimal digits or lists, whatever they look like.
  package static let words: Set<String> = [
    "class", "binding", "population", "key", "mask", "links", "cores",
  ]

  /// Returns the lines of a table that `Allocation.tables` wrote, the names of the columns first.
  package static func lines(of text: String) -> [[String]] {
    var reader = CSVReader(Array(text.utf8))
    var result: [[String]] = []
    while let row = reader.next() { result.append(row.fields) }
    return result
  }
}
