// The command `train-rpu`: gradient descent on emulated arrays of resistive devices.

internal import Crossbar
internal import DataIO
package import Diagnostics
internal import HardwareTargets
internal import Kernels
package import PluginAPI
internal import Report
internal import SpikeIR
package import SpikeTraining

/// What the user asks of `train-rpu`.
package struct TrainRPURequest: Sendable {

  /// How reads are managed, where the user says so.
  package enum Management: String, Sendable, CaseIterable {
    /// Nothing is done.
    case none
    /// Vectors are scaled by their largest element.
    case absMax = "abs-max"
    /// Vectors are read again at half the scale while outputs are clipped.
    case iterative
    /// Vectors are read again once, at a scale at which nothing can be clipped.
    case worstCase = "worst-case"
  }

  /// The model file, or the name of the built-in network.
  package var model = TrainRPURequest.builtInModel

  /// How the model file is read.
  package var importing = ImportOptions()

  /// The machine.
  package var target = "rpu"

  /// The samples with their classes, and those that the network is tested on.
  package var data = DataRequest()
  package var test: DataRequest?

  /// How the network is trained.
  package var training = OnlineOptions()

  /// Whether matrices in memory are trained in place of arrays.
  package var isExact = false

  /// Whether the model's weights are replaced by random ones.
  package var fromScratch = false

  /// The managements of reads, if not those of the machine.
  package var noiseManagement, boundManagement: Management?

  /// How updates become pulses: slots, if not as many as the machine has, and what is managed.
  package var slots: Int?
  package var managesSlots = false
  package var managesGains = false

  /// Numbers of the devices in place of those of the machine.
  package var devices: [String: Double] = [:]

  /// The devices of each weight of layers.
  package var devicesPerWeight: [String: Int] = [:]

  /// Where the differences between devices start.
  package var chipSeed: UInt64 = 0

  /// Where to write the network (.sir) and the drawing (.svg or .html), if anywhere.
  package var output, plot: String?

  /// The name of the network that needs no file.
  package static let builtInModel = "lenet"

  /// Creates a request with the baseline's settings.
  package init() {}
}

extension Session {

  /// Trains a network on emulated arrays.
  ///
  /// - Throws: what loading, mapping, training and writing throw; nothing is written then.
  package func trainRPU(_ request: TrainRPURequest) throws(CompileError) -> TrainRPUReport {
    let watch = Stopwatch()
    let outputs = try RPUOutputs(request, session: self)
    var (data, test) = (request.data, request.test)
    let graph = try network(request, arranging: &data, &test)
    let source = try matrices(request)
    let samples = try labelled(data, graph)
    let testSamples = try test.map { request throws(CompileError) in
      try labelled(request, graph)
    }
    let plan = try TrainingPlan(graph, matrices: source)
    let arrays = source as? TrainedArrays
    let machine = try target(request.target)
    try liftingDiagnostic { () throws(Diagnostic) in
      try arrays?.check(layers: Array(request.devicesPerWeight.keys))
      try arrays?.check(
        chips: machine.topology.levels.first?.count ?? 1, of: request.target)
    }
    let trainer = OnlineTrainer(plan, request.training)
    let (console, count) = (console, request.training.epochs)
    let epochs = try trainer.train(on: samples.training, test: testSamples?.training) {
      console.progress("epoch \($0) of \(count)", $1)
      return true
    } report: { epoch in
      console.progress("", 1)
      console.say(epoch.line(of: count))
    }
    try samples.samples.throwIfFailed()
    try testSamples?.samples.throwIfFailed()
    let report = TrainRPUReport(
      request: request, images: samples.training.count, tests: testSamples?.training.count,
      layers: TrainRPUReport.layers(of: arrays), epochs: epochs,
      multiplications: plan.multiplications, wallSeconds: watch.seconds)
    try outputs.write(trainer.trained(), report)
    return report
  }

  private func network(
    _ request: TrainRPURequest, arranging data: inout DataRequest, _ test: inout DataRequest?
  ) throws(CompileError) -> ANNGraph {
    guard request.model != TrainRPURequest.builtInModel else {
      return try liftingDiagnostic { () throws(Diagnostic) in
        try ANNGraph.leNet(seed: request.training.seed)
      }
    }
    var graph = try loadANN(request.model, request.importing, arranging: &data)
    if var other = test {
      (other.preprocessing.prefersChannelsFirst, other.preprocessing.integerInputs) = (
        data.preprocessing.prefersChannelsFirst, data.preprocessing.integerInputs
      )
      test = other
    }
    if graph.outputs.count > 1 { throw CompileError(.severalRPUOutputs(graph.outputs.count)) }
    if request.fromScratch { graph.forget(seed: request.training.seed) }
    return graph
  }

  private func labelled(
    _ request: DataRequest, _ graph: ANNGraph
  ) throws(CompileError) -> (samples: Samples, training: TrainingData) {
    let samples = try Samples(
      request, for: graph.networkInputs, classifier: graph.classifier, console: console)
    guard let labels = samples.labels else { throw CompileError(.rpuLabelsMissing()) }
    return (samples, TrainingData(labels: labels) { samples.values($0) })
  }

  /// Returns what the layers' matrices lie on.
  private func matrices(
    _ request: TrainRPURequest
  ) throws(CompileError) -> any LearningMatrices {
    let machine = try target(request.target)
    guard machine.hasAnalogArrays, let core = machine.cores.first, let array = core.analog else {
      throw CompileError(.noArrays(request.target))
    }
    guard !request.isExact else { return ExactMatrices() }
    try ArrayTraining.check(array, name: core.name, target: request.target)
    let ignored = array.membersNotOfTraining
    if !ignored.isEmpty { console.report(.notEmulated(ignored, of: request.target)) }
    let features = try ArrayFeatures.all(of: machine)
    if features.count > 1 {
      console.report(.oneClassLearns(features.map(\.name), of: request.target))
    }
    let model = try PulsedDeviceModel(array, overrides: request.devices)
    let reads = try liftingDiagnostic { () throws(Diagnostic) in
      try ReadParameters(array, name: request.target)
    }
    var training = ArrayTraining(
      model, array: array, features: features[0], forward: reads.forward,
      backward: reads.backward)
    request.noiseManagement.map { training.setNoiseManagement($0) }
    request.boundManagement.map { training.setBoundManagement($0) }
    if let slots = request.slots { training.pulses.slots = slots }
    training.pulses.managesSlots = request.managesSlots
    training.pulses.managesGains = request.managesGains
    training.devicesPerWeight = request.devicesPerWeight
    training.chipSeed = request.chipSeed
    training.runSeed = request.training.seed
    try liftingDiagnostic { () throws(Diagnostic) in try training.check() }
    return TrainedArrays(training)
  }
}

extension ArrayTraining {

  /// Sets how vectors are scaled, in both directions.
  fileprivate mutating func setNoiseManagement(_ management: TrainRPURequest.Management) {
    let choice = management == .absMax ? NoiseManagement.absoluteMaximum : .none
    (forward.noiseManagement, backward.noiseManagement) = (choice, choice)
  }

  /// Sets what happens where outputs of forward reads are clipped, with the machine's limits.
  fileprivate mutating func setBoundManagement(_ management: TrainRPURequest.Management) {
    switch management {
    case .iterative:
      if case .iterative = forward.boundManagement { return }
      forward.boundManagement = .iterative(factor: 1000, resolution: 0.25)
    case .worstCase:
      if case .worstCase = forward.boundManagement { return }
      forward.boundManagement = .worstCase(weight: 0.6, resolution: 0.25)
    case .none, .absMax:
      (forward.boundManagement, backward.boundManagement) = (.none, .none)
    }
  }
}

/// The files that a run writes, known to be writable before the long part.
private struct RPUOutputs {

  private let text: TextOutput?
  private let plot: OutputFile?
  private let isPage: Bool

  init(_ request: TrainRPURequest, session: Session) throws(CompileError) {
    let inputs = request.data.files + (request.test?.files ?? []) + [request.model]
    if let output = request.output {
      guard output.hasSuffix(".sir") else {
        throw CompileError(.unknownRPUOutput("-o", output, ".sir (text form)"))
      }
      for path in [output, containerPath(output)] {
        try session.refuse(output: path, overwriting: inputs)
      }
    }
    if let plot = request.plot {
      guard plot.hasSuffix(".svg") || plot.hasSuffix(".html") else {
        throw CompileError(.unknownRPUOutput("--plot", plot, ".svg or .html"))
      }
      try session.refuse(output: plot, overwriting: inputs)
    }
    isPage = request.plot?.hasSuffix(".html") ?? false
    text = try liftingDiagnostic { () throws(Diagnostic) in
      try request.output.map { path throws(Diagnostic) in try TextOutput(creating: path) }
    }
    plot = try liftingDiagnostic { () throws(Diagnostic) in
      try request.plot.map { path throws(Diagnostic) in try OutputFile(creating: path) }
    }
  }

  func write(_ graph: ANNGraph, _ report: TrainRPUReport) throws(CompileError) {
    try liftingDiagnostic { () throws(Diagnostic) in
      if let text { try text.write(.ann(graph)) }
      guard let plot else { return }
      try plot.write(Array((isPage ? report.page.text : report.chart.standalone).utf8))
      try plot.commit()
    }
  }
}

extension OnlineEpoch {

  /// The epoch as a line.
  fileprivate func line(of epochs: Int) -> String {
    var text =
      "epoch \(epoch) of \(epochs): loss \(fixed(training.loss, 4)), error "
      + percentText(1 - training.accuracy)
    if let test {
      text += ", test: loss \(fixed(test.loss, 4)), error \(percentText(1 - test.accuracy))"
    }
    return text + ", \(fixed(seconds, 1)) s"
  }
}

extension Diagnostic {

  /// Returns an error about samples without classes.
  fileprivate static func rpuLabelsMissing() -> Diagnostic {
    .error(
      "train-rpu.no-labels", "training needs the class of each image",
      notes: ["give them with --labels, and those of --test-data with --test-labels"],
      exitCode: .usage)
  }

  /// Returns an error about a network with several outputs.
  fileprivate static func severalRPUOutputs(_ count: Int) -> Diagnostic {
    .error(
      "train-rpu.several-outputs",
      "the network has \(count, of: "output"), expected one of classes",
      notes: ["give a network whose output are the classes"])
  }

  /// Returns a warning about a machine of whose arrays only some learn.
  fileprivate static func oneClassLearns(_ classes: [String], of target: String) -> Diagnostic {
    .warning(
      "train-rpu.one-class",
      "'\(target)' has arrays of \(classes.count) classes, all layers learn on those of "
        + "'\(classes[0])'",
      notes: ["leave the others out of the description, or put another class first"])
  }

  /// Returns a warning about members of a description that training passes over.
  fileprivate static func notEmulated(_ members: [String], of target: String) -> Diagnostic {
    .warning(
      "train-rpu.not-emulated",
      "training on '\(target)' does not emulate "
        + members.map { "'\($0)'" }.joined(separator: ", "),
      notes: ["'spikec run' does, for a network that 'spikec compile' has laid out"])
  }

  /// Returns an error about a machine without arrays.
  fileprivate static func noArrays(_ target: String) -> Diagnostic {
    .error(
      "train-rpu.no-arrays", "the target '\(target)' has no analog arrays to train on",
      notes: ["'spikec list targets' names the targets with their families"], exitCode: .usage)
  }

  /// Returns an error about a file whose format is not known.
  fileprivate static func unknownRPUOutput(
    _ option: String, _ path: String, _ endings: String
  ) -> Diagnostic {
    .error(
      "train-rpu.unknown-output", "'\(option) \(path)' must end in \(endings)", exitCode: .usage)
  }
}
