// Staircases in integers: thresholds in membrane units.

internal import Diagnostics
internal import SpikeIR

extension SpikingGraph {

  /// Returns the smallest membrane unit of each channel of population `id` in which the thresholds
  /// of its staircases stay within `range`; 0 for other neurons.
  ///
  /// - Throws: `ir.elided-tensor`.
  func leastUnits(ofStaircases id: PopulationID, range: Float) throws(Diagnostic) -> [Float] {
    var result = [Float](repeating: 0, count: self[id].shape.channels)
    guard case .staircase(let model) = self[id].model else { return result }
    let (values, columns) = try steps(of: model)
    for (i, value) in values.enumerated() where abs(value) < StaircaseFit.unreachable {
      for c in stride(from: i % columns, to: result.count, by: columns) {
        result[c] = max(result[c], abs(value) / range)
      }
    }
    return result
  }

  /// Returns for each channel of population `id` by how much its value changes at most, real, where
  /// its bias changes by a membrane unit: the unit itself, but for staircases the quantum over the
  /// least distance between thresholds; infinite if that is 0.
  ///
  /// A mean that is off by d is not overshot if the bias is raised by d divided by this.
  ///
  /// - Parameters:
  ///   - id: the population.
  ///   - unit: its membrane units, [channels] or [1].
  /// - Returns: one number a channel, or `unit`.
  /// - Throws: `ir.elided-tensor`.
  func biasEffects(on id: PopulationID, unit: [Float]) throws(Diagnostic) -> [Float] {
    guard case .staircase(let model) = self[id].model, let quantum = self[id].quantum else {
      return unit
    }
    let quanta = try tensors.floats(quantum)
    let (values, columns) = try steps(of: model)
    var least = [Float](repeating: .infinity, count: columns)
    for i in values.indices.dropFirst(columns) {
      let (from, to) = (values[i - columns], values[i])
      guard from < to, abs(from) < StaircaseFit.farthest, abs(to) < StaircaseFit.farthest else {
        continue
      }
      least[i % columns] = min(least[i % columns], to - from)
    }
    return (0..<self[id].shape.channels).map { c in
      let distance = least[c % columns]
      return distance.isFinite ? quanta[c % quanta.count] / distance : .infinity
    }
  }

  /// Returns `model` with its thresholds as integers: v·unit ≥ θ just if v ≥ ⌈θ/unit⌉.
  ///
  /// - Parameters:
  ///   - model: staircases of population `id`.
  ///   - id: the population.
  ///   - unit: the membrane units, one a channel.
  /// - Returns: the staircases, with thresholds for each channel.
  /// - Throws: `ir.elided-tensor`.
  mutating func quantized(
    _ model: Staircase, of id: PopulationID, by unit: [Float]
  ) throws(Diagnostic) -> Staircase {
    let (values, columns) = try steps(of: model)
    let (count, channels) = (values.count / columns, unit.count)
    let limit = StaircaseFit.farthest
    var integers: [Int32] = []
    integers.reserveCapacity(count * channels)
    for k in 0..<count {
      for c in 0..<channels {
        let quotient = (values[k * columns + c % columns] / unit[c]).rounded(.up)
        integers.append(quotient.isNaN ? 0 : Int32(min(max(quotient, -limit), limit)))
      }
    }
    var result = model
    result.thresholds = tensors.add(
      Tensor(
        "\(self[id].name)/thresholds", shape: [count, channels], data: .int32(integers)))
    return result
  }

  /// Returns the thresholds, [steps, columns], and the number of columns: 1, or one a channel.
  private func steps(of model: Staircase) throws(Diagnostic) -> (values: [Float], columns: Int) {
    let shape = tensors[model.thresholds].shape
    return (try tensors.floats(model.thresholds), shape.rank == 2 ? shape[1] : 1)
  }
}
