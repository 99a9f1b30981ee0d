// Encoders that spike: the event engine and the reference draw the same numbers, for every model of
// neurons, whatever the number of threads and the order of images.

import Diagnostics
import EventCPU
import SpikeExecution
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@Suite("Encoders of every kind") struct EncoderTests {

  /// Returns a random graph of the code `rate` whose inputs are said as `kind` says.
  private func graph(
    _ kind: Encoder.Kind, isLeaky: Bool, using random: inout SplitMix64
  ) -> SpikingGraph {
    let options = SpikingGraphOptions(
      codes: [.rate(timesteps: 24)], layers: 2...8, hasLeakyNeurons: isLeaky)
    var graph = randomSpikingGraph(using: &random, options: options)
    for i in graph.encoders.indices {
      graph.encoders[i].kind = kind
      graph.encoders[i].levels = 255
      graph.encoders[i].seed = random.int(0...1000)
    }
    return graph
  }

  @Test(
    "engine and reference agree on every spike", arguments: Encoder.Kind.allCases, [false, true])
  func conformance(kind: Encoder.Kind, isLeaky: Bool) throws {
    var (models, spikes): (Set<String>, Int) = ([], 0)
    for seed: UInt64 in 70_000..<70_060 {
      var random = SplitMix64(seed: seed)
      let graph = graph(kind, isLeaky: isLeaky, using: &random)
      // Graded sources of 255 levels may be too much for thresholds of a random graph.
      guard let engine = try? EventEngine(lowering: graph) else { continue }
      let clock = try ClockSimulator(graph)
      for image in [0, 1, 99] {
        let input = randomInputs(for: graph, using: &random)
        let expected = try clock.run(input, image: image).trace
        expectSame(
          try engine.trace(input, image: image), expected, in: graph,
          "seed \(seed), image \(image)")
        for id in graph.populations.ids {
          let said = expected.units[id.index].joined().count { $0 != 0 }
          if graph[id].model != .source, said > 0 { models.insert(graph[id].model.mnemonic) }
          spikes += said
        }
      }
    }
    #expect(spikes > 1000)
    #expect(models.isSuperset(of: isLeaky ? ["if", "levels", "lif"] : ["if", "levels"]))
  }

  @Test(
    "outputs depend on the number of an image, not on threads or company",
    arguments: Encoder.Kind.allCases)
  func threads(kind: Encoder.Kind) throws {
    var random = SplitMix64(seed: 70_003)
    let graph = graph(kind, isLeaky: true, using: &random)
    let engine = try EventEngine(lowering: graph)
    let clock = try ClockSimulator(graph)
    let input = randomInputs(for: graph, using: &random)
    var outputs: [[Float]] = []
    for threads in [1, 3] {
      outputs.append(
        try engine.run(
          count: 9, options: RunOptions(threads: threads), input: { _ in input },
          progress: { _ in }
        ).outputs)
    }
    #expect(outputs[0] == outputs[1])
    for image in 0..<9 {
      var options = RunOptions()
      options.firstImage = image
      let alone = try engine.run(
        count: 1, options: options, input: { _ in input }, progress: { _ in }
      ).outputs
      #expect(alone == Array(outputs[0][image * alone.count..<(image + 1) * alone.count]))
      let expected = try clock.run(input, image: image).outputs
      expectClose([alone], [expected.flatMap { $0 }], "image \(image)")
    }
  }

  @Test("another seed draws other spikes", arguments: [Encoder.Kind.poisson, .bernoulli])
  func seeds(kind: Encoder.Kind) throws {
    var random = SplitMix64(seed: 70_007)
    var graph = graph(kind, isLeaky: false, using: &random)
    let input = graph.encoders.map { encoder in
      let population = graph[encoder.population]
      let quantum = population.quantum.flatMap { try? graph.tensors.floats($0).first } ?? 1
      return [Float](repeating: quantum / 2, count: population.shape.count)
    }
    let source = graph.encoders[0].population.index
    func said() throws -> [[Int32]] { try EventEngine(lowering: graph).trace(input).units[source] }
    let first = try said()
    #expect(try said() == first)
    graph.encoders[0].seed += 1
    #expect(try said() != first)
  }
}
