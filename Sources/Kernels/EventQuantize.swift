// Membranes that fire once, after their window (`phased`, `weighted`), and sums that are emitted
// as values.

internal import CKernels

/// Integrate-and-fire after a window was integrated.
///
/// unsigned: q = min(max(⌊(v + h)/θ⌋, 0), Q); signed: q = sgn(v) · min(⌊(|v| + h)/θ⌋, Q).
/// The quotient is formed by long division in binary, digit by digit, in all lanes at once.
package struct EventQuantize: Sendable {

  let grid: EventGrid
  let threshold: EventParameter
  let initial: EventParameter
  let levels: Int32
  let digits: Int
  /// `true` iff θ · Q fits 32 bits for all neurons.
  let isNarrow: Bool
  let isSigned: Bool
  let countsDigits: Bool

  /// Creates a kernel.
  ///
  /// - Parameters:
  ///   - grid: the neurons.
  ///   - threshold: θ.
  ///   - initial: h.
  ///   - levels: Q, at least 1.
  ///   - isSigned: whether neurons emit negative units too.
  ///   - countsDigits: whether a unit is counted as its binary digits, not as its size.
  /// - Precondition: θ is positive, and |v| + h will fit 32 bits.
  package init(
    grid: EventGrid, threshold: EventParameter, initial: EventParameter, levels: Int,
    isSigned: Bool, countsDigits: Bool
  ) {
    precondition(levels >= 1 && levels < 1 << 24, "internal: bad levels")
    self.grid = grid
    self.threshold = threshold
    self.initial = initial
    self.levels = Int32(levels)
    digits = Int.bitWidth - levels.leadingZeroBitCount
    isNarrow = threshold.largest <= Int32.max / Int32(levels)
    self.isSigned = isSigned
    self.countsDigits = countsDigits
  }

  /// Fires some rows and counts spikes.
  ///
  /// - Parameters:
  ///   - v: potentials, [rows, columns, lanes].
  ///   - rows: the rows.
  ///   - units: the values; set in these rows.
  ///   - layout: their layout: values.
  ///   - spikes: the number of spikes so far, [positions]. Increased.
  package func step(
    _ v: EventMemory, rows: Range<Int>, units: EventMemory, layout: EventLayout,
    spikes: EventMemory
  ) {
    precondition(
      v.byteCount >= grid.paddedCount * 4 && units.byteCount >= layout.byteCount
        && spikes.byteCount >= grid.positions * 8 && !layout.format.isPlanes
        && rows.lowerBound >= 0 && rows.upperBound <= grid.height, "internal: bad sizes")
    for y in rows {
      for x in 0..<grid.width {
        let p = y &* grid.width &+ x
        var writer = EventWriter(units, layout, y, x)
        var count = 0
        for lane in stride(from: 0, to: grid.lanes, by: 16) {
          let u = UnsafeRawPointer(v.int32 + p &* grid.lanes + lane).load(as: SIMD16<Int32>.self)
          let q = divide(u, p, lane)
          count &+= countSpikes(q)
          writer.store(q, lane)
        }
        spikes.counters[p] &+= count
      }
    }
  }

  /// Returns the units that 16 potentials are worth.
  @inline(__always)
  private func divide(_ u: SIMD16<Int32>, _ p: Int, _ lane: Int) -> SIMD16<Int32> {
    let theta = threshold.at(p).load(fromByteOffset: lane &* 4, as: SIMD16<Int32>.self)
    let h = initial.at(p).load(fromByteOffset: lane &* 4, as: SIMD16<Int32>.self)
    let zero = SIMD16<Int32>()
    let sign = isSigned ? u &>> 31 : zero
    var rest = ((u ^ sign) &- sign) &+ h
    // Where θ · Q exceeds 32 bits, no potential reaches it, and no multiple of θ that does.
    let fits = theta .<= SIMD16(repeating: Int32.max / levels)
    let most = theta &* SIMD16(repeating: levels)
    rest = rest.replacing(with: most, where: (rest .> most) .& fits)
    var q = zero
    for digit in stride(from: Int32(truncatingIfNeeded: digits) &- 1, through: 0, by: -1) {
      let part = theta &<< SIMD16(repeating: digit)
      var bits = spikec_bits_ge(rest, part)
      if !isNarrow { bits &= spikec_bits_ge(SIMD16(repeating: Int32.max &>> digit), theta) }
      rest &-= spikec_keep(bits, part)
      q |= spikec_keep(bits, SIMD16(repeating: 1 &<< digit))
    }
    return (q ^ sign) &- sign
  }

  /// Returns the number of spikes that say `q`.
  @inline(__always)
  private func countSpikes(_ q: SIMD16<Int32>) -> Int {
    let sign = q &>> 31
    var magnitude = (q ^ sign) &- sign
    if countsDigits { magnitude = magnitude.nonzeroBitCount }
    return Int(magnitude.wrappedSum())
  }
}

/// Stores values of 16 channels at a time at one position, without touching the next position.
struct EventWriter {
  private let base: UnsafeMutableRawPointer
  private let format: EventFormat
  private let channels: Int

  /// Begins at position [y, x].
  @inline(__always)
  init(_ units: EventMemory, _ layout: EventLayout, _ y: Int, _ x: Int) {
    let grid = layout.grid
    format = layout.format
    channels = grid.channels
    base = units.base + grid.framed(y, x) &* grid.channels &* layout.format.byteCount
  }

  /// Stores the values of the channels from `lane` on.
  @inline(__always)
  mutating func store(_ q: SIMD16<Int32>, _ lane: Int) {
    let size = format.byteCount
    let target = base + lane &* size
    guard lane &+ 16 <= channels else {
      for i in 0..<channels &- lane {
        switch size {
        case 1:
          target.storeBytes(of: UInt8(truncatingIfNeeded: q[i]), toByteOffset: i, as: UInt8.self)
        case 2:
          target.storeBytes(
            of: Int16(truncatingIfNeeded: q[i]), toByteOffset: i &* 2, as: Int16.self)
        default: target.storeBytes(of: q[i], toByteOffset: i &* 4, as: Int32.self)
        }
      }
      return
    }
    switch size {
    case 1: spikec_store_u8x16(target.assumingMemoryBound(to: UInt8.self), q)
    case 2: spikec_store_i16x16(target.assumingMemoryBound(to: Int16.self), q)
    default: target.storeBytes(of: q, as: SIMD16<Int32>.self)
    }
  }
}

/// Emits sums as values: the relay.
package struct EventEmit: Sendable {

  let grid: EventGrid

  /// Creates a kernel for the neurons of `grid`.
  package init(grid: EventGrid) {
    self.grid = grid
  }

  /// Stores the sums `v`, [rows, columns, lanes], as values.
  ///
  /// - Precondition: they fit the format.
  package func step(_ v: EventMemory, units: EventMemory, layout: EventLayout) {
    precondition(
      v.byteCount >= grid.paddedCount * 4 && units.byteCount >= layout.byteCount
        && !layout.format.isPlanes, "internal: bad sizes")
    for y in 0..<grid.height {
      for x in 0..<grid.width {
        let p = y &* grid.width &+ x
        var writer = EventWriter(units, layout, y, x)
        for lane in stride(from: 0, to: grid.lanes, by: 16) {
          let u = UnsafeRawPointer(v.int32 + p &* grid.lanes + lane).load(as: SIMD16<Int32>.self)
          writer.store(u, lane)
        }
      }
    }
  }
}
