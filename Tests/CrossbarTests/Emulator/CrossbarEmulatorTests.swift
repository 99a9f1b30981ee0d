// Ideal arrays compute what the network computes, however its matrices are laid out; real ones do
// not, and not depending on threads.

import HardwareTargets
import Kernels
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@testable import Crossbar

@Suite struct CrossbarEmulatorTests {

  /// Plain, grouped and depthwise convolutions with strides, dilations and padding, dense layers.
  static func network(seed: UInt64 = 1) throws -> ANNGraph {
    var graph = ANNGraph(name: "mixed")
    var last = try graph.add("input", .input, shape: [9, 8, 2])
    var count: UInt64 = seed
    func values(_ shape: Shape) -> TensorID {
      count += 1
      return graph.tensors.add(
        Tensor("t\(count)", shape: shape, floats: variedNumbers(shape.count, seed: count)))
    }
    func conv(_ outputs: Int, kernel: Int, stride: Int = 1, dilation: Int = 1, groups: Int = 1)
      throws
    {
      let channels = graph[last].shape[2]
      let op = Conv2D(
        kernel: values([kernel, kernel, channels / groups, outputs]), bias: values([outputs]),
        window: Window(
          size: Pair(kernel, kernel), strides: Pair(stride, stride),
          dilations: Pair(dilation, dilation),
          padding: Padding(top: 1, left: 1, bottom: 1, right: 1)
        ), groups: groups)
      last = try graph.add("conv\(count)", .conv2d(op), [last])
      last = try graph.add("relu\(count)", .activation(Activation(.relu)), [last])
    }
    try conv(8, kernel: 3)
    try conv(8, kernel: 3, groups: 8)
    try conv(12, kernel: 3, stride: 2, groups: 2)
    try conv(6, kernel: 2, dilation: 2)
    last = try graph.add("flat", .reshape(Reshape([graph[last].shape.count])), [last])
    let inputs = graph[last].shape.count
    let dense = Dense(kernel: values([inputs, 20]), bias: values([20]))
    last = try graph.add("dense", .dense(dense), [last])
    last = try graph.add("classes", .dense(Dense(kernel: values([20, 5]), bias: nil)), [last])
    graph.outputs = [last]
    return graph
  }

  static func layout(
    _ graph: ANNGraph, mapping: String = "signed-abstract", numbers: [String: Double] = [:],
    words: [String: String] = [:], replicas: Int = 1, packs: Bool = true, size: Int = 32,
    repetition: Repetition = .none
  ) throws -> CrossbarLayout {
    let target = TargetDescription.arrays(
      rows: size, columns: size, mapping: mapping, numbers: numbers, words: words)
    let matrices = WeightMatrix.all(in: graph)
    return try CrossbarLayout(
      matrices,
      matrices.map {
        LayerChoice(replicas: $0.positions > 1 ? replicas : 1, repetition: repetition)
      },
      on: target, arrays: try ArrayFeatures.all(of: target), mode: .vectors, packs: packs)
  }

  static func ideal() -> EmulationOptions {
    var options = EmulationOptions()
    options.reading = ReadParameters()
    options.devices = DeviceModel()
    return options
  }

  @Test(
    arguments: ["signed-abstract", "differential", "offset-digital", "offset-unit-column"],
    [
      (1, true, "analog", Repetition.none), (3, false, "digital", .none),
      (2, true, "digital", .none), (1, true, "analog", Repetition(rows: 3, columns: 2)),
      (2, true, "digital", Repetition(rows: 5)),
    ])
  func idealArraysAreTheNetwork(
    mapping: String, _ choice: (Int, Bool, String, Repetition)
  ) throws {
    let graph = try Self.network()
    let layout = try Self.layout(
      graph, mapping: mapping, words: ["biasRow": choice.2], replicas: choice.0, packs: choice.1,
      repetition: choice.3)
    #expect(layout.tiles.count > layout.layers.count)
    let emulator = try CrossbarEmulator(graph, layout, Self.ideal())
    let exact = try ANNExecutor(graph)
    for seed in 0..<3 {
      let input = [variedNumbers(9 * 8 * 2, seed: UInt64(50 + seed))]
      let expected = try exact.run(input)[0]
      let found = try emulator.executor.run(input)[0]
      let range = expected.reduce(0) { max($0, abs($1)) }
      for (a, b) in zip(found, expected) { #expect(abs(a - b) < 2e-5 * range) }
    }
    for (number, (layer, counts)) in zip(layout.layers, emulator.counts).enumerated() {
      #expect(counts.cycles == 3 * layer.cyclesPerPass)
      if counts.reads.zeroVectors == 0 {
        #expect(counts.reads.conversions == 3 * layout.costs(of: number).outputConversions)
      }
      let blocks = layer.cut.blocksPerReplica
      #expect(counts.reads.vectors == 3 * layer.matrix.positions * blocks)
      #expect(counts.reads.passes + counts.reads.zeroVectors == counts.reads.vectors)
    }
  }

  @Test func slicesOfBitsRoundWeightsOnly() throws {
    let graph = try Self.network()
    func run(_ bits: Int, _ mapping: String) throws -> Float {
      let layout = try Self.layout(
        graph, mapping: mapping, numbers: ["slices": Double(bits / 4), "cellBits": 4], size: 80)
      let emulator = try CrossbarEmulator(graph, layout, Self.ideal())
      let input = [variedNumbers(9 * 8 * 2, seed: 50)]
      let expected = try ANNExecutor(graph).run(input)[0]
      let range = expected.reduce(0) { max($0, abs($1)) }
      let found = try emulator.executor.run(input)[0]
      #expect(emulator.counts[0].reads.zeroVectors == 0)
      #expect(emulator.counts[0].reads.conversions == layout.costs(of: 0).outputConversions)
      return zip(found, expected).reduce(0) {
        max($0, abs($1.0 - $1.1) / range)
      }
    }
    for mapping in ["bit-sliced-differential", "bit-sliced-offset"] {
      let (coarse, fine) = (try run(8, mapping), try run(16, mapping))
      #expect(coarse < 0.1 && fine < 1e-3 && fine < coarse / 10)
    }
  }

  /// Of a block that reads nothing but zeros no row is driven; what the others did is their own.
  @Test func costsAreThoseOfTheBlocksThatAreRead() throws {
    var graph = ANNGraph(name: "dense")
    let input = try graph.add("input", .input, shape: [40])
    let kernel = graph.tensors.add("kernel", shape: [40, 6], floats: variedNumbers(240, seed: 2))
    graph.outputs = [try graph.add("dense", .dense(Dense(kernel: kernel, bias: nil)), [input])]
    var layout = try Self.layout(graph, mapping: "differential", words: ["split": "maximal"])
    #expect(layout.blocks.map(\.inputs) == [0..<32, 32..<40])
    let costs = [
      ("cellRead", 1.0), ("dacConversion", 100), ("sampleHold", 2e4), ("adcConversion", 5e4),
    ]
    for (name, value) in costs { layout.target.energy.events[name] = Quantity(value) }
    func joules(_ rows: Range<Int>) throws -> Double {
      let emulator = try CrossbarEmulator(graph, layout, Self.ideal())
      _ = try emulator.executor.run([(0..<40).map { rows.contains($0) ? 1 : 0 }])
      return try #require(layout.joules(of: emulator.counts[0]))
    }
    // 12 columns of cells, 6 sums.
    func expected(_ rows: Int) -> Double { Double(rows) * (12 + 100) + 6 * 7e4 }
    #expect(try joules(0..<32) == expected(32))
    #expect(try joules(32..<40) == expected(8))
    let all = try joules(0..<40)
    #expect(all == expected(32) + expected(8))
    #expect(all == layout.costs(of: 0).joules)
  }

  private func baseline() -> EmulationOptions {
    var options = Self.ideal()
    var reading = ReadParameters()
    reading.forward = NoisyReadTests.cases[0]
    reading.forward.output = AnalogConverter(step: 24.0 / 510, low: -12, high: 12)
    options.reading = reading
    return options
  }

  @Test func resultsDependOnSeedsAndImagesNotOnThreads() throws {
    let graph = try Self.network()
    let layout = try Self.layout(graph, replicas: 2)
    func run(_ options: EmulationOptions, threads: Int) throws -> [[Float]] {
      let emulator = try CrossbarEmulator(graph, layout, options)
      return try emulator.executor.accumulate(
        count: 6, threads: threads, observing: graph.outputs, chunk: 1,
        input: { _ in [variedNumbers(9 * 8 * 2, seed: 50)] }, initial: { [Float]() }
      ) { result, _, values in result = values[graph.outputs[0]] }
    }
    let one = try run(baseline(), threads: 1)
    #expect(try run(baseline(), threads: 3) == one)
    #expect(Set(one).count == one.count)
    var other = baseline()
    other.runSeed = 2
    #expect(try run(other, threads: 1) != one)
    other = baseline()
    other.chipSeed = 2
    #expect(try run(other, threads: 1) == one)
    other.devices?.variation = 0.1
    let chip = try run(other, threads: 1)
    #expect(chip != one)
    other.chipSeed = 3
    #expect(try run(other, threads: 1) != chip)
  }

  /// y = Σ over blocks and signs of ± clamp(⌊0.002 · n · Σ x · w⌋, −128, 127) / n, x of 5 bits, w of 6
  /// and a sign, for the largest n of 16, 8 … 1 at which nothing is clipped.
  @Test(arguments: [1, 16]) func integerReadsOfBrainScaleS(repeats: Int) throws {
    let weights = variedNumbers(200 * 7, seed: 9)
    let (graph, layout) = try Self.dense(weights, inputs: 200)
    #expect(layout.blocks.map(\.inputs) == [0..<100, 100..<200])
    var options = EmulationOptions()
    options.reading = try Self.brainScaleS()
    options.reading?.forward.outputNoise = 0
    options.reading?.forward.repeats = repeats
    let emulator = try CrossbarEmulator(graph, layout, options)
    let x = variedNumbers(200, seed: 10).map { 3 * $0 }
    let found = try emulator.executor.run([x])[0]
    var (expected, presentations) = ([Float](repeating: 0, count: 7), 0)
    for rows in [0..<100, 100..<200] {
      let largest = rows.flatMap { i in (0..<7).map { abs(weights[i * 7 + $0]) } }.max() ?? 0
      let alpha = rows.map { abs(x[$0]) }.max() ?? 0
      for sign: Float in [1, -1] {
        let sums = (0..<7).map { j in
          rows.reduce(0) { sum, i in
            let code = (max(sign * x[i], 0) / alpha * 31).rounded(.toNearestOrEven)
            return sum + Int(code)
              * Int((weights[i * 7 + j] / largest * 63).rounded(.toNearestOrEven))
          }
        }
        var n = repeats
        func read(_ sum: Int) -> Double { (0.002 * Double(n * sum)).rounded(.down) }
        presentations += n
        while n > 1, sums.contains(where: { !(-128...127 ~= read($0)) }) {
          n /= 2
          presentations += n
        }
        for j in 0..<7 {
          let y = Float(min(max(read(sums[j]), -128), 127)) / Float(n)
          expected[j] += sign * y / 0.002 * alpha / 31 * largest / 63
        }
      }
    }
    for j in 0..<7 {
      #expect(abs(found[j] - expected[j]) < 1e-3 * max(1, abs(expected[j])))
    }
    #expect(emulator.counts[0].reads.presentations == presentations)
    #expect(repeats > 1 || emulator.counts[0].reads.passes == 4)
  }

  @Test func calibrationTakesMismatchOut() throws {
    let (graph, layout) = try Self.dense(variedNumbers(100 * 24, seed: 3), inputs: 100)
    func outputs(_ change: (inout EmulationOptions) -> Void) throws -> [Float] {
      var options = EmulationOptions()
      options.reading = try Self.brainScaleS()
      options.reading?.columnGainSpread = 0.15
      options.reading?.columnOffsetSpread = 6
      change(&options)
      let emulator = try CrossbarEmulator(graph, layout, options)
      return try (0..<30).flatMap { seed in
        try emulator.executor.run([variedNumbers(100, seed: seed).map(abs)])[0]
      }
    }
    let exact = try outputs { options in
      options.reading?.columnGainSpread = 0
      options.reading?.columnOffsetSpread = 0
      options.reading?.forward.outputNoise = 0
      options.reading?.forward.output = AnalogConverter()
    }
    func error(_ found: [Float]) -> Float {
      (zip(found, exact).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Float(found.count))
        .squareRoot()
    }
    let raw = error(try outputs { _ in })
    let calibrated = error(try outputs { $0.calibrationReads = 20 })
    let noise = error(
      try outputs { options in
        options.reading?.columnGainSpread = 0
        options.reading?.columnOffsetSpread = 0
        options.calibrationReads = 20
      })
    #expect(raw > 2 * noise && calibrated < 1.3 * noise, "\(raw), \(calibrated), \(noise)")
    // Rounding down loses half a step of each conversion, which the calibration finds, too.
    let plain = error(
      try outputs { options in
        options.reading?.columnGainSpread = 0
        options.reading?.columnOffsetSpread = 0
        options.reading?.forward.outputNoise = 0
      })
    let mended = error(
      try outputs { options in
        options.reading?.columnGainSpread = 0
        options.reading?.columnOffsetSpread = 0
        options.reading?.forward.outputNoise = 0
        options.calibrationReads = 4
      })
    #expect(mended < 0.8 * plain, "\(mended), \(plain)")
    // What was fixed when the chip was made follows its seed, what a calibration measures its run's.
    #expect(try outputs { $0.chipSeed = 2 } != outputs { _ in })
    #expect(
      try outputs { ($0.calibrationReads, $0.runSeed) = (4, 2) }
        == outputs { ($0.calibrationReads, $0.runSeed) = (4, 2) })
  }

  /// Returns a dense layer without biases on the arrays of BrainScaleS-2.
  private static func dense(
    _ weights: [Float], inputs: Int
  ) throws -> (ANNGraph, CrossbarLayout) {
    var graph = ANNGraph(name: "dense")
    let input = try graph.add("input", .input, shape: [inputs])
    let kernel = graph.tensors.add(
      "kernel", shape: [inputs, weights.count / inputs], floats: weights)
    graph.outputs = [try graph.add("dense", .dense(Dense(kernel: kernel, bias: nil)), [input])]
    let target = try #require(TargetDescription.builtIn("brainscales2"))
    let matrices = WeightMatrix.all(in: graph)
    let layout = try CrossbarLayout(
      matrices, matrices.map { _ in LayerChoice() }, on: target,
      arrays: try ArrayFeatures.all(of: target), mode: .vectors)
    return (graph, layout)
  }

  private static func brainScaleS() throws -> ReadParameters {
    let target = try #require(TargetDescription.builtIn("brainscales2"))
    return try ReadParameters(try #require(target.cores[0].analog))
  }

  @Test func framesOnIdealArraysAreSpikeForSpike() throws {
    let families: [[SpikeCode]] = [
      [.rate(timesteps: 6)], [.phased(timesteps: 5)], [.weighted(bits: 4)],
    ]
    for (index, codes) in families.enumerated() {
      for seed in 0..<6 {
        var random = SplitMix64(seed: UInt64(100 * index + seed))
        let graph = randomSpikingGraph(
          using: &random, options: SpikingGraphOptions(codes: codes, layers: 1...4))
        let matrices = WeightMatrix.all(in: graph)
        let target = TargetDescription.arrays(rows: 40, columns: 24)
        let layout = try CrossbarLayout(
          matrices,
          matrices.map { _ in
            LayerChoice(repetition: Repetition(rows: 1 + seed % 3, columns: 1 + seed / 2))
          }, on: target,
          arrays: try ArrayFeatures.all(of: target), mode: .frames(6))
        let emulator = try FrameEmulator(graph, layout, Self.ideal())
        let exact = try ClockSimulator(graph)
        let inputs = randomInputs(for: graph, using: &random)
        #expect(try emulator.simulator.run(inputs, image: 4) == exact.run(inputs, image: 4))
        if !matrices.isEmpty {
          #expect(emulator.counts.contains { $0.reads.vectors > 0 })
        }
      }
    }
  }
}
