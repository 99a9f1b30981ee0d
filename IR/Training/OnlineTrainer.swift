// Training one sample at a time, with matrices that learn by themselves: plain gradient descent, as
// arrays of devices do it.

package import Diagnostics
package import SpikeIR

/// How a network is trained one sample at a time.
package struct OnlineOptions: Hashable, Sendable {

  /// How often each sample is seen.
  package var epochs = 30

  /// The learning rate.
  package var rate: Float = 0.01

  /// What the learning rate is multiplied by after each epoch.
  package var decay: Float = 1

  /// Where the order of samples starts.
  package var seed: UInt64 = 0

  /// Creates the usual options.
  package init() {}
}

/// What happened in an epoch of training one sample at a time.
package struct OnlineEpoch: Hashable, Sendable {

  /// The number of the epoch, from 1 on.
  package var epoch: Int

  /// The mean loss and the accuracy while training: of each sample before it was learnt.
  package var training: Evaluation

  /// The network after the epoch on the test samples, if there are any.
  package var test: Evaluation?

  /// The time of training, without that of the test, seconds.
  package var seconds: Double
}

/// A network whose matrices learn by themselves, in training.
///
/// One thread works: each sample changes the weights that the next one meets. A trainer is not to be
/// used by two callers at once.
package final class OnlineTrainer {

  private let plan: TrainingPlan
  private let options: OnlineOptions
  private let tape: TrainingTape
  private let weights: TrainingWeights
  private var presentations: UInt64 = 0

  /// Prepares training.
  ///
  /// - Precondition: the plan was made with matrices that learn by themselves.
  package init(_ plan: TrainingPlan, _ options: OnlineOptions) {
    precondition(!plan.learning.isEmpty, "internal: no matrices that learn by themselves")
    (self.plan, self.options) = (plan, options)
    tape = TrainingTape(plan, capacity: 1, withGradients: true)
    weights = TrainingWeights(plan)
  }

  /// Trains the network.
  ///
  /// - Parameters:
  ///   - data: the samples.
  ///   - test: samples on which the network is evaluated after each epoch.
  ///   - progress: is told the epoch and the part of it that is done; returns whether to go on.
  ///   - report: is given each epoch when it is over.
  /// - Returns: the epochs; fewer if `progress` stopped the training.
  /// - Throws: `training.diverged`.
  /// - Precondition: labels are below the plan's number of classes.
  package func train(
    on data: TrainingData, test: TrainingData?,
    progress: (_ epoch: Int, _ fraction: Double) -> Bool = { _, _ in true },
    report: (OnlineEpoch) -> Void = { _ in }
  ) throws(CompileError) -> [OnlineEpoch] {
    var epochs: [OnlineEpoch] = []
    var rate = options.rate
    for epoch in 1...max(1, options.epochs) {
      var order = Array(0..<data.count)
      var generator = ShuffleGenerator(seed: options.seed, epoch: epoch)
      order.shuffle(using: &generator)
      let start = ContinuousClock.now
      guard let training = learn(data, order, rate: rate, { progress(epoch, $0) }) else { break }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      guard training.loss.isFinite else {
        throw CompileError(.diverged(epoch: epoch, rate: rate))
      }
      let entry = OnlineEpoch(
        epoch: epoch, training: training, test: test.map(evaluate), seconds: seconds)
      epochs.append(entry)
      report(entry)
      rate *= options.decay
    }
    return epochs
  }

  /// Learns samples; `nil` if `progress` stopped it.
  private func learn(
    _ data: TrainingData, _ order: [Int], rate: Float, _ progress: (Double) -> Bool
  ) -> Evaluation? {
    var (loss, right) = (0.0, 0)
    for (n, i) in order.enumerated() {
      if n & 63 == 0, !progress(Double(n) / Double(order.count)) { return nil }
      let result = learn(data.input(i), label: data.labels[i], rate: rate)
      loss += result.loss
      right += result.isRight ? 1 : 0
      guard loss.isFinite else { break }
    }
    let count = Double(max(1, order.count))
    return Evaluation(loss: loss / count, accuracy: Double(right) / count)
  }

  /// Learns one sample; returns its loss before.
  func learn(_ inputs: [[Float]], label: Int, rate: Float) -> SampleLoss {
    let pass = forward(inputs, rate: rate)
    tape.gradients.clear()
    let result = SampleLoss(
      logits(pass), label: label, gradient: pass.gradient(plan.logits), scale: 1)
    guard result.loss.isFinite else { return result }
    for layer in plan.layers.reversed() { layer.backward(pass) }
    return result
  }

  /// Returns how good the network is on samples.
  package func evaluate(_ data: TrainingData) -> Evaluation {
    var (loss, right) = (0.0, 0)
    for i in 0..<data.count {
      let pass = forward(data.input(i), rate: 0)
      let result = SampleLoss(logits(pass), label: data.labels[i], gradient: nil, scale: 1)
      loss += result.loss
      right += result.isRight ? 1 : 0
    }
    let count = Double(max(1, data.count))
    return Evaluation(loss: loss / count, accuracy: Double(right) / count)
  }

  /// Returns the network with what was learnt.
  package func trained() -> ANNGraph {
    var graph = plan.graph
    for place in plan.learning { place.store(in: &graph) }
    return graph
  }

  private func forward(_ inputs: [[Float]], rate: Float) -> LayerPass {
    presentations += 1
    var pass = LayerPass(
      tape: tape, weights: weights, parameterGradients: nil, samples: 1, mode: .evaluation,
      firstSample: 0)
    pass.presentation = Presentation(number: presentations, rate: rate)
    for (i, values) in inputs.enumerated() {
      guard let buffer = plan.inputs[i] else { continue }
      precondition(values.count == buffer.count, "internal: sample of another size")
      let target = pass.value(buffer)
      for j in values.indices { target[j] = values[j] }
    }
    for layer in plan.layers { layer.forward(pass) }
    return pass
  }

  private func logits(_ pass: LayerPass) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: pass.value(plan.logits), count: plan.logits.count)
  }
}
