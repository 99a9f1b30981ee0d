// Descriptions of arrays: what is understood, and what is refused.

import Diagnostics
import HardwareTargets
import Testing

@testable import Crossbar

@Suite struct ArrayFeaturesTests {

  private func features(
    rows: Int = 128, columns: Int = 128, mapping: String? = nil, _ numbers: [String: Double] = [:],
    _ words: [String: String] = [:]
  ) throws -> ArrayFeatures {
    try ArrayFeatures.all(
      of: .arrays(rows: rows, columns: columns, mapping: mapping, numbers: numbers, words: words))[
        0]
  }

  @Test func columnsOfMappings() throws {
    #expect(try features().columnsPerOutput == 1)
    let pair = try features(mapping: "differential")
    #expect(pair.columnsPerOutput == 2 && pair.mostOutputs == 64 && pair.arraysPerTile == 1)
    let apart = try features(mapping: "differential", [:], ["parts": "arrays"])
    #expect(apart.columnsPerOutput == 1 && apart.mostOutputs == 128 && apart.arraysPerTile == 2)
    let unit = try features(mapping: "offset-unit-column")
    #expect(unit.mostOutputs == 127 && unit.columns(of: 127) == 128)
    let sliced = try features(
      columns: 129, mapping: "bit-sliced-offset", ["slices": 8, "cellBits": 2],
      ["unitColumn": "true"])
    #expect(sliced.columnsPerOutput == 8 && sliced.mostOutputs == 16)
    #expect(sliced.blocksPerTile(inputs: 20, outputs: 3) == 5)
    let both = try features(mapping: "bit-sliced-differential", ["slices": 2, "cellBits": 4])
    #expect(both.columnsPerOutput == 4 && both.cells.bits == 8)
    let rows = try features(mapping: "signed-rows")
    #expect(rows.rowsPerInput == 2 && rows.mostInputs == 64)
    #expect(try features(["devicesPerWeight": 13]).columnsPerOutput == 13)
  }

  @Test func readsOfAVector() throws {
    #expect(try features().readsPerVector == 1)
    #expect(try features(["input.bits": 16, "input.slice": 1]).readsPerVector == 16)
    #expect(try features(["input.bits": 7, "input.slice": 2]).readsPerVector == 4)
    #expect(try features(["input.bits": 8]).readsPerVector == 1)
    #expect(try features(["readTime": 8e-8]).readSeconds == 8e-8)
    #expect(try features().readSeconds == nil)
  }

  @Test(
    arguments: [
      (["slices": 2.5], [:]), (["slices": 2], [:]), (["cellBits": 0], [:]),
      (["devicesPerWeight": 1e9], [:]), (["readTime": -1], [:]), (["input.slice": 1], [:]),
      (["split": 1], [:]), (["rowsPerInput": 3], [:]), (["cellBits": 1], [:]),
      ([:], ["split": "half"]), ([:], ["biasRow": "true"]), ([:], ["parts": "rows"]),
      ([:], ["cellBits": "four"]), ([:], ["unitColumn": "true"]),
      (["devicesPerWeight": 200], [:]),
    ] as [([String: Double], [String: String])])
  func refuses(_ numbers: [String: Double], _ words: [String: String]) throws {
    let error = #expect(throws: CompileError.self) { try features(numbers, words) }
    #expect(error?.diagnostics.map(\.id) == ["crossbar.bad-array"])
  }

  @Test(arguments: ["bit-sliced-offset", "other"]) func refusesMappings(_ mapping: String) throws {
    #expect(throws: CompileError.self) { try features(mapping: mapping) }
  }

  @Test func refusesSpikingCores() throws {
    let target = try #require(TargetDescription.builtIn("loihi1"))
    let error = #expect(throws: CompileError.self) { try ArrayFeatures.all(of: target) }
    #expect(error?.diagnostics.map(\.id) == ["crossbar.no-arrays"])
  }
}
