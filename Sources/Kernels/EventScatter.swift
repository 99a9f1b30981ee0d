// Spikes into membranes, spike by spike: each adds the kernels of its channel to the sums around
// it. Work follows the spikes alone, whatever their density.

internal import CKernels

/// The connections of a convolution with unit strides from bit planes to potentials.
///
/// sums[y + top − ky·d, x + left − kx·d, k] += ± 2^p · weights[ky,kx,c,k] for each set bit, in 16
/// bits; then potentials[y,x,k] += 2^shift · sums[y,x,k]. The sums have a margin that takes what
/// falls outside the target.
///
/// The weights of a row of taps lie as the sums that they are added to: a spike adds one run of
/// kernel width · lanes numbers for each row of taps. Sums have 16 or a multiple of 32 lanes, so
/// that the vectors that neighbours touch are the same ones, which processors forward from store
/// to load.
package struct EventScatter: Sendable {

  let window: EventWindow
  let source: EventGrid
  let target: EventGrid
  let shift: Int
  let weights: EventMemory

  /// The 16-bit numbers of a position of the sums.
  private var lanes: Int { target.channels <= 16 ? 16 : (target.channels + 31) & ~31 }
  /// The columns of the sums, margin included.
  private var sumWidth: Int { source.width + window.width - 1 }
  /// The rows of the sums, margin included.
  private var sumHeight: Int { source.height + (window.height - 1) * window.dilationY }
  /// The 16-bit numbers of a row of taps.
  private var run: Int { window.width * lanes }
  /// The rows of sums above the target.
  private var marginTop: Int { (window.height - 1) * window.dilationY - window.top }
  /// The columns of sums left of the target.
  private var marginLeft: Int { window.width - 1 - window.left }

  /// The bytes of the sums, which are 0 between ticks.
  package var sumBytes: Int { sumHeight * sumWidth * lanes * 2 }

  /// Creates a kernel, or none if spikes cannot be scattered: strides, columns of taps apart,
  /// a padding beyond the kernel, or sums that may leave 16 bits.
  ///
  /// - Parameters:
  ///   - weights: [kernel height, kernel width, channels, target channels].
  ///   - window: the taps.
  ///   - source: the neurons of the source.
  ///   - target: the neurons of the target.
  ///   - shift: the power of two by which weights are multiplied.
  ///   - units: the smallest and the largest units of the source; 0 lies between them.
  package init?(
    weights: [Int8], window: EventWindow, source: EventGrid, target: EventGrid, shift: Int,
    units: ClosedRange<Int>
  ) {
    precondition(
      weights.count == window.taps * source.channels * target.channels, "internal: bad weights")
    self.window = window
    self.source = source
    self.target = target
    self.shift = shift
    let lanes = target.channels <= 16 ? 16 : (target.channels + 31) & ~31
    self.weights = EventMemory(byteCount: window.taps * source.channels * lanes)
    guard window.strideX == 1, window.strideY == 1, window.dilationX == 1, target.positions > 1,
      marginTop >= 0, marginLeft >= 0, marginTop + target.height <= sumHeight,
      marginLeft + target.width <= sumWidth,
      Self.sumsFit(weights, channels: target.channels, units: units)
    else { return nil }
    arrange(weights)
  }

  /// Returns whether sums stay within 16 bits, in whatever order they are added up.
  private static func sumsFit(
    _ weights: [Int8], channels: Int, units: ClosedRange<Int>
  ) -> Bool {
    var low = [Int](repeating: 0, count: channels)
    var high = low
    for i in stride(from: 0, to: weights.count, by: channels) {
      for k in 0..<channels {
        let w = Int(weights[i + k])
        low[k] += w < 0 ? w * units.upperBound : w * units.lowerBound
        high[k] += w < 0 ? w * units.lowerBound : w * units.upperBound
      }
    }
    return low.allSatisfy { $0 >= Int(Int16.min) } && high.allSatisfy { $0 <= Int(Int16.max) }
  }

  /// Stores the weights as [channel][row of taps, last first][column of taps, last first][lane].
  private func arrange(_ from: [Int8]) {
    let to = weights.base.assumingMemoryBound(to: Int8.self)
    for c in 0..<source.channels {
      for ky in 0..<window.height {
        for kx in 0..<window.width {
          let row = ((ky * window.width + kx) * source.channels + c) * target.channels
          let tap = (c * window.height + window.height - 1 - ky) * window.width
          let start = (tap + window.width - 1 - kx) * lanes
          for k in 0..<target.channels { to[start + k] = from[row + k] }
        }
      }
    }
  }

  /// Adds what the units of a source contribute to the sums.
  ///
  /// - Parameters:
  ///   - sums: the sums; updated.
  ///   - units: the planes of the source.
  ///   - layout: their layout.
  package func scatter(_ sums: EventMemory, units: EventMemory, layout: EventLayout) {
    precondition(
      sums.byteCount >= sumBytes && units.byteCount >= layout.byteCount
        && layout.grid.hasNeurons(of: source), "internal: bad sizes")
    for (p, plane) in layout.planes.enumerated() {
      let words = UnsafePointer(units.words + p * layout.planeWords)
      let power = Int32(plane.power)
      let sign: Int32 = plane.isNegative ? -1 : 0
      let grid = layout.grid
      switch (run, power, sign) {
      case (96, 0, 0): walk(words, grid, sums, EventRun(vectors: 3))
      case (192, 0, 0): walk(words, grid, sums, EventRun(vectors: 6))
      case (288, 0, 0): walk(words, grid, sums, EventRun(vectors: 9))
      case (96, _, 0): walk(words, grid, sums, EventShiftedRun(vectors: 3, power: power))
      case (192, _, 0): walk(words, grid, sums, EventShiftedRun(vectors: 6, power: power))
      case (_, 0, 0) where lanes > 16: walk(words, grid, sums, EventRun(vectors: run / 32))
      case (_, _, 0) where lanes > 16:
        walk(words, grid, sums, EventShiftedRun(vectors: run / 32, power: power))
      default:
        walk(words, grid, sums, EventNarrowRun(vectors: run / 16, power: power, sign: sign))
      }
    }
  }

  /// Walks the set bits of a plane, a row of the image at a time.
  @inline(__always)
  private func walk<Run: EventRunAdder>(
    _ plane: UnsafePointer<UInt64>, _ grid: EventGrid, _ sums: EventMemory, _ run: Run
  ) {
    let lanes = lanes
    let weights = UnsafePointer(self.weights.base.assumingMemoryBound(to: Int8.self))
    let sums = sums.base.assumingMemoryBound(to: Int16.self)
    let (rowStep, height, runLength) = (
      sumWidth * window.dilationY * lanes, window.height, self.run
    )
    let stride = grid.bitStride
    let strideLog = stride.trailingZeroBitCount
    for y in 0..<grid.height {
      let row = sums + y &* sumWidth &* lanes
      let first = grid.framed(y, 0) &* stride
      let last = first &+ grid.width &* stride
      for w in first &>> 6..<(last &+ 63) &>> 6 {
        var word = plane[w]
        // A word may begin before the row or end behind it: frames are 0, other rows are masked.
        if w &<< 6 < first { word &= ~0 &<< UInt64(first &- w &<< 6) }
        if w &<< 6 &+ 64 > last { word &= ~0 &>> UInt64(w &<< 6 &+ 64 &- last) }
        while word != 0 {
          let place = w &<< 6 &+ word.trailingZeroBitCount &- first
          word &= word &- 1
          let (x, c): (Int, Int)
          if stride <= 64 {
            (x, c) = (place &>> strideLog, place & (stride &- 1))
          } else {
            (x, c) = place.quotientAndRemainder(dividingBy: stride)
          }
          var to = row + x &* lanes
          var from = weights + c &* height &* runLength
          for _ in 0..<height {
            run.add(from, to: to)
            to += rowStep
            from += runLength
          }
        }
      }
    }
  }

  /// Adds the sums to some rows of potentials and makes them 0; with the last row, the margin too.
  ///
  /// - Parameters:
  ///   - v: potentials, [target rows, columns, lanes].
  ///   - rows: the target rows.
  ///   - sums: the sums.
  package func flush(_ v: EventMemory, rows: Range<Int>, sums: EventMemory) {
    precondition(
      v.byteCount >= target.paddedCount * 4 && sums.byteCount >= sumBytes
        && rows.lowerBound >= 0 && rows.upperBound <= target.height, "internal: bad sizes")
    let (lanes, targetLanes) = (lanes, target.lanes)
    let base = sums.base.assumingMemoryBound(to: Int16.self)
    let scale = EventScale(power: shift, isNegative: false)
    for y in rows {
      var from = base + ((y &+ marginTop) &* sumWidth &+ marginLeft) &* lanes
      var to = v.int32 + y &* target.width &* targetLanes
      for _ in 0..<target.width {
        var lane = 0
        while lane < targetLanes {
          scale.add(spikec_load_i16x16(from + lane), to: to + lane)
          lane &+= 16
        }
        from += lanes
        to += targetLanes
      }
    }
    let width = sumWidth * lanes
    let first = rows.lowerBound == 0 ? 0 : rows.lowerBound + marginTop
    let last = rows.upperBound == target.height ? sumHeight : rows.upperBound + marginTop
    (base + first * width).update(repeating: 0, count: (last - first) * width)
  }
}

/// How a run of weights is added to sums.
protocol EventRunAdder {
  /// Adds a run.
  func add(_ weights: UnsafePointer<Int8>, to sums: UnsafeMutablePointer<Int16>)
}

/// A run of vectors of 32 numbers, added as they are.
struct EventRun: EventRunAdder {
  let vectors: Int
  @inline(__always) init(vectors: Int) { self.vectors = vectors }
  @inline(__always)
  func add(_ weights: UnsafePointer<Int8>, to sums: UnsafeMutablePointer<Int16>) {
    for i in 0..<vectors {
      let memory = UnsafeMutableRawPointer(sums + i &* 32)
      let sum = memory.loadUnaligned(as: SIMD32<Int16>.self) &+ spikec_load_i8x32(weights + i &* 32)
      memory.storeBytes(of: sum, as: SIMD32<Int16>.self)
    }
  }
}

/// A run of vectors of 32 numbers, times a power of two.
struct EventShiftedRun: EventRunAdder {
  let vectors: Int
  let power: Int32
  @inline(__always) init(vectors: Int, power: Int32) {
    self.vectors = vectors
    self.power = power
  }
  @inline(__always)
  func add(_ weights: UnsafePointer<Int8>, to sums: UnsafeMutablePointer<Int16>) {
    for i in 0..<vectors {
      let memory = UnsafeMutableRawPointer(sums + i &* 32)
      let sum =
        memory.loadUnaligned(as: SIMD32<Int16>.self)
        &+ spikec_shift_i16x32(spikec_load_i8x32(weights + i &* 32), power)
      memory.storeBytes(of: sum, as: SIMD32<Int16>.self)
    }
  }
}

/// A run of vectors of 16 numbers, times ± a power of two.
struct EventNarrowRun: EventRunAdder {
  let vectors: Int
  let power: Int32
  let sign: Int32
  @inline(__always) init(vectors: Int, power: Int32, sign: Int32) {
    self.vectors = vectors
    self.power = power
    self.sign = sign
  }
  @inline(__always)
  func add(_ weights: UnsafePointer<Int8>, to sums: UnsafeMutablePointer<Int16>) {
    for i in 0..<vectors {
      let memory = UnsafeMutableRawPointer(sums + i &* 16)
      let scaled = spikec_scale_i16x16(spikec_load_i8x16(weights + i &* 16), power, sign)
      let sum = memory.loadUnaligned(as: SIMD16<Int16>.self) &+ scaled
      memory.storeBytes(of: sum, as: SIMD16<Int16>.self)
    }
  }
}
