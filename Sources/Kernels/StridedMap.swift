// Loops over operands of any layout: copying parts and permutations, combining with broadcasting.

/// How an operand is combined with what the result holds already.
package enum Combination: Hashable, Sendable {
  /// out = in.
  case copy
  /// out = out + in.
  case add
  /// out = out − in.
  case subtract
  /// out = out · in.
  case multiply
  /// out = out / in.
  case divide
  /// out = max(out, in); a value that is not a number wins.
  case maximum
  /// out = min(out, in); a value that is not a number wins.
  case minimum
  /// out ≥ 0: out; else out · in.
  case slope
}

/// A loop nest that pairs elements of a result with elements of an operand.
///
/// Index (i, j, …) pairs out[outOffset + i·outStrides[0] + …] with in[inOffset + i·inStrides[0]
/// + …]; a stride of 0 repeats elements.
package struct StridedMap: Hashable, Sendable {

  /// The extents of the loops, outermost first, with neighbouring loops merged where possible; the
  /// two innermost loops are those along which the result and the operand lie in memory.
  private var extents: [Int] = []

  /// The distance between paired elements of the result, for each loop.
  private var outStrides: [Int] = []

  /// The distance between paired elements of the operand, for each loop.
  private var inStrides: [Int] = []

  /// The first element of the result.
  private let outOffset: Int

  /// The first element of the operand.
  private let inOffset: Int

  /// Creates a loop nest.
  ///
  /// - Precondition: the lists have the same count, extents are at least 1.
  package init(
    extents: [Int], outStrides: [Int], inStrides: [Int], outOffset: Int = 0, inOffset: Int = 0
  ) {
    precondition(
      extents.count == outStrides.count && extents.count == inStrides.count,
      "internal: loops and strides differ in number")
    self.outOffset = outOffset
    self.inOffset = inOffset
    for d in extents.indices where extents[d] != 1 {
      if let last = self.extents.indices.last,
        self.outStrides[last] == outStrides[d] * extents[d],
        self.inStrides[last] == inStrides[d] * extents[d]
      {
        self.extents[last] *= extents[d]
        self.outStrides[last] = outStrides[d]
        self.inStrides[last] = inStrides[d]
      } else {
        self.extents.append(extents[d])
        self.outStrides.append(outStrides[d])
        self.inStrides.append(inStrides[d])
      }
    }
    // Elements are paired one to one with those of the result, so that the order is free.
    if let last = self.extents.indices.last, self.inStrides[last] != 1,
      let row = self.inStrides.firstIndex(of: 1)
    {
      self.extents.insert(self.extents.remove(at: row), at: last - 1)
      self.outStrides.insert(self.outStrides.remove(at: row), at: last - 1)
      self.inStrides.insert(self.inStrides.remove(at: row), at: last - 1)
    }
  }

  /// Creates the loops that broadcast an operand of one shape to a result of another, aligned at
  /// the last dimension.
  ///
  /// - Precondition: the shapes broadcast.
  /// - Source: NumPy's general broadcasting rules.
  package init(broadcasting operand: [Int], to result: [Int]) {
    let missing = result.count - operand.count
    let strides = Self.rowMajor(operand)
    let inStrides = result.indices.map { d in
      d < missing || operand[d - missing] == 1 ? 0 : strides[d - missing]
    }
    self.init(extents: result, outStrides: Self.rowMajor(result), inStrides: inStrides)
  }

  /// Returns the distances between neighbours of a row-major array, for each dimension.
  package static func rowMajor(_ extents: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: extents.count)
    for d in extents.indices.dropLast().reversed() { strides[d] = strides[d + 1] * extents[d + 1] }
    return strides
  }

  /// Combines the elements of an operand with their partners in the result.
  ///
  /// - Parameters:
  ///   - out: the result. The elements that the loops reach are updated, others are left alone.
  ///   - input: the operand.
  ///   - combination: how elements are combined.
  /// - Precondition: the loops stay inside both.
  /// - Complexity: O(product of the extents), no allocation.
  package func apply(
    _ out: inout MutableSpan<Float>, input: Span<Float>, _ combination: Combination
  ) {
    precondition(out.count > lastIndex(outOffset, outStrides), "internal: loops leave the result")
    precondition(input.count > lastIndex(inOffset, inStrides), "internal: loops leave the operand")
    out.withUnsafeMutableBufferPointer { out in
      input.withUnsafeBufferPointer { input in
        guard let out = out.baseAddress, let input = input.baseAddress else { return }
        walk(0, out + outOffset, input + inOffset, combination)
      }
    }
  }

  /// Returns the largest index that loops with the given strides reach; strides are not negative.
  private func lastIndex(_ offset: Int, _ strides: [Int]) -> Int {
    zip(extents, strides).reduce(offset) { $0 + ($1.0 - 1) * $1.1 }
  }

  /// Runs the loops from loop d inwards.
  private func walk(
    _ d: Int, _ out: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>,
    _ combination: Combination
  ) {
    if d + 2 < extents.count {
      for i in 0..<extents[d] {
        walk(d + 1, out + i * outStrides[d], input + i * inStrides[d], combination)
      }
    } else {
      let (rows, columns) = (extents.count - 2, extents.count - 1)
      let plane = Plane(
        out: out, input: input,
        rows: Loop(
          count: rows < 0 ? 1 : extents[rows], outStride: rows < 0 ? 0 : outStrides[rows],
          inStride: rows < 0 ? 0 : inStrides[rows]),
        columns: Loop(
          count: columns < 0 ? 1 : extents[columns],
          outStride: columns < 0 ? 1 : outStrides[columns],
          inStride: columns < 0 ? 1 : inStrides[columns]))
      plane.combine(combination)
    }
  }
}

/// A loop over pairs of elements.
private struct Loop {

  /// The number of pairs.
  var count: Int

  /// The distance between paired elements of the result and of the operand.
  var outStride, inStride: Int
}

/// The two innermost loops.
private struct Plane {

  var out: UnsafeMutablePointer<Float>
  var input: UnsafePointer<Float>
  var rows, columns: Loop

  /// Combines the elements of the plane.
  func combine(_ combination: Combination) {
    switch combination {
    case .copy where columns.outStride == 1 && columns.inStride == 1 && columns.count >= 16:
      for r in 0..<rows.count {
        (out + r * rows.outStride).update(from: input + r * rows.inStride, count: columns.count)
      }
    case .copy where isTransposition && columns.outStride == 1: transpose()
    case .copy: map { _, x in x }
    case .add: map { $0 + $1 }
    case .subtract: map { $0 - $1 }
    case .multiply: map { $0 * $1 }
    case .divide: map { $0 / $1 }
    case .maximum: map(maximum)
    case .minimum: map(minimum)
    case .slope: map { $0 >= 0 ? $0 : $0 * $1 }
    }
  }

  /// `true` iff the operand lies along the rows.
  private var isTransposition: Bool {
    rows.inStride == 1 && columns.inStride != 1 && columns.inStride != 0
  }

  /// `true` iff a few elements of the operand are repeated over all of the result, as the channels
  /// of an image with few of them.
  private var isPattern: Bool {
    rows.inStride == 0 && columns.inStride == 1 && columns.outStride == 1
      && rows.outStride == columns.count && columns.count < patternExtent
  }

  /// Sets each element to what `function` makes of it and its partner; the usual strides have
  /// loops of their own, so that they vectorise.
  @inline(__always)
  private func map(_ function: (Float, Float) -> Float) {
    if isTransposition { return mapTiles(function) }
    if isPattern { return mapPattern(function) }
    for r in 0..<rows.count {
      let (out, input) = (out + r &* rows.outStride, input + r &* rows.inStride)
      switch (columns.outStride, columns.inStride) {
      case (1, 1):
        for i in 0..<columns.count { out[i] = function(out[i], input[i]) }
      case (1, 0):
        let x = input.pointee
        for i in 0..<columns.count { out[i] = function(out[i], x) }
      default:
        for i in 0..<columns.count {
          let o = i &* columns.outStride
          out[o] = function(out[o], input[i &* columns.inStride])
        }
      }
    }
  }

  /// Sets the elements paired with a pattern, from copies of it in a row that is long enough to
  /// vectorise.
  @inline(__always)
  private func mapPattern(_ function: (Float, Float) -> Float) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: patternExtent * columns.count) { row in
      for i in row.indices { row[i] = input[i % columns.count] }
      let count = rows.count * columns.count
      var start = 0
      while start + row.count <= count {
        let out = out + start
        for i in 0..<row.count { out[i] = function(out[i], row[i]) }
        start += row.count
      }
      for i in start..<count { out[i] = function(out[i], row[i - start]) }
    }
  }

  /// Copies a transposition, block by block, and what is left over element by element.
  private func transpose() {
    let whole = ~(blockExtent - 1)
    let (fullRows, fullColumns) = (rows.count & whole, columns.count & whole)
    // Two blocks side by side fill the lines of the result before the next lines are begun.
    for first in stride(from: 0, to: fullColumns, by: tileExtent) {
      for r in stride(from: 0, to: fullRows, by: blockExtent) {
        for c in stride(from: first, to: min(first + tileExtent, fullColumns), by: blockExtent) {
          transposeBlock(
            out + (r &* rows.outStride &+ c), stride: rows.outStride,
            from: input + (c &* columns.inStride &+ r), stride: columns.inStride)
        }
      }
    }
    // A few columns are left over of many rows, or a few rows of many columns.
    for c in fullColumns..<columns.count {
      let (out, input) = (out + c, input + c &* columns.inStride)
      for r in 0..<rows.count { out[r &* rows.outStride] = input[r] }
    }
    for r in fullRows..<rows.count {
      let (out, input) = (out + r &* rows.outStride, input + r)
      for c in 0..<fullColumns { out[c] = input[c &* columns.inStride] }
    }
  }

  /// Sets the elements of a transposition, where the operand lies along the rows, tile by tile, so
  /// that a line of memory is used up while it is at hand.
  @inline(__always)
  private func mapTiles(_ function: (Float, Float) -> Float) {
    for first in stride(from: 0, to: columns.count, by: tileExtent) {
      let last = min(first + tileExtent, columns.count)
      for top in stride(from: 0, to: rows.count, by: tileExtent) {
        let bottom = min(top + tileExtent, rows.count)
        for r in top..<bottom {
          let (out, input) = (out + r &* rows.outStride, input + r)
          for c in first..<last {
            let o = c &* columns.outStride
            out[o] = function(out[o], input[c &* columns.inStride])
          }
        }
      }
    }
  }
}

/// A pattern has fewer elements than this, and is repeated as often.
private let patternExtent = 16

/// The rows and columns of a tile: as many elements as a line of memory holds.
private let tileExtent = 16
