// Matrices on arrays: exact where nothing is noisy, cut where arrays are small, averaged over devices.

import Diagnostics
import Kernels
import Testing

@testable import Crossbar
@testable import HardwareTargets
@testable import SpikeTraining

@Suite struct ArrayMatrixTests {

  private func numbers(_ count: Int, _ salt: UInt64) -> [Float] {
    var result = [Float](repeating: 0, count: count)
    var span = result.mutableSpan
    RandomField(salt).normals(&span)
    return result
  }

  private func task(_ inputs: Int, _ outputs: Int, layer: String = "layer") -> LearningTask {
    LearningTask(
      layer: layer, number: 0, group: 0, inputs: inputs, outputs: outputs, hasOffset: true,
      positions: 1, weights: numbers(inputs * outputs, 4).map { 0.1 * $0 })
  }

  private func training(rows: Int, columns: Int) -> ArrayTraining {
    var array = AnalogArray(rows: rows, columns: columns, mapping: nil, numbers: [:], words: [:])
    array.mapping = "signed-abstract"
    return ArrayTraining(
      PulsedDeviceModel(step: 1e-4, bound: 10), array: array,
      features: ArrayFeatures(count: 100, rows: rows, columns: columns),
      forward: AnalogReadOptions(), backward: AnalogReadOptions())
  }

  @Test(arguments: [(64, 64, 1), (5, 3, 1), (4, 6, 3), (100, 2, 2)])
  func idealReadsAreProducts(_ rows: Int, _ columns: Int, _ copies: Int) {
    let (inputs, outputs, count) = (13, 7, 5)
    let task = task(inputs, outputs)
    var training = training(rows: rows, columns: columns)
    training.devicesPerWeight = ["layer": copies]
    let matrix = ArrayMatrix(task, training, firstArray: 0)
    let perArray = columns / copies
    #expect(
      matrix.arrayCount
        == ((inputs + rows - 1) / rows) * ((outputs + perArray - 1) / perArray))
    for (found, expected) in zip(matrix.weights, task.weights) {
      #expect(abs(found - expected) < 1e-6)
    }
    let (x, d) = (numbers(count * inputs, 1), numbers(count * outputs, 2))
    var y = [Float](repeating: 9, count: count * outputs)
    var z = [Float](repeating: 9, count: count * inputs)
    var ySpan = y.mutableSpan
    matrix.read(&ySpan, x.span, count: count, Presentation(number: 1))
    var zSpan = z.mutableSpan
    matrix.readTransposed(&zSpan, d.span, count: count, Presentation(number: 1))
    for p in 0..<count {
      for k in 0..<outputs {
        let sum = (0..<inputs).reduce(Float(0)) {
          $0 + x[p * inputs + $1] * task.weights[$1 * outputs + k]
        }
        #expect(abs(y[p * outputs + k] - sum) < 1e-5)
      }
      for i in 0..<inputs {
        let sum = (0..<outputs).reduce(Float(0)) {
          $0 + d[p * outputs + $1] * task.weights[i * outputs + $1]
        }
        #expect(abs(z[p * inputs + i] - sum) < 1e-5)
      }
    }
  }

  /// Matrices are cut and weights have devices as the arrays' description has it.
  @Test func arraysAreThoseOfTheDescription() throws {
    func training(
      rows: Int = 10, columns: Int = 8, numbers: [String: Double] = [:],
      words: [String: String] = [:]
    ) throws -> ArrayTraining {
      let target = TargetDescription.arrays(
        rows: rows, columns: columns, count: 3, numbers: numbers, words: words)
      let array = try #require(target.cores[0].analog)
      var result = ArrayTraining(
        PulsedDeviceModel(step: 1e-4, bound: 10), array: array,
        features: try ArrayFeatures.all(of: target)[0], forward: AnalogReadOptions(),
        backward: AnalogReadOptions())
      result.pulses.slots = 1
      return result
    }
    let task = task(13, 7)
    let three = try training(numbers: ["devicesPerWeight": 3])
    // Two outputs of three columns each: four columns of blocks, two rows of them.
    let matrix = ArrayMatrix(task, three, firstArray: 0)
    #expect(matrix.devicesPerWeight == 3 && matrix.arrayCount == 2 * 4)
    #expect(three.cut(task).inputParts == [0..<7, 7..<13])
    #expect(try training(words: ["split": "maximal"]).cut(task).inputParts == [0..<10, 10..<13])
    var one = three
    one.devicesPerWeight = ["layer": 1]
    #expect(ArrayMatrix(task, one, firstArray: 0).arrayCount == 2)
    // Arrays that there are: three on a chip.
    func arrays(_ training: ArrayTraining, groups: Int = 1, inputs: Int = 13) -> TrainedArrays {
      let arrays = TrainedArrays(training)
      for group in 0..<groups {
        var own = self.task(inputs, 7)
        own.group = group
        _ = arrays.matrix(for: own)
      }
      return arrays
    }
    #expect(arrays(three).takenArrays == 8 && arrays(one).takenArrays == 2)
    #expect(throws: Never.self) { try arrays(one).check(chips: 1, of: "small") }
    #expect(throws: Never.self) { try arrays(three).check(chips: 3, of: "small") }
    let error = #expect(throws: Diagnostic.self) { try arrays(three).check(chips: 2, of: "small") }
    #expect(error?.id == "fit.arrays" && error?.exitCode == .doesNotFit)
    // Groups share arrays along the diagonal: 3 · 3 rows of 10, 3 · 7 columns of 24.
    #expect(arrays(try training(columns: 24), groups: 4, inputs: 3).takenArrays == 2)
    // Devices of a weight on several arrays would not be given the same pulses.
    let parts = #expect(throws: Diagnostic.self) {
      try training(numbers: ["devicesPerWeight": 2], words: ["parts": "arrays"]).check()
    }
    #expect(parts?.id == "crossbar.cannot-learn")
    #expect(throws: Never.self) { try training(words: ["parts": "arrays"]).check() }
  }

  @Test(arguments: [(64, 64, 1), (5, 3, 1), (64, 64, 3)])
  func learningFollowsTheGradient(_ rows: Int, _ columns: Int, _ copies: Int) {
    let (inputs, outputs, count) = (6, 5, 4)
    let task = task(inputs, outputs)
    var training = training(rows: rows, columns: columns)
    training.devicesPerWeight = ["layer": copies]
    (training.pulses.slots, training.pulses.managesGains) = (64, true)
    training.pulses.managesSlots = true
    let matrix = ArrayMatrix(task, training, firstArray: 0)
    let (x, d) = (numbers(count * inputs, 5), numbers(count * outputs, 6))
    let (rate, rounds): (Float, Int) = (1e-3, 400)
    for n in 0..<rounds {
      matrix.learn(x.span, d.span, count: count, Presentation(number: UInt64(n), rate: rate))
    }
    let weights = matrix.weights
    for i in 0..<inputs {
      for k in 0..<outputs {
        let products = (0..<count).map { x[$0 * inputs + i] * d[$0 * outputs + k] }
        let expected = -rate * Float(rounds) * products.reduce(0, +)
        // Each step of 1e-4 is a rare event: the variance is Δ times what all products add up to.
        let total = rate * Float(rounds) * products.reduce(0) { $0 + abs($1) }
        let change = weights[i * outputs + k] - task.weights[i * outputs + k]
        #expect(abs(change - expected) < 5 * (1e-4 * total).squareRoot() + 1e-5)
      }
    }
    #expect(matrix.activity.updates == rounds * count * matrix.arrayCount)
    #expect(matrix.activity.coincidences > 0)
  }

  @Test func readsSeeWhatWasLearnt() {
    let task = task(3, 2)
    var training = training(rows: 8, columns: 8)
    training.pulses.slots = 10
    let matrix = ArrayMatrix(task, training, firstArray: 0)
    func outputs() -> [Float] {
      var y = [Float](repeating: 0, count: 2)
      var span = y.mutableSpan
      let x: [Float] = [1, 1, 1]
      matrix.read(&span, x.span, count: 1, Presentation(number: 0))
      return y
    }
    let before = outputs()
    let (x, d): ([Float], [Float]) = ([1, 1, 1], [1, 1])
    matrix.learn(x.span, d.span, count: 1, Presentation(number: 0, rate: 0.01))
    let after = outputs()
    #expect(after[0] < before[0] && after[1] < before[1], "\(before) \(after)")
  }

  @Test func noiseDiffersBetweenPresentationsAndArraysAlone() {
    var training = training(rows: 4, columns: 8)
    training.forward.outputNoise = 0.1
    func read(_ number: UInt64, firstArray: Int = 0) -> [Float] {
      let matrix = ArrayMatrix(task(8, 3), training, firstArray: firstArray)
      var y = [Float](repeating: 0, count: 3)
      var span = y.mutableSpan
      matrix.read(&span, numbers(8, 1).span, count: 1, Presentation(number: number))
      return y
    }
    #expect(read(1) == read(1) && read(1) != read(2) && read(1) != read(1, firstArray: 2))
  }
}
