// Numbers with the names of what is counted, in messages.

extension DefaultStringInterpolation {

  /// Appends a number with the name of what is counted, in the plural unless it is one: `2 chips`.
  ///
  /// - Parameters:
  ///   - number: the number.
  ///   - name: the name of one.
  ///   - plural: the name of several; that of one with an s if absent.
  public mutating func appendInterpolation(
    _ number: some BinaryInteger, of name: String, _ plural: String? = nil
  ) {
    appendLiteral("\(number) " + (number == 1 ? name : plural ?? name + "s"))
  }
}
