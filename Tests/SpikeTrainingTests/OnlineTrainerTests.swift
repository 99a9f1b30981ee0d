// Training one sample at a time with matrices that learn by themselves, against exact gradients.

import Diagnostics
import SpikeIR
import Testing

@testable import SpikeTraining

/// Notes what layers ask for.
private final class NotedMatrices: LearningMatrices {

  private(set) var tasks: [LearningTask] = []

  func matrix(for task: LearningTask) -> any LearningMatrix {
    tasks.append(task)
    return ExactMatrix(task)
  }
}

@Suite struct OnlineTrainerTests {

  /// A network with groups, strides, padding, pooling, functions, and layers without offsets.
  private func network(_ seed: Int) throws -> ANNGraph {
    var chain = try ChainBuilder([6, 7, 2], seed: seed)
    try chain.convolve(8, size: Pair(3, 2), padding: Padding(top: 1, left: 1), groups: 2)
    try chain.add(.activation(Activation(.tanh)))
    try chain.add(.pool(Pool(.maximum, window: Window(size: Pair(2, 2), strides: Pair(2, 2)))))
    try chain.convolve(
      8, size: Pair(2, 2), strides: Pair(1, 2), groups: seed % 2 == 0 ? 8 : 1, hasBias: false)
    try chain.add(.activation(Activation(.sigmoid)))
    return try chain.classifying(4)
  }

  @Test("a step with exact matrices is a step along the gradient", arguments: 0..<4)
  func stepsFollowGradients(seed: Int) throws {
    let graph = try network(seed)
    let plan = try TrainingPlan(graph)
    let data = TrainingData(graph, count: 1, classes: 4, seed: seed)
    let trainer = try Trainer(plan, TrainingOptions())
    let before = trainer.parameters
    let (loss, gradient) = trainer.lossAndGradient(data, [0])
    let online = OnlineTrainer(
      try TrainingPlan(graph, matrices: ExactMatrices()), OnlineOptions())
    let rate: Float = 0.1
    let result = online.learn(data.input(0), label: data.labels[0], rate: rate)
    #expect(abs(result.loss - loss) < 1e-5)
    let after = try Trainer(TrainingPlan(online.trained()), TrainingOptions()).parameters
    #expect(after.count == before.count && after != before)
    for i in after.indices {
      #expect(abs(after[i] - (before[i] - rate * gradient[i])) < 1e-5)
    }
  }

  @Test("layers tell what their matrices need") func tasksSayWhatMatricesNeed() throws {
    let matrices = NotedMatrices()
    _ = try TrainingPlan(try network(1), matrices: matrices)
    let tasks = matrices.tasks
    #expect(tasks.map(\.number) == [0, 0, 1, 2] && tasks.map(\.group) == [0, 1, 0, 0])
    #expect(tasks.map(\.inputs) == [7, 7, 32, 9] && tasks.map(\.outputs) == [4, 4, 8, 4])
    #expect(tasks.map(\.hasOffset) == [true, true, false, true])
    #expect(tasks.map(\.positions) == [35, 35, 1, 1])
    #expect(tasks.allSatisfy { $0.weights.count == $0.inputs * $0.outputs })
  }

  @Test("a network learns to tell bars apart") func networksLearn() throws {
    var chain = try ChainBuilder([8, 8, 1], seed: 2)
    try chain.convolve(6, size: Pair(3, 3))
    try chain.add(.activation(Activation(.tanh)))
    let graph = try chain.classifying(8)
    let trainer = OnlineTrainer(
      try TrainingPlan(graph, matrices: ExactMatrices()),
      {
        var options = OnlineOptions()
        (options.epochs, options.rate) = (4, 0.05)
        return options
      }())
    let (data, test) = (
      TrainingData.bars(400, size: 8, seed: 1), TrainingData.bars(200, size: 8, seed: 9)
    )
    let before = trainer.evaluate(test)
    let epochs = try trainer.train(on: data, test: test)
    #expect(epochs.map(\.epoch) == [1, 2, 3, 4])
    #expect(before.accuracy < 0.4 && (epochs.last?.test?.accuracy ?? 0) > 0.85)
  }

  @Test("training stops when it is told to") func trainingStops() throws {
    let graph = try network(1)
    let data = TrainingData(graph, count: 200, classes: 4, seed: 3)
    let trainer = OnlineTrainer(
      try TrainingPlan(graph, matrices: ExactMatrices()), OnlineOptions())
    let epochs = try trainer.train(on: data, test: nil) { epoch, part in
      epoch < 2 || part < 0.5
    }
    #expect(epochs.count == 1)
  }

  @Test("layers with one kernel are refused") func sharedKernelsAreRefused() throws {
    var chain = try ChainBuilder([4, 4, 3], seed: 1)
    let kernel = chain.tensor([1, 1, 3, 3])
    for _ in 0..<2 {
      try chain.add(.conv2d(Conv2D(kernel: kernel, window: Window(size: Pair(1, 1)))))
    }
    let graph = try chain.classifying()
    let error = #expect(throws: CompileError.self) {
      try TrainingPlan(graph, matrices: ExactMatrices())
    }
    #expect(error?.diagnostics.map(\.id) == ["training.shared-weights"])
  }
}
