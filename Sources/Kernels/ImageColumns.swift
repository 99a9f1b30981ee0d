// Windows of an image as rows of a matrix and back, which makes convolutions and their gradients
// products of matrices.

extension ImageWindow {

  /// Copies the windows of some output positions into rows of a matrix.
  ///
  /// out[p, (i, j, c)] = image element that tap (i, j) of position p touches, channel first + c; 0
  /// outside the image.
  ///
  /// - Parameters:
  ///   - out: the matrix, shape [positions, tapRows · tapColumns · count]. Set.
  ///   - image: the image, shape [height, width, channels].
  ///   - range: the positions, in row-major order of the output.
  ///   - first: the first channel.
  ///   - count: the number of channels.
  /// - Precondition: positions and channels exist.
  /// - Complexity: O(result), no allocation.
  package func gatherColumns(
    _ out: UnsafeMutablePointer<Float>, from image: UnsafePointer<Float>,
    positions range: Range<Int>,
    first: Int, count: Int
  ) {
    let row = tapColumns * count
    var target = out
    forEachTapRow(of: range) { y, x in
      guard y >= 0, y < height else {
        target.update(repeating: 0, count: row)
        target += row
        return
      }
      let taps = validColumns(from: x)
      let source = image + (y * width * channels + first)
      target.update(repeating: 0, count: taps.lowerBound * count)
      if dilationX == 1 && count == channels && !taps.isEmpty {
        (target + taps.lowerBound * count).update(
          from: source + (x + taps.lowerBound) * channels, count: taps.count * count)
      } else {
        for j in taps {
          let element = source + (x + j * dilationX) * channels
          for c in 0..<count { target[j * count + c] = element[c] }
        }
      }
      (target + taps.upperBound * count).update(
        repeating: 0, count: (tapColumns - taps.upperBound) * count)
      target += row
    }
  }

  /// Copies the windows of some output positions into rows of a matrix with longer rows.
  ///
  /// - Parameters:
  ///   - out: the matrix; what follows a row's taps is left as it is.
  ///   - stride: the distance between rows, elements.
  ///   - image: the image, shape [height, width, channels].
  ///   - range: the positions, in row-major order of the output.
  ///   - first: the first channel.
  ///   - count: the number of channels.
  /// - Precondition: positions and channels exist; the rows fit.
  /// - Complexity: O(result), no allocation.
  package func gatherColumns(
    _ out: inout MutableSpan<Float>, stride: Int, from image: Span<Float>,
    positions range: Range<Int>,
    first: Int, count: Int
  ) {
    let row = tapRows * tapColumns * count
    precondition(
      image.count == inputCount && range.lowerBound >= 0 && range.upperBound <= positions
        && first >= 0 && first + count <= channels && row <= stride
        && (range.isEmpty || (range.count - 1) * stride + row <= out.count),
      "internal: windows outside of memory")
    out.withUnsafeMutableBufferPointer { out in
      image.withUnsafeBufferPointer { image in
        guard var target = out.baseAddress, let image = image.baseAddress else { return }
        for p in range {
          gatherColumns(target, from: image, positions: p..<p + 1, first: first, count: count)
          target += stride
        }
      }
    }
  }

  /// Adds the rows of a matrix to the windows that they stand for: the transpose of
  /// `gatherColumns`.
  ///
  /// - Parameters:
  ///   - image: the image, shape [height, width, channels]. Updated.
  ///   - matrix: the matrix, shape [positions, tapRows · tapColumns · count].
  ///   - range: the positions, in row-major order of the output.
  ///   - first: the first channel.
  ///   - count: the number of channels.
  /// - Precondition: positions and channels exist.
  /// - Complexity: O(matrix), no allocation.
  package func scatterColumns(
    into image: UnsafeMutablePointer<Float>, from matrix: UnsafePointer<Float>,
    positions range: Range<Int>, first: Int, count: Int
  ) {
    let row = tapColumns * count
    var source = matrix
    forEachTapRow(of: range) { y, x in
      defer { source += row }
      guard y >= 0, y < height else { return }
      let taps = validColumns(from: x)
      let target = image + (y * width * channels + first)
      if dilationX == 1 && count == channels {
        let (into, from) = (
          target + (x + taps.lowerBound) * channels, source + taps.lowerBound * count
        )
        for i in 0..<taps.count * count { into[i] += from[i] }
      } else {
        for j in taps {
          let (into, from) = (target + (x + j * dilationX) * channels, source + j * count)
          for c in 0..<count { into[c] += from[c] }
        }
      }
    }
  }

  /// Calls `body` for each row of taps of each position with the image's row and the column of the
  /// first tap, which may lie outside.
  @inline(__always)
  private func forEachTapRow(of range: Range<Int>, _ body: (_ y: Int, _ x: Int) -> Void) {
    guard let start = range.first else { return }
    var (row, column) = (start / columns, start % columns)
    for _ in range {
      let (top, left) = (row * strideY - self.top, column * strideX - self.left)
      for i in 0..<tapRows { body(top + i * dilationY, left) }
      column += 1
      if column == columns { (row, column) = (row + 1, 0) }
    }
  }

  /// Returns the taps inside the image, the first being in column `x`; empty at the front if none.
  @inline(__always)
  private func validColumns(from x: Int) -> Range<Int> {
    if x >= 0 && x + (tapColumns - 1) * dilationX < width { return 0..<tapColumns }
    let first = x >= 0 ? 0 : (-x + dilationX - 1) / dilationX
    let last = width <= x ? 0 : min(tapColumns, (width - x + dilationX - 1) / dilationX)
    return first < last ? first..<last : 0..<0
  }
}
