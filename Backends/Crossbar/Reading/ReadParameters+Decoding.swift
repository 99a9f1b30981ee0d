// From the dotted members of a description to the parameters of reads, with their ranges.

package import Diagnostics
package import HardwareTargets
internal import Kernels

extension ReadParameters {

  /// Decodes the description of an array; `Targets/schema.json` has its members, their ranges and what
  /// they are without being said.
  ///
  /// Of converters, `input` and `output`: `bound`, with `steps` over the range −bound … bound
  /// (0 … bound where `signed` is false), or `resolution`, a part of the range up to 1 and a number
  /// of steps beyond; or `least` and `most`, whole numbers with a step of 1; or `bits`, which is
  /// 2^bits − 2 steps, 2^bits − 1 without a sign. Inputs between `least` and `most` are the codes of
  /// vectors whose full scale is 1. `rounding` is `nearest-even` or `floor`; `noise` a
  /// standard deviation. `input.slice`: the bits that are given at a time. `input.repeats`: how often
  /// inputs are given in a read. `output.gain`.
  ///
  /// `noiseManagement`: `none`, `abs-max`, `max`, `constant`, `average-abs-max` or `sign-sums`, with
  /// `noiseThreshold` and `assumedWeight`. `boundManagement.mode`: `none`, `fewer-repeats`, `iterative` or
  /// `worst-case`, with `maxFactor`, `maxInputResolution` and `scope`, which must be `vector`.
  /// `weightNoise.kind`: `additive`, `relative` or `root`, with `deviation`.
  /// `wires.columnResistance` and `rowResistance` in ohms, with `largestConductance` in siemens.
  /// `mismatch.columnGain` and `columnOffset`: standard deviations. `device.wMax`: the largest
  /// weight. Members of `backward` take the place of those of the same name.
  ///
  /// - Throws: `crossbar.bad-array` for a number out of range, an unknown word, or half of a pair.
  package init(_ array: AnalogArray, name: String = "array") throws(Diagnostic) {
    self.init()
    let members = ReadMembers(array: array, name: name)
    forward = try Self.options(members)
    var other = members
    other.prefix = "backward."
    backward = try Self.options(other)
    let code = try members.number("input.most", in: 0...1e9) ?? 1
    gain = (try members.number("output.gain", in: 1e-12...1e12) ?? 1) * code
    columnGainSpread = try members.number("mismatch.columnGain", in: 0...1e9) ?? 0
    columnOffsetSpread = try members.number("mismatch.columnOffset", in: 0...1e9) ?? 0
    largestWeight = try members.number("device.wMax", in: 1e-12...1e12) ?? 1
    scalesColumns =
      try members.word("weightScaling", ["block": false, "column": true]) ?? false
    wires = try Self.wires(members)
    unknown = array.numbers.filter { $0.value.value == nil }.map(\.key).sorted()
  }

  private static func options(_ members: ReadMembers) throws(Diagnostic) -> AnalogReadOptions {
    var options = AnalogReadOptions()
    let isSigned = try members.word("input.signed", ["true": true, "false": false]) ?? true
    options.signs = isSigned ? .both : .separate
    options.input = try converter("input", members, isSigned: isSigned)
    options.output = try converter("output", members, isSigned: true)
    options.inputNoise = try members.number("input.noise", in: 0...1e9) ?? 0
    options.outputNoise = try members.number("output.noise", in: 0...1e9) ?? 0
    options.weightNoise = try weightNoise(members)
    options.repeats = try members.whole("input.repeats", in: 1...1024) ?? 1
    try slices(&options, members)
    try manage(&options, members)
    return options
  }

  private static func slices(
    _ options: inout AnalogReadOptions, _ members: ReadMembers
  ) throws(Diagnostic) {
    guard let slice = try members.whole("input.slice", in: 1...24) else { return }
    guard let bits = try members.whole("input.bits", in: 1...24), slice <= bits else {
      throw members.bad("'input.slice' is \(slice)", expected: "'input.bits' of as many or more")
    }
    // Steps may be given otherwise, too: slices of fewer bits than they have would lose the highest.
    let input = options.input
    let largest = input.step.map { (max(-input.low, input.high) / $0).rounded() } ?? 0
    guard largest < Double(1 << bits) else {
      throw members.bad(
        "'input.slice' with inputs of up to \(Int(largest)) steps",
        expected: "'input.bits' of as many as they have, here \(bits), or fewer steps")
    }
    options.sliceBits = slice
    options.slices = (bits + slice - 1) / slice
  }

  /// Decodes the converter of a group of members.
  private static func converter(
    _ group: String, _ members: ReadMembers, isSigned: Bool
  ) throws(Diagnostic) -> AnalogConverter {
    let rounding =
      try members.word("\(group).rounding", ["nearest-even": .nearestEven, "floor": .down])
      ?? AnalogConverter.Rounding.nearestEven
    let least = try members.number("\(group).least", in: -1e9...0)
    let most = try members.number("\(group).most", in: 0...1e9)
    if least != nil || most != nil {
      guard let least, let most, least < most, most > 0 else {
        throw members.bad("half of '\(group).least' and 'most'", expected: "least < most")
      }
      guard group == "input" else {
        return AnalogConverter(step: 1, low: least, high: most, rounding: rounding)
      }
      // Inputs are scaled to 1, which is the largest code; the gain has the factor.
      return AnalogConverter(step: 1 / most, low: least / most, high: 1, rounding: rounding)
    }
    let bound = try members.number("\(group).bound", in: 1e-12...1e12)
    guard let parts = try steps(group, members, isSigned: isSigned) else {
      let limit = bound ?? .infinity
      return AnalogConverter(low: isSigned ? -limit : 0, high: limit, rounding: rounding)
    }
    guard let bound else {
      throw members.bad("'\(group)' has steps", expected: "'\(group).bound' too")
    }
    let low = isSigned ? -bound : 0
    return AnalogConverter(
      step: (bound - low) / parts, low: low, high: bound, rounding: rounding)
  }

  /// Returns the number of steps of a range.
  private static func steps(
    _ group: String, _ members: ReadMembers, isSigned: Bool
  ) throws(Diagnostic) -> Double? {
    if let steps = try members.number("\(group).steps", in: 1...1e9) { return steps }
    if let resolution = try members.number("\(group).resolution", in: -1...1e9), resolution > 0 {
      return resolution > 1 ? resolution : 1 / resolution
    }
    guard let bits = try members.whole("\(group).bits", in: 1...24) else { return nil }
    guard !isSigned || bits >= 2 else {
      throw members.bad("'\(group).bits' is 1", expected: "2 or more for both signs")
    }
    return Double(1 << bits - (isSigned ? 2 : 1))
  }

  private static func weightNoise(_ members: ReadMembers) throws(Diagnostic) -> AnalogWeightNoise {
    guard let size = try members.number("weightNoise.deviation", in: 0...1e9), size > 0 else {
      return .none
    }
    return try members.word(
      "weightNoise.kind",
      ["additive": .additive(size), "relative": .relative(size), "root": .root(size)])
      ?? .additive(size)
  }

  // size: table
  private static func manage(
    _ options: inout AnalogReadOptions, _ members: ReadMembers
  ) throws(Diagnostic) {
    let weight = try members.number("assumedWeight", in: 1e-12...1e12) ?? 0.6
    let threshold = try members.number("noiseThreshold", in: 1e-12...1e12)
    options.noiseManagement =
      try members.word(
        "noiseManagement",
        [
          "none": .none, "abs-max": .absoluteMaximum, "max": .maximum,
          "constant": .constant(threshold ?? 1), "average-abs-max": .averageAbsoluteMaximum,
          "sign-sums": .signSums(weight: weight),
        ]) ?? .none
    if case .constant = options.noiseManagement {
    } else if options.noiseManagement != .none {
      options.largestScale = threshold
    }
    let factor = try members.number("boundManagement.maxFactor", in: 0...1e9) ?? 1000
    let resolution = try members.number("boundManagement.maxInputResolution", in: 1e-12...1e12)
    options.boundManagement =
      try members.word(
        "boundManagement.mode",
        [
          "none": .none, "fewer-repeats": .fewerRepeats,
          "iterative": .iterative(factor: factor, resolution: resolution ?? 0.25),
          "worst-case": .worstCase(weight: weight, resolution: resolution ?? 0.25),
        ]) ?? .none
    _ = try members.word("boundManagement.scope", ["vector": true])
    // A part that is read again at another scale no longer belongs to the number of the others.
    guard options.sliceBits == nil || options.boundManagement == .none else {
      throw members.bad(
        "'boundManagement' with inputs given bit by bit", expected: "'input.slice' or it, not both")
    }
    let needsBound =
      if case .worstCase = options.boundManagement {
        true
      } else if case .signSums =
        options.noiseManagement
      { true } else { false }
    guard !needsBound || options.outputBound.isFinite else {
      throw members.bad("management by sums of inputs", expected: "'output.bound' too")
    }
  }

  private static func wires(_ members: ReadMembers) throws(Diagnostic) -> WireResistance? {
    let column = try members.number("wires.columnResistance", in: 0...1e9) ?? 0
    let row = try members.number("wires.rowResistance", in: 0...1e9) ?? 0
    guard column > 0 || row > 0 else { return nil }
    guard let conductance = try members.number("wires.largestConductance", in: 1e-15...1) else {
      throw members.bad(
        "the resistance of wires", expected: "'wires.largestConductance' of cells too")
    }
    return WireResistance(column: column * conductance, row: row * conductance)
  }
}

/// The members of the description of an array.
struct ReadMembers {

  let array: AnalogArray
  let name: String

  /// What the names of members begin with.
  var group = ""

  /// What is looked for first before the names of members.
  var prefix = ""

  func bad(_ found: String, expected: String) -> Diagnostic {
    .badRead(found, expected: expected, of: name)
  }

  /// Returns the name under which a member is there.
  private func place(_ key: String) -> String {
    let plain = group + key
    let own = prefix + plain
    return array.numbers[own] != nil || array.words[own] != nil ? own : plain
  }

  /// Whether there is a member of the group.
  var isThere: Bool {
    array.numbers.keys.contains { $0.hasPrefix(group) }
      || array.words.keys.contains { $0.hasPrefix(group) }
  }

  /// Returns whether there is a member of this name, known or not.
  func has(_ key: String) -> Bool {
    array.numbers[place(key)] != nil || array.words[place(key)] != nil
  }

  /// Returns a number; `nil` if there is none, or if it is not known.
  func number(_ key: String, in range: ClosedRange<Double>) throws(Diagnostic) -> Double? {
    let place = place(key)
    if let word = array.words[place] {
      throw bad("'\(place)' is '\(word)'", expected: "a number")
    }
    guard let value = array.numbers[place]?.value else { return nil }
    guard range.contains(value) else {
      throw bad(
        "'\(place)' is \(value)",
        expected: "a number in [\(range.lowerBound), \(range.upperBound)]")
    }
    return value
  }

  /// Returns a whole number; `nil` if there is none, or if it is not known.
  func whole(_ key: String, in range: ClosedRange<Int>) throws(Diagnostic) -> Int? {
    guard
      let value = try number(key, in: Double(range.lowerBound)...Double(range.upperBound))
    else { return nil }
    guard let result = Int(exactly: value) else {
      throw bad("'\(key)' is \(value)", expected: "a whole number")
    }
    return result
  }

  /// Returns what a word means; `nil` if there is none.
  func word<T>(_ key: String, _ meanings: [String: T]) throws(Diagnostic) -> T? {
    let place = place(key)
    guard let word = array.words[place] else {
      guard array.numbers[place]?.value == nil else {
        throw bad("'\(place)' is a number", expected: words(meanings))
      }
      return nil
    }
    guard let meaning = meanings[word] else {
      throw bad("'\(place)' is '\(word)'", expected: words(meanings))
    }
    return meaning
  }

  private func words<T>(_ meanings: [String: T]) -> String {
    meanings.keys.sorted().joined(separator: ", ")
  }
}
