// The pass `correct-bias`: makes the means of what populations say equal to the network's own.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Shifts biases so that the mean of each channel, measured on the spiking network, is right.
  package static let correctBias = Pass.snn(
    name: "correct-bias",
    summary: "shift biases until the spiking network's means equal the original's",
    details: """
      Rounding, clipping and the order of spikes shift what populations say on average. In
      forward order, each population is measured on calibration samples in the spiking network
      itself, and its bias is raised by the difference of the means, channel by channel:
        b ← b + E[original] − E[spiking]
      Later populations are measured with the earlier ones already corrected. The difference is
      divided by the steepest slope of a population's staircase, so that it is not overshot.
      Source: Li et al. (2021), "A Free Lunch From ANN", section 4.3, light calibration.
      """,
    options: [
      PassOption("samples", .integer(1...100_000), default: "256", "how many samples to measure"),
      PassOption("rounds", .integer(1...16), default: "1", "how often to measure and correct"),
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    let inputs = try context.requireCalibration(for: "correct-bias")
      .prefix(arguments.integer("samples"))
    let simulator = try context.requireSimulator(for: "correct-bias")
    guard let reference = context.reference else { throw CompileError(.noReference()) }
    let targets = graph.correctable(against: reference)
    let probe = try ActivationProbe(
      targets.map(\.node), of: reference, on: inputs, threads: context.threads)
    let means = try probe.means()
    for (i, target) in targets.enumerated() {
      for _ in 0..<arguments.integer("rounds") {
        let measured = try simulator.means(
          of: target.population, in: graph, over: inputs, threads: context.threads)
        try liftingDiagnostic { () throws(Diagnostic) in
          try graph.shiftBias(of: target.population, from: measured, to: means[i])
        }
      }
      context.count("populations", of: "correct-bias")
      context.progress("correcting biases", Double(i + 1) / Double(targets.count))
    }
    graph.dropUnusedTensors()
  }
}

extension SpikingGraph {

  /// Returns the populations whose bias can be corrected, with the node that each stands for.
  func correctable(
    against reference: ANNGraph
  ) -> [(population: PopulationID, node: NodeID)] {
    var nodes: [String: NodeID] = [:]
    for id in reference.ids { nodes[reference[id].name] = id }
    return populations.ids.compactMap { id in
      let population = self[id]
      guard population.model.integrates, let layer = population.layer, var node = nodes[layer]
      else { return nil }
      switch (population.model, reference[node].op) {
      case (.integrator, .softmax), (.integrator, .activation):
        // A function left to the decoder: the potentials stand for its operand.
        if decoders.contains(where: { $0.population == id && $0.function != .none }) {
          node = reference[node].inputs[0]
        }
      case (.integrateAndFire(let model), _):
        // Thresholds that differ from place to place divide; their biases scale along.
        if tensors[model.threshold].shape.rank > 1 { return nil }
      default: break
      }
      return reference[node].shape.channels == population.shape.channels ? (id, node) : nil
    }
  }

  /// Raises the bias of population `id` by the difference of two means, one a channel.
  ///
  /// - Parameters:
  ///   - id: the population.
  ///   - measured: the mean of what it says, units or membrane units.
  ///   - wanted: the mean of what it should say, real.
  /// - Throws: `ir.elided-tensor`.
  mutating func shiftBias(
    of id: PopulationID, from measured: [Double], to wanted: [Double]
  ) throws(Diagnostic) {
    let population = self[id]
    let channels = population.shape.channels
    guard let unitID = population.membraneUnit else { return }
    let unit = try tensors.floats(unitID)
    let effects = try biasEffects(on: id, unit: unit)
    var quantum = unit
    if let id = population.quantum { quantum = try tensors.floats(id) }
    let ticks: Double =
      population.code.isRate && population.model != .integrator
      ? Double(population.code.timesteps) : 1
    let missing = (0..<channels).map { c in
      (wanted[c] - measured[c] * Double(quantum[c % quantum.count]) / ticks)
        / Double(effects[c % effects.count])
    }
    var shape: Shape = [channels]
    if case .leaky = population.model {
      var bias = [Float](repeating: 0, count: channels)
      if let id = population.bias { (bias, shape) = (try tensors.floats(id), tensors[id].shape) }
      for i in bias.indices { bias[i] += Float(missing[i % channels]) }
      self[id].bias = tensors.add("\(population.name)/bias", shape: shape, floats: bias)
      return
    }
    var bias = [Int32](repeating: 0, count: channels)
    if let id = population.bias { (bias, shape) = (try tensors.integers(id), tensors[id].shape) }
    let shifts = missing.map { Int32(min(max($0.rounded(), -1e8), 1e8)) }
    for i in bias.indices { bias[i] += shifts[i % channels] }
    self[id].bias = tensors.add(
      Tensor("\(population.name)/bias", shape: shape, data: .int32(bias)))
  }
}

extension Diagnostic {

  /// Returns an error about a network whose original is not known.
  static func noReference() -> Diagnostic {
    .error(
      "pass.no-reference", "the network of tensor operators that was converted is not at hand",
      notes: ["run 'correct-bias' in the same pipeline as 'convert'"], exitCode: .usage)
  }
}
