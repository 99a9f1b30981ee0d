// Networks on cores whose synapses hold a bit: legal ones find places, tables are right, and emulated cores
// do what the reference simulator does.

import Diagnostics
import PluginAPI
import SpikeExecution
import SpikeIR
import SpikeInterpreter
import SpikePasses
import TestSupport
import Testing

@testable import HardwareTargets
@testable import NeuroCore

@Suite("Machines of binary crossbars") struct CrossbarMachineTests {

  /// Returns a network of dense layers with random weights of four bits, which hears even spikes.
  private func perceptron(using random: inout SplitMix64) -> SpikingGraph {
    var graph = SpikingGraph(name: "perceptron")
    let code = SpikeCode.rate(timesteps: random.int(8...24))
    let quantum = graph.tensors.add("quantum", shape: [1], floats: [1])
    var sizes = [random.int(60...400)]
    for _ in 0..<random.int(1...3) { sizes.append(random.int(5...90)) }
    var last = graph.populations.append(
      Population(name: "input", shape: [sizes[0]], code: code, model: .source, quantum: quantum))
    graph.encoders.append(Encoder(population: last, levels: 15, kind: .even))
    for (i, size) in sizes.dropFirst().enumerated() {
      let isLast = i == sizes.count - 2
      var model = NeuronModel.integrator
      if !isLast {
        let thresholds = (0..<size).map { _ in Int32(random.int(40...160)) }
        model = .integrateAndFire(
          IntegrateAndFire(
            threshold: graph.tensors.add(
              Tensor("threshold\(i)", shape: [size], data: .int32(thresholds)))))
      }
      let id = graph.populations.append(
        Population(
          name: "layer\(i)", shape: [size], code: code,
          model: model,
          bias: graph.tensors.add(
            Tensor(
              "bias\(i)", shape: [size],
              data: .int32((0..<size).map { _ in Int32(random.int(-9...20)) }))),
          quantum: isLast ? nil : quantum))
      let matrix = graph.tensors.add(
        Tensor(
          "weights\(i)", shape: [graph[last].shape.count, size],
          data: .int8((0..<graph[last].shape.count * size).map { _ in Int8(random.int(-7...7)) })))
      graph.projections.append(
        Projection(
          name: "j\(i)", source: last, target: id, kind: .dense(DenseProjection(weights: matrix)),
          shift: random.int(0...2)))
      last = id
    }
    graph.decoders.append(Decoder(population: last))
    return graph
  }

  /// The passes that make a network legal for cores of binary synapses with one destination.
  private static let passes =
    "split-fan-in{most=256,count=digits,signs=together,neurons=256,worth=7},"
    + "crossbar-weights{types=4,bits=9},add-splitters{most=1},check-legal{fan-in=256,fan-out=1}"

  private func legal(_ graph: SpikingGraph) throws(CompileError) -> SpikingGraph {
    var (program, context) = (Program.snn(graph), PassContext())
    let pipeline = try liftingDiagnostic { () throws(Diagnostic) in
      try Pipeline(parsing: Self.passes, known: Pass.builtIn)
    }
    try pipeline.run(on: &program, &context, verifiesEach: true)
    guard case .snn(let result) = program else { return graph }
    return result
  }

  private func target() throws -> TargetDescription {
    try #require(TargetDescription.builtIn("truenorth"))
  }

  private func tables(_ graph: SpikingGraph) throws -> Allocation {
    let target = try target()
    let partition = try Partition.make(graph, target, Partition.Options())
    return try Allocation(of: partition, on: target).placed(spikes: [])
  }

  @Test("a legal network has places, and says there what it says elsewhere", arguments: 0..<8)
  func equalsClock(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(4300 + seed))
    let graph = try legal(perceptron(using: &random))
    let tables = try tables(graph)
    #expect(try AllocationCheck.findings(of: tables).isEmpty)
    for core in tables.cores {
      #expect(core.used["inAxons"] ?? 0 <= 256 && core.used["neurons"] ?? 0 <= 256)
    }
    let read = try Allocation(
      reading: Dictionary(
        uniqueKeysWithValues: tables.tables.map { ($0.name, Array($0.text.utf8)) }),
      of: graph, on: tables.target)
    #expect(read.axons == tables.axons && read.routes == tables.routes)
    let emulator = try MeshEmulator(loading: read)
    let clock = try ClockSimulator(graph)
    for image in 0..<2 {
      let input = randomInputs(for: graph, using: &random)
      let expected = try clock.run(input, image: image)
      let trace = try emulator.trace(input, image: image)
      #expect(trace == expected.trace.ofNeurons(in: graph), "seed \(seed)")
      #expect(expected.trace.units.joined().joined().contains { $0 != 0 })
    }
  }

  /// Returns how many connections whose weight is not 0 each neuron of the source has, by definition.
  private func synapsesByRow(
    of projection: Projection, in graph: SpikingGraph, cells: inout Int
  ) throws -> [Int] {
    let (from, to) = (graph[projection.source].shape.count, graph[projection.target].shape.count)
    switch projection.kind {
    case .dense(let dense):
      let weights = try graph.tensors.integers(dense.weights)
      cells += weights.count
      return (0..<from).map { n in weights[n * to..<(n + 1) * to].count { $0 != 0 } }
    case .identity:
      cells += from
      return [Int](repeating: 1, count: from)
    case .wire(let wire):
      let sources = try graph.tensors.integers(wire.sources)
      cells += sources.count
      return (0..<from).map { n in sources.count { Int($0) == n } }
    case .conv, .pool:
      Issue.record("'\(projection.name)' is a window")
      return []
    }
  }

  /// Returns whether neurons, not the host, send what `population` passes on.
  private func comesFromNeurons(_ population: PopulationID, in graph: SpikingGraph) -> Bool {
    if graph[population].hasNeurons { return true }
    let before = graph.projections.elements.first { $0.target == population }
    return before.map { comesFromNeurons($0.source, in: graph) } ?? false
  }

  @Test("counts synapses where a cell is 1, and nothing else", arguments: 0..<4)
  func countsExistingSynapses(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(4500 + seed))
    let graph = try legal(perceptron(using: &random))
    let tables = try tables(graph)
    let input = randomInputs(for: graph, using: &random)
    let result = try MeshEmulator(loading: tables).run(
      count: 1, options: RunOptions(threads: 1), input: { _ in input }, progress: { _ in })
    let trace = try ClockSimulator(graph).run(input, image: 0).trace
    var (synapses, cells, own, host) = (0, 0, 0, 0)
    for projection in graph.projections.elements where graph[projection.target].hasNeurons {
      let rows = try synapsesByRow(of: projection, in: graph, cells: &cells)
      synapses += rows.reduce(0, +)
      let units = trace.units[projection.source.index]
      let operations = rows.indices.reduce(0) { sum, n in
        sum + rows[n] * units.count { $0[n] != 0 }
      }
      if comesFromNeurons(projection.source, in: graph) {
        own += operations
      } else {
        host += operations
      }
    }
    #expect(synapses > 0 && synapses < cells && own + host > 0)
    #expect(tables.summary.synapses == synapses)
    #expect(result.report.synapticOperations == own)
    #expect(result.report.hostSynapticOperations == host)
    var wrong = tables
    wrong.connections[0].synapses += 1
    #expect(try AllocationCheck.findings(of: wrong).map(\.id) == ["check.synapse-count"])
  }

  @Test("finds axons of two types, and neurons with two destinations") func wrongTables() throws {
    var random = SplitMix64(seed: 4400)
    let tables = try tables(try legal(perceptron(using: &random)))
    let types = try tables.target.axonTypes(of: tables.paths, in: tables.graph)
    #expect(Set(types).count >= 3)
    var mixed = tables
    let first = try #require(
      mixed.connections.indices.first { i in
        mixed.connections.indices.contains { j in
          types[mixed.connections[j].path] != types[mixed.connections[i].path]
        }
      })
    let other = try #require(
      mixed.connections.first { types[$0.path] != types[mixed.connections[first].path] })
    var wrong = mixed.connections[first]
    wrong.path = other.path
    mixed.connections.append(wrong)
    #expect(try AllocationCheck.findings(of: mixed).contains { $0.id == "check.axon-type" })
    var twice = tables
    let route = try #require(twice.routes.first { $0.source != nil })
    twice.routes.append(route)
    #expect(try AllocationCheck.findings(of: twice).contains { $0.id == "check.destinations" })
  }
}
