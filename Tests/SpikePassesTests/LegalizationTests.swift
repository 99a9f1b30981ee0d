// Legalizations one by one: what they make, that it computes the same where they say so, and what
// they refuse.

import Diagnostics
import PluginAPI
import SpikeIR
import SpikeInterpreter
import SpikePasses
import TestSupport
import Testing

@Suite("Inputs said in spikes") struct SpikeInputsTests {

  /// A small image network whose samples are in `range`.
  private func network(_ range: ClosedRange<Float>) throws -> (ANNGraph, [[[Float]]]) {
    var b = NetworkBuilder(seed: 5)
    let x = try b.relu(b.conv(b.input([5, 5, 2]), 4))
    let graph = try b.classifier(b.relu(b.conv(b.pool(.average, x, stride: 1), 3, size: 2)))
    let inputs = (0..<12).map { _ in
      [(0..<50).map { _ in b.number(range.lowerBound, range.upperBound) }]
    }
    return (graph, inputs)
  }

  @Test("neurons say the value as evenly spaced spikes", arguments: [1, 7, 16, 100])
  func evenly(ticks: Int) throws {
    let (graph, inputs) = try network(0...1)
    let pipeline = "convert{code=rate,timesteps=\(ticks)},spike-inputs,quantize"
    let snn = try spiking(graph, pipeline, inputs)
    let source = try #require(snn.populations.ids.first)
    let neurons = try #require(snn.populations.ids.first { snn[$0].name.hasSuffix("/spikes") })
    let levels = try #require(snn.encoders.first?.levels)
    let result = try ClockSimulator(snn).run(inputs[0])
    for n in 0..<snn[source].shape.count {
      let q = Int(result.trace.units[source.index][0][n])
      var sum = 0
      for t in 0..<ticks {
        sum += Int(result.trace.units[neurons.index][t][n])
        #expect(sum == ((t + 1) * q + levels / 2) / levels)
      }
    }
    #expect(snn[neurons].model.attributes.contains { $0.name == "signed" } == false)
  }

  @Test("what follows means the same real values") func valuesStay() throws {
    let (graph, inputs) = try network(-1...1)
    let expected = try ANNExecutor(graph).outputs(of: inputs)
    let snn = try spiking(
      graph, "convert{code=rate,timesteps=800},spike-inputs,split-signs,quantize", inputs)
    let simulator = try ClockSimulator(snn)
    let found = try inputs.map { try simulator.run($0).outputs }
    #expect(largestError(found, expected) <= 0.05)
    for projection in snn.projections.elements where snn[projection.source].model == .source {
      #expect(snn[projection.target].name.contains("/spikes"))
    }
  }

  @Test("signs are measured, or as told") func signs() throws {
    let (graph, positive) = try network(0...1)
    let (_, negative) = try network(-1...1)
    func isSigned(_ options: String, _ inputs: [[[Float]]]?) throws -> Bool {
      let float = try spiking(graph, "convert{code=rate,timesteps=8}", positive)
      let (result, _) = try legalized(float, "spike-inputs{\(options)}", inputs)
      return result.populations.elements.contains {
        if case .integrateAndFire(let model) = $0.model { model.isSigned } else { false }
      }
    }
    #expect(try isSigned("signed=auto", positive) == false)
    #expect(try isSigned("signed=auto", negative))
    #expect(try isSigned("signed=auto", nil))
    #expect(try isSigned("signed=no", negative) == false)
    #expect(try isSigned("signed=yes", positive))
  }

  @Test("a second run changes nothing; integers and other codes are refused") func refused() throws
  {
    let (graph, inputs) = try network(0...1)
    let once = try spiking(graph, "convert{code=rate,timesteps=8},spike-inputs", inputs)
    #expect(try legalized(once, "spike-inputs", inputs).graph == once)
    let quantized = try spiking(graph, "convert{code=rate,timesteps=8},quantize", inputs)
    #expect(
      refusals { () throws(CompileError) in _ = try legalized(quantized, "spike-inputs") }
        == ["legalize.quantized"])
    let phased = try spiking(graph, "convert{code=phased,timesteps=8}", inputs)
    #expect(
      refusals { () throws(CompileError) in _ = try legalized(phased, "spike-inputs") }
        == ["legalize.code"])
  }
}

@Suite("Signs split") struct SplitSignsTests {

  @Test("neurons of constant inputs are split exactly", arguments: NetworkCase.all)
  func exactly(network: NetworkCase) throws {
    var b = NetworkBuilder(seed: 9)
    let graph = try network.build(&b)
    let inputs = b.samples(count: 2)
    let signed = try spiking(
      graph, "convert{code=rate,timesteps=20},spike-inputs{signed=yes},quantize", inputs)
    var after: SpikingGraph?
    let refused = refusals { () throws(CompileError) in
      after = try legalized(signed, "split-signs").graph
    }
    guard let split = after else {
      #expect(Set(refused) == ["legalize.signed"])
      return
    }
    try expectSameSpikes(signed, split, inputs)
    for input in inputs {
      let (x, y) = (try NamedRun(signed, input), try NamedRun(split, input))
      for (name, units) in x.units {
        guard let plus = y.units[name + "+"], let minus = y.units[name + "-"] else { continue }
        for (t, tick) in units.enumerated() {
          #expect(tick == zip(plus[t], minus[t]).map { $0 - $1 })
          if name.hasSuffix("/spikes") { #expect((plus[t] + minus[t]).allSatisfy { 0...1 ~= $0 }) }
        }
      }
    }
  }

  @Test("what cannot be split says why", arguments: 0..<40)
  func random(seed: UInt64) throws {
    let graph = randomSpikingGraph(
      seed: seed, options: SpikingGraphOptions(codes: [.rate(timesteps: 6)]))
    var generator = SplitMix64(seed: seed)
    let inputs = (0..<2).map { _ in randomInputs(for: graph, using: &generator) }
    var after: SpikingGraph?
    let refused = refusals { () throws(CompileError) in
      after = try legalized(graph, "split-signs").graph
    }
    #expect(Set(refused).isSubset(of: ["legalize.signed", "legalize.wide-weight"]))
    if let after { try expectSameSpikes(graph, after, inputs, tolerance: 1e-6) }
  }

  @Test("the approximation is asked for, and said") func approximation() throws {
    var b = NetworkBuilder(seed: 3)
    let sum = try b.dense(b.relu(b.dense(b.input([6]), 5)), 4)
    let graph = try b.classifier(sum)
    let inputs = b.samples(count: 4)
    // A linear layer before another one is said by signed neurons.
    let snn = try spiking(graph, "convert{code=rate,timesteps=16}", inputs)
    let spoken = try legalized(snn, "spike-inputs{signed=no}").graph
    #expect(
      refusals { () throws(CompileError) in _ = try legalized(spoken, "split-signs") }
        == ["legalize.signed"])
    let (split, context) = try legalized(spoken, "split-signs{inside=approximate}")
    #expect(context.sink.diagnostics.map(\.id) == ["legalize.approximate"])
    #expect(split.populations.elements.count { $0.name.hasSuffix("-") } == 1)
  }
}

@Suite("Maximum pooling on targets") struct PoolMaximumTests {

  private func network() throws -> (ANNGraph, [[[Float]]]) {
    var b = NetworkBuilder(seed: 6)
    let x = try b.relu(b.conv(b.input([8, 8, 2]), 3))
    let graph = try b.classifier(
      b.relu(b.conv(b.pool(.maximum, b.pool(.maximum, x, stride: 1)), 3, size: 2)))
    return (graph, b.samples(count: 4))
  }

  @Test("all maxima are refused at once, or stay") func refused() throws {
    let (graph, inputs) = try network()
    let snn = try spiking(graph, "convert{code=rate,timesteps=8}", inputs)
    #expect(
      refusals { () throws(CompileError) in _ = try legalized(snn, "pool-maximum") }
        == ["legalize.maximum", "legalize.maximum"])
    #expect(try legalized(snn, "pool-maximum{as=gate}").graph == snn)
  }

  @Test("averages are those of the network with average pooling") func averages() throws {
    let (graph, inputs) = try network()
    let expected = try ANNExecutor(graph.replacingMaxima()).outputs(of: inputs)
    let snn = try spiking(
      graph, "convert{code=rate,timesteps=800},pool-maximum{as=average},quantize", inputs)
    #expect(snn.populations.elements.allSatisfy { $0.model != .maximum })
    let simulator = try ClockSimulator(snn)
    let found = try inputs.map { try simulator.run($0).outputs }
    #expect(largestError(found, expected) <= 0.05)
  }
}

extension ANNGraph {

  /// Returns the network with average pooling in place of maxima.
  fileprivate func replacingMaxima() -> ANNGraph {
    var result = self
    for id in result.ids {
      guard case .pool(let pool) = result[id].op, pool.kind == .maximum else { continue }
      result[id].op = .pool(Pool(.average, window: pool.window))
    }
    return result
  }
}

@Suite("Parameters encoded") struct EncodeParametersTests {

  @Test("a common power of two changes no spike", arguments: 0..<40)
  func scaling(seed: UInt64) throws {
    let graph = randomSpikingGraph(
      seed: seed, options: SpikingGraphOptions(codes: [.rate(timesteps: 7)]))
    var generator = SplitMix64(seed: seed)
    let inputs = (0..<2).map { _ in randomInputs(for: graph, using: &generator) }
    var after: SpikingGraph?
    let refused = refusals { () throws(CompileError) in
      after = try legalized(graph, "encode-parameters{threshold-exponent=3}").graph
    }
    #expect(Set(refused).isSubset(of: ["legalize.threshold", "legalize.shift"]))
    guard let after else { return }
    try expectSameSpikes(graph, after, inputs, tolerance: 1e-5)
    for population in after.populations.elements {
      guard case .integrateAndFire(let model) = population.model else { continue }
      #expect(try after.tensors.integers(model.threshold).allSatisfy { $0 % 8 == 0 })
    }
  }

  /// One population of neurons with these constants, fed by a source with spikes.
  private func neurons(
    thresholds: [Int32], biases: [Int32], shift: Int = 0
  ) -> SpikingGraph {
    var graph = SpikingGraph(name: "g")
    let n = thresholds.count
    let quantum = graph.tensors.add("q", shape: [1], floats: [1])
    let source = graph.populations.append(
      Population(
        name: "x", shape: [n], code: .rate(timesteps: 4), model: .source, quantum: quantum))
    let threshold = graph.tensors.add(Tensor("t", shape: [n], data: .int32(thresholds)))
    let bias = graph.tensors.add(Tensor("b", shape: [n], data: .int32(biases)))
    let target = graph.populations.append(
      Population(
        name: "a", shape: [n], code: .rate(timesteps: 4),
        model: .integrateAndFire(IntegrateAndFire(threshold: threshold)), bias: bias,
        quantum: quantum))
    graph.projections.append(
      Projection(
        name: "p", source: source, target: target, kind: .identity(IdentityProjection()),
        shift: shift))
    graph.encoders = [Encoder(population: source, levels: 1, kind: .bernoulli)]
    graph.decoders = [Decoder(population: target, reading: .count)]
    return graph
  }

  @Test("mantissas round to nearest, and changes are counted") func mantissas() throws {
    let graph = neurons(thresholds: [255, 256, 257, 515, 1022], biases: [7, -15, 17, 6001, 4095])
    let (result, context) = try legalized(graph, "encode-parameters{reset-bits=8,bias-bits=4}")
    guard case .integrateAndFire(let model) = try result.population("a").model else { return }
    #expect(try result.tensors.integers(model.threshold) == [255, 256, 258, 516, 1024])
    let bias = try #require(try result.population("a").bias)
    #expect(try result.tensors.integers(bias) == [7, -15, 18, 6144, 4096])
    let counts = Dictionary(
      uniqueKeysWithValues: context.statistics.map { ($0.name, $0.value) })
    #expect(counts["thresholds changed"] == 3)
    #expect(counts["biases changed"] == 3)
  }

  @Test("thresholds that large biases make coarse are said") func coarseThresholds() throws {
    // Biases go up to 255 · 2^4: 9,000 fits in units of 4, of which 5 is one and 1,000 is 250.
    let options = "encode-parameters{bias-bits=8,bias-exponent=4}"
    let (result, context) = try legalized(
      neurons(thresholds: [5, 1000, 1002], biases: [9000, 0, 0], shift: 9), options)
    guard case .integrateAndFire(let model) = try result.population("a").model else { return }
    #expect(try result.tensors.integers(model.threshold) == [1, 250, 251])
    #expect(result.projections.elements.map(\.shift) == [7])
    #expect(context.sink.diagnostics.map(\.id) == ["legalize.coarse-threshold"])
    #expect(context.sink.diagnostics.allSatisfy { $0.severity == .warning })
    #expect(context.sink.diagnostics.first?.message.contains("from 5 to 4") == true)
    let counts = Dictionary(
      uniqueKeysWithValues: context.statistics.map { ($0.name, $0.value) })
    #expect(counts["thresholds changed"] == 2)
    let fine = try legalized(
      neurons(thresholds: [640, 1000, 1002], biases: [9000, 0, 0], shift: 9), options)
    #expect(fine.context.sink.diagnostics.isEmpty)
  }

  @Test("what does not fit is refused at once") func refused() throws {
    let graph = neurons(thresholds: [5, 70_000], biases: [9_000_000, 0], shift: 9)
    let options = "threshold-bits=16,profiles=1,bias-bits=8,bias-exponent=4,weight-exponent=8"
    #expect(
      refusals { () throws(CompileError) in
        _ = try legalized(graph, "encode-parameters{\(options)}")
      } == ["legalize.threshold", "legalize.profiles", "legalize.bias", "legalize.shift"])
  }

  @Test("a bias that is too wide says how wide it is, and what to do") func wideBias() throws {
    let graph = neurons(thresholds: [5], biases: [12_964])
    func message(_ options: String) -> Diagnostic? {
      do throws(CompileError) {
        _ = try legalized(graph, "encode-parameters{\(options)}")
        return nil
      } catch {
        return error.diagnostics.first
      }
    }
    let wide = message("bias-bits=7,bias-exponent=0")
    #expect(wide?.message.contains("needs 14 bits; the target has 7") == true)
    #expect(wide?.notes.first?.contains("train the layer without biases") == true)
    #expect(message("bias-bits=7,bias-exponent=5")?.message.contains("needs 9 bits") == true)
    #expect(message("bias-bits=7,bias-exponent=7") == nil)
  }

  @Test("windows that are too large are refused together with constants") func windows() throws {
    var graph = SpikingGraph(name: "g")
    let quantum = graph.tensors.add("q", shape: [1], floats: [1])
    let source = graph.populations.append(
      Population(
        name: "x", shape: [5, 5, 1], code: .rate(timesteps: 4), model: .source, quantum: quantum))
    let bias = graph.tensors.add(Tensor("b", shape: [1], data: .int32([999])))
    let target = graph.populations.append(
      Population(
        name: "a", shape: [1, 1, 1], code: .rate(timesteps: 4),
        model: .integrateAndFire(
          IntegrateAndFire(
            threshold: graph.tensors.add(Tensor("t", shape: [1], data: .int32([9]))))),
        bias: bias, quantum: quantum))
    let weights = graph.tensors.add(
      Tensor("w", shape: [5, 5, 1, 1], data: .int8([Int8](repeating: 1, count: 25))))
    graph.projections.append(
      Projection(
        name: "p", source: source, target: target,
        kind: .conv(ConvProjection(weights: weights, window: Window(size: Pair(5, 5))))))
    graph.encoders = [Encoder(population: source, levels: 1, kind: .bernoulli)]
    graph.decoders = [Decoder(population: target, reading: .count)]
    func refused(_ kernel: Int) -> [String] {
      refusals { () throws(CompileError) in
        _ = try legalized(
          graph, "encode-parameters{bias-bits=7,bias-exponent=0,kernel=\(kernel)}")
      }
    }
    #expect(refused(4) == ["legalize.bias", "legalize.kernel"])
    #expect(refused(5) == ["legalize.bias"])
    #expect(
      refusals { () throws(CompileError) in
        _ = try legalized(graph, "check-legal{kernel=4}")
      } == ["legalize.kernel"])
  }

  @Test("registers that might saturate are said, or refused") func registers() throws {
    let graph = neurons(thresholds: [100], biases: [-50])
    let (_, context) = try legalized(graph, "encode-parameters{membrane-bits=8}")
    #expect(context.sink.diagnostics.map(\.id) == ["legalize.potential"])
    #expect(context.sink.diagnostics.allSatisfy { $0.severity == .warning })
    #expect(
      refusals { () throws(CompileError) in
        _ = try legalized(graph, "encode-parameters{membrane-bits=8,overflow=refuse}")
      } == ["legalize.potential"])
    #expect(
      try legalized(graph, "encode-parameters{membrane-bits=9}").context.sink.diagnostics.isEmpty)
  }
}

@Suite("Rewritings that are exact") struct ExactLegalizationTests {

  @Test(
    "random graphs keep every spike",
    arguments: ["fold-relays", "split-weights{bits=8}", "split-weights{bits=3}", "dense-to-conv"],
    0..<40)
  func random(pass: String, seed: UInt64) throws {
    let options = SpikingGraphOptions(codes: [.rate(timesteps: 5)], maximumDelay: 2)
    let graph = randomSpikingGraph(seed: seed, options: options)
    var generator = SplitMix64(seed: seed)
    let inputs = (0..<2).map { _ in randomInputs(for: graph, using: &generator) }
    var after: SpikingGraph?
    let refused = refusals { () throws(CompileError) in after = try legalized(graph, pass).graph }
    #expect(Set(refused).isSubset(of: ["legalize.weighted-chain"]))
    if let after { try expectSameSpikes(graph, after, inputs, tolerance: 1e-6) }
  }

  @Test("narrow weights are narrow", arguments: [2, 3, 5, 8]) func narrow(bits: Int) throws {
    for seed in 0..<20 as Range<UInt64> {
      let graph = randomSpikingGraph(
        seed: seed, options: SpikingGraphOptions(codes: [.rate(timesteps: 2)]))
      let (result, _) = try legalized(graph, "split-weights{bits=\(bits)}")
      for projection in result.projections.elements {
        guard let id = projection.kind.weights else { continue }
        #expect(try result.tensors.integers(id).allSatisfy { abs($0) < 1 << (bits - 1) })
      }
    }
  }

  @Test("reshapes and concatenations in front of dense layers are folded") func folded() throws {
    var b = NetworkBuilder(seed: 8)
    let x = try b.relu(b.conv(b.input([6, 6, 2]), 3))
    let (y, z) = (try b.relu(b.conv(x, 4, size: 2)), try b.relu(b.conv(x, 2, size: 2)))
    let graph = try b.classifier(b.node(.concat(Concat(axis: 2)), y, z))
    let inputs = b.samples(count: 3)
    let before = try spiking(graph, "convert{code=rate,timesteps=12},quantize", inputs)
    let after = try legalized(before, "fold-relays,dense-to-conv").graph
    #expect(before.populations.elements.contains { $0.model == .relay })
    #expect(after.populations.elements.allSatisfy { $0.model != .relay })
    #expect(
      after.projections.elements.allSatisfy {
        if case .conv = $0.kind { true } else { false }
      })
    // The readout is an image of one pixel, the output a vector as before.
    let (own, output) = (before[before.decoders[0].population].shape, after.decoders[0])
    #expect(own.rank == 1 && output.shape == own)
    #expect(after[output.population].shape == Shape([1, 1] + own.extents))
    try expectSameSpikes(before, after, inputs, tolerance: 1e-6)
  }

  @Test("two weights in a row are refused, or folded while they are real") func chains() throws {
    func chain(_ data: (Float) -> TensorData) -> SpikingGraph {
      var graph = SpikingGraph(name: "g")
      let quantum = graph.tensors.add("q", shape: [1], floats: [1])
      func add(_ name: String, _ model: NeuronModel) -> PopulationID {
        graph.populations.append(
          Population(
            name: name, shape: [1], code: .rate(timesteps: 4), model: model,
            quantum: model == .integrator ? nil : quantum))
      }
      let (x, r) = (add("x", .source), add("r", .relay))
      let y = add("y", .integrator)
      for (a, b) in [(x, r), (r, y)] {
        let w = graph.tensors.add(Tensor("w", shape: [1], data: data(300)))
        graph.projections.append(
          Projection(
            name: "p", source: a, target: b, kind: .identity(IdentityProjection(weights: w))))
      }
      graph.encoders = [Encoder(population: x, levels: 3)]
      graph.decoders = [Decoder(population: y)]
      return graph
    }
    let integers = chain { .int16([Int16($0)]) }
    #expect(
      refusals { () throws(CompileError) in _ = try legalized(integers, "fold-relays") }
        == ["legalize.weighted-chain"])
    let real = try legalized(chain { .float32([$0]) }, "fold-relays").graph
    #expect(real.projections.count == 1)
    let weights = try #require(real.projections.elements.first?.kind.weights)
    #expect(try real.tensors.floats(weights) == [90_000])
  }
}

@Suite("Legality") struct CheckLegalTests {

  private let target =
    "weight-bits=8,profiles=8,maximum=yes"

  @Test(
    "the pipeline of a target makes every network legal, or says why not",
    arguments: NetworkCase.all)
  func pipeline(network: NetworkCase) throws {
    var b = NetworkBuilder(seed: 4)
    let graph = try network.build(&b)
    let inputs = b.samples(count: 3)
    let expected = try ANNExecutor(graph).outputs(of: inputs)
    let float = try spiking(
      graph, "convert{code=rate,timesteps=600,input-levels=255}", inputs)
    var after: SpikingGraph?
    let refused = refusals { () throws(CompileError) in
      after = try legalized(
        float,
        "spike-inputs,split-signs,pool-maximum{as=gate},fold-relays,"
          + "quantize{scales=profile,profiles=8,mantissa=8,exponent=6,identity-bits=14},"
          + "split-weights,"
          + "encode-parameters{threshold-bits=17,threshold-exponent=6,reset-bits=8,profiles=8,"
          + "bias-bits=12,bias-exponent=7,weight-exponent=13,membrane-bits=24},"
          + "check-legal{\(target)}", inputs
      ).graph
    }
    guard let snn = after else {
      #expect(!refused.isEmpty)
      #expect(
        Set(refused).isSubset(of: [
          "legalize.signed", "legalize.profiles", "legalize.weighted-chain",
        ]),
        "\(refused)")
      return
    }
    let simulator = try ClockSimulator(snn)
    let found = try inputs.map { try simulator.run($0).outputs }
    #expect(largestError(found, expected) <= 0.08)
  }

  @Test("all violations are reported at once") func violations() throws {
    var b = NetworkBuilder(seed: 4)
    let x = try b.relu(b.conv(b.input([6, 6, 2]), 3))
    let graph = try b.classifier(b.pool(.maximum, x))
    let inputs = b.samples(count: 3)
    let snn = try spiking(graph, "convert{code=rate,timesteps=6},quantize", inputs)
    let ids = refusals { () throws(CompileError) in
      _ = try legalized(
        snn, "check-legal{weight-bits=2,kinds=conv,kernel=2,fan-in=5,fan-out=1}")
    }
    #expect(
      Set(ids) == [
        "legalize.weight-bits", "legalize.kind", "legalize.kernel", "legalize.fan-in",
        "legalize.maximum", "legalize.current",
      ])
    let float = try spiking(graph, "convert{code=rate,timesteps=6}", inputs)
    #expect(
      refusals { () throws(CompileError) in _ = try legalized(float, "check-legal") }
        == ["legalize.not-quantized"])
  }
}

@Suite("Threshold profiles") struct ThresholdProfileTests {

  @Test("thresholds are few, and have few digits", arguments: [1, 2, 8], [0, 6])
  func profiles(count: Int, exponent: Int) throws {
    var b = NetworkBuilder(seed: 12)
    let x = try b.relu(b.conv(b.input([6, 6, 2]), 24))
    let graph = try b.classifier(b.relu(b.conv(x, 17)))
    let inputs = b.samples(count: 8)
    for clip in ["max", "mmse"] {
      let snn = try spiking(
        graph,
        "convert{code=rate,timesteps=16},quantize{scales=profile,profiles=\(count),mantissa=5,"
          + "exponent=\(exponent),clip=\(clip)}", inputs)
      for population in snn.populations.elements {
        guard case .integrateAndFire(let model) = population.model else { continue }
        let thresholds = Set(try snn.tensors.integers(model.threshold))
        #expect(thresholds.count <= count)
        for t in thresholds {
          #expect(t.trailingZeroBitCount >= exponent)
          #expect(t >> Int32(t.trailingZeroBitCount) < 32)
        }
      }
    }
  }

  @Test("more profiles leave smaller errors") func errors() throws {
    var b = NetworkBuilder(seed: 13)
    let graph = try b.classifier(b.relu(b.batchNorm(b.conv(b.input([6, 6, 2]), 40))))
    let inputs = b.samples(count: 8)
    func error(_ options: String) throws -> Float {
      let float = try spiking(graph, "convert{code=rate,timesteps=16}", inputs)
      let snn = try legalized(float, "quantize{bits=4,\(options)}", inputs).graph
      var sum: Float = 0
      for id in float.projections.ids {
        let wanted = try float.tensors.floats(try #require(float[id].kind.weights))
        let found = try snn.tensors.floats(try #require(snn[id].kind.weights))
        let unit = try snn.tensors.floats(try #require(snn[snn[id].target].membraneUnit))
        for i in wanted.indices {
          let d = wanted[i] - found[i] * unit[i % unit.count] * Float(1 << snn[id].shift)
          sum += d * d
        }
      }
      return sum
    }
    let (one, eight) = (
      try error("scales=profile,profiles=1"), try error("scales=profile,profiles=8")
    )
    #expect(eight < one)
  }
}
