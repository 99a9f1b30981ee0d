// Gradients against differences of losses, for every operator that can be trained through.

import Diagnostics
import SpikeIR
import SpikeInterpreter
import Testing

@testable import SpikeTraining

@Suite("Gradients") struct GradientTests {

  /// Checks the gradient of `graph` along random directions.
  private func check(
    _ graph: ANNGraph, _ name: String, neurons: [NodeID: TrainedNeuron] = [:]
  ) throws {
    let plan = try TrainingPlan(graph, neurons: neurons)
    let trainer = try Trainer(plan, TrainingOptions())
    let data = TrainingData(graph, count: 5, classes: plan.classCount, seed: 11)
    try expectGradient(of: trainer, data, Array(0..<5), name)
  }

  /// Checks that training computes what the executor computes.
  private func checkValues(_ graph: ANNGraph, _ name: String) throws {
    let plan = try TrainingPlan(graph)
    let trainer = try Trainer(plan, TrainingOptions())
    let data = TrainingData(graph, count: 1, classes: plan.classCount, seed: 3)
    let logits = trainer.trainingLogits(data, 0)
    let expected = try ANNExecutor(graph).run(data.input(0))[0]
    let largest = logits.max() ?? 0
    let exponentials = logits.map { exponentialOf(Double($0 - largest)) }
    let sum = exponentials.reduce(0, +)
    for (found, wanted) in zip(exponentials, expected) {
      #expect(abs(found / sum - Double(wanted)) < 2e-5, "\(name)")
    }
  }

  @Test("convolutions of every geometry", arguments: 0..<12)
  func convolution(seed: Int) throws {
    var numbers = Numbers(seed)
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &numbers) }
    var chain = try ChainBuilder([pick(4...8), pick(4...8), pick(1...3)], seed: seed)
    let groups = [1, 2, 4][seed % 3]
    try chain.convolve(4 * pick(1...5))
    let isDepthwise = seed % 4 == 3
    let channels = chain.shape.channels
    try chain.convolve(
      isDepthwise ? channels : 4 * pick(1...6), size: Pair(pick(1...3), pick(1...3)),
      strides: Pair(pick(1...2), pick(1...2)), dilations: Pair(1, pick(1...2)),
      padding: Padding(
        top: pick(0...2), left: pick(0...2), bottom: pick(0...1), right: pick(0...2)),
      groups: isDepthwise ? channels : groups, hasBias: seed % 2 == 0)
    let graph = try chain.classifying()
    try checkValues(graph, "seed \(seed)")
    try check(graph, "seed \(seed)")
  }

  @Test("a depthwise convolution with several kernels a channel") func multiplier() throws {
    var chain = try ChainBuilder([5, 4, 3], seed: 1)
    try chain.convolve(3)
    try chain.convolve(6, size: Pair(3, 3), padding: Padding(top: 1, left: 1), groups: 3)
    let graph = try chain.classifying()
    try checkValues(graph, "multiplier")
    try check(graph, "multiplier")
  }

  @Test("pooling with every rule of counting", arguments: Pool.Kind.allCases, [true, false])
  func pooling(kind: Pool.Kind, countsPadding: Bool) throws {
    for seed in 0..<3 {
      var chain = try ChainBuilder([6, 7, 2], seed: seed)
      try chain.convolve(18)
      let window = Window(
        size: Pair(3, 2), strides: Pair(2, 1 + seed % 2),
        padding: Padding(top: 1, left: 0, bottom: 1, right: 1))
      try chain.add(.pool(Pool(kind, window: window, countsPadding: countsPadding)))
      let graph = try chain.classifying()
      try checkValues(graph, "\(kind)")
      try check(graph, "\(kind)")
    }
  }

  @Test("element-wise functions", arguments: Activation.Kind.allCases)
  func function(kind: Activation.Kind) throws {
    // Steps have no gradient that differences could show.
    let steps: Set<Activation.Kind> = [.sign, .round, .floor, .ceiling]
    guard !steps.contains(kind) else { return }
    var chain = try ChainBuilder([4, 4, 2], seed: 7)
    try chain.convolve(5)
    let isPositive = [.squareRoot, .power, .logarithm, .reciprocal].contains(kind)
    if isPositive {
      try chain.add(.activation(Activation(.sigmoid)))
      try chain.add(.scale(Scale(factor: nil, offset: chain.tensor([1], in: 1...1))))
    }
    try chain.add(
      .activation(
        Activation(
          kind, alpha: kind == .power ? 1.5 : 0.3, beta: 0.5,
          maximum: kind == .relu ? 0.8 : nil, threshold: kind == .relu ? 0 : 0.1)))
    let graph = try chain.classifying()
    try checkValues(graph, "\(kind)")
    // Hard and thresholded functions jump: their gradient is right only between jumps.
    if kind != .hardShrink && kind != .thresholded { try check(graph, "\(kind)") }
  }

  @Test("combinations of operands with broadcasting", arguments: Elementwise.Kind.allCases)
  func combination(kind: Elementwise.Kind) throws {
    for isBroadcast in [false, true] {
      var chain = try ChainBuilder([4, 5, 2], seed: 2)
      try chain.convolve(3)
      let first = chain.last
      if isBroadcast {
        try chain.add(
          .pool(Pool(.average, window: Window(size: Pair(4, 5), strides: Pair(1, 1)))))
      } else {
        try chain.add(.activation(Activation(.tanh)))
      }
      try chain.convolve(3)
      if kind == .divide {
        try chain.add(.activation(Activation(.sigmoid)))
        try chain.add(.scale(Scale(factor: nil, offset: chain.tensor([1], in: 1...1))))
      }
      let second = chain.last
      chain.last = first
      try chain.add(.elementwise(Elementwise(kind)), also: [second])
      let graph = try chain.classifying()
      try checkValues(graph, "\(kind)")
      try check(graph, "\(kind)")
    }
  }

  @Test("operators that move or scale elements", arguments: 0..<9)
  func rearrangement(choice: Int) throws {
    var chain = try ChainBuilder([4, 5, 2], seed: choice)
    try chain.convolve(4)
    let first = chain.last
    switch choice {
    case 0: try chain.add(.transpose(Transpose([2, 0, 1])))
    case 1: try chain.add(.pad(Pad(low: [1, 0, 2], high: [0, 2, 0], value: 0.5)))
    case 2: try chain.add(.slice(Slice(starts: [1, 0, 1], ends: [4, 5, 4], steps: [2, 2, 1])))
    case 3: try chain.add(.upsample(Upsample(Pair(2, 3))))
    case 4: try chain.add(.take(Take(axis: 2, indices: [3, 0, 0])))
    case 5:
      try chain.convolve(3)
      try chain.add(.concat(Concat(axis: 2)), also: [first])
    case 6:
      try chain.add(.scale(Scale(factor: chain.tensor([4]), offset: chain.tensor([5, 1]))))
    case 7:
      let norm = BatchNorm(
        scale: chain.tensor([4]), offset: nil, mean: chain.tensor([4]),
        variance: chain.tensor([4], in: 0.2...2), epsilon: 1e-3)
      try chain.add(.batchNorm(norm))
    default: try chain.add(.prelu(PReLU(slope: chain.tensor([4, 1, 4]))))
    }
    let graph = try chain.classifying()
    try checkValues(graph, "choice \(choice)")
    try check(graph, "choice \(choice)")
  }

  @Test("softmax inside a network", arguments: [false, true])
  func softmax(isLogarithm: Bool) throws {
    var chain = try ChainBuilder([3, 3, 2], seed: 4)
    try chain.convolve(5)
    try chain.add(.softmax(Softmax(isLogarithm: isLogarithm)))
    let graph = try chain.classifying()
    try checkValues(graph, "softmax")
    try check(graph, "softmax")
  }

  @Test("random chains", arguments: 0..<24) func randomChain(seed: Int) throws {
    var chain = try ChainBuilder([6, 6, 2], seed: seed)
    var numbers = Numbers(seed &+ 100)
    try chain.convolve(4, size: Pair(3, 3), padding: Padding(top: 1, left: 1, bottom: 1, right: 1))
    for _ in 0..<4 {
      switch Int.random(in: 0..<7, using: &numbers) {
      case 0: try chain.convolve(6, size: Pair(2, 2), padding: Padding(top: 1, left: 1))
      case 1: try chain.add(.activation(Activation(.tanh)))
      case 2: try chain.add(.activation(Activation(.swish)))
      case 3:
        let skip = chain.last
        try chain.convolve(chain.shape.channels, size: Pair(1, 1))
        try chain.add(.elementwise(Elementwise(.add)), also: [skip])
      case 4:
        try chain.add(
          .pool(Pool(.average, window: Window(size: Pair(2, 2), strides: Pair(1, 1)))))
      case 5: try chain.convolve(chain.shape.channels, size: Pair(2, 1), groups: 2)
      default: try chain.multiply(4)
      }
      if chain.shape[0] < 3 || chain.shape[1] < 3 { break }
    }
    let graph = try chain.classifying()
    try checkValues(graph, "seed \(seed)")
    try check(graph, "seed \(seed)")
  }

  @Test("a single logit is trained with the logistic loss") func singleLogit() throws {
    var chain = try ChainBuilder([4], seed: 9)
    try chain.multiply(3)
    try chain.add(.activation(Activation(.tanh)))
    try chain.multiply(1)
    try chain.add(.activation(Activation(.sigmoid)))
    chain.graph.outputs = [chain.last]
    try check(chain.graph, "logistic")
  }

  @Test("steps pass gradients straight through, between their ends") func staircase() throws {
    var chain = try ChainBuilder([2, 2, 1], seed: 3)
    try chain.convolve(2)
    let node = try chain.add(.activation(.relu))
    let graph = try chain.classifying()
    // With very many levels the steps are the line that they follow.
    let neuron = TrainedNeuron.staircase(
      thresholds: [8, 6], levels: 1 << 20, isSigned: false)
    try check(graph, "staircase", neurons: [node: neuron])
  }

  @Test("what cannot be trained is named, all of it") func refusals() throws {
    var chain = try ChainBuilder([3, 3, 1], seed: 0)
    let window = Window(size: Pair(2, 2), strides: Pair(1, 1))
    let kernel = chain.tensor([2, 2, 2, 1])
    try chain.add(.convTranspose2d(ConvTranspose2D(kernel: kernel, window: window)))
    let graph = try chain.classifying()
    let error = #expect(throws: CompileError.self) { _ = try TrainingPlan(graph) }
    #expect(error?.diagnostics.map(\.id) == ["training.unsupported-operator"])
  }
}
