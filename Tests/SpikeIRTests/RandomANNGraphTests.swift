import SpikeIR
import TestSupport
import Testing

@Suite("Random graphs of tensor operators") struct RandomANNGraphTests {

  static let options = ANNGraphOptions(
    hasThresholds: true, hasCustomOperators: true, hasOddNames: true)

  @Test("obey every rule of the verifier", arguments: 0..<300)
  func areVerified(seed: UInt64) {
    #expect(randomANNGraph(seed: seed, options: Self.options).verify() == [])
  }

  @Test("contain every operator") func containEverything() {
    var seen: Set<String> = []
    var activations: Set<Activation.Kind> = []
    for seed: UInt64 in 0..<600 {
      for node in randomANNGraph(seed: seed, options: Self.options).nodes.elements {
        seen.insert(node.op.mnemonic)
        if case .activation(let activation) = node.op { activations.insert(activation.kind) }
      }
    }
    #expect(
      seen == [
        "input", "constant", "conv2d", "conv-transpose2d", "dense", "pool", "batch-norm",
        "activation", "prelu", "softmax", "scale", "elementwise", "concat", "reshape", "transpose",
        "pad", "slice", "upsample", "take", "fake-quantize", "soft-lif", "custom",
      ])
    #expect(activations == Set(Activation.Kind.allCases))
  }

  @Test("are the same for the same seed") func areRepeatable() {
    #expect(randomANNGraph(seed: 7) == randomANNGraph(seed: 7))
    #expect(randomANNGraph(seed: 7) != randomANNGraph(seed: 8))
  }
}
