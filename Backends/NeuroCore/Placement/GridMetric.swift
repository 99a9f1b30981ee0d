// Distances between routers as searches need them: of coordinates, without a branch on the grid.

/// The links between two routers, by their coordinates.
protocol GridMetric: Sendable {

  /// Returns the number of links between routers that lie `dx` columns and `dy` rows apart.
  func distance(_ dx: Int32, _ dy: Int32) -> Int32

  /// Returns the column or row of the grid nearest to one that may lie outside.
  func inside(_ position: Int, of count: Int) -> Int
}

/// The distances of a mesh.
struct MeshMetric: GridMetric {

  func distance(_ dx: Int32, _ dy: Int32) -> Int32 { abs(dx) &+ abs(dy) }

  func inside(_ position: Int, of count: Int) -> Int { min(max(position, 0), count - 1) }
}

/// The distances of a hexagonal torus.
struct TorusMetric: GridMetric {

  /// The number of columns.
  let columns: Int32

  /// The distances by (dy + rows − 1) · stride + dx + columns − 1.
  let table: [Int32]

  /// The number of columns of the table.
  let stride: Int32

  /// The index of the distance 0.
  let origin: Int32

  /// Tabulates the distances of `grid`.
  init(_ grid: CoreGrid) {
    columns = Int32(grid.columns)
    stride = Int32(2 * grid.columns - 1)
    origin = Int32(grid.rows - 1) * stride + Int32(grid.columns - 1)
    var table: [Int32] = []
    for dy in (1 - grid.rows)..<grid.rows {
      for dx in (1 - grid.columns)..<grid.columns {
        let row = dy < 0 ? dy + grid.rows : dy
        let column = dx < 0 ? dx + grid.columns : dx
        table.append(grid.torusSteps[row * grid.columns + column].hops)
      }
    }
    self.table = table
  }

  func distance(_ dx: Int32, _ dy: Int32) -> Int32 {
    table[Int(origin &+ dy &* stride &+ dx)]
  }

  func inside(_ position: Int, of count: Int) -> Int {
    let remainder = position % count
    return remainder < 0 ? remainder + count : remainder
  }
}

/// The distances of chips each of which has a link to all others.
struct CompleteMetric: GridMetric {

  func distance(_ dx: Int32, _ dy: Int32) -> Int32 { (dx | dy) == 0 ? 0 : 1 }

  func inside(_ position: Int, of count: Int) -> Int { min(max(position, 0), count - 1) }
}
