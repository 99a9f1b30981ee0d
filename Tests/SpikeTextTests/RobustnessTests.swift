import Diagnostics
import SpikeIR
import SpikeText
import TestSupport
import Testing

@Suite("Damaged texts and graphs") struct RobustnessTests {

  /// Returns whether `text` is read, or refused with a diagnostic; that it ends is the point.
  @discardableResult
  private func survives(_ text: String) -> Bool {
    do throws(CompileError) {
      let program = try parseProgram(text, file: "x.sir")
      _ = program.verify()
      _ = SpikeText.text(of: program, weights: true)
      _ = dot(of: program)
      return true
    } catch {
      return error.diagnostics.allSatisfy { $0.exitCode == .badData }
    }
  }

  @Test("never crash the parser", arguments: 0..<60) func mutated(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let program =
      seed.isMultiple(of: 2) ? RoundTripTests.ann(seed) : RoundTripTests.snn(seed)
    let original = Array(SpikeText.text(of: program, weights: true).utf8)
    let pieces: [[UInt8]] = [
      "[", "{", "\"", "`", "%", "-", "9999999999999999999", "\\u{", "\n", "base64 {", "sha256:",
      "//", "1e999", "->", "\u{0}", "%t0", "0", "-1", "é",
    ].map { Array($0.utf8) }
    for _ in 0..<20 {
      var bytes = original
      for _ in 0..<random.int(1...4) {
        let at = random.int(0...bytes.count - 1)
        switch random.int(0...3) {
        case 0: bytes.removeSubrange(at..<min(bytes.count, at + random.int(1...30)))
        case 1: bytes[at] = UInt8(random.int(0...255))
        case 2: bytes.insert(contentsOf: random.pick(pieces), at: at)
        default: bytes.removeSubrange(at...)
        }
        if bytes.isEmpty { break }
      }
      #expect(survives(String(decoding: bytes, as: UTF8.self)))
    }
  }

  @Test(
    "of great depth or length end",
    arguments: [
      ("", "["), ("", "{"), ("", "("), ("\"", "a"), ("", "-"), ("", "9"), ("base64 {", "A"),
      ("", "\n"), ("", "%"), ("[", "1,"), ("", "->"),
    ])
  func deep(opening: String, unit: String) {
    let piece = opening + String(repeating: unit, count: 100_001)
    let head = "sir 1 ann \"x\"\n"
    #expect(survives(head + piece))
    #expect(survives(head + "%0: [1] = input \"a\" {x=" + piece))
    #expect(survives(head + "%0: " + piece))
    #expect(survives(head + "%t: f32[1] \"t\" = " + piece))
    #expect(survives(head + "%t: f32[1] \"t\" = [" + piece))
  }

  @Test("of the level ann are verified without a trap", arguments: 0..<200)
  func damagedGraph(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var graph = randomANNGraph(
      using: &random, options: ANNGraphOptions(hasThresholds: true, hasCustomOperators: true))
    for _ in 0..<3 {
      let id = random.pick(graph.ids)
      let other = random.pick(graph.ids)
      switch random.int(0...6) {
      case 0: graph[id].shape = random.pick(Self.shapes)
      case 1: graph[id].inputs.append(NodeID(raw: random.pick([0, 1, 5, .max])))
      case 2: graph[id].inputs = []
      case 3: graph[id].op = graph[other].op
      case 4: graph[id].threshold = TensorID(raw: random.pick([0, 1, 5, .max]))
      case 5: graph.outputs.append(NodeID(raw: random.pick([0, 99, .max])))
      default:
        guard let tensor = graph.tensors.ids.randomElement(using: &random) else { continue }
        graph.tensors[tensor].shape = random.pick(Self.shapes)
      }
    }
    let found = graph.verify()
    #expect(found.allSatisfy { $0.id.hasPrefix("ir.") && $0.site != nil })
    _ = text(of: .ann(graph), weights: true)
    _ = dot(of: .ann(graph))
  }

  @Test("of the level snn are verified without a trap", arguments: 0..<200)
  func damagedSpikingGraph(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var graph = randomSpikingGraph(using: &random)
    for _ in 0..<3 {
      let id = random.pick(graph.populations.ids)
      let projection = random.pick(graph.projections.ids)
      let other = random.pick(graph.projections.ids)
      let anyTensor = TensorID(raw: random.pick([0, 1, 5, .max]))
      switch random.int(0...8) {
      case 0: graph[id].shape = random.pick(Self.shapes)
      case 1: graph[id].code = random.pick([.rate(timesteps: -1), .weighted(bits: .max)])
      case 2: graph[id].model = graph[random.pick(graph.populations.ids)].model
      case 3: graph[id].bias = anyTensor
      case 4: graph[projection].source = PopulationID(raw: random.pick([0, 5, .max]))
      case 5: graph[projection].target = PopulationID(raw: random.pick([0, 5, .max]))
      case 6: graph[projection].kind = graph[other].kind
      case 7: graph[projection].shift = random.pick([-1, 63, .max, .min])
      default:
        guard let tensor = graph.tensors.ids.randomElement(using: &random) else { continue }
        graph.tensors[tensor].shape = random.pick(Self.shapes)
      }
    }
    let found = graph.verify()
    #expect(found.allSatisfy { $0.id.hasPrefix("ir.") && $0.site != nil })
    _ = text(of: .snn(graph), weights: true)
    _ = dot(of: .snn(graph))
  }

  static let shapes: [Shape] = [
    [], [0], [1], [-1], [.max], [.max, .max], [.min, 2], [1 << 40], [1 << 20, 1 << 20, 1],
    [2, 2, 2], [1, 1, 1, 1, 1], [3, 0, -4],
  ]
}
