// The command `run`: a compiled network on samples.

internal import DataIO
package import Diagnostics
internal import EventCPU
internal import Kernels
internal import SpikeExecution
internal import SpikeIR

/// What the user asks of `run`.
package struct RunRequest: Sendable {

  /// The artefact.
  package var artefact: String

  /// The samples.
  package var data = DataRequest()

  /// The number of time steps, if not all.
  package var timesteps: Int?

  /// The margin by which the best output must lead for an image to end early, if any may.
  package var earlyExitMargin: Float?

  /// Where the random numbers of encoders, or of the reads of arrays, begin, if not as usual.
  package var seed: Int?

  /// Which chip: where the random numbers of manufacture and programming begin; arrays only.
  package var chipSeed: Int?

  /// The time since arrays were programmed, seconds; arrays only.
  package var age: Double?

  /// How often test vectors are read to measure the columns of arrays, if they are; arrays only.
  package var calibrationReads: Int?

  /// The number of threads, if not as many as processors.
  package var threads: Int?

  /// Where to write the outputs, if anywhere.
  package var output: String?

  /// Creates a request to run `artefact`.
  package init(artefact: String) {
    self.artefact = artefact
  }
}

extension Session {

  /// Runs a compiled network on samples.
  ///
  /// - Throws: what opening, reading and executing throw.
  package func run(_ request: RunRequest) throws(CompileError) -> RunReport {
    try refuse(output: request.output, overwriting: [request.artefact] + request.data.files)
    if CrossbarFolder.recognizes(request.artefact) { return try runCrossbar(request) }
    if let option = request.arrayOption {
      throw CompileError(.arraysOnly(option, request.artefact))
    }
    // A folder that is none of tables is refused as one.
    if isFolder(request.artefact) { return try runTables(request) }
    let output = try outputFile(of: request)
    var graph = try loadArtefact(request.artefact)
    if let seed = request.seed {
      for i in graph.encoders.indices { graph.encoders[i].seed = seed }
    }
    let samples = try Samples(
      request.data, for: graph.networkInputs, classifier: graph.classifier, console: console)
    let code = Program.snn(graph).code
    var options = RunOptions(threads: request.threads ?? processorCount)
    options.timesteps = request.timesteps
    options.earlyExitMargin = request.earlyExitMargin
    // A single output is compared with a threshold; the engine reports the largest only.
    options.recordsPredictions =
      samples.labels != nil && code?.isRate == true
      && (graph.networkOutputs.first?.shape.count ?? 0) > 1
    let (result, outputs) = try execute(graph, on: samples, options, "running")
    if let warning = outputs.warning(request.output, hasLabels: samples.labels != nil) {
      console.report(warning)
    }
    if let output { try outputs.write(to: output) }
    return RunReport(
      request, result, on: "cpu", code: code, threads: options.threads, samples: samples,
      accuracy: graph.classifier.flatMap { outputs.accuracy($0, samples.labels) })
  }

  /// Returns the file that the outputs will be written to, if any is asked for.
  ///
  /// - Throws: `output.cannot-write`.
  func outputFile(of request: RunRequest) throws(CompileError) -> OutputFile? {
    try request.output.map { path throws(CompileError) in
      try liftingDiagnostic { () throws(Diagnostic) in try OutputFile(creating: path) }
    }
  }

  /// Runs a quantized spiking network on samples.
  ///
  /// - Parameters:
  ///   - graph: the network.
  ///   - samples: what it is run on.
  ///   - options: how to run.
  ///   - task: what is being done, for the progress bar.
  /// - Returns: what the engine found, and the outputs.
  /// - Throws: what lowering, executing and reading samples throw.
  func execute(
    _ graph: SpikingGraph, on samples: Samples, _ options: RunOptions, _ task: String
  ) throws(CompileError) -> (result: RunResult, outputs: Outputs) {
    let engine = try EventEngine(lowering: graph)
    let console = self.console
    let result = try engine.run(
      count: samples.count, options: options, input: { samples.values($0) },
      progress: { console.progress(task, Double($0) / Double(samples.count)) })
    try samples.throwIfFailed()
    return (result, result.outputs(count: samples.count, graph.networkOutputs))
  }

  /// Loads the artefact at `path`.
  ///
  /// - Throws: `driver.not-artefact` if it is something else, and what the backend throws.
  private func loadArtefact(_ path: String) throws(CompileError) -> SpikingGraph {
    let file = try liftingDiagnostic { () throws(Diagnostic) in try InputFile(path: path) }
    guard Artefact.recognizes(file) else { throw CompileError(.notArtefact(path)) }
    return try Artefact.read(path).graph
  }
}

extension RunRequest {

  /// An option that only analog arrays know, if there is one.
  fileprivate var arrayOption: String? {
    if chipSeed != nil { return "--chip-seed" }
    if age != nil { return "--age" }
    return calibrationReads == nil ? nil : "--calibrate-columns"
  }
}

extension RunResult {

  /// Returns the outputs of all decoders.
  func outputs(count: Int, _ networkOutputs: [NetworkOutput]) -> Outputs {
    let result = Outputs(count: count, networkOutputs)
    for i in 0..<count {
      result.set(i, Array(outputs[i * outputCount..<(i + 1) * outputCount]))
    }
    return result
  }

  /// Returns the part of the samples that are classified rightly after each tick.
  func accuracyByTimestep(_ labels: [Int]?) -> [Double]? {
    guard let labels, let predictionsByTimestep else { return nil }
    return predictionsByTimestep.map { predictions in
      Classifier.accuracy(predictions.map { Int($0) }, labels) ?? 0
    }
  }
}

extension RunReport {

  /// Creates the report of a run of `request` on `target`.
  init(
    _ request: RunRequest, _ result: RunResult, on target: String, code: SpikeCode?, threads: Int,
    samples: Samples, accuracy: Double?
  ) {
    let images = Double(samples.count)
    self.init(
      artefact: request.artefact, target: target, code: code?.keyword, images: samples.count,
      timesteps: request.timesteps ?? code?.timesteps,
      meanTimesteps: Double(result.ticks) / images,
      accuracy: accuracy,
      accuracyByTimestep: result.accuracyByTimestep(samples.labels),
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
  }
}

extension Diagnostic {

  /// Returns an error about a file that is not a compiled network.
  fileprivate static func notArtefact(_ path: String) -> Diagnostic {
    .error(
      "driver.not-artefact", "the file is not a compiled network", at: .file(path),
      notes: ["make one with 'spikec compile MODEL -o FILE.spk'; run a model with 'spikec infer'"])
  }
}
