// The factorization A = L·D·Lᵀ of symmetric positive definite matrices, and solving with it.

/// A = L·D·Lᵀ with L lower triangular, 1 on its diagonal, and D diagonal.
package struct TriangularFactors: Sendable {

  /// The number of rows, n.
  package let size: Int

  /// D, [n], positive.
  package private(set) var diagonal: [Double]

  /// L, [n, n] row-major; what is above the diagonal has no meaning.
  package private(set) var lower: [Double]

  /// Factorizes a symmetric matrix; `nil` if it is not positive definite in double precision.
  ///
  /// Cholesky's method, 32 columns at a time, rows in parallel; each sum has a fixed order.
  ///
  /// - Parameters:
  ///   - matrix: A, [n, n] row-major; only the lower triangle is read.
  ///   - size: n.
  ///   - workers: the number of threads.
  /// - Complexity: O(n³).
  package init?(_ matrix: [Double], size: Int, workers: Int) {
    precondition(matrix.count == size * size, "internal: not a square matrix")
    self.size = size
    var a = matrix
    let isDefinite = a.withUnsafeMutableBufferPointer { buffer -> Bool in
      guard let base = buffer.baseAddress else { return true }
      nonisolated(unsafe) let a = base
      for start in stride(from: 0, to: size, by: panelColumns) {
        let end = min(start + panelColumns, size)
        for i in start..<end {
          reduce(a + i * size, in: start..<i, of: a, size)
          let pivot = a[i * size + i] - dot(a + i * size, a + i * size, i)
          guard pivot > 0, pivot.isFinite else { return false }
          a[i * size + i] = pivot.squareRoot()
        }
        forEachItem(size - end, workers: size - end < 64 ? 1 : workers) { _, i in
          reduce(a + (end + i) * size, in: start..<end, of: a, size)
        }
      }
      return true
    }
    guard isDefinite else { return nil }
    let roots = (0..<size).map { a[$0 * size + $0] }
    for i in 0..<size {
      for k in 0..<i { a[i * size + k] /= roots[k] }
      a[i * size + i] = 1
    }
    diagonal = roots.map { $0 * $0 }
    lower = a
  }

  /// Solves A·x = b for several right sides, in place.
  ///
  /// - Parameters:
  ///   - values: b, [n, columns] row-major; becomes x.
  ///   - columns: the number of right sides.
  ///   - workers: the number of threads.
  /// - Complexity: O(n² · columns).
  package func solve(_ values: inout [Double], columns: Int, workers: Int) {
    precondition(values.count == size * columns, "internal: right sides of another length")
    let (size, lower, diagonal) = (size, lower, diagonal)
    let chunks = (columns + solvedTogether - 1) / solvedTogether
    values.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      nonisolated(unsafe) let b = base
      forEachItem(chunks, workers: workers) { _, chunk in
        let own = chunk * solvedTogether..<min(columns, (chunk + 1) * solvedTogether)
        lower.withUnsafeBufferPointer { l in
          for i in 0..<size {
            for k in 0..<i where l[i * size + k] != 0 {
              let factor = l[i * size + k]
              for c in own { b[i * columns + c] -= factor * b[k * columns + c] }
            }
          }
          for i in (0..<size).reversed() {
            for c in own { b[i * columns + c] /= diagonal[i] }
          }
          for i in (0..<size).reversed() {
            for k in 0..<i where l[i * size + k] != 0 {
              let factor = l[i * size + k]
              for c in own { b[k * columns + c] -= factor * b[i * columns + c] }
            }
          }
        }
      }
    }
  }
}

/// The number of columns that are factorized before the rows below follow.
private let panelColumns = 32

/// The number of right sides that a thread solves together.
private let solvedTogether = 16

/// Computes the elements of a row of the factor in `columns`, of which those to the left are known.
private func reduce(
  _ row: UnsafeMutablePointer<Double>, in columns: Range<Int>, of a: UnsafeMutablePointer<Double>,
  _ size: Int
) {
  for j in columns {
    let other = a + j * size
    row[j] = (row[j] - dot(row, other, j)) / other[j]
  }
}

/// Returns the dot product of `count` elements.
private func dot(
  _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ count: Int
) -> Double {
  typealias Eight = SIMD8<Double>
  let (x, y) = (UnsafeRawPointer(x), UnsafeRawPointer(y))
  var sums = InlineArray<4, Eight>(repeating: .zero)
  var k = 0
  while k &+ 32 <= count {
    for i in 0..<4 {
      let place = (k &+ i &* 8) &* 8
      sums[unchecked: i] +=
        x.loadUnaligned(fromByteOffset: place, as: Eight.self)
        * y.loadUnaligned(fromByteOffset: place, as: Eight.self)
    }
    k &+= 32
  }
  var sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])).sum()
  while k < count {
    sum +=
      x.load(fromByteOffset: k &* 8, as: Double.self)
      * y.load(fromByteOffset: k &* 8, as: Double.self)
    k &+= 1
  }
  return sum
}
