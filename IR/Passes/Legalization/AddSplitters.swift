// The pass `add-splitters`: copies of neurons where a neuron can send to few places only.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Adds populations that repeat spikes, so that none feeds too many others.
  package static let addSplitters = Pass.snn(
    name: "add-splitters",
    summary: "repeat spikes by more neurons where a neuron can send to few places only",
    details: """
      Where a neuron has one destination, or few, a population that feeds more than 'most'
      projections feeds one population of splitters instead, which listens by wires and has as many
      copies of each neuron as there are groups of 'most' projections; copy i of [h,w,c] is channels
      i·c to (i + 1)·c − 1. Splitters are integrate-and-fire neurons with threshold 1 and initial
      potential 0 that emit what they hear, in the same tick, exactly: one spike reaches all copies on
      one core, and each copy goes to one place. A projection to a relay counts as one, with what is
      behind it. Sources are left alone, since the host sends as often as it likes; so are maxima.
      The constants have to be integers: the pass belongs after 'quantize'. How many cores one
      projection reaches is a matter of placement, and counted there.
      Before: %p1 if [c] -> %p2, %p1 -> %p3
      After:  %p1 -> %p4 if "p1/copies" [2c] {threshold=1, initial=0}     wire
              %p4 -> %p5 relay [c] wire -> %p2,  %p4 -> %p6 relay [c] wire -> %p3
      with most=1
      Source: splitters of TrueNorth programs, Akopyan et al. (2015), section IV.
      """,
    options: [
      PassOption("most", .integer(1...4096), default: "1", "the most projections of a neuron")
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    guard let code = graph.populations.elements.first?.code else { return }
    guard code.isRate else { throw CompileError(.needsRate("add-splitters", found: code)) }
    guard graph.isQuantized else { throw CompileError(.notQuantized("add-splitters")) }
    let old = graph.populations.count
    graph.addSplitters(most: arguments.integer("most"))
    context.count("populations", of: "add-splitters", by: graph.populations.count - old)
  }
}

extension SpikingGraph {

  /// Adds copies until no population of neurons feeds more than `most` projections.
  fileprivate mutating func addSplitters(most: Int) {
    let efferents = efferents()
    let crowded = populations.ids.contains {
      self[$0].model.integrates && efferents[$0.index].count > most
    }
    guard crowded else { return }
    var rewriter = SpikingRewriter(self)
    var speaker: [ProjectionID: PopulationID] = [:]
    for id in populations.ids {
      let own = rewriter.copy(id)
      let readers = efferents[id.index]
      guard self[id].model.integrates, readers.count > most else { continue }
      let copies = (readers.count + most - 1) / most
      let splitters = rewriter.addCopies(of: own, count: copies)
      for i in 0..<copies {
        let relay = rewriter.addBlock(i, of: splitters, like: own)
        for projection in readers.dropFirst(i * most).prefix(most) { speaker[projection] = relay }
      }
    }
    for id in projections.ids {
      var projection = self[id]
      projection.source = speaker[id] ?? rewriter.image(of: projection.source)
      projection.target = rewriter.image(of: projection.target)
      rewriter.graph.projections.append(projection)
    }
    self = rewriter.finished()
  }
}

extension SpikingRewriter {

  /// Adds neurons that emit what those of `source` emit, each neuron `count` times.
  fileprivate mutating func addCopies(of source: PopulationID, count: Int) -> PopulationID {
    let population = graph[source]
    let (name, channels) = ("\(population.name)/copies", population.shape.channels)
    var shape = population.shape
    shape[shape.rank - 1] = channels * count
    func add(_ role: String, _ value: Int32) -> TensorID {
      graph.tensors.add(
        Tensor(
          "\(name)/\(role)", shape: [shape.channels],
          data: .int32([Int32](repeating: value, count: shape.channels))))
    }
    let model = IntegrateAndFire(
      threshold: add("threshold", 1), initial: add("initial", 0),
      isSigned: population.model.isSigned)
    var quantum = population.quantum
    if let id = quantum, graph.tensors[id].shape.count > 1,
      let values = try? graph.tensors.floats(id)
    {
      quantum = graph.tensors.add(
        "\(name)/quantum", shape: [shape.channels],
        floats: (0..<shape.channels).map { values[$0 % values.count] })
    }
    let id = self.add(
      Population(
        name: name, shape: shape, code: population.code, model: .integrateAndFire(model),
        quantum: quantum, membraneUnit: quantum))
    let sources = (0..<shape.count).map { i in
      Int32(i / shape.channels * channels + i % shape.channels % channels)
    }
    connect(source, to: id, wires(sources, "\(name)/sources"))
    return id
  }

  /// Adds a relay of copy `i` of the neurons of `original`.
  fileprivate mutating func addBlock(
    _ i: Int, of splitters: PopulationID, like original: PopulationID
  ) -> PopulationID {
    let (population, width) = (graph[original], graph[splitters].shape.channels)
    let (name, channels) = ("\(population.name)/copy \(i)", population.shape.channels)
    let relay = add(
      Population(
        name: name, shape: population.shape, code: population.code, model: .relay,
        quantum: population.quantum))
    let sources = (0..<population.shape.count).map { n in
      Int32(n / channels * width + i * channels + n % channels)
    }
    connect(splitters, to: relay, wires(sources, "\(name)/sources"))
    return relay
  }

  private mutating func wires(_ sources: [Int32], _ name: String) -> ProjectionKind {
    .wire(
      WireProjection(
        sources: graph.tensors.add(
          Tensor(name, shape: [sources.count], data: .int32(sources)))))
  }
}

extension NeuronModel {

  /// Whether neurons may emit negative units.
  fileprivate var isSigned: Bool {
    switch self {
    case .integrateAndFire(let model): model.emitsNegative
    case .staircase: true
    case .source, .relay, .maximum, .leaky, .integrator: false
    }
  }
}
