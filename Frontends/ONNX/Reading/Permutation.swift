// Moving the elements of an array to where they belong when its dimensions are reordered, window
// by window, so that neither order has to be in memory twice.

/// A reordering of the dimensions of an array in row-major order.
///
/// Dimensions that stay next to each other are treated as one, and those of extent 1 as none.
struct Permutation: Sendable {

  /// The extents of the source.
  let extents: [Int]

  /// How far apart in the source, and in the result, elements are that are neighbours along a
  /// dimension of the source.
  private let steps: (source: [Int], result: [Int])

  /// The number of elements.
  var count: Int { extents.reduce(1, *) }

  /// `true` iff all elements stay where they are.
  var isIdentity: Bool { extents.count <= 1 || count == 0 }

  /// Creates a reordering.
  ///
  /// The result has the extents `extents[order[0]]`, `extents[order[1]]` and so on.
  ///
  /// - Precondition: `order` names each dimension once.
  init(extents: [Int], order: [Int]) {
    precondition(order.sorted() == Array(extents.indices), "internal: not an order of dimensions")
    var groups: [[Int]] = []
    for axis in order where extents[axis] != 1 {
      // Dimensions of extent 1 in between do not part two others.
      let last = groups.last?.last
      if let last, last < axis, extents[(last + 1)..<axis].allSatisfy({ $0 == 1 }) {
        groups[groups.count - 1].append(axis)
      } else {
        groups.append([axis])
      }
    }
    let sorted = groups.indices.sorted { groups[$0][0] < groups[$1][0] }
    let sizes = groups.map { $0.reduce(1) { $0 * extents[$1] } }
    let inResult = Self.steps(of: sizes)
    self.extents = sorted.map { sizes[$0] }
    steps = (Self.steps(of: self.extents), sorted.map { inResult[$0] })
  }

  /// Returns the distances of neighbours in an array with the given extents.
  private static func steps(of extents: [Int]) -> [Int] {
    var result = [Int](repeating: 1, count: extents.count)
    for i in extents.indices.dropLast().reversed() { result[i] = result[i + 1] * extents[i + 1] }
    return result
  }

  /// A part of the source that is contiguous in it: all of it but for a range of one dimension and
  /// single positions of those before.
  struct Window: Sendable {

    /// The first element in the source.
    var start: Int

    /// The extents: those of the source from the dimension on that is cut, 1 before.
    var extents: [Int]

    /// Where the first element goes to.
    var target: Int

    /// The number of elements.
    var count: Int { extents.reduce(1, *) }
  }

  /// Returns how many windows of at most `limit` elements the source is cut into.
  func windowCount(limit: Int) -> Int {
    let (axis, length) = cut(limit)
    return extents[..<axis].reduce(1, *) * ((extents[axis] + length - 1) / length)
  }

  /// Returns the window `index` of those of at most `limit` elements.
  func window(_ index: Int, limit: Int) -> Window {
    let (axis, length) = cut(limit)
    let parts = (extents[axis] + length - 1) / length
    let first = index % parts * length
    var result = Window(
      start: first * steps.source[axis],
      extents: [Int](repeating: 1, count: axis) + extents[axis...],
      target: first * steps.result[axis])
    result.extents[axis] = min(length, extents[axis] - first)
    var rest = index / parts
    for i in (0..<axis).reversed() {
      result.start += rest % extents[i] * steps.source[i]
      result.target += rest % extents[i] * steps.result[i]
      rest /= extents[i]
    }
    return result
  }

  /// The dimension that is cut, and into ranges of how many positions.
  private func cut(_ limit: Int) -> (axis: Int, length: Int) {
    let axis = extents.indices.first { steps.source[$0] <= limit } ?? extents.count - 1
    return (axis, max(1, limit / steps.source[axis]))
  }

  /// Moves the elements of `window` to their places in `result`.
  ///
  /// - Parameters:
  ///   - window: a part of the source.
  ///   - source: its elements.
  ///   - result: all elements of the result.
  /// - Complexity: O(elements); elements move in squares whose rows and columns are both lines of
  ///   the processor's cache.
  func move<T: BitwiseCopyable>(
    _ window: Window, from source: UnsafePointer<T>, to result: UnsafeMutablePointer<T>
  ) {
    let last = extents.count - 1
    // The dimension along which the result is contiguous.
    let along = steps.result.firstIndex(of: 1) ?? last
    let outer = extents.indices.filter { $0 != last && $0 != along }
    let turns = outer.reduce(1) { $0 * window.extents[$1] }
    for turn in 0..<turns {
      var (from, to) = (source, result + window.target)
      var rest = turn
      for axis in outer.reversed() {
        let position = rest % window.extents[axis]
        rest /= window.extents[axis]
        from += position * steps.source[axis]
        to += position * steps.result[axis]
      }
      if along == last {
        to.update(from: from, count: window.extents[last])
      } else {
        transpose(
          from, rowStep: steps.source[along], to, rowStep: steps.result[last],
          rows: window.extents[along], columns: window.extents[last])
      }
    }
  }
}

/// Writes the transposed matrix of `source`, [rows, columns], to `result`, [columns, rows].
///
/// - Parameters:
///   - source: the matrix.
///   - sourceStep: how far apart its rows are.
///   - result: the transposed matrix.
///   - resultStep: how far apart its rows are.
///   - rows: the number of rows of `source`.
///   - columns: the number of columns of `source`.
private func transpose<T: BitwiseCopyable>(
  _ source: UnsafePointer<T>, rowStep sourceStep: Int, _ result: UnsafeMutablePointer<T>,
  rowStep resultStep: Int, rows: Int, columns: Int
) {
  let side = 16
  for column in stride(from: 0, to: columns, by: side) {
    let lastColumn = min(column + side, columns)
    for row in stride(from: 0, to: rows, by: side) {
      let lastRow = min(row + side, rows)
      for j in column..<lastColumn {
        let line = result + j * resultStep
        for i in row..<lastRow { line[i] = source[i * sourceStep + j] }
      }
    }
  }
}
