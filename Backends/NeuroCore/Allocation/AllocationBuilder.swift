// From places of neurons to tables: who listens to whom, along which axons, and when.

package import Diagnostics
package import HardwareTargets
package import SpikeIR

extension Allocation {

  /// Lays out the axons, connections and routes that a network needs whose neurons have places.
  ///
  /// A core listens to all neurons that it needs of a slice through one block of axons, whichever of
  /// its slices need them, so that a spike is sent to it once. A block is a box; where a core's
  /// slices need distant parts of a slice, some of its axons reach nothing. Where axons have types, there is
  /// a block for each type that a slice needs.
  ///
  /// Routes have no hops and connections no words of memory yet: those depend on what cores are
  /// where, and on how the machine counts.
  ///
  /// - Parameters:
  ///   - mapped: the network; every neuron has one place, cores may be numbered in any way.
  ///   - target: the machine.
  ///   - cores: what is known of the cores, ascending by number.
  /// - Throws: `mapping.too-many-paths`, `ir.elided-tensor`.
  /// - Complexity: O(paths · pairs of slices of their ends).
  package init(
    of mapped: MappedGraph, on target: TargetDescription, cores: [CoreEntry]
  ) throws(CompileError) {
    guard let paths = ConnectionPath.all(in: mapped.graph) else {
      throw CompileError(.tooManyPaths(mapped.graph.name))
    }
    self.target = target
    self.mapped = mapped
    self.paths = paths
    self.cores = cores
    starts = mapped.graph.startTicks(along: paths, latency: target.time.deliveryLatency)
    (axons, connections, routes) = ([], [], [])
    let needs = try liftingDiagnostic { () throws(Diagnostic) in try collectNeeds() }
    append(needs)
  }

  /// What a slice needs of another, or of the host, along a path.
  private struct Need {
    var core: Int
    var population: PopulationID
    var source: SliceID?
    var type: Int
    var path: Int
    var target: SliceID
    var box: NeuronBox
    var synapses: Int

    /// The order of axon blocks.
    var key: (Int, PopulationID, Int, Int) { (core, population, source?.index ?? -1, type) }
  }

  /// Returns what every slice needs, ordered by core and sender.
  private func collectNeeds() throws(Diagnostic) -> [Need] {
    let slices = mapped.slicesByPopulation()
    let isConstant = graph.isConstant
    let types = try target.axonTypes(of: paths, in: graph)
    var result: [Need] = []
    for (p, path) in paths.enumerated() where !isConstant[path.source.index] {
      let geometry = try PathGeometry(path, in: graph)
      let count = try SynapseCount(path, geometry, in: graph, on: target)
      for target in slices[path.target.index] {
        let slice = mapped.slices[target]
        guard let hull = geometry.sources(of: slice.box) else { continue }
        var need = Need(
          core: slice.core, population: path.source, source: nil, type: types[p], path: p,
          target: target, box: hull, synapses: 0)
        var senders: [(SliceID?, NeuronBox)] = [(nil, hull)]
        if graph[path.source].hasNeurons {
          senders = slices[path.source.index].map { ($0, hull.intersection(mapped.slices[$0].box)) }
        }
        for (source, box) in senders where !box.isEmpty {
          (need.source, need.box) = (source, box)
          guard geometry.synapses(from: box, to: slice.box) > 0 else { continue }
          need.synapses = count.synapses(from: box, to: slice.box)
          result.append(need)
        }
      }
    }
    return result.sorted { $0.key < $1.key }
  }

  /// Adds a block of axons for each core and sender, with what it reaches.
  private mutating func append(_ needs: [Need]) {
    var next = needs.startIndex
    var firstAxon = 0
    while next < needs.endIndex {
      let first = needs[next]
      let end = needs[next...].firstIndex { $0.key != first.key } ?? needs.endIndex
      let box = needs[next..<end].reduce(first.box) { $0.hull($1.box) }
      if axons.last?.core != first.core { firstAxon = 0 }
      for need in needs[next..<end] {
        connections.append(
          AxonConnection(
            block: axons.count, path: need.path, target: need.target,
            delay: delay(of: paths[need.path]), synapses: need.synapses, words: 0))
      }
      routes.append(Route(source: first.source, core: first.core, block: axons.count, hops: 0))
      axons.append(
        AxonBlock(
          core: first.core, first: firstAxon, source: first.source, population: first.population,
          box: box))
      firstAxon += box.count
      next = end
    }
    routes.sort {
      ($0.source?.index ?? -1, $0.core, $0.block) < ($1.source?.index ?? -1, $1.core, $1.block)
    }
  }

  /// Returns the ticks that spikes wait along `path` beyond the machine's latency.
  private func delay(of path: ConnectionPath) -> Int {
    starts[path.target.index] - starts[path.source.index] - target.time.deliveryLatency
  }
}

extension SpikingGraph {

  /// Returns the first tick of each population: the longest way to it, counted in latencies.
  ///
  /// What the host writes as constant currents is there from the beginning.
  ///
  /// - Parameters:
  ///   - paths: all paths of the network, by the population that receives.
  ///   - latency: the ticks after which a spike acts.
  /// - Returns: the ticks; 0 for populations without neurons.
  func startTicks(along paths: [ConnectionPath], latency: Int) -> [Int] {
    let isConstant = isConstant
    var result = [Int](repeating: 0, count: populations.count)
    for path in paths where !isConstant[path.source.index] {
      let arrival = result[path.source.index] + latency
      result[path.target.index] = max(result[path.target.index], arrival)
    }
    return result
  }
}

extension Diagnostic {

  /// Returns an error about a network in which too many ways lead through relays.
  static func tooManyPaths(_ name: String) -> Diagnostic {
    .error(
      "mapping.too-many-paths",
      "the network '\(name)' has more than 65,536 ways from neurons to neurons through sums",
      notes: ["sums of sums of the same layers multiply: put an activation between them"],
      exitCode: .doesNotFit)
  }
}
