// Cells after programming, and what is left of it later.

package import Kernels

/// The cells of a block, programmed once.
package struct ProgrammedCells: Sendable {

  /// What devices do.
  package let model: DeviceModel

  /// The conductances right after programming, relative to the largest.
  package let conductances: [Float]

  /// ν of each cell; empty if nothing drifts.
  private let exponents: [Float]

  /// Programs cells.
  ///
  /// Cells are set to least + (1 − least) · target; a cell misses by its programming error, what
  /// it conducts is multiplied with its own factor, some are stuck. Nothing conducts negatively.
  ///
  /// - Parameters:
  ///   - targets: where cells are to be between the least conductance, 0, and the largest, 1.
  ///   - model: what devices do.
  ///   - chip: the random numbers of the block on its chip.
  /// - Complexity: O(cells).
  package init(_ targets: [Float], _ model: DeviceModel, chip: RandomField) {
    self.model = model
    let (errors, factors) = (chip.field(1), chip.field(2))
    let (places, drifts) = (chip.field(3), chip.field(4))
    let (least, count) = (model.least, targets.count)
    var result: [Float] = []
    var exponents: [Float] = []
    result.reserveCapacity(count)
    for (i, target) in targets.enumerated() {
      let wanted = least + (1 - least) * Double(target)
      var g = wanted
      if !model.programming.isEmpty {
        g += model.programmingDeviation(wanted) * Double(errors.normal(at: i, of: count))
      }
      if model.variation > 0 {
        g *= max(0, 1 + model.variation * Double(factors.normal(at: i, of: count)))
      }
      if model.stuckOff > 0 || model.stuckOn > 0 {
        let place = Double(places.bits(at: i) >> 11) * 0x1p-53
        if place < model.stuckOff {
          g = least
        } else if place < model.stuckOff + model.stuckOn {
          g = 1
        }
      }
      result.append(Float(max(g, 0)))
      if let drift = model.drift {
        exponents.append(
          Float(drift.exponent(wanted, normal: Double(drifts.normal(at: i, of: count)))))
      }
    }
    conductances = result
    self.exponents = exponents
  }

  /// Returns the conductances `seconds` after programming, relative to the largest.
  ///
  /// - Parameters:
  ///   - seconds: the time since programming.
  ///   - run: the random numbers of the block in a run.
  /// - Returns: a conductance for each cell.
  /// - Complexity: O(cells).
  package func conductances(after seconds: Double, run: RandomField) -> [Float] {
    guard !exponents.isEmpty || model.fluctuation != nil else { return conductances }
    let start = model.drift?.start ?? 0
    return conductances.indices.map { i in
      let programmed = Double(conductances[i])
      var g = programmed
      if let drift = model.drift {
        g *= drift.factor(exponent: Double(exponents[i]), seconds: seconds)
      }
      if let fluctuation = model.fluctuation {
        let deviation = fluctuation.deviation(programmed, seconds: seconds, start: start)
        g += g * deviation * Double(run.normal(at: i, of: conductances.count))
      }
      return Float(max(g, 0))
    }
  }
}
