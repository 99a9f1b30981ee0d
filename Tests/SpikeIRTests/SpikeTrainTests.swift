import SpikeIR
import Testing

/// Returns the units that neurons of the given levels emit, [tick][neuron].
private func units(
  _ kind: Encoder.Kind, _ levels: [Int32], of most: Int, ticks: Int, seed: Int = 0,
  position: Int = 0, image: Int = 0
) -> [[Int32]] {
  let encoder = Encoder(population: PopulationID(0), levels: most, kind: kind, seed: seed)
  let train = SpikeTrain(
    encoder, at: position, saying: levels, image: image, timesteps: ticks)
  return (0..<ticks).map { train.units(at: $0) }
}

/// Returns the mean and the variance of all units.
private func moments(_ units: [[Int32]]) -> (mean: Double, variance: Double) {
  let all = units.joined().map { Double($0) }
  let mean = all.reduce(0, +) / Double(all.count)
  let squares = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  return (mean, squares / Double(all.count))
}

@Suite("What encoders have sources emit") struct SpikeTrainTests {

  @Test func constantCurrent() {
    #expect(units(.constant, [3, -2, 0], of: 5, ticks: 2) == [[3, -2, 0], [3, -2, 0]])
  }

  @Test func latency() {
    // 5/5, 3/5, 1/5, −2/5 and 0 of 4 ticks, rounded: 4, 2, 1, 2 and 0 of them, the last ones.
    #expect(
      units(.latency, [5, 3, 1, -2, 0], of: 5, ticks: 4) == [
        [1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 1, 0, -1, 0], [1, 1, 1, -1, 0],
      ])
  }

  @Test("even spikes are those of a neuron that fires at the number of levels") func even() {
    let levels: [Int32] = [0, 1, 4, 7, 8, 15, -6]
    var potentials = [Int](repeating: 7, count: levels.count)
    var expected: [[Int32]] = []
    for _ in 0..<40 {
      expected.append(
        levels.indices.map { n in
          potentials[n] += Int(levels[n].magnitude)
          guard potentials[n] >= 15 else { return 0 }
          potentials[n] -= 15
          return levels[n].signum()
        })
    }
    #expect(units(.even, levels, of: 15, ticks: 40) == expected)
    let most = Int(Int32.max)
    #expect(units(.even, [.max, -.max, 0], of: most, ticks: 3).allSatisfy { $0 == [1, -1, 0] })
  }

  @Test("random spikes have the moments of their distribution", arguments: [0, 1, 40, 127, 255])
  func distributions(level: Int32) {
    // 40,000 draws; the mean lies within five standard errors.
    let (p, count) = (Double(level) / 255, 40_000.0)
    for sign: Int32 in [1, -1] {
      let levels = [Int32](repeating: sign * level, count: 200)
      let bernoulli = units(.bernoulli, levels, of: 255, ticks: 200)
      #expect(bernoulli.joined().allSatisfy { $0 == 0 || $0 == sign })
      let a = moments(bernoulli)
      let spread = p * (1 - p)
      #expect(abs(a.mean * Double(sign) - p) <= 5 * (spread / count).squareRoot())
      #expect(abs(a.variance - spread) <= 0.01)
      let poisson = units(.poisson, levels, of: 255, ticks: 200)
      let b = moments(poisson)
      #expect(poisson.joined().allSatisfy { $0 * sign >= 0 })
      #expect(abs(b.mean * Double(sign) - p) <= 5 * (p / count).squareRoot())
      #expect(abs(b.variance - p) <= 0.05)
    }
  }

  @Test("certain spikes come, impossible ones do not", arguments: [1, 255, Int(Int32.max)])
  func extremes(most: Int) {
    let found = units(.bernoulli, [Int32(most), 0, -Int32(most)], of: most, ticks: 50)
    #expect(found.allSatisfy { $0 == [1, 0, -1] })
    #expect(units(.latency, [Int32(most)], of: most, ticks: 9).allSatisfy { $0 == [1] })
  }

  @Test("seeds, encoders, images, ticks and neurons draw numbers of their own")
  func independence() {
    let levels = [Int32](repeating: 1, count: 64)
    let first = units(.bernoulli, levels, of: 2, ticks: 8)
    #expect(first == units(.bernoulli, levels, of: 2, ticks: 8))
    #expect(Set(first).count == 8)
    for other in [
      units(.bernoulli, levels, of: 2, ticks: 8, seed: 1),
      units(.bernoulli, levels, of: 2, ticks: 8, position: 1),
      units(.bernoulli, levels, of: 2, ticks: 8, image: 1),
    ] {
      // 512 coins that agree with 512 others in half of the places, within five deviations.
      let agreeing = zip(first.joined(), other.joined()).count { $0 == $1 }
      #expect(abs(agreeing - 256) <= 57)
    }
  }
}
