import Diagnostics
import SpikeIR
import SpikeText
import TestSupport
import Testing

@Suite("Round trips through text") struct RoundTripTests {

  static func ann(_ seed: UInt64) -> Program {
    .ann(
      randomANNGraph(
        seed: seed,
        options: ANNGraphOptions(hasThresholds: true, hasCustomOperators: true, hasOddNames: true)))
  }

  static func snn(_ seed: UInt64) -> Program {
    .snn(
      randomSpikingGraph(
        seed: seed,
        options: SpikingGraphOptions(
          isQuantized: !seed.isMultiple(of: 3), maximumDelay: 3, hasPreprocessing: true,
          hasLeakyNeurons: seed.isMultiple(of: 2),
          hasDecayingNeurons: seed.isMultiple(of: 3),
          hasShiftingNeurons: seed.isMultiple(of: 4), hasOddNames: true)))
  }

  static func mapped(_ seed: UInt64) -> Program {
    var random = SplitMix64(seed: seed)
    let graph = randomSpikingGraph(
      using: &random, options: SpikingGraphOptions(hasOddNames: true))
    return .mapped(
      randomMappedGraph(graph, target: "machine \(seed) \"m\"", cores: 5, using: &random))
  }

  /// Checks that a program comes back as it was, with weights; and that without them everything
  /// but the elements comes back, and prints the same again.
  private func check(_ program: Program) throws {
    let full = text(of: program, weights: true)
    let copy = try parseProgram(full, file: "full.sir")
    #expect(copy == program)
    #expect(text(of: copy, weights: true) == full, "also the signs of zeros come back")

    let short = text(of: program)
    var elided = try parseProgram(short, file: "short.sir")
    #expect(text(of: elided) == short)
    #expect(elided.elidedTensors.count == program.tensors.count)
    var data: [SHA256Digest: [TensorData]] = [:]
    for tensor in program.tensors.tensors.elements {
      data[tensor.hash, default: []].append(tensor.data)
    }
    try elided.attachTensors { type, hash in data[hash]?.first { $0.elementType == type } }
    #expect(elided == program)
  }

  @Test("keep tensor operators", arguments: 0..<300) func tensorOperators(seed: UInt64) throws {
    try check(Self.ann(seed))
  }

  @Test("keep spiking networks", arguments: 0..<300) func spikingNetworks(seed: UInt64) throws {
    try check(Self.snn(seed))
  }

  @Test("keep networks on machines", arguments: 0..<100) func mappedNetworks(seed: UInt64) throws {
    let program = Self.mapped(seed)
    #expect(program.verify() == [])
    try check(program)
  }

  @Test("keep the bits of floating-point elements") func bits() throws {
    let patterns: [UInt32] =
      [0, 0x8000_0000, 1, 0x007F_FFFF, 0x0080_0000, 0x3F80_0001, 0x7F7F_FFFF, 0xFF7F_FFFF]
      + [0x7F80_0000, 0xFF80_0000, 0x7FC0_1234]
    for count in [8, patterns.count] {
      var graph = ANNGraph(name: "bits")
      let floats = patterns.prefix(count).map { Float(bitPattern: $0) }
      graph.tensors.add("x", shape: [count], floats: floats)
      let copy = try parseProgram(text(of: .ann(graph), weights: true), file: "bits.sir")
      guard case .float32(let x) = copy.tensors[TensorID(0)].data else {
        Issue.record("expected floating point")
        continue
      }
      #expect(x.map(\.bitPattern) == Array(patterns.prefix(count)))
    }
  }

  @Test("keep lists and base64 of every length", arguments: [0, 1, 2, 3, 4, 63, 64, 65, 66, 300])
  func lengths(count: Int) throws {
    var store = TensorStore()
    store.add(
      Tensor("a", shape: [count], data: .int8((0..<count).map { Int8(truncatingIfNeeded: $0) })))
    store.add(
      Tensor(
        "b", shape: [count], data: .int16((0..<count).map { Int16(truncatingIfNeeded: $0 * -211) }))
    )
    store.add(
      Tensor(
        "c", shape: [count],
        data: .int32((0..<count).map { Int32(truncatingIfNeeded: $0 * 20_000_003) })))
    store.add("d", shape: [count], floats: (0..<count).map { 1 / Float($0 + 1) })
    var graph = SpikingGraph(name: "lengths")
    graph.tensors = store
    let copy = try parseProgram(text(of: .snn(graph), weights: true), file: "lengths.sir")
    #expect(copy == .snn(graph))
  }
}
