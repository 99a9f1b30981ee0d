// Softmax and normalization against their definitions in double precision.

import Glibc
import Kernels
import Testing

@Suite("Normalization") struct NormalizationTests {

  @Test("softmax matches its definition", arguments: [1, 2, 7, 16, 33], [false, true])
  func softmaxMatches(channels: Int, isLogarithm: Bool) {
    let input = values(3 * channels, seed: 1).map { $0 * 20 }
    var out = [Float](repeating: .nan, count: input.count)
    var span = out.mutableSpan
    softmax(&span, input: input.span, channels: channels, isLogarithm: isLogarithm)
    for start in stride(from: 0, to: input.count, by: channels) {
      let row = input[start..<(start + channels)].map { Double($0) }
      let sum = row.map { exp($0) }.reduce(0, +)
      for (c, x) in row.enumerated() {
        let expected = isLogarithm ? x - log(sum) : exp(x) / sum
        #expect(abs(Double(out[start + c]) - expected) <= 1e-7 * abs(expected) + 1e-12)
      }
    }
  }

  @Test("each channel is normalized by its constants", arguments: [1, 3, 15, 16, 17, 35])
  func normalizeMatches(channels: Int) {
    let input = values(4 * channels, seed: 1)
    let mean = values(channels, seed: 2)
    let factor = values(channels, seed: 3)
    let offset = values(channels, seed: 4)
    var out = [Float](repeating: .nan, count: input.count)
    var span = out.mutableSpan
    normalize(
      &span, input: input.span, mean: mean.span, factor: factor.span, offset: offset.span)
    for (i, y) in out.enumerated() {
      let c = i % channels
      let difference = input[i] - mean[c]
      let product = difference * factor[c]
      #expect(y == product + offset[c])
    }
  }
}
