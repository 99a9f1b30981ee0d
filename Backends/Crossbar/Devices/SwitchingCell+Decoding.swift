// From the members of a description to cells that pulses write.

internal import Diagnostics
internal import HardwareTargets
internal import Kernels

extension SwitchingCell {

  /// Decodes the members `device.cell` of an array, and the resistances beside it.
  ///
  /// Without members, the cell is MemTorch's VTEAM. A volatile cell has no default thresholds, time of
  /// setting, retention or ratio of resistances: what it stands for has to be said.
  ///
  /// - Parameters:
  ///   - device: the members `device`.
  ///   - isVolatile: whether the cell is behind a gate and relaxes.
  /// - Throws: `crossbar.bad-array`.
  init(_ device: ReadMembers, isVolatile: Bool) throws(Diagnostic) {
    var members = device
    members.group += "cell."
    var cell = VoltageThresholdCell()
    if isVolatile {
      try members.need(
        ["onThreshold", "offThreshold", "setVoltage", "setSeconds", "retention"], beside: device)
      try members.refuse(["readVoltage", "readShare"], unless: "vteam")
    } else {
      try members.refuse(["retention", "rest"], unless: "gated-volatile")
    }
    (cell.onResistance, cell.offResistance) = try Self.resistances(device, isVolatile: isVolatile)
    try cell.read(members)
    let voltage = try members.number("setVoltage", in: -1000...1000) ?? 2 * cell.onThreshold
    guard voltage < cell.onThreshold else {
      throw members.bad(
        "'device.cell.setVoltage' is \(voltage)",
        expected: "less than 'onThreshold', \(cell.onThreshold)")
    }
    try cell.readSpeed(members, at: voltage)
    let whole = -cell.width / cell.velocity(voltage)
    let pulse = try members.number("pulseSeconds", in: 1e-18...1e9) ?? whole / 256
    guard whole / pulse <= Double(Self.mostPulses) else {
      throw members.bad(
        "a cell that takes \(whole / pulse) pulses", expected: "at most \(Self.mostPulses)")
    }
    var volatile: GatedVolatileCell?
    if isVolatile, let retention = try members.number("retention", in: 1e-18...1e9) {
      let rest = try members.number("rest", in: 0...1) ?? 1
      volatile = GatedVolatileCell(cell, retention: retention, rest: rest * cell.width)
    }
    self.init(
      cell, volatile: volatile, pulse: (voltage, pulse),
      read: (
        try members.number("readVoltage", in: -1000...1000) ?? 0,
        try members.number("readShare", in: 0...1) ?? 0
      ))
    guard states.count > 1 else {
      throw members.bad("a cell that a pulse does not move", expected: "longer or stronger pulses")
    }
  }

  /// Returns the least and the largest resistance, ohms; of volatile cells only their ratio matters.
  private static func resistances(
    _ device: ReadMembers, isVolatile: Bool
  ) throws(Diagnostic) -> (Double, Double) {
    if let ratio = try device.number("onOffRatio", in: 1...1e15) { return (1, ratio) }
    let low = try device.number("leastResistance", in: 1e-3...1e15)
    let high = try device.number("mostResistance", in: 1e-3...1e15)
    if let low, let high { return (low, high) }
    let usual = VoltageThresholdCell()
    guard !isVolatile, low == nil, high == nil else {
      throw device.bad(
        "a cell without both resistances",
        expected: "'device.onOffRatio', or 'leastResistance' and 'mostResistance'")
    }
    return (usual.onResistance, usual.offResistance)
  }
}

extension VoltageThresholdCell {

  /// Sets what moves the state from the members of a cell.
  fileprivate mutating func read(_ members: ReadMembers) throws(Diagnostic) {
    width = try members.number("width", in: 1e-12...1) ?? width
    onThreshold = try members.number("onThreshold", in: -1000...1000) ?? onThreshold
    offThreshold = try members.number("offThreshold", in: -1000...1000) ?? offThreshold
    onSpeed = try members.number("onSpeed", in: -1e9...1e9) ?? onSpeed
    offSpeed = try members.number("offSpeed", in: -1e9...1e9) ?? offSpeed
    onExponent = try members.number("onExponent", in: 0...100) ?? onExponent
    offExponent = try members.number("offExponent", in: 0...100) ?? offExponent
    for (name, value, isNegative) in [
      ("onThreshold", onThreshold, true), ("offThreshold", offThreshold, false),
      ("onSpeed", onSpeed, true), ("offSpeed", offSpeed, false),
    ] where isNegative ? value >= 0 : value <= 0 {
      throw members.bad(
        "'device.cell.\(name)' is \(value)", expected: isNegative ? "less than 0" : "more than 0")
    }
  }
}

extension VoltageThresholdCell {

  /// Sets the speed of writing from the time that it takes at a voltage.
  fileprivate mutating func readSpeed(
    _ members: ReadMembers, at voltage: Double
  ) throws(Diagnostic) {
    guard let seconds = try members.number("setSeconds", in: 1e-18...1e9) else { return }
    guard !members.has("onSpeed") else {
      throw members.bad("'device.cell.setSeconds' and 'onSpeed'", expected: "one of them")
    }
    onSpeed = -1
    onSpeed = width / (seconds * velocity(voltage))
  }
}

extension ReadMembers {

  /// Refuses a volatile cell that lacks some of its numbers, or of the resistances of `device`, with
  /// all that are missing or not known.
  fileprivate func need(_ names: [String], beside device: ReadMembers) throws(Diagnostic) {
    func isKnown(_ name: String) -> Bool { array.numbers[name]?.value != nil }
    var missing = names.map { group + $0 }.filter { !isKnown($0) }.map { "'\($0)'" }
    let (ratio, least, most) = ("onOffRatio", "leastResistance", "mostResistance")
    if !isKnown(device.group + ratio) {
      let both = [least, most].map { device.group + $0 }
      switch both.filter({ !isKnown($0) }) {
      case []: break
      case both: missing.append("'\(device.group)\(ratio)'")
      case let half: missing += half.map { "'\($0)'" }
      }
    }
    guard missing.isEmpty else {
      throw bad(
        "a volatile cell without \(missing.joined(separator: ", "))",
        expected: "numbers of the device's, which has none of its own")
    }
  }

  /// Refuses a group that has one of some members.
  fileprivate func refuse(_ names: [String], unless model: String) throws(Diagnostic) {
    for name in names where has(name) {
      throw bad(
        "'\(group)\(name)' of a cell that does not have it", expected: "the model '\(model)'")
    }
  }
}
