// How a network is trained, and how it went.

package import Kernels
package import SpikeIR

/// How a network is trained.
package struct TrainingOptions: Hashable, Sendable {
  /// How often each sample is seen.
  package var epochs = 3
  /// The number of samples of a step.
  package var batch = 64
  /// The learning rate of the first steps; it falls to 0 along half a cosine.
  package var learningRate: Float = 1e-3
  /// How gradients become steps.
  package var optimizer = OptimizerKind.adam
  /// What part of a kernel is taken off, per step and unit of the learning rate.
  package var decay: Float = 0
  /// The largest norm of a gradient, if it is bounded.
  package var clipNorm: Float?
  /// What is added to the rates of leaky neurons.
  package var noise = SpikeNoise.none
  /// How much the network is held to what its teacher says; takes effect if there is one.
  package var distillation = Distillation(weight: 0, temperature: 1)
  /// How images are varied.
  package var augmentation = Augmentation()
  /// Where random numbers start.
  package var seed: UInt64 = 0
  /// The number of threads; results do not depend on it.
  package var threads = 1

  /// Creates the usual options.
  package init() {}
}

/// How much a network in training is held to what another one says.
///
/// The loss of a sample is (1 − λ) · cross-entropy + λ · τ² · divergence, the divergence being that
/// of the probabilities at temperature τ.
///
/// - Source: Hinton, Vinyals and Dean (2015), section 2.
package struct Distillation: Hashable, Sendable {
  /// λ, from 0 (classes alone) to 1 (the other network alone).
  package var weight: Float
  /// τ, above 0.
  package var temperature: Float

  /// Creates the parts of a loss.
  package init(weight: Float, temperature: Float) {
    (self.weight, self.temperature) = (weight, temperature)
  }
}

/// How good a network is on samples.
package struct Evaluation: Hashable, Sendable {
  /// The mean cross-entropy, nats.
  package var loss: Double
  /// The part of the samples that are classified rightly.
  package var accuracy: Double
  /// How the network compares with its teacher, if it has one.
  package var agreement: Agreement? = nil

  /// How much two networks say the same.
  package struct Agreement: Hashable, Sendable {
    /// The mean divergence of the probabilities of classes from those of the teacher, nats.
    package var divergence: Double
    /// The part of the samples for which both name the same class.
    package var part: Double
  }
}

/// What happened in an epoch.
package struct EpochReport: Hashable, Sendable {
  /// The number of the epoch, from 1 on.
  package var epoch: Int
  /// The mean loss while training, with noise and variation.
  package var loss: Double
  /// The network after the epoch on the samples held out, if there are any.
  package var validation: Evaluation?
  /// The time of training, seconds.
  package var seconds: Double
}

/// The result of training.
package struct TrainingResult: Sendable {
  /// The network with its new weights.
  package var graph: ANNGraph
  /// The network before, on the samples held out.
  package var before: Evaluation?
  /// The epochs.
  package var epochs: [EpochReport]
  /// The epoch whose weights were kept: the best on the samples held out (the highest accuracy, or,
  /// held to a teacher, the smallest divergence from it), or the last if none are.
  package var kept: Int
}
