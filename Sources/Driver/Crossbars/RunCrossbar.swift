// Running crossbar tables on the emulated arrays of their machine.

internal import Crossbar
internal import Diagnostics
internal import HardwareTargets
internal import Kernels
internal import SpikeIR
internal import SpikeInterpreter
internal import Synchronization

extension Session {

  /// Runs the crossbar tables in a folder on samples.
  ///
  /// - Throws: what opening, reading and executing throw; `driver.no-early-exit`.
  func runCrossbar(_ request: RunRequest) throws(CompileError) -> RunReport {
    if request.earlyExitMargin != nil { throw CompileError(.noEarlyExit(request.artefact)) }
    let output = try outputFile(of: request)
    var folder = try CrossbarFolder(openingAt: request.artefact, session: self)
    if let seed = request.seed { folder.program.setSeed(ofEncoders: seed) }
    if request.timesteps != nil, folder.layout.mode == .vectors {
      throw CompileError(.noTimesteps(request.artefact))
    }
    let threads = request.threads ?? processorCount
    let samples = try samples(request.data, for: folder)
    var options = EmulationOptions()
    if let seed = request.seed { options.runSeed = UInt64(bitPattern: Int64(seed)) }
    if let seed = request.chipSeed { options.chipSeed = UInt64(bitPattern: Int64(seed)) }
    if let age = request.age { options.seconds = age }
    options.calibrationReads = request.calibrationReads ?? 0
    let watch = Stopwatch()
    let run = try emulate(
      folder.program, on: folder.layout, samples, options, timesteps: request.timesteps,
      threads: threads)
    let outputs = run.outputs
    let seconds = watch.seconds
    if let warning = outputs.warning(request.output, hasLabels: samples.labels != nil) {
      console.report(warning)
    }
    for warning in run.arrays.warnings { console.report(warning) }
    if let output { try outputs.write(to: output) }
    let classifier = folder.program.interface.classifier
    var report = RunReport(
      artefact: request.artefact, images: samples.count,
      accuracy: classifier.flatMap { outputs.accuracy($0, samples.labels) },
      wallSeconds: seconds, threads: threads, peakMemoryBytes: peakMemory(),
      layers: LayerRow.rows(of: folder.program).map {
        RunReport.Layer(name: $0.name, neurons: $0.neurons)
      })
    if case .snn(let graph) = folder.program, let counts = run.spikes {
      report.set(counts, of: graph)
    }
    report.target = folder.layout.target.id
    report.code = folder.program.code?.keyword
    report.timesteps = request.timesteps ?? folder.program.code?.timesteps
    report.arrays = run.arrays
    return report
  }

  /// Returns what the arrays of a folder do for samples.
  ///
  /// - Throws: as `runCrossbar`.
  func read(
    _ folder: CrossbarFolder, on data: DataRequest
  ) throws(CompileError) -> ArrayEmulation {
    try emulate(
      folder.program, on: folder.layout, try samples(data, for: folder), threads: processorCount
    ).arrays
  }

  /// Opens the samples of `data`, preprocessed as when the network was compiled.
  private func samples(
    _ data: DataRequest, for folder: CrossbarFolder
  ) throws(CompileError) -> Samples {
    let classifier = folder.program.interface.classifier
    var inputs = folder.program.interface.inputs
    if case .ann = folder.program {
      for i in inputs.indices { inputs[i].stored = folder.preprocessing }
    }
    return try Samples(data, for: inputs, classifier: classifier, console: console)
  }

  /// Runs a network on samples whose matrices are read on the tiles of `layout`.
  ///
  /// - Parameters:
  ///   - program: the network.
  ///   - layout: where its matrices are.
  ///   - samples: the samples.
  ///   - options: which chip, how old, and which run.
  ///   - timesteps: the time steps of a network of spikes, if not its own.
  ///   - threads: the number of threads.
  /// - Returns: the outputs, what the arrays did, and the spikes of a network that has any.
  /// - Throws: what programming the tiles, executing and reading samples throw.
  func emulate(
    _ program: Program, on layout: CrossbarLayout, _ samples: Samples,
    _ options: EmulationOptions = EmulationOptions(), timesteps: Int? = nil, threads: Int
  ) throws(CompileError) -> (outputs: Outputs, arrays: ArrayEmulation, spikes: SpikeCounts?) {
    switch program {
    case .ann(let graph):
      let emulator = try CrossbarEmulator(graph, layout, options)
      let outputs = Outputs(count: samples.count, graph.networkOutputs)
      try emulator.executor.run(samples, into: outputs, threads: threads, "emulating", console)
      let arrays = ArrayEmulation(
        emulator.counts, unknown: emulator.unknown, of: layout, options, images: samples.count)
      return (outputs, arrays, nil)
    case .snn(let graph):
      let emulator = try FrameEmulator(graph, layout, options)
      let (outputs, spikes) = try run(
        emulator.simulator, graph, on: samples, timesteps: timesteps, threads: threads)
      let arrays = ArrayEmulation(
        emulator.counts, unknown: emulator.unknown, of: layout, options, images: samples.count)
      return (outputs, arrays, spikes)
    case .mapped: preconditionFailure("internal: neurons on arrays")
    }
  }

  /// Runs a simulator on samples; the first of the problems found is thrown.
  private func run(
    _ simulator: ClockSimulator, _ graph: SpikingGraph, on samples: Samples, timesteps: Int?,
    threads: Int
  ) throws(CompileError) -> (Outputs, SpikeCounts?) {
    let outputs = Outputs(count: samples.count, graph.networkOutputs)
    let counter = try SynapticOperationCounter(graph)
    let state = Mutex(FrameRunState())
    let console = self.console
    forEachItem(samples.count, workers: threads) { _, image in
      guard state.withLock({ $0.failure == nil }) else { return }
      do throws(CompileError) {
        let found = try simulator.run(samples.values(image), image: image, timesteps: timesteps)
        outputs.set(image, Array(found.outputs.joined()))
        let counts = counter.count(found.trace)
        state.withLock {
          $0.done += 1
          $0.add(counts)
          console.progress("emulating", Double($0.done) / Double(samples.count))
        }
      } catch {
        state.withLock {
          if image < $0.failure?.image ?? .max { $0.failure = (image, error) }
        }
      }
    }
    let end = state.withLock { $0 }
    if let failure = end.failure { throw failure.error }
    try samples.throwIfFailed()
    return (outputs, end.counts)
  }
}

/// What is known of a run whose images several threads simulate.
private struct FrameRunState: Sendable {

  /// The images that are done.
  var done = 0

  /// The first of the problems.
  var failure: (image: Int, error: CompileError)?

  /// The spikes of the images that are done, `nil` before the first.
  var counts: SpikeCounts?

  mutating func add(_ other: SpikeCounts) {
    guard var sum = counts else {
      counts = other
      return
    }
    for p in other.spikes.indices {
      sum.spikes[p] += other.spikes[p]
      sum.synapticOperations[p] += other.synapticOperations[p]
    }
    counts = sum
  }
}

extension Program {

  /// Lets the random numbers of encoders begin with `seed`.
  fileprivate mutating func setSeed(ofEncoders seed: Int) {
    guard case .snn(var graph) = self else { return }
    for i in graph.encoders.indices { graph.encoders[i].seed = seed }
    self = .snn(graph)
  }
}

extension RunReport {

  /// Notes the spikes of all images.
  fileprivate mutating func set(_ counts: SpikeCounts, of graph: SpikingGraph) {
    let images = Double(max(1, self.images))
    spikesPerImage = Double(counts.spikes.reduce(0, +)) / images
    synapticOperationsPerImage = Double(counts.synapticOperations.reduce(0, +)) / images
    layers = graph.populations.ids.map { id in
      Layer(
        name: graph[id].name, neurons: graph[id].shape.count,
        spikesPerNeuron: Double(counts.spikes[id.index]) / images
          / Double(max(1, graph[id].shape.count)),
        synapticOperations: Double(counts.synapticOperations[id.index]) / images)
    }
  }
}

extension Diagnostic {

  /// Returns an error about an option that only analog arrays know.
  static func arraysOnly(_ option: String, _ path: String) -> Diagnostic {
    .error(
      "driver.no-arrays", "'\(option)' has no effect: the network is not on analog arrays",
      at: .file(path), notes: ["leave it out"], exitCode: .usage)
  }

  /// Returns an error about images that cannot end early.
  fileprivate static func noEarlyExit(_ path: String) -> Diagnostic {
    .error(
      "driver.no-early-exit", "'--early-exit' has no effect on analog arrays", at: .file(path),
      notes: ["leave it out"], exitCode: .usage)
  }

  /// Returns an error about time steps of a network that has none.
  fileprivate static func noTimesteps(_ path: String) -> Diagnostic {
    .error(
      "driver.no-timesteps", "'--timesteps' has no effect: the arrays read vectors of values",
      at: .file(path), notes: ["leave it out, or compile with '--code'"], exitCode: .usage)
  }
}
