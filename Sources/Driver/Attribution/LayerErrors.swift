// How far layers of a network are from those of another on the same samples.

internal import Diagnostics
internal import EventCPU
internal import Kernels
internal import SpikeIR
internal import SpikeInterpreter
internal import Synchronization

/// The error of a layer.
struct LayerError: Hashable, Sendable {

  /// The name of the layer in the network of operators.
  var name: String

  /// ‖x̂ − x‖₂ / ‖x‖₂ over samples and neurons, x being the value that the layer should have.
  var relativeError: Double
}

/// What the layers of a network of operators compute on some samples: the measure of others.
struct LayerReference: Sendable {

  /// The layers, in the order of the network.
  let names: [String]

  /// The number of samples.
  let sampleCount: Int

  /// The values, [sample][layer][element].
  private let values: [[[Float]]]

  private let samples: Samples
  private let threads: Int

  /// Runs `graph` on the first of `samples` and keeps what the layers called `names` compute.
  ///
  /// At most `LayerReference.sampleLimit` samples are taken, fewer where layers are large.
  ///
  /// - Throws: what executing and reading samples throw.
  init(
    _ graph: ANNGraph, layers names: Set<String>, on samples: Samples, threads: Int
  ) throws(CompileError) {
    let ids = graph.ids.filter { names.contains(graph[$0].name) }
    self.names = ids.map { graph[$0].name }
    self.samples = samples
    self.threads = threads
    let elements = max(1, ids.reduce(0) { $0 + graph[$1].shape.count })
    sampleCount = max(
      1, min(samples.count, LayerReference.sampleLimit, LayerReference.elementLimit / elements))
    values = try LayerReference.values(of: ids, in: graph, samples, sampleCount, threads)
  }

  /// The largest number of samples on which layers are compared.
  static let sampleLimit = 64

  /// The largest number of elements that are kept: 256 MB.
  private static let elementLimit = 1 << 26

  /// Returns the errors of the layers that `graph` has under the same names.
  ///
  /// - Parameters:
  ///   - graph: the network.
  ///   - executor: what runs it, if not the usual executor.
  /// - Returns: the errors, in the order of the layers.
  /// - Throws: what executing and reading samples throw.
  func errors(
    of graph: ANNGraph, run executor: ANNExecutor? = nil
  ) throws(CompileError) -> [LayerError] {
    let found = names.indices.compactMap { layer -> (layer: Int, id: NodeID)? in
      graph.ids.first { graph[$0].name == names[layer] }.map { (layer, $0) }
    }.filter { layer, id in graph[id].shape.count == values[0][layer].count }
    let others = try LayerReference.values(
      of: found.map(\.id), in: graph, samples, sampleCount, threads, executor)
    return errors(layers: found.map(\.layer)) { sample, i in others[sample][i] }
  }

  /// Returns the errors of the layers that populations of `graph` stand for.
  ///
  /// - Throws: what lowering, executing and reading samples throw.
  func errors(of graph: SpikingGraph) throws(CompileError) -> [LayerError] {
    let found = names.indices.compactMap { layer -> (layer: Int, population: PopulationID)? in
      graph.populations.ids.last {
        graph[$0].layer == names[layer] && graph[$0].quantum != nil
          && graph[$0].shape.count == values[0][layer].count
      }.map { (layer, $0) }
    }
    let quanta = try liftingDiagnostic { () throws(Diagnostic) in
      try found.map { (_, id) throws(Diagnostic) in
        try graph[id].quantum.map { tensor throws(Diagnostic) in
          try graph.tensors.floats(tensor)
        } ?? [1]
      }
    }
    let engine = try EventEngine(lowering: graph)
    let said = try collected(sampleCount, threads) { (sample) throws(CompileError) in
      let trace = try engine.trace(samples.values(sample), image: sample)
      return found.indices.map { i in
        graph[found[i].population].values(
          of: trace.units[found[i].population.index], quantum: quanta[i])
      }
    }
    try samples.throwIfFailed()
    return errors(layers: found.map(\.layer)) { sample, i in said[sample][i] }
  }

  /// Returns the errors of `layers`, whose values on a sample `found` returns by position.
  private func errors(
    layers: [Int], _ found: (_ sample: Int, _ i: Int) -> [Float]
  ) -> [LayerError] {
    layers.enumerated().map { i, layer in
      var (difference, size) = (0.0, 0.0)
      for sample in 0..<sampleCount {
        let (wanted, other) = (values[sample][layer], found(sample, i))
        for j in wanted.indices {
          let x = Double(wanted[j])
          difference += (Double(other[j]) - x) * (Double(other[j]) - x)
          size += x * x
        }
      }
      let error = size > 0 ? (difference / size).squareRoot() : difference > 0 ? 1 : 0
      return LayerError(name: names[layer], relativeError: error)
    }
  }

  /// Returns the values of the nodes `ids`, [sample][node][element].
  private static func values(
    of ids: [NodeID], in graph: ANNGraph, _ samples: Samples, _ count: Int, _ threads: Int,
    _ given: ANNExecutor? = nil
  ) throws(CompileError) -> [[[Float]]] {
    let executor: ANNExecutor
    if let given { executor = given } else { executor = try ANNExecutor(graph) }
    let result = try liftingDiagnostic { () throws(Diagnostic) in
      try executor.accumulate(
        count: count, threads: threads, observing: ids, chunk: 1,
        input: { samples.values($0) }, initial: { [[Float]]() }
      ) { (part, _, values) in part = ids.map { values[$0] } }
    }
    try samples.throwIfFailed()
    return result
  }
}

extension Population {

  /// Returns the real values that `units`, [entry][neuron], say.
  fileprivate func values(of units: [[Int32]], quantum: [Float]) -> [Float] {
    let ticks = code.isRate ? Float(code.timesteps) : 1
    var sums = [Int32](repeating: 0, count: shape.count)
    for entry in units {
      for i in entry.indices { sums[i] += entry[i] }
    }
    return sums.indices.map { Float(sums[$0]) * quantum[$0 % quantum.count] / ticks }
  }
}

/// Returns what `body` returns for each of `count` items, computed by `threads` workers.
///
/// - Throws: what `body` throws for the first item for which it does.
private func collected<A: Sendable>(
  _ count: Int, _ threads: Int, _ body: @Sendable (Int) throws(CompileError) -> A
) throws(CompileError) -> [A] {
  let results = Mutex([Result<A, CompileError>?](repeating: nil, count: count))
  forEachItem(count, workers: threads) { _, item in
    let result: Result<A, CompileError>
    do throws(CompileError) {
      result = .success(try body(item))
    } catch {
      result = .failure(error)
    }
    results.withLock { $0[item] = result }
  }
  var items: [A] = []
  for result in results.withLock({ $0 }) {
    if let result { items.append(try result.get()) }
  }
  return items
}
