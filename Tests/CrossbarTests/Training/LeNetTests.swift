// The built-in network: the arrays of the publication, learning on them, and what is read off them.

import Diagnostics
import Kernels
import SpikeIR
import SpikeInterpreter
import Testing

@testable import Crossbar
@testable import HardwareTargets
@testable import SpikeTraining

@Suite struct LeNetTests {

  /// The baseline of 2017 in the numbers of its description.
  static func baseline(rows: Int = 4096) throws -> ArrayTraining {
    let numbers = [
      "dwMin": 0.001, "dwMinDtod": 0.3, "dwMinStd": 0.3, "upDownDtod": 0.01, "wMin": -0.6,
      "wMax": 0.6, "wMinDtod": 0.3, "wMaxDtod": 0.3,
    ]
    let array = AnalogArray(
      rows: rows, columns: rows, mapping: nil,
      numbers: Dictionary(uniqueKeysWithValues: numbers.map { ("device.\($0)", Quantity($1)) }),
      words: [:])
    return ArrayTraining(
      try PulsedDeviceModel(array), array: array,
      features: ArrayFeatures(count: 8, rows: rows, columns: rows), forward: .init(),
      backward: .init())
  }

  @Test func arraysAreThoseOfThePublication() throws {
    let graph = try ANNGraph.leNet(seed: 1)
    #expect(graph.verify().isEmpty)
    let arrays = TrainedArrays(try Self.baseline())
    _ = try TrainingPlan(graph, matrices: arrays)
    let tasks = arrays.matrices.map(\.task)
    #expect(tasks.map(\.layer) == ["conv1", "conv2", "dense3", "dense4"])
    #expect(tasks.map(\.inputs) == [26, 401, 513, 129])
    #expect(tasks.map(\.outputs) == [16, 32, 128, 10])
    #expect(tasks.map(\.positions) == [576, 64, 1, 1])
    #expect(tasks.reduce(0) { $0 + $1.inputs * $1.outputs } == 80_202)
    #expect(arrays.matrices.allSatisfy { $0.matrix.arrayCount == 1 })
  }

  @Test func weightsComeFromTheSeed() throws {
    let (a, b) = (try ANNGraph.leNet(seed: 1), try ANNGraph.leNet(seed: 2))
    #expect(try ANNGraph.leNet(seed: 1) == a && a != b)
    var other = b
    other.forget(seed: 1)
    #expect(other == a)
    for node in a.nodes.elements {
      guard case .dense(let dense) = node.op else { continue }
      let weights = try a.tensors.floats(dense.kernel)
      let shape = a.tensors[dense.kernel].shape
      let bound = (6 / Float(shape[0] + shape[1])).squareRoot()
      let largest = weights.map(abs).max() ?? 0
      #expect(largest <= bound && largest > 0.95 * bound)
      #expect(abs(weights.reduce(0, +) / Float(weights.count)) < 0.1 * bound)
    }
  }

  /// Images with a bright bar whose height names the class.
  private func bars(_ count: Int, seed: UInt64) -> TrainingData {
    var images: [[Float]] = []
    var numbers = [Float](repeating: 0, count: 28 * 28)
    for n in 0..<count {
      let field = RandomField(seed + UInt64(n))
      for i in numbers.indices { numbers[i] = Float(field.bits(at: i) >> 40) * 0x1p-25 }
      var image = numbers
      for x in 0..<28 { for y in 0..<2 { image[(4 + 2 * (n % 10) + y) * 28 + x] = 1 } }
      images.append(image)
    }
    return TrainingData(labels: (0..<count).map { $0 % 10 }) { [images] in [images[$0]] }
  }

  @Test func networksLearnOnArrays() throws {
    var training = try Self.baseline(rows: 512)
    training.forward.outputNoise = 0.06
    training.backward.outputNoise = 0.06
    training.forward.noiseManagement = .absoluteMaximum
    training.backward.noiseManagement = .absoluteMaximum
    (training.pulses.slots, training.pulses.managesGains) = (1, true)
    training.devicesPerWeight = ["conv2": 2]
    let arrays = TrainedArrays(training)
    let plan = try TrainingPlan(try ANNGraph.leNet(seed: 3), matrices: arrays)
    // 513 rows are more than an array has.
    #expect(arrays.matrices.map(\.matrix.arrayCount) == [1, 1, 2, 1])
    var options = OnlineOptions()
    options.epochs = 2
    let trainer = OnlineTrainer(plan, options)
    let test = bars(100, seed: 90_000)
    let before = trainer.evaluate(test)
    let epochs = try trainer.train(on: bars(300, seed: 1), test: test)
    #expect(before.accuracy < 0.4 && (epochs.last?.test?.accuracy ?? 0) > 0.8)
    // What was learnt is in the graph: without noise it classifies at least as well.
    let executor = try ANNExecutor(trainer.trained())
    let right = try (0..<test.count).count { i in
      let outputs = try executor.run(test.input(i))[0]
      return outputs.indices.max { outputs[$0] < outputs[$1] } == test.labels[i]
    }
    #expect(right > 80)
    for (_, matrix) in arrays.matrices {
      #expect(matrix.activity.updates > 0 && matrix.activity.coincidences > 0)
      #expect(matrix.weights.allSatisfy { abs($0) < 1.5 })
    }
  }

  @Test(
    arguments: [
      (nil, nil, 0), ("signed-abstract", "ideal", 0), ("differential", nil, 1),
      ("signed-abstract", "vteam", 1), (nil, "gated-volatile", 1), (nil, "pcm", 1),
      ("offset-digital", "reram", 2),
    ] as [(String?, String?, Int)])
  func otherDevicesDoNotLearn(_ mapping: String?, _ model: String?, _ problems: Int) {
    let array = AnalogArray(
      rows: 8, columns: 8, mapping: mapping, numbers: [:],
      words: model.map { ["device.model": $0] } ?? [:])
    do throws(CompileError) {
      try ArrayTraining.check(array, name: "array", target: "rpu")
      #expect(problems == 0)
    } catch {
      #expect(error.diagnostics.count == problems)
      #expect(error.diagnostics.allSatisfy { $0.id == "crossbar.cannot-learn" })
      #expect(error.diagnostics.allSatisfy { $0.message.contains("class 'array' of 'rpu'") })
      #expect(error.diagnostics.flatMap(\.notes).count { $0.hasPrefix("--exact") } == 1)
    }
  }

  @Test func impossibleSettingsAreRefused() throws {
    var training = try Self.baseline(rows: 64)
    training.pulses.slots = 65
    #expect(throws: Diagnostic.self) { try training.check() }
    training.pulses.slots = 64
    #expect(throws: Never.self) { try training.check() }
    training.devicesPerWeight = ["conv1": 65]
    let error = #expect(throws: Diagnostic.self) { try training.check() }
    #expect(error?.id == "crossbar.too-many-devices" && error?.exitCode == .doesNotFit)
    let arrays = TrainedArrays(try Self.baseline())
    _ = try TrainingPlan(try ANNGraph.leNet(seed: 3), matrices: arrays)
    #expect(throws: Diagnostic.self) { try arrays.check(layers: ["conv3"]) }
    #expect(throws: Never.self) { try arrays.check(layers: ["conv2"]) }
  }
}
