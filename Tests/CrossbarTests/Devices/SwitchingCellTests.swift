// Cells that pulses write: golden conductances of VTEAM and of the gated volatile cell, by hand from
// their formulas, and networks on arrays of them.

import Diagnostics
import Kernels
import SpikeIR
import SpikeInterpreter
import Testing

@testable import Crossbar
@testable import HardwareTargets

@Suite struct SwitchingCellTests {

  private static let volatile: [String: Double] = [
    "device.cell.onThreshold": -0.5, "device.cell.offThreshold": 0.5,
    "device.cell.setVoltage": -1, "device.cell.setSeconds": 1e-6, "device.cell.retention": 1e-3,
    "device.onOffRatio": 10,
  ]

  private func model(_ name: String, _ numbers: [String: Double] = [:]) throws -> DeviceModel {
    try DeviceModel(
      AnalogArray(
        rows: 1, columns: 1, mapping: nil, numbers: numbers.mapValues { Quantity($0) },
        words: ["device.model": name]))
  }

  @Test func pulsesOfThresholdCells() throws {
    let model = try model("vteam")
    let cell = try #require(model.cell)
    // 3 nm at 10 m/s, the speed at twice the threshold, in 256 pulses; 50 of 1000 ohms.
    #expect(model.least == 0.05 && cell.states.count == 257)
    #expect(abs(cell.states[100] - 3e-9 * 156 / 256) < 1e-20)
    #expect(abs(cell.conductances[244] - 0.528_925_619_8) < 1e-10)
    #expect(abs(cell.conductances[256] - 1) < 1e-12)
    // 0.525 is 16 thousandths above the conductance after 243 pulses, 4 below that after 244.
    #expect(cell.pulses(for: 0.525) == 244 && cell.pulses(for: 0.510) == 243)
    #expect(cell.pulses(for: 0) == 0 && cell.pulses(for: 2) == 256)
    let cells = ProgrammedCells([0, 0.5, 1], model, chip: .init(1))
    for (found, expected) in zip(cells.conductances, [0.05, 0.528_925_62, 1] as [Float]) {
      #expect(abs(found - expected) < 1e-6)
    }
    // Between its thresholds nothing moves, for however long.
    #expect(cells.conductances(after: 1e9, run: .init(1)) == cells.conductances)
  }

  @Test func coarsePulses() throws {
    // Three pulses of 0.1 ns move 1 nm each: 1000, 683, 367 and 50 ohms.
    let cell = try #require(try model("vteam", ["device.cell.pulseSeconds": 1e-10]).cell)
    for (found, expected) in zip(cell.conductances, [0.05, 0.073_170_73, 0.136_363_64, 1]) {
      #expect(abs(found - expected) < 1e-8)
    }
    #expect(cell.conductances.count == 4)
  }

  @Test func readsDisturbThresholdCells() throws {
    // Twice the upper threshold for a millionth of 6 µs: 0.5 mm/s · 6 ps = 3 fm of 3 nm, which adds
    // 0.95 mΩ to 50; for all of them 3 nm: all is lost.
    let gentle = try model(
      "vteam", ["device.cell.readVoltage": 0.04, "device.cell.readShare": 1e-6])
    var cells = ProgrammedCells([1], gentle, chip: .init(1))
    #expect(abs(cells.conductances(after: 6e-6, run: .init(1))[0] - 0.999_981) < 1e-6)
    let always = try model("vteam", ["device.cell.readVoltage": 0.04, "device.cell.readShare": 1])
    cells = ProgrammedCells([1], always, chip: .init(1))
    #expect(abs(cells.conductances(after: 6e-6, run: .init(1))[0] - 0.05) < 1e-6)
  }

  @Test func gatedCellsForget() throws {
    let model = try model("gated-volatile", Self.volatile)
    let cell = try #require(model.cell)
    #expect(model.least == 0.1)
    // The relaxation works against the pulses, a thousandth of their speed at the end.
    #expect(cell.states.count == 258 && cell.conductances.last == 1)
    let cells = ProgrammedCells([0, 1], model, chip: .init(1))
    // After the retention 1 − 1/e of the width is crossed: R = 1 + 9 · 0.632121.
    let later = cells.conductances(after: 1e-3, run: .init(1))
    #expect(later[0] == 0.1 && abs(later[1] - 0.149_497_28) < 1e-6)
    #expect(abs(cells.conductances(after: 1, run: .init(1))[1] - 0.1) < 1e-6)
  }

  @Test func fastRelaxationLimitsWhatCanBeWritten() throws {
    var numbers = Self.volatile
    // At the end relaxation is as fast as pulses are: x = w − w · τ/T = w/2.
    numbers["device.cell.retention"] = 0.5e-6
    let cell = try #require(try model("gated-volatile", numbers).cell)
    #expect(abs((cell.states.last ?? 0) - 1.5e-9) < 1e-15)
    #expect(abs((cell.conductances.last ?? 0) - 1 / 5.5) < 1e-6)
  }

  @Test func stuckCellsDoNotForget() throws {
    var model = try model("gated-volatile", Self.volatile)
    model.stuckOn = 1
    let cells = ProgrammedCells([0.5, 0], model, chip: .init(1))
    #expect(cells.conductances(after: 1, run: .init(1)) == [1, 1])
  }

  @Test(
    arguments: [
      ("ideal", ["device.cell.width": 1e-9], "device.cell"),
      ("vteam", ["device.cell.retention": 1], "gated-volatile"),
      ("vteam", ["device.cell.onThreshold": 0.1], "onThreshold"),
      ("vteam", ["device.cell.setVoltage": -0.1], "setVoltage"),
      ("vteam", ["device.cell.setSeconds": 1, "device.cell.onSpeed": -1], "one of them"),
      ("vteam", ["device.cell.pulseSeconds": 1e-18], "65536"),
      ("vteam", ["device.leastResistance": 10], "mostResistance"),
      ("gated-volatile", ["device.cell.readVoltage": 0.1], "vteam"),
      ("gated-volatile", ["device.cell.retention": 1e-16], "longer or stronger"),
    ] as [(String, [String: Double], String)])
  func whatIsWrongIsSaid(_ name: String, _ numbers: [String: Double], _ word: String) {
    let all = name == "gated-volatile" ? Self.volatile.merging(numbers) { $1 } : numbers
    let error = #expect(throws: Diagnostic.self) { try model(name, all) }
    #expect(error?.id == "crossbar.bad-array")
    #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: volatile.keys.sorted())
  func volatileCellsHaveNoDefaults(_ name: String) {
    var numbers = Self.volatile
    numbers[name] = nil
    let error = #expect(throws: Diagnostic.self) { try model("gated-volatile", numbers) }
    #expect(error?.message.contains(String(name.split(separator: ".").last ?? "")) == true)
  }

  // MARK: Networks

  /// Returns what a layer of one output yields for 1 at each input in turn.
  private func outputs(
    _ weights: [Float], _ model: String, _ numbers: [String: Double], words: [String: String] = [:],
    seconds: Double = 0, chip: UInt64 = 1
  ) throws -> [Float] {
    var graph = ANNGraph(name: "dense")
    let input = try graph.add("input", .input, shape: [weights.count])
    let kernel = graph.tensors.add("kernel", shape: [weights.count, 1], floats: weights)
    graph.outputs = [try graph.add("dense", .dense(Dense(kernel: kernel, bias: nil)), [input])]
    let machine = TargetDescription.arrays(
      rows: 64, columns: 64, count: 1, mapping: "signed-abstract", numbers: numbers,
      words: words.merging(["device.model": model, "biasRow": "digital"]) { $1 })
    let matrices = WeightMatrix.all(in: graph)
    var arrays = machine
    arrays.cores[0].synapse = nil
    let layout = try CrossbarLayout(
      matrices, matrices.map { _ in LayerChoice() }, on: arrays,
      arrays: try ArrayFeatures.all(of: arrays), mode: .vectors)
    var options = EmulationOptions()
    options.seconds = seconds
    options.chipSeed = chip
    let emulator = try CrossbarEmulator(graph, layout, options)
    return try weights.indices.map { i in
      var x = [Float](repeating: 0, count: weights.count)
      x[i] = 1
      return try emulator.executor.run([x])[0][0]
    }
  }

  @Test func networksOnThresholdCells() throws {
    // What pulses come to, less the least conductance: (0.528926 − 0.05)/0.95.
    let found = try outputs([1, 0.5, -0.5, 0], "vteam", [:])
    for (y, expected) in zip(found, [1, 0.504_132_2, -0.504_132_2, 0] as [Float]) {
      #expect(abs(y - expected) < 1e-5, "\(found)")
    }
  }

  @Test func networksOnVolatileCells() throws {
    let now = try outputs([1, 0], "gated-volatile", Self.volatile)
    #expect(abs(now[0] - 1) < 1e-5 && abs(now[1]) < 1e-6)
    // (0.149497 − 0.1)/0.9 a retention later.
    let later = try outputs([1, 0], "gated-volatile", Self.volatile, seconds: 1e-3)
    #expect(abs(later[0] - 0.054_996_98) < 1e-5, "\(later)")
    let refreshed = try outputs(
      [1, 0], "gated-volatile", Self.volatile, words: ["device.drift.compensation": "global"],
      seconds: 1e-3)
    #expect(abs(refreshed[0] - 1) < 1e-4, "\(refreshed)")
  }

  @Test func boundsOfTheirOwn() throws {
    let weights = [Float](repeating: 1, count: 60)
    let spread = ["device.wMaxDtod": 0.3, "device.wMinDtod": 0.3]
    #expect(try outputs(weights, "ideal", spread) == weights)
    let found = try outputs(weights, "ideal", spread, words: ["device.programmedBounds": "own"])
    // Half of the devices go to 1, the others as far as they go.
    #expect((20...40).contains(found.count { $0 == 1 }) && found.allSatisfy { $0 <= 1 })
    let small = [Float](repeating: 0.2, count: 59) + [1]
    let kept = try outputs(small, "ideal", spread, words: ["device.programmedBounds": "own"])
    #expect(kept.dropLast().count { abs($0 - 0.2) < 1e-6 } >= 55)
    let other = try outputs(
      weights, "ideal", spread, words: ["device.programmedBounds": "own"], chip: 2)
    #expect(other != found)
  }

  @Test(
    arguments: [
      [:], ["device.wMaxDtod": 0.3, "device.wMinDtod": 0.2],
      ["device.wMaxDtod": 0.3, "device.wMax": 0.6, "device.wMin": -0.5],
    ] as [[String: Double]])
  func boundsThatDoNotFit(_ numbers: [String: Double]) {
    let error = #expect(throws: Diagnostic.self) {
      try DeviceModel(
        AnalogArray(
          rows: 1, columns: 1, mapping: nil, numbers: numbers.mapValues { Quantity($0) },
          words: ["device.programmedBounds": "own"]))
    }
    #expect(error?.id == "crossbar.bad-array")
  }
}
