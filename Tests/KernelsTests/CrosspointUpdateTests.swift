// Pulses on lines, and coincidences at crossings, against slot by slot.

import Testing

@testable import Kernels

@Suite struct CrosspointUpdateTests {

  @Test(arguments: [1, 2, 7, 10, 63, 64])
  func pulsesComeWithTheirProbability(_ slots: Int) {
    let values: [Float] = [0.5, -0.125, 0, 3, -1e-3, 0.4]
    var counts = [Double](repeating: 0, count: values.count)
    let draws = 6000
    let field = RandomField(9)
    for n in 0..<draws {
      var trains = PulseTrains()
      trains.append(values.span, gain: 0.8, slots: slots, firstLine: 4, field.field(UInt64(n)))
      for train in trains.trains {
        #expect((train.slots >> UInt64(slots - 1)) >> 1 == 0)
        #expect((train.sign != 0) == (values[Int(train.line) - 4] < 0))
        counts[Int(train.line) - 4] += Double(train.slots.nonzeroBitCount)
      }
    }
    for (value, count) in zip(values, counts) {
      let chance = Double(min(1, 0.8 * abs(value)))
      let number = Double(draws * slots)
      #expect(
        abs(count / number - chance) <= 5 * (chance * (1 - chance) / number).squareRoot() + 1e-9)
    }
  }

  /// Lines are drawn together; each is what it would be slot by slot.
  @Test(arguments: [1, 9, 64]) func pulsesAreThoseOfTheirPlaces(_ slots: Int) {
    let field = RandomField(4)
    var values = (0..<150).map { Float($0 % 11) * 0.11 - 0.4 }
    for i in 64..<128 { values[i] = 0 }
    (values[4], values[140]) = (1e-12, 0x1p-31)
    var trains = PulseTrains()
    trains.append(values.span, gain: 0.9, slots: slots, firstLine: 7, field)
    var expected: [Int: UInt64] = [:]
    for (i, value) in values.enumerated() {
      let chance = min(1, abs(value) * 0.9)
      guard chance > 0 else { continue }
      let limit = UInt64(chance * 0x1p32)
      for slot in 0..<slots {
        let bits = field.bits(at: (i + 7) * 32 + slot / 2)
        let half = slot.isMultiple(of: 2) ? bits & 0xffff_ffff : bits >> 32
        if half < limit { expected[i + 7, default: 0] |= 1 << UInt64(slot) }
      }
    }
    #expect(trains.trains.map { Int($0.line) } == expected.keys.sorted())
    for train in trains.trains { #expect(train.slots == expected[Int(train.line)]) }
  }

  @Test func slotsAreIndependent() {
    // Neighbouring slots share a draw of 64 bits; their joint frequency is the product.
    var (both, draws) = (0.0, 0.0)
    for n in 0..<4000 {
      var trains = PulseTrains()
      let values = [Float](repeating: 0.5, count: 4)
      trains.append(values.span, gain: 1, slots: 8, RandomField(UInt64(n)))
      for train in trains.trains {
        both += Double((train.slots & (train.slots >> 1) & 0x7f).nonzeroBitCount)
      }
      draws += 4 * 7
    }
    #expect(abs(both / draws - 0.25) < 5 * (0.25 * 0.75 / draws * 1.5).squareRoot())
  }

  @Test func coincidencesAreThoseOfSlots() {
    var random = RandomField(2)
    for trial in 0..<50 {
      random = random.field(UInt64(trial))
      let (rows, columns, slots) = (1 + trial % 7, 1 + trial * 7 % 150, 1 + trial % 64)
      func numbers(_ count: Int, _ salt: UInt64) -> [Float] {
        var result = [Float](repeating: 0, count: count)
        var span = result.mutableSpan
        random.field(salt).normals(&span)
        return result
      }
      let (x, d) = (numbers(rows, 1), numbers(columns, 2))
      var (rowPulses, columnPulses) = (PulseTrains(), PulseTrains())
      rowPulses.append(x.span, gain: 0.5, slots: slots, random.field(3))
      columnPulses.append(d.span, gain: 0.7, slots: slots, random.field(4))
      columnPulses.index()
      let devices = (0..<rows * columns).map { i in
        CrosspointDevice(
          up: 0.1 + 0.01 * Float(i), down: 0.2 + 0.01 * Float(i), lower: -1, upper: 1.5)
      }
      var weights = [Float](repeating: 0.25, count: rows * columns)
      var span = weights.mutableSpan
      let count = applyCoincidences(
        &span, devices: devices.span, columns: columns, rowPulses: rowPulses,
        columnPulses: columnPulses, noise: 0, random.field(5))
      var (expected, total) = ([Float](repeating: 0.25, count: rows * columns), 0)
      for slot in 0..<slots {
        for row in rowPulses.trains where row.slots >> UInt64(slot) & 1 == 1 {
          for column in columnPulses.trains where column.slots >> UInt64(slot) & 1 == 1 {
            let i = Int(row.line) * columns + Int(column.line)
            let device = devices[i]
            let isSame = (x[Int(row.line)] < 0) == (d[Int(column.line)] < 0)
            expected[i] = device.clamped(expected[i] + (isSame ? -device.down : device.up))
            total += 1
          }
        }
      }
      #expect(count == total)
      for (weight, value) in zip(weights, expected) { #expect(abs(weight - value) < 1e-5) }
    }
  }

  @Test func normalsAreThoseOfThePositions() {
    let field = RandomField(7)
    var values = [Float](repeating: 0, count: 37)
    var span = values.mutableSpan
    field.normals(&span, from: 5)
    for (i, value) in values.enumerated() { #expect(abs(value - field.normal(at: 5 + i)) < 1e-6) }
  }
}
