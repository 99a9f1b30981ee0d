// Cells of arrays that pulses write, beyond threshold voltages, and that may forget: what pulses can
// set them to, and what is left of it later.

internal import Kernels

/// A cell of an array that is written by equal pulses, from its largest resistance on.
///
/// Conductances are relative to the largest, that of the state 0: R_on/R(x). A cell is as close to
/// what it is to conduct as a whole number of pulses comes; then it keeps its state but for the voltage
/// of reads (VTEAM), or relaxes behind its closed gate (the volatile cell, our own model).
package struct SwitchingCell: Hashable, Sendable {

  /// The most pulses from the largest resistance to the least.
  package static let mostPulses = 1 << 16

  /// How voltages move the state.
  package let cell: VoltageThresholdCell

  /// The same behind a gate, with a state that relaxes; `nil` if nothing does.
  package let volatile: GatedVolatileCell?

  /// The voltage that reads put across a cell, volts.
  package let readVoltage: Double

  /// The part of the time since programming for which there is that voltage.
  package let readShare: Double

  /// The states after 0, 1, … pulses, metres, falling.
  package let states: [Double]

  /// What they conduct, relative to the largest conductance, rising.
  package let conductances: [Double]

  /// Creates a cell.
  ///
  /// Pulses end where none brings the state closer to 0: at 0, or where relaxation is as fast as they
  /// are.
  ///
  /// - Parameters:
  ///   - cell: how voltages move the state.
  ///   - volatile: how it relaxes behind a gate, which pulses open.
  ///   - pulse: the voltage of a pulse, volts, and its length, seconds.
  ///   - read: the voltage of reads, volts, and the part of the time for which it is there.
  /// - Complexity: O(pulses).
  package init(
    _ cell: VoltageThresholdCell, volatile: GatedVolatileCell? = nil,
    pulse: (voltage: Double, seconds: Double), read: (voltage: Double, share: Double) = (0, 0)
  ) {
    self.cell = cell
    self.volatile = volatile
    (readVoltage, readShare) = read
    var (x, states) = (cell.width, [cell.width])
    while x > 0, states.count <= Self.mostPulses {
      let next =
        volatile?.state(x, voltage: pulse.voltage, isGateOpen: true, seconds: pulse.seconds)
        ?? cell.state(x, voltage: pulse.voltage, seconds: pulse.seconds)
      // What rounding leaves of a pulse is none.
      guard x - next > 1e-9 * cell.width else { break }
      states.append(next)
      x = next
    }
    self.states = states
    conductances = states.map { cell.onResistance / cell.resistance($0) }
  }

  /// Returns how many pulses bring a cell closest to a conductance.
  ///
  /// - Parameter conductance: relative to the largest.
  /// - Returns: an index of `states`.
  /// - Complexity: O(log pulses).
  package func pulses(for conductance: Double) -> Int {
    var (low, high) = (0, conductances.count)
    while low < high {
      let middle = (low + high) / 2
      if conductances[middle] < conductance { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return 0 }
    guard low < conductances.count else { return low - 1 }
    return conductance - conductances[low - 1] <= conductances[low] - conductance ? low - 1 : low
  }

  /// Returns the state some time after programming.
  ///
  /// - Parameters:
  ///   - x: the state, metres.
  ///   - seconds: the time.
  /// - Returns: the state then, metres.
  package func state(_ x: Double, after seconds: Double) -> Double {
    if let volatile {
      return volatile.state(x, voltage: 0, isGateOpen: false, seconds: seconds)
    }
    return cell.state(x, voltage: readVoltage, seconds: seconds * readShare)
  }

  /// Returns what cells conduct some time after programming, as parts of what they did, by the number
  /// of their pulses.
  ///
  /// - Parameter seconds: the time.
  /// - Returns: a factor for each element of `states`.
  func factors(after seconds: Double) -> [Double] {
    states.map { cell.resistance($0) / cell.resistance(state($0, after: seconds)) }
  }
}
