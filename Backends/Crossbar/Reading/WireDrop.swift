// What is lost on the wires of an array, to first order: cells seem to conduct less.

/// Where on an array a block of cells lies, as its wires see it.
package struct WirePlace: Hashable, Sendable {

  /// The cells of a column between the last row of the block and the amplifier.
  package var rowsBelow: Int

  /// The cells of a row between the driver and the first column of the block.
  package var columnsBefore: Int

  /// Creates a place; next to amplifiers and drivers unless given.
  package init(rowsBelow: Int = 0, columnsBefore: Int = 0) {
    self.rowsBelow = rowsBelow
    self.columnsBefore = columnsBefore
  }
}

extension WireResistance {

  /// Returns the weights that cells seem to have behind wires with resistance.
  ///
  /// A column's wire ends, below its last row, in an amplifier at 0 V; a row's wire begins, before
  /// its first column, at a driver. With r the resistance of a wire between cells times the largest
  /// conductance, g cells' conductances relative to it and x inputs, the potential of a column at
  /// row i is, to first order in r,
  ///
  ///     V_i = r · Σ_k min(d_i, d_k) · g_k · x_k,    d_i = rows − i,
  ///
  /// for a current flows through the part of the wire between its row and the amplifier. The
  /// column yields Σ_i g_i · (x_i − V_i). As min(d_i, d_k) = Σ_{s ≤ d_i, s ≤ d_k} 1 the loss is a sum
  /// over inputs again, so that the cell in row k seems to conduct
  ///
  ///     g_k · (1 − r · Σ_{s = 1 … d_k} G_s),        G_s = Σ_{i: d_i ≥ s} g_i.
  ///
  /// Rows lose in the same way, with the distances of columns from the driver.
  ///
  /// A block in the middle of an array has wire on both sides. What lies beyond it, as seen from the
  /// amplifier, carries no current. What lies between carries all of the column's: d_i is larger by
  /// the number of rows there, and G_s for them is the sum of all cells of the column. Cells outside of
  /// blocks are taken not to conduct.
  ///
  /// - Parameters:
  ///   - cells: conductances relative to the largest, [rows, columns], not negative.
  ///   - rows: the number of rows.
  ///   - columns: the number of columns.
  ///   - place: the lengths of wire to the amplifiers and to the drivers, in cells.
  /// - Returns: what the cells seem to conduct, [rows, columns].
  /// - Complexity: O(rows · columns).
  /// - Error: of second order in r · rows · Σ g. Exact in r → 0; inputs of both signs are covered,
  ///   for the network is linear.
  /// - Source: Kirchhoff's and Ohm's laws; our derivation.
  package func seen(
    _ cells: [Float], rows: Int, columns: Int, place: WirePlace = WirePlace()
  ) -> [Float] {
    precondition(cells.count == rows * columns, "internal: cells differ from their shape")
    var result = cells
    if column > 0 {
      for j in 0..<columns {
        // The row next to the amplifier is the last: d = 1.
        lose(column, over: rows, behind: place.rowsBelow) {
          cells[$0 * columns + j]
        } factor: {
          result[$0 * columns + j] *= $1
        }
      }
    }
    if row > 0 {
      for i in 0..<rows {
        // The column next to the driver is the first.
        lose(row, over: columns, behind: place.columnsBefore) {
          cells[i * columns + columns - 1 - $0]
        } factor: {
          result[i * columns + columns - 1 - $0] *= $1
        }
      }
    }
    return result
  }

  /// Gives `factor`, for each place along a wire whose last place is `distance` cells from its end,
  /// what is left.
  private func lose(
    _ resistance: Double, over count: Int, behind distance: Int, cell: (Int) -> Float,
    factor: (Int, Float) -> Void
  ) {
    var total = 0.0
    for i in 0..<count { total += Double(cell(i)) }
    // G_s for s = 1 … is the sum of all cells, up to the last one, then of all but that, and so on.
    var (beyond, lost) = (0.0, total * Double(distance))
    for i in (0..<count).reversed() {
      lost += total - beyond
      factor(i, Float(max(0, 1 - resistance * lost)))
      beyond += Double(cell(i))
    }
  }
}
