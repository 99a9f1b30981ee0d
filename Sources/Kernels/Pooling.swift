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
  forEachWindow(&out, input: input, window: window) { pixel in
    var c = 0
    while c + panelWidth <= window.channels {
      var largest = loadLanes(pixel.first + c)
      pixel.forEachTap {
        let x = loadLanes($0 + c)
        largest.replace(with: x, where: (largest .< x) .| (x .!= x))
      }
      storeLanes(largest, to: pixel.out + c)
      c += panelWidth
    }
    while c < window.channels {
      var largest = pixel.first[c]
      pixel.forEachTap { largest = maximum(largest, $0[c]) }
      pixel.out[c] = largest
      c += 1
    }
  }
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
  forEachWindow(&out, input: input, window: window) { pixel in
    let divisor = Float(divisor ?? pixel.tapRows * pixel.tapColumns)
    var c = 0
    while c + panelWidth <= window.channels {
      var sum = Lanes.zero
      pixel.forEachTap { sum += loadLanes($0 + c) }
      storeLanes(sum / Lanes(repeating: divisor), to: pixel.out + c)
      c += panelWidth
    }
    while c < window.channels {
      var sum: Float = 0
      pixel.forEachTap { sum += $0[c] }
      pixel.out[c] = sum / divisor
      c += 1
    }
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

/// The elements inside the image of one window, at least one, and where their result goes.
private struct WindowElements {

  /// The result's first channel.
  var out: UnsafeMutablePointer<Float>

  /// The first element's first channel.
  var first: UnsafePointer<Float>

  /// The number of elements in each direction.
  var tapRows, tapColumns: Int

  /// The distance between elements in each direction.
  var rowStep, columnStep: Int

  /// Calls `body` with the first channel of each element.
  @inline(__always)
  func forEachTap(_ body: (UnsafePointer<Float>) -> Void) {
    var row = first
    for _ in 0..<tapRows {
      var element = row
      for _ in 0..<tapColumns {
        body(element)
        element += columnStep
      }
      row += rowStep
    }
  }
}

/// Calls `body` for each window with elements inside the image, and sets the others' results to 0.
@inline(__always)
private func forEachWindow(
  _ out: inout MutableSpan<Float>, input: Span<Float>, window: ImageWindow,
  _ body: (WindowElements) -> Void
) {
  let channels = window.channels
  precondition(input.count == window.inputCount, "internal: input count differs")
  precondition(out.count == window.positions * channels, "internal: output count differs")
  out.withUnsafeMutableBufferPointer { out in
    input.withUnsafeBufferPointer { input in
      guard var pixel = out.baseAddress, let image = input.baseAddress else { return }
      for y in 0..<window.rows {
        let taps = window.validTapRows(at: y)
        let row = y * window.strideY + taps.lowerBound * window.dilationY - window.top
        for x in 0..<window.columns {
          let tapColumns = window.validTapColumns(at: x)
          let column = x * window.strideX + tapColumns.lowerBound * window.dilationX - window.left
          if taps.isEmpty || tapColumns.isEmpty {
            pixel.update(repeating: 0, count: channels)
          } else {
            body(
              WindowElements(
                out: pixel, first: image + (row * window.width + column) * channels,
                tapRows: taps.count, tapColumns: tapColumns.count,
                rowStep: window.dilationY * window.width * channels,
                columnStep: window.dilationX * channels))
          }
          pixel += channels
        }
      }
    }
  }
}
