// Running allocation tables on the emulated cores of their machine.

internal import Diagnostics
internal import HardwareTargets
internal import Kernels
internal import NeuroCore
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
    var options = EmulationOptions(threads: request.threads ?? processorCount)
    options.timesteps = request.timesteps
    options.earlyExitMargin = request.earlyExitMargin
    options.recordsPredictions =
      samples.labels != nil && (graph.networkOutputs.first?.shape.count ?? 0) > 1
    let emulator = try MeshEmulator(loading: tables.allocation)
    let console = self.console
    let result = try emulator.run(
      count: samples.count, options: options, input: { samples.values($0) },
      progress: { console.progress("emulating", Double($0) / Double(samples.count)) })
    try samples.throwIfFailed()
    let outputs = Outputs(count: samples.count, graph.networkOutputs)
    for i in 0..<samples.count {
      let range = i * result.outputCount..<(i + 1) * result.outputCount
      outputs.set(i, Array(result.outputs[range]))
    }
    if let warning = outputs.warning(request.output, hasLabels: samples.labels != nil) {
      console.report(warning)
    }
    let overflows = result.report.overflows.total
    if overflows > 0 { console.report(.overflows(overflows, images: samples.count)) }
    if let output { try outputs.write(to: output) }
    return RunReport(
      request, result, graph, target: tables.allocation.target.id, threads: options.threads,
      samples: samples, accuracy: graph.classifier.flatMap { outputs.accuracy($0, samples.labels) })
  }
}

extension RunReport {

  /// Creates the report of an emulation.
  fileprivate init(
    _ request: RunRequest, _ result: EmulationResult, _ graph: SpikingGraph, target: String,
    threads: Int, samples: Samples, accuracy: Double?
  ) {
    let (images, code) = (Double(samples.count), Program.snn(graph).code)
    let predictions = samples.labels.flatMap { labels in
      result.predictionsByTimestep.map { list in
        list.map { Classifier.accuracy($0.map { Int($0) }, labels) ?? 0 }
      }
    }
    self.init(
      artefact: request.artefact, target: target, code: code?.keyword, images: samples.count,
      timesteps: request.timesteps ?? code?.timesteps,
      meanTimesteps: Double(result.ticks) / images, accuracy: accuracy,
      accuracyByTimestep: predictions,
      spikesPerImage: Double(result.populations.reduce(0) { $0 + $1.spikes }) / images,
      synapticOperationsPerImage: Double(
        result.populations.reduce(0) { $0 + $1.synapticOperations }) / images,
      wallSeconds: result.wallSeconds, threads: threads, peakMemoryBytes: peakMemory(),
      layers: result.populations.map {
        Layer(
          name: $0.name, neurons: $0.neurons,
          spikesPerNeuron: Double($0.spikes) / images / Double(max(1, $0.neurons)),
          synapticOperations: Double($0.synapticOperations) / images)
      })
    emulation = Emulation(result.report)
  }
}

extension Diagnostic {

  /// Returns a warning about registers of the machine that were too narrow.
  fileprivate static func overflows(_ count: Int, images: Int) -> Diagnostic {
    .warning(
      "run.overflows",
      "registers of the machine overflowed \(grouped(count)) times in \(grouped(images)) images",
      notes: [
        "mostly neurons that are far from firing; spikes may differ from those of network.spk",
        "fewer time steps, or fewer bits of weights, make potentials smaller",
      ])
  }
}
