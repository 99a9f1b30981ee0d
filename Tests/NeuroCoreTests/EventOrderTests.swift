// Machines without ticks against a plain account of what happens: spikes one after another, each
// followed by all that it causes.

import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@testable import HardwareTargets
@testable import NeuroCore

@Suite("Events in their order") struct EventOrderTests {

  /// A chain of dense layers with weights of both signs, which hears even spikes.
  private struct Chain {
    var graph = SpikingGraph(name: "chain")
    /// [layer][source][target].
    var weights: [[[Int]]] = []
    /// [layer][neuron]; none for the last one, which integrates.
    var thresholds: [[Int]] = []
    /// [layer][neuron].
    var biases: [[Int]] = []

    init(using random: inout SplitMix64, negative: Bool) {
      let code = SpikeCode.rate(timesteps: random.int(4...20))
      let quantum = graph.tensors.add("quantum", shape: [1], floats: [1])
      let sizes = (0..<random.int(3...5)).map { _ in random.int(3...12) }
      var last = graph.populations.append(
        Population(name: "input", shape: [sizes[0]], code: code, model: .source, quantum: quantum))
      graph.encoders.append(Encoder(population: last, levels: 15, kind: .even))
      for (i, size) in sizes.dropFirst().enumerated() {
        let isLast = i == sizes.count - 2
        let own = (0..<sizes[i]).map { _ in
          (0..<size).map { _ in random.int(negative ? -20...30 : 0...30) }
        }
        let bias = (0..<size).map { _ in random.int(negative ? -5...9 : 0...9) }
        let limits = (0..<size).map { _ in random.int(20...60) }
        func add(_ name: String, _ shape: Shape, _ values: [Int]) -> TensorID {
          graph.tensors.add(
            Tensor("\(name)\(i)", shape: shape, data: .int32(values.map { Int32($0) })))
        }
        var model = NeuronModel.integrator
        if !isLast {
          model = .integrateAndFire(IntegrateAndFire(threshold: add("threshold", [size], limits)))
        }
        let id = graph.populations.append(
          Population(
            name: "layer\(i)", shape: [size], code: code, model: model,
            bias: add("bias", [size], bias), quantum: isLast ? nil : quantum))
        let matrix = add("weights", [sizes[i], size], own.flatMap { $0 })
        graph.projections.append(
          Projection(
            name: "j\(i)", source: last, target: id, kind: .dense(DenseProjection(weights: matrix)))
        )
        weights.append(own)
        thresholds.append(isLast ? [] : limits)
        biases.append(bias)
        last = id
      }
      graph.decoders.append(Decoder(population: last))
    }

    /// Returns the spikes of each layer and neuron, and the potentials of the last layer.
    func run(_ levels: [Int32]) -> (spikes: [[Int]], potentials: [Int]) {
      var v = thresholds.enumerated().map { l, own in
        own.isEmpty ? [Int](repeating: 0, count: biases[l].count) : own.map { $0 / 2 }
      }
      var spikes = biases.map { [Int](repeating: 0, count: $0.count) }
      var queue: [(layer: Int, neuron: Int)] = []
      func add(_ value: Int, _ layer: Int, _ n: Int) {
        v[layer][n] += value
        guard !thresholds[layer].isEmpty, v[layer][n] >= thresholds[layer][n] else { return }
        v[layer][n] -= thresholds[layer][n]
        spikes[layer][n] += 1
        queue.append((layer, n))
      }
      func finish() {
        while !queue.isEmpty {
          let (layer, n) = queue.removeFirst()
          for (k, w) in weights[layer + 1][n].enumerated() where w != 0 { add(w, layer + 1, k) }
        }
      }
      let encoder = graph.encoders[0]
      let ticks = graph.populations.elements[0].code.timesteps
      let train = SpikeTrain(encoder, at: 0, saying: levels, image: 0, timesteps: ticks)
      for tick in 0..<ticks {
        for l in biases.indices {
          for n in biases[l].indices where biases[l][n] != 0 { add(biases[l][n], l, n) }
          finish()
        }
        for (n, unit) in train.units(at: tick).enumerated() where unit != 0 {
          for (k, w) in weights[0][n].enumerated() where w != 0 { add(w, 0, k) }
          finish()
        }
      }
      return (spikes, v.last ?? [])
    }
  }

  /// Returns what emulated cores do: spikes of each layer and neuron, potentials of the last one.
  private func emulate(
    _ chain: Chain, _ input: [[Float]], cores: Int, using random: inout SplitMix64
  ) throws -> (spikes: [[Int]], potentials: [Int], trace: SpikeTrace) {
    var target = TargetDescription.unlimited(latency: 0)
    target.time.model = .event
    var mapped = MappedGraph(chain.graph, target: target.id)
    for id in chain.graph.populations.ids where chain.graph[id].hasNeurons {
      mapped.slices.append(
        CoreSlice(
          population: id, box: NeuronBox(all: chain.graph[id].shape), core: mapped.slices.count,
          first: 0))
    }
    var tables = try Allocation(of: mapped, on: target, cores: entries(of: mapped))
    if random.chance(0.5) { tables.cutAxons(using: &random) }
    let trace = try MeshEmulator(loading: tables).trace(input)
    let spikes = chain.biases.indices.map { l in
      (0..<chain.biases[l].count).map { n in
        trace.units[l + 1].reduce(0) { $0 + Int($1[n]) }
      }
    }
    return (spikes, (trace.potentials.last ?? []).map { Int($0) }, trace)
  }

  @Test("cores do one after another what spikes cause", arguments: 0..<60)
  func equalsPlainAccount(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(8800 + seed))
    let chain = Chain(using: &random, negative: true)
    let count = chain.graph.populations.elements[0].shape.count
    let levels = (0..<count).map { _ in Int32(random.int(0...15)) }
    let input = [levels.map { Float($0) / 15 }]
    let expected = chain.run(levels)
    let found = try emulate(chain, input, cores: 4, using: &random)
    #expect(found.spikes.dropLast() == expected.spikes.dropLast())
    #expect(found.potentials == expected.potentials)
  }

  @Test(
    "without inhibition, counts after each tick lie within what is left over", arguments: 0..<20)
  func excitation(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(8900 + seed))
    let chain = Chain(using: &random, negative: false)
    let count = chain.graph.populations.elements[0].shape.count
    let levels = (0..<count).map { _ in Int32(random.int(0...15)) }
    let found = try emulate(chain, [levels.map { Float($0) / 15 }], cores: 4, using: &random)
    // A neuron that fires as often as it is due has emitted ⌊(initial + sum)/θ⌋ spikes, unless a single
    // event is worth more than a threshold: then what is left fires later.
    var spikes = levels.map { level in
      let ticks = chain.graph.populations.elements[0].code.timesteps
      return (ticks * Int(level) + 7) / 15
    }
    let ticks = chain.graph.populations.elements[0].code.timesteps
    for (l, own) in chain.weights.enumerated() where !chain.thresholds[l].isEmpty {
      for k in chain.biases[l].indices {
        let sum = own.indices.reduce(ticks * chain.biases[l][k]) { $0 + spikes[$1] * own[$1][k] }
        let threshold = chain.thresholds[l][k]
        let most = (threshold / 2 + sum) / threshold
        #expect(found.spikes[l][k] <= most)
        let largest = max(chain.biases[l][k], own.map { $0[k] }.max() ?? 0)
        if largest <= threshold { #expect(found.spikes[l][k] == most) }
      }
      spikes = found.spikes[l]
    }
  }
}
