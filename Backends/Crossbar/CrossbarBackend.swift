// Which machines this backend lays networks out on.

package import HardwareTargets

extension TargetDescription {

  /// Whether matrices can be laid out on the machine's analog arrays, and their reads be emulated:
  /// every kind of core is an array.
  package var hasAnalogArrays: Bool {
    !cores.isEmpty && cores.allSatisfy { $0.analog != nil }
  }
}
