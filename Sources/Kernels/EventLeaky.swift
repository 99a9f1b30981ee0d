// Leaky membranes under `rate`: single precision, 16 channels at a time, with positions that rest.

internal import CKernels

/// Leaky integrate-and-fire neurons with a refractory time and a synapse.
///
/// The operations and their order, and when a position rests, are those that
/// `LeakyIntegrateAndFire` of the graph lays down; every lane rounds as the textbook does.
package struct EventLeaky: Sendable {

  /// The low-pass filter between spikes and current.
  package enum Synapse: Sendable {
    /// No filter.
    case none
    /// One stage.
    case exponential
    /// Two stages.
    case alpha
  }

  /// The numbers that all neurons share, times in ticks.
  package struct Constants: Sendable {
    /// k, the part of the way to its goal that a potential covers in a tick.
    package var step: Float
    /// τref.
    package var refractory: Float
    /// The filter.
    package var synapse: Synapse
    /// a, what is left of a synapse's way to its goal after a tick.
    package var decay: Float
    /// 1/τs.
    package var rate: Float
    /// What is left of a potential's way to its goal after n ticks of rest, for each n up to the
    /// number of ticks that are run.
    package var rests: [Float]

    /// Creates the numbers.
    package init(
      step: Float, refractory: Float, synapse: Synapse, decay: Float, rate: Float, rests: [Float]
    ) {
      (self.step, self.refractory, self.synapse) = (step, refractory, synapse)
      (self.decay, self.rate, self.rests) = (decay, rate, rests)
    }
  }

  private let grid: EventGrid
  private let constants: Constants
  /// 1/θ, as bits.
  private let inverse: EventParameter
  /// The bias, as bits.
  private let bias: EventParameter
  /// The potential before the first tick, as bits.
  private let initial: EventParameter

  /// Creates a kernel.
  ///
  /// - Parameters:
  ///   - grid: the neurons.
  ///   - inverse: 1/θ, [channels] or [positions, channels].
  ///   - bias: what is added to the constant input, [channels] or [positions, channels].
  ///   - initial: the potential before the first tick, [channels] or [positions, channels].
  ///   - constants: what all neurons share.
  package init(
    grid: EventGrid, inverse: [Float], bias: [Float], initial: [Float], constants: Constants
  ) {
    func parameter(_ values: [Float]) -> EventParameter {
      EventParameter(values.map { Int32(bitPattern: $0.bitPattern) }, grid: grid, padding: 0)
    }
    self.grid = grid
    self.constants = constants
    (self.inverse, self.bias, self.initial) = (
      parameter(inverse), parameter(bias), parameter(initial)
    )
  }

  /// The bytes of state that the neurons need: v, r, x, y and j0 of each vector of 16 channels
  /// together.
  package var stateBytes: Int { grid.paddedCount * 4 * Self.fields }

  /// The bytes of state that the positions need: the ticks of rest, and what keeps it awake.
  package var positionBytes: Int { grid.positions * 8 }

  private static let fields = 5
  /// The bytes from one field of a vector to the next.
  private static let field = 64

  /// Prepares for an image.
  ///
  /// - Parameters:
  ///   - state: the state of the neurons. Set.
  ///   - positions: the state of the positions. Set.
  ///   - constant: what arrives from sources in every tick, integers, [positions, lanes].
  package func begin(_ state: EventMemory, _ positions: EventMemory, constant: EventParameter) {
    precondition(
      state.byteCount >= stateBytes && positions.byteCount >= positionBytes, "internal: bad sizes")
    state.clear()
    positions.clear()
    let one = SIMD16<Float>(repeating: 1)
    for p in 0..<grid.positions {
      var isRestless = false
      for lane in stride(from: 0, to: grid.lanes, by: 16) {
        let vector = state.base + (p * grid.lanes + lane) * 4 * Self.fields
        func load(_ x: EventParameter) -> SIMD16<Float> {
          x.at(p).load(fromByteOffset: lane * 4, as: SIMD16<Float>.self)
        }
        let c = spikec_float(constant.at(p).load(fromByteOffset: lane * 4, as: SIMD16<Int32>.self))
        let j0 = one + (c + load(bias)) * load(inverse)
        vector.storeBytes(of: load(initial), as: SIMD16<Float>.self)
        vector.storeBytes(of: j0, toByteOffset: 4 * Self.field, as: SIMD16<Float>.self)
        isRestless = isRestless || spikec_bits_above(j0, one) & mask(lane) != 0
      }
      positions.int32[2 * p + 1] = isRestless ? Self.restless : 0
    }
  }

  /// Marks a position that never rests.
  private static let restless: Int32 = 2
  /// Marks a position that does not rest in the next tick.
  private static let awake: Int32 = 1

  /// The bits of the lanes from `lane` on that are neurons.
  private func mask(_ lane: Int) -> UInt16 {
    let neurons = grid.channels - lane
    return neurons >= 16 ? .max : UInt16(truncatingIfNeeded: 1 << neurons - 1)
  }

  /// Advances some rows by a tick, and counts spikes.
  ///
  /// - Parameters:
  ///   - sums: what arrives from neurons, integers, [positions, lanes]; 0 afterwards.
  ///   - rows: the rows.
  ///   - state: the state of the neurons. Updated.
  ///   - positions: the state of the positions. Updated.
  ///   - units: the plane; set in these rows.
  ///   - layout: its layout.
  ///   - spikes: the number of spikes so far, [positions]. Increased.
  package func step(
    _ sums: EventMemory, rows: Range<Int>, state: EventMemory, positions: EventMemory,
    units: EventMemory, layout: EventLayout, spikes: EventMemory
  ) {
    precondition(
      sums.byteCount >= grid.paddedCount * 4 && state.byteCount >= stateBytes
        && positions.byteCount >= positionBytes && units.byteCount >= layout.byteCount
        && spikes.byteCount >= grid.positions * 8
        && layout.format == .planes(positive: 1, negative: 0)
        && rows.lowerBound >= 0 && rows.upperBound <= grid.height, "internal: bad sizes")
    switch constants.synapse {
    case .none:
      forEachPosition(sums, rows, state, positions, units, layout, spikes) { (_, u, rests) in
        rests = true
        return u
      }
    case .exponential:
      forEachPosition(sums, rows, state, positions, units, layout, spikes) { (vector, u, rests) in
        let x = vector.load(fromByteOffset: 2 * Self.field, as: SIMD16<Float>.self)
        let next = spikec_without_traces(u + constants.decay * (x - u))
        vector.storeBytes(of: next, toByteOffset: 2 * Self.field, as: SIMD16<Float>.self)
        rests = spikec_all_zero(next)
        return next
      }
    case .alpha:
      forEachPosition(sums, rows, state, positions, units, layout, spikes) { (vector, u, rests) in
        let e = vector.load(fromByteOffset: 2 * Self.field, as: SIMD16<Float>.self) - u
        let f = vector.load(fromByteOffset: 3 * Self.field, as: SIMD16<Float>.self) - u
        let x = spikec_without_traces(u + constants.decay * e)
        let y = spikec_without_traces(u + constants.decay * (f + e * constants.rate))
        vector.storeBytes(of: x, toByteOffset: 2 * Self.field, as: SIMD16<Float>.self)
        vector.storeBytes(of: y, toByteOffset: 3 * Self.field, as: SIMD16<Float>.self)
        rests = spikec_all_zero(x) && spikec_all_zero(y)
        return y
      }
    }
  }

  /// Advances the positions of some rows; `filter` passes the spikes of 16 neurons through their
  /// synapses and tells whether these are 0.
  @inline(__always)
  private func forEachPosition(
    _ sums: EventMemory, _ rows: Range<Int>, _ state: EventMemory, _ positions: EventMemory,
    _ units: EventMemory, _ layout: EventLayout, _ spikes: EventMemory,
    filter: (UnsafeMutableRawPointer, SIMD16<Float>, inout Bool) -> SIMD16<Float>
  ) {
    let (lanes, bytes) = (grid.lanes, grid.bitStride &>> 3)
    for y in rows {
      var bits = units.base + layout.grid.framed(y, 0) &* bytes
      for p in y &* grid.width..<(y &+ 1) &* grid.width {
        let input = UnsafeMutableRawPointer(sums.int32 + p &* lanes)
        let place = positions.int32 + 2 &* p
        if place[1] == 0, isSilent(input) {
          place[0] &+= 1
          bits.initializeMemory(as: UInt8.self, repeating: 0, count: lanes &>> 3)
        } else {
          let left = place[0] == 0 ? nil : constants.rests[Int(place[0])]
          place[0] = 0
          let outcome = advance(p, input, state, left, bits, filter)
          spikes.counters[p] &+= outcome.spikes
          place[1] = place[1] & Self.restless | (outcome.rests ? 0 : Self.awake)
        }
        bits += bytes
      }
    }
  }

  /// Returns whether nothing arrives at a position.
  @inline(__always) private func isSilent(_ input: UnsafeMutableRawPointer) -> Bool {
    var all = SIMD16<Int32>()
    for lane in stride(from: 0, to: grid.lanes, by: 16) {
      all |= input.load(fromByteOffset: lane &* 4, as: SIMD16<Int32>.self)
    }
    return all == SIMD16<Int32>()
  }

  /// Advances the neurons of position `p`, after `left` of their way to j0 was left by rest.
  @inline(__always)
  private func advance(
    _ p: Int, _ input: UnsafeMutableRawPointer, _ state: EventMemory, _ left: Float?,
    _ bits: UnsafeMutableRawPointer,
    _ filter: (UnsafeMutableRawPointer, SIMD16<Float>, inout Bool) -> SIMD16<Float>
  ) -> (spikes: Int, rests: Bool) {
    let (zero, one) = (SIMD16<Float>(), SIMD16<Float>(repeating: 1))
    let inverses = inverse.at(p)
    var (count, rests) = (0, true)
    for lane in stride(from: 0, to: grid.lanes, by: 16) {
      let vector = state.base + (p &* grid.lanes &+ lane) &* (4 &* Self.fields)
      var v = vector.load(as: SIMD16<Float>.self)
      let j0 = vector.load(fromByteOffset: 4 &* Self.field, as: SIMD16<Float>.self)
      if let left { v = spikec_larger(j0 + (v - j0) * left, zero) }
      let arrived = spikec_float(input.load(fromByteOffset: lane &* 4, as: SIMD16<Int32>.self))
      input.storeBytes(of: SIMD16<Int32>(), toByteOffset: lane &* 4, as: SIMD16<Int32>.self)
      let u = arrived * inverses.load(fromByteOffset: lane &* 4, as: SIMD16<Float>.self)
      var isZero = true
      let s = filter(vector, u, &isZero)
      let r = vector.load(fromByteOffset: Self.field, as: SIMD16<Float>.self)
      let d = spikec_larger(one - r, zero)
      let w = (constants.step * d) * ((j0 + s) - v)
      let z = spikec_larger(v + w, zero)
      let fired = spikec_bits_above(z, one)
      let waited = spikec_larger(r - one, zero)
      let after = spikec_larger(constants.refractory - ((z - one) / w) * d, zero)
      let next = spikec_choose(fired, after, waited)
      vector.storeBytes(of: spikec_choose(fired, zero, z), as: SIMD16<Float>.self)
      vector.storeBytes(of: next, toByteOffset: Self.field, as: SIMD16<Float>.self)
      bits.storeBytes(of: fired, toByteOffset: lane &>> 3, as: UInt16.self)
      count &+= fired.nonzeroBitCount
      rests = rests && isZero && spikec_all_zero(next)
    }
    return (count, rests)
  }
}
