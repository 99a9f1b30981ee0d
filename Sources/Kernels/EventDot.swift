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
/// multiplied in runs, four positions by up to 64 channels at a time.
package struct EventDot: Sendable {

  let window: EventWindow
  let source: EventGrid
  let target: EventGrid
  let kind: EventDotKind
  let shift: Int
  let segments: [Segment]
  let steps: Int
  let blocks: [Range<Int>]
  let weights: EventMemory

  /// A run of contiguous values under a window.
  struct Segment: Sendable {
    /// The first byte, counted from that under tap (0, 0).
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
    let size = kind.format.byteCount
    segments = runs.map { Segment(offset: $0.offset * size, steps: ($0.length + n - 1) / n) }
    steps = segments.reduce(0) { $0 + $1.steps }
    blocks = Self.blocks(target.lanes)
    self.weights = EventMemory(byteCount: steps * target.lanes * 4)
    arrange(weights, runs)
  }

  /// Stores the weights as [block of channels][step][channel][value of lane], padded with 0.
  private func arrange(_ from: [Int32], _ runs: [(offset: Int, row: Int, length: Int)]) {
    let n = kind.valuesPerLane
    for block in Self.blocks(target.lanes) {
      for lane in block.clamped(to: 0..<target.channels) {
        var step = 0
        for run in runs {
          for i in 0..<run.length {
            let slot = block.lowerBound * steps + (step + i / n) * block.count
            let weight = from[(run.row + i) * target.channels + lane]
            let at = weights.base + (slot + lane - block.lowerBound) * 4 + i % n * (4 / n)
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
  }

  /// Returns the runs of channels that are computed together, whose sums fill the registers.
  private static func blocks(_ lanes: Int) -> [Range<Int>] {
    var blocks: [Range<Int>] = []
    var lane = 0
    while lane < lanes {
      let rest = lanes - lane
      let width = rest >= 64 && EventDotKind.hasQuads ? 64 : rest >= 32 ? 32 : 16
      blocks.append(lane..<lane + width)
      lane += width
    }
    return blocks
  }

  /// Adds what the values of a source contribute to some rows of potentials.
  ///
  /// - Parameters:
  ///   - v: potentials, [target rows, columns, lanes].
  ///   - rows: the target rows.
  ///   - units: the values of the source, in the format of the kind.
  ///   - start: if given, what the contributions are added to, in place of what `v` holds.
  package func accumulate(
    _ v: EventMemory, rows: Range<Int>, units: EventMemory, from start: EventParameter? = nil
  ) {
    let bytes = source.framedHeight * source.framedWidth * source.channels * kind.format.byteCount
    precondition(
      v.byteCount >= target.paddedCount * 4 && units.byteCount >= bytes
        && rows.lowerBound >= 0 && rows.upperBound <= target.height, "internal: bad sizes")
    let start = start ?? EventParameter(varying: v, grid: target)
    switch kind {
    case .quads: accumulate(EventQuads.self, v, rows, units, start)
    case .pairs: accumulate(EventPairs.self, v, rows, units, start)
    case .singles: accumulate(EventSingles.self, v, rows, units, start)
    }
  }

  @inline(__always)
  private func accumulate<S: EventDotStep>(
    _: S.Type, _ v: EventMemory, _ rows: Range<Int>, _ units: EventMemory, _ start: EventParameter
  ) {
    let size = source.channels * kind.format.byteCount
    let step = window.strideX * size
    for y in rows {
      let first = UnsafeRawPointer(units.base) + window.origin(in: source, y, 0) * size
      for block in blocks {
        let weights = UnsafeRawPointer(weights.base) + block.lowerBound * steps * 4
        for x in stride(from: 0, to: target.width, by: 4) {
          let p = y &* target.width &+ x
          let tile = EventTile(
            values: first + x &* step, step: step, count: min(4, target.width &- x), shift: shift,
            from: start.at(p).assumingMemoryBound(to: Int32.self) + block.lowerBound,
            fromStep: start.stride, to: v.int32 + p &* target.lanes + block.lowerBound,
            toStep: target.lanes)
          switch block.count {
          case 64: tile.dot64(S.self, segments, weights)
          case 32: tile.dot32(S.self, segments, weights)
          default: tile.dot16(S.self, segments, weights)
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

/// Sums of 16 channels of four positions.
struct EventSums {
  private var (a, b, c, d) = (
    SIMD16<Int32>(), SIMD16<Int32>(), SIMD16<Int32>(), SIMD16<Int32>()
  )

  @inline(__always) init() {}

  /// Adds the products of a step: the values of four positions with a vector of weights.
  @inline(__always)
  mutating func add<S: EventDotStep>(
    _: S.Type, _ x: EventValues, _ weights: UnsafeRawPointer
  ) {
    let w = weights.load(as: SIMD16<Int32>.self)
    a = S.add(a, x.a, w)
    b = S.add(b, x.b, w)
    c = S.add(c, x.c, w)
    d = S.add(d, x.d, w)
  }

  /// Stores the sums of the positions of `tile`, added to what they start from.
  @inline(__always)
  func store(_ tile: EventTile, lane: Int) {
    tile.store(a, at: 0, lane)
    if tile.count > 1 { tile.store(b, at: 1, lane) }
    if tile.count > 2 { tile.store(c, at: 2, lane) }
    if tile.count > 3 { tile.store(d, at: 3, lane) }
  }
}

/// The values of a step under the windows of four positions, each in every lane.
struct EventValues {
  let (a, b, c, d): (SIMD16<Int32>, SIMD16<Int32>, SIMD16<Int32>, SIMD16<Int32>)

  /// Loads the values at `p`; missing positions repeat the last.
  @inline(__always)
  init(_ p: UnsafeRawPointer, _ tile: EventTile) {
    func load(_ i: Int) -> SIMD16<Int32> {
      let offset = i < tile.count ? i &* tile.step : (tile.count &- 1) &* tile.step
      return SIMD16(repeating: p.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }
    (a, b, c, d) = (load(0), load(1), load(2), load(3))
  }
}

/// Up to four neighbouring target positions, computed together so that a vector of weights is
/// loaded once for all.
struct EventTile {
  /// The value under tap (0, 0) of the first position.
  let values: UnsafeRawPointer
  /// The bytes from there to that of the next position.
  let step: Int
  /// The number of positions.
  let count: Int
  /// The power of two by which products are multiplied.
  let shift: Int
  /// What sums start from.
  let from: UnsafePointer<Int32>
  /// The numbers from a position to the next.
  let fromStep: Int
  /// Where sums are stored.
  let to: UnsafeMutablePointer<Int32>
  /// The numbers from a position to the next.
  let toStep: Int

  /// Computes 64 channels.
  @inline(__always)
  func dot64<S: EventDotStep>(
    _: S.Type, _ runs: [EventDot.Segment], _ weights: UnsafeRawPointer
  ) {
    var (s, t, u, v) = (EventSums(), EventSums(), EventSums(), EventSums())
    forEachStep(runs, weights, stride: 256) { x, w in
      s.add(S.self, x, w)
      t.add(S.self, x, w + 64)
      u.add(S.self, x, w + 128)
      v.add(S.self, x, w + 192)
    }
    s.store(self, lane: 0)
    t.store(self, lane: 16)
    u.store(self, lane: 32)
    v.store(self, lane: 48)
  }

  /// Computes 32 channels.
  @inline(__always)
  func dot32<S: EventDotStep>(
    _: S.Type, _ runs: [EventDot.Segment], _ weights: UnsafeRawPointer
  ) {
    var (s, t) = (EventSums(), EventSums())
    forEachStep(runs, weights, stride: 128) { x, w in
      s.add(S.self, x, w)
      t.add(S.self, x, w + 64)
    }
    s.store(self, lane: 0)
    t.store(self, lane: 16)
  }

  /// Computes 16 channels.
  @inline(__always)
  func dot16<S: EventDotStep>(
    _: S.Type, _ runs: [EventDot.Segment], _ weights: UnsafeRawPointer
  ) {
    var s = EventSums()
    forEachStep(runs, weights, stride: 64) { x, w in s.add(S.self, x, w) }
    s.store(self, lane: 0)
  }

  /// Calls `body` for each step with its values and its weights.
  @inline(__always)
  private func forEachStep(
    _ runs: [EventDot.Segment], _ weights: UnsafeRawPointer, stride: Int,
    _ body: (EventValues, UnsafeRawPointer) -> Void
  ) {
    var w = weights
    for run in runs {
      var p = values + run.offset
      for _ in 0..<run.steps {
        body(EventValues(p, self), w)
        p += 4
        w += stride
      }
    }
  }

  /// Stores the sums of 16 channels of a position, added to what they start from.
  @inline(__always)
  func store(_ sums: SIMD16<Int32>, at position: Int, _ lane: Int) {
    let start = UnsafeRawPointer(from + position &* fromStep + lane)
    let sum = start.load(as: SIMD16<Int32>.self) &+ spikec_scale_i32x16(sums, Int32(shift), 0)
    UnsafeMutableRawPointer(to + position &* toStep + lane).storeBytes(
      of: sum, as: SIMD16<Int32>.self)
  }
}
