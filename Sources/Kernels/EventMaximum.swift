// Pooling by the largest unit, exactly: of values, or of counts that grow from tick to tick.

internal import CKernels

/// Pools the largest values of windows; neurons outside the image do not count.
///
/// The sources are values of one window, or counts of units up to a tick.
package struct EventMaximum: Sendable {

  let window: EventWindow
  let source: EventLayout
  let target: EventGrid

  /// Creates a kernel.
  ///
  /// - Parameters:
  ///   - window: the taps.
  ///   - source: the layout of the source.
  ///   - target: the neurons of the target.
  package init(window: EventWindow, source: EventLayout, target: EventGrid) {
    precondition(source.grid.channels == target.channels, "internal: channels differ")
    self.window = window
    self.source = source
    self.target = target
  }

  /// `true` iff `stepBits` applies: the source emits 0 or 1, and windows do not overlap.
  package var takesBits: Bool {
    source.format == .planes(positive: 1, negative: 0) && window.dilationY == 1
      && window.dilationX == 1 && window.strideY >= window.height
      && window.strideX >= window.width
  }

  /// Evaluates a tick under `rate`: counts bits, pools the counts and emits what they grew by.
  ///
  /// - Parameters:
  ///   - counts: the counts of the source's units, [positions, lanes]. Updated.
  ///   - largest: the largest counts, [target positions, lanes]. Updated.
  ///   - bits: the units of the source.
  ///   - units: the memory of the target; set.
  ///   - layout: its layout: at least one plane of positive units.
  ///   - spikes: the number of spikes so far, [target positions]. Increased.
  /// - Precondition: `takesBits`.
  package func stepBits(
    _ counts: EventMemory, _ largest: EventMemory, from bits: EventMemory, to units: EventMemory,
    _ layout: EventLayout, spikes: EventMemory
  ) {
    precondition(
      takesBits && counts.byteCount >= countBytes && largest.byteCount >= target.paddedCount * 4
        && bits.byteCount >= source.byteCount && units.byteCount >= layout.byteCount
        && layout.format == .planes(positive: 1, negative: 0)
        && spikes.byteCount >= target.positions * 8, "internal: bad sizes")
    let (grid, lanes) = (source.grid, target.lanes)
    let one = SIMD16<Int32>(repeating: 1)
    let from = UnsafeRawPointer(bits.base)
    for y in 0..<target.height {
      let rows = taps(y, vertical: true)
      for x in 0..<target.width {
        let columns = taps(x, vertical: false)
        let p = y &* target.width &+ x
        let place = layout.grid.framed(y, x) &* layout.grid.bitStride
        var count = 0
        var lane = 0
        while lane < lanes {
          var most = SIMD16<Int32>()
          for ky in rows {
            for kx in columns {
              let (sy, sx) = (
                y &* window.strideY &- window.top &+ ky, x &* window.strideX &- window.left &+ kx
              )
              let memory = UnsafeMutableRawPointer(
                counts.int32 + (sy &* grid.width &+ sx) &* lanes + lane)
              let byte = (grid.framed(sy, sx) &* grid.bitStride &+ lane) &>> 3
              let fired = from.load(fromByteOffset: byte, as: UInt16.self)
              let sum = memory.load(as: SIMD16<Int32>.self) &+ spikec_keep(fired, one)
              memory.storeBytes(of: sum, as: SIMD16<Int32>.self)
              most = spikec_max(most, sum)
            }
          }
          let memory = UnsafeMutableRawPointer(largest.int32 + p &* lanes + lane)
          let grown = spikec_bits_ge(most, memory.load(as: SIMD16<Int32>.self) &+ one)
          memory.storeBytes(of: most, as: SIMD16<Int32>.self)
          units.base.storeBytes(of: grown, toByteOffset: (place &+ lane) &>> 3, as: UInt16.self)
          count &+= grown.nonzeroBitCount
          lane &+= 16
        }
        spikes.counters[p] &+= count
      }
    }
  }

  /// Returns the taps that lie inside the image, of the window at target row or column `i`.
  private func taps(_ i: Int, vertical: Bool) -> Range<Int> {
    vertical
      ? EventWindow.inside(
        i, taps: window.height, stride: window.strideY, dilation: window.dilationY,
        before: window.top, extent: source.grid.height)
      : EventWindow.inside(
        i, taps: window.width, stride: window.strideX, dilation: window.dilationX,
        before: window.left, extent: source.grid.width)
  }

  /// The bytes of the counts of the source's units, [positions, lanes].
  package var countBytes: Int { source.grid.paddedCount * 4 }

  /// Adds the units of a tick to the counts.
  package func count(_ counts: EventMemory, units: EventMemory) {
    let identity = EventWindow(height: 1, width: 1)
    var grid = source.grid
    (grid.top, grid.left, grid.bottom, grid.right) = (0, 0, 0, 0)
    EventChannelwise(weights: [], window: identity, target: grid, shift: 0).accumulate(
      counts, rows: 0..<grid.height, units: units, layout: source)
  }

  /// Stores the largest counts, or values copied to counts, at `v`, [positions, lanes].
  package func pool(_ v: EventMemory, counts: EventMemory) {
    let grid = source.grid
    precondition(
      v.byteCount >= target.paddedCount * 4 && counts.byteCount >= countBytes,
      "internal: bad sizes")
    for y in 0..<target.height {
      let rows = taps(y, vertical: true)
      for x in 0..<target.width {
        let columns = taps(x, vertical: false)
        let to = UnsafeMutableRawPointer(v.int32 + (y * target.width + x) * target.lanes)
        guard !rows.isEmpty, !columns.isEmpty else {
          to.initializeMemory(as: UInt8.self, repeating: 0, count: target.lanes * 4)
          continue
        }
        for lane in stride(from: 0, to: target.lanes, by: 16) {
          var largest = SIMD16<Int32>(repeating: .min)
          for ky in rows {
            let sourceY = y &* window.strideY &- window.top &+ ky &* window.dilationY
            for kx in columns {
              let sourceX = x &* window.strideX &- window.left &+ kx &* window.dilationX
              let from = counts.int32 + (sourceY &* grid.width &+ sourceX) &* grid.lanes + lane
              largest = spikec_max(
                largest, UnsafeRawPointer(from).load(as: SIMD16<Int32>.self))
            }
          }
          to.storeBytes(of: largest, toByteOffset: lane &* 4, as: SIMD16<Int32>.self)
        }
      }
    }
  }

  /// Replaces `v` by its difference to `previous`, and `previous` by `v`, both [positions, lanes].
  package func difference(_ v: EventMemory, previous: EventMemory) {
    precondition(
      v.byteCount >= target.paddedCount * 4 && previous.byteCount >= target.paddedCount * 4,
      "internal: bad sizes")
    for i in 0..<target.paddedCount {
      let now = v.int32[i]
      v.int32[i] = now &- previous.int32[i]
      previous.int32[i] = now
    }
  }

  /// Stores `v`, [positions, lanes], as planes or values, and counts spikes.
  ///
  /// - Parameters:
  ///   - v: the units.
  ///   - units: the memory of the target; set.
  ///   - layout: its layout: values, or one plane of each sign.
  ///   - spikes: the number of spikes so far, [positions]. Increased.
  ///   - countsDigits: whether a unit is counted as its binary digits, not as its size.
  package func emit(
    _ v: EventMemory, units: EventMemory, layout: EventLayout, spikes: EventMemory,
    countsDigits: Bool
  ) {
    precondition(
      v.byteCount >= target.paddedCount * 4 && units.byteCount >= layout.byteCount
        && spikes.byteCount >= target.positions * 8, "internal: bad sizes")
    for y in 0..<target.height {
      for x in 0..<target.width {
        let p = y * target.width + x
        let from = UnsafeRawPointer(v.int32 + p * target.lanes)
        if layout.format.isPlanes {
          spikes.counters[p] &+= emitBits(from, units, layout, layout.grid.framed(y, x))
          continue
        }
        var count = SIMD16<Int32>()
        for lane in stride(from: 0, to: target.lanes, by: 16) {
          let size = spikec_magnitude(from.load(fromByteOffset: lane &* 4, as: SIMD16.self))
          count &+= countsDigits ? spikec_popcount(size) : size
        }
        spikes.counters[p] &+= Int(spikec_sum(count))
      }
    }
    if !layout.format.isPlanes {
      EventEmit(grid: target).step(v, units: units, layout: layout)
    }
  }

  /// Stores the units −1, 0 and 1 of a position as bits, and returns how many are not 0.
  private func emitBits(
    _ from: UnsafeRawPointer, _ units: EventMemory, _ layout: EventLayout, _ position: Int
  ) -> Int {
    guard case .planes(let positive, let negative) = layout.format else { return 0 }
    let one = SIMD16<Int32>(repeating: 1)
    let planeBytes = layout.planeWords * 8
    var count = 0
    for lane in stride(from: 0, to: target.lanes, by: 16) {
      let x = from.load(fromByteOffset: lane &* 4, as: SIMD16<Int32>.self)
      let plus = spikec_bits_ge(x, one)
      let minus = spikec_bits_ge(SIMD16<Int32>() &- one, x)
      let byte = (position &* layout.grid.bitStride &+ lane) &>> 3
      if positive > 0 { units.base.storeBytes(of: plus, toByteOffset: byte, as: UInt16.self) }
      if negative > 0 {
        units.base.storeBytes(
          of: minus, toByteOffset: byte &+ positive &* planeBytes, as: UInt16.self)
      }
      count &+= (plus | minus).nonzeroBitCount
    }
    return count
  }
}
