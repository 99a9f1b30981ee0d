// Products of matrices in any layout, as training needs them: A·B, Aᵀ·B and A·Bᵀ.
//
// Apart from `PackedConvolution`, whose sums are the same bits on every processor: here speed comes
// first, products and sums are fused where the processor can. The order of the terms is fixed, so
// that results do not depend on threads.

internal import CKernels

/// A matrix in memory, row-major, column-major, or part of a larger one.
package struct MatrixView {

  /// The first element.
  package var pointer: UnsafePointer<Float>

  /// The distance between neighbours of a column, elements.
  package var rowStride: Int

  /// The distance between neighbours of a row, elements.
  package var columnStride: Int

  /// Creates a view.
  package init(_ pointer: UnsafePointer<Float>, rowStride: Int, columnStride: Int = 1) {
    self.pointer = pointer
    self.rowStride = rowStride
    self.columnStride = columnStride
  }
}

/// What a product is added to.
package enum ProductStart {
  /// Zeros.
  case zero
  /// A vector, added to every row; its count is that of the columns.
  case row(UnsafePointer<Float>)
  /// What the result holds already.
  case result
}

/// Returns the number of elements of a packed matrix.
package func packedCount(depth: Int, columns: Int) -> Int {
  (columns + panelWidth - 1) / panelWidth * panelWidth * depth
}

/// Lays out the right operand of products: 16 neighbouring columns together, [panels][depth][16].
///
/// - Parameters:
///   - out: the packed matrix, `packedCount(depth:columns:)` elements; columns that do not exist
///     are 0. Set.
///   - matrix: the operand, shape [depth, columns].
///   - depth: the number of rows.
///   - columns: the number of columns.
/// - Complexity: O(depth · columns), no allocation.
package func packColumns(
  _ out: UnsafeMutablePointer<Float>, of matrix: MatrixView, depth: Int, columns: Int
) {
  var out = out
  for first in stride(from: 0, to: columns, by: panelWidth) {
    let lanes = min(panelWidth, columns - first)
    let start = matrix.pointer + first * matrix.columnStride
    for t in 0..<depth {
      let row = start + t * matrix.rowStride
      if lanes == panelWidth && matrix.columnStride == 1 {
        storeLanes(loadLanes(row), to: out)
      } else {
        for k in 0..<lanes { out[k] = row[k * matrix.columnStride] }
        for k in lanes..<panelWidth { out[k] = 0 }
      }
      out += panelWidth
    }
  }
}

/// Computes the product of two matrices.
///
/// out[i, k] = start + Σ_t a[i, t] · b[t, k].
///
/// - Parameters:
///   - out: the result's first element; rows follow at distance `stride`. Updated.
///   - stride: the distance between rows of the result, elements.
///   - rows: the number of rows of the result.
///   - columns: the number of columns of the result.
///   - depth: the number of terms of a sum.
///   - a: the left operand, shape [rows, depth]; row-major or column-major.
///   - b: the right operand as `packColumns` lays it out.
///   - start: what the product is added to.
/// - Complexity: O(rows · columns · depth), no allocation.
/// - Error: |error| ≤ (depth + 1) · 2⁻²⁴ · Σ |a · b| to first order.
package func multiply(
  _ out: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int, depth: Int,
  _ a: MatrixView, packed b: UnsafePointer<Float>, start: ProductStart
) {
  precondition(a.rowStride == 1 || a.columnStride == 1, "internal: operand of another layout")
  var first = 0
  while first < columns {
    let wide = usesWideTiles && columns - first > panelWidth
    let panel = Panels(
      weights: b + first * depth, columns: min(columns - first, wide ? 32 : 16), depth: depth)
    var begin = start
    if case .row(let bias) = start { begin = .row(bias + first) }
    // Constant strides let the loads of a tile share one address.
    let target = out + first
    if a.rowStride == 1 {
      panel.sweep(target, stride, rows, a.pointer, 1, a.columnStride, begin, wide)
    } else {
      panel.sweep(target, stride, rows, a.pointer, a.rowStride, 1, begin, wide)
    }
    first += wide ? 32 : 16
  }
}

/// `true` iff accumulators of 8 rows and 32 columns stay in registers.
private var usesWideTiles: Bool { spikec_vector_bytes() == 64 }

/// One or two panels of a packed matrix.
private struct Panels {

  /// The first panel; the second follows.
  var weights: UnsafePointer<Float>

  /// The number of columns that exist, at most 32.
  var columns: Int

  /// The number of rows.
  var depth: Int

  /// Multiplies all rows of a matrix with the panels.
  @inline(__always)
  func sweep(
    _ out: UnsafeMutablePointer<Float>, _ stride: Int, _ rows: Int, _ a: UnsafePointer<Float>,
    _ rowStride: Int, _ columnStride: Int, _ start: ProductStart, _ wide: Bool
  ) {
    var i = 0
    while i < rows {
      let tile = Tile(
        panels: self, out: out + i * stride, stride: stride, a: a + i * rowStride,
        rowStride: rowStride, columnStride: columnStride, start: start)
      let left = rows - i
      if wide {
        if left >= 8 {
          i += tile.computeWide(Rows<8>.self)
        } else if left >= 4 {
          i += tile.computeWide(Rows<4>.self)
        } else if left >= 2 {
          i += tile.computeWide(Rows<2>.self)
        } else {
          i += tile.computeWide(Rows<1>.self)
        }
      } else {
        if left >= 8, tilePixels >= 8 {
          i += tile.compute(Rows<8>.self)
        } else if left >= 4 {
          i += tile.compute(Rows<4>.self)
        } else if left >= 2 {
          i += tile.compute(Rows<2>.self)
        } else {
          i += tile.compute(Rows<1>.self)
        }
      }
    }
  }
}

/// The accumulators of the rows of a tile.
private typealias Rows<let n: Int> = InlineArray<n, Lanes>

/// Some rows of the result and one or two panels of columns.
private struct Tile {

  var panels: Panels
  var out: UnsafeMutablePointer<Float>
  var stride: Int
  var a: UnsafePointer<Float>
  var rowStride: Int
  var columnStride: Int
  var start: ProductStart

  /// Computes 16 columns of `n` rows and returns `n`.
  @inline(__always)
  func compute<let n: Int>(_ type: Rows<n>.Type) -> Int {
    var sums = Rows<n>(repeating: .zero)
    for p in 0..<n { sums[unchecked: p] = begin(row: p, column: 0) }
    var (left, right) = (a, panels.weights)
    for _ in 0..<panels.depth {
      let weight = loadLanes(right)
      for p in 0..<n {
        sums[unchecked: p] = spikec_multiply_add(
          Lanes(repeating: left[p &* rowStride]), weight, sums[unchecked: p])
      }
      left += columnStride
      right += panelWidth
    }
    for p in 0..<n { storeLanes(sums[unchecked: p], to: out + p &* stride, count: panels.columns) }
    return n
  }

  /// Computes 32 columns of `n` rows and returns `n`.
  @inline(__always)
  func computeWide<let n: Int>(_ type: Rows<n>.Type) -> Int {
    var near = Rows<n>(repeating: .zero)
    var far = Rows<n>(repeating: .zero)
    for p in 0..<n {
      near[unchecked: p] = begin(row: p, column: 0)
      far[unchecked: p] = begin(row: p, column: panelWidth)
    }
    var left = a
    var first = panels.weights
    var second = panels.weights + panels.depth &* panelWidth
    for _ in 0..<panels.depth {
      let (u, v) = (loadLanes(first), loadLanes(second))
      for p in 0..<n {
        let x = Lanes(repeating: left[p &* rowStride])
        near[unchecked: p] = spikec_multiply_add(x, u, near[unchecked: p])
        far[unchecked: p] = spikec_multiply_add(x, v, far[unchecked: p])
      }
      left += columnStride
      first += panelWidth
      second += panelWidth
    }
    for p in 0..<n {
      storeLanes(near[unchecked: p], to: out + p &* stride)
      storeLanes(
        far[unchecked: p], to: out + (p &* stride &+ panelWidth),
        count: panels.columns &- panelWidth)
    }
    return n
  }

  /// Returns what the sums of 16 columns of a row begin with.
  @inline(__always)
  private func begin(row: Int, column: Int) -> Lanes {
    let count = panels.columns &- column
    return switch start {
    case .zero: .zero
    case .row(let bias): loadLanes(bias + column, count: count)
    case .result: loadLanes(out + (row &* stride &+ column), count: count)
    }
  }
}

/// Returns the first `count` of sixteen values at `pointer`, and zeros.
@inline(__always)
private func loadLanes(_ pointer: UnsafePointer<Float>, count: Int) -> Lanes {
  guard count < panelWidth else { return loadLanes(pointer) }
  var lanes = Lanes.zero
  for k in 0..<count { lanes[k] = pointer[k] }
  return lanes
}
