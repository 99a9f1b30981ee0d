// Running allocation tables on the emulated cores of their machine.

internal import Diagnostics
internal import HardwareTargets
internal import Kernels
internal import NeuroCore
internal import SpikeExecution
internal import SpikeIR

extension Session {

  /// Runs the allocation tables in a folder on samples.
  ///
  /// - Throws: what opening, reading and executing throw.
  func runTables(_ request: RunRequest) throws(CompileError) -> RunReport {
    let output = try outputFile(of: request)
    var tables = try AllocationFolder(readingAt: request.artefact)
    if let seed = request.seed {
      for i in tables.allocation.graph.encoders.indices {
        tables.allocation.mapped.graph.encoders[i].seed = seed
      }
    }
    let graph = tables.allocation.graph
    let samples = try Samples(
      request.data, for: graph.networkInputs, classifier: graph.classifier, console: console)
    var options = RunOptions(threads: request.threads ?? processorCount)
    options.timesteps = request.timesteps
    options.earlyExitMargin = request.earlyExitMargin
    options.recordsPredictions =
      samples.labels != nil && (graph.networkOutputs.first?.shape.count ?? 0) > 1
    let (result, outputs) = try emulate(tables.allocation, on: samples, options)
    if let warning = outputs.warning(request.output, hasLabels: samples.labels != nil) {
      console.report(warning)
    }
    if let output { try outputs.write(to: output) }
    var report = RunReport(
      request, result.run, on: tables.allocation.target.id, code: Program.snn(graph).code,
      threads: options.threads, samples: samples,
      accuracy: graph.classifier.flatMap { outputs.accuracy($0, samples.labels) })
    report.emulation = Emulation(result.report)
    return report
  }

  /// Runs the neurons of an allocation on samples; warns of registers that overflowed, and of cores
  /// that could not do in time what they have to.
  ///
  /// - Throws: what loading the tables, executing and reading samples throw.
  func emulate(
    _ allocation: Allocation, on samples: Samples, _ options: RunOptions
  ) throws(CompileError) -> (result: EmulationResult, outputs: Outputs) {
    let emulator = try MeshEmulator(loading: allocation)
    let console = self.console
    let result = try emulator.run(
      count: samples.count, options: options, input: { samples.values($0) },
      progress: { console.progress("emulating", Double($0) / Double(samples.count)) })
    try samples.throwIfFailed()
    let overflows = result.report.overflows.total
    if overflows > 0 {
      let saturates = allocation.graph.populations.elements.contains {
        if case .bitShift = $0.model { true } else { false }
      }
      console.report(.overflows(overflows, images: samples.count, areOfNetwork: saturates))
    }
    let overloads = result.report.overloads
    if (overloads.synapticOperations ?? 0) + (overloads.inputSpikes ?? 0) > 0 {
      console.report(.overloads(overloads, images: samples.count))
    }
    return (result, result.run.outputs(count: samples.count, allocation.graph.networkOutputs))
  }
}

extension Diagnostic {

  /// Returns a warning about cores that had more to do in a tick than they can.
  fileprivate static func overloads(
    _ overloads: EmulationReport.Overloads, images: Int
  ) -> Diagnostic {
    var found: [String] = []
    if let count = overloads.synapticOperations, count > 0 {
      found.append(
        "in \(counted(count, "step")) of cores there were more synaptic operations than a tick "
          + "allows"
      )
    }
    if let count = overloads.inputSpikes, count > 0 {
      found.append("in \(counted(count, "step")) of cores more spikes came than can wait")
    }
    return .warning(
      "run.overloads",
      found.joined(separator: ", ") + ", \(counted(images, "image"))",
      notes: [
        "the machine would fall behind or lose spikes, which is not emulated",
        "put fewer neurons on a core, or make ticks longer: both are in the machine's description",
      ])
  }

  /// Returns a warning about registers of the machine that were too narrow.
  ///
  /// Registers that are `areOfNetwork` overflow in the network as well: a machine that adds up spike by
  /// spike may do so at another one.
  fileprivate static func overflows(
    _ count: Int, images: Int, areOfNetwork: Bool
  ) -> Diagnostic {
    .warning(
      "run.overflows",
      "registers of the machine overflowed \(counted(count, "time")) in \(counted(images, "image"))",
      notes: areOfNetwork
        ? [
          "currents saturated, as in network.spk; where synapses are read one by one, sums may differ",
          "fewer bits of weights, or a smaller 'range' of 'soften', make currents smaller",
        ]
        : [
          "mostly neurons that are far from firing; spikes may differ from those of network.spk",
          "fewer time steps, or fewer bits of weights, make potentials smaller",
        ])
  }
}
