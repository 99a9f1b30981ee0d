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

  /// The number of pulses that each cell was given, −1 for one that is stuck; empty if pulses do not
  /// write cells.
  private let pulses: [Int32]

  /// Programs cells.
  ///
  /// Cells are set to least + (1 − least) · target, or as close as pulses come and as their own bound
  /// allows; a cell misses by its programming error, what it conducts is multiplied with its own
  /// factor, some are stuck. Nothing conducts negatively.
  ///
  /// - Parameters:
  ///   - targets: where cells are to be between the least conductance, 0, and the largest, 1.
  ///   - model: what devices do.
  ///   - chip: the random numbers of the block on its chip.
  /// - Complexity: O(cells).
  package init(_ targets: [Float], _ model: DeviceModel, chip: RandomField) {
    self.model = model
    let (errors, factors) = (chip.field(1), chip.field(2))
    let (places, drifts, bounds) = (chip.field(3), chip.field(4), chip.field(7))
    let (least, count) = (model.least, targets.count)
    var (result, exponents, pulses): ([Float], [Float], [Int32]) = ([], [], [])
    result.reserveCapacity(count)
    for (i, target) in targets.enumerated() {
      let wanted =
        least + (1 - least) * model.limited(Double(target), bounds.normal(at: i, of: count))
      var g = wanted
      if let cell = model.cell {
        let number = cell.pulses(for: wanted)
        g = cell.conductances[number]
        pulses.append(Int32(number))
      }
      if !model.programming.isEmpty {
        g += model.programmingDeviation(wanted) * Double(errors.normal(at: i, of: count))
      }
      if model.variation > 0 {
        g *= max(0, 1 + model.variation * Double(factors.normal(at: i, of: count)))
      }
      if let stuck = model.stuck(places.bits(at: i)) {
        g = stuck
        if model.cell != nil { pulses[i] = -1 }
      }
      result.append(Float(max(g, 0)))
      if let drift = model.drift {
        exponents.append(
          Float(drift.exponent(wanted, normal: Double(drifts.normal(at: i, of: count)))))
      }
    }
    conductances = result
    self.exponents = exponents
    self.pulses = pulses
  }

  /// Returns the conductances `seconds` after programming, relative to the largest.
  ///
  /// - Parameters:
  ///   - seconds: the time since programming.
  ///   - run: the random numbers of the block in a run.
  /// - Returns: a conductance for each cell.
  /// - Complexity: O(cells).
  package func conductances(after seconds: Double, run: RandomField) -> [Float] {
    guard model.changes || model.fluctuation != nil else { return conductances }
    let start = model.drift?.start ?? 0
    let left = model.cell?.factors(after: seconds) ?? []
    return conductances.indices.map { i in
      let programmed = Double(conductances[i])
      var g = programmed
      if !pulses.isEmpty, pulses[i] >= 0 { g *= left[Int(pulses[i])] }
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

extension DeviceModel {

  /// Returns a target, or the most that a cell can be programmed to, given a standard normal number.
  fileprivate func limited(_ target: Double, _ normal: @autoclosure () -> Float) -> Double {
    boundSpread > 0 ? min(target, abs(1 + boundSpread * Double(normal()))) : target
  }

  /// Returns where a cell is stuck, given random bits; `nil` if it is not.
  fileprivate func stuck(_ bits: @autoclosure () -> UInt64) -> Double? {
    guard stuckOff > 0 || stuckOn > 0 else { return nil }
    let place = Double(bits() >> 11) * 0x1p-53
    return place < stuckOff ? least : place < stuckOff + stuckOn ? 1 : nil
  }
}
