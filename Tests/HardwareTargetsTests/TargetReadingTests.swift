// Damaged descriptions: every kind of damage gives its diagnostic at its place, all in one run.

import Diagnostics
import HardwareTargets
import Testing

/// A damage: a piece of a description's text, what replaces it, and what is then found where.
struct Damage: Sendable, CustomTestStringConvertible {
  var target: String
  var old: String
  var new: String
  var id: String
  var pointer: String

  init(_ target: String, _ old: String, _ new: String, _ id: String, _ pointer: String) {
    (self.target, self.old, self.new, self.id, self.pointer) = (target, old, new, id, pointer)
  }

  var testDescription: String { "\(id) at \(pointer) of \(target)" }

  /// The damaged text.
  func text() throws -> String {
    let text = try #require(TargetDescription.builtInText(target))
    let place = try #require(text.range(of: old), "no \(old) in \(target)")
    return text.replacingCharacters(in: place, with: new)
  }
}

extension String {

  fileprivate func range(of part: String) -> Range<String.Index>? {
    ranges(of: part).first
  }

  fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}

@Suite("Damaged targets") struct TargetReadingTests {

  private func problems(_ text: String) -> [Diagnostic] {
    do throws(CompileError) {
      _ = try TargetDescription(parsing: text, file: "t.json")
      return []
    } catch {
      return error.diagnostics
    }
  }

  private func place(_ diagnostic: Diagnostic) -> String? {
    switch diagnostic.site {
    case .file("t.json"): ""
    case .inside("t.json", let pointer): pointer
    default: nil
    }
  }

  static let violations = [
    Damage("loihi1", #""id": "loihi1","#, #""id": "Loihi 1","#, "bad-name", "/id"),
    Damage("loihi1", #""id": "loihi1","#, "", "missing-member", ""),
    Damage("loihi1", "spikec-target/1", "spikec-target/9", "unknown-word", "/schema"),
    Damage("loihi1", #""title": "#, #""name": "x", "title": "#, "unknown-member", "/name"),
    Damage("loihi1", #""family": "digital-mesh""#, #""family": "mesh""#, "unknown-word", "/family"),
    Damage(
      "loihi1", #""mode": "subtract""#, #""mode": "substract""#, "unknown-word",
      "/cores/0/neuron/reset/1/mode"),
    Damage(
      "loihi1", #""bits": 12"#, #""bits": "12""#, "wrong-type", "/cores/0/neuron/params/du/bits"),
    Damage(
      "loihi1", #""bits": 12"#, #""bits": 12.5"#, "wrong-type", "/cores/0/neuron/params/du/bits"),
    Damage(
      "loihi1", #""bits": 12"#, #""bits": 65"#, "out-of-range", "/cores/0/neuron/params/du/bits"),
    Damage(
      "loihi1", #""bits": 12"#, #""bits": 1e30"#, "out-of-range",
      "/cores/0/neuron/params/du/bits"),
    Damage("loihi1", #""bits": 12, "#, "", "missing-member", "/cores/0/neuron/params/du"),
    Damage(
      "loihi1", #""grid": [8, 4]"#, #""grid": [32]"#, "wrong-length",
      "/topology/levels/1/grid"),
    Damage(
      "loihi1", #""value": 1024"#, #""value": -1"#, "out-of-range",
      "/cores/0/resources/neurons/value"),
    Damage(
      "loihi1", #""value": 1024"#, #""value": NaN"#, "wrong-type",
      "/cores/0/resources/neurons/value"),
    Damage(
      "loihi1", #""neurons": {"value": 1024,"#, #""neurones": {"value": 1024,"#, "unknown-member",
      "/cores/0/resources/neurones"),
    Damage(
      "loihi1", #""value": 2.36e-11"#, #""value": 23.6"#, "out-of-range",
      "/energy/events/synop/value"),
    Damage(
      "loihi1", #""learn": {"value": 1.2e-10, "unit": "J""#,
      #""learn": {"value": 1.2e-10, "unit": "pJ""#, "unknown-word", "/energy/events/learn/unit"),
    Damage(
      "loihi1", #""latency": {"value": 1.13e-07"#, #""latency": {"value": -1"#, "out-of-range",
      "/time/barrier/0/latency/value"),
    Damage("loihi1", #""count": 128"#, #""count": 0"#, "out-of-range", "/cores/0/count"),
    Damage(
      "loihi1", #""codes": ["rate"]"#, #""codes": ["burst"]"#, "unknown-word",
      "/cores/0/neuron/codes/0"),
    Damage("loihi1", #""costPerOutput": 1, "#, "", "missing-member", "/cores/0/neuron/maximum"),
    Damage(
      "loihi1", #""compartment": 32"#, #""Compartment": 32"#, "bad-name",
      "/cores/0/neuron/profiles/Compartment"),
    Damage(
      "speck2", #""squareKernelOnly": true"#, #""squareKernelOnly": 1"#, "wrong-type",
      "/cores/0/ops/squareKernelOnly"),
    Damage(
      "brainscales2", #""columnGain": {"value": null}"#, #""columnGain": [1]"#, "wrong-type",
      "/cores/0/analog/mismatch/columnGain"),
  ]

  /// Members of arrays: misspelt, out of range, of another kind, in another unit.
  static let arrays = [
    Damage(
      "rpu", #""noiseManagement": "abs-max""#, #""noiseManagment": "abs-max""#, "unknown-member",
      "/cores/0/analog/noiseManagment"),
    Damage(
      "rpu", #""dwMinDtod": {"#, #""dwMinDtoD": {"#, "unknown-member",
      "/cores/0/analog/device/dwMinDtoD"),
    Damage(
      "rpu", #""mode": "none""#, #""mode": "none", "scop": "vector""#, "unknown-member",
      "/cores/0/analog/backward/boundManagement/scop"),
    Damage(
      "rpu", #""backward": {"#, #""backward": {"output": {"gain": 2}, "#, "unknown-member",
      "/cores/0/analog/backward/output/gain"),
    Damage(
      "rpu", #""steps": {"value": 126"#, #""steps": {"valeu": 1, "value": 126"#, "unknown-member",
      "/cores/0/analog/input/steps/valeu"),
    Damage(
      "rpu", #""noiseManagement": "abs-max""#, #""noiseManagement": "absmax""#, "unknown-word",
      "/cores/0/analog/noiseManagement"),
    Damage(
      "rpu", #""steps": {"value": 126"#, #""steps": {"value": 0"#, "out-of-range",
      "/cores/0/analog/input/steps/value"),
    Damage(
      "brainscales2", #""least": 0"#, #""least": 1"#, "out-of-range",
      "/cores/0/analog/input/least"),
    Damage(
      "rpu", #""signed": true"#, #""signed": "true""#, "wrong-type",
      "/cores/0/analog/input/signed"),
    Damage(
      "rpu", #""pulses": {"value": 10"#, #""pulses": {"value": 10.5"#, "wrong-type",
      "/cores/0/analog/update/pulses/value"),
    Damage(
      "rpu-pcm", #""unit": "S""#, #""unit": "uS""#, "unknown-word",
      "/cores/0/analog/device/largestConductance/unit"),
    Damage(
      "rpu-pcm", #""model": "pcm""#, #""model": "pcmm""#, "unknown-word",
      "/cores/0/analog/device/model"),
  ]

  /// Members of device models: of another than the array's, and half of what belongs together.
  static let devices = [
    Damage(
      "rpu", #""device": {"#, #""device": {"readSeconds": 1e-7, "#, "unused-member",
      "/cores/0/analog/device/readSeconds"),
    Damage(
      "rpu", #""device": {"#, #""device": {"model": "reram", "drift": {"startSeconds": 1}, "#,
      "unused-member", "/cores/0/analog/device/drift/startSeconds"),
    Damage(
      "rpu-pcm", #""model": "pcm""#, #""model": "pcm", "cell": {"width": 1e-9}"#, "unused-member",
      "/cores/0/analog/device/cell"),
    Damage(
      "rpu", #""device": {"#, #""device": {"model": "vteam", "cell": {"retention": 1}, "#,
      "unused-member", "/cores/0/analog/device/cell/retention"),
    Damage(
      "rpu", #""device": {"#,
      #""device": {"model": "vteam", "cell": {"setSeconds": 1, "onSpeed": -1}, "#,
      "unused-member", "/cores/0/analog/device/cell/onSpeed"),
    Damage(
      "rpu", #""device": {"#,
      """
      "device": {
        "model": "gated-volatile", "onOffRatio": 2, "cell": {
          "onThreshold": -1, "offThreshold": 1, "setVoltage": -2, "setSeconds": 1,
          "retention": 1, "readVoltage": 0.1
        },
      """, "unused-member", "/cores/0/analog/device/cell/readVoltage"),
    Damage(
      "isaac", #""leastResistance": {"value": 2000, "grade": "software", "source": "CS"},"#, "",
      "missing-member", "/cores/0/analog/device"),
  ]

  @Test("a volatile cell is told all that it lacks in one run") func volatileCell() throws {
    func lacks(_ device: String) throws -> [String] {
      let damage = Damage(
        "rpu", #""device": {"#, #""device": {"model": "gated-volatile", \#(device)"#, "", "")
      let found = problems(try damage.text())
      for problem in found {
        #expect(problem.id == "target.missing-member", "\(problem.rendered())")
        #expect(problem.notes.contains { $0.contains("'gated-volatile'") })
      }
      // The second word in quotes, after that of the place.
      return found.map { "\($0.message.split(separator: "'").dropFirst(2).first ?? "")" }
    }
    #expect(
      try lacks(#""cell": {"setSeconds": 1}, "#) == [
        "onThreshold", "offThreshold", "setVoltage", "retention", "onOffRatio",
      ])
    #expect(try lacks("") == ["cell", "onOffRatio"])
    let damage = Damage(
      "rpu", #""device": {"#, #""device": {"model": "gated-volatile", "#, "", "")
    let messages = problems(try damage.text()).map(\.message)
    #expect(messages.first == "'device' has no 'cell', expected 'cell', an object")
    #expect(messages.last?.contains("a finite number") == true, "\(messages)")
    #expect(
      try lacks(#""onOffRatio": 2, "cell": {"setVoltage": -1, "setSeconds": 1, "retention": 1}, "#)
        == ["onThreshold", "offThreshold"])
  }

  static let contradictions = [
    Damage(
      "loihi1", #""id": "loihi1","#, #""id": "loihi1", "id": "loihi1","#, "duplicate-member",
      "/id"),
    Damage(
      "loihi1", #""bits": 12, "#, #""bits": 12, "bits": 12, "#, "duplicate-member",
      "/cores/0/neuron/params/du/bits"),
    Damage(
      "loihi1", #""grid": [8, 4]"#, #""grid": [8, 8]"#, "grid-mismatch",
      "/topology/levels/1/grid"),
    Damage("loihi1", #""count": 128"#, #""count": 127"#, "count-mismatch", "/cores"),
    Damage("loihi1", #""deliveryLatencySteps": 1,"#, "", "missing-latency", "/time"),
    Damage("loihi1", #""tiles": 32"#, #""tiles": 1"#, "bad-order", "/time/barrier/1/tiles"),
    Damage("loihi1", #""chips": 768"#, #""chips": 256"#, "bad-order", "/time/chipBarrier/1/chips"),
    Damage(
      "spinnaker1", #""value": 57600"#, #""value": 47"#, "bad-order",
      "/topology/levels/0/joined"),
    Damage(
      "spinnaker1", #"{"name": "core", "count": 17,"#,
      #"{"name": "core", "count": 17, "joined": {"value": 17, "grade": "user"},"#, "bad-order",
      "/topology/levels/1/joined"),
    Damage(
      "loihi1", #""name": "tile""#, #""name": "chip""#, "duplicate-name",
      "/topology/levels/1/name"),
    Damage(
      "loihi1", #"{"name": "chip", "count": 16384, "source": "D18", "grade": "secondary"}"#,
      #"{"name": "chip", "count": 16384}"#, "no-source", "/topology/levels/0"),
    Damage(
      "loihi1", #""value": 1024, "grade": "software", "source": "D18, NL""#, #""value": 1024"#,
      "no-source", "/cores/0/resources/neurons"),
    Damage(
      "loihi1", #""unit": "W", "grade": "silicon", "source": "F20""#,
      #""unit": "W", "grade": "silicon", "source": "F21""#, "unknown-source",
      "/energy/static/chip/source"),
    Damage(
      "loihi1", #""source": "D18, NL, LV""#, #""source": "D18, , LV""#, "unknown-source",
      "/time/source"),
    Damage(
      "loihi1", #""min": 2.36e-11"#, #""min": 2.4e-11"#, "bad-range",
      "/energy/events/synop/min"),
    Damage(
      "loihi1", #""max": 3.5e-09"#, #""max": 3.4e-09"#, "bad-range",
      "/energy/latency/synop/max"),
    Damage("loihi1", #""wordBits": 64,"#, "", "accounting-incomplete", "/cores/0/accounting"),
    Damage(
      "loihi1", #""wordBits": 64,"#, #""wordBits": 0,"#, "out-of-range",
      "/cores/0/accounting/params/wordBits"),
    Damage(
      "loihi1", #""wordBits": 64,"#, #""wordBits": 64, "rows": 2,"#, "unused-parameter",
      "/cores/0/accounting/params/rows"),
    Damage(
      "generic-mesh", #""synapseMemory": "sramBytes""#, #""synapseMemory": "weightBytes""#,
      "unknown-resource", "/cores/0/accounting/options/synapseMemory"),
    Damage(
      "truenorth", #""algorithm": "dense-rect","#,
      #""algorithm": "dense-rect", "options": {"inputMemory": "neurons"},"#, "unused-parameter",
      "/cores/0/accounting/options/inputMemory"),
    Damage(
      "generic-mesh",
      #""options": {"neuronMemory": "sramBytes", "synapseMemory": "sramBytes"},"#, "",
      "accounting-incomplete", "/cores/0/accounting"),
    Damage(
      "generic-mesh", #""neurons": {"value": 1024"#, #""neurons": {"value": 0"#, "out-of-range",
      "/cores/0/resources/neurons/value"),
    Damage(
      "rpu", #""cols": {"value": 512"#, #""cols": {"value": 256"#, "array-size",
      "/cores/0/resources/cols"),
    Damage(
      "isaac", #""params": {"rows": 128, "cols": 129}"#, #""params": {"rows": 64, "cols": 129}"#,
      "array-size", "/cores/0/accounting/params/rows"),
    Damage("loihi1", #""min": -7"#, #""min": -9"#, "bad-range", "/cores/0/synapse/exponent/min"),
    Damage("loihi1", #""max": 255"#, #""max": 256"#, "bad-range", "/cores/0/synapse/weight/max"),
    Damage(
      "loihi1", #""min": -255, "max": 255"#, #""min": 2, "max": 1"#, "bad-range",
      "/cores/0/synapse/weight"),
    Damage(
      "loihi1", #""shift": 6}"#, #""shift": 48}"#, "bad-range",
      "/cores/0/neuron/params/vthMant/shift"),
    Damage(
      "loihi1", #""offset": 1"#, #""offset": 5000"#, "bad-range",
      "/cores/0/neuron/params/du/offset"),
    Damage(
      "loihi1", #""biasExp": {"bits": 3,"#, #""biasExp": {"bits": 7,"#, "bad-range",
      "/cores/0/neuron/params/biasExp"),
    Damage(
      "loihi1", #""refractory": [1, 63]"#, #""refractory": [63, 1]"#, "bad-range",
      "/cores/0/neuron/refractory"),
    Damage(
      "loihi1", #""delay": [0, 62]"#, #""delay": [3, 2]"#, "bad-range",
      "/cores/0/synapse/delay"),
    Damage(
      "loihi1", #"[1, 2, 3, 4, 5, 6, 8]"#, #"[1, 10]"#, "bad-range",
      "/cores/0/synapse/weightBitsAllowed/1"),
    Damage("truenorth", #""synop": {"#, #""hop": {"#, "energy-incomplete", "/energy"),
    Damage(
      "loihi1", #""model": "per-event""#, #""model": "levels""#, "energy-incomplete", "/energy"),
    Damage(
      "spinnaker2", #""model": "levels""#, #""model": "none""#, "energy-unused",
      "/energy/levels"),
    Damage(
      "spinnaker2", #""value": 333000000"#, #""value": 100"#, "bad-order",
      "/energy/levels/1/hertz"),
    Damage(
      "spinnaker2", #""name": "PL3""#, #""name": "PL1""#, "duplicate-name",
      "/energy/levels/2/name"),
    Damage("speck2", #""like": "a""#, #""like": "d""#, "unknown-class", "/cores/1/like"),
    Damage("speck2", #""class": "c""#, #""class": "b""#, "duplicate-name", "/cores/2/class"),
    Damage("speck2", #""ids": [3, 4]"#, #""ids": [3, 2]"#, "bad-place", "/cores/1/ids/1"),
    Damage("speck2", #""ids": [3, 4]"#, #""ids": [3, 9]"#, "bad-place", "/cores/1/ids/1"),
    Damage("speck2", #""ids": [3, 4]"#, #""ids": [3]"#, "count-mismatch", "/cores/1/ids"),
    Damage("speck2", #""ids": [3, 4],"#, "", "count-mismatch", "/cores/1"),
    Damage(
      "brainscales2", #""value": 0.002, "grade": "software""#,
      #""value": 0.002, "grade": "sure""#, "unknown-word", "/cores/0/analog/output/gain/grade"),
    Damage(
      "brainscales2", #""columnGain": {"value": null}"#, #""columnGain": {"value": "x"}"#,
      "wrong-type", "/cores/0/analog/mismatch/columnGain/value"),
  ]

  @Test(
    "a violation of the schema is found where it is, and nothing else",
    arguments: violations + arrays + devices)
  func structure(_ damage: Damage) throws {
    let found = problems(try damage.text())
    #expect(found.map(\.id) == ["target.\(damage.id)"], "\(found.map { $0.rendered() })")
    #expect(found.first.flatMap(place) == damage.pointer, "\(found.map { $0.rendered() })")
    #expect(found.allSatisfy { $0.exitCode == .badData })
  }

  @Test("a contradiction is found where it is, and nothing else", arguments: contradictions)
  func meaning(_ damage: Damage) throws {
    let found = problems(try damage.text())
    #expect(found.map(\.id) == ["target.\(damage.id)"], "\(found.map { $0.rendered() })")
    #expect(found.first.flatMap(place) == damage.pointer, "\(found.map { $0.rendered() })")
  }

  @Test("what is found says what was found and what was expected") func message() throws {
    let damage = Self.violations[5]
    #expect(
      problems(try damage.text()).first?.rendered() == """
        error: 'mode' is 'substract', expected 'zero', 'value', 'subtract', 'none' or 'saturate' \
        [target.unknown-word]
          --> t.json:/cores/0/neuron/reset/1/mode
        """)
  }

  @Test(
    "a misspelt member is told from the one that is meant",
    arguments: [
      (0, "noiseManagement"), (1, "dwMinDtod"), (2, "scope"), (4, "value"),
    ])
  func nearest(_ number: Int, _ name: String) throws {
    let found = problems(try Self.arrays[number].text())
    #expect(found.first?.notes == ["did you mean '\(name)'?"])
    #expect(problems(try Self.arrays[3].text()).first?.notes == [])
  }

  @Test("members of arrays are read with their units, and words for groups") func arrayMembers()
    throws
  {
    let text = try #require(TargetDescription.builtInText("rpu"))
      .replacing(
        #""backward": {"boundManagement": {"mode": "none"}}"#,
        with: #""backward": {"boundManagement": "worst-case"}"#
      )
      .replacing(#""value": 8e-8, "unit": "s""#, with: #""value": 8e-8"#)
      .replacing(#""device": {"#, with: #""wires": {"columnResistance": 2}, "device": {"#)
    let array = try #require(try TargetDescription(parsing: text, file: "t.json").cores[0].analog)
    #expect(array.words["backward.boundManagement.mode"] == "worst-case")
    #expect(array.words["backward.boundManagement"] == nil)
    #expect(array.words["boundManagement.mode"] == "iterative")
    #expect(array.numbers["readTime"]?.unit == "s")
    #expect(array.numbers["wires.columnResistance"]?.unit == "Ohm")
    #expect(array.numbers["wires.columnResistance"]?.grade == .software)
    #expect(array.numbers["output.noise"]?.unit == nil)
  }

  @Test("all problems of a file come at once") func together() throws {
    var text = try #require(TargetDescription.builtInText("loihi1"))
    let damages = (Self.violations + Self.contradictions).filter { damage in
      damage.target == "loihi1"
        && [
          "/family", "/cores/0/neuron/reset/1/mode", "/topology/levels/1/grid",
          "/energy/static/chip/source", "/cores/0/neuron/refractory", "/time",
          "/energy/events/learn/unit",
        ].contains(damage.pointer) && damage.id != "wrong-length"
    }
    for damage in damages {
      let place = try #require(text.ranges(of: damage.old).first)
      text.replaceSubrange(place, with: damage.new)
    }
    let found = problems(text)
    #expect(Set(found.compactMap(place)) == Set(damages.map(\.pointer)))
    #expect(found.count == damages.count && damages.count == 7)
  }

  @Test("a text that is not JSON has the line and column") func syntax() {
    let found = problems("{\n  \"schema\": spikec\n}")
    #expect(found.map(\.id) == ["target.syntax"])
    #expect(
      found.first?.site
        == .text(file: "t.json", line: 2, column: 13, source: "  \"schema\": spikec"))
    #expect(problems("").map(\.id) == ["target.syntax"])
  }

  @Test("values of other kinds are refused", arguments: ["[]", "1", "null", "\"loihi1\""])
  func otherValues(_ text: String) {
    #expect(problems(text).map(\.id) == ["target.wrong-type"])
  }

  @Test("a file cannot take much of anything") func limits() throws {
    let text = try #require(TargetDescription.builtInText("generic-mesh"))
    let long = text + String(repeating: " ", count: TargetDescription.mostBytes)
    #expect(problems(long).map(\.id) == ["target.too-long"])
    let many = problems("[" + String(repeating: "0,", count: 400_000) + "0]")
    #expect(many.map(\.id) == ["target.wrong-type"])
    let members = (0..<20_000).map { "\"m\($0)\": 1" }.joined(separator: ",")
    #expect(problems("{\(members)}").count <= 300)
    let huge = text.replacing(#""count": 64, "grid": [8, 8]"#, with: #""count": 16000000"#)
    #expect(problems(huge).contains { $0.id == "target.too-many-cores" })
  }

  @Test("numbers of the user's own fill what is unknown") func userValues() throws {
    let text = try #require(TargetDescription.builtInText("spinnaker2"))
      .replacing(
        #""baseline": {"value": null, "unit": "W"}"#,
        with: #""baseline": {"value": 0.022, "unit": "W", "grade": "user"}"#)
    let target = try TargetDescription(parsing: text, file: "mine.json")
    #expect(
      target.energy.levels.map(\.baseline)
        == [Quantity?](repeating: Quantity(0.022, unit: "W", grade: .user), count: 3))
    let bare = text.replacing(#", "grade": "user""#, with: "")
    #expect(problems(bare).map(\.id) == [String](repeating: "target.no-source", count: 3))
  }

  @Test("units that are left out are those of the place") func units() throws {
    let text = try #require(TargetDescription.builtInText("loihi1"))
      .replacing(#""unit": "J", "#, with: "")
    let target = try TargetDescription(parsing: text, file: "mine.json")
    #expect(target == TargetDescription.builtIn("loihi1"))
  }

  @Test(
    "no number of a machine is without limits, and none traps",
    arguments: ["loihi1", "speck2", "spinnaker2"],
    ["9223372036854775807", "-9223372036854775808"])
  func extremes(_ name: String, _ number: String) throws {
    let text = try #require(TargetDescription.builtInText(name))
    let head = try #require(text.ranges(of: "\"time\": {").first).upperBound
    let tail = try #require(text.ranges(of: "\"sources\": {").last).lowerBound
    let numbers = numbers(in: text[head..<tail])
    #expect(numbers.count > 15)
    for place in numbers {
      var damaged = text
      damaged.replaceSubrange(place, with: number)
      #expect(
        problems(damaged).contains { $0.id == "target.out-of-range" },
        "\(text[..<place.upperBound].suffix(60))")
    }
  }

  /// Returns the places of numbers outside of strings.
  private func numbers(in text: Substring) -> [Range<String.Index>] {
    var (places, isString): ([Range<String.Index>], Bool) = ([], false)
    var position = text.startIndex
    while position < text.endIndex {
      let character = text[position]
      var next = text.index(after: position)
      if character == "\"" { isString.toggle() }
      if !isString && (character == "-" || character.isNumber) {
        next = text[next...].firstIndex { !($0.isNumber || "+-.e".contains($0)) } ?? text.endIndex
        places.append(position..<next)
      }
      position = next
    }
    return places
  }
}
