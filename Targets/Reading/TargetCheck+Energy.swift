// What a schema cannot say of energies: a model has the members that it computes with.

internal import JSONReading

extension TargetCheck {

  /// Checks that the form of the energy model fits its constants; they may be null.
  mutating func checkEnergy() {
    guard let energy = root["energy"], let name = energy["model"]?.string,
      let model = Energy.Model(rawValue: name)
    else { return }
    let has = { (key: String) -> Bool in
      energy[key]?.members?.isEmpty == false || energy[key]?.elements?.isEmpty == false
    }
    let needs: [(path: String, isThere: Bool)] =
      switch model {
      case .affine:
        [
          ("static/chip", energy["static"]?["chip"] != nil),
          ("events/synop", energy["events"]?["synop"] != nil),
        ]
      case .pointAverage: [("events/synop", energy["events"]?["synop"] != nil)]
      case .perEvent: [("events", has("events"))]
      case .levels: [("levels", has("levels"))]
      case .none: []
      }
    for need in needs where !need.isThere {
      report(
        "energy-incomplete", "/energy", "'\(name)' without '\(need.path)'",
        expected: "it, null if it is not known")
    }
    let used: [String] =
      switch model {
      case .affine, .pointAverage, .perEvent: ["static", "events"]
      case .levels: ["static", "events", "levels"]
      case .none: []
      }
    for key in ["static", "events", "levels"] where !used.contains(key) && has(key) {
      report(
        "energy-unused", "/energy/\(key)", "there, and the model is '\(name)'",
        expected: model == .none ? "another model" : "the model 'levels'")
    }
    checkLevels(energy)
  }

  private mutating func checkLevels(_ energy: JSON) {
    var names: Set<String> = []
    var clock = 0.0
    for (i, level) in (energy["levels"]?.elements ?? []).enumerated() {
      let pointer = "/energy/levels/\(i)"
      if let name = level["name"]?.string, !names.insert(name).inserted {
        report("duplicate-name", pointer + "/name", "'\(name)' again", expected: "another name")
      }
      if let hertz = level["hertz"]?["value"]?.double {
        if hertz <= clock {
          report(
            "bad-order", pointer + "/hertz", "\(hertz)",
            expected: "more than \(clock): the slowest point first")
        }
        clock = hertz
      }
    }
  }
}
