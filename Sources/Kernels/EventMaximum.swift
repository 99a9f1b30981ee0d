// Pooling by the largest unit, exactly: of values, or of counts that grow from tick to tick.

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
      let rows = EventWindow.inside(
        y, taps: window.height, stride: window.strideY, dilation: window.dilationY,
        before: window.top, extent: grid.height)
      for x in 0..<target.width {
        let columns = EventWindow.inside(
          x, taps: window.width, stride: window.strideX, dilation: window.dilationX,
          before: window.left, extent: grid.width)
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
              largest = pointwiseMax(
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
        let from = v.int32 + p * target.lanes
        var count = 0
        for c in 0..<target.channels {
          let size = from[c].magnitude
          count &+= countsDigits ? size.nonzeroBitCount : Int(size)
        }
        spikes.counters[p] &+= count
        if layout.format.isPlanes { emitBits(from, units, layout, y, x) }
      }
    }
    if !layout.format.isPlanes {
      EventEmit(grid: target).step(v, units: units, layout: layout)
    }
  }

  /// Stores the units −1, 0 and 1 of a position as bits.
  private func emitBits(
    _ from: UnsafePointer<Int32>, _ units: EventMemory, _ layout: EventLayout, _ y: Int, _ x: Int
  ) {
    guard case .planes(let positive, let negative) = layout.format else { return }
    let words = units.words + layout.grid.framed(y, x) * layout.grid.words
    for w in 0..<layout.grid.words {
      var (plus, minus): (UInt64, UInt64) = (0, 0)
      for c in w * 64..<min(target.channels, w * 64 + 64) {
        plus |= (from[c] > 0 ? 1 : 0) << UInt64(c & 63)
        minus |= (from[c] < 0 ? 1 : 0) << UInt64(c & 63)
      }
      if positive > 0 { words[w] = plus }
      if negative > 0 { words[positive * layout.planeWords + w] = minus }
    }
  }
}
