// The network that another one is trained to agree with.

internal import Diagnostics
internal import Kernels

/// A network whose weights stay, with memory for several threads.
///
/// Unchecked, for each worker writes to a tape of its own, and weights do not change.
final class Teacher: @unchecked Sendable {

  /// The network.
  let plan: TrainingPlan

  private let weights: TrainingWeights
  private let tapes: [TrainingTape]

  /// Prepares a network.
  ///
  /// - Parameters:
  ///   - plan: the network.
  ///   - capacity: the number of samples that it is asked for at once, at most.
  ///   - workers: the number of threads.
  /// - Throws: what loading the weights throws.
  init(_ plan: TrainingPlan, capacity: Int, workers: Int) throws(CompileError) {
    self.plan = plan
    weights = try TrainingWeights(loading: plan)
    let matrices = plan.layers.compactMap { $0 as? MatrixLayer }
    for matrix in matrices { matrix.pack(weights) }
    tapes = (0..<max(1, workers)).map { _ in
      TrainingTape(plan, capacity: capacity, withGradients: false)
    }
  }

  /// Returns a pass of the first `samples` samples of a worker's memory, whose inputs are to be set.
  func pass(worker: Int, samples: Int, firstSample: Int) -> LayerPass {
    LayerPass(
      tape: tapes[worker], weights: weights, parameterGradients: nil, samples: samples,
      mode: .evaluation, firstSample: firstSample)
  }

  /// Computes the logits of the samples of a pass.
  func run(_ pass: LayerPass) {
    for layer in plan.layers { layer.forward(pass) }
  }

  /// Returns the logits of the sample in a slot, valid until the worker's next pass.
  func logits(_ pass: LayerPass, _ slot: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(
      start: pass.value(plan.logits) + slot * plan.logits.count, count: plan.logits.count)
  }
}
