// The pass `delay-readout`: outputs are read when the first layers' spikes have arrived.

internal import Diagnostics
package import PluginAPI
internal import SpikeIR

extension Pass {

  /// Has decoders leave out the first ticks of the code `rate`.
  package static let delayReadout = Pass.snn(
    name: "delay-readout",
    summary: "leave the first ticks out of the outputs, under the code rate",
    details: """
      What a layer receives in the first ticks depends on the initial potentials of the layers
      before it, and not on the input. So decoders count from tick t0 on only: either as given, or
      as the time that a first spike needs from layer to layer on average,
        t0 = Σ over the layers of the longest path of min over channels (θ − h) / E[a],
      a being the rectified activation in the original network, θ the range and h the initial
      value. Leaky neurons begin at all potentials and count with the synapses of those that hear
      spikes, which pass a step on not at once, but spread over time: with the mean delays, τ if
      exponential, 2τ if alpha, and the deviation of their sum, the root of Σ τ² or Σ 2τ²:
        t0 = Σ mean + √(Σ variance).
      At least four ticks are read, of leaky neurons a tenth of all; where that is before t0, there are
      too few ticks for spikes to come through, which is a warning (delay-readout.few-ticks). Biases
      of readouts that are measured later are corrected, and weights fitted, over the ticks that
      are read. Under the other codes nothing changes.
      Before: decode %p9 {function=softmax}
      After:  decode %p9 {function=softmax, start=12}
      Source: Bu et al. (2025), "Inference-Scale Complexity in ANN-SNN Conversion", section 4.3; the
      minimum over channels, since thresholds differ from channel to channel here. Delay and variance
      are those of a filter's impulse response taken as a distribution; both add up along a path.
      """,
    options: [
      PassOption(
        "start", .integer(-1...4095), default: "-1", "the ticks left out; -1 by the formula")
    ]
  ) { (graph, arguments, context) throws(CompileError) in
    guard let code = graph.populations.elements.first?.code, code.isRate else { return }
    var start = arguments.integer("start")
    if start < 0 {
      let inputs = try context.requireCalibration(for: "delay-readout")
      guard let reference = context.reference else {
        throw CompileError(.noReference(for: "delay-readout"))
      }
      let times = try graph.firstSpikeTimes(reference, on: inputs, threads: context.threads)
      let isLeaky = graph.populations.elements.contains { $0.isLeaky }
      let arrival = Int(min(4095, graph.longestPath(times).end.rounded(.up)))
      start = max(0, min(arrival, lastStart(of: code.timesteps, isLeaky: isLeaky)))
      if start < arrival {
        let enough = (code.timesteps...4096).first {
          lastStart(of: $0, isLeaky: isLeaky) >= arrival
        }
        context.sink.report(
          .fewTicks(code.timesteps, enough: enough, arrival: arrival, start: start))
      }
    } else {
      start = max(0, min(start, lastStart(of: code.timesteps, isLeaky: false)))
    }
    for i in graph.decoders.indices { graph.decoders[i].start = start }
    context.count("ticks", of: "delay-readout", by: start)
  }
}

/// A readout counts at least as many ticks.
///
/// - Source: Bu et al. (2025), section 4.3.
private let leastTicks = 4

/// Returns the last tick from which on enough of `ticks` ticks are read; below 0 if there are too few.
private func lastStart(of ticks: Int, isLeaky: Bool) -> Int {
  ticks - max(leastTicks, isLeaky ? ticks / 10 : 0)
}

/// When something arrives: a mean and a variance, which both add up over layers.
private struct Arrival: Hashable {
  /// The mean, ticks.
  var mean = 0.0
  /// The variance, ticks².
  var variance = 0.0

  /// The time at which most has arrived, ticks: one deviation after the mean.
  var end: Double { mean + variance.squareRoot() }
}

extension LeakyIntegrateAndFire {

  /// How the synapse delays.
  fileprivate var synapseDelay: Arrival {
    let tau = Double(tauSynapse)
    return switch synapse {
    case .none: Arrival()
    case .exponential: Arrival(mean: tau, variance: tau * tau)
    case .alpha: Arrival(mean: 2 * tau, variance: 2 * tau * tau)
    }
  }
}

extension Population {

  /// `true` iff its neurons leak.
  fileprivate var isLeaky: Bool {
    if case .leaky = model { true } else { false }
  }
}

extension SpikingGraph {

  /// Returns, for each population, the mean number of ticks until the first of its channels fires
  /// when its input is there, for leaky neurons what synapses delay; 0 where neurons do not fire
  /// or are not those of a layer.
  fileprivate func firstSpikeTimes(
    _ reference: ANNGraph, on inputs: CalibrationInputs, threads: Int
  ) throws(CompileError) -> [Arrival] {
    var nodes: [String: NodeID] = [:]
    for id in reference.ids { nodes[reference[id].name] = id }
    var result = [Arrival](repeating: Arrival(), count: populations.count)
    let layers = populations.ids.compactMap { id in
      self[id].layer.flatMap { nodes[$0] }.map { (population: id, node: $0) }
    }
    let fire = layers.filter { layer in
      guard case .integrateAndFire = self[layer.population].model else { return false }
      return reference[layer.node].shape.channels == self[layer.population].shape.channels
    }
    let probe = try ActivationProbe(fire.map(\.node), of: reference, on: inputs, threads: threads)
    let (constant, afferents) = (isConstant, afferents())
    for id in populations.ids {
      guard case .leaky(let model) = self[id].model,
        afferents[id.index].contains(where: { !constant[self[$0].source.index] })
      else { continue }
      result[id.index] = model.synapseDelay
    }
    for (layer, means) in zip(fire, try probe.means()) {
      result[layer.population.index].mean = try liftingDiagnostic { () throws(Diagnostic) in
        try firstSpikeTime(of: layer.population, means)
      }
    }
    return result
  }

  /// Returns min (θ − h) / E[a] over the channels, in ticks.
  private func firstSpikeTime(
    of id: PopulationID, _ means: [Double]
  ) throws(Diagnostic) -> Double {
    guard case .integrateAndFire(let model) = self[id].model, let quantumID = self[id].quantum
    else { return 0 }
    let (thresholds, quantum) = (
      try tensors.floats(model.threshold), try tensors.floats(quantumID)
    )
    let initial = try model.initial.map { id throws(Diagnostic) in try tensors.floats(id) }
    var least = Double.infinity
    for (c, mean) in means.enumerated() where mean > 0 {
      // What is missing at the start, as a part of the threshold; half unless given otherwise.
      let i = c % thresholds.count
      let missing = initial.map { 1 - Double($0[i] / thresholds[i]) } ?? 0.5
      least = min(least, max(0, missing) * Double(quantum[c % quantum.count]) / mean)
    }
    return least.isFinite ? least : 0
  }

  /// Returns the sum of `times` over the populations of the path that ends last.
  fileprivate func longestPath(_ times: [Arrival]) -> Arrival {
    var sums = times
    let afferents = afferents()
    for id in populations.ids {
      let before =
        afferents[id.index].map { sums[self[$0].source.index] }
        .max { $0.end < $1.end } ?? Arrival()
      sums[id.index].mean += before.mean
      sums[id.index].variance += before.variance
    }
    return sums.max { $0.end < $1.end } ?? Arrival()
  }
}

extension Diagnostic {

  /// Returns a warning about a window that ends before spikes have come through the network.
  ///
  /// - Parameters:
  ///   - ticks: the ticks of the window.
  ///   - enough: the ticks that would be enough; `nil` if there are none that a code may have.
  ///   - arrival: the tick from which on outputs should be read.
  ///   - start: that from which on they are read.
  /// - Returns: the warning.
  fileprivate static func fewTicks(
    _ ticks: Int, enough: Int?, arrival: Int, start: Int
  ) -> Diagnostic {
    .warning(
      "delay-readout.few-ticks",
      "spikes have come through the network after \(arrival, of: "tick"), found a window of \(ticks), "
        + "whose outputs are read from tick \(start) on",
      notes: [
        enough.map {
          "with \($0, of: "time step") or more (--timesteps) outputs are read late enough"
        }
          ?? "no window is long enough: shorten synapses (tau-synapse), or make the network less deep"
      ])
  }
}
