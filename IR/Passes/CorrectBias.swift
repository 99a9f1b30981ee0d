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
      divided by the steepest slope of a population's staircase, so that it is not overshot. A
      readout is measured over the ticks that its decoder reads. Where synapses delay, layers are
      silent in the first ticks; start=-1 measures all populations over the ticks that are read, so
      that this silence is not made up for by firing too much afterwards. With a resolution of
      neurons, each has a bias of its own: under `rate` that is the charge that the calibration of
      initial potentials adds, spread over the window. With 'largest' integers stay within what a target
      holds, and channels that want more are a warning (correct-bias.held): over few ticks means are
      rather those of initial potentials than those of inputs.
      Source: Li et al. (2021), "A Free Lunch From ANN", section 4.3, light calibration; per neuron,
      section 4.4.
      """,
    options: [
      PassOption("samples", .integer(1...100_000), default: "256", "how many samples to measure"),
      PassOption("rounds", .integer(1...16), default: "1", "how often to measure and correct"),
      PassOption(
        "resolution", .word(["channel", "neuron"]), default: "channel",
        "whether biases are one a channel or one a neuron"),
      PassOption(
        "start", .integer(-1...4095), default: "0",
        "the ticks left out when populations that fire are measured, under rate; -1: those that "
          + "decoders leave out"),
      PassOption(
        "largest", .integer(0...Int(Int32.max)), default: "0",
        "the largest magnitude of a bias that is an integer; 0: no limit"),
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    let inputs = try context.requireCalibration(for: "correct-bias")
      .prefix(arguments.integer("samples"))
    let simulator = try context.requireSimulator(for: "correct-bias")
    guard let reference = context.reference else {
      throw CompileError(.noReference(for: "correct-bias"))
    }
    let isFine = arguments.word("resolution") == "neuron"
    var start = arguments.integer("start")
    if start < 0 { start = graph.decoders.map(\.start).max() ?? 0 }
    let targets = graph.correctable(against: reference, byNeuron: isFine)
    let probe = try ActivationProbe(
      targets.map(\.node), of: reference, on: inputs, threads: context.threads)
    let means = isFine ? try probe.elementMeans() : try probe.means()
    let largest = arguments.integer("largest")
    for (i, target) in targets.enumerated() {
      var excess: BiasExcess?
      for _ in 0..<arguments.integer("rounds") {
        var measured = try simulator.neuronMeans(
          of: target.population, in: graph, over: inputs, from: start, threads: context.threads)
        if !isFine {
          measured = measured.averaged(channels: graph[target.population].shape.channels)
        }
        excess = try liftingDiagnostic { () throws(Diagnostic) in
          try graph.shiftBias(
            of: target.population, from: measured, to: means[i],
            within: largest > 0 ? largest : Int(Int32.max))
        }
      }
      if let excess {
        context.sink.report(.heldBiases(excess, of: graph[target.population], largest, from: start))
      }
      context.count("populations", of: "correct-bias")
      context.progress("correcting biases", Double(i + 1) / Double(targets.count))
    }
    graph.dropUnusedTensors()
  }
}

/// Corrections that a limit on biases cuts off.
struct BiasExcess {
  /// The number of biases that are held.
  var held: Int
  /// The number of biases.
  var count: Int
  /// The largest magnitude that a bias would have had.
  var wanted: Int
}

extension SpikingGraph {

  /// Returns the populations whose bias can be corrected, with the node that each stands for.
  func correctable(
    against reference: ANNGraph, byNeuron: Bool = false
  ) -> [(population: PopulationID, node: NodeID)] {
    var nodes: [String: NodeID] = [:]
    for id in reference.ids { nodes[reference[id].name] = id }
    return populations.ids.compactMap { id in
      let population = self[id]
      guard population.model.integrates, let layer = population.layer, var node = nodes[layer]
      else { return nil }
      switch reference[node].op {
      case .softmax, .activation:
        // A function left to the decoder: the potentials stand for its operand.
        if decoders.contains(where: { $0.population == id && $0.function != .none }) {
          node = reference[node].inputs[0]
        }
      default: break
      }
      if case .integrateAndFire(let model) = population.model {
        // Thresholds that differ from place to place divide; their biases scale along.
        if tensors[model.threshold].shape.rank > 1 { return nil }
      }
      // Who fires first, says no value.
      if decoders.contains(where: { $0.population == id && $0.reading == .firstSpike }) {
        return nil
      }
      let (own, other) = (population.shape, reference[node].shape)
      return own.channels == other.channels && (!byNeuron || own.count == other.count)
        ? (id, node) : nil
    }
  }

  /// Raises the bias of population `id` by the difference of two means, one a channel or a neuron.
  ///
  /// - Parameters:
  ///   - id: the population.
  ///   - measured: the mean of what it says, units or membrane units.
  ///   - wanted: the mean of what it should say, real.
  ///   - largest: the largest magnitude of a bias that is an integer.
  /// - Returns: what the limit cuts off, `nil` if nothing.
  /// - Throws: `ir.elided-tensor`.
  mutating func shiftBias(
    of id: PopulationID, from measured: [Double], to wanted: [Double],
    within largest: Int = Int(Int32.max)
  ) throws(Diagnostic) -> BiasExcess? {
    let population = self[id]
    guard let unitID = population.membraneUnit else { return nil }
    let unit = try tensors.floats(unitID)
    let effects = try biasEffects(on: id, unit: unit)
    var quantum = unit
    if let id = population.quantum { quantum = try tensors.floats(id) }
    let ticks: Double =
      population.code.isRate && population.model != .integrator
      ? Double(population.code.timesteps) : 1
    let missing = measured.indices.map { n in
      (wanted[n] - measured[n] * Double(quantum[n % quantum.count]) / ticks)
        / Double(effects[n % effects.count])
    }
    let channels = population.shape.channels
    let count = max(channels, missing.count, population.bias.map { tensors[$0].shape.count } ?? 0)
    let shape: Shape = count > channels ? population.shape : [channels]
    if case .leaky = population.model {
      let bias = try population.bias.map { id throws(Diagnostic) in try tensors.floats(id) } ?? [0]
      let raised = (0..<count).map { bias[$0 % bias.count] + Float(missing[$0 % missing.count]) }
      self[id].bias = tensors.add("\(population.name)/bias", shape: shape, floats: raised)
      return nil
    }
    let bias = try population.bias.map { id throws(Diagnostic) in try tensors.integers(id) } ?? [0]
    let shifts = missing.map { Int(min(max($0.rounded(), -1e8), 1e8)) }
    let raised = (0..<count).map { Int(bias[$0 % bias.count]) + shifts[$0 % shifts.count] }
    self[id].bias = tensors.add(
      Tensor(
        "\(population.name)/bias", shape: shape,
        data: .int32(raised.map { Int32(clamping: min(max($0, -largest), largest)) })))
    let excess = raised.map { Int($0.magnitude) }.filter { $0 > largest }
    return excess.max().map { BiasExcess(held: excess.count, count: count, wanted: $0) }
  }
}

extension Diagnostic {

  /// Returns an error about a network whose original is not known.
  static func noReference(for pass: String) -> Diagnostic {
    .error(
      "pass.no-reference", "the network of tensor operators that was converted is not at hand",
      notes: ["run '\(pass)' in the same pipeline as 'convert'"], exitCode: .usage)
  }

  /// Returns a warning about corrections that a target's biases do not hold.
  ///
  /// - Parameters:
  ///   - excess: what is cut off.
  ///   - population: the population.
  ///   - largest: the largest magnitude of a bias.
  ///   - start: the first tick over which neurons that fire were measured.
  /// - Returns: the warning.
  fileprivate static func heldBiases(
    _ excess: BiasExcess, of population: Population, _ largest: Int, from start: Int
  ) -> Diagnostic {
    let first = population.model == .integrator ? 0 : start
    let ticks = "\(population.code.timesteps - first, of: "tick")"
    return .warning(
      "correct-bias.held",
      "\(excess.held) of \(excess.count, of: "bias", "biases") of '\(population.name)' would be up to "
        + "\(excess.wanted), and \(excess.held == 1 ? "is" : "are") held at \(largest), the most that the "
        + "target has", at: .entity(population.name),
      notes: [
        "means were measured over \(ticks): over more of them (--timesteps) less is left to correct"
      ])
  }
}
