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
            let taps = DepthwiseTaps(
              kernel: kernel, bias: bias, channels: channels, tapRows: window.tapRows,
              tapColumns: window.tapColumns, tapRowStep: window.dilationY * width * channels,
              tapStep: window.dilationX * channels, pixelStep: window.strideX * channels)
            for y in 0..<window.rows {
              taps.computeRow(
                out + y * window.columns * channels,
                input: image + y * window.strideY * width * channels, columns: window.columns)
            }
          }
        }
      }
    }
  }
}

/// The operands that the pixels of a depthwise convolution share.
private struct DepthwiseTaps {

  var kernel, bias: UnsafePointer<Float>
  var channels, tapRows, tapColumns, tapRowStep, tapStep, pixelStep: Int

  /// Computes a row of pixels; several at once share the weights and hide the latency of sums.
  func computeRow(
    _ out: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>, columns: Int
  ) {
    var x = 0
    while x < columns {
      if columns - x >= 4 {
        x += computePixels(Pointers<4>.self, out + x * channels, input + x * pixelStep)
      } else {
        x += computePixels(Pointers<1>.self, out + x * channels, input + x * pixelStep)
      }
    }
  }

  /// Computes all channels of `n` neighbouring pixels and returns `n`.
  @inline(__always)
  private func computePixels<let n: Int>(
    _ type: Pointers<n>.Type, _ out: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>
  ) -> Int {
    var c = 0
    while c + panelWidth <= channels {
      var sums = InlineArray<n, Lanes>(repeating: loadLanes(bias + c))
      forEachTap(c) { weight, offset in
        let weights = loadLanes(weight)
        for p in 0..<n {
          sums[unchecked: p] += weights * loadLanes(input + (offset &+ p &* pixelStep))
        }
      }
      for p in 0..<n { storeLanes(sums[unchecked: p], to: out + (p &* channels &+ c)) }
      c += panelWidth
    }
    while c < channels {
      var sums = InlineArray<n, Float>(repeating: bias[c])
      forEachTap(c) { weight, offset in
        for p in 0..<n {
          sums[unchecked: p] += weight.pointee * input[offset &+ p &* pixelStep]
        }
      }
      for p in 0..<n { out[p &* channels &+ c] = sums[unchecked: p] }
      c += 1
    }
    return n
  }

  /// Calls `body` with the weight of channel c at each tap and the offset of its input.
  @inline(__always)
  private func forEachTap(_ c: Int, _ body: (UnsafePointer<Float>, Int) -> Void) {
    var weight = kernel + c
    for i in 0..<tapRows {
      var offset = i &* tapRowStep &+ c
      for _ in 0..<tapColumns {
        body(weight, offset)
        weight += channels
        offset &+= tapStep
      }
    }
  }
}
