// The arrays of a machine from its description.

package import Diagnostics
package import HardwareTargets

extension ArrayFeatures {

  /// Returns the arrays of a machine, class by class.
  ///
  /// - Throws: `crossbar.no-arrays`, and `crossbar.bad-array` for everything that is wrong with them.
  package static func all(of target: TargetDescription) throws(CompileError) -> [ArrayFeatures] {
    guard target.hasAnalogArrays else { throw CompileError(.noArrays(target.id)) }
    var sink = DiagnosticSink()
    var result: [ArrayFeatures] = []
    for core in target.cores {
      guard let array = core.analog else { continue }
      do throws(Diagnostic) {
        result.append(try ArrayFeatures(array, of: core, target: target.id))
      } catch { sink.report(error) }
    }
    try sink.throwIfErrors()
    return result
  }

  /// Reads the description of the arrays of a class.
  ///
  /// Members: `mapping`, `slices`, `cellBits`, `devicesPerWeight`, `rowsPerInput`, `parts`
  /// (`columns` or `arrays`), `biasRow` (`analog` or `digital`), `split` (`equal` or `maximal`),
  /// `readTime` in seconds, `input.bits`, `.slice`, `.signed` and `.repeats`; `repetition.signalToNoise`, `.rows` and
  /// `.columns`, with `output.noise`, `output.bound` and `device.wMax`.
  ///
  /// - Throws: `crossbar.bad-array`.
  package init(
    _ array: AnalogArray, of core: CoreClass, target: String
  ) throws(Diagnostic) {
    let reader = ArrayReader(array: array, name: core.name, target: target)
    self.init(name: core.name, count: core.count, rows: array.rows, columns: array.columns)
    let mapping = array.mapping ?? "signed-abstract"
    let isSliced = mapping.hasPrefix("bit-sliced")
    let slices = try reader.whole("slices", in: 1...24) ?? 1
    let cellBits = try reader.whole("cellBits", in: 1...24)
    guard isSliced == (slices > 1) else {
      throw .badArray(
        core.name, target, "'slices' is \(slices) with the mapping '\(mapping)'",
        expected: isSliced ? "2 or more" : "none, or a mapping whose name begins with 'bit-sliced'")
    }
    let bits = (cellBits ?? 0) * slices
    guard !isSliced || cellBits != nil, bits <= 30 else {
      throw .badArray(
        core.name, target, "weights of \(slices, of: "slice") and \(bits, of: "bit") in all",
        expected: "'cellBits', and 30 bits at most")
    }
    cells = CellMapping(
      signs: .abstract, slices: slices, cellBits: cellBits,
      devices: try reader.whole("devicesPerWeight", in: 1...1024) ?? 1)
    try read(mapping: mapping, reader)
    if cells.signs != .pair, cells.bits == 1 {
      throw .badArray(
        core.name, target, "'cellBits' is 1 with the mapping '\(mapping)'",
        expected: "2 bits or more, one of which tells the sign")
    }
    spreadsOverArrays =
      try reader.word("parts", of: ["columns": false, "arrays": true]) ?? false
    holdsBias = try reader.word("biasRow", of: ["analog": true, "digital": false]) ?? true
    split = try reader.word("split", of: ["equal": .equal, "maximal": .maximal]) ?? .equal
    readSeconds = try reader.positive("readTime")
    try readRepetition(reader)
    if let slice = try reader.whole("input.slice", in: 1...24) {
      guard let width = try reader.whole("input.bits", in: 1...24) else {
        throw .badArray(core.name, target, "'input.slice' without 'input.bits'", expected: "both")
      }
      readsPerVector = (width + slice - 1) / slice
    }
    separatesSigns =
      try reader.word("input.signed", of: ["true": false, "false": true]) ?? false
    presentationsPerRead = try reader.whole("input.repeats", in: 1...1024) ?? 1
    guard mostInputs >= 1, mostOutputs >= 1 else {
      throw .badArray(
        core.name, target,
        "\(rows, of: "row") and \(columns, of: "column"), \(rowsPerInput, of: "row") an input and "
          + "\(columnsPerOutput, of: "column") an output", expected: "room for one weight at least")
    }
  }

  /// Sets when matrices are repeated.
  private mutating func readRepetition(_ reader: ArrayReader) throws(Diagnostic) {
    let mostRows = try reader.whole("repetition.rows", in: 1...1 << 20)
    let mostColumns = try reader.whole("repetition.columns", in: 1...1 << 20)
    guard let wanted = try reader.positive("repetition.signalToNoise") else {
      guard mostRows == nil, mostColumns == nil else {
        throw .badArray(
          name, reader.target, "limits of 'repetition' alone",
          expected: "'repetition.signalToNoise' too")
      }
      return
    }
    guard let noise = try reader.positive("output.noise") else {
      throw .badArray(
        name, reader.target, "'repetition.signalToNoise' without a noise",
        expected: "'output.noise' too")
    }
    let weight = try reader.positive("device.wMax") ?? 1
    repetition = RepetitionRule(
      mostRows: mostRows ?? rows, mostColumns: mostColumns ?? columns, signalToNoise: wanted,
      noise: noise / weight,
      range: (try reader.positive("output.bound")).map { $0 / weight } ?? .infinity)
  }

  /// Sets how signs are told.
  // size: table
  private mutating func read(mapping: String, _ reader: ArrayReader) throws(Diagnostic) {
    rowsPerInput = try reader.whole("rowsPerInput", in: 1...2) ?? 1
    switch mapping {
    case "signed-abstract": cells.signs = .abstract
    case "differential", "bit-sliced-differential": cells.signs = .pair
    case "offset-digital", "bit-sliced-offset": cells.signs = .offset
    case "offset-unit-column":
      cells.signs = .offset
      hasUnitColumns = true
    case "signed-rows":
      // The rows of an input hold one sign each: what a column yields is signed already.
      cells.signs = .abstract
      rowsPerInput = 2
    default:
      throw .badArray(
        reader.name, reader.target, "the mapping '\(mapping)'",
        expected: "signed-abstract, differential, offset-digital, offset-unit-column, "
          + "bit-sliced-differential, bit-sliced-offset or signed-rows")
    }
    if let unit = try reader.word("unitColumn", of: ["true": true, "false": false]) {
      guard cells.signs == .offset || !unit else {
        throw .badArray(
          reader.name, reader.target, "'unitColumn' with the mapping '\(mapping)'",
          expected: "a mapping with an offset")
      }
      hasUnitColumns = unit || mapping == "offset-unit-column"
    }
  }
}

/// Reads the members of the description of an array.
private struct ArrayReader {
  let array: AnalogArray
  let name: String
  let target: String

  /// Returns a whole number; `nil` if there is none, or if it is not known.
  func whole(_ key: String, in range: ClosedRange<Int>) throws(Diagnostic) -> Int? {
    guard let value = array.numbers[key]?.value else {
      if let word = array.words[key] {
        throw .badArray(
          name, target, "'\(key)' is '\(word)'",
          expected: "a whole number in [\(range.lowerBound), \(range.upperBound)]")
      }
      return nil
    }
    guard let number = Int(exactly: value), range ~= number else {
      throw .badArray(
        name, target, "'\(key)' is \(value)",
        expected: "a whole number in [\(range.lowerBound), \(range.upperBound)]")
    }
    return number
  }

  /// Returns a positive number; `nil` if there is none, or if it is not known.
  func positive(_ key: String) throws(Diagnostic) -> Double? {
    guard let value = array.numbers[key]?.value else { return nil }
    guard value.isFinite, value > 0 else {
      throw .badArray(name, target, "'\(key)' is \(value)", expected: "a positive number")
    }
    return value
  }

  /// Returns what a word means; `nil` if there is none.
  func word<T>(_ key: String, of meanings: [String: T]) throws(Diagnostic) -> T? {
    guard let word = array.words[key] else {
      guard array.numbers[key] == nil else {
        throw .badArray(
          name, target, "'\(key)' is a number",
          expected: meanings.keys.sorted().joined(separator: " or "))
      }
      return nil
    }
    guard let meaning = meanings[word] else {
      throw .badArray(
        name, target, "'\(key)' is '\(word)'",
        expected: meanings.keys.sorted().joined(separator: " or "))
    }
    return meaning
  }
}
