// Pooling of every geometry against the elements of each window.

import Kernels
import Testing

@Suite("Pooling") struct PoolingTests {

  @Test("maximum is that of the elements inside the image", arguments: ConvolutionCase.geometries)
  func maximum(_ geometry: ConvolutionCase) {
    let window = geometry.window
    // All negative, so that padding taken for zeros would show.
    let input = values(window.inputCount, seed: 1).map { $0 - 2 }
    var out = [Float](repeating: .nan, count: window.positions * window.channels)
    var span = out.mutableSpan
    poolMaximum(&span, input: input.span, window: window)
    #expect(out.map { Double($0) } == poolReference(input, window: window).map { $0.max() ?? 0 })
  }

  @Test(
    "average divides by the elements inside the image, or by a fixed number",
    arguments: ConvolutionCase.geometries, [nil, 6])
  func average(_ geometry: ConvolutionCase, _ divisor: Int?) {
    let window = geometry.window
    let input = values(window.inputCount, seed: 1)
    var out = [Float](repeating: .nan, count: window.positions * window.channels)
    var span = out.mutableSpan
    poolAverage(&span, input: input.span, window: window, divisor: divisor)
    for (found, elements) in zip(out, poolReference(input, window: window)) {
      let expected = elements.reduce(0, +) / Double(max(1, divisor ?? elements.count))
      #expect(abs(Double(found) - expected) <= 1e-6)
    }
  }

  @Test("a value that is not a number is the maximum") func notANumber() {
    let window = ImageWindow(
      height: 1, width: 3, channels: 1, rows: 1, columns: 1, tapColumns: 3)
    for position in 0..<3 {
      var input: [Float] = [1, 2, 3]
      input[position] = .nan
      var out: [Float] = [0]
      var span = out.mutableSpan
      poolMaximum(&span, input: input.span, window: window)
      #expect(out[0].isNaN)
    }
  }
}
