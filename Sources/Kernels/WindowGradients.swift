// Depthwise convolution and pooling over images in flat memory, with their gradients. Channels
// lie together, so that the loops over them vectorise.

/// The elements of a window inside the image, for one output position.
private struct WindowTaps {
  /// The taps that fall inside.
  var rows, columns: Range<Int>
  /// The image element of tap (0, 0), which may lie outside.
  var origin: Int
}

extension ImageWindow {

  /// Calls `body` for each output position with the taps inside the image.
  @inline(__always)
  private func forEachPosition(_ body: (_ position: Int, _ taps: WindowTaps) -> Void) {
    for y in 0..<rows {
      let tapRows = validTapRows(at: y)
      for x in 0..<columns {
        let origin = (y * strideY - top) * width + x * strideX - left
        body(
          y * columns + x,
          WindowTaps(rows: tapRows, columns: validTapColumns(at: x), origin: origin))
      }
    }
  }

  /// Calls `body` for each tap inside the image with its number and the offset of its first channel.
  @inline(__always)
  private func forEachTap(_ taps: WindowTaps, _ body: (_ tap: Int, _ element: Int) -> Void) {
    for i in taps.rows {
      for j in taps.columns {
        body(i * tapColumns + j, (taps.origin + i * dilationY * width + j * dilationX) * channels)
      }
    }
  }

  /// Computes a depthwise convolution with one kernel a channel.
  ///
  /// out[y,x,c] = bias[c] + Σ_{i,j} in[tap (i,j) of (y,x), c] · kernel[i,j,c].
  ///
  /// - Parameters:
  ///   - out: the result, shape [rows, columns, channels]. Set.
  ///   - input: the image, shape [height, width, channels].
  ///   - kernel: the weights, shape [tapRows, tapColumns, channels].
  ///   - bias: the offsets, shape [channels], if any.
  /// - Complexity: O(positions · taps · channels), no allocation.
  package func depthwise(
    _ out: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>, kernel: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?
  ) {
    forEachPosition { position, taps in
      let target = out + position * channels
      if let bias {
        target.update(from: bias, count: channels)
      } else {
        target.update(repeating: 0, count: channels)
      }
      forEachTap(taps) { tap, element in
        let (x, w) = (input + element, kernel + tap * channels)
        for c in 0..<channels { target[c] += x[c] * w[c] }
      }
    }
  }

  /// Adds the gradients of a depthwise convolution.
  ///
  /// - Parameters:
  ///   - kernelGradient: shape [tapRows, tapColumns, channels]. Updated.
  ///   - inputGradient: shape [height, width, channels], if it is wanted. Updated.
  ///   - gradient: the gradient by the result, shape [rows, columns, channels].
  ///   - input: the image, shape [height, width, channels].
  ///   - kernel: the weights, shape [tapRows, tapColumns, channels].
  /// - Complexity: O(positions · taps · channels), no allocation.
  package func addDepthwiseGradients(
    kernel kernelGradient: UnsafeMutablePointer<Float>,
    input inputGradient: UnsafeMutablePointer<Float>?, of gradient: UnsafePointer<Float>,
    at input: UnsafePointer<Float>, _ kernel: UnsafePointer<Float>
  ) {
    forEachPosition { position, taps in
      let g = gradient + position * channels
      forEachTap(taps) { tap, element in
        let (x, dw) = (input + element, kernelGradient + tap * channels)
        for c in 0..<channels { dw[c] += g[c] * x[c] }
        guard let inputGradient else { return }
        let (dx, w) = (inputGradient + element, kernel + tap * channels)
        for c in 0..<channels { dx[c] += g[c] * w[c] }
      }
    }
  }

  /// Adds the gradient of maximum pooling: a window's goes to its first largest element.
  ///
  /// - Parameters:
  ///   - inputGradient: shape [height, width, channels]. Updated.
  ///   - gradient: the gradient by the result, shape [rows, columns, channels].
  ///   - input: the image, shape [height, width, channels].
  ///   - output: the result of pooling, shape [rows, columns, channels].
  ///   - pending: memory for [channels] elements. Overwritten.
  /// - Complexity: O(positions · taps · channels), no allocation.
  package func addMaximumGradient(
    _ inputGradient: UnsafeMutablePointer<Float>, of gradient: UnsafePointer<Float>,
    at input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    pending: UnsafeMutablePointer<Float>
  ) {
    forEachPosition { position, taps in
      let y = output + position * channels
      // What has gone to an element is no longer pending.
      pending.update(from: gradient + position * channels, count: channels)
      forEachTap(taps) { _, element in
        let (x, dx) = (input + element, inputGradient + element)
        for c in 0..<channels {
          let share = x[c] == y[c] ? pending[c] : 0
          dx[c] += share
          pending[c] -= share
        }
      }
    }
  }

  /// Adds the gradient of average pooling.
  ///
  /// - Parameters:
  ///   - inputGradient: shape [height, width, channels]. Updated.
  ///   - gradient: the gradient by the result, shape [rows, columns, channels].
  ///   - divisor: what sums are divided by; the number of elements inside the image if `nil`.
  /// - Complexity: O(positions · taps · channels), no allocation.
  package func addAverageGradient(
    _ inputGradient: UnsafeMutablePointer<Float>, of gradient: UnsafePointer<Float>, divisor: Int?
  ) {
    forEachPosition { position, taps in
      let g = gradient + position * channels
      let factor = 1 / Float(divisor ?? max(1, taps.rows.count * taps.columns.count))
      forEachTap(taps) { _, element in
        let dx = inputGradient + element
        for c in 0..<channels { dx[c] += factor * g[c] }
      }
    }
  }
}
