// The pass `quantize`: weights, biases and thresholds as integers, population by population.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Turns weights, biases and thresholds into integers, with scales folded into thresholds.
  package static let quantize = Pass.snn(
    name: "quantize",
    summary: "turn weights, biases and thresholds into integers",
    details: """
      Weights become symmetric integers of the given width, with a scale s for each target
      channel, the membrane unit: s = θ/n, n an integer, so that the threshold θ becomes n exactly
      and no scale is left to be applied at run time: it is folded into the threshold. Projections
      whose weights are much larger than those of another one into the same population (spikes
      beside a graded input) are divided by a power of two, their shift, so that the small ones
      keep their resolution; few-bit weights are shifted further, so that biases and thresholds
      keep theirs. Biases become round(b/s). Weights of one-to-one projections, one a channel,
      become integers of 'identity-bits' in the same unit.
      Before: projection 'a->b' conv {weights=%t3: f32}      threshold %t5: f32
      After:  projection 'a->b' conv {weights=%t9: i8}       threshold %t11: i32, unit %t12

      With scales=profile a population has at most 'profiles' thresholds, each m·2^e with m of
      'mantissa' bits and e at least 'exponent': what cores with few threshold registers hold, and a
      reset by a weight can subtract. Scales are chosen for each channel first; the thresholds n that
      follow are grouped so that the squared deviations of log n are least, and each channel takes
      that group's n whose error is least.
      With leaky-threshold and leaky-drive a unit is at least so large that thresholds of leaky neurons,
      and their sums with biases, are at most so many units: 'discretize-leaky' multiplies them.
      Neurons that only say units as they are, behind one-to-one projections of weight 1 or −1 with a
      membrane unit of their own, keep this unit.

      With clip=mmse a channel's scale is that of 26 candidates, from the one that clips nothing
      down to a fifth of it, whose squared error is least. With rounding=gptq populations are
      quantized in forward order, each on what its sources say on the calibration samples in the
      network quantized so far: weights are rounded one after another, each to the integer nearest
      to what makes up for the errors before it, so that (w − q·s)ᵀ·(H + Λ)·(w − q·s) is small, H
      being the covariance of the inputs; candidates of scales are compared by this error. All
      projections into a population are rounded together. With target=outputs the weights are
      first replaced by those that reproduce, on these inputs, the membrane sums of the original
      network: min E|y − W·x|² + Λ·|W − W₀|². Biases take up the mean of what is left. With
      corrections=n the biases of each population are corrected n times, as `correct-bias` does,
      before the next population is quantized.
      Source: per-channel symmetric quantization, Krishnamoorthi (2018), section 2.2; that
      scales fold into thresholds follows from v ≥ θ ⇔ v/s ≥ θ/s; rounding, Frantar et al. (2023),
      "GPTQ", section 3; inputs of the quantized network, Nagel et al. (2020), section 3.3.
      """,
    options: QuantizationSettings.options
  ) { (graph, arguments, context) throws(CompileError) in
    guard !graph.isQuantized || graph.projections.elements.allSatisfy({ $0.kind.weights == nil })
    else { return }
    let quantizer = try NetworkQuantizer(QuantizationSettings(arguments), &context)
    try quantizer.run(on: &graph, &context)
    graph.dropUnusedTensors()
  }
}

/// A quantization with what it measures with.
private struct NetworkQuantizer {

  let settings: QuantizationSettings
  let inputs: CalibrationInputs?
  let simulator: (any SpikeSimulator)?
  let reference: ReferenceNetwork?

  init(_ settings: QuantizationSettings, _ context: inout PassContext) throws(CompileError) {
    self.settings = settings
    guard settings.rounding == .feedback || settings.corrections > 0 else {
      (inputs, simulator, reference) = (nil, nil, nil)
      return
    }
    inputs = try context.requireCalibration(for: "quantize").prefix(settings.samples)
    simulator = try context.requireSimulator(for: "quantize")
    let needsReference = settings.corrections > 0 || settings.target == .outputs
    guard needsReference else {
      reference = nil
      return
    }
    guard let graph = context.reference else { throw CompileError(.noReference(for: "quantize")) }
    reference = try ReferenceNetwork(graph)
  }

  /// Quantizes `graph`, one population after the other.
  func run(on graph: inout SpikingGraph, _ context: inout PassContext) throws(CompileError) {
    let afferents = graph.afferents()
    var targets: [PopulationID] = []
    for id in graph.populations.ids where graph[id].model.integrates {
      let isWhole = try liftingDiagnostic { () throws(Diagnostic) in
        try graph.keepUnit(of: id, afferents[id.index])
      }
      if !isWhole { targets.append(id) }
    }
    let corrector = try makeCorrector(graph, context.threads)
    for (i, id) in targets.enumerated() {
      try quantize(id, afferents[id.index], of: &graph, &context)
      for _ in 0..<settings.corrections {
        try corrector?.correct(id, of: &graph, threads: context.threads)
      }
      context.count("populations", of: "quantize")
      context.progress("quantizing", Double(i + 1) / Double(targets.count))
    }
  }

  private func makeCorrector(
    _ graph: SpikingGraph, _ threads: Int
  ) throws(CompileError) -> BiasCorrector? {
    guard settings.corrections > 0, let inputs, let simulator, let reference else { return nil }
    return try BiasCorrector(
      graph, reference: reference.graph, simulator, on: inputs, threads: threads)
  }

  private func quantize(
    _ id: PopulationID, _ afferents: [ProjectionID], of graph: inout SpikingGraph,
    _ context: inout PassContext
  ) throws(CompileError) {
    var population = try liftingDiagnostic { () throws(Diagnostic) in
      try PopulationQuantizer(id, afferents, of: graph, settings, threads: context.threads)
    }
    if settings.rounding == .feedback, population.weights.rows > 0 {
      population.moments = try moments(
        id, population.weights, afferents, of: graph, &context)
    }
    try liftingDiagnostic { () throws(Diagnostic) in try population.apply(to: &graph) }
    context.count("integers", of: "quantize", by: population.weights.values.count)
  }

  /// Returns what is measured of the inputs of population `id`; empty, with a remark, if nothing.
  private func moments(
    _ id: PopulationID, _ weights: MembraneWeights, _ afferents: [ProjectionID],
    of graph: SpikingGraph, _ context: inout PassContext
  ) throws(CompileError) -> [GroupMoments] {
    guard let simulator, let inputs else { return [] }
    let name = graph[id].name
    if let obstacle = MomentCollector.obstacle(id, weights, afferents, in: graph) {
      context.sink.report(.notMeasured(name, obstacle))
      return []
    }
    var reader: ReferenceReader?
    if settings.target == .outputs, let reference,
      let node = reference.membraneNode(of: graph[id], in: graph)
    {
      reader = ReferenceReader(reference, node, inputs, threads: context.threads)
    }
    var collector = try liftingDiagnostic { () throws(Diagnostic) in
      try MomentCollector(
        id, weights, afferents, in: graph, settings, hasOutputs: reader != nil,
        threads: context.threads)
    }
    try collector.run(simulator, inputs, reader)
    let result = collector.groupMoments()
    if result.isEmpty {
      context.sink.report(.notMeasured(name, "the second moments of its inputs are degenerate"))
    }
    return result
  }
}
