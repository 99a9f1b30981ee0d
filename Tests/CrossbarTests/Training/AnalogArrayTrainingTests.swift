// Which members of descriptions training on arrays passes over.

import Testing

@testable import Crossbar
@testable import HardwareTargets

@Suite struct AnalogArrayTrainingTests {

  private static let cases: [([String: Double?], [String: String], [String])] = [
    ([:], [:], []),
    (["cellBits": 4], [:], ["cellBits"]),
    (["cellBits": nil, "device.onOffRatio": nil], [:], []),
    (["wires.largestConductance": 1e-5, "device.largestConductance": 1e-5], [:], []),
    (["wires.largestConductance": 1e-5, "wires.rowResistance": 1], [:], ["wires.rowResistance"]),
    (["wires.rowResistance": 0, "device.variation": 0, "output.gain": 1], [:], []),
    (
      ["output.gain": 2, "device.stuckOn": 0.1, "mismatch.columnGain": 0.1], [:],
      ["device.stuckOn", "mismatch.columnGain", "output.gain"]
    ),
    (["device.programming.linear": -1], [:], ["device.programming.linear"]),
    ([:], ["device.drift.compensation": "global"], ["device.drift.compensation"]),
    ([:], ["device.drift.compensation": "none", "unitColumn": "false"], []),
    (
      ["input.noise": 0.1, "backward.output.noise": 0.1, "device.dwMin": 0.1, "update.pulses": 3],
      ["noiseManagement": "abs-max", "boundManagement.mode": "iterative", "split": "maximal"], []
    ),
    (["input.most": 31, "input.least": 0], ["input.signed": "false"], ["input.most"]),
  ]

  @Test(arguments: cases)
  func membersThatAreNotEmulatedAreNamed(
    _ numbers: [String: Double?], _ words: [String: String], _ expected: [String]
  ) {
    let array = AnalogArray(
      rows: 8, columns: 8, mapping: nil, numbers: numbers.mapValues { Quantity($0) }, words: words)
    #expect(array.membersNotOfTraining == expected)
  }

  @Test func theMachineOfTrainingIsEmulatedWhole() throws {
    let array = try #require(TargetDescription.builtIn("rpu")?.cores.first?.analog)
    #expect(array.membersNotOfTraining == [])
  }
}
