// Convolution, grouped or not, and with it matrix products: packed weights and the fast kernel.

/// A convolution with its weights laid out for the kernel.
///
/// out[y,x,k] = bias[k] + Σ_{i,j,c} in[window of (y,x) at tap (i,j), g·C/G + c] · w[i,j,c,k] with
/// g = k / (K/G). The weights of 16 neighbouring channels lie together, [taps][16], so that a tile
/// of outputs stays in registers while inputs and weights stream past.
package struct PackedConvolution: Sendable {

  /// The geometry.
  package let window: ImageWindow

  /// The number of output channels K.
  package let outputChannels: Int

  /// The number of groups G.
  package let groups: Int

  /// The weights, [groups][panels][terms][16]; channels that do not exist have weights 0.
  private let panels: [Float]

  /// The offsets, [groups][panels · 16].
  private let bias: [Float]

  /// Where the runs of inputs of a window start in the padded image.
  private let runs: [Int]

  /// The number of inputs in a run.
  private let runLength: Int

  /// Packs the weights of a convolution.
  ///
  /// - Parameters:
  ///   - window: the geometry; its channels are the input's.
  ///   - kernel: the weights, shape [tapRows, tapColumns, channels / groups, outputChannels].
  ///   - bias: the offsets, shape [outputChannels], if any.
  ///   - outputChannels: the number of output channels, a multiple of `groups`.
  ///   - groups: the number of groups, which divides the channels.
  /// - Precondition: the kernel has the count that its shape says.
  package init(
    _ window: ImageWindow, kernel: [Float], bias: [Float]?, outputChannels: Int, groups: Int = 1
  ) {
    self.window = window
    self.outputChannels = outputChannels
    self.groups = groups
    let inner = window.channels / groups
    let outer = outputChannels / groups
    let terms = window.tapRows * window.tapColumns * inner
    precondition(kernel.count == terms * outputChannels, "internal: kernel count differs")
    let panelCount = (outer + panelWidth - 1) / panelWidth
    var packed = [Float](repeating: 0, count: groups * panelCount * terms * panelWidth)
    var offsets = [Float](repeating: 0, count: groups * panelCount * panelWidth)
    for g in 0..<groups {
      for k in 0..<outer {
        let panel = g * panelCount + k / panelWidth
        let lane = k % panelWidth
        for t in 0..<terms {
          packed[(panel * terms + t) * panelWidth + lane] =
            kernel[
              t * outputChannels + g * outer + k]
        }
        if let bias { offsets[panel * panelWidth + lane] = bias[g * outer + k] }
      }
    }
    panels = packed
    self.bias = offsets
    // Taps of a row lie side by side in memory unless they are dilated or other groups lie between.
    let joins = groups == 1 && (window.dilationX == 1 || window.tapColumns == 1)
    runLength = joins ? window.tapColumns * inner : inner
    let row = window.rowCount
    runs = (0..<window.tapRows).flatMap { i in
      (0..<(joins ? 1 : window.tapColumns)).map { j in
        i * window.dilationY * row + j * window.dilationX * window.channels
      }
    }
  }

  /// The number of elements of scratch memory that the kernel needs.
  package var scratchCount: Int {
    window.needsPadding ? window.paddedHeight * window.paddedWidth * window.channels : 0
  }

  /// Computes the convolution of an image.
  ///
  /// - Parameters:
  ///   - out: the result, shape [rows, columns, outputChannels]. Set.
  ///   - input: the image, shape [height, width, channels].
  ///   - scratch: memory for the padded image, at least `scratchCount` elements. Overwritten.
  /// - Precondition: the spans have the counts that the shapes say.
  /// - Complexity: O(rows · columns · kernel), no allocation.
  /// - Error: |error| ≤ (terms + 1) · 2⁻²⁴ · Σ |in · w| to first order; see `ConvolutionTests`.
  package func apply(
    _ out: inout MutableSpan<Float>, input: Span<Float>, scratch: inout MutableSpan<Float>
  ) {
    precondition(out.count == window.positions * outputChannels, "internal: output count differs")
    precondition(input.count == window.inputCount, "internal: input count differs")
    precondition(scratch.count >= scratchCount, "internal: scratch memory is too small")
    guard scratchCount > 0 else { return compute(&out, image: input) }
    copyPadded(&scratch, input: input, window: window)
    compute(&out, image: scratch.span)
  }

  /// Computes the convolution of an image that has its padding around it.
  private func compute(_ out: inout MutableSpan<Float>, image: Span<Float>) {
    let outer = outputChannels / groups
    let panelCount = (outer + panelWidth - 1) / panelWidth
    let terms = window.tapRows * window.tapColumns * window.channels / groups
    out.withUnsafeMutableBufferPointer { out in
      image.withUnsafeBufferPointer { image in
        panels.withUnsafeBufferPointer { panels in
          bias.withUnsafeBufferPointer { bias in
            runs.withUnsafeBufferPointer { runs in
              guard let out = out.baseAddress, let image = image.baseAddress,
                let weights = panels.baseAddress, let bias = bias.baseAddress
              else { return }
              for g in 0..<groups {
                let group = Group(
                  out: out + g * outer, stride: outputChannels, channels: outer,
                  image: image + g * (window.channels / groups),
                  weights: weights + g * panelCount * terms * panelWidth,
                  bias: bias + g * panelCount * panelWidth, panels: panelCount,
                  panelStride: terms * panelWidth,
                  terms: TermRuns(offsets: runs, length: runLength))
                group.compute(window)
              }
            }
          }
        }
      }
    }
  }
}

extension ImageWindow {

  /// The distance between rows of the image that windows are taken from.
  var rowCount: Int { (needsPadding ? paddedWidth : width) * channels }
}

/// The operands of one group of a convolution.
private struct Group {

  /// The first pixel's first channel of the group.
  var out: UnsafeMutablePointer<Float>

  /// The distance between pixels of the output.
  var stride: Int

  /// The number of output channels of the group.
  var channels: Int

  /// The group's first channel of the padded image.
  var image: UnsafePointer<Float>

  /// The group's panels.
  var weights: UnsafePointer<Float>

  /// The group's offsets.
  var bias: UnsafePointer<Float>

  /// The number of panels.
  var panels: Int

  /// The distance between panels.
  var panelStride: Int

  /// The terms of an output.
  var terms: TermRuns

  /// Computes the group's channels of all pixels.
  func compute(_ window: ImageWindow) {
    guard window.positions > 1 else { return computePixel() }
    // A panel stays in the nearest cache while the image streams past.
    for panel in 0..<panels {
      var cursor = PixelCursor(window, image: image, out: out + panel * panelWidth, stride: stride)
      var left = window.positions
      while left > 0 {
        if tilePixels >= 8, left >= 8 {
          left -= computeTile(Pointers<8>.self, panel, &cursor)
        } else if tilePixels >= 4, left >= 4 {
          left -= computeTile(Pointers<4>.self, panel, &cursor)
        } else if left >= 2 {
          left -= computeTile(Pointers<2>.self, panel, &cursor)
        } else {
          left -= computeTile(Pointers<1>.self, panel, &cursor)
        }
      }
    }
  }

  /// Computes a panel of the next `n` pixels and returns `n`.
  @inline(__always)
  private func computeTile<let n: Int>(
    _ type: Pointers<n>.Type, _ panel: Int, _ cursor: inout PixelCursor
  ) -> Int {
    var pixels = Pointers<n>(repeating: image)
    let first = cursor.out
    for p in 0..<n { pixels[unchecked: p] = cursor.next() }
    Kernels.computeTile(
      first, stride: stride, lanes: min(panelWidth, channels - panel * panelWidth), pixels: pixels,
      terms: terms, weights: weights + panel * panelStride,
      bias: loadLanes(bias + panel * panelWidth))
    return n
  }

  /// Computes the group's channels of the only pixel.
  private func computePixel() {
    var panel = 0
    while panel < panels {
      if tilePixels >= 8, panels - panel >= 8 {
        panel += computePanels(Pointers<8>.self, panel)
      } else if tilePixels >= 4, panels - panel >= 4 {
        panel += computePanels(Pointers<4>.self, panel)
      } else if panels - panel >= 2 {
        panel += computePanels(Pointers<2>.self, panel)
      } else {
        panel += computePanels(Pointers<1>.self, panel)
      }
    }
  }

  /// Computes the only pixel's next `n` panels and returns `n`.
  @inline(__always)
  private func computePanels<let n: Int>(_ type: Pointers<n>.Type, _ panel: Int) -> Int {
    var parts = Pointers<n>(repeating: weights)
    for p in 0..<n { parts[unchecked: p] = weights + (panel + p) * panelStride }
    Kernels.computePanels(
      parts, out: out + panel * panelWidth, channels: channels - panel * panelWidth,
      pixel: image, terms: terms, bias: bias + panel * panelWidth)
    return n
  }
}

/// Walks over the pixels of a convolution, row by row.
private struct PixelCursor {

  /// The next pixel's first channel in the output.
  var out: UnsafeMutablePointer<Float>

  /// The first input of the next pixel.
  private var input: UnsafePointer<Float>

  /// The pixels left in the row.
  private var left: Int

  private let columns, stride, step, rowStep: Int

  /// Starts at the first pixel.
  init(
    _ window: ImageWindow, image: UnsafePointer<Float>, out: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    self.out = out
    self.stride = stride
    input = image
    left = window.columns
    columns = window.columns
    step = window.strideX * window.channels
    rowStep = window.strideY * window.rowCount - (window.columns - 1) * step
  }

  /// Returns the first input of the next pixel and goes on.
  @inline(__always)
  mutating func next() -> UnsafePointer<Float> {
    let result = input
    out += stride
    left -= 1
    if left == 0 {
      left = columns
      input += rowStep
    } else {
      input += step
    }
    return result
  }
}
