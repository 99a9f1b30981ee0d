// Membranes that fire once, after their window (`phased`, `weighted`), and sums that are emitted
// as values.

internal import CKernels

/// Integrate-and-fire after a window was integrated.
///
/// unsigned: q = min(max(⌊(v + h)/θ⌋, 0), Q); signed: q = sgn(v) · min(⌊(|v| + h)/θ⌋, Q).
/// The quotient is estimated in single precision and corrected, so that it is exact.
package struct EventQuantize: EventWindowKernel {

  let grid: EventGrid
  let threshold: EventParameter
  let initial: EventParameter
  /// Q · θ, or the largest number of 32 bits if that is less: no potential exceeds it.
  let most: EventParameter
  /// 1/θ in single precision, stored as bits.
  let reciprocal: EventParameter
  let isSigned: Bool
  let countsDigits: Bool

  /// Creates a kernel.
  ///
  /// - Parameters:
  ///   - grid: the neurons.
  ///   - threshold: θ, [channels] or [positions, channels], positive.
  ///   - initial: h, the same.
  ///   - levels: Q, at least 1.
  ///   - isSigned: whether neurons emit negative units too.
  ///   - countsDigits: whether a unit is counted as its binary digits, not as its size.
  /// - Precondition: |v| + h will fit 32 bits.
  package init(
    grid: EventGrid, threshold: [Int32], initial: [Int32], levels: Int, isSigned: Bool,
    countsDigits: Bool
  ) {
    precondition(levels >= 1 && levels < 1 << 22, "internal: bad levels")
    self.grid = grid
    self.threshold = EventParameter(threshold, grid: grid, padding: 1)
    self.initial = EventParameter(initial, grid: grid, padding: 0)
    let most = threshold.map { Int32(clamping: Int($0) * levels) }
    self.most = EventParameter(most, grid: grid, padding: 1)
    let reciprocal = threshold.map { Int32(bitPattern: (1 / Float($0)).bitPattern) }
    self.reciprocal = EventParameter(reciprocal, grid: grid, padding: 0)
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
    fire(v, rows: rows, units: units, layout: layout, spikes: spikes)
  }

  @inline(__always)
  func fire<Store: EventLanesStore>(
    _: Store.Type, _ v: EventMemory, _ rows: Range<Int>, _ units: EventMemory,
    _ framed: EventGrid, _ spikes: EventMemory
  ) {
    let (lanes, channels, width) = (grid.lanes, grid.channels, grid.width)
    for y in rows {
      var target = units.base + framed.framed(y, 0) &* channels &* Store.size
      for x in 0..<width {
        let p = y &* width &+ x
        let potentials = UnsafeRawPointer(v.int32 + p &* lanes)
        let (threshold, initial, most) = (threshold.at(p), initial.at(p), most.at(p))
        let reciprocal = reciprocal.at(p)
        var count = SIMD16<Int32>()
        for lane in stride(from: 0, to: lanes, by: 16) {
          let byte = lane &* 4
          let u = potentials.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
          let sign = isSigned ? spikec_sign(u) : SIMD16<Int32>()
          let h = initial.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
          let sum = spikec_max(((u ^ sign) &- sign) &+ h, SIMD16<Int32>())
          let q = spikec_divide(
            spikec_min(sum, most.load(fromByteOffset: byte, as: SIMD16<Int32>.self)),
            threshold.load(fromByteOffset: byte, as: SIMD16<Int32>.self),
            (reciprocal + byte).assumingMemoryBound(to: Float.self))
          count &+= countsDigits ? spikec_popcount(q) : q
          Store.store((q ^ sign) &- sign, at: target, lane, channels)
        }
        let spikesHere = Int(spikec_sum(count))
        spikes.counters[p] &+= spikesHere
        target += channels &* Store.size
      }
    }
  }
}

/// Neurons that say a value after their window, in whichever format it is read.
protocol EventWindowKernel: Sendable {
  var grid: EventGrid { get }
  /// Fires some rows and counts spikes; units begin in the grid `framed`.
  func fire<Store: EventLanesStore>(
    _: Store.Type, _ v: EventMemory, _ rows: Range<Int>, _ units: EventMemory,
    _ framed: EventGrid, _ spikes: EventMemory)
}

extension EventWindowKernel {
  /// Fires some rows with the store of the units' format.
  @inline(__always)
  func fire(
    _ v: EventMemory, rows: Range<Int>, units: EventMemory, layout: EventLayout,
    spikes: EventMemory
  ) {
    precondition(
      v.byteCount >= grid.paddedCount * 4 && units.byteCount >= layout.byteCount
        && spikes.byteCount >= grid.positions * 8 && layout.grid.hasNeurons(of: grid)
        && rows.lowerBound >= 0 && rows.upperBound <= grid.height, "internal: bad sizes")
    switch layout.format {
    case .uint8: fire(EventBytes.self, v, rows, units, layout.grid, spikes)
    case .int16: fire(EventHalves.self, v, rows, units, layout.grid, spikes)
    case .int32: fire(EventWholes.self, v, rows, units, layout.grid, spikes)
    case .planes: preconditionFailure("internal: values into planes")
    }
  }
}

/// Values that are written 16 channels at a time.
protocol EventLanesStore {
  /// The bytes of a value.
  static var size: Int { get }
  /// Stores all 16 values.
  static func store(_ x: SIMD16<Int32>, at p: UnsafeMutableRawPointer)
  /// Stores one value.
  static func store(_ x: Int32, at p: UnsafeMutableRawPointer)
}

extension EventLanesStore {
  /// Stores the values of the channels from `lane` on at the position that begins at `p`, without
  /// touching the next position.
  @inline(__always)
  static func store(
    _ x: SIMD16<Int32>, at p: UnsafeMutableRawPointer, _ lane: Int, _ channels: Int
  ) {
    if lane &+ 16 <= channels {
      store(x, at: p + lane &* size)
    } else {
      for i in 0..<channels &- lane { store(x[i], at: p + (lane &+ i) &* size) }
    }
  }
}

extension EventBytes: EventLanesStore {
  @inline(__always) static var size: Int { 1 }
  @inline(__always) static func store(_ x: SIMD16<Int32>, at p: UnsafeMutableRawPointer) {
    spikec_store_u8x16(p.assumingMemoryBound(to: UInt8.self), x)
  }
  @inline(__always) static func store(_ x: Int32, at p: UnsafeMutableRawPointer) {
    p.storeBytes(of: UInt8(truncatingIfNeeded: x), as: UInt8.self)
  }
}

extension EventHalves: EventLanesStore {
  @inline(__always) static var size: Int { 2 }
  @inline(__always) static func store(_ x: SIMD16<Int32>, at p: UnsafeMutableRawPointer) {
    spikec_store_i16x16(p.assumingMemoryBound(to: Int16.self), x)
  }
  @inline(__always) static func store(_ x: Int32, at p: UnsafeMutableRawPointer) {
    p.storeBytes(of: Int16(truncatingIfNeeded: x), as: Int16.self)
  }
}

extension EventWholes: EventLanesStore {
  @inline(__always) static var size: Int { 4 }
  @inline(__always) static func store(_ x: SIMD16<Int32>, at p: UnsafeMutableRawPointer) {
    p.storeBytes(of: x, as: SIMD16<Int32>.self)
  }
  @inline(__always) static func store(_ x: Int32, at p: UnsafeMutableRawPointer) {
    p.storeBytes(of: x, as: Int32.self)
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
        && layout.grid.hasNeurons(of: grid), "internal: bad sizes")
    switch layout.format {
    case .uint8: step(EventBytes.self, v, units, layout.grid)
    case .int16: step(EventHalves.self, v, units, layout.grid)
    case .int32: step(EventWholes.self, v, units, layout.grid)
    case .planes: preconditionFailure("internal: values into planes")
    }
  }

  @inline(__always)
  private func step<Store: EventLanesStore>(
    _: Store.Type, _ v: EventMemory, _ units: EventMemory, _ framed: EventGrid
  ) {
    for y in 0..<grid.height {
      var target = units.base + framed.framed(y, 0) &* grid.channels &* Store.size
      for x in 0..<grid.width {
        let from = UnsafeRawPointer(v.int32 + (y &* grid.width &+ x) &* grid.lanes)
        for lane in stride(from: 0, to: grid.lanes, by: 16) {
          let sums = from.load(fromByteOffset: lane &* 4, as: SIMD16<Int32>.self)
          Store.store(sums, at: target, lane, grid.channels)
        }
        target += grid.channels &* Store.size
      }
    }
  }
}
