// What can be wrong with a network or a run of training.

internal import Diagnostics

extension Diagnostic {

  /// Returns an error about an operator whose gradient is not known.
  static func cannotTrain(_ mnemonic: String) -> Diagnostic {
    .error("training.unsupported-operator", "there is no gradient of the operator '\(mnemonic)'")
  }

  /// Returns an error about a network whose first output is no vector of classes.
  static func noClassesToTrain() -> Diagnostic {
    .error(
      "training.no-classes", "training needs a network whose first output is a vector of classes")
  }

  /// Returns an error about a network without weights.
  static func nothingToTrain(_ name: String) -> Diagnostic {
    .error(
      "training.no-parameters", "no kernel lies before the first output: nothing can be trained",
      at: .entity(name))
  }

  /// Returns an error about layers with one kernel where each has a matrix of its own.
  static func sharedWeights(with layer: String) -> Diagnostic {
    .error(
      "training.shared-weights",
      "the layer has the kernel of '\(layer)', but each layer learns on a matrix of its own",
      notes: ["give the layers kernels of their own"])
  }

  /// Returns an error about a loss that is no number any more.
  static func diverged(epoch: Int, rate: Float) -> Diagnostic {
    .error(
      "training.diverged", "the loss is no longer a number, in epoch \(epoch)",
      notes: ["try a learning rate below \(rate)"])
  }
}
