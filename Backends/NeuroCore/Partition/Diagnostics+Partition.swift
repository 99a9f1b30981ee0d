// Problems of cutting networks into slices.

internal import Diagnostics

extension Diagnostic {

  /// Returns an error about a machine without cores.
  static func noCores(_ target: String) -> Diagnostic {
    .error(
      "mapping.no-cores", "the target '\(target)' has no cores that hold neurons",
      notes: ["choose another target, or give the classes of cores a count"])
  }

  /// Returns an error about neurons that no class of cores has.
  static func noCoresHave(_ model: String, _ population: String, on target: String) -> Diagnostic {
    .error(
      "mapping.no-such-neurons",
      "no cores of '\(target)' have the neurons of '\(population)', of the model '\(model)' with these "
        + "constants",
      at: .entity(population),
      notes: ["compile the model file for the machine: its passes make such neurons"],
      exitCode: .doesNotFit)
  }
}
