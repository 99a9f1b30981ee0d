// Lines of fields, for those that show tables in other forms.

/// Tables as lists of fields.
package enum CSVFields {

  /// Returns the lines of a table that `Allocation.tables` wrote, the names of the columns first.
  package static func lines(of text: String) -> [[String]] {
    var reader = CSVReader(Array(text.utf8))
    var result: [[String]] = []
    while let row = reader.next() { result.append(row.fields) }
    return result
  }
}
