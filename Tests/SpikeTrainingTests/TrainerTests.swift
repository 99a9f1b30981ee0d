// Training as a whole: losses fall, runs repeat, what is kept is the best.

import Diagnostics
import Kernels
import SpikeIR
import SpikeInterpreter
import Synchronization
import Testing

@testable import SpikeTraining

@Suite("Trainer") struct TrainerTests {

  /// Returns a small convolutional network for images of bars.
  private func network(_ size: Int) throws -> ANNGraph {
    var chain = try ChainBuilder([size, size, 1], seed: 21)
    try chain.convolve(8, size: Pair(3, 3), padding: Padding(top: 1, left: 1, bottom: 1, right: 1))
    try chain.add(.activation(.relu))
    try chain.add(.pool(Pool(.maximum, window: Window(size: Pair(1, 2), strides: Pair(1, 2)))))
    try chain.convolve(8, size: Pair(3, 3))
    try chain.add(.activation(.relu))
    return try chain.classifying(size)
  }

  private func options(threads: Int = 1) -> TrainingOptions {
    var options = TrainingOptions()
    options.epochs = 2
    options.learningRate = 3e-3
    options.seed = 4
    options.threads = threads
    return options
  }

  @Test("2,000 images lower the loss", arguments: OptimizerKind.allCases)
  func lossFalls(optimizer: OptimizerKind) throws {
    var options = options()
    options.optimizer = optimizer
    options.learningRate = 0.01
    if optimizer == .nesterov { (options.learningRate, options.clipNorm) = (0.03, 1) }
    let plan = try TrainingPlan(try network(8))
    let trainer = try Trainer(plan, options)
    let data = TrainingData.bars(2_200, size: 8, seed: 1)
    let reports = Mutex<[EpochReport]>([])
    let result = try trainer.train(
      on: data, holdingOut: 200, report: { report in reports.withLock { $0.append(report) } })
    let before = try #require(result.before)
    let after = try #require(result.epochs.last?.validation)
    #expect(after.loss < 0.5 * before.loss && after.accuracy > before.accuracy + 0.2)
    #expect(reports.withLock { $0 } == result.epochs && result.epochs.count == 2)
    // What is returned is what was evaluated: the executor agrees with the trainer.
    let kept = try #require(result.epochs.first { $0.epoch == result.kept }?.validation)
    let again = try Trainer(try TrainingPlan(result.graph), options)
    let heldOut = Trainer.split(data.count, holdingOut: 200, seed: options.seed).heldOut
    #expect(again.evaluate(data, heldOut) == kept)
  }

  @Test("first steps are those of the formulas", arguments: OptimizerKind.allCases)
  func firstStep(optimizer: OptimizerKind) throws {
    var options = options()
    options.optimizer = optimizer
    let trainer = try Trainer(try TrainingPlan(try network(6)), options)
    let data = TrainingData.bars(32, size: 6, seed: 6)
    let batch = Array(0..<32)
    let before = trainer.parameters
    let gradient = trainer.lossAndGradient(data, batch).gradient
    _ = trainer.step(data, batch, rate: 0.01)
    let steps = zip(before, trainer.parameters).map { $0 - $1 }
    var count = 0
    // Where the gradient is far above Adam's ε, its first step is the learning rate's length.
    for (step, g) in zip(steps, gradient) where abs(g) > 1e-3 {
      count += 1
      let expected = optimizer == .adam ? (g > 0 ? 0.01 : -0.01) : 0.01 * 1.9 * g
      #expect(abs(step - expected) < 1e-6)
    }
    #expect(count > 50)
  }

  @Test("the same seed gives the same weights, whatever the number of threads")
  func repeats() throws {
    let data = TrainingData.bars(300, size: 6, seed: 2)
    func weights(_ options: TrainingOptions) throws -> [Float] {
      let trainer = try Trainer(try TrainingPlan(try network(6)), options)
      _ = try trainer.train(on: data, holdingOut: 30)
      return trainer.parameters
    }
    var varied = options()
    varied.augmentation.shift = 1
    varied.augmentation.mirrors = true
    let first = try weights(varied)
    varied.threads = 3
    #expect(try weights(varied) == first)
    varied.seed = 5
    #expect(try weights(varied) != first)
  }

  @Test("of several epochs the best is kept") func keepsTheBest() throws {
    var options = options()
    options.learningRate = 1e-3
    let data = TrainingData.bars(400, size: 6, seed: 3)
    let trained = try Trainer(try TrainingPlan(try network(6)), options)
      .train(on: data, holdingOut: 100).graph
    // So high a rate that weights are thrown far off at first, but stay finite.
    (options.learningRate, options.optimizer) = (0.5, .nesterov)
    options.clipNorm = 10
    options.epochs = 4
    let result = try Trainer(try TrainingPlan(trained), options).train(on: data, holdingOut: 100)
    let accuracies = result.epochs.compactMap { $0.validation?.accuracy }
    let best = try #require(accuracies.max())
    #expect(Set(accuracies).count > 1)
    #expect(result.epochs[result.kept - 1].validation?.accuracy == best)
    let heldOut = Trainer.split(data.count, holdingOut: 100, seed: options.seed).heldOut
    let again = try Trainer(try TrainingPlan(result.graph), options)
    #expect(again.evaluate(data, heldOut).accuracy == best)
  }

  @Test("a loss that is no number ends training") func divergence() throws {
    var options = options()
    (options.learningRate, options.optimizer) = (1e30, .nesterov)
    let data = TrainingData.bars(400, size: 6, seed: 3)
    let trainer = try Trainer(try TrainingPlan(try network(6)), options)
    let error = #expect(throws: CompileError.self) {
      _ = try trainer.train(on: data, holdingOut: 0)
    }
    #expect(error?.diagnostics.first?.id == "training.diverged")
  }

  @Test("shifts move images and repeat their border") func shifts() {
    var augmentation = Augmentation()
    augmentation.shift = 1
    let image = (0..<12).map { Float($0) }
    let shape: Shape = [3, 4, 1]
    var seen: Set<[Float]> = []
    let memory = FloatMemory(count: 12)
    let field = RandomField(1)
    for i in 0..<200 {
      augmentation.copy(image, shape: shape, to: memory.base, field, at: i)
      seen.insert(Array(UnsafeBufferPointer(start: memory.base, count: 12)))
    }
    #expect(seen.count == 9 && seen.contains(image))
    #expect(seen.contains([0, 0, 1, 2, 4, 4, 5, 6, 8, 8, 9, 10]))
  }
}
