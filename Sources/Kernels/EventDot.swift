// Values into membranes through the taps of a convolution: dot products of whole windows.

internal import CKernels

/// How many products a 32-bit lane forms in one step.
package enum EventDotKind: Hashable, Sendable {
  /// Four products of unsigned by signed bytes.
  case quads
  /// Two products of signed 16-bit numbers.
  case pairs
  /// One product of signed 32-bit numbers.
  case singles

  /// The values in a lane.
  package var valuesPerLane: Int {
    switch self {
    case .quads: 4
    case .pairs: 2
    case .singles: 1
    }
  }

  /// The format of the values that are multiplied.
  package var format: EventFormat {
    switch self {
    case .quads: .uint8
    case .pairs: .int16
    case .singles: .int32
    }
  }

  /// `true` iff the processor has an instruction for `quads`.
  package static var hasQuads: Bool { spikec_has_dot_quads() }
}

/// The connections of a convolution, or of a dense layer taken as one, from values to potentials.
///
/// potentials[y,x,k] += 2^shift · Σ weights[ky,kx,c,k] · value[y·s+ky·d, x·s+kx·d, c]; integers
/// that wrap around, so that the caller proves that sums fit 32 bits.
///
/// The values under a row of a window are contiguous unless the window is dilated; they are
/// multiplied in runs, four positions by 32 channels at a time.
package struct EventDot: Sendable {

  let window: EventWindow
  let source: EventGrid
  let target: EventGrid
  let kind: EventDotKind
  let shift: Int
  let segments: [Segment]
  let steps: Int
  let weights: EventMemory

  /// A run of contiguous values under a window.
  struct Segment: Sendable {
    /// The first value, counted from that under tap (0, 0).
    var offset: Int
    /// The number of steps.
    var steps: Int
  }

  /// Creates a kernel.
  ///
  /// - Parameters:
  ///   - weights: [kernel height, kernel width, channels, target channels]; each fits the kind.
  ///   - window: the taps.
  ///   - source: the grid of the source with its final frame.
  ///   - target: the grid of the target.
  ///   - kind: how products are formed.
  ///   - shift: the power of two by which weights are multiplied.
  package init(
    weights: [Int32], window: EventWindow, source: EventGrid, target: EventGrid,
    kind: EventDotKind, shift: Int
  ) {
    precondition(
      weights.count == window.taps * source.channels * target.channels
        && window.isCovered(by: source, for: target), "internal: weights do not fit")
    self.window = window
    self.source = source
    self.target = target
    self.kind = kind
    self.shift = shift
    // The runs, as (first value, first row of weights, length).
    var runs: [(offset: Int, row: Int, length: Int)] = []
    let contiguous = window.dilationX == 1 ? window.width : 1
    for ky in 0..<window.height {
      for kx in stride(from: 0, to: window.width, by: contiguous) {
        let position = ky * window.dilationY * source.framedWidth + kx * window.dilationX
        let row = (ky * window.width + kx) * source.channels
        let run = (position * source.channels, row, contiguous * source.channels)
        if let last = runs.last, last.offset + last.length == run.0 {
          runs[runs.count - 1].length += run.2
        } else {
          runs.append(run)
        }
      }
    }
    let n = kind.valuesPerLane
    segments = runs.map { Segment(offset: $0.offset, steps: ($0.length + n - 1) / n) }
    steps = segments.reduce(0) { $0 + $1.steps }
    self.weights = EventMemory(
      byteCount: steps * target.lanes * 4)
    arrange(weights, runs)
  }

  /// Stores the weights as [32 or 16 channels][step][channel][value of lane], padded with 0.
  private func arrange(_ from: [Int32], _ runs: [(offset: Int, row: Int, length: Int)]) {
    let n = kind.valuesPerLane
    for lane in 0..<target.channels {
      let block = lane & ~31
      let width = min(32, target.lanes - block)
      var step = 0
      for run in runs {
        for i in 0..<run.length {
          let slot = block * steps + (step + i / n) * width + lane - block
          let weight = from[(run.row + i) * target.channels + lane]
          let at = weights.base + slot * 4 + i % n * (4 / n)
          switch kind {
          case .quads: at.storeBytes(of: Int8(weight), as: Int8.self)
          case .pairs: at.storeBytes(of: Int16(weight), as: Int16.self)
          case .singles: at.storeBytes(of: weight, as: Int32.self)
          }
        }
        step += (run.length + n - 1) / n
      }
    }
  }

  /// Adds what the values of a source contribute to some rows of potentials.
  ///
  /// - Parameters:
  ///   - v: potentials, [target rows, columns, lanes].
  ///   - rows: the target rows.
  ///   - units: the values of the source, in the format of the kind.
  package func accumulate(_ v: EventMemory, rows: Range<Int>, units: EventMemory) {
    let bytes = source.framedHeight * source.framedWidth * source.channels * kind.format.byteCount
    precondition(
      v.byteCount >= target.paddedCount * 4 && units.byteCount >= bytes
        && rows.lowerBound >= 0 && rows.upperBound <= target.height, "internal: bad sizes")
    switch kind {
    case .quads: accumulate(EventQuads.self, v, rows, units)
    case .pairs: accumulate(EventPairs.self, v, rows, units)
    case .singles: accumulate(EventSingles.self, v, rows, units)
    }
  }

  @inline(__always)
  private func accumulate<S: EventDotStep>(
    _: S.Type, _ v: EventMemory, _ rows: Range<Int>, _ units: EventMemory
  ) {
    let size = kind.format.byteCount
    let stride = window.strideX * source.channels * size
    let runs = segments.map { Segment(offset: $0.offset * size, steps: $0.steps) }
    for y in rows {
      let first =
        UnsafeRawPointer(units.base) + window.origin(in: source, y, 0)
        * source.channels * size
      for lane in Swift.stride(from: 0, to: target.lanes, by: 32) {
        let weights = UnsafeRawPointer(weights.base) + lane * steps * 4
        let row = v.int32 + y * target.width * target.lanes + lane
        for x in Swift.stride(from: 0, to: target.width, by: 4) {
          let tile = EventTile(
            values: first + x * stride, stride: stride, potentials: row + x * target.lanes,
            lanes: target.lanes, count: min(4, target.width - x), shift: shift)
          if target.lanes - lane >= 32 {
            tile.dot32(S.self, runs, weights)
          } else {
            tile.dot16(S.self, runs, weights)
          }
        }
      }
    }
  }
}

/// The products of one step.
protocol EventDotStep {
  /// Adds the products of the lanes of `a` and `w` to `sum`.
  static func add(
    _ sum: SIMD16<Int32>, _ a: SIMD16<Int32>, _ w: SIMD16<Int32>
  ) -> SIMD16<Int32>
}

/// Four products a lane.
enum EventQuads: EventDotStep {
  @inline(__always) static func add(
    _ sum: SIMD16<Int32>, _ a: SIMD16<Int32>, _ w: SIMD16<Int32>
  ) -> SIMD16<Int32> { spikec_dot_quads(sum, a, w) }
}

/// Two products a lane.
enum EventPairs: EventDotStep {
  @inline(__always) static func add(
    _ sum: SIMD16<Int32>, _ a: SIMD16<Int32>, _ w: SIMD16<Int32>
  ) -> SIMD16<Int32> { spikec_dot_pairs(sum, a, w) }
}

/// One product a lane.
enum EventSingles: EventDotStep {
  @inline(__always) static func add(
    _ sum: SIMD16<Int32>, _ a: SIMD16<Int32>, _ w: SIMD16<Int32>
  ) -> SIMD16<Int32> { sum &+ a &* w }
}

/// Up to four neighbouring target positions, computed together so that a vector of weights is
/// loaded once for all; missing ones repeat the last.
struct EventTile {
  let values: UnsafeRawPointer
  let stride: Int
  let potentials: UnsafeMutablePointer<Int32>
  let lanes: Int
  let count: Int
  let shift: Int

  /// Computes 32 channels.
  @inline(__always)
  func dot32<S: EventDotStep>(
    _: S.Type, _ runs: [EventDot.Segment], _ weights: UnsafeRawPointer
  ) {
    var (a0, a1, b0, b1) = (zero, zero, zero, zero)
    var (c0, c1, d0, d1) = (zero, zero, zero, zero)
    var w = weights
    for run in runs {
      var p = values + run.offset
      for _ in 0..<run.steps {
        let w0 = w.load(as: SIMD16<Int32>.self)
        let w1 = w.load(fromByteOffset: 64, as: SIMD16<Int32>.self)
        let (a, b, c, d) = (value(p, 0), value(p, 1), value(p, 2), value(p, 3))
        (a0, a1) = (S.add(a0, a, w0), S.add(a1, a, w1))
        (b0, b1) = (S.add(b0, b, w0), S.add(b1, b, w1))
        (c0, c1) = (S.add(c0, c, w0), S.add(c1, c, w1))
        (d0, d1) = (S.add(d0, d, w0), S.add(d1, d, w1))
        w += 128
        p += 4
      }
    }
    add((a0, b0, c0, d0), at: 0)
    add((a1, b1, c1, d1), at: 16)
  }

  /// Computes 16 channels.
  @inline(__always)
  func dot16<S: EventDotStep>(
    _: S.Type, _ runs: [EventDot.Segment], _ weights: UnsafeRawPointer
  ) {
    var (a, b, c, d) = (zero, zero, zero, zero)
    var w = weights
    for run in runs {
      var p = values + run.offset
      for _ in 0..<run.steps {
        let row = w.load(as: SIMD16<Int32>.self)
        a = S.add(a, value(p, 0), row)
        b = S.add(b, value(p, 1), row)
        c = S.add(c, value(p, 2), row)
        d = S.add(d, value(p, 3), row)
        w += 64
        p += 4
      }
    }
    add((a, b, c, d), at: 0)
  }

  private var zero: SIMD16<Int32> { @inline(__always) get { SIMD16() } }

  /// Returns the values of a step under the window of position `i`, in every lane.
  @inline(__always)
  private func value(_ p: UnsafeRawPointer, _ i: Int) -> SIMD16<Int32> {
    let offset = i < count ? i &* stride : (count &- 1) &* stride
    return SIMD16(repeating: p.loadUnaligned(fromByteOffset: offset, as: Int32.self))
  }

  /// Adds sums of the positions to their potentials.
  @inline(__always)
  private func add(
    _ sums: (SIMD16<Int32>, SIMD16<Int32>, SIMD16<Int32>, SIMD16<Int32>), at lane: Int
  ) {
    let scale = EventScale(power: shift, isNegative: false)
    let v = potentials + lane
    scale.add(sums.0, to: v)
    if count > 1 { scale.add(sums.1, to: v + lanes) }
    if count > 2 { scale.add(sums.2, to: v + 2 &* lanes) }
    if count > 3 { scale.add(sums.3, to: v + 3 &* lanes) }
  }
}
