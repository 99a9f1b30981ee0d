// What cores of a machine can do, as rows of a table: what, how, how well founded, who says so.

internal import Diagnostics
internal import HardwareTargets

extension CoreClass {

  /// The features, as rows of four cells.
  var features: [[String]] {
    var rows: [[String]] = []
    if let accounting {
      let parts =
        accounting.parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.words)" }
        + accounting.options.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      rows.append(
        row(
          "accounting", ([accounting.algorithm.rawValue] + parts).joined(separator: ", "),
          accounting.evidence))
    }
    if let neuron { rows += neuron.rows }
    if let synapse { rows += synapse.rows }
    if let operations { rows += operations.rows }
    if let analog { rows += analog.features }
    return rows
  }
}

private func row(_ name: String, _ value: String, _ evidence: Evidence) -> [String] {
  [name, value, evidence.grade?.rawValue ?? "", evidence.source ?? ""]
}

/// Returns a row for an optional feature, none where it is not known.
private func row(_ name: String, _ value: String?, _ evidence: Evidence) -> [[String]] {
  value.map { [row(name, $0, evidence)] } ?? []
}

/// Returns a row for a feature that every machine has in some way; nobody says that it is unknown.
private func row(_ name: String, orUnknown value: String?, _ evidence: Evidence) -> [String] {
  value.map { row(name, $0, evidence) } ?? row(name, "unknown", Evidence())
}

extension NeuronFeatures {

  fileprivate var rows: [[String]] {
    let words = [model.rawValue] + [leak.map { "leak \($0.rawValue)" }].compactMap { $0 }
    var rows = [row("neuron", words.joined(separator: ", "), evidence)]
    for (kind, fields) in [("state", state), ("parameter", parameters)] {
      for (name, field) in fields.sorted(by: { $0.key < $1.key }) {
        rows.append(field.row("\(kind) \(name)", unless: evidence))
      }
    }
    let test = comparison.map { "v \($0.rawValue) threshold" }
    rows.append(row("fires if", orUnknown: test, evidence))
    rows.append(row("rounding", orUnknown: rounding?.rawValue, evidence))
    let names = resets.map { reset in
      reset.mode.rawValue + (reset.neuronCost > 1 ? " (\(reset.neuronCost) neurons)" : "")
        + (reset.mostSpikesPerStep.map { " (at most \($0) a tick)" } ?? "")
    }
    rows += row("reset", names.isEmpty ? "none" : names.joined(separator: ", "), evidence)
    rows += row(
      "refractory", refractory.map { "\($0.lowerBound)–\($0.upperBound) ticks" }, evidence)
    let profiles = profiles.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
    rows += row("profiles", profiles.isEmpty ? nil : profiles.joined(separator: ", "), evidence)
    rows += row("output", outputBits.map { $0 == 1 ? "spikes" : "\($0) bits" }, evidence)
    rows += row("codes", codes.isEmpty ? nil : codes.joined(separator: ", "), evidence)
    if let maximum {
      let cost = "\(maximum.costPerInput, of: "neuron") an input, \(maximum.costPerOutput) beside"
      rows.append(row("maximum", cost, Evidence(grade: maximum.grade)))
    }
    return rows
  }
}

extension SynapseFeatures {

  fileprivate var rows: [[String]] {
    var rows = [weight.row("weight", unless: evidence)]
    let widths = weightBits?.map(String.init).joined(separator: ", ")
    rows += row("widths of weights", widths.map { "\($0) bits" }, evidence)
    let signs = signModes.map(\.rawValue).joined(separator: ", ")
    rows += row("signs", signs.isEmpty ? nil : signs, evidence)
    if let exponent { rows.append(exponent.row("exponent", unless: evidence)) }
    if let table {
      let words =
        "\(table.types, of: "type") of axons, \(table.bits, of: "bit"), one for each \(table.scope)"
      rows.append(row("weight table", words, evidence))
    }
    let ticks = delay.map { "\($0.lowerBound)–\($0.upperBound) ticks" }
    rows.append(row("delay", orUnknown: ticks, evidence))
    if let accumulator { rows.append(accumulator.row("accumulator", unless: evidence)) }
    let sharing = sharing.map(\.rawValue).joined(separator: ", ")
    return rows + row("sharing", sharing.isEmpty ? nil : sharing, evidence)
  }
}

extension RegisterField {

  /// The row of the register; `evidence` is who describes what it is part of.
  fileprivate func row(_ name: String, unless other: Evidence) -> [String] {
    let range = range
    let parts: [String?] = [
      "\(bits) bits\(isSigned ? " with sign" : "")", "\(range.lowerBound)…\(range.upperBound)",
      shift.map { "times 2^\($0)" }, offset.map { "plus \($0)" },
      overflow.flatMap { $0 == Overflow.none ? nil : "\($0.rawValue)s" },
      scope.map { "for each \($0.rawValue)" },
    ]
    return Driver.row(
      name, parts.compactMap { $0 }.joined(separator: ", "), evidence.isEmpty ? other : evidence)
  }
}

extension Operations {

  fileprivate var rows: [[String]] {
    let list = { (numbers: [Int]?, separator: String) -> String? in
      numbers?.map { grouped($0) }.joined(separator: separator)
    }
    let kernels = largestKernel.map { "to \($0)\(needsSquareKernels ? ", square only" : "")" }
    let kinds = kinds.map(\.rawValue).joined(separator: ", ")
    return row("connections", kinds.isEmpty ? nil : kinds, evidence)
      + row("kernels", kernels, evidence)
      + row("strides", list(strides, ", "), evidence)
      + row("paddings", list(paddings, ", "), evidence)
      + row("pools", list(pools, ", "), evidence)
      + row("channels", mostChannels.map { "to \(grouped($0))" }, evidence)
      + row("input", list(largestInput, " × ").map { "to \($0)" }, evidence)
      + row("neurons", list(largestOutput, " × ").map { "to \($0)" }, evidence)
      + row("destinations", mostDestinations.map { "to \($0)" }, evidence)
  }
}

extension AnalogArray {

  fileprivate var features: [[String]] {
    let size = "\(grouped(rows)) × \(grouped(columns))"
    var result = [
      row("array", [size, mapping].compactMap { $0 }.joined(separator: ", "), evidence)
    ]
    for (name, number) in numbers.sorted(by: { $0.key < $1.key }) {
      result.append(
        row("array \(name)", number.words, number.value == nil ? Evidence() : number.evidence))
    }
    for (name, word) in words.sorted(by: { $0.key < $1.key }) {
      result.append(row("array \(name)", word, evidence))
    }
    return result
  }
}
