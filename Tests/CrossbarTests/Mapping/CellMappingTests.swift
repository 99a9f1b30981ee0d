// Cells hold weights: what is decoded is what was encoded, to the rounding of their bits.

import TestSupport
import Testing

@testable import Crossbar

@Suite struct CellMappingTests {

  static let mappings: [CellMapping] = {
    var result: [CellMapping] = []
    for signs in CellMapping.Signs.allCases {
      for devices in [1, 3] {
        result.append(CellMapping(signs: signs, devices: devices))
        for bits in [1, 2, 3, 8] where bits > 1 || signs == .pair {
          result.append(CellMapping(signs: signs, cellBits: bits, devices: devices))
          for slices in [2, 3] where signs != .abstract {
            result.append(
              CellMapping(signs: signs, slices: slices, cellBits: bits, devices: devices))
          }
        }
      }
    }
    return result
  }()

  @Test(arguments: mappings) func decodesWhatItEncodes(_ mapping: CellMapping) throws {
    var random = SplitMix64(seed: 1)
    let weights =
      [-1, 0, 1, 0.5] + (0..<200).map { _ in Double.random(in: -1...1, using: &random) }
    let step = mapping.largestCode.map { 1 / Double($0) } ?? 0
    for weight in weights {
      let cells = mapping.encode(weight)
      #expect(cells.count == mapping.cellCount)
      let range = mapping.signs == .abstract ? -1.0...1 : 0...1
      #expect(cells.allSatisfy { range.contains($0) })
      #expect(abs(mapping.decode(cells) - weight) <= step / 2 + 1e-12)
    }
    #expect(abs(mapping.decode(mapping.encode(7)) - 1) < 1e-12)
    #expect(abs(mapping.decode(mapping.encode(-.infinity))) < 1e-12)
  }

  /// Every code is met, once.
  @Test(arguments: mappings.filter { ($0.largestCode ?? .max) < 1 << 10 })
  func codesAreExact(_ mapping: CellMapping) throws {
    let most = try #require(mapping.largestCode)
    var seen: Set<[Double]> = []
    for code in -most...most {
      let cells = mapping.encode(Double(code) / Double(most))
      #expect(seen.insert(cells).inserted)
      #expect(abs(mapping.decode(cells) * Double(most) - Double(code)) < 1e-9)
      guard let bits = mapping.cellBits, mapping.signs != .abstract else { continue }
      let levels = Double(1 << bits - 1)
      #expect(cells.allSatisfy { abs(($0 * levels).rounded() - $0 * levels) < 1e-9 })
    }
  }

  @Test func slicesOfTwoBits() {
    // ISAAC's way: 16 bits in eight slices; the code of 0 is 2^15, the top bit of the last slice.
    let mapping = CellMapping(signs: .offset, slices: 8, cellBits: 2)
    #expect(mapping.largestCode == 32_767)
    #expect(mapping.encode(0) == [0, 0, 0, 0, 0, 0, 0, 2.0 / 3])
    #expect(mapping.encode(1) == [Double](repeating: 1, count: 8))
    #expect(mapping.encode(-1) == [1.0 / 3] + [Double](repeating: 0, count: 7))
    let pair = CellMapping(signs: .pair, slices: 2, cellBits: 4)
    #expect(pair.largestCode == 255)
    #expect(pair.encode(-16.0 / 255) == [0, 0, 0, 1.0 / 15])
  }
}
