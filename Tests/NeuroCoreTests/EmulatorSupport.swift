// Random tables for the emulator: networks on random cores, with axons cut and numbered at random,
// and with damage; machines with registers of limited width.

import SpikeIR
import TestSupport

@testable import HardwareTargets
@testable import NeuroCore

extension TargetDescription {

  /// A machine whose neurons are current-based, as those of Loihi: 24 bits, thresholds in steps of 64.
  static var currentBased: TargetDescription {
    var result = unlimited(latency: 1)
    result.cores[0].neuron = NeuronFeatures(
      model: .currentBased,
      state: [
        "u": RegisterField(bits: 24, isSigned: true, overflow: .wrap),
        "v": RegisterField(bits: 24, isSigned: true, overflow: .saturate),
      ],
      parameters: ["vthMant": RegisterField(bits: 17, isSigned: false, shift: 6)],
      comparison: .greater, rounding: .towardZero, leak: .multiplicative,
      resets: [NeuronFeatures.Reset(mode: .subtract, neuronCost: 1)], refractory: nil,
      profiles: [:], outputBits: 1, codes: [], maximum: nil)
    return result
  }
}

extension TargetDescription {

  /// A machine whose neurons decay as those of Loihi do, in every respect but sums, which are unlimited.
  static var decaying: TargetDescription {
    var result = currentBased
    result.cores[0].neuron?.parameters["du"] = RegisterField(bits: 12, isSigned: false, offset: 1)
    result.cores[0].neuron?.parameters["dv"] = RegisterField(bits: 12, isSigned: false)
    result.cores[0].neuron?.resets.append(NeuronFeatures.Reset(mode: .zero, neuronCost: 1))
    result.cores[0].neuron?.refractory = 1...63
    return result
  }
}

/// Returns random tables of a random graph.
func randomTables(
  latency: Int, on target: TargetDescription? = nil, decays: Bool = false,
  using random: inout SplitMix64
) throws -> Allocation {
  let code = SpikeCode.rate(timesteps: random.int(1...24))
  let graph = randomSpikingGraph(
    using: &random,
    options: SpikingGraphOptions(
      codes: [code], layers: decays ? 1...3 : 1...8, hasDecayingNeurons: decays))
  let target = target ?? .unlimited(latency: latency)
  let mapped = randomLayout(of: graph, on: target, cores: random.int(1...9), using: &random)
  var tables = try Allocation(of: mapped, on: target, cores: entries(of: mapped))
  if random.chance(0.7) { tables.cutAxons(using: &random) }
  return tables
}

/// Returns the tables of a graph whose populations have a core each.
func layout(
  _ graph: SpikingGraph, on target: TargetDescription = .unlimited(latency: 1)
) throws -> Allocation {
  var mapped = MappedGraph(graph, target: target.id)
  for id in graph.populations.ids where graph[id].hasNeurons {
    mapped.slices.append(
      CoreSlice(
        population: id, box: NeuronBox(all: graph[id].shape), core: mapped.slices.count, first: 0))
  }
  return try Allocation(of: mapped, on: target, cores: entries(of: mapped))
}

/// Returns a chain of populations of one neuron each, driven by a constant current of one unit.
///
/// All but the last fire; the last integrates.
func chain(weights: [[Int]], thresholds: [Int], timesteps: Int = 8) -> SpikingGraph {
  var graph = SpikingGraph(name: "chain")
  let code = SpikeCode.rate(timesteps: timesteps)
  let quantum = graph.tensors.add("quantum", shape: [1], floats: [1])
  var last = graph.populations.append(
    Population(name: "input", shape: [1], code: code, model: .source, quantum: quantum))
  graph.encoders.append(Encoder(population: last, levels: 1))
  for (i, own) in weights.enumerated() {
    var model = NeuronModel.integrator
    if i < thresholds.count {
      let threshold = graph.tensors.add(
        Tensor("threshold", shape: [1], data: .int32([Int32(thresholds[i])])))
      model = .integrateAndFire(IntegrateAndFire(threshold: threshold))
    }
    let matrix = graph.tensors.add(
      Tensor("w\(i)", shape: [1, own.count], data: .int32(own.map { Int32($0) })))
    let id = graph.populations.append(
      Population(
        name: "p\(i)", shape: [own.count], code: code, model: model,
        quantum: i < thresholds.count ? quantum : nil))
    graph.projections.append(
      Projection(
        name: "j\(i)", source: last, target: id, kind: .dense(DenseProjection(weights: matrix))))
    last = id
  }
  graph.decoders.append(Decoder(population: last))
  return graph
}

extension Allocation {

  /// Cuts blocks of axons in two at random, and numbers the axons of each core in a random order.
  mutating func cutAxons(using random: inout SplitMix64) {
    var pieces: [(block: AxonBlock, origin: Int)] = []
    for (i, block) in axons.enumerated() {
      let box = block.box
      let direction = random.int(0...3)
      let extent = [box.rows.count, box.columns.count, box.channels.count, 1][direction]
      guard extent > 1 else {
        pieces.append((block, i))
        continue
      }
      let cut = random.int(1...extent - 1)
      var (first, second) = (block, block)
      switch direction {
      case 0: (first.box.rows, second.box.rows) = box.rows.halves(cut)
      case 1: (first.box.columns, second.box.columns) = box.columns.halves(cut)
      default: (first.box.channels, second.box.channels) = box.channels.halves(cut)
      }
      pieces += [(first, i), (second, i)]
    }
    pieces.shuffle(using: &random)
    var next: [Int: Int] = [:]
    let (oldConnections, oldRoutes) = (connections, routes)
    (axons, connections, routes) = ([], [], [])
    for piece in pieces {
      var block = piece.block
      block.first = next[block.core, default: 0]
      next[block.core] = block.first + block.box.count + random.int(0...3)
      for var connection in oldConnections where connection.block == piece.origin {
        connection.block = axons.count
        connections.append(connection)
      }
      for var route in oldRoutes where route.block == piece.origin {
        route.block = axons.count
        routes.append(route)
      }
      axons.append(block)
    }
  }

  /// Returns the tables with one entry changed, or `nil` if there is none to change.
  func randomDamage(using random: inout SplitMix64) -> Allocation? {
    guard !routes.isEmpty, !connections.isEmpty else { return nil }
    var result = self
    let (r, c) = (random.int(0...routes.count - 1), random.int(0...connections.count - 1))
    switch random.int(0...4) {
    case 0: result.routes.remove(at: r)
    case 1: result.connections.remove(at: c)
    case 2: result.connections[c].delay += random.int(1...2)
    case 3: result.routes.append(result.routes[r])
    default: result.connections.append(result.connections[c])
    }
    return result
  }
}

extension Range where Bound == Int {

  /// Returns the first `count` elements and the others.
  fileprivate func halves(_ count: Int) -> (Range<Int>, Range<Int>) {
    (lowerBound..<lowerBound + count, lowerBound + count..<upperBound)
  }
}

extension SpikeTrace {

  /// Returns what populations say whose neurons have places.
  func ofNeurons(in graph: SpikingGraph) -> SpikeTrace {
    var result = self
    for id in graph.populations.ids where !graph[id].hasNeurons {
      result.units[id.index] = []
      result.potentials[id.index] = []
    }
    return result
  }
}
