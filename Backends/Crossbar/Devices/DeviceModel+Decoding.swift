// From the members of a description to what devices do.

package import Diagnostics
package import HardwareTargets

extension DeviceModel {

  /// Decodes the members `device` of an array.
  ///
  /// `Targets/schema.json` has them, their ranges and what they are without being said. Those of
  /// training are read by `PulsedDeviceModel`; of them, the spread of the largest weights counts here too
  /// where `programmedBounds` is `own`.
  ///
  /// - Throws: `crossbar.bad-array`.
  package init(_ array: AnalogArray, name: String = "array") throws(Diagnostic) {
    self.init()
    let members = ReadMembers(array: array, name: name, group: "device.")
    let model =
      try members.word(
        "model",
        [
          "ideal": Kind.ideal, "pcm": .phaseChange, "reram": .filament, "vteam": .threshold,
          "gated-volatile": .volatile,
        ]) ?? .ideal
    largestConductance = try members.number("largestConductance", in: 1e-15...1)
    if model == .phaseChange {
      let start = try members.number("drift.startSeconds", in: 1e-18...1e9) ?? 20
      drift = .phaseChange(start: start)
      fluctuation = ConductanceFluctuation()
      fluctuation?.read = try members.number("readSeconds", in: 1e-18...1e9) ?? 250e-9
      programming = Self.phaseChangeProgramming
    } else if model == .filament {
      programming = Self.filamentProgramming
    }
    try readProgramming(members)
    try readRatio(members)
    try readCell(members, model)
    try readBounds(members)
    variation = try members.number("variation", in: 0...10) ?? 0
    stuckOff = try members.number("stuckOff", in: 0...1) ?? 0
    stuckOn = try members.number("stuckOn", in: 0...1) ?? 0
    guard stuckOff + stuckOn <= 1 else {
      throw members.bad(
        "'device.stuckOff' and 'stuckOn' are \(stuckOff + stuckOn) together", expected: "1 at most")
    }
    compensation =
      try members.word("drift.compensation", ["none": .none, "global": .global, "column": .column])
      ?? .none
  }

  private enum Kind { case ideal, phaseChange, filament, threshold, volatile }

  /// Reads the cells that pulses write; others have no members of such.
  private mutating func readCell(_ members: ReadMembers, _ model: Kind) throws(Diagnostic) {
    guard model == .threshold || model == .volatile else {
      var cell = members
      cell.group += "cell."
      guard !cell.isThere else {
        throw members.bad(
          "'device.cell' of a model without it", expected: "the model 'vteam' or 'gated-volatile'")
      }
      return
    }
    let found = try SwitchingCell(members, isVolatile: model == .volatile)
    cell = found
    least = found.conductances[0]
  }

  /// Reads whether cells have bounds of their own, which are those of devices that learn.
  private mutating func readBounds(_ members: ReadMembers) throws(Diagnostic) {
    guard try members.word("programmedBounds", ["mean": false, "own": true]) ?? false else {
      return
    }
    guard let spread = try members.number("wMaxDtod", in: 0...1e9) else {
      throw members.bad("'device.programmedBounds' is 'own'", expected: "'device.wMaxDtod' too")
    }
    // Cells with a sign go as far either way, others have but one.
    let most = try members.number("wMax", in: 1e-12...1e12)
    let least = try members.number("wMin", in: -1e9...0)
    let other = try members.number("wMinDtod", in: 0...1e9)
    guard other ?? spread == spread, least == nil || most == nil || least == most.map({ -$0 })
    else {
      throw members.bad(
        "'device.programmedBounds' is 'own'", expected: "bounds and spreads alike for both signs")
    }
    boundSpread = spread
  }

  /// The standard deviation of programmed phase-change cells: 0.26348 + 1.9650 g − 1.1731 g², in
  /// microsiemens at a largest conductance of 25.
  ///
  /// - Source: Joshi et al. (2020), as in aihwkit (IBM), its PCM-like model.
  package static let phaseChangeProgramming = [0.26348 / 25, 1.9650 / 25, -1.1731 / 25]

  /// The same of filament cells one second after programming, at a largest conductance of 40.
  ///
  /// - Source: fit to Wan et al. (2022), as in aihwkit (IBM), its ReRAM model.
  package static let filamentProgramming = [
    0.348 / 40, 16.030 / 40, -43.853 / 40, 45.393 / 40, -16.815 / 40,
  ]

  private mutating func readProgramming(_ members: ReadMembers) throws(Diagnostic) {
    var coefficients: [Double] = []
    for name in ["constant", "linear", "quadratic", "cubic", "quartic"] {
      coefficients.append(try members.number("programming.\(name)", in: -1e6...1e6) ?? 0)
    }
    guard coefficients.contains(where: { $0 != 0 }) else { return }
    let given = try members.number("programming.reference", in: 1e-15...1)
    guard let reference = given ?? largestConductance else {
      throw members.bad(
        "'device.programming'", expected: "'device.largestConductance' too, siemens")
    }
    programming = coefficients.map { $0 * 1e-6 / reference }
  }

  private mutating func readRatio(_ members: ReadMembers) throws(Diagnostic) {
    if let ratio = try members.number("onOffRatio", in: 1...1e15) {
      guard ratio > 1 else { throw members.bad("'device.onOffRatio' is 1", expected: "more") }
      least = 1 / ratio
    } else if let low = try members.number("leastResistance", in: 1e-3...1e15),
      let high = try members.number("mostResistance", in: 1e-3...1e15)
    {
      guard low < high else {
        throw members.bad("a least resistance of \(low) ohms", expected: "less than the most")
      }
      least = low / high
    }
  }
}
