// The loop of training: batches, epochs, evaluation.

package import Diagnostics
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
  /// How images are varied.
  package var augmentation = Augmentation()
  /// Where random numbers start.
  package var seed: UInt64 = 0
  /// The number of threads; results do not depend on it.
  package var threads = 1

  /// Creates the usual options.
  package init() {}
}

/// How good a network is on samples.
package struct Evaluation: Hashable, Sendable {
  /// The mean cross-entropy, nats.
  package var loss: Double
  /// The part of the samples that are classified rightly.
  package var accuracy: Double
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
  /// The epoch whose weights were kept: that with the highest accuracy on the samples held out, or
  /// the last if none are.
  package var kept: Int
}

/// A network in training.
///
/// A batch is divided into shards of 16 samples, whose gradients are added up in a fixed order:
/// results depend on the seed, the options and the processor's instructions, but not on threads.
///
/// Unchecked, for threads share its memory: within a step each writes to a tape and to shards of its
/// own, and weights change between steps alone. A trainer is not to be used by two callers at once.
package final class Trainer: @unchecked Sendable {

  private let plan: TrainingPlan
  private let options: TrainingOptions
  private let weights: TrainingWeights
  private let optimizer: Optimizer
  private let tapes: [TrainingTape]
  private let shards: [FloatMemory]
  private var steps = 0

  /// The number of samples of a shard.
  private static let shardSize = 16

  /// Prepares training.
  ///
  /// - Throws: what loading the weights throws.
  package init(_ plan: TrainingPlan, _ options: TrainingOptions) throws(CompileError) {
    (self.plan, self.options) = (plan, options)
    let memory = TrainingWeights(plan)
    try liftingDiagnostic { () throws(Diagnostic) in
      for parameter in plan.parameters {
        let values = try plan.graph.tensors.floats(parameter.tensor)
        for (i, value) in values.enumerated() {
          memory.parameters.base[parameter.range.offset + i] = value
        }
      }
    }
    weights = memory
    optimizer = Optimizer(
      plan, options.optimizer, decay: options.decay, clipNorm: options.clipNorm)
    let capacity = max(1, min(Self.shardSize, cacheCount / (plan.valueCount + plan.gradientCount)))
    tapes = (0..<max(1, options.threads)).map { _ in
      TrainingTape(plan, capacity: capacity, withGradients: true)
    }
    shards = (0..<(options.batch + Self.shardSize - 1) / Self.shardSize).map { _ in
      FloatMemory(count: plan.parameterCount)
    }
  }

  /// Trains the network.
  ///
  /// - Parameters:
  ///   - data: the samples.
  ///   - held: how many of the samples, chosen by the seed, are not trained on but evaluated.
  ///   - progress: is told the epoch and the part of it that is done.
  ///   - report: is given each epoch when it is over.
  /// - Returns: the network and how it went.
  /// - Throws: `training.diverged`.
  /// - Precondition: fewer samples are held out than there are; labels are below the plan's number
  ///   of classes.
  package func train(
    on data: TrainingData, holdingOut held: Int,
    progress: @Sendable (_ epoch: Int, _ fraction: Double) -> Void = { _, _ in },
    report: (EpochReport) -> Void = { _ in }
  ) throws(CompileError) -> TrainingResult {
    let parts = Self.split(data.count, holdingOut: held, seed: options.seed)
    let heldOut = parts.heldOut
    var order = parts.training
    let before = held > 0 ? evaluate(data, heldOut) : nil
    var result = TrainingResult(graph: plan.graph, before: before, epochs: [], kept: 0)
    var best: Evaluation?
    for epoch in 1...max(1, options.epochs) {
      let start = ContinuousClock.now
      var generator = ShuffleGenerator(seed: options.seed, epoch: epoch)
      order.shuffle(using: &generator)
      let loss = runEpoch(data, order, epoch) { progress(epoch, $0) }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      guard loss.isFinite else {
        throw CompileError(.diverged(epoch: epoch, rate: options.learningRate))
      }
      let validation = held > 0 ? evaluate(data, heldOut) : nil
      let entry = EpochReport(epoch: epoch, loss: loss, validation: validation, seconds: seconds)
      result.epochs.append(entry)
      report(entry)
      if validation.map({ $0.isBetter(than: best) }) ?? true {
        (best, result.kept) = (validation, epoch)
        store(in: &result.graph)
      }
    }
    return result
  }

  /// Divides samples at random into those that are trained on and those held out.
  ///
  /// - Precondition: 0 ≤ held ≤ count.
  package static func split(
    _ count: Int, holdingOut held: Int, seed: UInt64
  ) -> (training: [Int], heldOut: [Int]) {
    var order = Array(0..<count)
    var generator = ShuffleGenerator(seed: seed, epoch: 0)
    order.shuffle(using: &generator)
    return (Array(order[held...]), order[..<held].sorted())
  }

  /// Returns how good the network is on samples, as its neurons will spike.
  package func evaluate(_ data: TrainingData, _ samples: [Int]) -> Evaluation {
    pack()
    let capacity = tapes[0].capacity
    let chunks = (samples.count + capacity - 1) / capacity
    let losses = FloatMemory(count: 2 * samples.count)
    forEachItem(chunks, workers: options.threads) { worker, chunk in
      let range = chunk * capacity..<min(samples.count, (chunk + 1) * capacity)
      let pass = LayerPass(
        tape: tapes[worker], weights: weights, parameterGradients: nil, samples: range.count,
        mode: .evaluation, firstSample: range.lowerBound)
      for (slot, i) in range.enumerated() { load(data, samples[i], slot, pass, nil) }
      for layer in plan.layers { layer.forward(pass) }
      for (slot, i) in range.enumerated() {
        let loss = SampleLoss(
          logits(pass, slot), label: data.labels[samples[i]], gradient: nil, scale: 1)
        losses.base[2 * i] = Float(loss.loss)
        losses.base[2 * i + 1] = loss.isRight ? 1 : 0
      }
    }
    var (loss, right) = (0.0, 0.0)
    for i in samples.indices {
      loss += Double(losses.base[2 * i])
      right += Double(losses.base[2 * i + 1])
    }
    let count = Double(max(1, samples.count))
    return Evaluation(loss: loss / count, accuracy: right / count)
  }
}

/// The number of floats of values and gradients that are worked on together: what a processor's
/// caches hold.
private let cacheCount = 1 << 20

extension Evaluation {

  /// Returns whether this is better than `other`: the accuracy, then the loss.
  fileprivate func isBetter(than other: Evaluation?) -> Bool {
    guard let other else { return true }
    return accuracy != other.accuracy ? accuracy > other.accuracy : loss < other.loss
  }
}

// MARK: - Steps

extension Trainer {

  /// Trains on all samples once; returns the mean loss.
  private func runEpoch(
    _ data: TrainingData, _ order: [Int], _ epoch: Int, _ progress: (Double) -> Void
  ) -> Double {
    var total = 0.0
    let batches = (order.count + options.batch - 1) / options.batch
    for b in 0..<batches {
      let batch = Array(order[b * options.batch..<min(order.count, (b + 1) * options.batch)])
      let done = Double((epoch - 1) * batches + b) / Double(options.epochs * batches)
      let loss = step(data, batch, rate: options.learningRate * halfCosine(done))
      total += loss
      guard loss.isFinite else { return .nan }
      progress(Double(b + 1) / Double(batches))
    }
    return total / Double(max(1, order.count))
  }

  /// Takes a step; returns the sum of the losses.
  func step(_ data: TrainingData, _ batch: [Int], rate: Float) -> Double {
    let loss = addGradients(data, batch)
    let used = (batch.count + Self.shardSize - 1) / Self.shardSize
    if loss.isFinite {
      optimizer.step(
        weights, Array(shards.prefix(used)), rate: rate, workers: options.threads)
    }
    return loss
  }

  /// Computes the gradients of a batch, in the shards; returns the sum of the losses.
  private func addGradients(_ data: TrainingData, _ batch: [Int]) -> Double {
    pack()
    steps += 1
    let size = Self.shardSize
    let used = (batch.count + size - 1) / size
    let losses = FloatMemory(count: used)
    let mode = TrainingMode.training(options.noise, seed: options.seed, step: steps)
    let variation = RandomField(options.seed, UInt64(steps), 0x494d_4147)
    forEachItem(used, workers: options.threads) { worker, shard in
      shards[shard].clear()
      let end = min(batch.count, (shard + 1) * size)
      for first in stride(from: shard * size, to: end, by: tapes[worker].capacity) {
        let pass = LayerPass(
          tape: tapes[worker], weights: weights, parameterGradients: shards[shard].base,
          samples: min(end - first, tapes[worker].capacity), mode: mode, firstSample: first)
        losses.base[shard] += run(pass, data, batch, variation)
      }
    }
    return (0..<used).reduce(0) { $0 + Double(losses.base[$1]) }
  }

  /// Runs a pass forward and backward; returns the sum of the losses.
  private func run(
    _ pass: LayerPass, _ data: TrainingData, _ batch: [Int], _ variation: RandomField
  ) -> Float {
    for slot in 0..<pass.samples {
      load(data, batch[pass.firstSample + slot], slot, pass, variation)
    }
    for layer in plan.layers { layer.forward(pass) }
    pass.tape.gradients.clear()
    guard let gradients = pass.gradient(plan.logits) else { return 0 }
    var total = 0.0
    for slot in 0..<pass.samples {
      total +=
        SampleLoss(
          logits(pass, slot), label: data.labels[batch[pass.firstSample + slot]],
          gradient: gradients + slot * plan.logits.count, scale: 1 / Float(batch.count)
        ).loss
    }
    for layer in plan.layers.reversed() { layer.backward(pass) }
    return Float(total)
  }

  /// Copies the inputs of a sample to a slot of the tape, varied if `variation` is given.
  private func load(
    _ data: TrainingData, _ sample: Int, _ slot: Int, _ pass: LayerPass, _ variation: RandomField?
  ) {
    for (i, values) in data.input(sample).enumerated() {
      guard let buffer = plan.inputs[i] else { continue }
      precondition(values.count == buffer.count, "internal: sample of another size")
      let target = pass.value(buffer) + slot * buffer.count
      if let variation {
        options.augmentation.copy(
          values, shape: plan.inputShapes[i], to: target, variation, at: pass.firstSample + slot)
      } else {
        for j in values.indices { target[j] = values[j] }
      }
    }
  }

  private func logits(_ pass: LayerPass, _ slot: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(
      start: pass.value(plan.logits) + slot * plan.logits.count, count: plan.logits.count)
  }

  /// Packs the weights of all layers.
  private func pack() {
    let matrices = plan.layers.compactMap { $0 as? MatrixLayer }
    forEachItem(matrices.count, workers: options.threads) { _, i in matrices[i].pack(weights) }
  }

  /// Writes the weights into `graph`.
  private func store(in graph: inout ANNGraph) {
    for parameter in plan.parameters {
      let values = UnsafeBufferPointer(
        start: weights.parameters.base + parameter.range.offset, count: parameter.range.count)
      graph.tensors[parameter.tensor].data = .float32(Array(values))
    }
  }
}

// MARK: - Inspection by tests

extension Trainer {

  /// Returns the sum of the losses of samples divided by their number, and the gradient by all
  /// parameters, in the order of the plan.
  package func lossAndGradient(
    _ data: TrainingData, _ batch: [Int]
  ) -> (loss: Double, gradient: [Float]) {
    let loss = addGradients(data, batch) / Double(max(1, batch.count))
    var gradient = [Float](repeating: 0, count: plan.parameterCount)
    for shard in shards.prefix((batch.count + Self.shardSize - 1) / Self.shardSize) {
      for i in gradient.indices { gradient[i] += shard.base[i] }
    }
    return (loss, gradient)
  }

  /// Returns the values of the logits for one sample, as in training.
  package func trainingLogits(_ data: TrainingData, _ sample: Int) -> [Float] {
    _ = addGradients(data, [sample])
    let pass = LayerPass(
      tape: tapes[0], weights: weights, parameterGradients: nil, samples: 1, mode: .evaluation,
      firstSample: 0)
    return Array(logits(pass, 0))
  }

  /// The parameters, in the order of the plan.
  package var parameters: [Float] {
    get {
      Array(UnsafeBufferPointer(start: weights.parameters.base, count: plan.parameterCount))
    }
    set {
      for (i, value) in newValue.enumerated() { weights.parameters.base[i] = value }
    }
  }
}

/// Returns (1 + cos πx)/2 for x in 0...1: Loshchilov and Hutter (2017), equation 5.
private func halfCosine(_ x: Double) -> Float { Float((1 + cosine(Double.pi * x)) / 2) }
