// The traffic of an allocation: its routes, and how often the neurons behind them spike.

internal import HardwareTargets
internal import SpikeIR

extension TrafficGraph {

  /// Creates the graph of an allocation, whose core i is the one of `allocation.cores[i]`.
  ///
  /// Where routers copy packets, an edge is a slice with all the cores that its routes lead to,
  /// since routers know slices and not neurons; otherwise it is a route, and the spikes are those
  /// of the neurons of its block.
  ///
  /// - Parameters:
  ///   - allocation: the allocation, placed or not.
  ///   - spikes: the spikes of each neuron for an image, by population and neuron, as measured; an
  ///     empty list for a population says that it was not measured.
  ///   - estimate: the spikes of each neuron that was not measured.
  /// - Complexity: O(sum of the routes' neurons).
  package init(_ allocation: Allocation, spikes: [[Float]] = [], estimate: Double = 1) {
    let network = allocation.target.topology.network
    var index: [Int: Int] = [:]
    for (i, core) in allocation.cores.enumerated() { index[core.number] = i }
    self.init(kinds: allocation.cores.map(\.kind), delivery: network.delivery)
    let counter = SpikeCounter(graph: allocation.graph, spikes: spikes, estimate: estimate)
    switch network.delivery {
    case .multicast: addSlices(of: allocation, counter, index)
    case .unicastIterated, .unicastSingle, .denseVector:
      addRoutes(of: allocation, counter, index)
    }
  }

  private mutating func addRoutes(
    of allocation: Allocation, _ counter: SpikeCounter, _ index: [Int: Int]
  ) {
    for route in allocation.routes {
      guard let core = index[route.core] else { continue }
      let block = allocation.axons[route.block]
      let source = route.source.flatMap { index[allocation.mapped.slices[$0].core] }
      add(from: source, spikes: counter.count(block.box, of: block.population), to: [core])
    }
  }

  private mutating func addSlices(
    of allocation: Allocation, _ counter: SpikeCounter, _ index: [Int: Int]
  ) {
    var receivers = [[Int]](repeating: [], count: allocation.mapped.slices.count)
    for route in allocation.routes {
      guard let core = index[route.core] else { continue }
      if let source = route.source {
        receivers[source.index].append(core)
      } else {
        let block = allocation.axons[route.block]
        add(from: nil, spikes: counter.count(block.box, of: block.population), to: [core])
      }
    }
    for (id, slice) in zip(allocation.mapped.slices.ids, allocation.mapped.slices.elements) {
      guard !receivers[id.index].isEmpty, let source = index[slice.core] else { continue }
      add(
        from: source, spikes: counter.count(slice.box, of: slice.population),
        to: receivers[id.index])
    }
  }
}

/// How often the neurons of boxes spike.
private struct SpikeCounter {

  /// The network.
  let graph: SpikingGraph
  /// The spikes by population and neuron.
  let spikes: [[Float]]
  /// The spikes of each neuron that was not measured.
  let estimate: Double

  /// Returns the spikes of the neurons of `box`.
  func count(_ box: NeuronBox, of population: PopulationID) -> Double {
    let shape = graph[population].shape
    guard population.index < spikes.count else { return Double(box.count) * estimate }
    let measured = spikes[population.index]
    guard measured.count == shape.count else { return Double(box.count) * estimate }
    let width = shape.rank == 3 ? shape[1] : 1
    var sum = 0.0
    for row in box.rows {
      for column in box.columns {
        let first = (row * width + column) * shape.channels
        for channel in box.channels { sum += Double(measured[first + channel]) }
      }
    }
    return sum
  }
}
