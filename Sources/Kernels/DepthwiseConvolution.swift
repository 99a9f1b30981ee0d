// Depthwise convolution: each output channel sees one input channel, so channels fill the vectors.

/// A depthwise convolution: as many groups as input channels.
///
/// out[y,x,k] = bias[k] + Σ_{i,j} in[window of (y,x) at tap (i,j), k / multiplier] · w[i,j,k].
package struct DepthwiseConvolution: Sendable {

  /// The geometry.
  package let window: ImageWindow

  /// The number of output channels for each input channel.
  package let multiplier: Int

  /// The weights, [tapRows][tapColumns][channels · multiplier].
  private let kernel: [Float]

  /// The offsets, [channels · multiplier].
  private let bias: [Float]

  /// Creates a depthwise convolution.
  ///
  /// - Parameters:
  ///   - window: the geometry; its channels are the input's.
  ///   - kernel: the weights, shape [tapRows, tapColumns, channels · multiplier].
  ///   - bias: the offsets, shape [channels · multiplier], if any.
  ///   - multiplier: the number of output channels for each input channel, at least 1.
  /// - Precondition: the kernel has the count that its shape says.
  package init(_ window: ImageWindow, kernel: [Float], bias: [Float]?, multiplier: Int) {
    let channels = window.channels * multiplier
    precondition(
      kernel.count == window.tapRows * window.tapColumns * channels,
      "internal: kernel count differs")
    self.window = window
    self.multiplier = multiplier
    self.kernel = kernel
    self.bias = bias ?? [Float](repeating: 0, count: channels)
  }

  /// `true` iff the kernel works on a copy of the image.
  private var needsCopy: Bool { window.needsPadding || multiplier > 1 }

  /// The number of elements of scratch memory that the kernel needs.
  package var scratchCount: Int {
    needsCopy ? window.paddedHeight * window.paddedWidth * window.channels * multiplier : 0
  }

  /// Computes the convolution of an image.
  ///
  /// - Parameters:
  ///   - out: the result, shape [rows, columns, channels · multiplier]. Set.
  ///   - input: the image, shape [height, width, channels].
  ///   - scratch: memory for the padded image, at least `scratchCount` elements. Overwritten.
  /// - Precondition: the spans hold what the shapes say.
  /// - Complexity: O(rows · columns · kernel), no allocation.
  /// - Error: |error| ≤ (taps + 1) · 2⁻²⁴ · Σ |in · w| to first order.
  package func apply(
    _ out: inout MutableSpan<Float>, input: Span<Float>, scratch: inout MutableSpan<Float>
  ) {
    precondition(out.count == window.positions * bias.count, "internal: output count differs")
    precondition(input.count == window.inputCount, "internal: input count differs")
    precondition(scratch.count >= scratchCount, "internal: scratch memory is too small")
    guard needsCopy else { return compute(&out, image: input, width: window.width) }
    copyPadded(&scratch, input: input, window: window, copies: multiplier)
    compute(&out, image: scratch.span, width: window.paddedWidth)
  }

  /// Computes the convolution of an image of the given width that has its padding around it.
  private func compute(_ out: inout MutableSpan<Float>, image: Span<Float>, width: Int) {
    let channels = bias.count
    out.withUnsafeMutableBufferPointer { out in
      image.withUnsafeBufferPointer { image in
        kernel.withUnsafeBufferPointer { kernel in
          bias.withUnsafeBufferPointer { bias in
            guard let out = out.baseAddress, let image = image.baseAddress,
              let kernel = kernel.baseAddress, let bias = bias.baseAddress
            else { return }
            let pixel = DepthwisePixel(
              kernel: kernel, bias: bias, channels: channels, tapRows: window.tapRows,
              tapColumns: window.tapColumns, tapRowStep: window.dilationY * width * channels,
              tapStep: window.dilationX * channels)
            for y in 0..<window.rows {
              let row = image + y * window.strideY * width * channels
              for x in 0..<window.columns {
                pixel.compute(
                  out + (y * window.columns + x) * channels,
                  input: row + x * window.strideX * channels)
              }
            }
          }
        }
      }
    }
  }
}

/// The operands that the pixels of a depthwise convolution share.
private struct DepthwisePixel {

  var kernel, bias: UnsafePointer<Float>
  var channels, tapRows, tapColumns, tapRowStep, tapStep: Int

  /// Computes all channels of a pixel whose window starts at `input`.
  @inline(__always)
  func compute(_ out: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>) {
    var c = 0
    while c + panelWidth <= channels {
      var sum = loadLanes(bias + c)
      forEachTap(c, input) { weight, x in sum += loadLanes(weight) * loadLanes(x) }
      storeLanes(sum, to: out + c)
      c += panelWidth
    }
    while c < channels {
      var sum = bias[c]
      forEachTap(c, input) { weight, x in sum += weight.pointee * x.pointee }
      out[c] = sum
      c += 1
    }
  }

  /// Calls `body` with the weight and the input of channel c at each tap.
  @inline(__always)
  private func forEachTap(
    _ c: Int, _ input: UnsafePointer<Float>,
    _ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Void
  ) {
    var weight = kernel + c
    for i in 0..<tapRows {
      var x = input + (i &* tapRowStep &+ c)
      for _ in 0..<tapColumns {
        body(weight, x)
        weight += channels
        x += tapStep
      }
    }
  }
}
