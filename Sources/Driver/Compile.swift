// The command `compile`: from a model file to an artefact.

internal import DataIO
package import Diagnostics
internal import EventCPU
internal import HardwareTargets
internal import Kernels
internal import NeuroCore
package import PluginAPI
internal import SpikeExecution
package import SpikeIR

/// What the user asks of `compile`.
package struct CompileRequest: Sendable {

  /// The model file.
  package var model: String

  /// How the model file is read.
  package var importing = ImportOptions()

  /// The artefact, a folder for machines with cores, or the text form if the name ends in `.sir`.
  package var output: String

  /// The name of the target, or the path of a machine's description.
  package var target = "cpu"

  /// What the spiking network should be like.
  package var conversion = ConversionRequest()

  /// The passes, and what is to be seen of them.
  package var passes = PassRequest()

  /// The samples to measure on, with labels if the accuracy is wanted.
  package var calibration = DataRequest()

  /// The level after which to stop and write the text form.
  package var lastLevel: Level?

  /// The tiles of analog arrays that copies of layers may take, if the user said so.
  package var tiles: TileBudget?

  /// Creates a request to compile `model` to `output`.
  package init(model: String, output: String) {
    self.model = model
    self.output = output
  }

  /// `true` iff the text form is written instead of an artefact.
  package var writesText: Bool { output.hasSuffix(".sir") }
}

extension Session {

  /// Compiles a model.
  ///
  /// - Throws: what loading, passes, lowering and writing throw; nothing is written then.
  package func compile(_ request: CompileRequest) throws(CompileError) -> CompileReport {
    let watch = Stopwatch()
    let job = try CompileJob(request, session: self)
    var model = try loadModel(request.model, request.importing)
    let imported = model.program
    let run = try job.passes(for: imported)
    var context = PassContext()
    context.threads = processorCount
    var calibration = request.calibration
    model.arrange(&calibration.preprocessing)
    let samples = try calibrationSamples(
      calibration, for: run, on: imported, in: &context)
    let timings = try run.apply(to: &model.program, &context)
    try samples?.throwIfFailed()
    let accuracies = try job.accuracies(imported, model.program, on: samples)
    let layout = try job.map(&model.program, measuringOn: context.calibration)
    // Without data nobody has said how they look: a run decides by its own.
    let isSaid = samples != nil || calibration.preprocessing.isGiven
    try job.write(
      model, layout, passes: run.pipelineText, preprocessing: isSaid ? context.preprocessing : nil,
      samples: samples?.count)
    return CompileReport(
      request: request, program: model.program, timings: timings,
      statistics: context.statistics, accuracies: accuracies, images: samples?.count,
      layout: layout?.summary, wallSeconds: watch.seconds)
  }
}

/// A compilation whose options are checked and whose outputs can be written.
private struct CompileJob {

  let request: CompileRequest
  let session: Session
  let machine: NamedTarget?
  let output: OutputFile?
  let folder: OutputFolder?
  let textOutput: TextOutput?

  init(_ request: CompileRequest, session: Session) throws(CompileError) {
    (self.request, self.session) = (request, session)
    let inputs =
      [request.model, containerPath(request.model)]
      + [request.importing.architecture].compactMap { $0 } + request.calibration.files
    try session.refuse(output: request.output, overwriting: inputs)
    if request.writesText {
      try session.refuse(output: containerPath(request.output), overwriting: inputs)
    }
    let machine = request.target == "cpu" ? nil : try session.namedTarget(request.target)
    self.machine = machine
    (output, folder, textOutput) = try liftingDiagnostic { () throws(Diagnostic) in
      if request.lastLevel != nil && !request.writesText {
        throw Diagnostic.textExpected(request.output)
      }
      if request.passes.pipeline != nil && request.conversion != ConversionRequest() {
        throw Diagnostic.conflictingPasses()
      }
      if let machine {
        _ = try machine.pipeline(request.conversion)
        if machine.description.usesArrays, request.lastLevel == .mapped {
          throw Diagnostic.noMappedLevel(machine.description.id)
        }
      } else {
        _ = try request.conversion.spikeCode()
      }
      if request.tiles != nil, machine?.description.usesArrays != true {
        throw Diagnostic.tilesWithoutArrays(request.target)
      }
      if request.writesText { return (nil, nil, try TextOutput(creating: request.output)) }
      guard machine != nil else { return (try OutputFile(creating: request.output), nil, nil) }
      let folder = try OutputFolder(
        creating: request.output, replacingFoldersWith: AllocationFolder.FileName.allocation)
      return (nil, folder, nil)
    }
  }

  /// Returns the passes for a network that starts as `program`.
  func passes(for program: Program) throws(CompileError) -> PassRun {
    try liftingDiagnostic { () throws(Diagnostic) in
      if case .ann(let graph) = program, request.passes.pipeline == nil {
        try request.conversion.check(graph)
        try machine?.check(request.conversion)
      }
      var standard: String
      if let machine {
        standard = try machine.pipeline(request.conversion)
      } else {
        standard = try request.conversion.pipeline()
      }
      if case .snn(let graph) = program {
        let bits = request.conversion.weightBits ?? "8"
        let passes = [
          graph.isQuantized ? nil : "quantize{bits=\(bits),clip=mmse}",
          machine?.legality(of: graph, request.conversion),
        ]
        standard = passes.compactMap { $0 }.joined(separator: ",")
      }
      return try PassRun(
        request.passes, standard: standard, upTo: request.lastLevel, registry: session.registry,
        console: session.console)
    }
  }

  /// Lays a network out on the machine, if there is one and the network goes that far.
  func map(
    _ program: inout Program, measuringOn samples: CalibrationInputs?
  ) throws(CompileError) -> MachineLayout? {
    guard let machine, request.lastLevel == nil || request.lastLevel == .mapped else { return nil }
    if machine.description.usesArrays {
      return .arrays(
        try session.layOut(program, onto: machine.description, within: request.tiles))
    }
    guard case .snn(let graph) = program else { return nil }
    let allocation = try session.map(graph, onto: machine.description, measuringOn: samples)
    program = .mapped(allocation.mapped)
    return .cores(allocation)
  }

  /// Returns the accuracy of each stage on the samples, if they have labels.
  func accuracies(
    _ imported: Program, _ result: Program, on samples: Samples?
  ) throws(CompileError) -> [StageAccuracy] {
    guard let samples, samples.labels != nil else { return [] }
    var stages: [StageAccuracy] = []
    if case .ann(let graph) = imported {
      let outputs = try session.execute(graph, on: samples, "measuring the original")
      let accuracy = graph.classifier.flatMap { outputs.accuracy($0, samples.labels) }
      stages.append(StageAccuracy(stage: "imported", accuracy: accuracy))
    }
    switch result {
    case .ann(let graph):
      let outputs = try session.execute(graph, on: samples, "measuring the result")
      let accuracy = graph.classifier.flatMap { outputs.accuracy($0, samples.labels) }
      stages.append(StageAccuracy(stage: "transformed", accuracy: accuracy))
    case .snn(let graph) where graph.isQuantized:
      let options = RunOptions(threads: processorCount)
      let run = try session.execute(graph, on: samples, options, "measuring the result")
      let accuracy = graph.classifier.flatMap { run.outputs.accuracy($0, samples.labels) }
      stages.append(StageAccuracy(stage: "spiking", accuracy: accuracy))
    case .snn, .mapped: break
    }
    return stages
  }

  /// Writes the outputs.
  func write(
    _ model: Session.LoadedModel, _ layout: MachineLayout?, passes: String,
    preprocessing: Preprocessing?, samples: Int?
  ) throws(CompileError) {
    if let textOutput {
      try liftingDiagnostic { () throws(Diagnostic) in try textOutput.write(model.program) }
    }
    guard output != nil || folder != nil else { return }
    let (source, architecture) = try liftingDiagnostic { () throws(Diagnostic) in
      let architecture = try request.importing.architecture.map { path throws(Diagnostic) in
        try fileHash(path)
      }
      guard let hash = model.textHash else { return (try fileHash(request.model), architecture) }
      return (hash, architecture)
    }
    let options = request.provenance(
      passes: passes, samples: samples, architecture: architecture)
    if let output {
      guard let graph = model.program.spikingGraph else { throw CompileError(.notSpiking()) }
      try Artefact.write(graph, source: source, options: options, to: output)
    }
    guard let folder, let machine else { return }
    let origin = [("source-sha256", source.description), ("version", version)] + options
    let provenance = origin.map { EventArtefact.Property($0.0, $0.1) }
    try liftingDiagnostic { () throws(Diagnostic) in
      switch layout {
      case .cores(let allocation):
        try AllocationFolder(allocation, targetText: machine.text, provenance: provenance)
          .write(to: folder)
      case .arrays(let layout):
        try CrossbarFolder(
          layout, of: model.program, preprocessing: preprocessing, targetText: machine.text,
          provenance: provenance
        ).write(to: folder)
      case nil: throw Diagnostic.notSpiking()
      }
    }
  }
}

extension CompileRequest {

  /// The options that decide what is in the artefact: the passes and the number of samples.
  fileprivate func provenance(
    passes: String, samples: Int?, architecture: SHA256Digest?
  ) -> [(name: String, value: String)] {
    var result = [("target", target), ("passes", passes)]
    if let architecture { result.append(("architecture-sha256", architecture.description)) }
    if let samples { result.append(("calibration-samples", "\(samples)")) }
    return result
  }
}

extension Diagnostic {

  /// Returns an error about a compilation that stops early but has no name for a text.
  fileprivate static func textExpected(_ path: String) -> Diagnostic {
    .error(
      "driver.text-expected",
      "'--stop-after' writes the text form: '-o \(path)' must end in .sir", exitCode: .usage)
  }

  /// Returns an error about a level that there is not on analog arrays.
  fileprivate static func noMappedLevel(_ target: String) -> Diagnostic {
    .error(
      "driver.no-mapped-level",
      "'\(target)' has arrays: what is on them is in tables, not in a text",
      notes: ["leave out '--stop-after', and name a folder with '-o'"], exitCode: .usage)
  }

  /// Returns an error about a budget of tiles for a machine that has none.
  fileprivate static func tilesWithoutArrays(_ target: String) -> Diagnostic {
    .error(
      "driver.no-tiles", "'--tiles' has no effect: '\(target)' has no analog arrays",
      notes: ["leave it out, or choose another target"], exitCode: .usage)
  }

  /// Returns an error about options for the standard passes where others are named.
  fileprivate static func conflictingPasses() -> Diagnostic {
    .error(
      "driver.conflicting-options",
      "'--passes' replaces the standard passes: '--neuron', '--code', '--timesteps', "
        + "'--weight-bits', '--encoder', '--decoder' and '--seed' would have no effect",
      notes: [
        "write them as options of passes: convert{code=rate,timesteps=32},quantize{bits=8}",
        "leaky neurons: the pass soften before convert{code=rate,synapse=exponential}",
      ],
      exitCode: .usage)
  }

  /// Returns an error about a pipeline that does not lead to a spiking network.
  fileprivate static func notSpiking() -> Diagnostic {
    .error(
      "driver.not-spiking", "the passes leave a network of tensor operators",
      notes: ["add the passes 'convert' and 'quantize', or write a .sir file"], exitCode: .usage)
  }
}
