// The correction of biases as a tool, for passes that correct one population before they turn to
// the next.

internal import Diagnostics
internal import PluginAPI
internal import SpikeIR

/// The correction of biases, one population at a time.
struct BiasCorrector {

  /// The means that populations should have, one a channel, real.
  private let means: [PopulationID: [Double]]
  private let simulator: any SpikeSimulator
  private let inputs: CalibrationInputs

  /// Measures the original network.
  ///
  /// - Throws: what the executor throws.
  init(
    _ graph: SpikingGraph, reference: ANNGraph, _ simulator: any SpikeSimulator,
    on inputs: CalibrationInputs, threads: Int
  ) throws(CompileError) {
    let targets = graph.correctable(against: reference)
    let probe = try ActivationProbe(
      targets.map(\.node), of: reference, on: inputs, threads: threads)
    var means: [PopulationID: [Double]] = [:]
    for (target, mean) in zip(targets, try probe.means()) { means[target.population] = mean }
    self.means = means
    self.simulator = simulator
    self.inputs = inputs
  }

  /// Raises the bias of population `id` by the difference of the means; does nothing if it cannot
  /// be corrected.
  ///
  /// - Throws: what the simulator throws, `ir.elided-tensor`.
  func correct(
    _ id: PopulationID, of graph: inout SpikingGraph, threads: Int
  ) throws(CompileError) {
    guard let wanted = means[id] else { return }
    let measured = try simulator.means(of: id, in: graph, over: inputs, threads: threads)
    _ = try liftingDiagnostic { () throws(Diagnostic) in
      try graph.shiftBias(of: id, from: measured, to: wanted)
    }
  }
}
