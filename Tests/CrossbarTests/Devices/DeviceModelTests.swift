// Devices: known samples of published formulas, statistics of programmed cells, drift.

import Diagnostics
import Kernels
import Testing

@testable import Crossbar
@testable import HardwareTargets

@Suite struct DeviceModelTests {

  private func phaseChange() throws -> DeviceModel {
    try DeviceModel(
      AnalogArray(
        rows: 1, columns: 1, mapping: nil,
        numbers: ["device.largestConductance": Quantity(25e-6)], words: ["device.model": "pcm"]))
  }

  @Test func programmingErrorOfPhaseChangeCells() throws {
    // 0.26348 + 0.98250 − 0.293275 microsiemens at half of 25.
    let model = try phaseChange()
    #expect(abs(model.programmingDeviation(0.5) * 25 - 0.952705) < 1e-12)
    let cells = ProgrammedCells([Float](repeating: 0.5, count: 40_000), model, chip: RandomField(1))
    let mean = cells.conductances.reduce(0.0) { $0 + Double($1) } / 40_000
    let variance =
      cells.conductances.reduce(0.0) {
        $0 + (Double($1) - mean) * (Double($1) - mean)
      } / 40_000
    #expect(abs(mean - 0.5) < 1e-3)
    #expect(abs(variance.squareRoot() * 25 / 0.952705 - 1) < 0.02)
  }

  @Test func driftOfPhaseChangeCells() throws {
    var model = try phaseChange()
    let drift = try #require(model.drift)
    // −0.0155 · ln 1 + 0.0244 is below the least mean, −0.0125 · ln 1 − 0.0059 below that deviation.
    #expect(drift.mean.value(1) == 0.049 && drift.deviation.value(1) == 0.008)
    #expect(drift.mean.value(0) == 0.1 && drift.deviation.value(0) == 0.045)
    #expect(drift.exponent(1, normal: 2) == 0.065)
    #expect(abs(drift.factor(exponent: 0.05, seconds: 1980) - 0.794_328_234_7) < 1e-9)
    #expect(drift.factor(exponent: 0.05, seconds: 0) == 1)
    model.programming = []
    model.fluctuation = nil
    let cells = ProgrammedCells([Float](repeating: 1, count: 20_000), model, chip: RandomField(2))
    #expect(cells.conductances.allSatisfy { $0 == 1 })
    let day = cells.conductances(after: 86_400, run: RandomField(3))
    let mean = day.reduce(0.0) { $0 + Double($1) } / 20_000
    // E exp(−ν·L) = exp(−m·L + s²L²/2), L = ln(86420/20), ν > 0 nearly always.
    #expect(abs(mean - 0.664_970) < 2e-3)
  }

  @Test func fluctuationOfPhaseChangeCells() throws {
    let fluctuation = ConductanceFluctuation()
    #expect(abs(fluctuation.relativeSize(1) - 0.0088) < 1e-15)
    #expect(fluctuation.relativeSize(0) == 0.2)
    // √ln((20 + 250e-9)/(500e-9)).
    #expect(abs(fluctuation.deviation(1, seconds: 0, start: 20) - 0.0088 * 4.183_826) < 1e-6)
  }

  @Test func stuckCellsAndRatios() {
    var model = DeviceModel()
    model.stuckOff = 0.1
    model.stuckOn = 0.05
    model.least = 0.01
    let cells = ProgrammedCells([Float](repeating: 0.5, count: 50_000), model, chip: RandomField(4))
    let (off, on) = (
      cells.conductances.count { $0 == 0.01 }, cells.conductances.count { $0 == 1 }
    )
    #expect(abs(Double(off) - 5000) < 350 && abs(Double(on) - 2500) < 250)
    #expect(cells.conductances.allSatisfy { [0.01, 0.505, 1].contains($0) })
    #expect(
      ProgrammedCells([0.5], model, chip: RandomField(4)).conductances
        == ProgrammedCells([0.5], model, chip: RandomField(4)).conductances)
  }

  @Test(arguments: [
    ["device.stuckOff": 0.7, "device.stuckOn": 0.5], ["device.onOffRatio": 1],
    ["device.programming.linear": 1], ["device.leastResistance": 2, "device.mostResistance": 1],
  ])
  func whatIsWrongIsSaid(_ numbers: [String: Double]) {
    let error = #expect(throws: Diagnostic.self) {
      try DeviceModel(
        AnalogArray(
          rows: 1, columns: 1, mapping: nil, numbers: numbers.mapValues { Quantity($0) }, words: [:]
        ))
    }
    #expect(error?.id == "crossbar.bad-array")
  }
}

@Suite struct VoltageThresholdCellTests {

  @Test func nothingMovesBetweenThresholds() {
    let cell = VoltageThresholdCell()
    for v in [-0.2, -0.1, 0, 0.01, 0.02] { #expect(cell.velocity(v) == 0) }
    #expect(cell.velocity(0.04) == 5e-4)
    #expect(abs(cell.velocity(-0.4) + 10) < 1e-12 && abs(cell.velocity(-0.6) + 80) < 1e-10)
    #expect(cell.resistance(0) == 50 && cell.resistance(3e-9) == 1000)
    #expect(cell.current(0, voltage: 0.1) == 0.002)
    #expect(cell.state(1e-9, voltage: 0.04, seconds: 1) == 3e-9)
    #expect(cell.state(1e-9, voltage: -0.4, seconds: 1) == 0)
  }

  @Test func gatesIsolateWritesButNotLeaks() {
    let cell = GatedVolatileCell(retention: 1e-3, rest: 1e-9)
    let closed = cell.state(2e-9, voltage: 1, isGateOpen: false, seconds: 1e-3)
    #expect(abs(closed - (1e-9 + 1e-9 * 0.367_879_441_2)) < 1e-18)
    let open = cell.state(1e-9, voltage: 0.04, isGateOpen: true, seconds: 1e-6)
    // Against small steps of the equation.
    var x = 1e-9
    for _ in 0..<10_000 { x += (5e-4 - (x - 1e-9) / 1e-3) * 1e-10 }
    #expect(abs(open - x) < 1e-14)
  }
}
