// Reads with known results: the defaults of the 2017 baseline on 64 and 600 inputs.

import HardwareTargets
import Kernels
import Testing

@testable import Crossbar

@Suite struct GoldenReadTests {

  /// The baseline without noise.
  static func options(
    _ noise: NoiseManagement = .absoluteMaximum,
    _ bound: BoundManagement = .iterative(factor: 1000, resolution: 0.25)
  ) -> AnalogReadOptions {
    var options = AnalogReadOptions()
    options.input = AnalogConverter(step: 2.0 / 126, low: -1, high: 1)
    options.output = AnalogConverter(step: 24.0 / 510, low: -12, high: 12)
    options.noiseManagement = noise
    options.boundManagement = bound
    return options
  }

  static let input = (0..<64).map { 0.02 * Double($0 % 7) }

  /// [64, 3].
  static let weights = (0..<64).flatMap { [0.6, $0 % 2 == 0 ? 0.3 : -0.3, 0.01 * Double($0)] }

  struct Case: Sendable {
    var noise: NoiseManagement
    var bound: BoundManagement
    var outputs: [Double]
    var reduction: Double
    var passes: Int
  }

  static let iterative = BoundManagement.iterative(factor: 1000, resolution: 0.25)

  static let cases = [
    Case(
      noise: .absoluteMaximum, bound: iterative,
      outputs: [2.2814117647, 0.0225882353, 1.2310588235], reduction: 2, passes: 2),
    Case(
      noise: .absoluteMaximum, bound: .none,
      outputs: [1.44, 0.0169411765, 1.2310588235], reduction: 1, passes: 1),
    Case(
      noise: .none, bound: .none, outputs: [2.3058823529, 0.0470588235, 1.2705882353],
      reduction: 1, passes: 1),
  ]

  @Test(arguments: cases) func preciseReads(_ known: Case) {
    let read = PreciseRead(
      Self.input, weights: Self.weights, columns: 3, Self.options(known.noise, known.bound))
    for (y, expected) in zip(read.outputs, known.outputs) {
      // The known results have ten decimals.
      #expect(abs(y - expected) <= 1e-9 * max(1, abs(expected)), "\(y)")
    }
    #expect(read.reduction == known.reduction && read.passes == known.passes)
  }

  @Test func exactProduct() {
    let read = PreciseRead(Self.input, weights: Self.weights, columns: 3, AnalogReadOptions())
    for (y, expected) in zip(read.outputs, [2.268, 0.018, 1.2222]) {
      #expect(abs(y - expected) <= 1e-12)
    }
  }

  @Test func managementEndsAtTheInputsResolution() {
    let read = PreciseRead(
      [Double](repeating: 1, count: 600), weights: [Double](repeating: 1, count: 600), columns: 1,
      Self.options())
    #expect(abs(read.outputs[0] - 192) <= 1e-9)
    #expect(read.reduction == 16 && read.passes == 5 && read.isClipped)
  }

  /// Inputs that are whole numbers: half of the scale is a half of a step for some, which single
  /// precision tells as double precision does only where they are exact.
  @Test(arguments: cases, [1, 16, 33]) func fastReadsAgree(_ known: Case, count: Int) {
    let whole = (0..<64).map { Double($0 % 7) / 8 }
    // Weights whose sums are not halves of steps.
    let weights = (0..<64).flatMap { [0.6, $0 % 2 == 0 ? 0.3 : -0.3, 0.013 * Double($0)] }
    let expected = PreciseRead(
      whole, weights: weights, columns: 3, Self.options(known.noise, known.bound))
    var reader = AnalogReader(
      AnalogOperand(weights.map(Float.init), rows: 64, columns: 3),
      Self.options(known.noise, known.bound))
    let input = [[Float]](repeating: whole.map(Float.init), count: count).flatMap { $0 }
    for packs in [false, true] {
      if packs { reader.pack() }
      var out = [Float](repeating: 0, count: 3 * count)
      var scratch = AnalogScratch()
      var span = out.mutableSpan
      let counts = reader.read(
        &span, input.span, AnalogBlock(count: count, inputStride: 64, outputStride: 3),
        key: RandomField(1), scratch: &scratch)
      for i in out.indices {
        #expect(abs(Double(out[i]) - expected.outputs[i % 3]) <= 1e-5)
      }
      let passes = expected.passes
      #expect(counts.passes == passes * count && counts.vectors == count)
      #expect(counts.conversions == 3 * passes * count)
      #expect(scratch.reads == [Int32](repeating: Int32(passes), count: count))
      #expect(counts.clippedVectors == (expected.isClipped || passes > 1 ? count : 0))
      #expect((counts.clippedOutputs > 0) == expected.isClipped)
    }
  }
}
