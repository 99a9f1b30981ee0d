// The matrix of an analog array in the layouts that reads in both directions need.

/// What an array of rows × columns holds, as its reads see it.
///
/// Reads of many vectors use packed copies of the matrix; without them, which is better when it
/// changes after every few reads, products are formed row by row.
package struct AnalogOperand: Sendable {

  /// The number of rows.
  package let rows: Int

  /// The number of columns.
  package let columns: Int

  /// The elements, row-major, shape [rows, columns]; `pack` after changing them.
  package var weights: [Float] {
    didSet { (packed, packedTransposed) = ([], []) }
  }

  /// The columns as `packColumns` lays them out; empty if not packed.
  private var packed: [Float] = []

  /// Those of the transposed matrix; empty if not packed.
  private var packedTransposed: [Float] = []

  /// Creates an operand.
  ///
  /// - Precondition: there are rows · columns weights.
  package init(_ weights: [Float], rows: Int, columns: Int) {
    precondition(weights.count == rows * columns, "internal: weights differ from their shape")
    self.weights = weights
    self.rows = rows
    self.columns = columns
  }

  /// Packs the matrix for reads in one direction.
  ///
  /// - Complexity: O(rows · columns).
  package mutating func pack(transposed: Bool = false) {
    let (depth, width) = transposed ? (columns, rows) : (rows, columns)
    let result = [Float](unsafeUninitializedCapacity: packedCount(depth: depth, columns: width)) {
      out, count in
      weights.withUnsafeBufferPointer { weights in
        if let out = out.baseAddress, let weights = weights.baseAddress {
          packColumns(
            out,
            of: MatrixView(
              weights, rowStride: transposed ? 1 : columns, columnStride: transposed ? columns : 1),
            depth: depth, columns: width)
        }
      }
      count = packedCount(depth: depth, columns: width)
    }
    if transposed { packedTransposed = result } else { packed = result }
  }

  /// Multiplies vectors with the matrix, or its transpose.
  ///
  /// - Parameters:
  ///   - out: shape [count, columns], or [count, rows] if transposed. Set.
  ///   - vectors: shape [count, rows], or [count, columns] if transposed.
  ///   - count: the number of vectors.
  ///   - transposed: whether the transpose is multiplied.
  /// - Complexity: O(count · rows · columns), no allocation.
  /// - Error: |error| ≤ (terms + 1) · 2⁻²⁴ · Σ |x · w| to first order.
  func product(
    _ out: UnsafeMutablePointer<Float>, _ vectors: UnsafePointer<Float>, count: Int,
    transposed: Bool
  ) {
    let (depth, width) = transposed ? (columns, rows) : (rows, columns)
    let layout = transposed ? packedTransposed : packed
    if !layout.isEmpty {
      layout.withUnsafeBufferPointer { layout in
        guard let layout = layout.baseAddress else { return }
        multiply(
          out, stride: width, rows: count, columns: width, depth: depth,
          MatrixView(vectors, rowStride: depth), packed: layout, start: .zero)
      }
      return
    }
    weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for v in 0..<count {
        let (x, y) = (vectors + v * depth, out + v * width)
        if transposed {
          for i in 0..<rows { y[i] = dotProduct(weights + i * columns, x, count: columns) }
        } else {
          y.update(repeating: 0, count: columns)
          for i in 0..<rows where x[i] != 0 {
            let (factor, row) = (x[i], weights + i * columns)
            for j in 0..<columns { y[j] += factor * row[j] }
          }
        }
      }
    }
  }
}

/// Returns the sum of the products of two vectors' elements; 16 partial sums in a fixed order.
func dotProduct(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int
) -> Float {
  var sums = Lanes.zero
  var i = 0
  while i + panelWidth <= count {
    sums += loadLanes(a + i) * loadLanes(b + i)
    i += panelWidth
  }
  var result = sums.sum()
  while i < count {
    result += a[i] * b[i]
    i += 1
  }
  return result
}
