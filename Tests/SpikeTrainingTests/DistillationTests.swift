// Training against what another network says: values, gradients, and that it gets there.

import Diagnostics
import Glibc
import SpikeIR
import SpikeInterpreter
import Testing

@testable import SpikeTraining

@Suite("Distillation") struct DistillationTests {

  /// Returns the probabilities of the classes, from their definition.
  private func probabilities(_ logits: [Float], _ temperature: Double) -> [Double] {
    let x = (logits.count == 1 ? [0, logits[0]] : logits).map { Double($0) / temperature }
    let exponentials = x.map { exponentialOf($0) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  /// Returns the divergence of a sample and its gradient.
  private func divergence(
    _ logits: [Float], _ teacher: [Float], _ temperature: Float
  ) -> (value: SampleDivergence, gradient: [Float]) {
    var gradient = [Float](repeating: 0.5, count: logits.count)
    let value = logits.withUnsafeBufferPointer { logits in
      teacher.withUnsafeBufferPointer { teacher in
        gradient.withUnsafeMutableBufferPointer {
          SampleDivergence(
            logits, teacher: teacher, temperature: temperature, gradient: $0.baseAddress, scale: 1)
        }
      }
    }
    return (value, gradient.map { $0 - 0.5 })
  }

  @Test("the divergence and its gradient are those of their definition", arguments: 0..<12)
  func divergence(seed: Int) {
    var numbers = Numbers(seed)
    let count = [1, 2, 3, 10][seed % 4]
    let temperature: Float = [0.5, 1, 4][seed % 3]
    let logits = numbers.floats(count, in: -3...3)
    let teacher = numbers.floats(count, in: -3...3)
    let p = probabilities(teacher, Double(temperature))
    func expected(_ logits: [Float]) -> Double {
      let q = probabilities(logits, Double(temperature))
      return zip(p, q).reduce(0) { $0 - $1.0 * log($1.1 / $1.0) }
    }
    let (value, gradient) = divergence(logits, teacher, temperature)
    #expect(abs(value.divergence - expected(logits)) < 1e-6)
    let step: Float = 1e-2
    for i in logits.indices {
      var (above, below) = (logits, logits)
      above[i] += step
      below[i] -= step
      let slope = (expected(above) - expected(below)) / Double(2 * step)
      let scaled = Double(temperature * temperature) * slope
      #expect(abs(Double(gradient[i]) - scaled) < 1e-3, "logit \(i)")
    }
  }

  @Test("who says the same has no divergence, and agrees") func same() {
    for logits: [Float] in [[1.5], [-2], [0.1, 3, -400], [80, 80.5, 0]] {
      let (value, gradient) = divergence(logits, logits, 2)
      #expect(value.divergence == 0 && value.agrees)
      #expect(gradient.allSatisfy { abs($0) < 1e-7 })
    }
    #expect(!divergence([0, 1], [1, 0], 1).value.agrees)
    #expect(!divergence([-1], [1], 1).value.agrees)
  }

  @Test("gradients are those of the mixed loss", arguments: [0, 0.3, 1] as [Float])
  func mixedGradient(weight: Float) throws {
    var options = TrainingOptions()
    options.distillation = Distillation(weight: weight, temperature: 3)
    let teacher = try TrainingPlan(try network(4, seed: 8))
    let trainer = try Trainer(try TrainingPlan(try network(4, seed: 9)), options, teacher: teacher)
    let data = TrainingData.bars(5, size: 4, seed: 3)
    try expectGradient(of: trainer, data, Array(0..<5), "weight \(weight)")
  }

  @Test("a teacher is shown the images as they are varied") func variedAlike() throws {
    var options = TrainingOptions()
    options.distillation = Distillation(weight: 1, temperature: 1)
    options.augmentation.shift = 2
    options.augmentation.mirrors = true
    let plan = try TrainingPlan(try network(6, seed: 8))
    let data = TrainingData.bars(40, size: 6, seed: 3)
    // A network that is its own teacher has nothing to learn from the same images.
    let itself = try Trainer(plan, options, teacher: plan)
    let (loss, gradient) = itself.lossAndGradient(data, Array(0..<40))
    #expect(abs(loss) < 1e-9 && gradient.allSatisfy { abs($0) < 1e-6 })
    let other = try TrainingPlan(try network(6, seed: 9))
    #expect(
      try Trainer(other, options, teacher: plan).lossAndGradient(data, Array(0..<40)).loss > 0.01)
  }

  @Test("a network comes to say what its teacher says, whatever the labels are")
  func learns() throws {
    var options = TrainingOptions()
    (options.epochs, options.learningRate, options.threads) = (3, 5e-3, 2)
    options.distillation = Distillation(weight: 1, temperature: 2)
    let teacher = try TrainingPlan(try network(6, seed: 8))
    let bars = TrainingData.bars(2_200, size: 6, seed: 3)
    let wrong = TrainingData(labels: bars.labels.map { ($0 + 1) % 6 }) { bars.input($0) }
    let student = try TrainingPlan(try network(6, seed: 9))
    let trainer = try Trainer(student, options, teacher: teacher)
    let result = try trainer.train(on: wrong, holdingOut: 200)
    let before = try #require(result.before?.agreement)
    let after = try #require(result.epochs[result.kept - 1].validation?.agreement)
    #expect(after.divergence < 0.2 * before.divergence)
    #expect(after.part > before.part && after.part > 0.8)
    // Kept is who is nearest to the teacher.
    let divergences = result.epochs.compactMap { $0.validation?.agreement?.divergence }
    #expect(divergences.count == 3 && divergences.min() == after.divergence)
    // Labels take no part.
    let again = try Trainer(student, options, teacher: teacher)
    _ = try again.train(on: bars, holdingOut: 200)
    #expect(again.parameters == trainer.parameters)
  }

  @Test("answers are the classes that the executor finds likeliest") func answers() throws {
    var options = TrainingOptions()
    options.threads = 2
    let data = TrainingData.bars(50, size: 6, seed: 3)
    var classes: Set<Int> = []
    for seed in 0..<8 {
      let graph = try network(6, seed: seed)
      let answers = try Trainer(try TrainingPlan(graph), options).answers(data)
      let executor = try ANNExecutor(graph)
      for (i, answer) in answers.enumerated() {
        let outputs = try executor.run(data.input(i))[0]
        #expect(outputs[answer] == outputs.max())
      }
      #expect(answers.count == 50)
      classes.formUnion(answers)
    }
    // Networks that know nothing name one class each, but not all the same.
    #expect(classes.count > 1)
  }

  @Test("without a teacher nothing is compared") func noTeacher() throws {
    let trainer = try Trainer(try TrainingPlan(try network(4, seed: 8)), TrainingOptions())
    let data = TrainingData.bars(8, size: 4, seed: 3)
    #expect(trainer.evaluate(data, Array(0..<8)).agreement == nil)
  }

  /// Returns a small convolutional network for images of bars.
  private func network(_ size: Int, seed: Int) throws -> ANNGraph {
    var chain = try ChainBuilder([size, size, 1], seed: seed)
    try chain.convolve(6, size: Pair(3, 3), padding: Padding(top: 1, left: 1, bottom: 1, right: 1))
    try chain.add(.activation(Activation(.tanh)))
    return try chain.classifying(size)
  }
}
