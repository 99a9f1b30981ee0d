// The pass `pool-maximum`: what becomes of maximum pooling on a target.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Keeps, replaces or refuses maximum pooling.
  package static let poolMaximum = Pass.snn(
    name: "pool-maximum",
    summary: "keep maximum pooling as a gate, replace it by averages, or refuse it",
    details: """
      A maximum compares counts of spikes, which few cores can. With as=gate the network stays as it
      is: the target has neurons that let pass a spike by which a window's largest count grows. With
      as=refuse maxima are errors, all in one run. With as=average a maximum becomes a relay that adds
      the spikes of its window, each worth 1/n of a unit, n being the window's size: no neuron at all.
      This changes what the network computes; 'quantize' with target=outputs fits the weights
      behind to the original's sums. Neurons outside the image count as silent. Averages need f32
      constants, so the pass belongs before 'quantize'.
      Before: %p2 maximum "m"  pool {size=[2,2]}      %p3 conv {weights=w}
      After:  %p2 relay "m"    pool {size=[2,2]}      %p3 conv {weights=w/4}
      Source: count-gated maxima, Rueckauer et al. (2017), section 2.2.5.
      """,
    options: [
      PassOption(
        "as", .word(["gate", "average", "refuse"]), default: "refuse",
        "what a maximum becomes")
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    let maxima = graph.populations.ids.filter { graph[$0].model == .maximum }
    switch arguments.word("as") {
    case "gate": context.count("gates", of: "pool-maximum", by: maxima.count)
    case "refuse":
      let problems = maxima.map { Diagnostic.maximum(graph[$0].name) }
      if !problems.isEmpty { throw CompileError(problems) }
    default:
      if maxima.isEmpty { return }
      guard !graph.hasIntegers else { throw CompileError(.alreadyQuantized("pool-maximum")) }
      try liftingDiagnostic { () throws(Diagnostic) in try graph.averageMaxima(maxima) }
      context.count("averages", of: "pool-maximum", by: maxima.count)
    }
  }
}

extension SpikingGraph {

  /// Makes relays of `maxima`.
  ///
  /// - Throws: what `multiplyUnits` throws.
  fileprivate mutating func averageMaxima(_ maxima: [PopulationID]) throws(Diagnostic) {
    let afferents = afferents()
    var sizes: [String: Float] = [:]
    for id in maxima {
      self[id].model = .relay
      guard let first = afferents[id.index].first, case .pool(let pool) = self[first].kind else {
        continue
      }
      sizes[self[id].name] = Float(pool.window.size.height * pool.window.size.width)
    }
    separatePools()
    // From the first to the last: a maximum behind another one grows by both.
    for id in populations.ids {
      guard let size = sizes[self[id].name] else { continue }
      try multiplyUnits([id: 1 / size])
    }
    dropUnusedTensors()
  }
}

extension Diagnostic {

  /// Returns an error about a maximum.
  fileprivate static func maximum(_ name: String) -> Diagnostic {
    .error(
      "legalize.maximum", "'\(name)' is a maximum pooling, which the target has no neurons for",
      at: .entity(name),
      notes: [
        "pool-maximum{as=average} takes averages in its place, at the cost of accuracy",
        "train the network with average pooling or strides",
      ], exitCode: .doesNotFit)
  }
}
