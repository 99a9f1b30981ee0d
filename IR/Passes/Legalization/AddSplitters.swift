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
      Where a neuron has one destination, or few, a population of which some neuron has more than
      'most' ways to other neurons feeds splitters instead: as many copies of each neuron as it takes
      for none to have more. A way is a chain of projections through relays to neurons; ways that
      different neurons take, because wires select them, share a copy. Splitters of [h,w,c] have the
      shape [h,w·c,n] for n copies, copy i being channel i, so that any run of neurons with all its
      copies is a box, and so is one copy of it. They are integrate-and-fire neurons with threshold 1
      and initial potential 0 that emit what they hear, in the same tick, exactly: one spike reaches
      all copies on one core, and each copy goes to one place. Relays behind a population that is
      split are made anew for each way. Sources are left alone, since the host sends as often as it
      likes; so are maxima. The constants have to be integers: the pass belongs after 'quantize'. How
      many cores one projection reaches is a matter of placement, and counted there.
      Before: %p1 if [c] -> %p2, %p1 -> %p3
      After:  %p1 -> %p4 if "p1/copies" [1,c,2] {threshold=1, initial=0}     wire
              %p4 -> %p5 relay [c] wire -> %p2,  %p4 -> %p6 relay [c] wire -> %p3
      with most=1
      Source: splitters of TrueNorth programs, Akopyan et al. (2015), section IV.
      """,
    options: [
      PassOption("most", .integer(1...4096), default: "1", "the most ways from a neuron")
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    guard let code = graph.populations.elements.first?.code else { return }
    guard code.isRate else { throw CompileError(.needsRate("add-splitters", found: code)) }
    guard graph.isQuantized else { throw CompileError(.notQuantized("add-splitters")) }
    let old = graph.populations.count
    guard var splitting = Splitting(graph, most: arguments.integer("most")) else {
      throw CompileError(.manyWays(graph.name))
    }
    if splitting.isEmpty { return }
    try liftingDiagnostic { () throws(Diagnostic) in try splitting.run() }
    graph = splitting.rewriter.finished()
    context.count("populations", of: "add-splitters", by: graph.populations.count - old)
  }
}

/// The construction of a network with splitters.
private struct Splitting {

  private(set) var rewriter: SpikingRewriter
  /// The ways that end in each population with neurons, in the order of its projections.
  private var ways: [[SpikingGraph.Way]]
  /// The copy of its source that takes each of them.
  private var takenCopies: [[Int]]
  /// The copies of each population, 0 for those that are not split.
  private var copies: [Int]
  /// For each split population the relays of its copies.
  private var relays: [PopulationID: [PopulationID]] = [:]
  /// Relays that are needed as they are.
  private var isNeeded: [Bool]

  private var old: SpikingGraph { rewriter.old }

  /// Whether nothing is split.
  var isEmpty: Bool { copies.allSatisfy { $0 == 0 } }

  /// Finds ways, and how many copies they take; `nil` if there are more than 65,536 ways.
  init?(_ graph: SpikingGraph, most: Int) {
    rewriter = SpikingRewriter(graph)
    guard let ways = graph.waysToNeurons() else { return nil }
    self.ways = ways
    takenCopies = ways.map { [Int](repeating: 0, count: $0.count) }
    copies = [Int](repeating: 0, count: graph.populations.count)
    isNeeded = [Bool](repeating: false, count: graph.populations.count)
    for id in graph.populations.ids where graph[id].model.integrates { chooseCopies(id, most) }
    markNeeded()
  }

  /// Gives the ways from population `id` to copies of it, if some neuron has more than `most`.
  private mutating func chooseCopies(_ id: PopulationID, _ most: Int) {
    let places = ways.indices.flatMap { p in
      ways[p].indices.filter { ways[p][$0].source == id }.map { (p, $0) }
    }
    let users = places.map { old.neurons(thatTake: ways[$0.0][$0.1]) }
    let size = old[id].shape.count
    var total = [Int](repeating: 0, count: size)
    for own in users { for n in own { total[n] += 1 } }
    guard total.contains(where: { $0 > most }) else { return }
    var loads: [[Int]] = []
    for (place, own) in zip(places, users) {
      let copy = loads.firstIndex { load in own.allSatisfy { load[$0] < most } } ?? loads.count
      if copy == loads.count { loads.append([Int](repeating: 0, count: size)) }
      for n in own { loads[copy][n] += 1 }
      takenCopies[place.0][place.1] = copy
    }
    copies[id.index] = loads.count
  }

  /// Marks the relays on ways from populations that are not split.
  private mutating func markNeeded() {
    for way in ways.joined() where copies[way.source.index] == 0 {
      for id in way.projections.dropLast() { isNeeded[old[id].target.index] = true }
    }
    for decoder in old.decoders { isNeeded[decoder.population.index] = true }
  }

  // MARK: - Building

  /// Builds everything.
  ///
  /// - Throws: `ir.elided-tensor`.
  mutating func run() throws(Diagnostic) {
    let afferents = old.afferents()
    var isMixed = [Bool](repeating: false, count: old.populations.count)
    for id in old.populations.ids where old.isRelay(id) {
      // A relay that hears populations of both kinds is made anew for all of them.
      isMixed[id.index] = afferents[id.index].contains { projection in
        let source = old[projection].source
        return copies[source.index] > 0 || (old.isRelay(source) && isMixed[source.index])
      }
    }
    for id in old.populations.ids {
      if old.isRelay(id) {
        guard isNeeded[id.index], !isMixed[id.index] else { continue }
        rewriter.copy(id)
        for projection in afferents[id.index] { rewriter.carry(projection) }
        continue
      }
      // Relays of ways come before the population at their end.
      let own = ways[id.index]
      let speakers = own.indices.map { i -> PopulationID? in
        let isNew =
          copies[own[i].source.index] > 0
          || own[i].projections.dropLast().contains { isMixed[old[$0].target.index] }
        return isNew ? addRelays(of: own[i], copy: takenCopies[id.index][i]) : nil
      }
      let target = rewriter.copy(id)
      var carried = Set<ProjectionID>()
      for (way, speaker) in zip(own, speakers) {
        guard let last = way.projections.last else { continue }
        if let speaker {
          rewriter.connect(
            speaker, to: target, old[last].kind, shift: old[last].shift, delay: old[last].delay)
        } else if carried.insert(last).inserted {
          rewriter.carry(last)
        }
      }
      if copies[id.index] > 0 { try split(id, target) }
    }
  }

  /// Adds the relays of a way anew, and returns what feeds its last projection.
  private mutating func addRelays(of way: SpikingGraph.Way, copy: Int) -> PopulationID {
    var source = relays[way.source]?[copy] ?? rewriter.image(of: way.source)
    for id in way.projections.dropLast() {
      let relay = rewriter.add(old[old[id].target])
      rewriter.connect(
        source, to: relay, old[id].kind, shift: old[id].shift, delay: old[id].delay)
      source = relay
    }
    return source
  }

  /// Adds neurons that emit what those of population `id` emit, `copies` times, and a relay of each
  /// copy.
  private mutating func split(_ id: PopulationID, _ own: PopulationID) throws(Diagnostic) {
    let (population, count) = (old[id], copies[id.index])
    let shape = population.shape
    let name = "\(population.name)/copies"
    func add(_ role: String, _ value: Int32) -> TensorID {
      rewriter.graph.tensors.add(
        Tensor(
          "\(name)/\(role)", shape: [count],
          data: .int32([Int32](repeating: value, count: count))))
    }
    let model = IntegrateAndFire(
      threshold: add("threshold", 1), initial: add("initial", 0),
      isSigned: population.model.isSigned)
    let (rows, columns) = shape.rank == 3 ? (shape[0], shape[1] * shape[2]) : (1, shape.count)
    let splitters = rewriter.add(
      Population(
        name: name, shape: [rows, columns, count], code: population.code,
        model: .integrateAndFire(model)))
    connect(own, to: splitters, (0..<shape.count * count).map { Int32($0 / count) })
    var result: [PopulationID] = []
    for i in 0..<count {
      let relay = rewriter.add(
        Population(
          name: "\(population.name)/copy \(i)", shape: shape, code: population.code, model: .relay,
          quantum: population.quantum))
      connect(splitters, to: relay, (0..<shape.count).map { Int32($0 * count + i) })
      result.append(relay)
    }
    relays[id] = result
  }

  private mutating func connect(_ a: PopulationID, to b: PopulationID, _ sources: [Int32]) {
    let wires = rewriter.graph.tensors.add(
      Tensor("\(rewriter.graph[b].name)/sources", shape: [sources.count], data: .int32(sources)))
    rewriter.connect(a, to: b, .wire(WireProjection(sources: wires)))
  }
}

extension NeuronModel {

  /// Whether neurons may emit negative units.
  fileprivate var isSigned: Bool {
    switch self {
    case .integrateAndFire(let model): model.emitsNegative
    case .staircase: true
    case .source, .relay, .maximum, .leaky, .currentBased, .bitShift, .integrator: false
    }
  }
}

extension Diagnostic {

  fileprivate static func manyWays(_ name: String) -> Diagnostic {
    .error(
      "legalize.fan-out",
      "the network '\(name)' has more than 65,536 ways from neurons to neurons through relays",
      notes: ["sums of sums of the same layers multiply: put an activation between them"],
      exitCode: .doesNotFit)
  }
}
