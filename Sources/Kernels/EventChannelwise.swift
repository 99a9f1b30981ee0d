// Connections within a channel into membranes: depthwise convolutions, pools, identities.

internal import CKernels

/// The connections of a depthwise convolution, from planes or values to potentials.
///
/// potentials[y,x,c] += 2^shift · Σ weights[ky,kx,c] · units[y·s+ky·d, x·s+kx·d, c]. A pool has
/// weights 1, an identity a single tap. Integers wrap around; the caller proves that sums fit.
package struct EventChannelwise: Sendable {

  let window: EventWindow
  let target: EventGrid
  let shift: Int
  let weights: EventMemory
  /// `true` iff all weights are 1 and nothing is shifted.
  package let isPlainSum: Bool

  /// Creates a kernel.
  ///
  /// - Parameters:
  ///   - weights: [kernel height, kernel width, channels], or empty for 1.
  ///   - window: the taps.
  ///   - target: the grid of the target, whose channels are those of the source.
  ///   - shift: the power of two by which weights are multiplied.
  package init(weights: [Int32], window: EventWindow, target: EventGrid, shift: Int) {
    precondition(
      weights.isEmpty || weights.count == window.taps * target.channels, "internal: bad weights")
    self.window = window
    self.target = target
    self.shift = shift
    var padded = [Int32](repeating: 0, count: window.taps * target.lanes)
    for tap in 0..<window.taps {
      for c in 0..<target.channels {
        padded[tap * target.lanes + c] = weights.isEmpty ? 1 : weights[tap * target.channels + c]
      }
    }
    self.weights = EventMemory(padded)
    isPlainSum = weights.isEmpty && shift == 0
  }

  /// Adds what the units of a source contribute to some rows of potentials.
  ///
  /// - Parameters:
  ///   - v: potentials, [target rows, columns, lanes].
  ///   - rows: the target rows.
  ///   - units: the units of the source.
  ///   - layout: their layout, with a frame that covers the windows.
  package func accumulate(
    _ v: EventMemory, rows: Range<Int>, units: EventMemory, layout: EventLayout
  ) {
    precondition(
      v.byteCount >= target.paddedCount * 4 && units.byteCount >= layout.byteCount
        && layout.grid.channels == target.channels && window.isCovered(by: layout.grid, for: target)
        && rows.lowerBound >= 0 && rows.upperBound <= target.height, "internal: bad sizes")
    let (grid, base) = (layout.grid, UnsafeRawPointer(units.base))
    switch layout.format {
    case .uint8: accumulate(v, rows, EventBytes(grid: grid, base: base))
    case .int16: accumulate(v, rows, EventHalves(grid: grid, base: base))
    case .int32: accumulate(v, rows, EventWholes(grid: grid, base: base))
    case .planes:
      for (p, plane) in layout.planes.enumerated() {
        let source = EventBits(grid: grid, base: base + p * layout.planeWords * 8)
        accumulate(v, rows, source, power: plane.power, isNegative: plane.isNegative)
      }
    }
  }

  @inline(__always)
  private func accumulate<Source: EventLanesSource>(
    _ v: EventMemory, _ rows: Range<Int>, _ source: Source, power: Int = 0,
    isNegative: Bool = false
  ) {
    let scale = EventScale(power: power + shift, isNegative: isNegative)
    let grid = source.grid
    let weights = UnsafeRawPointer(weights.base)
    let (lanes, height, width) = (target.lanes, window.height, window.width)
    for y in rows {
      for x in 0..<target.width {
        let origin = window.origin(in: grid, y, x)
        let row = v.int32 + (y &* target.width &+ x) &* lanes
        for lane in stride(from: 0, to: lanes, by: 16) {
          var sum = SIMD16<Int32>()
          var w = weights + lane &* 4
          for ky in 0..<height {
            var position = origin &+ ky &* window.dilationY &* grid.framedWidth
            for _ in 0..<width {
              sum &+= source.product(position, lane, w.load(as: SIMD16<Int32>.self))
              position &+= window.dilationX
              w += lanes &* 4
            }
          }
          scale.add(sum, to: row + lane)
        }
      }
    }
  }
}

extension EventChannelwise {

  /// Stores the sums of the units of a source under each window as values: a pool.
  ///
  /// - Parameters:
  ///   - target: the memory of the sums; set.
  ///   - targetLayout: their layout: values that hold the sums.
  ///   - units: the units of the source.
  ///   - layout: their layout: values, with a frame that covers the windows.
  /// - Precondition: `isPlainSum`.
  package func pool(
    into target: EventMemory, _ targetLayout: EventLayout, units: EventMemory, layout: EventLayout
  ) {
    precondition(
      isPlainSum && target.byteCount >= targetLayout.byteCount
        && units.byteCount >= layout.byteCount && targetLayout.grid.hasNeurons(of: self.target)
        && layout.grid.channels == self.target.channels
        && window.isCovered(by: layout.grid, for: self.target), "internal: bad sizes")
    let base = UnsafeRawPointer(units.base)
    switch layout.format {
    case .uint8: pool(target, targetLayout, EventBytes(grid: layout.grid, base: base))
    case .int16: pool(target, targetLayout, EventHalves(grid: layout.grid, base: base))
    case .int32: pool(target, targetLayout, EventWholes(grid: layout.grid, base: base))
    case .planes: preconditionFailure("internal: planes pooled as values")
    }
  }

  @inline(__always)
  private func pool<Source: EventValuesSource>(
    _ target: EventMemory, _ layout: EventLayout, _ source: Source
  ) {
    switch layout.format {
    case .uint8: pool(target, layout.grid, source, EventBytes.self)
    case .int16: pool(target, layout.grid, source, EventHalves.self)
    case .int32, .planes: pool(target, layout.grid, source, EventWholes.self)
    }
  }

  @inline(__always)
  private func pool<Source: EventValuesSource, Store: EventLanesStore>(
    _ target: EventMemory, _ framed: EventGrid, _ source: Source, _: Store.Type
  ) {
    let (grid, channels) = (source.grid, framed.channels)
    let (height, width) = (window.height, window.width)
    for y in 0..<framed.height {
      var to = target.base + framed.framed(y, 0) &* channels &* Store.size
      for x in 0..<framed.width {
        let origin = window.origin(in: grid, y, x)
        for lane in stride(from: 0, to: channels, by: 16) {
          var sum = SIMD16<Int32>()
          for ky in 0..<height {
            var position = origin &+ ky &* window.dilationY &* grid.framedWidth
            for _ in 0..<width {
              sum &+= source.values(position, lane)
              position &+= window.dilationX
            }
          }
          Store.store(sum, at: to, lane, channels)
        }
        to += channels &* Store.size
      }
    }
  }
}

/// Units that are read 16 channels at a time.
protocol EventLanesSource {
  var grid: EventGrid { get }
  /// Returns the units of 16 channels from `lane` on at a framed position, times `weights`.
  func product(_ position: Int, _ lane: Int, _ weights: SIMD16<Int32>) -> SIMD16<Int32>
}

/// Values that are read 16 channels at a time.
protocol EventValuesSource: EventLanesSource {
  /// Returns the values of 16 channels from `lane` on at a framed position.
  func values(_ position: Int, _ lane: Int) -> SIMD16<Int32>
}

extension EventValuesSource {
  @inline(__always)
  func product(_ position: Int, _ lane: Int, _ weights: SIMD16<Int32>) -> SIMD16<Int32> {
    values(position, lane) &* weights
  }
}

/// One bit plane.
struct EventBits: EventLanesSource {
  let grid: EventGrid
  let base: UnsafeRawPointer
  @inline(__always)
  func product(_ position: Int, _ lane: Int, _ weights: SIMD16<Int32>) -> SIMD16<Int32> {
    let byte = (position &* grid.bitStride &+ lane) &>> 3
    return spikec_keep(base.load(fromByteOffset: byte, as: UInt16.self), weights)
  }
}

/// Values of 8 bits.
struct EventBytes: EventValuesSource {
  let grid: EventGrid
  let base: UnsafeRawPointer
  @inline(__always)
  func values(_ position: Int, _ lane: Int) -> SIMD16<Int32> {
    let p = base + (position &* grid.channels &+ lane)
    return spikec_load_u8x16(p.assumingMemoryBound(to: UInt8.self))
  }
}

/// Values of 16 bits.
struct EventHalves: EventValuesSource {
  let grid: EventGrid
  let base: UnsafeRawPointer
  @inline(__always)
  func values(_ position: Int, _ lane: Int) -> SIMD16<Int32> {
    let p = base + (position &* grid.channels &+ lane) &* 2
    return spikec_load_i16x16(p.assumingMemoryBound(to: Int16.self))
  }
}

/// Values of 32 bits.
struct EventWholes: EventValuesSource {
  let grid: EventGrid
  let base: UnsafeRawPointer
  @inline(__always)
  func values(_ position: Int, _ lane: Int) -> SIMD16<Int32> {
    let p = base + (position &* grid.channels &+ lane) &* 4
    return p.loadUnaligned(as: SIMD16<Int32>.self)
  }
}
