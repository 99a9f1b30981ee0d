// What copies on rows and columns do to noise and to errors of devices, measured; and that sums over
// copies are the same whether they are formed before or within a read.

import HardwareTargets
import Kernels
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@testable import Crossbar

@Suite struct RepetitionNoiseTests {

  private static let inputs = 12
  private static let outputs = 4

  /// A dense layer that reads many vectors of one image.
  private static func layer(vectors: Int) throws -> ANNGraph {
    var graph = ANNGraph(name: "one")
    let input = try graph.add("input", .input, shape: [vectors, 1, inputs])
    let kernel = graph.tensors.add(
      Tensor(
        "kernel", shape: [inputs, outputs], floats: variedNumbers(inputs * outputs, seed: 3)))
    graph.outputs = [
      try graph.add("dense", .dense(Dense(kernel: kernel, bias: nil)), [input])
    ]
    return graph
  }

  private static func options(_ change: (inout ReadParameters) -> Void) -> EmulationOptions {
    var options = EmulationOptions()
    var reading = ReadParameters()
    change(&reading)
    options.reading = reading
    options.devices = DeviceModel()
    return options
  }

  private static func emulator(
    vectors: Int, _ repetition: Repetition, _ options: EmulationOptions,
    mapping: String = "signed-abstract"
  ) throws -> CrossbarEmulator {
    let graph = try layer(vectors: vectors)
    let layout = try CrossbarEmulatorTests.layout(
      graph, mapping: mapping, size: 96, repetition: repetition)
    return try CrossbarEmulator(graph, layout, options)
  }

  /// Returns the root of the mean square of what outputs miss, of the same vector again and again.
  private static func deviation(
    _ repetition: Repetition, _ options: EmulationOptions, vectors: Int = 2000
  ) throws -> Double {
    let emulator = try emulator(vectors: vectors, repetition, options)
    let vector = variedNumbers(inputs, seed: 9)
    let image = (0..<vectors).flatMap { _ in vector }
    let found = try emulator.executor.run([image])[0]
    let exact = try ANNExecutor(layer(vectors: vectors)).run([image])[0]
    let sum = zip(found, exact).reduce(0.0) {
      $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
    }
    return (sum / Double(found.count)).squareRoot()
  }

  private static let repetitions = [
    Repetition(rows: 4), Repetition(columns: 4), Repetition(rows: 3, columns: 9),
  ]

  @Test(arguments: repetitions) func noiseOfConversions(_ repetition: Repetition) throws {
    let options = Self.options { $0.forward.outputNoise = 0.1 }
    let ratio =
      try Self.deviation(.none, options) / Self.deviation(repetition, options)
    let expected = Double(repetition.rows) * Double(repetition.columns).squareRoot()
    #expect(abs(ratio / expected - 1) < 0.05)
  }

  /// Noise of inputs is that of rows: it is averaged over those, and the same in all columns.
  @Test(arguments: repetitions) func noiseOfInputs(_ repetition: Repetition) throws {
    let options = Self.options { $0.forward.inputNoise = 0.1 }
    let ratio =
      try Self.deviation(.none, options) / Self.deviation(repetition, options)
    #expect(abs(ratio / Double(repetition.rows).squareRoot() - 1) < 0.05)
  }

  @Test(arguments: repetitions) func noiseOfWeights(_ repetition: Repetition) throws {
    for noise in [AnalogWeightNoise.additive(0.1), .relative(0.2), .root(0.1)] {
      let options = Self.options { $0.forward.weightNoise = noise }
      let ratio =
        try Self.deviation(.none, options) / Self.deviation(repetition, options)
      #expect(abs(ratio / Double(repetition.copies).squareRoot() - 1) < 0.05)
    }
  }

  /// Errors of programming are those of cells, which copies do not share.
  @Test(arguments: repetitions) func errorsOfDevices(_ repetition: Repetition) throws {
    var (single, repeated) = (0.0, 0.0)
    for seed in 1...60 as ClosedRange<UInt64> {
      var options = Self.options { _ in }
      options.devices?.programming = [0.05]
      options.chipSeed = seed
      single += try pow2(Self.deviation(.none, options, vectors: 1))
      repeated += try pow2(Self.deviation(repetition, options, vectors: 1))
    }
    let ratio = (single / repeated).squareRoot()
    #expect(abs(ratio / Double(repetition.copies).squareRoot() - 1) < 0.3)
  }

  private func pow2(_ x: Double) -> Double { x * x }

  /// Noise of inputs that is too small to be seen makes a read drive every row by itself.
  @Test(
    arguments: ["signed-abstract", "differential", "offset-digital", "offset-unit-column"],
    [
      (NoiseManagement.signSums(weight: 0.6), BoundManagement.none),
      (.absoluteMaximum, .worstCase(weight: 0.6, resolution: 0.25)),
      (.absoluteMaximum, .iterative(factor: 1000, resolution: 0.25)),
    ])
  func rowsAreAddedUpBeforehand(
    mapping: String, _ management: (NoiseManagement, BoundManagement)
  ) throws {
    let repetition = Repetition(rows: 5, columns: 2)
    let results = try [0, 1e-30].map { noise in
      let options = Self.options {
        $0.forward.input = AnalogConverter(step: 2.0 / 126, low: -1, high: 1)
        $0.forward.output = AnalogConverter(low: -6, high: 6)
        $0.forward.noiseManagement = management.0
        $0.forward.boundManagement = management.1
        $0.forward.inputNoise = noise
      }
      let emulator = try Self.emulator(vectors: 8, repetition, options, mapping: mapping)
      let image = variedNumbers(8 * Self.inputs, seed: 5)
      return (try emulator.executor.run([image])[0], emulator.counts[0].reads)
    }
    #expect(results[0].1 == results[1].1)
    let range = results[0].0.reduce(0) { max($0, abs($1)) }
    #expect(range > 0)
    for (a, b) in zip(results[0].0, results[1].0) { #expect(abs(a - b) < 2e-5 * range) }
  }
}
