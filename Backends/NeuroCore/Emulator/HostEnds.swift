// What the host does at the ends of a network on cores: it turns numbers into currents and spikes,
// and potentials and spikes into numbers.

internal import Diagnostics
internal import Kernels
internal import SpikeIR

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// An input of a network on cores.
struct HostInput: Sendable {
  /// The encoder.
  let encoder: Encoder
  /// The position of the encoder in the network.
  let position: Int
  /// The number of neurons.
  let count: Int
  /// The resolution, one or one a channel.
  private let resolution: [Float]

  /// Creates the input that `encoder` describes.
  init(_ encoder: Encoder, at position: Int, _ graph: SpikingGraph) throws(Diagnostic) {
    let population = graph[encoder.population]
    self.encoder = encoder
    self.position = position
    count = population.shape.count
    var quantum: [Float] = [1]
    if let id = population.quantum { quantum = try graph.tensors.floats(id) }
    resolution = quantum.map { encoder.step(of: $0) }
  }

  /// Returns the levels that say `values`, as `Encoder` defines them.
  func encode(_ values: [Float]) -> [Int32] {
    let most = Int32(clamping: encoder.levels)
    let limit = Float(most)
    return values.indices.map { i in
      let quotient = values[i] / resolution[i % resolution.count]
      let rounded = quotient.rounded(.toNearestOrAwayFromZero)
      // Compared before the conversion, because the limit may have been rounded up to 2^31.
      return rounded >= limit ? most : rounded <= -limit ? -most : Int32(rounded)
    }
  }
}

/// An output of a network on cores, read as `Decoder` says.
struct HostOutput: Sendable {
  /// The decoder.
  let decoder: Decoder
  /// The number of neurons.
  let count: Int
  /// The first tick of the population.
  let first: Int
  /// The slices that hold the population's neurons.
  let slices: [Int]
  private let channels: Int
  private let timesteps: Int
  /// The real value of a unit, one or one a channel.
  private let unit: [Float]
  /// The thresholds, where first spikes are read.
  private let threshold: [Int32]

  /// Creates the output that `decoder` describes.
  init(_ decoder: Decoder, _ graph: SpikingGraph, _ tables: CoreTables) throws(Diagnostic) {
    let population = graph[decoder.population]
    self.decoder = decoder
    count = population.shape.count
    channels = population.shape.channels
    timesteps = population.code.timesteps
    first = tables.starts[decoder.population.index]
    slices = tables.slices.indices.filter { tables.slices[$0].population == decoder.population }
    let worth = decoder.reading == .potential ? population.membraneUnit : population.quantum
    var unit: [Float] = [1]
    if let worth { unit = try graph.tensors.floats(worth) }
    self.unit = unit
    var threshold: [Int32] = []
    if decoder.reading == .firstSpike, case .integrateAndFire(let model) = population.model {
      threshold = try graph.tensors.integers(model.threshold)
    }
    self.threshold = threshold
  }

  /// Returns the outputs after `ticks` ticks of the population.
  func decode(_ potentials: [Int32], _ record: HostRecord, ticks: Int) -> [Float] {
    let isLate = decoder.start > 0 && ticks > decoder.start
    let duration = Double(isLate ? ticks - decoder.start : max(1, ticks))
    let y = (0..<count).map { i in
      let worth = Double(unit[i % unit.count])
      switch decoder.reading {
      case .potential:
        return (Double(potentials[i]) - Double(isLate ? record.potentials[i] : 0)) * worth
          / duration
      case .count:
        return Double(record.counts[i] - (isLate ? record.skipped[i] : 0)) * worth / duration
      case .firstSpike:
        return firstSpike(of: i, potentials[i], isLate ? record.lateFirst[i] : record.first[i])
      }
    }
    return applied(to: y)
  }

  private func firstSpike(
    of i: Int, _ potential: Int32, _ spike: HostRecord.FirstSpike?
  ) -> Double {
    let (theta, window) = (Double(threshold[i % threshold.count]), Double(timesteps))
    guard let spike else { return (min(Double(potential) / theta, 1) - 1) / window }
    return (window - Double(spike.tick) + min(Double(spike.potential) / theta, 1)) / window
  }

  private func applied(to y: [Double]) -> [Float] {
    switch decoder.function {
    case .none: return y.map { Float($0) }
    case .sigmoid: return y.map { Float(1 / (1 + exp(-$0))) }
    case .tanh: return y.map { Float(hyperbolicTangent($0)) }
    case .softmax:
      return stride(from: 0, to: y.count, by: channels).flatMap { start in
        let row = y[start..<start + channels]
        let most = row.max() ?? 0
        let powers = row.map { exp($0 - most) }
        let sum = powers.reduce(0, +)
        return powers.map { Float($0 / sum) }
      }
    }
  }
}

/// Returns tanh `x`; a name of its own, since a case of the functions has the library's.
private func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }

/// What was noted of an output while an input ran.
struct HostRecord: Sendable {

  /// A neuron's first positive unit.
  struct FirstSpike: Sendable {
    /// The tick, counted from 1.
    var tick: Int
    /// The potential that was left, units of the graph.
    var potential: Int32
  }

  /// The potentials after the ticks that are left out, [neurons].
  private(set) var potentials: [Int32]
  /// The sums of units, [neurons].
  private(set) var counts: [Int]
  /// The sums of units in the ticks that are left out, [neurons].
  private(set) var skipped: [Int]
  /// The first units of each neuron.
  private(set) var first: [FirstSpike?]
  /// The first units of each neuron after the ticks that are left out.
  private(set) var lateFirst: [FirstSpike?]

  /// Creates a record of nothing.
  init(_ output: HostOutput) {
    potentials = [Int32](repeating: 0, count: output.count)
    counts = [Int](repeating: 0, count: output.count)
    skipped = counts
    first = counts.map { _ in nil }
    lateFirst = first
  }

  /// Notes what slice `s` of the output has just done in its tick `own`, counted from 0.
  mutating func note(_ s: Int, own: Int, of output: HostOutput, _ worker: borrowing MeshWorker) {
    let slice = worker.tables.slices[s]
    let tick = own + 1
    let start = output.decoder.start
    switch output.decoder.reading {
    case .potential:
      guard tick == start else { return }
      for (i, n) in slice.neurons.enumerated() { potentials[Int(n)] = worker.potential(s, i) }
    case .count:
      for k in 0..<worker.scratch.count {
        let n = Int(slice.neurons[Int(worker.scratch.places[k])])
        counts[n] += Int(worker.scratch.units[k])
      }
      if tick == start { for n in slice.neurons { skipped[Int(n)] = counts[Int(n)] } }
    case .firstSpike:
      for k in 0..<worker.scratch.count where worker.scratch.units[k] > 0 {
        let i = Int(worker.scratch.places[k])
        let n = Int(slice.neurons[i])
        let spike = FirstSpike(tick: tick, potential: worker.potential(s, i))
        if first[n] == nil { first[n] = spike }
        if tick > start, lateFirst[n] == nil { lateFirst[n] = spike }
      }
    }
  }
}

extension MeshWorker {

  /// Returns the potential of neuron `i` of slice `s`, units of the graph.
  func potential(_ s: Int, _ i: Int) -> Int32 {
    state[s].potentials[i] >> tables.slices[s].registers.scale
  }

  /// Returns the potentials of the neurons of some slices, [neurons of the population].
  func potentials(of slices: [Int], count: Int) -> [Int32] {
    var result = [Int32](repeating: 0, count: count)
    for s in slices {
      if case .maximum = tables.slices[s].program { continue }
      for (i, n) in tables.slices[s].neurons.enumerated() { result[Int(n)] = potential(s, i) }
    }
    return result
  }
}
