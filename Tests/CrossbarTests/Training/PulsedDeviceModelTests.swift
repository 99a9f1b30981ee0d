// What devices of an array are like, and how descriptions say it.

import Diagnostics
import Kernels
import Testing

@testable import Crossbar
@testable import HardwareTargets

@Suite struct PulsedDeviceModelTests {

  private func array(_ numbers: [String: Double?]) -> AnalogArray {
    AnalogArray(
      rows: 64, columns: 64, mapping: nil,
      numbers: Dictionary(
        uniqueKeysWithValues: numbers.map { ("device." + $0.key, Quantity($0.value)) }),
      words: [:])
  }

  private static let numbers: [String: Double?] = [
    "dwMin": 0.001, "dwMinDtod": 0.3, "dwMinStd": 0.2, "upDownDtod": 0.01, "wMin": -0.5,
    "wMax": 0.6, "wMinDtod": 0.1, "wMaxDtod": 0.3, "onOff": 8,
  ]

  @Test func descriptionsGiveAllNumbers() throws {
    let model = try PulsedDeviceModel(array(Self.numbers), overrides: ["dwMinStd": 0.25])
    var expected = PulsedDeviceModel(step: 0.001, bound: 0)
    (expected.stepSpread, expected.stepNoise, expected.asymmetry) = (0.3, 0.25, 0.01)
    (expected.lower, expected.upper) = (-0.5, 0.6)
    (expected.lowerSpread, expected.upperSpread) = (0.1, 0.3)
    #expect(model == expected)
  }

  @Test func unknownNumbersAreNotGuessed() {
    var numbers = Self.numbers
    numbers["dwMinStd"] = .some(nil)
    numbers["wMax"] = nil
    let error = #expect(throws: CompileError.self) { try PulsedDeviceModel(array(numbers)) }
    #expect(error?.diagnostics.map(\.id) == ["crossbar.unknown-device-number"])
    #expect(error?.diagnostics[0].message.contains("'dwMinStd', 'wMax'") == true)
    #expect(throws: Never.self) {
      try PulsedDeviceModel(array(numbers), overrides: ["dwMinStd": 0, "wMax": 1])
    }
  }

  @Test(arguments: [("dwMin", 0.0), ("wMin", 0.1), ("wMax", -1), ("dwMinStd", .nan)])
  func impossibleNumbersAreRefused(_ name: String, _ value: Double) {
    let error = #expect(throws: CompileError.self) {
      try PulsedDeviceModel(array(Self.numbers), overrides: [name: value])
    }
    #expect(error?.diagnostics.map(\.id) == ["crossbar.bad-device-number"])
    #expect(error?.exitCode == .usage)
    let described = #expect(throws: CompileError.self) {
      try PulsedDeviceModel(array(Self.numbers.merging([name: value]) { $1 }))
    }
    #expect(described?.exitCode == .badData, "the number of a file is not one of the command line")
  }

  @Test func otherNamesAreRefused() {
    let error = #expect(throws: CompileError.self) {
      try PulsedDeviceModel(array(Self.numbers), overrides: ["dwmin": 1])
    }
    #expect(error?.diagnostics.map(\.id) == ["crossbar.no-such-device-number"])
  }

  @Test func devicesScatterAsTheModelSays() throws {
    let model = try PulsedDeviceModel(array(Self.numbers))
    let devices = model.devices(40_000, chip: RandomField(3))
    func moments(_ value: (CrosspointDevice) -> Float) -> (mean: Double, deviation: Double) {
      let values = devices.map { Double(value($0)) }
      let mean = values.reduce(0, +) / Double(values.count)
      let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      return (mean, square.squareRoot())
    }
    // The mean and the deviation scatter by 0.5 % and 0.35 % of the deviation.
    let sum = moments { ($0.up + $0.down) / 2 }
    #expect(abs(sum.mean - 0.001) < 8e-6 && abs(sum.deviation - 0.0003) < 8e-6)
    let difference = moments { ($0.up - $0.down) / 2 }
    #expect(abs(difference.mean) < 3e-7 && abs(difference.deviation - 1e-5) < 3e-7)
    let upper = moments { $0.upper }
    #expect(abs(upper.mean - 0.6) < 0.005 && abs(upper.deviation - 0.18) < 0.005)
    let lower = moments { $0.lower }
    #expect(abs(lower.mean + 0.5) < 0.0015 && abs(lower.deviation - 0.05) < 0.0015)
    #expect(model.devices(5, chip: RandomField(3)) != model.devices(5, chip: RandomField(4)))
  }
}
