// Types of axons, on machines whose synapses hold a bit: what a spike adds to a neuron is the one of
// the neuron's few weights that the axon's type chooses.

internal import Diagnostics
internal import HardwareTargets
internal import SpikeIR

extension TargetDescription {

  /// Whether weights are chosen by the types of axons, so that a neuron that several weights belong to
  /// takes as many axons of a core.
  var hasAxonTypes: Bool { cores.contains { $0.synapse?.table != nil } }

  /// Whether synapses of weight 0 do not exist.
  ///
  /// The cells of a crossbar hold a bit, and what is 0 is no synapse; lists of synapses hold zeros as
  /// they hold other weights.
  var leavesOutZeros: Bool { hasAxonTypes }

  /// Returns the type of axon that each path takes on a core; 0 for all where axons have no types.
  ///
  /// The weights of each population are numbered in ascending order. Neurons keep tables of their
  /// own, so that populations with equally many weights can share axons. Paths with several weights,
  /// which such cores cannot build, have types of their own.
  ///
  /// - Throws: `ir.elided-tensor`.
  /// - Complexity: O(paths + weights).
  func axonTypes(
    of paths: [ConnectionPath], in graph: SpikingGraph
  ) throws(Diagnostic) -> [Int] {
    guard hasAxonTypes else { return [Int](repeating: 0, count: paths.count) }
    let values = try graph.projections.elements.map { (own) throws(Diagnostic) in
      try own.onlyWeight(in: graph)
    }
    let weights = paths.map { path -> Int? in
      var product = 1
      for id in path.projections {
        guard let own = values[id.index] else { return nil }
        let (next, overflows) = product.multipliedReportingOverflow(by: own)
        if overflows { return nil }
        product = next
      }
      return product
    }
    var known = [Set<Int>](repeating: [], count: graph.populations.count)
    for (path, weight) in zip(paths, weights) {
      if let weight { known[path.target.index].insert(weight) }
    }
    let tables = known.map { $0.sorted() }
    var others = tables.map(\.count)
    return zip(paths, weights).map { path, weight in
      let target = path.target.index
      if let weight, let type = tables[target].firstIndex(of: weight) { return type }
      others[target] += 1
      return others[target] - 1
    }
  }
}

extension Projection {

  /// Returns the weight that all connections have whose weight is not 0, times the power of two of
  /// the shift; `nil` if there are several.
  ///
  /// - Throws: `ir.elided-tensor`.
  fileprivate func onlyWeight(in graph: SpikingGraph) throws(Diagnostic) -> Int? {
    guard let id = kind.weights else { return 1 << shift }
    guard graph.tensors[id].elementType != .float32 else { return nil }
    let weights = try graph.tensors.integers(id)
    guard let first = weights.first(where: { $0 != 0 }) else { return 0 }
    return weights.allSatisfy { $0 == 0 || $0 == first } ? Int(first) << shift : nil
  }
}
