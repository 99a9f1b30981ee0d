// A curve through all routers of a rectangle along which near stays near.

/// Returns the points of a rectangle in the order of a generalized Hilbert curve.
///
/// Consecutive points are neighbours, but for one diagonal step where extents are odd. A rectangle
/// much longer than wide is cut into parts; otherwise it is filled by an upright part, a lying one
/// and an upright one back, each again such a curve.
///
/// - Parameters:
///   - columns: the number of columns, at least 0.
///   - rows: the number of rows, at least 0.
/// - Returns: all columns · rows points, each once.
/// - Complexity: O(columns · rows).
/// - Source: Červený's generalization of the Hilbert curve to rectangles of any extents ("gilbert",
///   2018), after Hilbert (1891).
package func spaceFillingCurve(columns: Int, rows: Int) -> [GridPoint] {
  guard columns > 0, rows > 0 else { return [] }
  var result: [GridPoint] = []
  result.reserveCapacity(columns * rows)
  let (wide, high) = (Vector(x: columns, y: 0), Vector(x: 0, y: rows))
  if columns >= rows {
    fill(&result, from: Vector(x: 0, y: 0), along: wide, across: high)
  } else {
    fill(&result, from: Vector(x: 0, y: 0), along: high, across: wide)
  }
  return result
}

/// A displacement on the grid.
private struct Vector {
  var x: Int
  var y: Int

  /// The extent of an axis-parallel vector.
  var length: Int { abs(x + y) }
  /// The step of length 1 in the same direction.
  var unit: Vector { Vector(x: x.signum(), y: y.signum()) }
  /// Half of the vector, rounded towards negative infinity.
  var half: Vector { Vector(x: x >> 1, y: y >> 1) }

  static func + (a: Vector, b: Vector) -> Vector { Vector(x: a.x + b.x, y: a.y + b.y) }
  static func - (a: Vector, b: Vector) -> Vector { Vector(x: a.x - b.x, y: a.y - b.y) }
  static prefix func - (a: Vector) -> Vector { Vector(x: -a.x, y: -a.y) }
}

/// Appends the points of the rectangle at `start` that `along` and `across` span, from its corner
/// at `start` to the one at the other end of `along`.
private func fill(
  _ points: inout [GridPoint], from start: Vector, along: Vector, across: Vector
) {
  let (width, height) = (along.length, across.length)
  let (step, side) = (along.unit, across.unit)
  if height == 1 || width == 1 {
    let (direction, count) = height == 1 ? (step, width) : (side, height)
    for i in 0..<count {
      points.append(GridPoint(x: start.x + i * direction.x, y: start.y + i * direction.y))
    }
    return
  }
  var (a, b) = (along.half, across.half)
  if 2 * width > 3 * height {
    // Even parts keep the curve's ends at corners.
    if a.length % 2 == 1, width > 2 { a = a + step }
    fill(&points, from: start, along: a, across: across)
    fill(&points, from: start + a, along: along - a, across: across)
  } else {
    if b.length % 2 == 1, height > 2 { b = b + side }
    fill(&points, from: start, along: b, across: a)
    fill(&points, from: start + b, along: along, across: across - b)
    fill(&points, from: start + (along - step) + (b - side), along: -b, across: -(along - a))
  }
}
