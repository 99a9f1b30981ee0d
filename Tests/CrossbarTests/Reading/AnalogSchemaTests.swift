// What the schema of descriptions says of arrays is what is read: every member, its range, and what
// it is without being said.

import Diagnostics
import JSONReading
import Testing

@testable import Crossbar
@testable import HardwareTargets

@Suite("Schema of arrays") struct AnalogSchemaTests {

  /// A member that holds no others.
  struct Leaf {
    var path: String
    /// The limits of a number, `nil` for words and truth values.
    var range: ClosedRange<Double>?
    var excludesLow = false
    var isWhole = false
    var fallback: JSON?
  }

  /// Numbers of training, and those that describe a machine and are not computed with.
  private static let notRead: Set = [
    "device.wMin", "device.wMinDtod", "device.dwMin", "device.dwMinDtod", "device.dwMinStd",
    "device.upDownDtod", "update.pulses", "output.converterBits", "waitBetweenEvents",
  ]

  private let leaves: [Leaf]

  init() throws {
    var found: [Leaf] = []
    let schema = TargetDescription.schema
    func visit(_ part: JSON, _ prefix: String) {
      for (name, member) in (part["properties"]?.members ?? [:]).sorted(by: { $0.key < $1.key })
      where !["source", "grade"].contains(name) {
        let whole = schema.resolved(member)
        let parts = whole["anyOf"]?.elements?.map { schema.resolved($0) } ?? [whole]
        for part in parts where part["properties"] != nil && part["properties"]?["value"] == nil {
          visit(part, prefix + name + ".")
        }
        let number = parts.first { $0["maximum"] != nil }
        guard number != nil || whole["enum"] != nil || whole["type"] == .text("boolean") else {
          continue
        }
        var leaf = Leaf(path: prefix + name, fallback: whole["default"])
        if let number, let high = number["maximum"]?.double,
          let low = number["minimum"]?.double ?? number["exclusiveMinimum"]?.double
        {
          leaf.range = low...high
          leaf.excludesLow = number["minimum"] == nil
          leaf.isWhole = number["type"]?.elements?.contains(.text("integer")) ?? false
        }
        if !["rows", "cols"].contains(leaf.path) { found.append(leaf) }
      }
    }
    visit(try #require(schema.root["$defs"]?["analog"]), "")
    leaves = found
  }

  /// An array with some members.
  private func array(_ numbers: [String: Double], _ words: [String: String]) -> AnalogArray {
    var words = words
    let mapping = words.removeValue(forKey: "mapping")
    return AnalogArray(
      rows: 64, columns: 64, mapping: mapping, numbers: numbers.mapValues { Quantity($0) },
      words: words)
  }

  private struct Decoded: Hashable {
    var reading: ReadParameters
    var devices: DeviceModel
    var features: ArrayFeatures
  }

  /// Decodes an array in all ways; the problem of one hides no other's.
  private func decode(_ array: AnalogArray) throws -> (Decoded?, problems: [String]) {
    let core = try #require(TargetDescription.builtIn("rpu")?.cores.first)
    var problems: [String] = []
    func attempt<T>(_ body: () throws -> T) -> T? {
      do { return try body() } catch {
        problems.append((error as? Diagnostic)?.message ?? "\(error)")
        return nil
      }
    }
    let reading = attempt { try ReadParameters(array) }
    let devices = attempt { try DeviceModel(array) }
    let features = attempt { try ArrayFeatures(array, of: core, target: "t") }
    guard let reading, let devices, let features else { return (nil, problems) }
    return (Decoded(reading: reading, devices: devices, features: features), [])
  }

  private static let volatile: [String: Double] = [
    "device.cell.onThreshold": -0.5, "device.cell.offThreshold": 0.5,
    "device.cell.setVoltage": -1, "device.cell.setSeconds": 1e-6, "device.cell.retention": 1e-3,
    "device.onOffRatio": 10,
  ]

  /// Members beside which others mean something.
  private static let contexts: [([String: Double], [String: String])] = [
    ([:], [:]), ([:], ["device.model": "pcm"]), ([:], ["device.model": "vteam"]),
    (volatile, ["device.model": "gated-volatile"]),
    (
      [
        "input.bound": 1, "input.steps": 126, "output.bound": 12, "output.steps": 510,
        "weightNoise.deviation": 0.1, "device.wMaxDtod": 0.1, "device.programming.constant": 1,
        "device.largestConductance": 1e-5, "repetition.signalToNoise": 10, "output.noise": 0.1,
      ], ["noiseManagement": "sign-sums", "boundManagement.mode": "iterative"]
    ),
    (
      ["input.bound": 1, "input.bits": 8, "output.bound": 12, "output.bits": 8],
      ["boundManagement.mode": "worst-case", "mapping": "offset-digital"]
    ),
  ]

  @Test("there are as many members as one expects") func completeness() {
    #expect(leaves.count > 90, "\(leaves.map(\.path))")
    #expect(Self.notRead.isSubset(of: leaves.map(\.path)))
    for names in [
      AnalogArray.usedByTraining, AnalogArray.notUsedOfGroups, AnalogArray.ofNoEffect,
    ] {
      #expect(names.subtracting(leaves.map(\.path)) == [])
    }
  }

  /// What a number needs beside it to be read.
  private func companions(of path: String) -> ([String: Double], [String: String]) {
    switch path {
    case "device.cell.retention", "device.cell.rest":
      (Self.volatile, ["device.model": "gated-volatile"])
    case _ where path.hasPrefix("device.cell."): ([:], ["device.model": "vteam"])
    case "device.drift.startSeconds", "device.readSeconds": ([:], ["device.model": "pcm"])
    case "device.leastResistance": (["device.mostResistance": 2], [:])
    case "device.mostResistance": (["device.leastResistance": 1], [:])
    case "device.programming.reference": (["device.programming.linear": 1], [:])
    case "device.wMaxDtod": ([:], ["device.programmedBounds": "own"])
    case "input.slice", "backward.input.slice":
      (["\(path.dropLast(5))bits": 24, "\(path.dropLast(5))bound": 1], [:])
    case "repetition.rows", "repetition.columns": (["repetition.signalToNoise": 1], [:])
    case "wires.largestConductance": (["wires.rowResistance": 1], [:])
    default: ([:], [:])
    }
  }

  /// The least and the largest number are taken, those beyond are not: no member is passed over.
  @Test("numbers have the same ranges") func ranges() throws {
    for leaf in leaves where !Self.notRead.contains(leaf.path) {
      guard let range = leaf.range else { continue }
      var (numbers, words) = companions(of: leaf.path)
      func problems(_ value: Double) throws -> [String] {
        numbers[leaf.path] = value
        return try decode(array(numbers, words)).problems.filter {
          $0.contains("'\(leaf.path)' is \(value)") && $0.contains("number in [")
            || $0.contains("a positive number")
        }
      }
      for inside in [leaf.excludesLow ? nil : range.lowerBound, range.upperBound] {
        guard let inside else { continue }
        let found = try problems(inside)
        #expect(found == [], "\(leaf.path) \(inside)")
      }
      let step = leaf.isWhole ? 1 : max(abs(range.upperBound), 1)
      #expect(try !problems(range.lowerBound - step).isEmpty, "\(leaf.path)")
      // Of these two the reader of layouts asks for nothing but that they are positive.
      if ["readTime", "repetition.signalToNoise"].contains(leaf.path) { continue }
      #expect(try !problems(range.upperBound + step).isEmpty, "\(leaf.path)")
    }
  }

  @Test("a member that says what it is anyway changes nothing") func defaults() throws {
    var compared = 0
    // What is not said of reads backward is as it is forward.
    for leaf in leaves where !leaf.path.hasPrefix("backward.") {
      guard let fallback = leaf.fallback else { continue }
      for (numbers, words) in Self.contexts {
        // Those that the context has say something else.
        guard numbers[leaf.path] == nil, words[leaf.path] == nil else { continue }
        var (more, other) = (numbers, words)
        switch fallback {
        case .flag(let flag): other[leaf.path] = flag ? "true" : "false"
        case .text(let word): other[leaf.path] = word
        default: more[leaf.path] = fallback.double
        }
        let (without, with) = (
          try decode(array(numbers, words)), try decode(array(more, other))
        )
        guard let before = without.0 else {
          Issue.record("a context is not complete: \(without.problems)")
          continue
        }
        let isElsewhere =
          leaf.path.hasPrefix("device.cell.")
          && !(words["device.model"].map { ["vteam", "gated-volatile"].contains($0) } ?? false)
        if isElsewhere || with.problems.contains(where: { $0.contains("does not have it") }) {
          continue
        }
        // The speed of a cell whose time of setting is given follows from it.
        if leaf.path == "device.cell.onSpeed", words["device.model"] == "gated-volatile" {
          continue
        }
        #expect(with.0 == before, "\(leaf.path) = \(fallback): \(with.problems)")
        compared += 1
      }
    }
    #expect(compared > 150)
  }

  @Test("words are those that are read") func words() throws {
    let schema = TargetDescription.schema
    let analog = try #require(schema.root["$defs"]?["analog"]?["properties"])
    func words(_ path: [String]) throws -> [String] {
      var part = analog
      for (i, name) in path.enumerated() {
        part = schema.resolved(try #require(part[name], "\(path)"))
        if i + 1 < path.count { part = try #require(part["properties"]) }
      }
      return try #require(part["enum"]?.elements).compactMap(\.string)
    }
    let bounded = ["output.bound": 1.0, "device.wMaxDtod": 0.1]
    for path in [
      ["mapping"], ["parts"], ["biasRow"], ["weightScaling"], ["split"], ["noiseManagement"],
      ["weightNoise", "kind"], ["input", "rounding"], ["device", "model"],
      ["device", "programmedBounds"],
    ] {
      let name = path.joined(separator: ".")
      for word in try words(path) {
        var numbers = bounded
        if word == "gated-volatile" { numbers.merge(Self.volatile) { $1 } }
        if path == ["weightNoise", "kind"] { numbers["weightNoise.deviation"] = 1 }
        if word.hasPrefix("bit-sliced") { numbers.merge(["slices": 2, "cellBits": 2]) { $1 } }
        #expect(
          try decode(array(numbers, [name: word])).problems == [], "\(name) is \(word)")
      }
      #expect(
        try !decode(array(bounded.merging(["weightNoise.deviation": 1]) { $1 }, [name: "other"]))
          .problems.isEmpty, "\(name)")
    }
  }
}
