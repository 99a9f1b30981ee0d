// What would become of an imported network under `convert`, without its weights: the same plan
// that the pass follows, so that the two cannot disagree.

package import Diagnostics
internal import PluginAPI
package import SpikeIR

/// What becomes of each node of a network when it is converted to spikes.
package struct ConversionCheck: Hashable, Sendable {

  /// What becomes of a node.
  package enum Fate: Hashable, Sendable {
    /// A population that an encoder drives.
    case encoder
    /// Neurons that fire.
    case neurons
    /// Neurons that say a function in levels: the value of the interval of their potential.
    case levels
    /// Weights on the way to neurons, or wires between them.
    case synapses
    /// Left to the decoder, behind the last population.
    case decoder
    /// Nothing of its own: it joins another node.
    case merged
    /// Nothing: spikes cannot say it.
    case impossible(reason: String)
  }

  /// The fates, by node of the network.
  package private(set) var fates: [Fate]

  /// One error for each node that has no spiking counterpart, as `convert` reports them.
  package private(set) var problems: [Diagnostic]

  /// `true` iff nothing stands in the way of a conversion.
  package var converts: Bool { problems.isEmpty }

  /// Checks `graph`, which may have batch normalizations and weights that stay in their file.
  ///
  /// - Complexity: O(nodes); of the tensors only vectors of scales are read.
  package init(_ graph: ANNGraph) {
    let rewritten = ConversionCheck.prepared(graph)
    let plan = SpikingPlan(rewritten)
    problems = plan.obstacles.map(\.diagnostic)
    let names = Set(graph.ids.map { graph[$0].name })
    var byName: [String: Fate] = [:]
    func note(_ fate: Fate, _ part: String) {
      let name = names.owner(of: part)
      if fate.weight > byName[name, default: .merged].weight { byName[name] = fate }
    }
    for id in rewritten.ids {
      let node = rewritten[id]
      note(Fate(plan.forms[id.index], plan.roles[id.index]), node.name)
    }
    for obstacle in plan.obstacles {
      note(.impossible(reason: obstacle.reason), obstacle.name)
    }
    fates = graph.ids.map { byName[graph[$0].name] ?? .merged }
  }

  /// Returns the network after the passes before `convert` that decide what can be converted;
  /// folding of normalizations does not.
  private static func prepared(_ graph: ANNGraph) -> ANNGraph {
    var program = Program.ann(graph.withoutLargeWeights)
    var context = PassContext()
    let passes = [
      Pass.simplify, .relaxQuantization, .sinkTransposes, .simplify, .expandActivations,
    ]
    for pass in passes {
      // A pass that fails on a network leaves it as it was; the plan then names what is in it.
      guard let arguments = try? PassArguments([:], of: pass) else { continue }
      try? pass.run(&program, arguments, &context)
    }
    guard case .ann(let result) = program else { return graph }
    return result
  }
}

extension ConversionCheck.Fate {

  /// Creates the fate of a node that the plan gives a form and a role.
  fileprivate init(_ form: SpikingForm, _ role: SpikingRole) {
    switch (role, form) {
    case (.source, _): self = .encoder
    case (.rectifier, _), (.leaky, _), (.quantizer, _): self = .neurons
    case (.staircase, _): self = .levels
    case (.other, .readout): self = .decoder
    case (.other, _): self = .synapses
    }
  }

  /// How much the fate says of a node that was rewritten as several.
  fileprivate var weight: Int {
    switch self {
    case .merged: 0
    case .synapses: 1
    case .decoder: 2
    case .encoder: 3
    case .neurons, .levels: 4
    case .impossible: 5
    }
  }

  /// The fate in a word or two.
  package var words: String {
    switch self {
    case .encoder: "encoder"
    case .neurons: "neurons"
    case .levels: "levels"
    case .synapses: "synapses"
    case .decoder: "decoder"
    case .merged: "merged"
    case .impossible: "no"
    }
  }
}

extension ANNGraph {

  /// The network with zeros for weights that wait in their file, but for vectors of scales: what
  /// can be converted does not depend on them, and reading them takes long.
  fileprivate var withoutLargeWeights: ANNGraph {
    var graph = self
    for id in tensors.ids {
      guard case .deferred(let elements) = tensors[id].data, elements.count > 1 << 16 else {
        continue
      }
      let count = elements.count
      graph.tensors[id].data = .deferred(
        DeferredElements(count: count) { [Float](repeating: 0, count: count) })
    }
    return graph
  }
}

extension Set<String> {

  /// Returns the name of the node to which the part `name` of a rewritten node belongs: the
  /// longest beginning of it, up to a slash, that is one of these.
  fileprivate func owner(of name: String) -> String {
    var owner = name
    while !contains(owner), let slash = owner.lastIndex(of: "/") {
      owner = String(owner[..<slash])
    }
    return owner
  }
}
