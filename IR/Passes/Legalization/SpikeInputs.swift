// The pass `spike-inputs`: neurons that say constant inputs in spikes, so that whoever listens to an
// input hears spikes only.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Puts a population of neurons behind each source of constant currents.
  package static let spikeInputs = Pass.snn(
    name: "spike-inputs",
    summary: "have neurons say constant inputs in spikes, one neuron an input",
    details: """
      A chip adds a constant current to a neuron's own potential, as its bias, but sends nothing but
      spikes from core to core. So each source with a constant encoder feeds a new population of
      integrate-and-fire neurons one to one, and what the source fed listens to these. The weight
      is 1, the threshold is the number of the encoder's levels L, and the initial potential half
      of it: a neuron with the input q has emitted ⌊(t·q + ⌊L/2⌋)/L⌋ spikes after t ticks, evenly
      spaced, which is t·q/L rounded to nearest. A spike is worth L units of the source: quanta of
      relays and maxima behind, and weights, grow L times, so that real values stay what they are.
      What is said after T ticks differs from the input by at most half a spike, range/(2T).

      Where inputs may be negative the neurons are signed, for 'split-signs' to split. With
      signed=auto they are where a calibration sample is negative, or where there is none; with
      signed=no negative inputs are left unsaid. The constants have to be f32: the pass belongs
      before 'quantize', which leaves the integers of these neurons as they are.
      Before: %p0 source "x" -> %p1 if "a"             conv {weights=w}
      After:  %p0 source "x" -> %p1 if "x/spikes"      identity, threshold L
              %p1 if "x/spikes" -> %p2 if "a"          conv {weights=L·w}
      Source: reset by subtraction spaces the spikes of a constant current evenly: Rueckauer et al.
      (2017), section 2.2; the half threshold, Bu et al. (2022), theorem 2.
      """,
    options: [
      PassOption(
        "signed", .word(["auto", "yes", "no"]), default: "auto",
        "whether inputs are negative, or measured on the calibration samples")
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    guard let code = graph.populations.elements.first?.code else { return }
    guard code.isRate else { throw CompileError(.needsRate("spike-inputs", found: code)) }
    if graph.silentSources().isEmpty { return }
    guard !graph.hasIntegers else { throw CompileError(.alreadyQuantized("spike-inputs")) }
    graph.separatePools()
    let sources = graph.silentSources()
    let negative: [Bool]
    switch arguments.word("signed") {
    case "yes": negative = sources.map { _ in true }
    case "no": negative = sources.map { _ in false }
    default: negative = graph.areNegative(sources, on: context.calibration)
    }
    try liftingDiagnostic { () throws(Diagnostic) in
      try graph.addInputNeurons(Array(zip(sources, negative)))
    }
    context.count("populations", of: "spike-inputs", by: sources.count)
    context.count(
      "neurons", of: "spike-inputs", by: sources.reduce(0) { $0 + graph[$1].shape.count })
  }
}

extension SpikingGraph {

  /// Returns the sources with constant encoders that feed anything but the neurons of this pass.
  fileprivate func silentSources() -> [PopulationID] {
    let (efferents, afferents) = (efferents(), afferents())
    return populations.ids.filter { id in
      guard encoders.contains(where: { $0.population == id && $0.kind == .constant }) else {
        return false
      }
      return efferents[id.index].contains { projection in
        let target = self[projection].target
        return afferents[target.index].count != 1 || !isInputPopulation(target, afferents)
      }
    }
  }

  /// Returns whether neurons of population `id` fire on nothing but constant currents that come one
  /// to one.
  func isInputPopulation(_ id: PopulationID, _ afferents: [[ProjectionID]]) -> Bool {
    guard case .integrateAndFire = self[id].model, afferents[id.index].count == 1 else {
      return false
    }
    let projection = self[afferents[id.index][0]]
    return projection.kind.isIdentity && self[projection.source].model == .source
      && encoders.contains { $0.population == projection.source && $0.kind == .constant }
  }

  /// Returns for each source whether a sample has a negative value for it; `true` without samples.
  func areNegative(
    _ sources: [PopulationID], on inputs: CalibrationInputs?
  ) -> [Bool] {
    guard let inputs, inputs.count > 0 else { return sources.map { _ in true } }
    var least = [Float](repeating: 0, count: encoders.count)
    for i in 0..<inputs.count {
      for (e, values) in inputs.sample(i).enumerated() where e < least.count {
        least[e] = values.reduce(least[e]) { min($0, $1) }
      }
    }
    return sources.map { id in
      guard let e = encoders.firstIndex(where: { $0.population == id }) else { return true }
      return least[e] < 0
    }
  }

  /// Puts neurons behind `sources`, signed where told.
  ///
  /// - Throws: what `multiplyUnits` throws.
  fileprivate mutating func addInputNeurons(
    _ sources: [(id: PopulationID, isSigned: Bool)]
  ) throws(Diagnostic) {
    var rewriter = SpikingRewriter(self)
    var factors: [PopulationID: Float] = [:]
    for id in populations.ids {
      let source = rewriter.copy(id)
      guard let (_, isSigned) = sources.first(where: { $0.id == id }),
        let encoder = encoders.first(where: { $0.population == id })
      else { continue }
      let neurons = rewriter.addInputNeurons(
        behind: source, levels: encoder.levels, isSigned: isSigned)
      factors[neurons] = Float(encoder.levels)
    }
    for id in projections.ids {
      var own = self[id]
      let source = rewriter.image(of: own.source)
      own.target = rewriter.image(of: own.target)
      own.source = rewriter.neurons(behind: source, among: factors)
      if own.source != source {
        own.name = "\(rewriter.graph[own.source].name)->\(rewriter.graph[own.target].name)"
      }
      rewriter.graph.projections.append(own)
    }
    var result = rewriter.finished()
    try result.multiplyUnits(factors)
    result.dropUnusedTensors()
    self = result
  }
}

extension SpikingRewriter {

  /// Adds neurons that say what source `source` says in graded units.
  fileprivate mutating func addInputNeurons(
    behind source: PopulationID, levels: Int, isSigned: Bool
  ) -> PopulationID {
    let population = graph[source]
    let name = "\(population.name)/spikes"
    let threshold = graph.tensors.add(
      "\(name)/threshold", shape: [population.shape.channels],
      floats: [Float](repeating: Float(levels), count: population.shape.channels))
    let id = add(
      Population(
        name: name, shape: population.shape, code: population.code,
        model: .integrateAndFire(IntegrateAndFire(threshold: threshold, isSigned: isSigned)),
        quantum: population.quantum, membraneUnit: population.quantum))
    connect(source, to: id, .identity(IdentityProjection()))
    return id
  }

  /// Returns the neurons among `added` that follow `source`, or `source` itself.
  fileprivate func neurons(
    behind source: PopulationID, among added: [PopulationID: Float]
  ) -> PopulationID {
    let next = PopulationID(raw: source.raw + 1)
    return added[next] != nil && graph[source].model == .source ? next : source
  }
}
