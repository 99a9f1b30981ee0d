// The command `attribute`: at which stage of a compilation, and in which layer, accuracy is lost.

internal import Crossbar
internal import DataIO
package import Diagnostics
internal import EventCPU
internal import HardwareTargets
internal import Kernels
package import PluginAPI
internal import Report
internal import SpikeExecution
internal import SpikeIR
internal import SpikePasses

/// What the user asks of `attribute`.
package struct AttributionRequest: Sendable {

  /// The model file.
  package var model: String

  /// How the model file is read.
  package var importing = ImportOptions()

  /// The machine on which the network ends: `cpu`, the name of a built-in one, or the path of a
  /// description.
  package var target = "cpu"

  /// What the spiking network should be like.
  package var conversion = ConversionRequest()

  /// The passes.
  package var passes = PassRequest()

  /// The samples on which stages are compared.
  package var data = DataRequest()

  /// The samples on which passes measure; those of `data` if there are none.
  package var calibration = DataRequest()

  /// Whether other codes, numbers of steps and widths of weights are tried too.
  package var sweeps = false

  /// Where to write a page with drawings, if anywhere.
  package var page: String?

  /// Creates a request about `model`.
  package init(model: String) {
    self.model = model
  }
}

extension Session {

  /// Compiles a model and measures the network after every stage.
  ///
  /// - Throws: what loading, passes, lowering, mapping, executing and writing throw;
  ///   `attribute.sweep-on-target`.
  package func attribute(
    _ request: AttributionRequest
  ) throws(CompileError) -> AttributionReport {
    let machine = request.target == "cpu" ? nil : try namedTarget(request.target)
    if request.sweeps, let machine {
      throw CompileError(.sweepOnTarget(machine.description.id))
    }
    let page = try self.page(of: request)
    var request = request
    let graph = try loadANN(request.model, request.importing, arranging: &request.data)
    request.calibration.preprocessing.prefersChannelsFirst =
      request.data.preprocessing.prefersChannelsFirst
    request.calibration.preprocessing.integerInputs = request.data.preprocessing.integerInputs
    let samples = try Samples(
      request.data, for: graph.networkInputs, classifier: graph.classifier, console: console)
    let compilation = try StagedCompilation(request, graph, machine, session: self)
    let stages = try compilation.stages()
    let measures = try self.measures(of: stages, on: samples)
    var report = AttributionReport(
      request: request, pipeline: compilation.run.pipelineText, images: samples.count,
      calibrationImages: compilation.calibrationCount, hasLabels: samples.labels != nil,
      stages: measures)
    report.target = machine?.description.id
    report.code = stages.last?.program.code
    if case .snn(let spiking)? = stages.last?.program {
      report.anytime = try anytime(spiking, on: samples)
    }
    if request.sweeps { report.sweep = try sweep(request, graph, on: samples) }
    if let page {
      try liftingDiagnostic { () throws(Diagnostic) in
        try page.write(Array(report.page.text.utf8))
        try page.commit()
      }
    }
    return report
  }

  /// Prepares the page that `request` asks for.
  private func page(of request: AttributionRequest) throws(CompileError) -> OutputFile? {
    let inputs = [request.model, containerPath(request.model)] + request.data.files
    try refuse(output: request.page, overwriting: inputs + request.calibration.files)
    return try request.page.map { path throws(CompileError) in
      try liftingDiagnostic { () throws(Diagnostic) in try OutputFile(creating: path) }
    }
  }

  /// Measures each of `stages`, the first of which is the network as imported.
  private func measures(
    of stages: [Stage], on samples: Samples
  ) throws(CompileError) -> [StageMeasure] {
    let reference = try layerReference(stages, on: samples)
    var results: [StageMeasure] = []
    var original: Outputs?
    for (i, stage) in stages.enumerated() {
      console.progress("measuring \(stage.name)", Double(i) / Double(stages.count))
      let (outputs, layers) = try measure(stage, on: samples, reference)
      let first = original ?? outputs
      original = first
      results.append(
        StageMeasure(
          stage, outputs, original: first, previous: results.last,
          classifier: stage.program.classifier, labels: samples.labels, layers: layers))
    }
    console.progress("", 1)
    return results
  }

  /// Runs a stage on `samples` and compares its layers with `reference`.
  ///
  /// Layers on cores are not compared: their spikes are those of the stage before, unless registers
  /// overflow.
  private func measure(
    _ stage: Stage, on samples: Samples, _ reference: LayerReference
  ) throws(CompileError) -> (outputs: Outputs, layers: [LayerError]) {
    let task = "measuring \(stage.name)"
    let options = RunOptions(threads: processorCount)
    switch (stage.layout, stage.program) {
    case (.cores(let allocation)?, _):
      return (try emulate(allocation, on: samples, options).outputs, [])
    case (.arrays(let layout)?, let program):
      let outputs = try emulate(program, on: layout, samples, threads: processorCount).outputs
      guard case .ann(let graph) = program else { return (outputs, []) }
      let executor = try CrossbarEmulator(graph, layout).executor
      return (outputs, try reference.errors(of: graph, run: executor))
    case (nil, .ann(let graph)):
      let outputs = try execute(graph, on: samples, task)
      return (outputs, stage.isExact ? [] : try reference.errors(of: graph))
    case (nil, .snn(let graph)):
      let outputs = try execute(graph, on: samples, options, task).outputs
      return (outputs, try reference.errors(of: graph))
    case (nil, .mapped): preconditionFailure("internal: a network with places has a layout")
    }
  }

  /// Returns what layers are compared with: the values of the last network that equals the model.
  private func layerReference(
    _ stages: [Stage], on samples: Samples
  ) throws(CompileError) -> LayerReference {
    var (exact, layers) = (stages.last { $0.isExact } ?? stages[0], Set<String>())
    if case .snn(let spiking)? = stages.last?.program {
      let encoded = Set(spiking.encoders.map(\.population))
      for id in spiking.populations.ids where !encoded.contains(id) && spiking[id].quantum != nil {
        if let layer = spiking[id].layer { layers.insert(layer) }
      }
    }
    if case .snn = exact.program { exact = stages[0] }
    guard case .ann(let graph) = exact.program else {
      preconditionFailure("internal: the first stage is a network of operators")
    }
    if layers.isEmpty {
      for node in graph.nodes.elements {
        if case .activation = node.op { layers.insert(node.name) }
      }
    }
    return try LayerReference(graph, layers: layers, on: samples, threads: processorCount)
  }

  /// Runs a network of code `rate` and notes its class and its spikes at every tick; `nil` for
  /// other codes, which have no answer before the end.
  private func anytime(
    _ graph: SpikingGraph, on samples: Samples
  ) throws(CompileError) -> [AnytimePoint]? {
    guard let code = Program.snn(graph).code, code.isRate, graph.classifier != nil else {
      return nil
    }
    var options = RunOptions(threads: processorCount)
    options.recordsPredictions = samples.labels != nil
    options.recordsSpikes = true
    let (result, _) = try execute(graph, on: samples, options, "measuring every time step")
    let accuracy = result.accuracyByTimestep(samples.labels)
    var spikes = 0
    return result.spikesByTimestep?.enumerated().map { tick, count in
      spikes += count
      return AnytimePoint(
        timestep: tick + 1, accuracy: accuracy?[tick],
        spikesPerImage: Double(spikes) / Double(samples.count))
    }
  }
}

/// A compilation that keeps the networks between its passes.
struct StagedCompilation {

  /// The passes.
  let run: PassRun

  /// The number of samples that passes measure on.
  let calibrationCount: Int

  private let graph: ANNGraph
  private let machine: NamedTarget?
  private let session: Session
  private let calibration: DataRequest

  /// Prepares to compile `graph` as `request` asks, for `machine` or for none.
  ///
  /// - Throws: what parsing the passes throws; what the machine refuses.
  init(
    _ request: AttributionRequest, _ graph: ANNGraph, _ machine: NamedTarget? = nil,
    session: Session
  ) throws(CompileError) {
    (self.graph, self.machine, self.session) = (graph, machine, session)
    run = try liftingDiagnostic { () throws(Diagnostic) in
      if request.passes.pipeline == nil {
        try request.conversion.check(graph)
        try machine?.check(request.conversion)
      }
      let standard: String
      if let machine {
        standard = try machine.pipeline(request.conversion)
      } else {
        standard = try request.conversion.pipeline()
      }
      return try PassRun(
        request.passes, standard: standard, upTo: nil,
        registry: session.registry, console: session.console)
    }
    var calibration = request.calibration
    if calibration.data.isEmpty {
      calibration.data = request.data.data
      calibration.preprocessing = request.data.preprocessing
      session.console.report(.calibratesOnInput())
    }
    self.calibration = calibration
    calibrationCount = try Samples(
      calibration, for: graph.networkInputs, classifier: nil, console: session.console
    ).count
  }

  /// Compiles, and returns the network at every stage.
  ///
  /// - Throws: what passes, mapping and reading samples throw.
  func stages() throws(CompileError) -> [Stage] {
    let recorder = StageRecorder()
    var program = Program.ann(graph)
    var context = PassContext()
    context.threads = processorCount
    let samples = try session.calibrationSamples(calibration, for: run, on: program, in: &context)
    _ = try run.apply(to: &program, &context, recorder: recorder)
    try samples?.throwIfFailed()
    let base = context
    var stages = try recorder.stages(after: graph) { (operators) throws(CompileError) in
      try twin(of: operators, base)
    }
    if let layout = try layout(of: program) {
      stages.append(Stage(name: "mapped", program: program, layout: layout))
    }
    return stages
  }

  /// Lays the network out on the machine, if there is one.
  private func layout(of program: Program) throws(CompileError) -> MachineLayout? {
    guard let target = machine?.description else { return nil }
    if target.usesArrays { return .arrays(try session.layOut(program, onto: target, within: nil)) }
    guard case .snn(let graph) = program else { return nil }
    return .cores(try session.map(graph, onto: target, measuringOn: nil))
  }

  /// Returns the integer network without time that corresponds to `operators`: the passes
  /// `convert`, with the code `phased`, and `quantize`; `nil` if the options of `convert` are none
  /// that `phased` takes.
  private func twin(
    of operators: ANNGraph, _ context: PassContext
  ) throws(CompileError) -> SpikingGraph? {
    let steps = run.pipeline.steps
    guard var convert = steps.first(where: { $0.pass.name == "convert" }),
      let quantize = steps.first(where: { $0.pass.name == "quantize" })
    else { return nil }
    // What other codes do not have: sources that spike, first spikes, units that are taken back.
    convert.arguments = convert.arguments.setting("code", to: "phased")
      .setting("encoder", to: Encoder.Kind.constant.rawValue).setting("retraction", to: "-1")
    if convert.arguments.word("decoder") == Decoder.Reading.firstSpike.rawValue {
      convert.arguments = convert.arguments.setting("decoder", to: Decoder.Reading.count.rawValue)
    }
    var (program, context) = (Program.ann(operators), context)
    do throws(CompileError) {
      try Pipeline([convert, quantize]).run(on: &program, &context)
    } catch {
      return nil
    }
    guard case .snn(let result) = program else { return nil }
    return result
  }
}

extension Program {

  /// How the first output names a class, `nil` if it does not.
  var classifier: Classifier? { interface.classifier }
}

extension Diagnostic {

  /// Returns an error about a table over codes for a machine.
  fileprivate static func sweepOnTarget(_ target: String) -> Diagnostic {
    .error(
      "attribute.sweep-on-target",
      "'--sweep' compares spike codes on the CPU: it cannot be combined with '--target \(target)'",
      notes: ["leave out one of the two"], exitCode: .usage)
  }

  /// Returns a remark on passes that measure on the samples on which stages are compared.
  fileprivate static func calibratesOnInput() -> Diagnostic {
    .remark(
      "attribute.calibrates-on-input",
      "passes measure ranges on the samples of '--input', on which accuracies are compared too",
      notes: ["give other images with '--calibration DATA' for an unbiased result"])
  }
}
