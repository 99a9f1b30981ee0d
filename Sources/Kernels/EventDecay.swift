// Membranes of whole numbers whose currents and potentials decay, under `rate`: 16 neurons at a time.

internal import CKernels

/// What all current-based leaky neurons of a population share.
package struct DecayConstants: Hashable, Sendable {
  /// 4096 − δu, what is left of a current after a tick, of 4096.
  package let currentLeft: Int32
  /// 4096 − δv, what is left of a potential after a tick, of 4096.
  package let potentialLeft: Int32
  /// r − 1, the ticks after that of a spike for which the potential is held.
  package let hold: Int32

  /// Creates the numbers from the decays, of 4096, and the refractory time, ticks.
  ///
  /// - Precondition: decays are between 0 and 4096, the refractory time between 1 and 4096.
  package init(currentDecay: Int, potentialDecay: Int, refractory: Int) {
    precondition(
      0...4096 ~= currentDecay && 0...4096 ~= potentialDecay && 1...4096 ~= refractory,
      "internal: bad decays")
    currentLeft = Int32(4096 - currentDecay)
    potentialLeft = Int32(4096 - potentialDecay)
    hold = Int32(refractory - 1)
  }
}

/// Current-based leaky integrate-and-fire neurons in registers of 24 bits.
///
/// u ← wrap(left(u, δu) + I); v ← clip(left(v, δv) + u + b); held neurons have v = 0; v > θ emits,
/// resets v to 0 and holds it. `LoihiNeuron` is the same rule in the textbook form, bit by bit.
///
/// Products of 24 and 13 bits do not fit 32: |x| = 2^12·p + q, so that ⌊|x|·f/2^12⌋ is
/// p·f + ⌊q·f/2^12⌋, exactly.
package struct EventDecay: Sendable {

  private let grid: EventGrid
  private let constants: DecayConstants
  /// θ + 1, the least potential that fires.
  private let limit: EventParameter
  /// The potential before the first tick.
  private let initial: EventParameter

  /// Creates a kernel.
  ///
  /// - Parameters:
  ///   - grid: the neurons.
  ///   - threshold: θ, [channels] or [positions, channels].
  ///   - initial: the potential before the first tick, [channels] or [positions, channels].
  ///   - constants: what all neurons share.
  package init(grid: EventGrid, threshold: [Int32], initial: [Int32], constants: DecayConstants) {
    self.grid = grid
    self.constants = constants
    // Lanes without neuron have currents and potentials of 0.
    limit = EventParameter(threshold.map { $0 &+ 1 }, grid: grid, padding: 1)
    self.initial = EventParameter(initial, grid: grid, padding: 0)
  }

  /// The bytes that currents, potentials, and ticks of holding each take.
  package var stateBytes: Int { grid.paddedCount * 4 }

  /// Prepares for an image.
  ///
  /// - Parameters:
  ///   - currents: u, [positions, lanes]. Set.
  ///   - potentials: v, [positions, lanes]. Set.
  ///   - held: the ticks for which potentials are held, [positions, lanes]. Set.
  package func begin(_ currents: EventMemory, _ potentials: EventMemory, _ held: EventMemory) {
    currents.clear()
    held.clear()
    initial.spread(over: potentials, grid: grid)
  }

  /// Advances some rows by a tick, and counts spikes.
  ///
  /// - Parameters:
  ///   - sums: I, [positions, lanes]; 0 afterwards.
  ///   - rows: the rows.
  ///   - input: b and the constant currents.
  ///   - state: u, v, and the ticks for which v is held, each [positions, lanes]. Updated.
  ///   - units: the plane; set in these rows.
  ///   - layout: its layout.
  ///   - spikes: the number of spikes so far, [positions]. Increased.
  package func step(
    _ sums: EventMemory, rows: Range<Int>, input: EventParameter,
    state: (currents: EventMemory, potentials: EventMemory, held: EventMemory),
    units: EventMemory, layout: EventLayout, spikes: EventMemory
  ) {
    precondition(
      sums.byteCount >= grid.paddedCount * 4 && state.currents.byteCount >= stateBytes
        && state.potentials.byteCount >= stateBytes && state.held.byteCount >= stateBytes
        && units.byteCount >= layout.byteCount && spikes.byteCount >= grid.positions * 8
        && layout.format == .planes(positive: 1, negative: 0)
        && rows.lowerBound >= 0 && rows.upperBound <= grid.height, "internal: bad sizes")
    let (lanes, bytes) = (grid.lanes, grid.bitStride &>> 3)
    for y in rows {
      var bits = units.base + layout.grid.framed(y, 0) &* bytes
      for p in y &* grid.width..<(y &+ 1) &* grid.width {
        let first = p &* lanes
        let (limits, inputs) = (limit.at(p), input.at(p))
        let arrived = UnsafeMutableRawPointer(sums.int32 + first)
        let u = UnsafeMutableRawPointer(state.currents.int32 + first)
        let v = UnsafeMutableRawPointer(state.potentials.int32 + first)
        let h = UnsafeMutableRawPointer(state.held.int32 + first)
        var count = 0
        for lane in stride(from: 0, to: lanes, by: 16) {
          let byte = lane &* 4
          func load(_ place: UnsafeRawPointer) -> SIMD16<Int32> {
            place.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
          }
          var neurons = (u: load(u), v: load(v), held: load(h))
          let fired = advance(
            &neurons, adding: load(arrived), bias: load(inputs), limit: load(limits))
          u.storeBytes(of: neurons.u, toByteOffset: byte, as: SIMD16<Int32>.self)
          v.storeBytes(of: neurons.v, toByteOffset: byte, as: SIMD16<Int32>.self)
          h.storeBytes(of: neurons.held, toByteOffset: byte, as: SIMD16<Int32>.self)
          arrived.storeBytes(of: SIMD16<Int32>(), toByteOffset: byte, as: SIMD16<Int32>.self)
          bits.storeBytes(of: fired, toByteOffset: lane &>> 3, as: UInt16.self)
          count &+= fired.nonzeroBitCount
        }
        spikes.counters[p] &+= count
        bits += bytes
      }
    }
  }

  /// Advances 16 neurons by a tick, and returns the bits of those that fire.
  @inline(__always)
  private func advance(
    _ neurons: inout (u: SIMD16<Int32>, v: SIMD16<Int32>, held: SIMD16<Int32>),
    adding sum: SIMD16<Int32>, bias: SIMD16<Int32>, limit: SIMD16<Int32>
  ) -> UInt16 {
    let one = SIMD16<Int32>(repeating: 1)
    // 2^24 − 1 numbers up to 2^23: one less, as signed numbers of 24 bits, and one more.
    let raw = left(neurons.u, constants.currentLeft) &+ sum &- one
    let u = ((raw &<< 8) &>> 8) &+ one
    let most = SIMD16<Int32>(repeating: 1 << 23 - 1)
    let all = left(neurons.v, constants.potentialLeft) &+ u &+ bias
    let clipped = spikec_max(spikec_min(all, most), SIMD16<Int32>() &- most)
    let isHeld = spikec_bits_ge(neurons.held, one)
    let v = spikec_keep(~isHeld, clipped)
    let fired = spikec_bits_ge(v, limit)
    neurons.u = u
    neurons.v = spikec_keep(~fired, v)
    neurons.held =
      neurons.held &- spikec_keep(isHeld, one)
      &+ spikec_keep(fired, SIMD16(repeating: constants.hold))
    return fired
  }

  /// Returns sgn x · ⌊|x|·f/4096⌋ for |x| ≤ 2^23 and 0 ≤ f ≤ 4096.
  @inline(__always)
  private func left(_ x: SIMD16<Int32>, _ factor: Int32) -> SIMD16<Int32> {
    let f = SIMD16<Int32>(repeating: factor)
    let magnitude = spikec_magnitude(x)
    let low = magnitude & SIMD16(repeating: 4095)
    let part = (magnitude &>> 12) &* f &+ (low &* f) &>> 12
    let sign = spikec_sign(x)
    return (part ^ sign) &- sign
  }
}
