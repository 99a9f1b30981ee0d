// The innermost loop of dense and convolutional layers: a tile of outputs in registers.
//
// A tile is a number of output pixels times `panelWidth` output channels. The order in which an
// output adds up its terms is the order of the taps, whatever the tile and the machine, and
// products are rounded before they are added: results are the same bits on every processor.

internal import CKernels

/// The number of output channels in a panel of packed weights.
package let panelWidth = 16

/// The number of pixels of the largest tile whose accumulators stay in registers: the widest
/// vectors come with 32 registers, the others with 16.
var tilePixels: Int {
  switch spikec_vector_bytes() {
  case 64: 8
  case 32: 4
  default: 2
  }
}

/// Sixteen values, one for each channel of a panel.
typealias Lanes = SIMD16<Float>

/// The operands of a tile, one for each pixel or panel.
typealias Pointers<let n: Int> = InlineArray<n, UnsafePointer<Float>>

/// Returns the sixteen values at `pointer`, which need not be aligned.
@inline(__always)
func loadLanes(_ pointer: UnsafePointer<Float>) -> Lanes {
  UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self)
}

/// Writes sixteen values to `pointer`, which need not be aligned.
@inline(__always)
func storeLanes(_ lanes: Lanes, to pointer: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(pointer).storeBytes(of: lanes, as: Lanes.self)
}

/// Writes the first `count` of sixteen values to `pointer`, which need not be aligned.
@inline(__always)
func storeLanes(_ lanes: Lanes, to pointer: UnsafeMutablePointer<Float>, count: Int) {
  if count >= panelWidth {
    storeLanes(lanes, to: pointer)
  } else {
    withUnsafeBytes(of: lanes) { bytes in
      let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(count * 4))
      UnsafeMutableRawPointer(pointer).copyMemory(
        from: part.baseAddress ?? UnsafeRawPointer(pointer), byteCount: part.count)
    }
  }
}

/// The terms of an output: runs of inputs at fixed offsets from the pixel's first input.
struct TermRuns {

  /// Where the runs start, relative to the pixel's first input.
  var offsets: UnsafeBufferPointer<Int>

  /// The number of inputs in each run.
  var length: Int
}

/// Computes one panel of output channels for `n` pixels.
///
/// out[p·stride + k] = bias[k] + Σ_t in[pixels[p] + term t] · weights[t·16 + k].
///
/// - Parameters:
///   - out: the first pixel's first channel; the next pixels follow at distance `stride`.
///   - stride: the distance between pixels of the output, elements.
///   - lanes: the number of channels of the panel that exist, 1 ... 16.
///   - pixels: the first input of each pixel.
///   - terms: the inputs' offsets.
///   - weights: the packed panel, [terms][16].
///   - bias: the offsets of the panel's channels.
/// - Complexity: O(n · terms), no allocation.
@inline(__always)
func computeTile<let n: Int>(
  _ out: UnsafeMutablePointer<Float>, stride: Int, lanes: Int,
  pixels: Pointers<n>, terms: TermRuns,
  weights: UnsafePointer<Float>, bias: Lanes
) {
  var sums = InlineArray<n, Lanes>(repeating: bias)
  var next = weights
  for offset in terms.offsets {
    for t in offset..<(offset &+ terms.length) {
      let weight = loadLanes(next)
      next += panelWidth
      for p in 0..<n {
        sums[unchecked: p] += weight * Lanes(repeating: pixels[unchecked: p][t])
      }
    }
  }
  for p in 0..<n {
    storeLanes(sums[unchecked: p], to: out + p &* stride, count: lanes)
  }
}

/// Computes `n` neighbouring panels of output channels for one pixel.
///
/// The same sums as `computeTile`; several panels at once hide the latency of addition where an
/// image has few pixels.
///
/// - Parameters:
///   - panels: the packed panels' weights, [terms][16] each.
///   - out: the first panel's first channel.
///   - channels: the number of channels, of all panels together, that exist.
///   - pixel: the first input.
///   - terms: the inputs' offsets.
///   - bias: the offsets of the channels, [panels · 16].
/// - Complexity: O(n · terms), no allocation.
@inline(__always)
func computePanels<let n: Int>(
  _ panels: Pointers<n>, out: UnsafeMutablePointer<Float>,
  channels: Int, pixel: UnsafePointer<Float>, terms: TermRuns, bias: UnsafePointer<Float>
) {
  var sums = InlineArray<n, Lanes>(repeating: .zero)
  for p in 0..<n { sums[unchecked: p] = loadLanes(bias + p &* panelWidth) }
  var next = 0
  for offset in terms.offsets {
    for t in offset..<(offset &+ terms.length) {
      let x = Lanes(repeating: pixel[t])
      for p in 0..<n {
        sums[unchecked: p] += loadLanes(panels[unchecked: p] + next) * x
      }
      next += panelWidth
    }
  }
  for p in 0..<n {
    storeLanes(
      sums[unchecked: p], to: out + p &* panelWidth,
      count: min(panelWidth, channels &- p &* panelWidth))
  }
}
