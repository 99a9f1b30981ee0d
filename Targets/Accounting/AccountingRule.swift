// The accounting that a description names, with its numbers: what partitioners and checkers switch over.

/// How the use of a core's memory is counted, with all numbers known.
package enum AccountingRule: Hashable, Sendable {
  /// Lists of synapses in blocks.
  case synapseBlocks(SynapseBlockAccounting)
  /// Extents rounded up to powers of two.
  case powersOfTwo(PowerOfTwoAccounting)
  /// A rectangle of axons by neurons.
  case denseRectangle(DenseRectangle)
  /// Rows of synapse words in external memory, and a ring buffer.
  case synapseRows(SynapseRowAccounting, RingBufferAccounting)
  /// Bytes.
  case bytes(ByteAccounting)
  /// Blocks of analog arrays.
  case tiles(TileAccounting)
}

extension CoreClass.Accounting {

  /// The numbers that a rule cannot do without.
  static func required(_ algorithm: Algorithm) -> [String] {
    switch algorithm {
    case .synapseBlocks: ["wordBits", "blockWeights", "formatBits", "countBits"]
    case .powersOfTwo: []
    case .denseRectangle: ["rows", "cols"]
    case .synapseRows: ["synapseBytes", "alignmentBytes", "rowSynapses", "ringBufferBits"]
    case .bytes: []
    case .tiles: ["rows", "cols"]
    }
  }

  /// The numbers that a rule can do without, with what they are then.
  static func optional(_ algorithm: Algorithm) -> [String: Int] {
    switch algorithm {
    case .synapseBlocks: ["indexBitsMin": 0, "indexBitsMax": 16, "baseMultiple": 1]
    case .powersOfTwo, .denseRectangle: [:]
    case .synapseRows: ["rowHeaderBytes": 0]
    case .bytes: ["neuronBytes": 0, "synapseOverheadBits": 0, "inputBits": 0]
    case .tiles: ["rowsPerInput": 1]
    }
  }

  /// The resources that a rule counts against; for `bytes`, those that its options name.
  static func resources(_ algorithm: Algorithm) -> [String] {
    switch algorithm {
    case .synapseBlocks: ["synMemWords"]
    case .powersOfTwo: ["kernelWords", "neuronWords"]
    case .denseRectangle: ["inAxons", "neurons"]
    case .synapseRows: ["sdramBytes"]
    case .bytes: []
    case .tiles: ["rows", "cols"]
    }
  }

  /// The numbers by which something is divided.
  static let mustBePositive: Set = [
    "wordBits", "blockWeights", "rows", "cols", "rowsPerInput", "synapseBytes", "alignmentBytes",
    "baseMultiple",
  ]

  /// The words that a rule takes: names of resources.
  static func options(_ algorithm: Algorithm) -> [String] {
    algorithm == .bytes ? ["neuronMemory", "synapseMemory", "inputMemory"] : []
  }

  /// The rule with its numbers; `nil` if one that it needs is unknown.
  package var rule: AccountingRule? {
    var numbers = Self.optional(algorithm)
    for (name, quantity) in parameters {
      guard let value = quantity.value.flatMap({ Int(exactly: $0) }), value >= 0 else { continue }
      numbers[name] = value
    }
    guard Self.required(algorithm).allSatisfy({ numbers[$0] != nil }) else { return nil }
    let of = { numbers[$0] ?? 0 }
    switch algorithm {
    case .synapseBlocks:
      guard of("wordBits") > 0, of("blockWeights") > 0 else { return nil }
      return .synapseBlocks(
        SynapseBlockAccounting(
          wordBits: of("wordBits"), blockSynapses: of("blockWeights"),
          formatBits: of("formatBits"), countBits: of("countBits"),
          narrowestIndex: of("indexBitsMin"), widestIndex: of("indexBitsMax")))
    case .powersOfTwo: return .powersOfTwo(PowerOfTwoAccounting())
    case .denseRectangle:
      guard of("rows") > 0, of("cols") > 0 else { return nil }
      return .denseRectangle(DenseRectangle(rows: of("rows"), columns: of("cols")))
    case .synapseRows:
      guard of("synapseBytes") > 0, of("alignmentBytes") > 0 else { return nil }
      return .synapseRows(
        SynapseRowAccounting(
          synapseBytes: of("synapseBytes"), headerBytes: of("rowHeaderBytes"),
          alignment: of("alignmentBytes"), longestRow: of("rowSynapses")),
        RingBufferAccounting(addressBits: of("ringBufferBits")))
    case .bytes:
      return .bytes(
        ByteAccounting(
          neuronMemory: options["neuronMemory"], synapseMemory: options["synapseMemory"],
          inputMemory: options["inputMemory"], neuronBytes: of("neuronBytes"),
          synapseOverheadBits: of("synapseOverheadBits"), inputBits: of("inputBits")))
    case .tiles:
      guard of("rowsPerInput") > 0, of("rows") >= of("rowsPerInput"), of("cols") > 0 else {
        return nil
      }
      return .tiles(
        TileAccounting(
          rows: of("rows"), columns: of("cols"), rowsPerInput: of("rowsPerInput")))
    }
  }
}
