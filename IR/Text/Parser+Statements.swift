// The right-hand sides of definitions.

internal import Diagnostics
internal import SpikeIR

extension Parser {

  /// Reads `entity = "=" word string [operands] [attributes] {field}`.
  mutating func parseEntity(_ label: Spot<String>) throws(Diagnostic) -> EntitySyntax {
    try expect("=")
    let mnemonic = try expectWord("a keyword")
    let name = try expectString("a name in quotes")
    var entity = EntitySyntax(
      label: label, mnemonic: mnemonic, name: name, operands: [], attributes: [], fields: [])
    if token.kind == .punctuation("(") {
      entity.operands = try list("(", ")") { (parser) throws(Diagnostic) in
        try parser.expectLabel("the label of a value")
      }
    }
    if token.kind == .punctuation("{") { entity.attributes = try parseAttributes() }
    while isAttributeName { entity.fields.append(try parseAttribute()) }
    return entity
  }

  /// Reads `population = shape word "(" integer ")" entity`.
  mutating func parsePopulation(
    _ label: Spot<String>, _ shape: Shape
  ) throws(Diagnostic) -> PopulationSyntax {
    let code = try expectWord("'=' of an operator, or the code of a population")
    try expect("(")
    let timesteps = try parseInteger()
    try expect(")")
    return PopulationSyntax(
      shape: shape, code: code, timesteps: timesteps, entity: try parseEntity(label))
  }

  /// Reads `projection = label "->" label entity`.
  mutating func parseProjection(
    _ label: Spot<String>, from source: Spot<String>
  ) throws(Diagnostic) -> ProjectionSyntax {
    guard token.kind == .arrow else { throw unexpected("'->'") }
    try advance()
    let target = try expectLabel("the label of a population")
    return ProjectionSyntax(source: source, target: target, entity: try parseEntity(label))
  }

  /// Reads `slice = label "=" "slice" box "core" integer "at" integer`, the label being read.
  mutating func parseSlice(
    _ label: Spot<String>, of population: Spot<String>
  ) throws(Diagnostic) -> SliceSyntax {
    try expect("=")
    try expectKeyword("slice")
    let ranges = try list("[", "]") { (parser) throws(Diagnostic) in try parser.parseRange() }
    guard ranges.count == 3 else { throw unexpected("three ranges, of rows, columns and channels") }
    try expectKeyword("core")
    let core = try parseInteger()
    try expectKeyword("at")
    let first = try parseInteger()
    return SliceSyntax(
      label: label, population: population,
      box: NeuronBox(rows: ranges[0], columns: ranges[1], channels: ranges[2]), core: core,
      first: first)
  }

  /// Reads `range = integer ":" integer`, the second larger than the first.
  private mutating func parseRange() throws(Diagnostic) -> Range<Int> {
    let lower = try parseInteger()
    try expect(":")
    let start = token.offset
    let upper = try parseInteger()
    guard lower >= 0, lower < upper else {
      throw .badRange(lower, upper, at: source.site(start))
    }
    return lower..<upper
  }

  private mutating func expectKeyword(_ word: String) throws(Diagnostic) {
    guard token.kind == .word(word) else { throw unexpected("'\(word)'") }
    try advance()
  }

  /// Reads `coder = word label [attributes]`.
  mutating func parseCoder() throws(Diagnostic) -> CoderSyntax {
    let offset = token.offset
    try advance()
    let population = try expectLabel("the label of a population")
    let attributes = token.kind == .punctuation("{") ? try parseAttributes() : []
    return CoderSyntax(offset: offset, population: population, attributes: attributes)
  }

  /// Reads `tensor = type shape string (hash | "=" elements)`.
  mutating func parseTensor(_ label: Spot<String>) throws(Diagnostic) -> TensorSyntax {
    let typeOffset = token.offset
    let word = try expectWord("an element type")
    guard let type = ElementType(rawValue: word.value) else {
      throw .unexpected(
        .word(word.value), expected: "an element type: f32, i8, i16 or i32",
        at: source.site(typeOffset))
    }
    let shape = try parseShape()
    let name = try expectString("the tensor's name in quotes")
    let start = token.offset
    let data = try parseElements(type)
    if let count = data.count, count != shape.checkedCount {
      throw .badElementCount(count, shape, at: source.site(start))
    }
    return TensorSyntax(label: label, tensor: Tensor(name, shape: shape, data: data))
  }

  /// Reads `elements = hash | "=" "[" {number ","} "]" | "=" "base64" "{" characters "}"`.
  private mutating func parseElements(_ type: ElementType) throws(Diagnostic) -> TensorData {
    if case .hash(let hex) = token.kind {
      guard let digest = SHA256Digest(hex: hex) else {
        throw .badHash(at: source.site(token.offset))
      }
      try advance()
      return .elided(type, hash: digest)
    }
    guard try take("=") else { throw unexpected("'sha256:' or '='") }
    if token.kind == .word("base64") {
      let start = token.offset
      let bytes = try takeBase64()
      guard let data = TensorData(type, littleEndian: bytes) else {
        throw .badByteCount(bytes.count, type, at: source.site(start))
      }
      return data
    }
    return switch type {
    case .float32: .float32(try parseFloats())
    case .int8: .int8(try parseIntegers())
    case .int16: .int16(try parseIntegers())
    case .int32: .int32(try parseIntegers())
    }
  }

  private mutating func parseFloats() throws(Diagnostic) -> [Float] {
    try list("[", "]") { (parser) throws(Diagnostic) in try parser.parseFloat() }
  }

  private mutating func parseIntegers<T: FixedWidthInteger>() throws(Diagnostic) -> [T] {
    try list("[", "]") { (parser) throws(Diagnostic) in
      try parser.parseInteger(as: T.self, "an integer of \(T.bitWidth) bits")
    }
  }
}

extension TensorData {

  /// Creates elements from their little-endian bytes; `nil` if some are left over.
  init?(_ type: ElementType, littleEndian bytes: [UInt8]) {
    guard bytes.count.isMultiple(of: type.byteCount) else { return nil }
    self =
      switch type {
      case .float32: .float32(Self.words(bytes, UInt32.self).map { Float(bitPattern: $0) })
      case .int8: .int8(bytes.map { Int8(bitPattern: $0) })
      case .int16: .int16(Self.words(bytes, UInt16.self).map { Int16(bitPattern: $0) })
      case .int32: .int32(Self.words(bytes, UInt32.self).map { Int32(bitPattern: $0) })
      }
  }

  private static func words<T: FixedWidthInteger>(_ bytes: [UInt8], _ type: T.Type) -> [T] {
    let size = T.bitWidth / 8
    return stride(from: 0, to: bytes.count, by: size).map { start in
      (0..<size).reduce(T.zero) { $0 | T(bytes[start + $1]) << (8 * $1) }
    }
  }
}
