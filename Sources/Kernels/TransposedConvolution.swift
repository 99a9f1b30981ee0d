// Transposed convolution: a matrix product for each row of the image, scattered into the output.

/// A transposed convolution with its weights laid out for the kernel.
///
/// out[y·s_h + i·d_h − top, x·s_w + j·d_w − left, g·K/G + k] += in[y,x,g·C/G + c] ·
/// w[i,j,k,g·C/G + c] for every tap that falls inside the output; plus bias[k].
package struct TransposedConvolution: Sendable {

  /// The geometry of the adjoint convolution: its image is the output here, its positions are
  /// the pixels of the input, its channels are the output's.
  package let window: ImageWindow

  /// The number of input channels C.
  package let inputChannels: Int

  /// The number of groups G.
  package let groups: Int

  /// The product of a row of the input with all taps: [width][groups][taps][K/G].
  private let products: PackedConvolution

  /// The offsets, [channels].
  private let bias: [Float]

  /// Packs the weights of a transposed convolution.
  ///
  /// - Parameters:
  ///   - window: the geometry of the adjoint.
  ///   - kernel: the weights, shape [tapRows, tapColumns, channels / groups, inputChannels].
  ///   - bias: the offsets, shape [channels], if any.
  ///   - inputChannels: the number of input channels, a multiple of `groups`.
  ///   - groups: the number of groups, which divides the channels.
  /// - Precondition: the kernel has the count that its shape says.
  package init(
    _ window: ImageWindow, kernel: [Float], bias: [Float]?, inputChannels: Int, groups: Int = 1
  ) {
    let inner = inputChannels / groups
    let outer = window.tapRows * window.tapColumns * window.channels / groups
    precondition(kernel.count == outer * inputChannels, "internal: kernel count differs")
    self.window = window
    self.inputChannels = inputChannels
    self.groups = groups
    self.bias = bias ?? [Float](repeating: 0, count: window.channels)
    var turned = [Float](repeating: 0, count: kernel.count)
    for g in 0..<groups {
      for n in 0..<outer {
        for c in 0..<inner {
          turned[c * groups * outer + g * outer + n] = kernel[n * inputChannels + g * inner + c]
        }
      }
    }
    products = PackedConvolution(
      ImageWindow(
        height: 1, width: window.columns, channels: inputChannels, rows: 1,
        columns: window.columns),
      kernel: turned, bias: nil, outputChannels: groups * outer, groups: groups)
  }

  /// The number of elements of scratch memory that the kernel needs.
  package var scratchCount: Int { window.columns * products.outputChannels }

  /// Computes the transposed convolution of an image.
  ///
  /// - Parameters:
  ///   - out: the result, shape [window.height, window.width, window.channels]. Set.
  ///   - input: the image, shape [window.rows, window.columns, inputChannels].
  ///   - scratch: memory for the products of a row, at least `scratchCount` elements.
  ///     Overwritten.
  /// - Precondition: the spans hold what the shapes say.
  /// - Complexity: O(rows · columns · kernel), no allocation.
  /// - Error: |error| ≤ (terms + 1) · 2⁻²⁴ · Σ |in · w| to first order.
  package func apply(
    _ out: inout MutableSpan<Float>, input: Span<Float>, scratch: inout MutableSpan<Float>
  ) {
    let rowCount = window.columns * inputChannels
    precondition(out.count == window.inputCount, "internal: output count differs")
    precondition(input.count == window.rows * rowCount, "internal: input count differs")
    precondition(scratch.count >= scratchCount, "internal: scratch memory is too small")
    for p in 0..<(window.height * window.width) {
      for k in 0..<window.channels { out[p * window.channels + k] = bias[k] }
    }
    var none = MutableSpan<Float>()
    for y in 0..<window.rows {
      let row = input.extracting(y * rowCount..<(y + 1) * rowCount)
      scratch.withUnsafeMutableBufferPointer { buffer in
        var result = MutableSpan(
          _unsafeElements: UnsafeMutableBufferPointer(
            rebasing: buffer.prefix(scratchCount)))
        products.apply(&result, input: row, scratch: &none)
      }
      scatter(scratch.span, row: y, into: &out)
    }
  }

  /// Adds the products of input row y to the outputs that they belong to.
  private func scatter(_ products: Span<Float>, row y: Int, into out: inout MutableSpan<Float>) {
    let outer = window.channels / groups
    let taps = window.tapRows * window.tapColumns
    out.withUnsafeMutableBufferPointer { out in
      products.withUnsafeBufferPointer { products in
        guard let out = out.baseAddress, let products = products.baseAddress else { return }
        for x in 0..<window.columns {
          let columns = window.validTapColumns(at: x)
          for i in window.validTapRows(at: y) {
            let target = y * window.strideY + i * window.dilationY - window.top
            for j in columns {
              let column = x * window.strideX + j * window.dilationX - window.left
              for g in 0..<groups {
                let sum = out + (target * window.width + column) * window.channels + g * outer
                let tap = i * window.tapColumns + j
                let term = products + ((x * groups + g) * taps + tap) * outer
                for k in 0..<outer { sum[k] += term[k] }
              }
            }
          }
        }
      }
    }
  }
}
