// From a legal network to allocation tables: partition, placement, routes.

internal import DataIO
internal import Diagnostics
internal import EventCPU
internal import HardwareTargets
internal import Kernels
internal import NeuroCore
internal import PluginAPI
internal import SpikeIR

extension Session {

  /// Lays `graph` out on `target`.
  ///
  /// With samples the spikes of every neuron are measured, so that those that send much come near
  /// those that listen.
  ///
  /// - Parameters:
  ///   - graph: the network, legal for the machine.
  ///   - target: the machine.
  ///   - samples: what to measure spikes on, if anything.
  /// - Returns: the tables.
  /// - Throws: what partition, placement and routing throw; `driver.wrong-tables` if the check of what
  ///   was built finds a bug.
  func map(
    _ graph: SpikingGraph, onto target: TargetDescription, measuringOn samples: CalibrationInputs?
  ) throws(CompileError) -> Allocation {
    var spikes: [[Float]] = []
    if let samples {
      let few = CalibrationInputs(count: min(samples.count, 64), sample: samples.sample)
      spikes = try EventSimulator().spikesPerNeuron(of: graph, over: few, threads: processorCount)
    }
    var options = Partition.Options()
    if !spikes.isEmpty { options.spikesPerNeuron = spikes }
    console.progress("cutting the network", 0)
    let partition = try Partition.make(graph, target, options)
    console.progress("placing cores", 0.5)
    let allocation = try Allocation(of: partition, on: target)
    let placed = try liftingDiagnostic { () throws(Diagnostic) in
      try allocation.placed(spikes: spikes)
    }
    console.progress("", 1)
    return placed
  }
}
