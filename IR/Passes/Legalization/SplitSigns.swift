// The pass `split-signs`: neurons that say both signs become two that say one each.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Splits populations of signed neurons into two of unsigned ones.
  package static let splitSigns = Pass.snn(
    name: "split-signs",
    summary: "split neurons of both signs into two that emit positive spikes only",
    details: """
      Cores send spikes without a sign. A signed population p becomes p+, with p's own inputs, and
      p-, with its inputs and biases negated; both are unsigned, with the threshold and the initial
      potential of p. Whoever listened to p listens to both, with negated weights to p-; relays of p
      are doubled likewise.

      Where all inputs of p are constant currents, as those of the neurons of 'spike-inputs' are, this
      is exact, spike for spike: units of p = spikes of p+ − spikes of p-, in every tick. Let I be the
      input of a tick and p's potential v. If I ≥ 0, v stays above −(θ − h), so that p never emits −1
      and p+ with v + h in place of v does what p does, while p- only falls; if I < 0, the other way
      round. Where inputs vary, p takes back what it said too much, which two neurons cannot: the sum
      of their spikes is too large by what p would have taken back. Such populations are refused
      (legalize.signed) unless inside=approximate. Refused are also neurons that take units back, by
      retraction or as staircases, maxima over both signs, counts of signed neurons as outputs
      (unless counted=leave, for a pass that replaces them), and sources of signed spikes.
      Before: %p1 if "x/spikes" {threshold=θ, signed=true} -> %p2 conv {weights=w}
      After:  %p1 if "x/spikes+" {threshold=θ} -> %p3 conv {weights=w}
              %p2 if "x/spikes-" {threshold=θ} -> %p3 conv {weights=−w}
      Source: two channels of opposite sign are those of event cameras, Lichtsteiner et al. (2008);
      the equality follows from the definition of signed neurons.
      """,
    options: [
      PassOption(
        "inside", .word(["refuse", "approximate"]), default: "refuse",
        "what becomes of signed neurons whose inputs vary"),
      PassOption(
        "counted", .word(["refuse", "leave"]), default: "refuse",
        "what becomes of signed outputs whose units a decoder counts"),
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    guard let code = graph.populations.elements.first?.code else { return }
    guard code.isRate else { throw CompileError(.needsRate("split-signs", found: code)) }
    let approximates = arguments.word("inside") == "approximate"
    var plan = try liftingDiagnostic { () throws(Diagnostic) in
      try SignPlan(
        graph, approximates: approximates, leavesCounted: arguments.word("counted") == "leave")
    }
    let negative = graph.areNegative(graph.spikingSources, on: context.calibration)
    plan.checkSources(zip(graph.spikingSources, negative), measured: context.calibration != nil)
    guard plan.problems.isEmpty else { throw CompileError(plan.problems) }
    if plan.isEmpty { return }
    graph = try liftingDiagnostic { () throws(Diagnostic) in
      var splitter = SignSplitter(graph, plan)
      return try splitter.run()
    }
    context.count("exact", of: "split-signs", by: plan.exact)
    context.count("approximate", of: "split-signs", by: plan.approximate.count)
    for name in plan.approximate { context.sink.report(.approximated(name)) }
  }
}

extension SpikingGraph {

  /// Whether each population receives the same in every tick, from the first on.
  fileprivate var isSteady: [Bool] {
    let (constant, afferents) = (isConstant, afferents())
    var onTime = [Bool](repeating: true, count: populations.count)
    for id in populations.ids {
      onTime[id.index] = afferents[id.index].allSatisfy { projection in
        let source = self[projection].source
        return constant[source.index] && onTime[source.index] && self[projection].delay == 0
      }
    }
    return onTime
  }

  /// Returns whether the initial potentials of `model` are at most half the thresholds, so that no
  /// spike leaves a potential that calls for the opposite one.
  ///
  /// - Throws: `ir.elided-tensor`.
  fileprivate func beginsInTheMiddle(_ model: IntegrateAndFire) throws(Diagnostic) -> Bool {
    guard let initial = model.initial else { return true }
    let thresholds = try tensors.floats(model.threshold)
    return try zip(tensors.floats(initial), thresholds).allSatisfy { 2 * $0 <= $1 }
  }

  /// The sources that send spikes.
  fileprivate var spikingSources: [PopulationID] {
    populations.ids.filter { id in
      encoders.contains { $0.population == id && $0.kind != .constant }
    }
  }
}

/// Which populations are split, and why some cannot be.
private struct SignPlan {

  /// Whether each population is split, relays included.
  private(set) var isSplit: [Bool]

  /// What stands in the way.
  private(set) var problems: [Diagnostic] = []

  /// The number of populations of neurons whose split is exact.
  private(set) var exact = 0

  /// The populations whose split is not.
  private(set) var approximate: [String] = []

  private let graph: SpikingGraph

  /// `true` iff nothing is split.
  var isEmpty: Bool { !isSplit.contains(true) }

  /// Finds out.
  ///
  /// - Throws: `ir.elided-tensor`.
  init(
    _ graph: SpikingGraph, approximates: Bool, leavesCounted: Bool
  ) throws(Diagnostic) {
    self.graph = graph
    isSplit = [Bool](repeating: false, count: graph.populations.count)
    let (afferents, steady) = (graph.afferents(), graph.isSteady)
    for id in graph.populations.ids {
      let own = afferents[id.index]
      let hears = own.contains { isSplit[graph[$0].source.index] }
      let name = graph[id].name
      switch graph[id].model {
      case .relay: isSplit[id.index] = hears
      case .maximum: if hears { problems.append(.signedMaximum(name)) }
      case .staircase: problems.append(.negativeUnits(name, "staircases take units back"))
      case .integrateAndFire(let model) where model.retraction != nil:
        problems.append(.negativeUnits(name, "its neurons take units back"))
      case .integrateAndFire(let model)
      where model.isSigned && leavesCounted && graph.decoders.contains { $0.population == id }:
        break
      case .integrateAndFire(let model) where model.isSigned:
        isSplit[id.index] = true
        if graph.decoders.contains(where: { $0.population == id }) {
          problems.append(.negativeUnits(name, "a decoder counts its units"))
        } else if steady[id.index], try graph.beginsInTheMiddle(model) {
          exact += 1
        } else if approximates {
          approximate.append(name)
        } else {
          problems.append(.negativeUnits(name, "its inputs vary"))
        }
      case .source, .integrateAndFire, .leaky, .currentBased, .bitShift, .integrator: break
      }
    }
  }

  /// Refuses sources that send signed spikes; says so where it is not known.
  mutating func checkSources(
    _ sources: Zip2Sequence<[PopulationID], [Bool]>, measured: Bool
  ) {
    for (id, isNegative) in sources where isNegative && measured {
      problems.append(.negativeUnits(graph[id].name, "a calibration sample is negative there"))
    }
  }
}

/// The construction of the split graph.
private struct SignSplitter {

  private let old: SpikingGraph
  private let plan: SignPlan
  private var rewriter: SpikingRewriter
  /// The populations that say the negative units.
  private var minus: [PopulationID: PopulationID] = [:]

  init(_ graph: SpikingGraph, _ plan: SignPlan) {
    (old, self.plan) = (graph, plan)
    rewriter = SpikingRewriter(graph)
  }

  /// Returns the graph with unsigned neurons.
  ///
  /// - Throws: `legalize.wide-weight` if a weight has no negative, `ir.elided-tensor`.
  mutating func run() throws(Diagnostic) -> SpikingGraph {
    let afferents = old.afferents()
    for id in old.populations.ids {
      guard plan.isSplit[id.index] else {
        rewriter.copy(id)
        for projection in afferents[id.index] { try connectBoth(projection) }
        continue
      }
      try split(id)
      for projection in afferents[id.index] { try connectSplit(projection) }
    }
    return rewriter.finished()
  }

  /// Adds the two populations in place of `id`.
  private mutating func split(_ id: PopulationID) throws(Diagnostic) {
    var own = old[id]
    if case .integrateAndFire(var model) = own.model {
      model.isSigned = false
      own.model = .integrateAndFire(model)
    }
    own.layer = nil
    own.name = "\(old[id].name)+"
    rewriter.replace(id, by: rewriter.add(own))
    own.name = "\(old[id].name)-"
    if let bias = own.bias { own.bias = try negated(bias) }
    minus[id] = rewriter.add(own)
  }

  /// Connects an unsplit population with what stands for the source.
  private mutating func connectBoth(_ id: ProjectionID) throws(Diagnostic) {
    rewriter.carry(id)
    guard let source = minus[old[id].source] else { return }
    try connect(source, to: rewriter.image(of: old[id].target), id, negated: true)
  }

  /// Connects the two populations that stand for the target with what stands for the source.
  private mutating func connectSplit(_ id: ProjectionID) throws(Diagnostic) {
    let (source, target) = (old[id].source, old[id].target)
    guard let negative = minus[target] else { return }
    let isRelay = old[target].model == .relay
    rewriter.carry(id)
    if let other = minus[source] {
      // A relay passes on each sign by itself; a membrane takes the difference.
      try connect(other, to: negative, id, negated: false)
      if !isRelay {
        try connect(other, to: rewriter.image(of: target), id, negated: true)
        try connect(rewriter.image(of: source), to: negative, id, negated: true)
      }
    } else if !isRelay {
      try connect(rewriter.image(of: source), to: negative, id, negated: true)
    }
  }

  /// Connects two populations as projection `id` does, or with negated weights.
  private mutating func connect(
    _ source: PopulationID, to target: PopulationID, _ id: ProjectionID, negated isNegated: Bool
  ) throws(Diagnostic) {
    var kind = old[id].kind
    guard isNegated else {
      return rewriter.connect(source, to: target, kind, shift: old[id].shift, delay: old[id].delay)
    }
    if let weights = kind.weights {
      kind.weights = try negated(weights)
    } else if kind.isIdentity {
      kind.weights = addMinusOne()
    } else {
      // What has no weights passes a relay first.
      let relay = rewriter.add(
        Population(
          name: "\(old[id].name)/relay", shape: old[old[id].target].shape,
          code: old[old[id].target].code, model: .relay))
      rewriter.connect(source, to: relay, kind, delay: old[id].delay)
      rewriter.connect(
        relay, to: target, .identity(IdentityProjection(weights: addMinusOne())),
        shift: old[id].shift)
      return
    }
    rewriter.connect(source, to: target, kind, shift: old[id].shift, delay: old[id].delay)
  }

  /// Adds the weight −1.
  private mutating func addMinusOne() -> TensorID {
    rewriter.graph.tensors.add(
      Tensor("minus", shape: [1], data: old.hasIntegers ? .int8([-1]) : .float32([-1])))
  }

  /// Returns the negative of a tensor.
  ///
  /// - Throws: `legalize.wide-weight` if an integer has none of its type.
  private mutating func negated(_ id: TensorID) throws(Diagnostic) -> TensorID {
    let tensor = old.tensors[id]
    let data: TensorData
    switch tensor.elementType {
    case .float32: data = .float32(try old.tensors.floats(id).map { -$0 })
    case .int8: data = .int8(try opposites(id))
    case .int16: data = .int16(try opposites(id))
    case .int32: data = .int32(try opposites(id))
    }
    return rewriter.graph.tensors.add(
      Tensor("\(tensor.name)-", shape: tensor.shape, data: data))
  }

  private func opposites<T: FixedWidthInteger>(_ id: TensorID) throws(Diagnostic) -> [T] {
    var result: [T] = []
    for x in try old.tensors.integers(id) {
      guard let own = T(exactly: -Int64(x)) else { throw .noOpposite(old.tensors[id], x) }
      result.append(own)
    }
    return result
  }
}

extension Diagnostic {

  /// Returns an error about a population that emits negative units for good.
  fileprivate static func negativeUnits(_ name: String, _ reason: String) -> Diagnostic {
    .error(
      "legalize.signed", "'\(name)' emits negative units, which cores do not send: \(reason)",
      at: .entity(name),
      notes: [
        "replace the activation by a rectifier, or split-signs{inside=approximate} for neurons of "
          + "both signs", "convert without 'retraction', and read potentials: decoder=potential",
      ], exitCode: .doesNotFit)
  }

  /// Returns an error about a maximum over populations of both signs.
  fileprivate static func signedMaximum(_ name: String) -> Diagnostic {
    .error(
      "legalize.signed",
      "'\(name)' pools the maximum of units of both signs, which are two spikes on cores",
      at: .entity(name), notes: ["pool behind a rectifier instead"], exitCode: .doesNotFit)
  }

  /// Returns a remark on a population that is split although its inputs vary.
  fileprivate static func approximated(_ name: String) -> Diagnostic {
    .warning(
      "legalize.approximate",
      "'\(name)' is split into two signs although its inputs vary: units that it would have taken "
        + "back stay", at: .entity(name))
  }

  /// Returns an error about an integer that cannot be negated.
  fileprivate static func noOpposite(_ tensor: Tensor, _ value: Int32) -> Diagnostic {
    .error(
      "legalize.wide-weight",
      "\(value) in '\(tensor.name)' has no negative of type \(tensor.elementType.rawValue)",
      at: .entity(tensor.name))
  }
}
