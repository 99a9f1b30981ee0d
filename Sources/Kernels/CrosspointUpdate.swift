// The devices at the crossings of an array, and what coincident pulses do to them.

/// What the device at a crossing can do; weights are in the units of the network.
package struct CrosspointDevice: Hashable, Sendable {

  /// The four numbers, which lie together because an update needs them together.
  private var numbers: SIMD4<Float>

  /// Creates a device.
  ///
  /// - Parameters:
  ///   - up: what a coincidence that raises the weight adds, on average.
  ///   - down: what one that lowers it takes off, on average.
  ///   - lower: the smallest weight.
  ///   - upper: the largest weight.
  package init(up: Float, down: Float, lower: Float, upper: Float) {
    numbers = SIMD4(up, down, lower, upper)
  }

  /// What a coincidence that raises the weight adds, on average.
  package var up: Float { numbers[0] }

  /// What a coincidence that lowers the weight takes off, on average.
  package var down: Float { numbers[1] }

  /// The smallest weight.
  package var lower: Float { numbers[2] }

  /// The largest weight.
  package var upper: Float { numbers[3] }

  /// Returns the weight nearest to `weight` that the device can hold.
  package func clamped(_ weight: Float) -> Float { min(max(weight, lower), upper) }
}

/// Applies the coincidences of pulses on rows and columns to the devices at the crossings.
///
/// Where row i and column j are on in n slots together, the weight takes n steps against the sign of
/// the product of their numbers:
///
///     w[i, j] ← clamp(w[i, j] ∓ Δ± · (n + σ·√n·ξ)),  ξ normal,
///
/// which has the distribution of n steps of Δ±·(1 + σξ): their directions agree, so that it is enough
/// to clamp once, but for steps whose noise is below −1/σ.
///
/// The columns that meet a row are the union of those that are on in its slots, so that crossings
/// without a coincidence are not visited.
///
/// - Parameters:
///   - weights: the weights, shape [rows, columns]. Updated.
///   - devices: the devices, shape [rows, columns].
///   - columns: the number of columns.
///   - rowPulses: the pulses on the rows.
///   - columnPulses: the pulses on the columns, after `index`.
///   - noise: σ, the spread of a step from cycle to cycle, parts of the step.
///   - field: the random numbers of the steps.
/// - Returns: the number of coincidences.
/// - Complexity: O(pulses on rows · columns with pulses / 64 + crossings with coincidences), no
///   allocation; a normal number only where there is a coincidence.
/// - Source: Gokmen and Vlasov (2016), equations 1 to 3, and table 1.
package func applyCoincidences(
  _ weights: inout MutableSpan<Float>, devices: Span<CrosspointDevice>, columns: Int,
  rowPulses: PulseTrains, columnPulses: PulseTrains, noise: Float, _ field: RandomField
) -> Int {
  precondition(
    weights.count == devices.count
      && (rowPulses.trains.last.map { (Int($0.line) + 1) * columns <= weights.count } ?? true)
      && (columnPulses.trains.last.map { Int($0.line) < columns } ?? true)
      && columnPulses.masks.count == 64 * columnPulses.maskWords,
    "internal: pulses beside the array")
  return weights.withUnsafeMutableBufferPointer { weights in
    devices.withUnsafeBufferPointer { devices in
      columnPulses.trains.withUnsafeBufferPointer { across in
        columnPulses.masks.withUnsafeBufferPointer { masks in
          withUnsafeTemporaryAllocation(of: Int.self, capacity: batchSize) { places in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * batchSize) { numbers in
              guard let weights = weights.baseAddress, let devices = devices.baseAddress,
                let across = across.baseAddress, let masks = masks.baseAddress,
                let places = places.baseAddress, let numbers = numbers.baseAddress
              else { return 0 }
              var batch = CoincidenceBatch(
                weights: weights, devices: devices, places: places, steps: numbers,
                normals: numbers + batchSize, noise: noise, field: field)
              let words = columnPulses.maskWords
              for row in rowPulses.trains {
                batch.add(row, columns, across: across, masks: masks, words: words)
              }
              batch.apply()
              return batch.coincidences
            }
          }
        }
      }
    }
  }
}

/// The number of crossings whose normal numbers are drawn together.
private let batchSize = 256

/// Crossings with coincidences that are still to be applied.
private struct CoincidenceBatch {

  let weights: UnsafeMutablePointer<Float>
  let devices: UnsafePointer<CrosspointDevice>

  /// Where the crossings are.
  let places: UnsafeMutablePointer<Int>

  /// The numbers of steps, negative if the weight falls.
  let steps: UnsafeMutablePointer<Float>

  let normals: UnsafeMutablePointer<Float>
  let noise: Float
  let field: RandomField

  /// The number of crossings that wait, and of those before.
  private var count = 0
  private var done = 0

  /// The number of coincidences so far.
  private(set) var coincidences = 0

  init(
    weights: UnsafeMutablePointer<Float>, devices: UnsafePointer<CrosspointDevice>,
    places: UnsafeMutablePointer<Int>, steps: UnsafeMutablePointer<Float>,
    normals: UnsafeMutablePointer<Float>, noise: Float, field: RandomField
  ) {
    (self.weights, self.devices, self.places, self.steps) = (weights, devices, places, steps)
    (self.normals, self.noise, self.field) = (normals, noise, field)
  }

  /// Adds the crossings of a row.
  @inline(__always)
  mutating func add(
    _ row: PulseTrains.Train, _ columns: Int, across: UnsafePointer<PulseTrains.Train>,
    masks: UnsafePointer<UInt64>, words: Int
  ) {
    let base = Int(row.line) &* columns
    for word in 0..<words {
      var meeting: UInt64 = 0
      var slots = row.slots
      while slots != 0 {
        meeting |= masks[slots.trailingZeroBitCount &* words &+ word]
        slots &= slots &- 1
      }
      if count &+ 64 > batchSize { apply() }
      while meeting != 0 {
        let column = across[word &* 64 &+ meeting.trailingZeroBitCount]
        meeting &= meeting &- 1
        let together = (row.slots & column.slots).nonzeroBitCount
        coincidences &+= together
        places[count] = base &+ Int(column.line)
        steps[count] = row.sign == column.sign ? -Float(together) : Float(together)
        count &+= 1
      }
    }
  }

  /// Applies what waits.
  @inline(never)
  mutating func apply() {
    if noise > 0 {
      // Whole vectors of numbers, more than are needed, are faster than the rest of one.
      let drawn = (count &+ 15) & ~15
      for i in 0..<drawn { normals[i] = field.normal(at: done &+ i) }
    }
    for i in 0..<count {
      let device = devices[places[i]]
      let number = abs(steps[i])
      var taken = number
      if noise > 0 { taken += noise * number.squareRoot() * normals[i] }
      let change = steps[i] < 0 ? -device.down : device.up
      weights[places[i]] = device.clamped(weights[places[i]] + change * taken)
    }
    done &+= count
    count = 0
  }
}
