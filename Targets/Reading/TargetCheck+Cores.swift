// What a schema cannot say of a kind of cores: accounting has its numbers, registers hold their ranges.

internal import Diagnostics
internal import JSONReading

extension TargetCheck {

  /// Checks a kind of cores.
  mutating func checkCore(_ core: JSON, at pointer: String) {
    for name in ["accounting", "neuron", "synapse", "ops", "analog"] {
      checkSays(core[name], at: "\(pointer)/\(name)")
    }
    if let accounting = core["accounting"] {
      checkAccounting(accounting, core["resources"]?.members ?? [:], at: pointer + "/accounting")
    }
    checkNeuron(core["neuron"], at: pointer + "/neuron")
    checkSynapse(core["synapse"], at: pointer + "/synapse")
    checkResources(core["resources"], at: pointer + "/resources")
    if let analog = core["analog"] {
      checkSize(analog, core, at: pointer)
    }
  }

  /// Checks that a core has room for a neuron, or a cell: nothing else could be laid out on it.
  ///
  /// What is negative the schema has refused.
  private mutating func checkResources(_ resources: JSON?, at pointer: String) {
    for name in ["neurons", "rows", "cols"] {
      guard let value = resources?[name]?["value"]?.double, 0..<1 ~= value else {
        continue
      }
      report(
        "out-of-range", pointer.jsonPointer(appending: name) + "/value", "\(value)",
        expected: "1 or more, or null if it is not known")
    }
  }

  /// Checks that the size of an array is the same wherever it is said.
  private mutating func checkSize(_ analog: JSON, _ core: JSON, at pointer: String) {
    for name in ["rows", "cols"] {
      guard let own = analog[name]?.int else { continue }
      let resource = core["resources"]?[name]?["value"]?.double
      let parameter = core["accounting"]?["params"]?[name]
      let others = [
        ("/resources/\(name)", resource),
        ("/accounting/params/\(name)", parameter?.double ?? parameter?["value"]?.double),
      ]
      for case (let place, let other?) in others where other != Double(own) {
        report(
          "array-size", pointer + place, "\(other)", expected: "\(own), as 'analog' has",
          notes: ["the size of an array is there three times; all have to agree"])
      }
    }
  }

  private mutating func checkAccounting(
    _ accounting: JSON, _ resources: [String: JSON], at pointer: String
  ) {
    guard let name = accounting["algorithm"]?.string,
      let algorithm = CoreClass.Accounting.Algorithm(rawValue: name)
    else { return }
    let parameters = accounting["params"]?.members ?? [:]
    let required = CoreClass.Accounting.required(algorithm)
    for key in required where parameters[key] == nil {
      report(
        "accounting-incomplete", pointer, "without the parameter '\(key)'",
        expected: "'params' with \(required.joined(separator: ", ")) for '\(name)'")
    }
    let known = required + CoreClass.Accounting.optional(algorithm).keys.sorted()
    for key in parameters.keys.sorted() {
      let place = (pointer + "/params").jsonPointer(appending: key)
      if !known.contains(key) {
        report(
          "unused-parameter", place, "a parameter that '\(name)' does not use",
          expected: known.isEmpty ? "none" : known.joined(separator: ", "))
      } else if CoreClass.Accounting.mustBePositive.contains(key),
        (parameters[key]?.int ?? parameters[key]?["value"]?.int) == 0
      {
        report("out-of-range", place, "0", expected: "1 or more")
      }
    }
    for resource in CoreClass.Accounting.resources(algorithm) where resources[resource] == nil {
      report(
        "accounting-incomplete", pointer, "'\(name)' without the resource '\(resource)'",
        expected: "'\(resource)' in 'resources', null if it is not known")
    }
    checkOptions(accounting["options"]?.members ?? [:], algorithm, resources, at: pointer)
  }

  private mutating func checkOptions(
    _ options: [String: JSON], _ algorithm: CoreClass.Accounting.Algorithm,
    _ resources: [String: JSON], at pointer: String
  ) {
    let known = CoreClass.Accounting.options(algorithm)
    for (key, value) in options.sorted(by: { $0.key < $1.key }) {
      let place = (pointer + "/options").jsonPointer(appending: key)
      if !known.contains(key) {
        report(
          "unused-parameter", place, "an option that '\(algorithm.rawValue)' does not use",
          expected: known.isEmpty ? "none" : known.joined(separator: ", "))
      } else if let resource = value.string, resources[resource] == nil {
        report(
          "unknown-resource", place, "'\(resource)'",
          expected: "one of 'resources': \(resources.keys.sorted().joined(separator: ", "))")
      }
    }
    if !known.isEmpty && options.isEmpty {
      report(
        "accounting-incomplete", pointer, "'\(algorithm.rawValue)' without a memory",
        expected: "'options' with \(known.joined(separator: ", ")), at least one of them")
    }
  }

  // MARK: Registers

  private mutating func checkNeuron(_ neuron: JSON?, at pointer: String) {
    for group in ["state", "params"] {
      for (name, field) in (neuron?[group]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
        checkField(field, at: "\(pointer)/\(group)".jsonPointer(appending: name))
      }
    }
    checkPair(neuron?["refractory"], at: pointer + "/refractory")
    // 2^exponent is computed with integers.
    for (name, field) in (neuron?["params"]?.members ?? [:]).sorted(by: { $0.key < $1.key })
    where name.hasSuffix("Exp") {
      checkExponent(field, at: "\(pointer)/params".jsonPointer(appending: name))
    }
  }

  private mutating func checkSynapse(_ synapse: JSON?, at pointer: String) {
    for name in ["weight", "exponent", "accumulator"] {
      if let field = synapse?[name] { checkField(field, at: "\(pointer)/\(name)") }
    }
    if let exponent = synapse?["exponent"] { checkExponent(exponent, at: pointer + "/exponent") }
    checkPair(synapse?["delay"], at: pointer + "/delay")
    let bits = synapse?["weight"]?["bits"]?.int ?? .max
    for (i, width) in (synapse?["weightBitsAllowed"]?.elements ?? []).compactMap(\.int).enumerated()
    where width > bits {
      report(
        "bad-range", "\(pointer)/weightBitsAllowed/\(i)", "\(width)",
        expected: "at most the bits of the weight, \(bits)")
    }
  }

  private mutating func checkField(_ field: JSON, at pointer: String) {
    guard let bits = field["bits"]?.int, 1...64 ~= bits else { return }
    let isSigned = field["signed"]?.bool ?? false
    let width = min(bits, 62)
    let (low, high) = isSigned ? (-1 << (width - 1), 1 << (width - 1) - 1) : (0, 1 << width - 1)
    let (least, most) = (field["min"]?.int ?? low, field["max"]?.int ?? high)
    let words = "\(low)...\(high), what \(bits) bits\(isSigned ? " with sign" : "") hold"
    if bits < 62, !(low...high ~= least) {
      report("bad-range", pointer + "/min", "\(least)", expected: words)
    }
    if bits < 62, !(low...high ~= most) {
      report("bad-range", pointer + "/max", "\(most)", expected: words)
    }
    if least > most {
      report("bad-range", pointer, "\(least)...\(most)", expected: "'min' that is at most 'max'")
    }
    if let shift = field["shift"]?.int, shift > 64 - bits {
      report(
        "bad-range", pointer + "/shift", "\(shift)",
        expected: "at most \(64 - bits): \(bits, of: "bit") and the shift are at most 64")
    }
    if bits < 62, let offset = field["offset"]?.int, offset.magnitude > max(high, -low).magnitude {
      report("bad-range", pointer + "/offset", "\(offset)", expected: words)
    }
  }

  /// Checks the range of an exponent of two: shifts within 62 bits.
  private mutating func checkExponent(_ field: JSON, at pointer: String) {
    guard let bits = field["bits"]?.int, 1...64 ~= bits else { return }
    let isSigned = field["signed"]?.bool ?? false
    let width = min(bits, 62)
    let low = field["min"]?.int ?? (isSigned ? -1 << (width - 1) : 0)
    let high = field["max"]?.int ?? (isSigned ? 1 << (width - 1) - 1 : 1 << width - 1)
    if low < -62 || high > 62 {
      report(
        "bad-range", pointer, "an exponent in \(low)...\(max(low, high))",
        expected: "an exponent within -62...62: set 'min' and 'max'")
    }
  }

  private mutating func checkPair(_ value: JSON?, at pointer: String) {
    guard let pair = value?.elements?.compactMap(\.int), pair.count == 2, pair[0] > pair[1] else {
      return
    }
    report(
      "bad-range", pointer, "[\(pair[0]), \(pair[1])]", expected: "the smaller number first")
  }
}
