// Membranes that say the value of the interval in which they lie: after their window (`phased`,
// `weighted`), or tick by tick (`rate`).

internal import CKernels

/// Neurons whose units are a staircase of their potential.
///
/// q(v) = y_k, k being the number of thresholds θ ≤ v of the neuron's channel. Few thresholds are
/// all compared with; of many, the place is found by halving, 16 neurons in step.
package struct EventStaircase: EventWindowKernel {

  let grid: EventGrid
  /// The number of thresholds of a neuron.
  let steps: Int
  /// The thresholds, [steps, stride].
  let thresholds: EventMemory
  /// The numbers from a threshold to the next: 16 if all channels share them.
  let stride: Int
  /// The values y, [steps + 1].
  let values: EventMemory
  /// All bits for lanes with a neuron, none for the others, [lanes].
  let alive: EventMemory
  /// y₀, if every value is one more than the one before it.
  let first: Int32?
  let countsDigits: Bool

  /// More thresholds than this are searched by halving.
  static let mostCompared = 48

  /// Creates a kernel.
  ///
  /// - Parameters:
  ///   - grid: the neurons.
  ///   - thresholds: θ, [steps, channels], or [steps] for all channels; no column descends.
  ///   - values: y, [steps + 1].
  ///   - countsDigits: whether a unit is counted as its binary digits, not as its size.
  /// - Precondition: there is a threshold, and steps · lanes is less than 2^31.
  package init(grid: EventGrid, thresholds: [Int32], values: [Int32], countsDigits: Bool) {
    steps = values.count - 1
    let isShared = thresholds.count == steps
    precondition(
      steps > 0 && (isShared || thresholds.count == steps * grid.channels)
        && steps * grid.lanes < 1 << 31, "internal: bad staircase")
    self.grid = grid
    stride = isShared ? 16 : grid.lanes
    var padded = [Int32](repeating: 0, count: steps * stride)
    for k in 0..<steps {
      for lane in 0..<(isShared ? 16 : grid.channels) {
        padded[k * stride + lane] = thresholds[isShared ? k : k * grid.channels + lane]
      }
    }
    self.thresholds = EventMemory(padded)
    self.values = EventMemory(values)
    alive = EventMemory((0..<grid.lanes).map { $0 < grid.channels ? -1 : 0 as Int32 })
    first = values.indices.allSatisfy { values[$0] == values[0] + Int32($0) } ? values[0] : nil
    self.countsDigits = countsDigits
  }

  /// The bytes of the table of targets that `follow` needs.
  package var targetBytes: Int { (steps + 1) * 4 }

  /// Fires some rows after their window and counts spikes.
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
        var count = SIMD16<Int32>()
        for lane in Swift.stride(from: 0, to: lanes, by: 16) {
          let u = potentials.load(fromByteOffset: lane &* 4, as: SIMD16<Int32>.self)
          let k = interval(of: u, lane)
          let q = first.map { k &+ $0 } ?? spikec_gather(values.int32, k)
          let size = spikec_magnitude(q) & lanesAlive(lane)
          count &+= countsDigits ? spikec_popcount(size) : size
          Store.store(q, at: target, lane, channels)
        }
        spikes.counters[p] &+= Int(spikec_sum(count))
        target += channels &* Store.size
      }
    }
  }

  /// Adds the input of a tick to some rows of potentials, and emits a unit where the sum of what
  /// was emitted is not what it should be.
  ///
  /// - Parameters:
  ///   - v: potentials, [rows, columns, lanes]. Updated.
  ///   - rows: the rows.
  ///   - input: what every tick adds: bias and constant currents.
  ///   - said: the sum of what was emitted, [rows, columns, lanes]. Updated.
  ///   - targets: `targetBytes` of this worker; set with the first rows, used by all.
  ///   - tick: the tick t, from 1 on, at most 4,096.
  ///   - ticks: the ticks T of the code, at most 4,096.
  ///   - units: the planes; set in these rows.
  ///   - layout: their layout: two planes.
  ///   - spikes: the number of spikes so far, [positions]. Increased.
  package func follow(
    _ v: EventMemory, rows: Range<Int>, input: EventParameter, said: EventMemory,
    targets: EventMemory, tick: Int, of ticks: Int, units: EventMemory, layout: EventLayout,
    spikes: EventMemory
  ) {
    precondition(
      v.byteCount >= grid.paddedCount * 4 && units.byteCount >= layout.byteCount
        && said.byteCount >= grid.paddedCount * 4 && targets.byteCount >= targetBytes
        && spikes.byteCount >= grid.positions * 8 && 1...4096 ~= tick && 1...4096 ~= ticks
        && layout.format == .planes(positive: 1, negative: 1)
        && rows.lowerBound >= 0 && rows.upperBound <= grid.height, "internal: bad sizes")
    if rows.lowerBound == 0 { settle(targets, tick: tick, of: ticks) }
    let (lanes, bytes) = (grid.lanes, grid.bitStride &>> 3)
    for y in rows {
      let positive = units.base + layout.grid.framed(y, 0) * bytes
      let negative = positive + layout.planeWords * 8
      for x in 0..<grid.width {
        let p = y &* grid.width &+ x
        let potentials = UnsafeMutableRawPointer(v.int32 + p &* lanes)
        let (sums, input) = (UnsafeMutableRawPointer(said.int32 + p &* lanes), input.at(p))
        var count = 0
        for lane in Swift.stride(from: 0, to: lanes, by: 16) {
          let byte = lane &* 4
          let u =
            potentials.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
            &+ input.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
          potentials.storeBytes(of: u, toByteOffset: byte, as: SIMD16<Int32>.self)
          let end = spikec_extrapolate(u, Double(ticks), Double(tick))
          let target = spikec_gather(targets.int32, interval(of: end, lane)) & lanesAlive(lane)
          let before = sums.load(fromByteOffset: byte, as: SIMD16<Int32>.self)
          let (up, down) = (~spikec_bits_ge(before, target), ~spikec_bits_ge(target, before))
          let one = SIMD16<Int32>(repeating: 1)
          let after = before &+ spikec_keep(up, one) &- spikec_keep(down, one)
          sums.storeBytes(of: after, toByteOffset: byte, as: SIMD16<Int32>.self)
          let place = x &* bytes &+ lane &>> 3
          positive.storeBytes(of: up, toByteOffset: place, as: UInt16.self)
          negative.storeBytes(of: down, toByteOffset: place, as: UInt16.self)
          count &+= (up | down).nonzeroBitCount
        }
        spikes.counters[p] &+= count
      }
    }
  }

  /// Stores for each value the number of units that should have been said at `tick`:
  /// t·y/T, rounded to nearest, halves away from 0.
  private func settle(_ targets: EventMemory, tick: Int, of ticks: Int) {
    for k in 0...steps {
      let value = Int(values.int32[k])
      let size = (2 * tick * abs(value) + ticks) / (2 * ticks)
      targets.int32[k] = Int32(value.signum() * size)
    }
  }

  /// Returns for 16 potentials, of channels from `lane` on, how many thresholds they reach.
  @inline(__always)
  private func interval(of v: SIMD16<Int32>, _ lane: Int) -> SIMD16<Int32> {
    let column = thresholds.int32 + (stride == 16 ? 0 : lane)
    var reached = SIMD16<Int32>()
    if steps <= Self.mostCompared {
      var threshold = UnsafeRawPointer(column)
      for _ in 0..<steps {
        reached = spikec_count_ge(reached, v, threshold.load(as: SIMD16<Int32>.self))
        threshold += stride &* 4
      }
      return reached
    }
    // The number lies between `reached` and `reached` + `rest`.
    var rest = steps
    while rest > 0 {
      let half = (rest &+ 1) &>> 1
      let probed = reached &+ Int32(truncatingIfNeeded: half &- 1)
      let threshold = spikec_gather_lanes(column, probed &* Int32(truncatingIfNeeded: stride))
      let size = SIMD16<Int32>(repeating: Int32(truncatingIfNeeded: half))
      reached &+= spikec_keep(spikec_bits_ge(v, threshold), size)
      rest &-= half
    }
    return reached
  }

  @inline(__always)
  private func lanesAlive(_ lane: Int) -> SIMD16<Int32> {
    UnsafeRawPointer(alive.int32 + lane).load(as: SIMD16<Int32>.self)
  }
}
