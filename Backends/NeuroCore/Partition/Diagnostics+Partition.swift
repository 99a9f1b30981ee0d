// Problems of cutting networks into slices.

internal import Diagnostics

extension Diagnostic {

  /// Returns an error about a machine without cores.
  static func noCores(_ target: String) -> Diagnostic {
    .error(
      "mapping.no-cores", "the target '\(target)' has no cores that hold neurons",
      notes: ["choose another target, or give the classes of cores a count"])
  }
}
