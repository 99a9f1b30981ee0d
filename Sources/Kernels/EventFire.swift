// Membranes that fire in every tick (`rate`): compare, reset by subtraction, emit bits.

internal import CKernels

/// A parameter of neurons, one a channel or one a neuron, padded to whole vectors.
package struct EventParameter: Sendable {

  /// The values, [lanes] or [positions, lanes].
  let memory: EventMemory

  /// The lanes from a position to the next: 0 if positions share the values.
  let stride: Int

  /// Creates a parameter for the neurons of `grid`.
  ///
  /// - Parameters:
  ///   - values: [channels], or [positions, channels].
  ///   - grid: the neurons.
  ///   - padding: the value of lanes without neuron.
  package init(_ values: [Int32], grid: EventGrid, padding: Int32) {
    precondition(
      values.count == grid.channels || values.count == grid.count, "internal: bad parameter")
    let positions = values.count / grid.channels
    var padded = [Int32](repeating: padding, count: positions * grid.lanes)
    for p in 0..<positions {
      for c in 0..<grid.channels {
        padded[p * grid.lanes + c] = values[p * grid.channels + c]
      }
    }
    memory = EventMemory(padded)
    stride = positions > 1 ? grid.lanes : 0
  }

  /// Creates a parameter whose values, [positions, lanes], lie in `memory` and may change between
  /// calls of kernels.
  package init(varying memory: EventMemory, grid: EventGrid) {
    precondition(memory.byteCount >= grid.paddedCount * 4, "internal: bad parameter")
    self.memory = memory
    stride = grid.lanes
  }

  /// Stores the values of all positions at `v`, [positions, lanes].
  package func spread(over v: EventMemory, grid: EventGrid) {
    precondition(v.byteCount >= grid.paddedCount * 4, "internal: bad sizes")
    for p in 0..<grid.positions {
      (v.int32 + p * grid.lanes).update(from: memory.int32 + p * stride, count: grid.lanes)
    }
  }

  /// Stores the values of some rows at `v`, [positions, lanes].
  package func spread(over v: EventMemory, rows: Range<Int>, grid: EventGrid) {
    precondition(v.byteCount >= grid.paddedCount * 4, "internal: bad sizes")
    for p in rows.lowerBound * grid.width..<rows.upperBound * grid.width {
      (v.int32 + p * grid.lanes).update(from: memory.int32 + p * stride, count: grid.lanes)
    }
  }

  /// Returns the values of the neurons of `grid`, [positions, channels].
  package func read(grid: EventGrid) -> [Int32] {
    var values: [Int32] = []
    values.reserveCapacity(grid.count)
    for p in 0..<grid.positions {
      for c in 0..<grid.channels { values.append(memory.int32[p * stride + c]) }
    }
    return values
  }

  /// Returns a pointer to the values of position `p`.
  @inline(__always) func at(_ p: Int) -> UnsafeRawPointer {
    UnsafeRawPointer(memory.int32 + p &* stride)
  }
}

/// Integrate-and-fire under `rate`.
///
/// v ← v + input; unsigned: v ≥ θ emits 1 and subtracts θ; signed: v ≥ θ⁺ = θ − h emits 1 and
/// subtracts θ, otherwise v ≤ −θ⁺ emits −1 and adds θ; retracting: as unsigned, otherwise v ≤ ρ,
/// where units emitted so far add up to more than 0, emits −1 and adds θ.
package struct EventFire: Sendable {

  let grid: EventGrid
  let reset: EventParameter
  let threshold: EventParameter
  let isSigned: Bool
  let retraction: EventParameter?

  /// `true` iff neurons take units back, for which they count them.
  package var retracts: Bool { retraction != nil }

  /// Creates a kernel.
  ///
  /// - Parameters:
  ///   - grid: the neurons.
  ///   - reset: θ, what a spike subtracts.
  ///   - threshold: what the potential is compared with: θ, or θ − h if signed.
  ///   - isSigned: whether neurons emit negative units too.
  ///   - retraction: ρ, if unsigned neurons take units back; nothing of lanes without neuron is
  ///     below its padding.
  package init(
    grid: EventGrid, reset: EventParameter, threshold: EventParameter, isSigned: Bool,
    retraction: EventParameter? = nil
  ) {
    precondition(!isSigned || retraction == nil, "internal: signed neurons do not retract")
    self.retraction = retraction
    self.grid = grid
    self.reset = reset
    self.threshold = threshold
    self.isSigned = isSigned
  }

  /// Adds the input of a tick to some rows of potentials, fires, and counts spikes.
  ///
  /// - Parameters:
  ///   - v: potentials, [rows, columns, lanes]. Updated.
  ///   - rows: the rows.
  ///   - input: what every tick adds: bias and constant currents.
  ///   - units: the planes; set in these rows.
  ///   - layout: their layout: one plane, or two if signed or retracting.
  ///   - spikes: the number of spikes so far, [positions]. Increased.
  ///   - emitted: the sums of units so far, [rows, columns, lanes], if retracting. Updated.
  package func step(
    _ v: EventMemory, rows: Range<Int>, input: EventParameter, units: EventMemory,
    layout: EventLayout, spikes: EventMemory, emitted: EventMemory? = nil
  ) {
    precondition(
      v.byteCount >= grid.paddedCount * 4 && units.byteCount >= layout.byteCount
        && spikes.byteCount >= grid.positions * 8
        && layout.format == .planes(positive: 1, negative: isSigned || retracts ? 1 : 0)
        && (retraction == nil || emitted.map { $0.byteCount >= grid.paddedCount * 4 } ?? false)
        && rows.lowerBound >= 0 && rows.upperBound <= grid.height, "internal: bad sizes")
    for y in rows {
      let positive = units.base + layout.grid.framed(y, 0) * grid.bitStride / 8
      if isSigned {
        signed(v, y, input, positive, positive + layout.planeWords * 8, spikes.counters)
      } else if let retraction, let emitted {
        retracting(
          v, y, input, (positive, positive + layout.planeWords * 8), spikes.counters, retraction,
          emitted)
      } else {
        unsigned(v, y, input, positive, spikes.counters)
      }
    }
  }

  private func unsigned(
    _ v: EventMemory, _ y: Int, _ input: EventParameter, _ plane: UnsafeMutableRawPointer,
    _ spikes: UnsafeMutablePointer<Int>
  ) {
    let (lanes, bytes, first) = (grid.lanes, grid.bitStride &>> 3, y &* grid.width)
    var potentials = UnsafeMutableRawPointer(v.int32 + first &* lanes)
    var (drops, limits) = (reset.at(first), threshold.at(first))
    var (inputs, bits) = (input.at(first), plane)
    for p in first..<first &+ grid.width {
      var count = 0
      var lane = 0
      while lane < lanes {
        let byte = lane &* 4
        let u =
          potentials.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
          &+ inputs.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
        let fired = spikec_bits_ge(u, limits.load(fromByteOffset: byte, as: SIMD16.self))
        let drop = drops.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
        potentials.storeBytes(
          of: u &- spikec_keep(fired, drop), toByteOffset: byte, as: SIMD16<Int32>.self)
        bits.storeBytes(of: fired, toByteOffset: lane &>> 3, as: UInt16.self)
        count &+= fired.nonzeroBitCount
        lane &+= 16
      }
      spikes[p] &+= count
      potentials += lanes &* 4
      drops += reset.stride &* 4
      limits += threshold.stride &* 4
      inputs += input.stride &* 4
      bits += bytes
    }
  }

  private func signed(
    _ v: EventMemory, _ y: Int, _ input: EventParameter, _ positive: UnsafeMutableRawPointer,
    _ negative: UnsafeMutableRawPointer, _ spikes: UnsafeMutablePointer<Int>
  ) {
    let (lanes, bytes) = (grid.lanes, grid.bitStride &>> 3)
    for x in 0..<grid.width {
      let p = y &* grid.width &+ x
      let potentials = UnsafeMutableRawPointer(v.int32 + p &* lanes)
      let (reset, threshold, input) = (reset.at(p), threshold.at(p), input.at(p))
      var count = 0
      for lane in stride(from: 0, to: lanes, by: 16) {
        let byte = lane &* 4
        let u =
          potentials.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
          &+ input.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
        let limit = threshold.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
        let drop = reset.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
        let up = spikec_bits_ge(u, limit)
        let down = spikec_bits_ge(SIMD16<Int32>() &- limit, u) & ~up
        let next = u &- spikec_keep(up, drop) &+ spikec_keep(down, drop)
        potentials.storeBytes(of: next, toByteOffset: byte, as: SIMD16<Int32>.self)
        let place = x &* bytes &+ lane &>> 3
        positive.storeBytes(of: up, toByteOffset: place, as: UInt16.self)
        negative.storeBytes(of: down, toByteOffset: place, as: UInt16.self)
        count &+= (up | down).nonzeroBitCount
      }
      spikes[p] &+= count
    }
  }

  private func retracting(
    _ v: EventMemory, _ y: Int, _ input: EventParameter,
    _ planes: (positive: UnsafeMutableRawPointer, negative: UnsafeMutableRawPointer),
    _ spikes: UnsafeMutablePointer<Int>, _ retraction: EventParameter, _ emitted: EventMemory
  ) {
    let (lanes, bytes) = (grid.lanes, grid.bitStride &>> 3)
    let one = SIMD16<Int32>(repeating: 1)
    for x in 0..<grid.width {
      let p = y &* grid.width &+ x
      let potentials = UnsafeMutableRawPointer(v.int32 + p &* lanes)
      let sums = UnsafeMutableRawPointer(emitted.int32 + p &* lanes)
      let (reset, threshold, input) = (reset.at(p), threshold.at(p), input.at(p))
      let floor = retraction.at(p)
      var count = 0
      for lane in stride(from: 0, to: lanes, by: 16) {
        let byte = lane &* 4
        let u =
          potentials.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
          &+ input.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
        let limit = threshold.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
        let drop = reset.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
        let sum = sums.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
        let least = floor.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
        let up = spikec_bits_ge(u, limit)
        let down = spikec_bits_ge(least, u) & spikec_bits_ge(sum, one) & ~up
        let next = u &- spikec_keep(up, drop) &+ spikec_keep(down, drop)
        potentials.storeBytes(of: next, toByteOffset: byte, as: SIMD16<Int32>.self)
        let total = sum &+ spikec_keep(up, one) &- spikec_keep(down, one)
        sums.storeBytes(of: total, toByteOffset: byte, as: SIMD16<Int32>.self)
        let place = x &* bytes &+ lane &>> 3
        planes.positive.storeBytes(of: up, toByteOffset: place, as: UInt16.self)
        planes.negative.storeBytes(of: down, toByteOffset: place, as: UInt16.self)
        count &+= (up | down).nonzeroBitCount
      }
      spikes[p] &+= count
    }
  }

  /// Adds `input` to some rows of potentials that never fire.
  package static func integrate(
    _ v: EventMemory, rows: Range<Int>, input: EventParameter, grid: EventGrid
  ) {
    precondition(v.byteCount >= grid.paddedCount * 4, "internal: bad sizes")
    for p in rows.lowerBound * grid.width..<rows.upperBound * grid.width {
      let from = input.at(p).assumingMemoryBound(to: Int32.self)
      let to = v.int32 + p &* grid.lanes
      for lane in 0..<grid.lanes { to[lane] &+= from[lane] }
    }
  }
}
