// Lines of fields, for those that show tables in other forms.

/// Tables as lists of fields.
package enum CSVFields {

  /// The columns whose fields are names, hexadecimal digits or lists, whatever they look like.
  package static let words: Set<String> = [
    "class", "binding", "population", "key", "mask", "links", "cores",
  ]
}
