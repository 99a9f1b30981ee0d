// Neurons that decay by shifts, at the ends of their registers and against the vendor's simulation; the rule
// of cores and of the emulator against the textbook form.

import Diagnostics
import Kernels
import SpikeExecution
import SpikeIR
import SpikeInterpreter
import TestSupport
import Testing

@testable import HardwareTargets
@testable import NeuroCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Traces of the neuron of xylosim, as `Tools/xylo-traces.py` writes them.
private func traces(at path: String) -> [[Substring]] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 22)
  let count = fread(&bytes, 1, bytes.count, file)
  return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").dropFirst()
    .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
}

@Suite("BitShiftNeuron") struct BitShiftNeuronTests {

  @Test(
    "loses parts that are rounded down, at least 1",
    arguments: [
      (1000, 3, 125), (7, 3, 1), (1, 15, 1), (0, 3, 0), (-7, 3, -1), (-9, 3, -2), (-1, 15, -1),
      (-32_768, 1, -16_384), (32_767, 15, 1),
    ])
  func loss(x: Int, shift: Int, expected: Int) {
    #expect(BitShiftNeuron.loss(x, shift) == expected)
  }

  @Test("emits several spikes, and saturates") func several() {
    var neuron = BitShiftNeuron()
    var parameters = BitShiftNeuron.Parameters(currentShift: 1, potentialShift: 2, threshold: 100)
    // i: 600 → 300; v: 300, 3 spikes, 0. Then i: 150; v: 150, 1 spike, 50. Then i: 75; v: 50 − 12 + 75.
    #expect(neuron.step(600, parameters) == 3 && neuron.v == 0)
    #expect(neuron.step(0, parameters) == 1 && neuron.v == 50)
    parameters.most = 1
    #expect(neuron.step(0, parameters) == 1 && neuron.v == 13)
    parameters.most = 31
    #expect(neuron.step(90_000, parameters) == 31)
    // 32,767 − 16,383; 13 − 3 + 16,384 − 31 · 100.
    #expect(neuron.i == 16_384 && neuron.v == 13_294)
  }

  @Test("small states of both signs reach 0", arguments: [5, -5, 300, -300])
  func reachesZero(start: Int) {
    var neuron = BitShiftNeuron()
    let parameters = BitShiftNeuron.Parameters(
      currentShift: 4, potentialShift: 4, threshold: 32_767)
    _ = neuron.step(start, parameters)
    for _ in 0..<400 { _ = neuron.step(0, parameters) }
    #expect(neuron.i == 0 && neuron.v == 0)
  }

  @Test("equals the neuron of xylosim") func equalsXylosim() throws {
    let sample = "\(#filePath)".split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
    var paths = [sample + "/Fixtures/xylo/traces.csv"]
    if let more = getenv("SPIKEC_XYLO_TRACES") { paths.append(String(cString: more)) }
    for path in paths {
      let lines = traces(at: path)
      #expect(lines.count >= 150, "\(path) is missing or short")
      for (line, fields) in lines.enumerated() {
        let numbers = fields.map { Int($0) ?? 0 }
        let parameters = BitShiftNeuron.Parameters(
          currentShift: numbers[0], potentialShift: numbers[1], threshold: numbers[3],
          bias: numbers[2], most: numbers[4])
        var (neuron, check) = (BitShiftNeuron(), 0)
        var spikes: [Int] = []
        for input in fields[5].split(separator: " ").compactMap({ Int($0) }) {
          spikes.append(neuron.step(input, parameters))
          check = (check * 31 + neuron.i + 7 * neuron.v) & (1 << 31 - 1)
        }
        #expect(
          spikes == fields[6].split(separator: " ").compactMap { Int($0) }
            && [neuron.i, neuron.v, check] == Array(numbers[7...9]),
          "configuration \(line) of \(path)")
      }
    }
  }

  @Test("is the rule of cores", arguments: 0..<40 as Range<UInt64>)
  func equalsCores(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let count = random.int(1...40)
    let (current, potential) = (random.int(1...15), random.int(1...15))
    let most = random.pick([1, 3, 31, 127])
    let parameters = (0..<count).map { _ in
      BitShiftNeuron.Parameters(
        currentShift: current, potentialShift: potential,
        threshold: random.pick([1, 50, 3000, 32_767, random.int(1...32_767)]),
        bias: random.int(-32_768...32_767) / random.pick([1, 100]), most: most)
    }
    var neurons = parameters.map { _ in BitShiftNeuron() }
    var units = [Int8](repeating: 0, count: count)
    var (v, i) = ([Int32](repeating: 0, count: count), [Int32](repeating: 0, count: count))
    let constants = ShiftConstants(
      currentShift: current, potentialShift: potential, most: most)
    for tick in 0..<100 {
      let reach = random.pick([10, 1000, 40_000])
      let arriving = (0..<count).map { _ in random.int(-reach...reach) }
      // One sum that belongs to others lies before those of the neurons.
      var sums = [7] + arriving.map { Int32($0) }
      let outcome = CoreNeurons.shift(
        &units, &v, &i, &sums, at: 1, bias: parameters.map { Int32($0.bias) },
        thresholds: parameters.map { Int32($0.threshold) }, constants, range: -30_000...30_000)
      let before = neurons
      let expected = neurons.indices.map { neurons[$0].step(arriving[$0], parameters[$0]) }
      #expect(units.map { Int($0) } == expected, "tick \(tick)")
      #expect(v.map { Int($0) } == neurons.map(\.v) && i.map { Int($0) } == neurons.map(\.i))
      #expect(outcome.fired == expected.count { $0 > 0 })
      #expect(sums == [7] + [Int32](repeating: 0, count: count))
      let saturated = zip(before, arriving).count { !(-32_768...32_767 ~= $0.i + $1) }
      #expect(outcome.tally.currentOverflows == saturated)
      #expect(outcome.tally.sumOverflows == arriving.count { !(-30_000...30_000 ~= $0) })
    }
  }
}

extension TargetDescription {

  /// A machine whose neurons decay by shifts, of one class, without limits of size.
  fileprivate static var shifting: TargetDescription {
    var result = unlimited(latency: 1)
    result.cores[0].neuron = TargetDescription.builtIn("xylo")?.cores[0].neuron
    return result
  }
}

@Suite("Emulated neurons that decay by shifts") struct EmulatedShiftTests {

  /// Returns dense layers of neurons that fire up to 31 times a tick, driven by spikes.
  private func network(_ random: inout SplitMix64) -> SpikingGraph {
    var graph = SpikingGraph(name: "shifts")
    let code = SpikeCode.rate(timesteps: random.int(5...40))
    let quantum = graph.tensors.add("quantum", shape: [1], floats: [1])
    func add(_ values: [Int32], _ shape: Shape) -> TensorID {
      graph.tensors.add(Tensor("t\(graph.tensors.count)", shape: shape, data: .int32(values)))
    }
    var size = random.int(1...12)
    var last = graph.populations.append(
      Population(name: "x", shape: [size], code: code, model: .source, quantum: quantum))
    graph.encoders.append(Encoder(population: last, levels: 255, kind: .even))
    for layer in 0..<random.int(1...4) {
      let next = random.int(1...20)
      let model = BitShiftLeaky(
        threshold: add((0..<next).map { _ in Int32(random.int(1...900)) }, [next]),
        currentShift: random.int(1...6), potentialShift: random.int(1...8), mostSpikes: 31)
      let id = graph.populations.append(
        Population(
          name: "layer \(layer)", shape: [next], code: code, model: .bitShift(model),
          bias: add((0..<next).map { _ in Int32(random.int(-60...120)) }, [next]),
          quantum: quantum))
      let weights = (0..<size * next).map { _ in Int32(random.int(-127...127)) }
      graph.projections.append(
        Projection(
          name: "to \(layer)", source: last, target: id,
          kind: .dense(DenseProjection(weights: add(weights, [size, next]))),
          shift: random.int(0...2)))
      (size, last) = (next, id)
    }
    graph.decoders.append(Decoder(population: last, reading: .count, offset: 0.5))
    return graph
  }

  @Test("say every spike that the simulator says") func equalSimulator() throws {
    var (spikes, most) = (0, 0)
    for seed in 0..<60 {
      var random = SplitMix64(seed: UInt64(4000 + seed))
      let graph = network(&random)
      #expect(graph.verify() == [])
      let target = TargetDescription.shifting
      let mapped = randomLayout(of: graph, on: target, cores: random.int(1...6), using: &random)
      let tables = try Allocation(of: mapped, on: target, cores: entries(of: mapped))
      let emulator = try MeshEmulator(loading: tables)
      let input = randomInputs(for: graph, using: &random)
      let expected = try ClockSimulator(graph).run(input)
      let trace = try emulator.trace(input)
      #expect(
        trace == expected.trace.ofNeurons(in: graph),
        "seed \(seed): \(firstDifference(trace, expected.trace, graph))")
      let result = try emulator.run(
        count: 1, options: RunOptions(), input: { _ in input }, progress: { _ in })
      #expect(result.run.outputs == expected.outputs.flatMap { $0 })
      spikes += result.run.populations.reduce(0) { $0 + $1.spikes }
      most = max(most, Int(trace.units.flatMap { $0.flatMap { $0 } }.max() ?? 0))
    }
    #expect(spikes > 5000 && most == 31, "\(spikes) spikes, up to \(most)")
  }

  @Test("are refused where cores lack them, and others where all neurons decay")
  func refused() throws {
    var random = SplitMix64(seed: 1)
    let graph = network(&random)
    func ids(_ graph: SpikingGraph, _ target: TargetDescription) throws -> [String] {
      let tables = try layout(graph, on: target)
      do throws(CompileError) {
        _ = try MeshEmulator(loading: tables)
        return []
      } catch {
        return error.diagnostics.map(\.id)
      }
    }
    #expect(try ids(graph, .currentBased) == ["emulator.unsupported-neuron"])
    let sum = chain(weights: [[1]], thresholds: [])
    #expect(try ids(sum, .shifting) == ["emulator.unsupported-neuron"])
    var output = TargetDescription.shifting
    output.cores[0].neuron?.resets[0].mostSpikesPerStep = 1
    #expect(try ids(graph, output) == ["emulator.unsupported-neuron"])
  }
}
