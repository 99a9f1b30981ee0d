// Membranes of whole numbers whose currents and potentials decay by shifts, under `rate`: 16 neurons at a
// time, which emit counts of several bits.

internal import CKernels

/// What all neurons of a population share that decay by shifts.
package struct ShiftConstants: Hashable, Sendable {
  /// s, the shift of currents.
  package let currentShift: Int32
  /// m, the shift of potentials.
  package let potentialShift: Int32
  /// The most spikes of a neuron in a tick.
  package let most: Int32

  /// Creates the numbers.
  ///
  /// - Precondition: shifts are between 1 and 15, the most spikes between 1 and 127.
  package init(currentShift: Int, potentialShift: Int, most: Int) {
    precondition(
      1...15 ~= currentShift && 1...15 ~= potentialShift && 1...127 ~= most,
      "internal: bad shifts")
    self.currentShift = Int32(currentShift)
    self.potentialShift = Int32(potentialShift)
    self.most = Int32(most)
  }
}

/// Leaky integrate-and-fire neurons in registers of 16 bits that decay by shifts.
///
/// `BitShiftNeuron` is the same rule in the textbook form. States are held in 32 bits, and limited.
/// The count n = min(⌊v/θ⌋, most) is found digit by digit, from the highest: θ · 2^6 fits 32 bits.
package struct EventShift: Sendable {

  private let grid: EventGrid
  private let constants: ShiftConstants
  /// θ, the least potential that fires.
  private let threshold: EventParameter

  /// Creates a kernel.
  ///
  /// - Parameters:
  ///   - grid: the neurons.
  ///   - threshold: θ, [channels] or [positions, channels], 1 to 32,767.
  ///   - constants: what all neurons share.
  package init(grid: EventGrid, threshold: [Int32], constants: ShiftConstants) {
    self.grid = grid
    self.constants = constants
    // Lanes without neuron have currents and potentials of 0.
    self.threshold = EventParameter(threshold, grid: grid, padding: 1)
  }

  /// Returns the number of planes that hold counts up to `most`.
  package static func planes(of most: Int) -> Int { Int.bitWidth - most.leadingZeroBitCount }

  /// The bytes that currents and potentials each take; all 0 before the first tick.
  package var stateBytes: Int { grid.paddedCount * 4 }

  /// Advances some rows by a tick, and counts spikes.
  ///
  /// - Parameters:
  ///   - sums: I, [positions, lanes]; 0 afterwards.
  ///   - rows: the rows.
  ///   - input: b and the constant currents.
  ///   - state: i and v, each [positions, lanes]. Updated.
  ///   - units: the planes; set in these rows.
  ///   - layout: their layout.
  ///   - spikes: the number of spikes so far, [positions]. Increased.
  package func step(
    _ sums: EventMemory, rows: Range<Int>, input: EventParameter,
    state: (currents: EventMemory, potentials: EventMemory),
    units: EventMemory, layout: EventLayout, spikes: EventMemory
  ) {
    let planes = Self.planes(of: Int(constants.most))
    precondition(
      sums.byteCount >= grid.paddedCount * 4 && state.currents.byteCount >= stateBytes
        && state.potentials.byteCount >= stateBytes
        && units.byteCount >= layout.byteCount && spikes.byteCount >= grid.positions * 8
        && layout.format == .planes(positive: planes, negative: 0)
        && rows.lowerBound >= 0 && rows.upperBound <= grid.height, "internal: bad sizes")
    let (lanes, bytes, planeBytes) = (grid.lanes, grid.bitStride &>> 3, layout.planeWords &* 8)
    for y in rows {
      var bits = units.base + layout.grid.framed(y, 0) &* bytes
      for p in y &* grid.width..<(y &+ 1) &* grid.width {
        let first = p &* lanes
        let (thresholds, inputs) = (threshold.at(p), input.at(p))
        let arrived = UnsafeMutableRawPointer(sums.int32 + first)
        let i = UnsafeMutableRawPointer(state.currents.int32 + first)
        let v = UnsafeMutableRawPointer(state.potentials.int32 + first)
        var count = 0
        for lane in stride(from: 0, to: lanes, by: 16) {
          let byte = lane &* 4
          func load(_ place: UnsafeRawPointer) -> SIMD16<Int32> {
            place.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
          }
          var neurons = (i: load(i), v: load(v))
          let said = advance(
            &neurons, adding: load(arrived), bias: load(inputs), threshold: load(thresholds),
            planes: planes)
          i.storeBytes(of: neurons.i, toByteOffset: byte, as: SIMD16<Int32>.self)
          v.storeBytes(of: neurons.v, toByteOffset: byte, as: SIMD16<Int32>.self)
          arrived.storeBytes(of: SIMD16<Int32>(), toByteOffset: byte, as: SIMD16<Int32>.self)
          for plane in 0..<planes {
            let digit = SIMD16<Int32>(repeating: 1 &<< Int32(plane))
            let set = spikec_bits_ge(said & digit, digit)
            bits.storeBytes(
              of: set, toByteOffset: plane &* planeBytes &+ lane &>> 3, as: UInt16.self)
            count &+= set.nonzeroBitCount &<< plane
          }
        }
        spikes.counters[p] &+= count
        bits += bytes
      }
    }
  }

  /// Advances 16 neurons by a tick, and returns the spikes of each.
  @inline(__always)
  private func advance(
    _ neurons: inout (i: SIMD16<Int32>, v: SIMD16<Int32>), adding sum: SIMD16<Int32>,
    bias: SIMD16<Int32>, threshold: SIMD16<Int32>, planes: Int
  ) -> SIMD16<Int32> {
    let i = saturated(neurons.i &+ sum)
    neurons.i = i &- loss(i, constants.currentShift)
    let change = saturated(neurons.i &- loss(neurons.v, constants.potentialShift))
    let v = saturated(neurons.v &+ saturated(change &+ bias))
    var (count, rest) = (SIMD16<Int32>(), v)
    for plane in (0..<planes).reversed() {
      let due = threshold &<< SIMD16(repeating: Int32(plane))
      let fits = spikec_bits_ge(rest, due)
      count |= spikec_keep(fits, SIMD16(repeating: 1 &<< Int32(plane)))
      rest = rest &- spikec_keep(fits, due)
    }
    count = spikec_min(count, SIMD16(repeating: constants.most))
    neurons.v = v &- count &* threshold
    return count
  }

  /// Returns the part that the lanes of `x`, numbers of 16 bits, lose in a tick.
  @inline(__always)
  private func loss(_ x: SIMD16<Int32>, _ shift: Int32) -> SIMD16<Int32> {
    // 1 at least where x is positive; below 0 the shift itself is −1 at most, and x no larger.
    spikec_max(x &>> SIMD16(repeating: shift), spikec_min(x, SIMD16(repeating: 1)))
  }

  /// Returns the numbers of 16 bits that are nearest to the lanes of `x`.
  @inline(__always)
  private func saturated(_ x: SIMD16<Int32>) -> SIMD16<Int32> {
    spikec_max(spikec_min(x, SIMD16(repeating: 32_767)), SIMD16(repeating: -32_768))
  }
}
