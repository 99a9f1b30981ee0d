// Interval analysis against simulations, and against all inputs of networks small enough for that.

import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@Suite("Bounds of potentials") struct PotentialBoundsTests {

  @Test("hold whatever random networks do", arguments: 0..<20 as Range<UInt64>)
  func holdForRandomNetworks(block: UInt64) throws {
    for seed in block * 10..<block * 10 + 10 {
      let graph = randomSpikingGraph(
        seed: seed,
        options: SpikingGraphOptions(
          maximumDelay: 2, hasDecayingNeurons: seed.isMultiple(of: 2),
          hasShiftingNeurons: seed.isMultiple(of: 3)))
      let bounds = try PotentialBounds(graph)
      let simulator = try ClockSimulator(graph)
      var generator = SplitMix64(seed: seed)
      for _ in 0..<3 {
        let found = try simulator.run(randomInputs(for: graph, using: &generator))
        for id in graph.populations.ids {
          let channels = graph[id].shape.channels
          let held = found.potentialsByTick[id.index] + [found.trace.potentials[id.index]]
          for values in held {
            for (n, v) in values.enumerated() {
              let range = bounds.potentials[id.index][n % channels]
              #expect(range.low <= Double(v) && Double(v) <= range.high, "seed \(seed), \(id)")
            }
          }
          for (n, q) in units(found.trace.units[id.index], graph[id].code).enumerated() {
            let range = bounds.units[id.index][n % channels]
            #expect(range.low <= Double(q) && Double(q) <= range.high, "seed \(seed), \(id)")
          }
        }
      }
    }
  }

  /// Returns all units that neurons emitted: in each tick under `rate`, else in the window.
  private func units(_ entries: [[Int32]], _ code: SpikeCode) -> [Int32] {
    guard let first = entries.first else { return [] }
    if code.isRate {
      // Neurons one after another would lose their channel: an entry has whole images.
      return entries.flatMap { $0 }
    }
    return entries.dropFirst().reduce(first) { sums, entry in zip(sums, entry).map { $0 + $1 } }
  }

  @Test("are reached by a layer on sources", arguments: [false, true])
  func reached(isSigned: Bool) throws {
    var b = SpikingBuilder(code: .weighted(bits: 3))
    let x = b.source([3], levels: 2)
    let y = b.fire([2], threshold: [5, 3], isSigned: isSigned, bias: [4, -2])
    b.dense(x, y, [3, -1, -2, 4, 1, 0], shift: 1)
    let graph = b.complete
    let bounds = try PotentialBounds(graph)
    let network = try QuantizedNetwork(graph)
    var sums: [[Int32]] = [[], []]
    var said = sums
    for code in 0..<125 {
      let input = [code % 5 - 2, code / 5 % 5 - 2, code / 25 - 2].map { Float($0) }
      let values = try network.run([input])
      for c in 0..<2 {
        sums[c].append(values.potentials[y.index][c])
        said[c].append(values.units[y.index][c])
      }
    }
    for c in 0..<2 {
      let (low, high) = (try #require(sums[c].min()), try #require(sums[c].max()))
      let (h, bias) = (Double([2, 1][c]), Double([4, -2][c]))
      // Partial sums do without the bias; what fires is |v| + h.
      var expected = ValueRange(Double(low) - max(bias, 0), Double(high) - min(bias, 0))
      expected.high = isSigned ? max(expected.high, Double(max(-low, high)) + h) : expected.high + h
      #expect(bounds.potentials[y.index][c] == expected)
      let units = ValueRange(
        Double(try #require(said[c].min())), Double(try #require(said[c].max())))
      #expect(bounds.units[y.index][c] == units)
    }
  }

  @Test("under rate a potential grows by what firing does not take away") func rate() throws {
    var b = SpikingBuilder(code: .rate(timesteps: 10))
    let x = b.source([1], levels: 3)
    let y = b.fire([1], threshold: [7])
    b.dense(x, y, [4])
    let bounds = try PotentialBounds(b.complete)
    // v(0) = 3; each tick at most + 12 − 7; before firing in the tenth: 3 + 9 · 5 + 12.
    #expect(bounds.potentials[y.index] == [ValueRange(-117, 60)])
    #expect(bounds.units[y.index] == [ValueRange(0, 1)])
  }

  @Test("count the bits of registers")
  func bits() {
    #expect(ValueRange(0, 0).bits == 1)
    #expect(ValueRange(-1, 0).bits == 1)
    #expect(ValueRange(0, 1).bits == 2)
    #expect(ValueRange(-128, 127).bits == 8)
    #expect(ValueRange(-129, 0).bits == 9)
    #expect(ValueRange(0, 128).bits == 9)
    #expect(ValueRange(0, 2_147_483_647).bits == 32)
  }
}
