// The loop of training: batches, epochs, evaluation.

package import Diagnostics
internal import Kernels
internal import SpikeIR

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
  private let teacher: Teacher?
  private let tapes: [TrainingTape]
  private let shards: [FloatMemory]
  private var steps = 0

  /// The number of samples of a shard.
  private static let shardSize = 16

  /// Prepares training.
  ///
  /// - Parameters:
  ///   - plan: the network.
  ///   - options: how it is trained.
  ///   - teacher: a network of the same inputs and classes that it is held against, if any: by how
  ///     much in training say the options; evaluations compare the two.
  /// - Throws: what loading the weights throws.
  /// - Precondition: both have as many logits.
  package init(
    _ plan: TrainingPlan, _ options: TrainingOptions, teacher: TrainingPlan? = nil
  ) throws(CompileError) {
    (self.plan, self.options) = (plan, options)
    weights = try TrainingWeights(loading: plan)
    optimizer = Optimizer(
      plan, options.optimizer, decay: options.decay, clipNorm: options.clipNorm)
    let capacity = max(1, min(Self.shardSize, cacheCount / (plan.valueCount + plan.gradientCount)))
    var master: Teacher?
    if let teacher {
      precondition(
        teacher.logits.count == plan.logits.count, "internal: teacher with other classes")
      master = try Teacher(teacher, capacity: capacity, workers: options.threads)
    }
    self.teacher = master
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
      if validation.map({ $0.isBetter(than: best, options.distillation) }) ?? true {
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
    let measures = FloatMemory(count: 4 * samples.count)
    forEachItem(chunks, workers: options.threads) { worker, chunk in
      let range = chunk * capacity..<min(samples.count, (chunk + 1) * capacity)
      let pass = LayerPass(
        tape: tapes[worker], weights: weights, parameterGradients: nil, samples: range.count,
        mode: .evaluation, firstSample: range.lowerBound)
      let taught = load(data, pass, teacher, worker, nil) { samples[$0] }
      for layer in plan.layers { layer.forward(pass) }
      for (slot, i) in range.enumerated() {
        let loss = SampleLoss(
          logits(pass, slot), label: data.labels[samples[i]], gradient: nil, scale: 1)
        let measure = measures.base + 4 * i
        (measure[0], measure[1]) = (Float(loss.loss), loss.isRight ? 1 : 0)
        guard let teacher, let taught else { continue }
        let other = SampleDivergence(
          logits(pass, slot), teacher: teacher.logits(taught, slot),
          temperature: options.distillation.temperature, gradient: nil, scale: 1)
        (measure[2], measure[3]) = (Float(other.divergence), other.agrees ? 1 : 0)
      }
    }
    var sums = [0.0, 0.0, 0.0, 0.0]
    for i in 0..<4 * samples.count { sums[i & 3] += Double(measures.base[i]) }
    let count = Double(max(1, samples.count))
    let agreement = teacher.map { _ in
      Evaluation.Agreement(divergence: sums[2] / count, part: sums[3] / count)
    }
    return Evaluation(loss: sums[0] / count, accuracy: sums[1] / count, agreement: agreement)
  }
}

extension Trainer {

  /// Returns the class that the network names for each sample; the labels are not read.
  package func answers(_ data: TrainingData) -> [Int] {
    pack()
    let capacity = tapes[0].capacity
    let answers = FloatMemory(count: data.count)
    forEachItem((data.count + capacity - 1) / capacity, workers: options.threads) { worker, chunk in
      let first = chunk * capacity
      let pass = LayerPass(
        tape: tapes[worker], weights: weights, parameterGradients: nil,
        samples: min(data.count - first, capacity), mode: .evaluation, firstSample: first)
      _ = load(data, pass, nil, worker, nil) { $0 }
      for layer in plan.layers { layer.forward(pass) }
      for slot in 0..<pass.samples {
        answers.base[first + slot] = Float(namedClass(logits(pass, slot)))
      }
    }
    return (0..<data.count).map { Int(answers.base[$0]) }
  }
}

/// The number of floats of values and gradients that are worked on together: what a processor's
/// caches hold.
private let cacheCount = 1 << 20

extension Evaluation {

  /// Returns whether this is better than `other`: nearer to what the teacher says if the network is
  /// held to that, whose images held out are known by heart; else the accuracy, then the loss.
  fileprivate func isBetter(than other: Evaluation?, _ distillation: Distillation) -> Bool {
    guard let other else { return true }
    if distillation.weight > 0, let own = agreement, let others = other.agreement {
      return own.divergence < others.divergence
    }
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
        losses.base[shard] += run(pass, data, batch, variation, worker)
      }
    }
    return (0..<used).reduce(0) { $0 + Double(losses.base[$1]) }
  }

  /// Runs a pass forward and backward; returns the sum of the losses.
  private func run(
    _ pass: LayerPass, _ data: TrainingData, _ batch: [Int], _ variation: RandomField,
    _ worker: Int
  ) -> Float {
    let (weight, temperature) = (options.distillation.weight, options.distillation.temperature)
    let teacher = weight > 0 ? teacher : nil
    let taught = load(data, pass, teacher, worker, variation) { batch[$0] }
    for layer in plan.layers { layer.forward(pass) }
    pass.tape.gradients.clear()
    guard let gradients = pass.gradient(plan.logits) else { return 0 }
    let scale = 1 / Float(batch.count)
    var total = 0.0
    for slot in 0..<pass.samples {
      let gradient = gradients + slot * plan.logits.count
      let label = data.labels[batch[pass.firstSample + slot]]
      guard let teacher, let taught else {
        total += SampleLoss(logits(pass, slot), label: label, gradient: gradient, scale: scale).loss
        continue
      }
      let own = SampleLoss(
        logits(pass, slot), label: label, gradient: gradient, scale: scale * (1 - weight))
      let other = SampleDivergence(
        logits(pass, slot), teacher: teacher.logits(taught, slot), temperature: temperature,
        gradient: gradient, scale: scale * weight)
      total += Double(1 - weight) * own.loss
      total += Double(weight * temperature * temperature) * other.divergence
    }
    for layer in plan.layers.reversed() { layer.backward(pass) }
    return Float(total)
  }

  /// Copies the inputs of a pass's samples to its tape, varied if `variation` is given, and has a
  /// teacher answer the same inputs; returns its pass if there is one.
  private func load(
    _ data: TrainingData, _ pass: LayerPass, _ teacher: Teacher?, _ worker: Int,
    _ variation: RandomField?, _ sample: (Int) -> Int
  ) -> LayerPass? {
    let taught = teacher?.pass(
      worker: worker, samples: pass.samples, firstSample: pass.firstSample)
    for slot in 0..<pass.samples {
      let inputs = data.input(sample(pass.firstSample + slot))
      load(inputs, plan, slot, pass, variation)
      if let teacher, let taught { load(inputs, teacher.plan, slot, taught, variation) }
    }
    if let teacher, let taught { teacher.run(taught) }
    return taught
  }

  /// Copies the inputs of a sample to a slot of the tape, varied if `variation` is given.
  private func load(
    _ inputs: [[Float]], _ plan: TrainingPlan, _ slot: Int, _ pass: LayerPass,
    _ variation: RandomField?
  ) {
    for (i, values) in inputs.enumerated() {
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
