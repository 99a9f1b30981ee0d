// Accounting `tiles`: a matrix in blocks of rows and columns of analog arrays (BrainScaleS-2, crossbars).

/// The arrays that a matrix takes.
package struct TileAccounting: Hashable, Sendable {

  /// The rows of an array.
  package var rows: Int

  /// The columns of an array.
  package var columns: Int

  /// The rows that an input takes, such as 2 where weights of either sign have a row.
  package var rowsPerInput: Int

  /// Creates the accounting.
  ///
  /// - Precondition: the array holds at least one input and one output.
  package init(rows: Int, columns: Int, rowsPerInput: Int = 1) {
    precondition(
      rowsPerInput > 0 && rows >= rowsPerInput && columns > 0, "internal: an empty array")
    self.rows = rows
    self.columns = columns
    self.rowsPerInput = rowsPerInput
  }

  /// The inputs of an array.
  package var inputs: Int { rows / rowsPerInput }

  /// Returns the arrays that a matrix of so many inputs and outputs takes.
  package func tiles(inputs: Int, outputs: Int) -> Int {
    inputs.dividedRoundingUp(by: self.inputs)
      .saturatingProduct(outputs.dividedRoundingUp(by: columns))
  }
}
