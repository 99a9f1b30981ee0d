// The pass `check-legal`: what in a network a target's cores do not have.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Finds everything in a quantized network that a target does not have.
  package static let checkLegal = Pass.snn(
    name: "check-legal",
    summary: "find everything in a network that a target's cores do not have",
    details: """
      All violations are reported in one run, each with the layer and what to do about it; the
      network is not changed. Always checked: the constants are integers, the code is one that the
      target has, a connection through relays has one weight at most. The options say the rest; a
      limit of 0 is none. A neuron's fan-in counts the connections of its population's projections,
      relays passed through, at a neuron with full windows.
      Source: the constraints are those of the target's description.
      """,
    options: LegalLimits.options
  ) { (graph, arguments, context) throws(CompileError) in
    var checker = LegalityChecker(graph, LegalLimits(arguments))
    try liftingDiagnostic { () throws(Diagnostic) in try checker.run() }
    context.count("populations", of: "check-legal", by: graph.populations.count)
    context.count("violations", of: "check-legal", by: checker.problems.count)
    if !checker.problems.isEmpty { throw CompileError(checker.problems) }
  }
}

/// What cores have; limits of 0 are none.
private struct LegalLimits {

  /// The options of the pass.
  static let options = [
    PassOption(
      "codes", .word(["rate", "any"]), default: "rate", "the spike codes that cores say"),
    PassOption("weight-bits", .integer(0...32), default: "0", "the width of weights, bits"),
    PassOption(
      "negative", .word(["yes", "no"]), default: "no", "whether spikes may have a sign"),
    PassOption("maximum", .word(["yes", "no"]), default: "no", "whether maxima can be pooled"),
    PassOption("leaky", .word(["yes", "no"]), default: "no", "whether lif neurons exist"),
    PassOption(
      "decays", .word(["yes", "no"]), default: "no",
      "whether currents and potentials may decay: cuba-lif neurons"),
    PassOption(
      "refractory", .integer(0...4096), default: "0", "the longest refractory time, ticks"),
    PassOption(
      "most-spikes", .integer(0...127), default: "0",
      "the most spikes of a neuron in a tick whose current and potential decay by shifts: shift-lif "
        + "neurons; 0 if there are none"),
    PassOption(
      "leakless", .word(["yes", "no"]), default: "yes",
      "whether neurons without a leak exist: if neurons and integrators"),
    PassOption(
      "inputs", .integer(0...1_000_000), default: "0",
      "the most neurons of sources whose spikes the host sends"),
    PassOption("staircase", .word(["yes", "no"]), default: "no", "whether staircases exist"),
    PassOption(
      "currents", .word(["one-to-one", "any"]), default: "one-to-one",
      "how constant currents reach neurons"),
    PassOption("delay", .integer(0...4096), default: "0", "the longest delay of a projection"),
    PassOption("fan-in", .integer(0...1_000_000), default: "0", "the most inputs of a neuron"),
    PassOption(
      "fan-out", .integer(0...1_000_000), default: "0",
      "the most projections that the spikes of a neuron take, relays passed through"),
    PassOption(
      "kinds", .word(["any", "conv"]), default: "any",
      "which connections exist: all, or only convolutions and poolings"),
    PassOption("kernel", .integer(0...4096), default: "0", "the largest extent of a kernel"),
    PassOption("profiles", .integer(0...65536), default: "0", "the thresholds that a core holds"),
  ]

  let arguments: PassArguments

  init(_ arguments: PassArguments) { self.arguments = arguments }

  func allows(_ option: String) -> Bool { arguments.word(option) == "yes" }

  /// Returns a limit; `nil` if there is none.
  func limit(_ option: String) -> Int? {
    let value = arguments.integer(option)
    return value == 0 ? nil : value
  }
}

/// A search for what cores do not have.
private struct LegalityChecker {

  private(set) var problems: [Diagnostic] = []
  private let graph: SpikingGraph
  private let limits: LegalLimits
  private let afferents: [[ProjectionID]]
  private let efferents: [[ProjectionID]]
  /// Whether units of each population may be negative.
  private var isNegative: [Bool]
  /// How many connections end at a neuron of each population, relays passed through.
  private var fanIns: [Int] = []
  /// How many projections each neuron of each population has, relays passed through; empty if
  /// there is no limit.
  private var fanOuts: [[Int]] = []
  /// Whether a weight lies on a way of relays to each relay.
  private var isWeighted: [Bool] = []

  init(_ graph: SpikingGraph, _ limits: LegalLimits) {
    (self.graph, self.limits) = (graph, limits)
    (afferents, efferents) = (graph.afferents(), graph.efferents())
    isNegative = [Bool](repeating: false, count: graph.populations.count)
    if limits.limit("fan-out") != nil {
      fanOuts = LegalityChecker.fanOuts(graph)
    }
    fanIns = graph.waysThroughRelays()
    for id in graph.populations.ids {
      isWeighted.append(
        graph[id].model == .relay
          && afferents[id.index].contains { projection in
            let source = graph[projection].source
            return graph[projection].kind.weights != nil
              || (graph.isRelay(source) && isWeighted[source.index])
          })
    }
  }

  /// Looks at everything.
  mutating func run() throws(Diagnostic) {
    if let code = graph.populations.elements.first?.code, limits.arguments.word("codes") == "rate",
      !code.isRate
    {
      problems.append(.needsRate("check-legal", found: code))
    }
    guard graph.isQuantized else {
      problems.append(.notQuantized("check-legal"))
      return
    }
    for id in graph.populations.ids {
      checkNeurons(id)
      try checkThresholds(id)
      checkConnections(id)
    }
    for id in graph.projections.ids { try checkProjection(graph[id]) }
    problems += graph.wideWindows(most: limits.arguments.integer("kernel"))
    checkCurrents()
    checkInputs()
    checkChains()
  }

  /// Checks how many neurons the host speaks for.
  private mutating func checkInputs() {
    guard let most = limits.limit("inputs") else { return }
    let sources = graph.populations.ids.filter { graph[$0].model == .source }
    let found = sources.reduce(0) { $0 + graph[$1].shape.count }
    guard found > most, let first = sources.first else { return }
    report(
      "inputs", "the network has \(found) inputs, the target at most \(most)",
      at: graph[first].name, "inputs of both signs count twice",
      "give the network fewer inputs: average or select them before")
  }

  private mutating func report(
    _ id: String, _ message: String, at name: String, _ notes: String...
  ) {
    problems.append(
      .error(
        "legalize.\(id)", message, at: .entity(name), notes: notes, exitCode: .doesNotFit))
  }

  private mutating func checkNeurons(_ id: PopulationID) {
    let (population, name) = (graph[id], graph[id].name)
    let hears = afferents[id.index].contains { isNegative[graph[$0].source.index] }
    switch population.model {
    case .source: break
    case .integrator:
      if limits.allows("leakless") { break }
      report(
        "readout", "'\(name)' adds up without a leak, expected neurons that fire as outputs",
        at: name, "convert{decoder=count}")
    case .relay: isNegative[id.index] = hears
    case .maximum:
      isNegative[id.index] = hears
      if limits.allows("maximum") { break }
      report(
        "maximum", "'\(name)' is a maximum pooling, which the target has no neurons for", at: name,
        "pool-maximum{as=average} takes averages in its place")
    case .integrateAndFire(let model):
      isNegative[id.index] = model.emitsNegative
      if !limits.allows("leakless") {
        report(
          "neuron", "'\(name)' has if neurons, expected leaky ones: all neurons of the target leak",
          at: name,
          "compile with --neuron lif, which replaces rectifiers; other activations are not")
      }
      guard model.emitsNegative, !limits.allows("negative") else { break }
      report(
        "signed", "'\(name)' emits negative units, which cores do not send", at: name,
        "run 'split-signs'")
    case .leaky:
      if limits.allows("leaky") { break }
      report(
        "neuron", "'\(name)' has lif neurons, expected integrate-and-fire", at: name,
        "compile without --neuron lif",
        "'discretize-leaky' makes neurons of them that cores with decays have")
    case .currentBased(let model): checkDecays(model, name)
    case .bitShift(let model): checkShifts(model, name)
    case .staircase:
      isNegative[id.index] = true
      if limits.allows("staircase") { break }
      report(
        "neuron", "'\(name)' has neurons that say a curve in levels, expected integrate-and-fire",
        at: name, "train the network with rectifiers")
    }
  }

  /// Checks that the target has decays, and holds potentials as long.
  private mutating func checkDecays(_ model: CurrentBasedLeaky, _ name: String) {
    guard limits.allows("decays") else {
      return report(
        "neuron", "'\(name)' has cuba-lif neurons, expected integrate-and-fire", at: name,
        "the target's currents and potentials do not decay: compile without --neuron lif")
    }
    guard let most = limits.limit("refractory"), model.refractory > most else { return }
    report(
      "refractory",
      "neurons of '\(name)' wait \(model.refractory, of: "tick") after a spike, at most "
        + "\(most)", at: name, "give 'soften' a shorter tau-ref, or 'convert' longer ticks")
  }

  /// Checks that the target has decays by shifts, and neurons that fire as often in a tick.
  private mutating func checkShifts(_ model: BitShiftLeaky, _ name: String) {
    guard let most = limits.limit("most-spikes") else {
      return report(
        "neuron", "'\(name)' has shift-lif neurons, expected integrate-and-fire", at: name,
        "the target's currents and potentials do not decay by shifts: compile without --neuron lif")
    }
    guard model.mostSpikes > most else { return }
    report(
      "most-spikes",
      "neurons of '\(name)' emit up to \(model.mostSpikes) spikes in a tick, at most \(most)",
      at: name, "discretize-leaky{decay=shift,most-spikes=\(most)}")
  }

  private mutating func checkThresholds(_ id: PopulationID) throws(Diagnostic) {
    guard let most = limits.limit("profiles"), let threshold = graph[id].model.wholeThreshold
    else { return }
    let found = Set(try graph.tensors.integers(threshold)).count
    guard found > most else { return }
    report(
      "profiles", "'\(graph[id].name)' has \(found) different thresholds, a core holds \(most)",
      at: graph[id].name, "quantize{scales=profile,profiles=\(most)}")
  }

  private mutating func checkProjection(_ projection: Projection) throws(Diagnostic) {
    let name = graph[projection.target].name
    if projection.delay > limits.arguments.integer("delay") {
      report(
        "delay",
        "'\(projection.name)' takes \(projection.delay, of: "tick"), at most "
          + "\(limits.arguments.integer("delay"))", at: name, "remove the delay")
    }
    if let bits = limits.limit("weight-bits"), let weights = projection.kind.weights {
      let most = try graph.tensors.integers(weights).map(\.magnitude).max() ?? 0
      if UInt64(most) > (UInt64(1) << UInt64(bits - 1)) - 1 {
        report(
          "weight-bits", "a weight of '\(projection.name)' is \(most), at most \(bits, of: "bit")",
          at: name, "quantize{bits=\(min(bits, 8))}",
          "split-weights{bits=\(min(bits, 8))} sums up narrow ones")
      }
    }
    switch projection.kind {
    case .conv, .pool: break
    case .dense, .identity, .wire:
      guard limits.arguments.word("kinds") == "conv" else { break }
      report(
        "kind",
        "'\(projection.name)' is '\(projection.kind.mnemonic)', expected convolutions and poolings",
        at: name, "run 'fold-relays' and 'dense-to-conv'")
    }
  }

  /// Checks how many connections end and start at a neuron.
  private mutating func checkConnections(_ id: PopulationID) {
    let (model, name) = (graph[id].model, graph[id].name)
    if model == .source || model == .relay { return }
    if let most = limits.limit("fan-in") {
      let found = fanIns[id.index]
      if found > most {
        report(
          "fan-in", "a neuron of '\(name)' has \(found, of: "input"), at most \(most)", at: name,
          "split-fan-in{most=\(most)}")
      }
    }
    if let most = limits.limit("fan-out") {
      let found = fanOut(of: id)
      if found > most {
        report(
          "fan-out", "a neuron of '\(name)' feeds \(found) projections, at most \(most)", at: name,
          "add-splitters{most=\(most)}")
      }
    }
  }

  /// Returns the most projections to other neurons that one neuron of population `id` has, those
  /// behind relays in place of those to them.
  private func fanOut(of id: PopulationID) -> Int { fanOuts[id.index].max() ?? 0 }

  /// Returns the number of ways that each neuron's spikes take, population by population; of a network
  /// with more ways than can be listed, more than any limit for each of them.
  private static func fanOuts(_ graph: SpikingGraph) -> [[Int]] {
    guard let ways = graph.waysToNeurons() else {
      return graph.populations.elements.map { [Int](repeating: 1 << 40, count: $0.shape.count) }
    }
    var result = graph.populations.elements.map { [Int](repeating: 0, count: $0.shape.count) }
    for way in ways.joined() {
      for neuron in graph.neurons(thatTake: way) { result[way.source.index][neuron] += 1 }
    }
    return result
  }

  private mutating func checkCurrents() {
    guard limits.arguments.word("currents") == "one-to-one" else { return }
    let constant = graph.isConstant
    for id in graph.populations.ids where graph[id].model != .relay {
      let own = afferents[id.index]
      guard own.contains(where: { constant[graph[$0].source.index] }),
        own.count != 1 || !graph.isInputPopulation(id, afferents)
      else { continue }
      report(
        "current",
        "'\(graph[id].name)' hears constant currents through weights, or besides spikes",
        at: graph[id].name, "run 'spike-inputs' before 'quantize'")
    }
  }

  private mutating func checkChains() {
    for id in graph.populations.ids where graph[id].model == .relay {
      guard isWeighted[id.index],
        efferents[id.index].contains(where: { graph[$0].kind.weights != nil })
      else { continue }
      report(
        "weighted-chain", "weights lead to the relay '\(graph[id].name)' and away from it",
        at: graph[id].name, "run 'fold-relays' before 'quantize'")
    }
  }
}

extension NeuronModel {

  /// The thresholds of neurons of cores, which are whole numbers; `nil` of models without.
  fileprivate var wholeThreshold: TensorID? {
    switch self {
    case .integrateAndFire(let model): model.threshold
    case .currentBased(let model): model.threshold
    case .bitShift(let model): model.threshold
    case .source, .relay, .maximum, .leaky, .staircase, .integrator: nil
    }
  }
}

extension SpikingGraph {

  /// Returns how many connections end at a neuron of each population, relays passed through, at a
  /// neuron with full windows.
  func waysThroughRelays() -> [Int] {
    let afferents = afferents()
    var result: [Int] = []
    for id in populations.ids {
      var ways = 0
      for projection in afferents[id.index] {
        let source = self[projection].source
        let own = largestFanIn(of: self[projection])
          .multipliedOrMost(by: isRelay(source) ? result[source.index] : 1)
        ways = min(Int.max >> 1, ways) + min(Int.max >> 1, own)
      }
      result.append(ways)
    }
    return result
  }

  /// Returns errors about windows of which an extent exceeds `most`; none if that is 0.
  func wideWindows(most: Int) -> [Diagnostic] {
    projections.elements.compactMap { projection in
      let size: Pair
      switch projection.kind {
      case .conv(let conv): size = conv.window.size
      case .pool(let pool): size = pool.window.size
      case .dense, .identity, .wire: return nil
      }
      guard most > 0, max(size.height, size.width) > most else { return nil }
      return .error(
        "legalize.kernel",
        "the window of '\(projection.name)' is \(size.height)x\(size.width), at most \(most)",
        at: .entity(self[projection.target].name), notes: ["train the layer with smaller kernels"],
        exitCode: .doesNotFit)
    }
  }

  /// Returns the number of connections of `projection` that end at a neuron with a full window.
  func largestFanIn(of projection: Projection) -> Int {
    switch projection.kind {
    case .dense: self[projection.source].shape.count
    case .conv(let conv):
      conv.window.size.height * conv.window.size.width
        * (self[projection.source].shape.channels / conv.groups)
    case .pool(let pool): pool.window.size.height * pool.window.size.width
    case .identity, .wire: 1
    }
  }
}
