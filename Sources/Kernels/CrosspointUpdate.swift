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
/// - Parameters:
///   - weights: the weights, shape [rows, columns]. Updated.
///   - devices: the devices, shape [rows, columns].
///   - columns: the number of columns.
///   - rowPulses: the pulses on the rows.
///   - columnPulses: the pulses on the columns.
///   - noise: σ, the spread of a step from cycle to cycle, parts of the step.
///   - field: the random numbers of the steps.
/// - Returns: the number of coincidences.
/// - Complexity: O(rows with pulses · columns with pulses), no allocation; a normal number only where
///   there is a coincidence.
/// - Source: Gokmen and Vlasov (2016), equations 1 to 3, and table 1.
package func applyCoincidences(
  _ weights: inout MutableSpan<Float>, devices: Span<CrosspointDevice>, columns: Int,
  rowPulses: PulseTrains, columnPulses: PulseTrains, noise: Float, _ field: RandomField
) -> Int {
  precondition(
    weights.count == devices.count
      && (rowPulses.trains.last.map { Int($0.line) * columns < weights.count } ?? true)
      && (columnPulses.trains.last.map { Int($0.line) < columns } ?? true),
    "internal: pulses beside the array")
  var total = 0
  weights.withUnsafeMutableBufferPointer { weights in
    devices.withUnsafeBufferPointer { devices in
      columnPulses.trains.withUnsafeBufferPointer { across in
        for row in rowPulses.trains {
          let base = Int(row.line) &* columns
          for column in across {
            let together = row.slots & column.slots
            guard together != 0 else { continue }
            let count = together.nonzeroBitCount
            total &+= count
            let place = base &+ Int(column.line)
            let device = devices[place]
            var steps = Float(count)
            if noise > 0 { steps += noise * steps.squareRoot() * field.normal(at: place) }
            let change = row.sign == column.sign ? -device.down : device.up
            weights[place] = device.clamped(weights[place] + change * steps)
          }
        }
      }
    }
  }
  return total
}
