// Which members of a description training on arrays uses: all others are named, so that none that is
// new is passed over.

package import HardwareTargets

extension AnalogArray {

  /// The members that change what reads or devices of a programmed network do, and that training on the
  /// array does not emulate: all that it does not use and that say other than is usual.
  package var membersNotOfTraining: [String] {
    (Array(numbers.keys) + Array(words.keys)).filter { name in
      !Self.usedByTraining.contains(name) && !Self.ofNoEffect.contains(name)
        && (Self.notUsedOfGroups.contains(name)
          || !Self.groupsUsedByTraining.contains { name.hasPrefix($0) })
        && isUnusual(name)
    }.sorted()
  }

  /// The members that training uses beside groups; `device.model` and `mapping` are refused if they say
  /// something else than it knows.
  static let usedByTraining: Set =
    Set(PulsedDeviceModel.names.map { "device.\($0)" })
    .union([
      "mapping", "devicesPerWeight", "rowsPerInput", "parts", "split", "noiseManagement",
      "noiseThreshold", "assumedWeight", "device.model", "device.programmedBounds",
      "update.pulses",
    ])

  /// The groups whose members training uses, and their members that it does not.
  static let groupsUsedByTraining = [
    "input.", "output.", "boundManagement.", "weightNoise.", "backward.",
  ]
  static let notUsedOfGroups: Set = ["input.most", "output.gain"]

  /// Members that scale what others do, which are named themselves; that say how long reads take; and
  /// that say how the weights of a network that does not learn are laid out, which is no error of reads.
  static let ofNoEffect: Set = [
    "wires.largestConductance", "device.largestConductance", "device.programming.reference",
    "readTime", "waitBetweenEvents", "output.converterBits", "biasRow", "weightScaling",
    "repetition.signalToNoise", "repetition.rows", "repetition.columns",
  ]
}
