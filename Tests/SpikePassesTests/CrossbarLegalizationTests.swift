// Legalizations for crossbars of binary synapses: few inputs, one destination, few weights.

import Diagnostics
import PluginAPI
import SpikeIR
import SpikeInterpreter
import SpikePasses
import TestSupport
import Testing

@Suite("Crossbars of binary synapses") struct CrossbarLegalizationTests {

  /// A network of dense layers and samples of it.
  private func perceptron(_ inputs: Int) throws -> (ANNGraph, [[[Float]]]) {
    var b = NetworkBuilder(seed: 31)
    let x = try b.relu(b.dense(b.input([inputs]), 20))
    let graph = try b.classifier(b.relu(b.dense(x, 12)))
    return (graph, b.samples(count: 8))
  }

  @Test("digits of weights keep every spike", arguments: [2, 3, 4, 8])
  func digits(types: Int) throws {
    let (graph, inputs) = try perceptron(15)
    let before = try spiking(
      graph, "convert{code=rate,timesteps=20},spike-inputs,split-signs,quantize{bits=\(types)}",
      inputs)
    let after = try legalized(before, "crossbar-weights{types=\(types)}").graph
    try expectSameSpikes(before, after, inputs, tolerance: 1e-6)
    for id in after.populations.ids {
      var values: Set<Int32> = []
      for projection in after.projections.elements where projection.target == id {
        guard let weights = projection.kind.weights else { continue }
        let own = try after.tensors.integers(weights)
        #expect(own.allSatisfy { abs($0) <= 1 })
        #expect(Set(own).subtracting([0]).count == 1)
        values.formUnion(own.filter { $0 != 0 }.map { $0 << Int32(projection.shift) })
      }
      #expect(values.count <= types)
    }
  }

  @Test("wide weights, and more values than types, are refused") func refused() throws {
    let (graph, inputs) = try perceptron(15)
    let wide = try spiking(graph, "convert{code=rate,timesteps=20},quantize{bits=8}", inputs)
    let ids = refusals { () throws(CompileError) in
      _ = try legalized(wide, "crossbar-weights{types=4}")
    }
    #expect(Set(ids) == ["legalize.weight-bits"])
    #expect(ids.count == 3)
    var mixed = try legalized(
      try spiking(graph, "convert{code=rate,timesteps=20},quantize{bits=4}", inputs),
      "crossbar-weights"
    ).graph
    let last = try #require(mixed.projections.ids.last)
    var other = mixed[last]
    other.shift += 5
    mixed.projections.append(other)
    #expect(
      refusals { () throws(CompileError) in _ = try legalized(mixed, "crossbar-weights{types=3}") }
        .contains("legalize.axon-types"))
  }

  @Test("splitters repeat every spike", arguments: [1, 2, 3], 0..<30)
  func splitters(most: Int, seed: UInt64) throws {
    let graph = randomSpikingGraph(
      seed: seed,
      options: SpikingGraphOptions(codes: [.rate(timesteps: 6)], hasLeakyNeurons: true))
    var generator = SplitMix64(seed: seed)
    let inputs = (0..<2).map { _ in randomInputs(for: graph, using: &generator) }
    let after = try legalized(graph, "add-splitters{most=\(most)}").graph
    try expectSameSpikes(graph, after, inputs, tolerance: 1e-6)
    var crowded: Set<String> = []
    do throws(CompileError) {
      _ = try legalized(after, "check-legal{fan-out=\(most),negative=yes,currents=any,delay=4096}")
    } catch {
      for found in error.diagnostics where found.id == "legalize.fan-out" {
        if case .entity(let name) = found.site { crowded.insert(name) }
      }
    }
    for id in after.populations.ids where after[id].model.integrates {
      #expect(!crowded.contains(after[id].name), "\(after[id].name)")
      for neuron in 0..<after[id].shape.count {
        #expect(try ways(from: [neuron], of: id, in: after) <= most, "\(after[id].name)")
      }
    }
  }

  /// Returns the number of ways through relays that spikes of some neurons of a population take, found
  /// forwards, relay by relay.
  private func ways(
    from neurons: Set<Int>, of id: PopulationID, in graph: SpikingGraph
  ) throws -> Int {
    var count = 0
    for projection in graph.projections.elements where projection.source == id {
      let target = graph[projection.target]
      var reached = Set(0..<target.shape.count)
      switch projection.kind {
      case .wire(let wire):
        let sources = try graph.tensors.integers(wire.sources)
        reached = reached.filter { neurons.contains(Int(sources[$0])) }
      case .identity: reached = neurons
      case .dense, .conv, .pool: break
      }
      if reached.isEmpty { continue }
      count +=
        target.model == .relay ? try ways(from: reached, of: projection.target, in: graph) : 1
    }
    return count
  }

  @Test("ways that different neurons take share copies") func sharedCopies() throws {
    let (graph, inputs) = try perceptron(9)
    let pipeline =
      "convert{code=rate,timesteps=20,encoder=even},quantize{bits=4},split-fan-in{most=32,count=digits,"
      + "signs=together},crossbar-weights"
    let before = try spiking(graph, pipeline, inputs)
    let after = try legalized(before, "add-splitters").graph
    try expectSameSpikes(before, after, inputs, tolerance: 1e-6)
    let copies = after.populations.elements.filter { $0.name.hasSuffix("/copies") }
    // Each neuron of the first layer feeds one group of the second one, by three digits at most.
    #expect(!copies.isEmpty && copies.allSatisfy { $0.shape.rank == 3 && $0.shape.channels <= 4 })
    #expect(copies.contains { $0.shape == [1, 20, 3] })
    _ = try legalized(after, "check-legal{fan-out=1,fan-in=32,weight-bits=8}")
  }

  @Test("signs together hear the same axons, and add up as signs apart do") func together() throws {
    let (graph, inputs) = try perceptron(29)
    let before = try spiking(graph, "convert{code=rate,timesteps=25,encoder=even},quantize", inputs)
    let apart = try legalized(before, "split-fan-in{most=12}").graph
    let pairs = try legalized(before, "split-fan-in{most=12,signs=together,neurons=16}").graph
    #expect(pairs.populations.elements.contains { $0.shape == [1, 7, 2] })
    #expect(pairs.populations.elements.allSatisfy { $0.model == .relay || $0.shape.count <= 29 })
    for input in inputs {
      let (a, b) = (try NamedRun(apart, input), try NamedRun(pairs, input))
      #expect(a.outputs == b.outputs)
      for (name, units) in a.units where b.units[name] != nil && !name.contains("/") {
        #expect(units == b.units[name])
      }
    }
  }

  @Test("inputs count through relays, and in digits") func counting() throws {
    let (graph, inputs) = try perceptron(29)
    let four = try spiking(
      graph, "convert{code=rate,timesteps=10,encoder=even},quantize{bits=4}", inputs)
    // Twenty inputs of four digits each are too many for 64 axons, but fit as such.
    let whole = try legalized(four, "split-fan-in{most=64}").graph
    #expect(whole.populations.count == four.populations.count)
    let cut = try legalized(four, "split-fan-in{most=64,count=digits}").graph
    #expect(cut.populations.count > four.populations.count)
    #expect(try legalized(cut, "crossbar-weights,check-legal{fan-in=64}").graph.isQuantized)
    // A mean over four pixels hears four times as many neurons as it has channels.
    var b = NetworkBuilder(seed: 35)
    let image = try b.relu(b.conv(b.input([4, 4, 2]), 6))
    let pooled = try b.classifier(b.pool(.average, image))
    let samples = b.samples(count: 3)
    let snn = try spiking(pooled, "convert{code=rate,timesteps=10},fold-relays,quantize", samples)
    let ids = refusals { () throws(CompileError) in
      _ = try legalized(snn, "check-legal{fan-in=20,currents=any}")
    }
    #expect(ids.contains("legalize.fan-in"))
    let parts = try legalized(snn, "split-fan-in{most=20}").graph
    _ = try legalized(parts, "check-legal{fan-in=20,currents=any}")
  }

  @Test("units grow where a spike is worth more than a weight holds") func worth() throws {
    let (graph, inputs) = try perceptron(29)
    let before = try spiking(graph, "convert{code=rate,timesteps=60,encoder=even},quantize", inputs)
    let free = try legalized(before, "split-fan-in{most=12}").graph
    let bound = try legalized(before, "split-fan-in{most=12,worth=5}").graph
    var most = 0
    for projection in bound.projections.elements {
      guard case .identity = projection.kind, let weights = projection.kind.weights else {
        continue
      }
      most = max(most, Int(try bound.tensors.integers(weights)[0].magnitude) << projection.shift)
    }
    #expect(most == 32)
    for input in inputs {
      let (a, b) = (try NamedRun(free, input), try NamedRun(bound, input))
      let range = a.outputs.joined().map { abs($0) }.max() ?? 0
      for (x, y) in zip(a.outputs.joined(), b.outputs.joined()) {
        #expect(abs(x - y) <= 0.3 * range)
      }
    }
  }

  @Test("each neuron has one destination") func oneDestination() throws {
    var b = NetworkBuilder(seed: 33)
    let x = try b.relu(b.dense(b.input([6]), 8))
    let y = try b.relu(b.dense(x, 8))
    let graph = try b.classifier(b.relu(b.combine(.add, x, b.dense(y, 8))))
    let inputs = b.samples(count: 2)
    let before = try spiking(
      graph, "convert{code=rate,timesteps=10},spike-inputs,split-signs,quantize", inputs)
    func violations(_ graph: SpikingGraph) -> [String] {
      refusals { () throws(CompileError) in _ = try legalized(graph, "check-legal{fan-out=1}") }
    }
    #expect(violations(before).allSatisfy { $0 == "legalize.fan-out" })
    #expect(!violations(before).isEmpty)
    let after = try legalized(before, "add-splitters").graph
    #expect(violations(after).isEmpty)
    try expectSameSpikes(before, after, inputs, tolerance: 1e-6)
  }

  @Test("partial sums lag behind by a threshold at most", arguments: [10, 12, 16])
  func partialSums(most: Int) throws {
    let (graph, inputs) = try perceptron(29)
    let before = try spiking(
      graph, "convert{code=rate,timesteps=25},spike-inputs{signed=no},quantize", inputs)
    // Without samples thresholds are those of the largest sums: no neuron is ever due twice.
    let after = try legalized(before, "split-fan-in{most=\(most)},check-legal{fan-in=\(most)}")
      .graph
    let efferents = after.afferents()
    for input in inputs.prefix(2) {
      let run = try ClockSimulator(after).run(input)
      for id in after.populations.ids
      where after[id].name.hasSuffix("+") || after[id].name.hasSuffix("-") {
        guard case .integrateAndFire(let model) = after[id].model else { continue }
        let threshold = Int64(try after.tensors.integers(model.threshold)[0])
        #expect(threshold.nonzeroBitCount == 1)
        var sums = [Int64](repeating: 0, count: after[id].shape.count)
        for projection in efferents[id.index] {
          guard case .dense(let dense) = after[projection].kind else { continue }
          let weights = try after.tensors.integers(dense.weights)
          for tick in run.trace.units[after[projection].source.index] {
            for (row, units) in tick.enumerated() where units != 0 {
              for c in sums.indices {
                sums[c] +=
                  Int64(units) * Int64(weights[row * sums.count + c])
                  << Int64(after[projection].shift)
              }
            }
          }
        }
        for c in sums.indices {
          let said = run.trace.units[id.index].reduce(Int64(0)) { $0 + Int64($1[c]) } * threshold
          #expect(abs(sums[c] - said) <= threshold)
        }
      }
    }
  }

  @Test("windows that no group makes small enough are refused") func uncuttable() throws {
    var b = NetworkBuilder(seed: 34)
    let graph = try b.classifier(b.relu(b.conv(b.input([6, 6, 2]), 3)))
    let inputs = b.samples(count: 2)
    let snn = try spiking(graph, "convert{code=rate,timesteps=6},quantize", inputs)
    #expect(
      refusals { () throws(CompileError) in _ = try legalized(snn, "split-fan-in{most=8}") }
        .contains("legalize.fan-in"))
    let cut = try legalized(snn, "split-fan-in{most=20}").graph
    #expect(cut.populations.count > snn.populations.count)
  }
}
