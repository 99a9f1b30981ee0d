// Sums of products of pairs of columns: the second moments from which passes fit weights.
//
// Rows are gathered in blocks, panel by panel of 16 columns, so that the innermost loop reads
// contiguous memory whatever the number of columns.

/// The matrix Σ z zᵀ and the vector Σ z over rows z.
///
/// Products are added in single precision within a block of 256 rows and in double precision from
/// block to block: exact for integers whose products sum to less than 2²⁴ in a block. The order of
/// additions is fixed, so that sums do not depend on the number of workers.
package struct Gram: Sendable {

  /// The number of columns, n.
  package let columns: Int

  /// The number of rows added.
  package private(set) var count = 0

  private let panels: Int
  private var sums: [Double]
  private var totals: [Double]
  private var block: [Float]
  private var filled = 0

  /// Creates the sums over no rows.
  ///
  /// Memory: 8 bytes for each pair of columns.
  package init(columns: Int) {
    precondition(columns > 0, "internal: a matrix without columns")
    self.columns = columns
    panels = (columns + 15) / 16
    sums = [Double](repeating: 0, count: panels * 16 * panels * 16)
    totals = [Double](repeating: 0, count: panels * 16)
    block = [Float](repeating: 0, count: panels * blockRows * 16)
  }

  /// Adds a row.
  ///
  /// - Parameters:
  ///   - row: z, n values.
  ///   - workers: the number of threads to use when a block is full.
  /// - Complexity: O(n²) a row, amortized.
  package mutating func add(_ row: [Float], workers: Int) {
    precondition(row.count == columns, "internal: a row of another length")
    let first = filled * 16
    for start in stride(from: 0, to: columns, by: 16) {
      let place = start * blockRows + first
      for i in 0..<min(16, columns - start) { block[place + i] = row[start + i] }
    }
    filled += 1
    count += 1
    if filled == blockRows { flush(workers: workers) }
  }

  /// Adds the rows that wait in the block; called before sums are read.
  package mutating func flush(workers: Int) {
    guard filled > 0 else { return }
    let (panels, rows, stride) = (panels, filled, panels * 16)
    sums.withUnsafeMutableBufferPointer { sums in
      totals.withUnsafeMutableBufferPointer { totals in
        block.withUnsafeBufferPointer { block in
          guard let first = block.baseAddress, let sum = sums.baseAddress,
            let total = totals.baseAddress
          else { return }
          nonisolated(unsafe) let (from, to, all) = (first, sum, total)
          forEachItem(panels, workers: panels < 8 ? 1 : workers) { _, panel in
            let left = from + panel * blockRows * 16
            addTotals(left, rows, to: all + panel * 16)
            for other in panel..<panels {
              let right = from + other * blockRows * 16
              for half in 0..<2 {
                let place = (panel * 16 + half * 8) * stride + other * 16
                addProducts(left + half * 8, right, rows, to: to + place, stride: stride)
              }
            }
          }
        }
      }
    }
    filled = 0
  }

  /// Returns Σ z_i z_j.
  ///
  /// - Precondition: `flush` was called after the last row.
  package func product(_ i: Int, _ j: Int) -> Double {
    let (low, high) = (min(i, j), max(i, j))
    // Panels on the diagonal are complete, those below it are not computed.
    return sums[low * panels * 16 + high]
  }

  /// Returns Σ z_i.
  ///
  /// - Precondition: `flush` was called after the last row.
  package func total(_ i: Int) -> Double { totals[i] }

  /// Returns the mean of (z_i − mean z_i)(z_j − mean z_j), 0 if there are no rows.
  ///
  /// - Precondition: `flush` was called after the last row.
  package func covariance(_ i: Int, _ j: Int) -> Double {
    guard count > 0 else { return 0 }
    let n = Double(count)
    return product(i, j) / n - total(i) / n * (total(j) / n)
  }
}

/// The number of rows that are multiplied together.
private let blockRows = 256

/// Adds the sums over rows of 16 columns to `to`.
@inline(__always)
private func addTotals(
  _ panel: UnsafePointer<Float>, _ rows: Int, to: UnsafeMutablePointer<Double>
) {
  var sum = Lanes.zero
  for r in 0..<rows { sum += loadLanes(panel + r * 16) }
  for lane in 0..<16 { to[lane] += Double(sum[lane]) }
}

/// Adds the products of 8 columns with 16 others, summed over rows, to an 8 × 16 tile.
private func addProducts(
  _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, _ rows: Int,
  to: UnsafeMutablePointer<Double>, stride: Int
) {
  var tile = InlineArray<8, Lanes>(repeating: .zero)
  for r in 0..<rows {
    let values = loadLanes(right + r &* 16)
    let factors = left + r &* 16
    for i in 0..<8 { tile[unchecked: i] += values * Lanes(repeating: factors[i]) }
  }
  for i in 0..<8 {
    let row = to + i * stride
    for lane in 0..<16 { row[lane] += Double(tile[i][lane]) }
  }
}
