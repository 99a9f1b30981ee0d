// The geometry of windows over images, and the padded copy that lets kernels run without branches.

/// A window that slides over an image of layout [height][width][channels].
///
/// Output position (y, x) covers, with tap (i, j), the element in row y·strideY + i·dilationY − top
/// and column x·strideX + j·dilationX − left; elements outside the image are padding.
package struct ImageWindow: Hashable, Sendable {

  /// The extents of the image, elements.
  package var height, width, channels: Int

  /// The number of output positions in each direction.
  package var rows, columns: Int

  /// The number of taps in each direction.
  package var tapRows, tapColumns: Int

  /// The step between output positions, elements.
  package var strideY, strideX: Int

  /// The step between taps, elements.
  package var dilationY, dilationX: Int

  /// The rows above and the columns to the left that are padding.
  package var top, left: Int

  /// Creates a window; a 1×1 window over all positions unless said otherwise.
  package init(
    height: Int, width: Int, channels: Int, rows: Int, columns: Int, tapRows: Int = 1,
    tapColumns: Int = 1, strideY: Int = 1, strideX: Int = 1, dilationY: Int = 1,
    dilationX: Int = 1, top: Int = 0, left: Int = 0
  ) {
    self.height = height
    self.width = width
    self.channels = channels
    self.rows = rows
    self.columns = columns
    self.tapRows = tapRows
    self.tapColumns = tapColumns
    self.strideY = strideY
    self.strideX = strideX
    self.dilationY = dilationY
    self.dilationX = dilationX
    self.top = top
    self.left = left
  }

  /// The number of elements of the image.
  package var inputCount: Int { height * width * channels }

  /// The number of output positions.
  package var positions: Int { rows * columns }

  /// The rows that some window touches, padding included.
  package var paddedHeight: Int { (rows - 1) * strideY + (tapRows - 1) * dilationY + 1 }

  /// The columns that some window touches, padding included.
  package var paddedWidth: Int { (columns - 1) * strideX + (tapColumns - 1) * dilationX + 1 }

  /// `true` iff some window touches an element outside the image.
  package var needsPadding: Bool {
    top > 0 || left > 0 || paddedHeight > height || paddedWidth > width
  }

  /// Returns the tap rows that fall inside the image at output row y.
  func validTapRows(at y: Int) -> Range<Int> {
    Self.valid(origin: y * strideY - top, step: dilationY, taps: tapRows, extent: height)
  }

  /// Returns the tap columns that fall inside the image at output column x.
  func validTapColumns(at x: Int) -> Range<Int> {
    Self.valid(origin: x * strideX - left, step: dilationX, taps: tapColumns, extent: width)
  }

  /// Returns the taps t, 0 ..< `taps`, with 0 ≤ origin + t·step < extent.
  private static func valid(origin: Int, step: Int, taps: Int, extent: Int) -> Range<Int> {
    let first = origin >= 0 ? 0 : (-origin + step - 1) / step
    let last = extent <= origin ? 0 : min(taps, (extent - origin + step - 1) / step)
    return first < last ? first..<last : 0..<0
  }
}

/// Copies an image into one that has its padding around it, each channel `copies` times.
///
/// out[r, c, k·copies + m] = in[r − top, c − left, k], 0 outside the image.
///
/// - Parameters:
///   - out: the padded image, shape [paddedHeight, paddedWidth, channels · copies], or memory that
///     begins with it. Set.
///   - input: the image, shape [height, width, channels].
///   - window: the geometry.
///   - copies: how often each channel is repeated, at least 1.
/// - Precondition: the spans hold what the shapes say.
/// - Complexity: O(padded image), no allocation.
func copyPadded(
  _ out: inout MutableSpan<Float>, input: Span<Float>, window: ImageWindow, copies: Int = 1
) {
  let channels = window.channels
  let (height, width) = (window.paddedHeight, window.paddedWidth)
  precondition(input.count == window.inputCount, "internal: image count differs from its shape")
  precondition(
    out.count >= height * width * channels * copies, "internal: padded image is too small")
  let columns = max(0, min(width - window.left, window.width))
  let rowCount = width * channels * copies
  let before = min(window.left, width) * channels * copies
  let inside = columns * channels * copies
  out.withUnsafeMutableBufferPointer { out in
    input.withUnsafeBufferPointer { input in
      guard let out = out.baseAddress, let input = input.baseAddress else { return }
      for r in 0..<height {
        let target = out + r * rowCount
        let source = r - window.top
        guard source >= 0, source < window.height, columns > 0 else {
          target.update(repeating: 0, count: rowCount)
          continue
        }
        target.update(repeating: 0, count: before)
        let row = input + source * window.width * channels
        if copies == 1 {
          (target + before).update(from: row, count: inside)
        } else {
          for i in 0..<inside { target[before + i] = row[i / copies] }
        }
        (target + before + inside).update(repeating: 0, count: rowCount - before - inside)
      }
    }
  }
}
