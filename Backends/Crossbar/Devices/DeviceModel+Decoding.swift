// From the members of a description to what devices do.

package import Diagnostics
package import HardwareTargets

extension DeviceModel {

  /// Decodes the members `device` of an array.
  ///
  /// `model`: `ideal`, `pcm` (with drift and fluctuation) or `reram`; `largestConductance`, siemens;
  /// `programming.constant`, `linear`, `quadratic`, `cubic`, `quartic`, microsiemens, relative to
  /// `programming.reference` (siemens; the largest conductance unless given); `onOffRatio`, or
  /// `leastResistance` and `mostResistance`; `drift.startSeconds` and `drift.compensation` (`none`,
  /// `global`, `column`); `readSeconds`; `variation`; `stuckOff` and `stuckOn`, parts of all cells.
  ///
  /// - Throws: `crossbar.bad-array`.
  package init(_ array: AnalogArray, name: String = "array") throws(Diagnostic) {
    self.init()
    let members = ReadMembers(array: array, name: name, group: "device.")
    let model =
      try members.word("model", ["ideal": Kind.ideal, "pcm": .phaseChange, "reram": .filament])
      ?? .ideal
    largestConductance = try members.number("largestConductance", in: 1e-15...1)
    if model == .phaseChange {
      let start = try members.number("drift.startSeconds", in: 1e-9...1e9) ?? 20
      drift = .phaseChange(start: start)
      fluctuation = ConductanceFluctuation()
      fluctuation?.read = try members.number("readSeconds", in: 1e-12...1e3) ?? 250e-9
      programming = Self.phaseChangeProgramming
    } else if model == .filament {
      programming = Self.filamentProgramming
    }
    try readProgramming(members)
    try readRatio(members)
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

  private enum Kind { case ideal, phaseChange, filament }

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
