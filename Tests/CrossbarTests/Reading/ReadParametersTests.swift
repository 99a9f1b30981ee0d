// Tests how descriptions of arrays become parameters of reads.

import Diagnostics
import Kernels
import Testing

@testable import Crossbar
@testable import HardwareTargets

@Suite struct ReadParametersTests {

  private func array(
    _ numbers: [String: Double?], _ words: [String: String] = [:]
  ) -> AnalogArray {
    AnalogArray(
      rows: 512, columns: 512, mapping: nil, numbers: numbers.mapValues { Quantity($0) },
      words: words)
  }

  @Test func nothingDescribedIsIdeal() throws {
    let parameters = try ReadParameters(array([:]))
    #expect(parameters == ReadParameters() && parameters.isIdeal)
  }

  @Test func baseline() throws {
    let parameters = try ReadParameters(
      array(
        [
          "input.bound": 1, "input.steps": 126, "output.bound": 12, "output.steps": 510,
          "output.noise": 0.06, "boundManagement.maxFactor": 1000,
          "boundManagement.maxInputResolution": 0.25, "device.wMax": 0.6, "output.offset": nil,
        ],
        [
          "noiseManagement": "abs-max", "boundManagement.mode": "iterative",
          "boundManagement.scope": "vector", "output.rounding": "nearest-even",
          "backward.boundManagement.mode": "none",
        ]))
    var expected = GoldenReadTests.options()
    expected.outputNoise = 0.06
    #expect(parameters.forward == expected)
    expected.boundManagement = .none
    #expect(parameters.backward == expected)
    #expect(parameters.largestWeight == 0.6 && parameters.unknown == ["output.offset"])
  }

  /// The baseline manages bounds of reads from rows to columns alone.
  @Test func errorsOfTheBaselineAreReadOnce() throws {
    let target = try #require(TargetDescription.builtIn("rpu"))
    let parameters = try ReadParameters(try #require(target.cores[0].analog))
    #expect(parameters.forward.boundManagement == .iterative(factor: 1000, resolution: 0.25))
    var expected = parameters.forward
    expected.boundManagement = .none
    #expect(parameters.backward == expected && expected.noiseManagement == .absoluteMaximum)
  }

  @Test func waysToSayTheSameSteps() throws {
    let ways: [[String: Double]] = [
      ["input.bound": 1, "input.steps": 254], ["input.bound": 1, "input.bits": 8],
      ["input.bound": 1, "input.resolution": 254],
      ["input.bound": 1, "input.resolution": 1.0 / 254],
    ]
    for way in ways {
      let step = try #require(try ReadParameters(array(way)).forward.input.step)
      #expect(abs(step - 2.0 / 254) < 1e-15)
    }
    let unsigned = try ReadParameters(
      array(["input.bound": 1, "input.bits": 4], ["input.signed": "false"]))
    #expect(unsigned.forward.input == AnalogConverter(step: 1.0 / 15, low: 0, high: 1))
    #expect(unsigned.forward.signs == .separate)
    let whole = try ReadParameters(
      array(["output.least": -128, "output.most": 127], ["output.rounding": "floor"]))
    #expect(
      whole.forward.output == AnalogConverter(step: 1, low: -128, high: 127, rounding: .down))
  }

  @Test(
    arguments: [
      (["input.bound": -1.0], [:]), (["input.steps": 126], [:]), (["output.least": -1], [:]),
      (["output.noise": -0.1], [:]), ([:], ["noiseManagement": "abs"]),
      ([:], ["output.rounding": "up"]), ([:], ["output.noise": "much"]),
      ([:], ["boundManagement.scope": "batch"]), ([:], ["boundManagement.mode": "worst-case"]),
      (["wires.columnResistance": 1], [:]), (["input.slice": 2], [:]),
      (["noiseManagement": 1], [:]),
      (["input.bound": 1, "input.bits": 4, "input.steps": 1000, "input.slice": 1], [:]),
      (["input.least": -100, "input.most": 100, "input.bits": 4, "input.slice": 1], [:]),
      (
        ["input.bound": 1, "input.bits": 8, "input.slice": 1, "output.bound": 1, "output.bits": 8],
        ["input.signed": "false", "boundManagement.mode": "iterative"]
      ),
    ] as [([String: Double], [String: String])])
  func whatIsWrongIsSaid(_ numbers: [String: Double], _ words: [String: String]) {
    let error = #expect(throws: Diagnostic.self) {
      try ReadParameters(self.array(numbers.mapValues { $0 }, words))
    }
    #expect(error?.id == "crossbar.bad-array")
  }
}
