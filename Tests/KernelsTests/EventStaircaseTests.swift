// Lookups of staircases against counting thresholds one by one.

import TestSupport
import Testing

@testable import Kernels

@Suite("Staircase kernel") struct EventStaircaseTests {

  /// Returns the values at `v`, by the definition.
  private func expected(
    _ v: [Int32], channels: Int, thresholds: [Int32], values: [Int32]
  ) -> [Int32] {
    let steps = values.count - 1
    let columns = thresholds.count / steps
    return v.enumerated().map { n, v in
      let c = n % channels % columns
      return values[(0..<steps).count { thresholds[$0 * columns + c] <= v }]
    }
  }

  @Test("finds the interval", arguments: [1, 3, 16, 17, 40], [1, 2, 47, 48, 49, 64, 127, 500])
  func intervals(channels: Int, steps: Int) throws {
    var random = SplitMix64(seed: UInt64(channels * 1000 + steps))
    for isShared in [false, true] {
      let grid = EventGrid(height: 2, width: 3, channels: channels)
      let columns = isShared ? 1 : channels
      var thresholds = [Int32](repeating: 0, count: steps * columns)
      for c in 0..<columns {
        var column = (0..<steps).map { _ in Int32(random.int(-50...50)) }.sorted()
        if steps > 2, c == 0 { (column[0], column[steps - 1]) = (.min, .max) }
        for k in 0..<steps { thresholds[k * columns + c] = column[k] }
      }
      let values = (0...steps).map { _ in Int32(random.int(-300...300)) }
      var v = (0..<grid.count).map { _ in Int32(random.int(-60...60)) }
      v[0] = .min
      v[1 % v.count] = .max
      let padded = EventMemory(byteCount: grid.paddedCount * 4)
      for (n, x) in v.enumerated() {
        padded.int32[n / channels * grid.lanes + n % channels] = x
      }
      let kernel = EventStaircase(
        grid: grid, thresholds: thresholds, values: values, countsDigits: false)
      let layout = EventLayout(grid: grid, format: .int16)
      let units = EventMemory(byteCount: layout.byteCount)
      let spikes = EventMemory(byteCount: grid.positions * 8)
      for rows in [0..<1, 1..<2] {
        kernel.step(padded, rows: rows, units: units, layout: layout, spikes: spikes)
      }
      let wanted = expected(v, channels: channels, thresholds: thresholds, values: values)
      #expect(layout.read(units) == wanted)
      let counts = (0..<grid.positions).map { p in
        (0..<channels).reduce(0) { $0 + Int(wanted[p * channels + $1].magnitude) }
      }
      #expect(spikes.readCounters(grid.positions) == counts)
    }
  }

  @Test("rounds expectations down, within 32 bits") func extrapolation() {
    let cases: [(v: Int32, ticks: Int, tick: Int)] = [
      (0, 7, 3), (5, 7, 3), (-5, 7, 3), (6, 7, 3), (-6, 7, 3), (1, 4096, 4095), (-1, 4096, 4095),
      (.max, 4096, 1), (.min, 4096, 1), (.max, 1, 4096), (.min, 1, 4096), (.max, 4095, 4096),
      (.min, 4095, 4096), (2_147_483_520, 4096, 3), (-2_147_483_521, 13, 12),
    ]
    for (v, ticks, tick) in cases {
      // The value says which of two neighbouring numbers the expectation reaches.
      let exact = Int(v) * ticks
      let floor = exact >= 0 ? exact / tick : -((-exact + tick - 1) / tick)
      let wanted = Int32(clamping: floor)
      let grid = EventGrid(height: 1, width: 1, channels: 1)
      let kernel = EventStaircase(
        grid: grid, thresholds: wanted == .max ? [wanted] : [wanted, wanted + 1],
        values: wanted == .max ? [0, 4096] : [0, 4096, 0], countsDigits: false)
      let memory = EventMemory(byteCount: grid.paddedCount * 4)
      memory.int32[0] = v
      let layout = EventLayout(grid: grid, format: .planes(positive: 1, negative: 1))
      let units = EventMemory(byteCount: layout.byteCount)
      kernel.follow(
        memory, rows: 0..<1, input: EventParameter([0], grid: grid, padding: 0),
        said: EventMemory(byteCount: grid.paddedCount * 4),
        targets: EventMemory(byteCount: kernel.targetBytes), tick: tick, of: ticks, units: units,
        layout: layout, spikes: EventMemory(byteCount: 8))
      #expect(layout.read(units) == [1], "\(v) \(ticks) \(tick)")
    }
  }
}
