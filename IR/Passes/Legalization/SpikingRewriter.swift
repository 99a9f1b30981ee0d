// Building a spiking graph anew from another one: populations are copied, added or left out, in
// topological order. Legalizations insert neurons, which a graph in an arena does not allow in place.

internal import Diagnostics
internal import SpikeIR

/// A spiking graph under construction that is made from another one.
struct SpikingRewriter {

  /// The graph that is rewritten.
  let old: SpikingGraph

  /// The graph so far.
  var graph: SpikingGraph

  /// The populations that took the place of old ones, where there are any.
  private var images: [PopulationID: PopulationID] = [:]

  private var names: Set<String>

  /// Begins with an empty graph that has the tensors of `old`.
  init(_ old: SpikingGraph) {
    self.old = old
    graph = SpikingGraph(name: old.name)
    graph.tensors = old.tensors
    names = Set(old.populations.elements.map(\.name))
  }

  /// Copies population `id`, without projections.
  @discardableResult
  mutating func copy(_ id: PopulationID) -> PopulationID {
    let result = graph.populations.append(old[id])
    images[id] = result
    return result
  }

  /// Adds a population under a name that no other one has.
  mutating func add(_ population: Population) -> PopulationID {
    var own = population
    var i = 2
    while names.contains(own.name) {
      own.name = "\(population.name).\(i)"
      i += 1
    }
    names.insert(own.name)
    return graph.populations.append(own)
  }

  /// Adds a projection that is named after its ends.
  mutating func connect(
    _ source: PopulationID, to target: PopulationID, _ kind: ProjectionKind, shift: Int = 0,
    delay: Int = 0
  ) {
    graph.projections.append(
      Projection(
        name: "\(graph[source].name)->\(graph[target].name)", source: source, target: target,
        kind: kind, shift: shift, delay: delay))
  }

  /// Has old references to population `id` mean `image`.
  mutating func replace(_ id: PopulationID, by image: PopulationID) { images[id] = image }

  /// Returns the population that took the place of `id`.
  ///
  /// - Precondition: there is one.
  func image(of id: PopulationID) -> PopulationID {
    guard let result = images[id] else {
      preconditionFailure("internal: population \(id) was left out but is still used")
    }
    return result
  }

  /// Returns the graph with the old encoders and decoders, and without unused tensors.
  ///
  /// - Precondition: the populations of encoders and decoders were not left out.
  func finished() -> SpikingGraph {
    var result = graph
    result.encoders = old.encoders.map { encoder in
      var own = encoder
      own.population = image(of: encoder.population)
      return own
    }
    result.decoders = old.decoders.map { decoder in
      var own = decoder
      own.population = image(of: decoder.population)
      return own
    }
    result.dropUnusedTensors()
    return result
  }
}
