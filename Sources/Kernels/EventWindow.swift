// The geometry of a window that slides over a framed image, as kernels use it.

/// A window that slides over the image of a population.
package struct EventWindow: Hashable, Sendable {

  /// The taps, vertically.
  package var height: Int
  /// The taps, horizontally.
  package var width: Int
  /// The step between windows, vertically.
  package var strideY = 1
  /// The step between windows, horizontally.
  package var strideX = 1
  /// The step between taps, vertically.
  package var dilationY = 1
  /// The step between taps, horizontally.
  package var dilationX = 1
  /// The rows by which the first window begins above the image.
  package var top = 0
  /// The columns by which the first window begins left of the image.
  package var left = 0

  /// Creates a window of the given size that moves by one and begins inside.
  package init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// The number of taps.
  package var taps: Int { height * width }

  /// Widens the frame of `source` so that the windows of all positions of `target` lie within.
  package func widen(_ source: inout EventGrid, for target: EventGrid) {
    let lastY = (target.height - 1) * strideY - top + (height - 1) * dilationY
    let lastX = (target.width - 1) * strideX - left + (width - 1) * dilationX
    source.top = max(source.top, top)
    source.left = max(source.left, left)
    source.bottom = max(source.bottom, lastY - (source.height - 1))
    source.right = max(source.right, lastX - (source.width - 1))
  }

  /// Returns the framed index of the tap (0, 0) of the window at target position [y, x].
  func origin(in source: EventGrid, _ y: Int, _ x: Int) -> Int {
    source.framed(y * strideY - top, x * strideX - left)
  }

  /// Returns whether the frame of `source` covers the windows of all positions of `target`.
  func isCovered(by source: EventGrid, for target: EventGrid) -> Bool {
    var widened = source
    widen(&widened, for: target)
    return widened == source
  }

  /// Returns the taps (row or column) of the window at target row or column `i` that lie inside
  /// an image of `extent` rows or columns.
  package static func inside(
    _ i: Int, taps: Int, stride: Int, dilation: Int, before: Int, extent: Int
  ) -> Range<Int> {
    let start = i * stride - before
    let first = start >= 0 ? 0 : (-start + dilation - 1) / dilation
    let end = start >= extent ? 0 : (extent - 1 - start) / dilation + 1
    return min(first, taps)..<max(min(first, taps), min(end, taps))
  }
}
