// What devices do to the conductances that they are set to: at manufacture, when programmed, later.

internal import Kernels

/// What devices of an array do, in conductances relative to the largest.
///
/// What is fixed for a chip depends on the chip's seed and on the place of the cell alone; what
/// differs from run to run on the run's seed too.
package struct DeviceModel: Hashable, Sendable {

  /// The largest conductance, siemens, if known.
  package var largestConductance: Double?

  /// The least conductance relative to the largest: one over the on/off ratio.
  package var least: Double

  /// The standard deviation of a cell that was programmed, as a polynomial of its target:
  /// Σ c_k · g^k, each 0 … 1; empty if programming is exact.
  package var programming: [Double]

  /// How conductances fall with time.
  package var drift: ConductanceDrift?

  /// How conductances fluctuate slowly, 1/f noise accumulated since programming.
  package var fluctuation: ConductanceFluctuation?

  /// How the state of cells moves that pulses write and that may forget.
  package var cell: SwitchingCell?

  /// The standard deviation of cells' conductances, relative: a factor fixed at manufacture.
  package var variation: Double

  /// The standard deviation of the largest weights that cells can be programmed to, relative to the
  /// mean: a limit |1 + s·ξ| fixed at manufacture; 0 if all go as far.
  package var boundSpread: Double

  /// The parts of cells that are stuck at their least and at their largest conductance.
  package var stuckOff, stuckOn: Double

  /// How drift is taken out of results.
  package var compensation: DriftCompensation

  /// Creates ideal devices.
  package init() {
    largestConductance = nil
    least = 0
    programming = []
    drift = nil
    fluctuation = nil
    cell = nil
    variation = 0
    boundSpread = 0
    (stuckOff, stuckOn) = (0, 0)
    compensation = .none
  }

  /// Whether cells hold what they are set to, for ever.
  package var isIdeal: Bool {
    programming.isEmpty && !changes && fluctuation == nil && variation == 0 && boundSpread == 0
      && stuckOff == 0 && stuckOn == 0 && least == 0
  }

  /// Whether what cells conduct moves away from what was programmed.
  package var changes: Bool { drift != nil || cell != nil }

  /// Returns the standard deviation of a cell that was programmed, relative to the largest
  /// conductance.
  package func programmingDeviation(_ target: Double) -> Double {
    max(0, programming.reversed().reduce(0) { $0 * target + $1 })
  }
}

/// How drift is taken out of results.
package enum DriftCompensation: String, Hashable, Sendable, CaseIterable {
  /// Not at all.
  case none
  /// By one factor for a block: the ratio of the mean magnitudes of what it holds, then and now.
  case global
  /// By one factor for each column.
  case column
}

/// Conductances that fall with a power of time: g(t) = g · ((t + t₀)/t₀)^−ν.
///
/// ν = |m + s · N| with m and s from the target, −a · ln g + b within limits.
///
/// - Source: Joshi et al. (2020), Nandakumar et al. (2019), as in aihwkit (IBM), its PCM-like model.
package struct ConductanceDrift: Hashable, Sendable {

  /// a · ln g + b, limited.
  package struct Line: Hashable, Sendable {
    package var slope, offset, least, most: Double

    /// Returns the value for a target relative to the largest conductance.
    package func value(_ target: Double) -> Double {
      min(max(slope * logarithm(max(target, 1e-7)) + offset, least), most)
    }
  }

  /// The mean of ν.
  package var mean: Line
  /// The standard deviation of ν.
  package var deviation: Line
  /// t₀, seconds.
  package var start: Double

  /// Phase-change memory.
  package static func phaseChange(start: Double = 20) -> ConductanceDrift {
    ConductanceDrift(
      mean: Line(slope: -0.0155, offset: 0.0244, least: 0.049, most: 0.1),
      deviation: Line(slope: -0.0125, offset: -0.0059, least: 0.008, most: 0.045), start: start)
  }

  /// Returns ν of a cell, given a standard normal number.
  package func exponent(_ target: Double, normal: Double) -> Double {
    abs(mean.value(target) + deviation.value(target) * normal)
  }

  /// Returns what is left of a conductance after `seconds`.
  package func factor(exponent: Double, seconds: Double) -> Double {
    guard seconds > 0 else { return 1 }
    return exponential(-exponent * logarithm((seconds + start) / start))
  }
}

/// Conductances that fluctuate: σ = g(t) · Q · √ln((t + t_r)/(2 t_r)), Q = min(q / g^p, Q_max).
///
/// - Source: Nandakumar et al. (2019), as in aihwkit (IBM), its PCM-like model.
package struct ConductanceFluctuation: Hashable, Sendable {
  /// q.
  package var size = 0.0088
  /// p.
  package var power = 0.65
  /// The largest Q.
  package var most = 0.2
  /// t_r, the duration of a read, seconds.
  package var read = 250e-9

  /// Creates that of phase-change memory.
  package init() {}

  /// Returns Q of a cell that was programmed to `conductance`, relative to the largest.
  package func relativeSize(_ conductance: Double) -> Double {
    let root = conductance > 0 ? exponential(power * logarithm(conductance)) : 0
    return min(size / max(root, 1e-3), most)
  }

  /// Returns the standard deviation relative to the conductance, `seconds` after programming ended.
  package func deviation(_ conductance: Double, seconds: Double, start: Double) -> Double {
    let time = seconds + start
    guard time > read else { return 0 }
    return relativeSize(conductance) * logarithm((time + read) / (2 * read)).squareRoot()
  }
}
