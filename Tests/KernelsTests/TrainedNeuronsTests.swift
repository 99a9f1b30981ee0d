import Glibc
import Testing

@testable import Kernels

@Suite("Neurons in training") struct TrainedNeuronsTests {

  private let layer = SoftLIFLayer(
    gain: [0.8, 3], offset: [0.1, -0.5], amplitude: [0.06, 0.02], tauRC: 0.05, tauRef: 0.001,
    gamma: 0.02)

  /// The rate by its definition, in double precision.
  private func value(_ x: Double, channel c: Int, gamma: Double) -> Double {
    let j = [0.8, 3][c] * (x + [0.1, -0.5][c])
    let y = j / gamma
    let soft = y > 30 ? y + exp(-y) : log1p(exp(y))
    // ln(1 + 1/s) for s too small to be told from 0.
    let logarithm = y < -30 ? -y - log(gamma) : log1p(1 / (gamma * soft))
    return [0.06, 0.02][c] / (0.001 + 0.05 * logarithm)
  }

  private func run(
    _ input: [Float], _ noise: SpikeNoise = .none, seed: UInt64 = 1
  ) -> (values: [Float], slopes: [Float]) {
    var values = input
    var slopes = input
    values.withUnsafeMutableBufferPointer { values in
      slopes.withUnsafeMutableBufferPointer { slopes in
        input.withUnsafeBufferPointer { input in
          guard let v = values.baseAddress, let s = slopes.baseAddress, let i = input.baseAddress
          else { return }
          layer.apply(
            v, slope: s, input: i, count: input.count, noise: noise, RandomField(seed))
        }
      }
    }
    return (values, slopes)
  }

  @Test("rates and their derivatives are those of the equations") func rates() {
    let points = stride(from: Float(-3), to: 12, by: 0.037).map { $0 }
    let (values, slopes) = run(points.flatMap { [$0, $0] })
    for (i, x) in points.enumerated() {
      for c in 0..<2 {
        let exact = value(Double(x), channel: c, gamma: 0.02)
        let h = 1e-5
        let slope =
          (value(Double(x) + h, channel: c, gamma: 0.02)
            - value(Double(x) - h, channel: c, gamma: 0.02)) / (2 * h)
        #expect(abs(Double(values[2 * i + c]) - exact) < 2e-5 * exact, "x = \(x)")
        #expect(abs(Double(slopes[2 * i + c]) - slope) < 1e-3 * slope + 1e-6, "x = \(x)")
      }
    }
  }

  @Test(
    "noise leaves the mean rate, and nothing below the threshold",
    arguments: [
      SpikeNoise.gaussian(sigma: 10), .alpha(tau: 0.005), .alphaMembrane(tau: 0.005),
      .alphaMembrane(tau: 0.05),
    ])
  func noise(_ noise: SpikeNoise) {
    let count = 40_000
    // 0.55 gives rates near the standard deviation, where bounds matter.
    for x in [Float(0.55), 1, 4, 9] {
      let (values, _) = run([Float](repeating: x, count: count), noise, seed: 3)
      for c in 0..<2 {
        let own = stride(from: c, to: count, by: 2).map { Double(values[$0]) }
        let mean = own.reduce(0, +) / Double(own.count)
        let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(own.count)
        let exact = value(Double(x), channel: c, gamma: 0.02)
        let error = 5 * (variance / Double(own.count)).squareRoot()
        #expect(abs(mean - exact) < error + 3e-4 * exact, "\(noise) at \(x)")
        #expect(variance > 0)
      }
    }
    let below = [Float](repeating: -0.4, count: 100)
    #expect(run(below, noise).values == run(below).values)
  }

  @Test("random numbers are normal, and depend on position alone") func normal() {
    let field = RandomField(7, 8)
    let x = (0..<100_000).map { Double(field.normal(at: $0)) }
    let mean = x.reduce(0, +) / 1e5
    let moments = (2...4).map { n in x.reduce(0) { $0 + pow($1 - mean, Double(n)) } / 1e5 }
    #expect(abs(mean) < 0.015 && abs(moments[0] - 1) < 0.02)
    #expect(abs(moments[1]) < 0.04 && abs(moments[2] - 3) < 0.12)
    #expect(field.normal(at: 5) == RandomField(7, 8).normal(at: 5))
    #expect(field.normal(at: 5) != RandomField(8, 7).normal(at: 5))
  }

  @Test("single-precision functions keep to their bounds") func elementary() {
    for i in -2000...2000 {
      let x = Float(i) * 0.04
      #expect(abs(Double(exponential(x)) / exp(Double(x)) - 1) < 4e-7)
      let y = exponential(x)
      #expect(abs(Double(logarithm(y)) - log(Double(y))) < 2e-7 * (1 + abs(log(Double(y)))))
      #expect(
        abs(Double(logarithmOfSuccessor(y)) - log1p(Double(y))) < 4e-7 * log1p(Double(y)) + 1e-37)
    }
  }

  @Test("steps are those of the codes, with slopes between their ends", arguments: [false, true])
  func staircase(isSigned: Bool) {
    let layer = StaircaseLayer(thresholds: [2], levels: 4, isSigned: isSigned)
    let input: [Float] = [-3, -0.3, -0.2, 0, 0.2, 0.25, 0.8, 1.9, 2, 7]
    var values = input
    var slopes = input
    values.withUnsafeMutableBufferPointer { values in
      slopes.withUnsafeMutableBufferPointer { slopes in
        input.withUnsafeBufferPointer { input in
          guard let v = values.baseAddress, let s = slopes.baseAddress, let i = input.baseAddress
          else { return }
          layer.apply(v, slope: s, input: i, count: input.count)
        }
      }
    }
    let positive: [Float] = [0, 0, 0.5, 1, 2, 2, 2]
    #expect(values == (isSigned ? [-2, -0.5, 0] : [0, 0, 0]) + positive)
    #expect(slopes == (isSigned ? [0, 1, 1, 1] : [0, 0, 0, 0]) + [1, 1, 1, 1, 0, 0])
  }
}
