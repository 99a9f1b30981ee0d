// Compact models of single cells whose state moves with the voltage: VTEAM, and a gated volatile
// cell of our own.

internal import Kernels

/// A cell whose state moves only beyond threshold voltages.
///
/// With the state x in [0, width], 0 being the state of the least resistance,
///
///     dx/dt = k_off · (v/v_off − 1)^α_off  for v > v_off
///             k_on  · (v/v_on  − 1)^α_on   for v < v_on
///             0                            between
///
/// and the resistance R = R_on + (R_off − R_on) · x/width.
///
/// - Source: Kvatinsky et al. (2015), VTEAM; the default numbers are those of MemTorch.
package struct VoltageThresholdCell: Hashable, Sendable {

  /// The width, metres.
  package var width = 3e-9
  /// The resistances at x = width and x = 0, ohms.
  package var offResistance = 1000.0, onResistance = 50.0
  /// The speeds, metres a second.
  package var offSpeed = 5e-4, onSpeed = -10.0
  /// The exponents.
  package var offExponent = 1.0, onExponent = 3.0
  /// The thresholds, volts.
  package var offThreshold = 0.02, onThreshold = -0.2

  /// Creates a cell with the default numbers.
  package init() {}

  /// Returns dx/dt at a voltage, metres a second.
  package func velocity(_ voltage: Double) -> Double {
    if voltage > offThreshold {
      return offSpeed * raised(voltage / offThreshold - 1, offExponent)
    }
    if voltage < onThreshold { return onSpeed * raised(voltage / onThreshold - 1, onExponent) }
    return 0
  }

  /// Returns the state after a voltage was applied for a time.
  ///
  /// The speed does not depend on the state, so the result is exact.
  package func state(_ x: Double, voltage: Double, seconds: Double) -> Double {
    min(max(x + velocity(voltage) * seconds, 0), width)
  }

  /// Returns the resistance in a state, ohms.
  package func resistance(_ x: Double) -> Double {
    onResistance + (offResistance - onResistance) * x / width
  }

  /// Returns the current in a state, amperes.
  package func current(_ x: Double, voltage: Double) -> Double { voltage / resistance(x) }

  private func raised(_ base: Double, _ exponent: Double) -> Double {
    base > 0 ? exponential(exponent * logarithm(base)) : 0
  }
}

/// A volatile cell behind a gate: our own model, not that of any device.
///
/// The gate g, 0 or 1, isolates what writes the cell, but not its leak:
///
///     dx/dt = g · (speed of a VTEAM cell) − (x − x_rest)/τ
///
/// What a user has to know of a cell: the threshold voltages, the time of setting at a voltage,
/// the retention τ, the ratio of resistances.
package struct GatedVolatileCell: Hashable, Sendable {

  /// How it is written and read.
  package var cell = VoltageThresholdCell()
  /// τ, seconds.
  package var retention: Double
  /// x_rest, metres.
  package var rest: Double

  /// Creates a cell.
  ///
  /// - Precondition: τ is positive.
  package init(_ cell: VoltageThresholdCell = .init(), retention: Double, rest: Double) {
    precondition(retention > 0, "internal: retention is not positive")
    self.cell = cell
    self.retention = retention
    self.rest = rest
  }

  /// Returns the state after a voltage was applied for a time.
  ///
  /// x(t) = x_∞ + (x − x_∞) · e^(−t/τ), x_∞ = x_rest + g · speed · τ, which is exact until a bound is
  /// reached, and stays there while it drives beyond.
  package func state(
    _ x: Double, voltage: Double, isGateOpen: Bool, seconds: Double
  ) -> Double {
    let end = rest + (isGateOpen ? cell.velocity(voltage) * retention : 0)
    let result = end + (x - end) * exponential(-seconds / retention)
    return min(max(result, 0), cell.width)
  }
}
