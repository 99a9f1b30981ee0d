import SpikeIR
import TestSupport
import Testing

@Suite("Random spiking graphs") struct RandomSpikingGraphTests {

  @Test("obey every rule of the verifier", arguments: 0..<300)
  func areVerified(seed: UInt64) {
    let options = SpikingGraphOptions(
      isQuantized: !seed.isMultiple(of: 3), maximumDelay: 3, hasPreprocessing: true,
      hasLeakyNeurons: !seed.isMultiple(of: 4),
      hasDecayingNeurons: seed.isMultiple(of: 2), hasShiftingNeurons: seed.isMultiple(of: 5),
      hasOddNames: true)
    #expect(randomSpikingGraph(seed: seed, options: options).verify() == [])
  }

  @Test("are quantized where asked", arguments: [true, false])
  func areQuantized(isQuantized: Bool) {
    for seed: UInt64 in 0..<20 {
      let options = SpikingGraphOptions(isQuantized: isQuantized)
      #expect(randomSpikingGraph(seed: seed, options: options).isQuantized == isQuantized)
    }
  }

  @Test("contain everything there is") func containEverything() {
    var seen: Set<String> = []
    for seed: UInt64 in 0..<300 {
      let graph = randomSpikingGraph(seed: seed)
      for population in graph.populations.elements {
        seen.insert(population.model.mnemonic)
        seen.insert(population.code.keyword)
        if case .integrateAndFire(let model) = population.model {
          seen.insert(model.isSigned ? "signed" : "unsigned")
          if model.initial != nil { seen.insert("initial") }
          if model.retraction != nil { seen.insert("retraction") }
          if graph.tensors[model.threshold].shape.rank == 3 { seen.insert("full threshold") }
        }
        if case .staircase(let model) = population.model {
          let shape = graph.tensors[model.thresholds].shape
          seen.insert(shape.rank == 1 ? "shared steps" : "steps")
          if shape[0] > 100 { seen.insert("many steps") }
        }
        if let bias = population.bias, graph.tensors[bias].shape.rank == 3 {
          seen.insert("full bias")
        }
      }
      for encoder in graph.encoders { seen.insert(encoder.kind.rawValue) }
      for decoder in graph.decoders { seen.insert(decoder.reading.rawValue) }
      for projection in graph.projections.elements {
        let source = graph[projection.source].model.mnemonic
        let target = graph[projection.target].model.mnemonic
        seen.formUnion([projection.kind.mnemonic, "\(source) to \(target)"])
        if let weights = projection.kind.weights {
          seen.insert("\(projection.kind.mnemonic) \(graph.tensors[weights].elementType.rawValue)")
        }
        if case .conv(let conv) = projection.kind {
          let channels = graph[projection.source].shape.channels
          if conv.groups > 1 { seen.insert(conv.groups == channels ? "depthwise" : "grouped") }
        }
      }
    }
    let expected: Set<String> = [
      "source", "relay", "maximum", "if", "levels", "integrator", "steps", "shared steps",
      "many steps", "levels to maximum", "levels to relay", "levels to levels", "rate", "phased",
      "weighted", "signed", "unsigned", "initial", "retraction", "full threshold", "full bias",
      "dense", "conv", "pool", "identity",
      "wire", "conv i8", "conv i16", "dense i8", "dense i16", "identity i8", "identity i16",
      "depthwise", "grouped", "if to maximum", "relay to maximum", "source to maximum",
      "maximum to maximum", "relay to if", "maximum to if", "if to relay", "source to relay",
      "relay to integrator", "maximum to integrator", "constant", "poisson", "bernoulli", "latency",
      "potential", "count", "first-spike",
    ]
    #expect(expected.subtracting(seen) == [])
  }

  @Test("are the same for the same seed") func areRepeatable() {
    #expect(randomSpikingGraph(seed: 7) == randomSpikingGraph(seed: 7))
    #expect(randomSpikingGraph(seed: 7) != randomSpikingGraph(seed: 8))
  }

  @Test("take inputs as long as their sources") func inputs() {
    var generator = SplitMix64(seed: 1)
    let graph = randomSpikingGraph(using: &generator)
    let inputs = randomInputs(for: graph, using: &generator)
    #expect(inputs.map(\.count) == graph.encoders.map { graph[$0.population].shape.count })
    #expect(inputs.joined().contains { $0 != 0 })
  }
}
