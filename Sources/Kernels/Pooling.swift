// Pooling of images: the largest or the average element of each window.

/// Computes the largest element of each window, channel by channel.
///
/// Padding is ignored; a window without elements gives 0. A window that holds a value that is
/// not a number gives such a value.
///
/// - Parameters:
///   - out: the result, shape [rows, columns, channels]. Set.
///   - input: the image, shape [height, width, channels].
///   - window: the geometry.
/// - Precondition: the spans have the counts that the shapes say.
/// - Complexity: O(rows · columns · taps · channels), no allocation.
package func poolMaximum(
  _ out: inout MutableSpan<Float>, input: Span<Float>, window: ImageWindow
) {
  pool(&out, input: input, window: window, combine: maximum) { _, _, _ in }
}

/// Computes the average of the elements of each window, channel by channel.
///
/// - Parameters:
///   - out: the result, shape [rows, columns, channels]. Set.
///   - input: the image, shape [height, width, channels].
///   - window: the geometry.
///   - divisor: what sums are divided by; the number of the window's elements inside the image
///     if `nil`. A window without elements gives 0.
/// - Precondition: the spans have the counts that the shapes say.
/// - Complexity: O(rows · columns · taps · channels), no allocation.
/// - Error: |error| ≤ (taps + 1) · 2⁻²⁴ · Σ |in| / divisor to first order.
package func poolAverage(
  _ out: inout MutableSpan<Float>, input: Span<Float>, window: ImageWindow, divisor: Int? = nil
) {
  pool(&out, input: input, window: window, combine: { $0 + $1 }) { out, channels, count in
    let divisor = Float(divisor ?? count)
    for c in 0..<channels { out[c] /= divisor }
  }
}

/// Returns the larger of two values; one that is not a number wins.
@inline(__always)
func maximum(_ a: Float, _ b: Float) -> Float {
  a >= b || a != a ? a : b
}

/// Returns the smaller of two values; one that is not a number wins.
@inline(__always)
func minimum(_ a: Float, _ b: Float) -> Float {
  a <= b || a != a ? a : b
}

/// Combines the elements of each window and finishes each pixel with its number of elements.
@inline(__always)
private func pool(
  _ out: inout MutableSpan<Float>, input: Span<Float>, window: ImageWindow,
  combine: (Float, Float) -> Float,
  finish: (UnsafeMutablePointer<Float>, _ channels: Int, _ count: Int) -> Void
) {
  let channels = window.channels
  precondition(input.count == window.inputCount, "internal: input count differs")
  precondition(out.count == window.positions * channels, "internal: output count differs")
  out.withUnsafeMutableBufferPointer { out in
    input.withUnsafeBufferPointer { input in
      guard var pixel = out.baseAddress, let image = input.baseAddress else { return }
      for y in 0..<window.rows {
        let tapRows = window.validTapRows(at: y)
        for x in 0..<window.columns {
          let tapColumns = window.validTapColumns(at: x)
          let count = tapRows.count * tapColumns.count
          if count == 0 { pixel.update(repeating: 0, count: channels) }
          var isFirst = true
          for i in tapRows {
            let row = (y * window.strideY + i * window.dilationY - window.top) * window.width
            for j in tapColumns {
              let column = x * window.strideX + j * window.dilationX - window.left
              let source = image + (row + column) * channels
              if isFirst {
                pixel.update(from: source, count: channels)
                isFirst = false
              } else {
                for c in 0..<channels { pixel[c] = combine(pixel[c], source[c]) }
              }
            }
          }
          if count > 0 { finish(pixel, channels, count) }
          pixel += channels
        }
      }
    }
  }
}
