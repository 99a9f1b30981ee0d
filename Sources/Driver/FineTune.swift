// The command `finetune`: gradient training of the folded network as its neurons will spike.

internal import DataIO
package import Diagnostics
internal import KerasFrontend
internal import Kernels
package import PluginAPI
internal import SpikeIR
internal import SpikePasses
package import SpikeTraining

/// What the user asks of `finetune`.
package struct FineTuneRequest: Sendable {

  /// The model file.
  package var model: String

  /// How the model file is read.
  package var importing = ImportOptions()

  /// Where to write: the text form (.sir), or a Keras file (.h5).
  package var output: String

  /// The samples with their classes.
  package var data = DataRequest()

  /// The neurons and the code that the network is trained for.
  package var conversion = ConversionRequest()

  /// How it is trained; the number of threads is taken from `threads`.
  package var training = TrainingOptions()

  /// How many samples are held out; a tenth, at most 5,000, if absent.
  package var held: Int?

  /// How many samples ranges are measured on.
  package var calibrationLimit = 512

  /// The number of threads, if not as many as processors.
  package var threads: Int?

  /// Creates a request to train `model` and write it to `output`.
  package init(model: String, output: String) {
    (self.model, self.output) = (model, output)
  }

  /// Refuses networks that cannot be trained, or not as they would spike, before the long part.
  ///
  /// - Throws: `finetune.several-outputs`, `finetune.no-images`, what `convert` refuses.
  func check(_ graph: ANNGraph) throws(CompileError) {
    if graph.outputs.count > 1 { throw CompileError(.severalOutputs(graph.outputs.count)) }
    let check = ConversionCheck(graph)
    if !check.converts { throw CompileError(check.problems) }
    let shift = training.augmentation.shift
    guard shift > 0 || training.augmentation.mirrors else { return }
    for input in graph.networkInputs {
      let size = input.shape.extents.dropLast()
      guard size.count == 2, size.allSatisfy({ $0 > shift }) else {
        throw CompileError(.noImages(input.shape, shift: shift))
      }
    }
  }

  /// `true` iff a Keras file is written.
  var writesKeras: Bool { output.hasSuffix(".h5") || output.hasSuffix(".hdf5") }
}

extension Session {

  /// Trains a model as its neurons will spike, and writes it.
  ///
  /// - Throws: `finetune.no-labels` if the loss needs classes, what loading, passes, training and
  ///   writing throw; nothing is written then.
  package func fineTune(_ request: FineTuneRequest) throws(CompileError) -> FineTuneReport {
    let watch = Stopwatch()
    let job = try FineTuneJob(request, session: self)
    var data = request.data
    let graph = try loadANN(request.model, request.importing, arranging: &data)
    try request.check(graph)
    let samples = try Samples(
      data, for: graph.networkInputs, classifier: graph.classifier, console: console)
    guard samples.labels != nil || request.training.distillation.weight == 1 else {
      throw CompileError(.labelsMissing())
    }
    let held = request.held ?? min(5000, samples.count / 10)
    guard held < samples.count else {
      throw CompileError(.nothingLeft(held: held, of: samples.count))
    }
    let (folded, network) = try job.networks(of: graph, samples)
    let plan = try TrainingPlan(network, neurons: try job.neurons(of: network))
    var options = request.training
    options.threads = request.threads ?? processorCount
    let model = try TrainingPlan(graph)
    let training = try job.data(samples, answersOf: model, options)
    let reference = try job.reference(model, training, held, options)
    let trainer = try Trainer(plan, options, teacher: model)
    let (console, epochs) = (console, options.epochs)
    let result = try trainer.train(on: training, holdingOut: held) { epoch, part in
      console.progress("epoch \(epoch) of \(epochs)", part)
    } report: { epoch in
      console.progress("", 1)
      console.say(epoch.line(of: epochs))
    }
    try samples.throwIfFailed()
    try job.write(result.graph, folded: folded, imported: graph, samples)
    return FineTuneReport(
      request: request, images: samples.count, held: held, reference: reference, result: result,
      parameters: plan.parameterCount, multiplications: plan.multiplications,
      threads: options.threads, wallSeconds: watch.seconds)
  }
}

/// A run of training whose options are checked and whose output can be written.
private struct FineTuneJob {

  let request: FineTuneRequest
  let session: Session
  let text: TextOutput?
  let keras: OutputFile?

  /// The Keras file whose weights are replaced, if one is written.
  let model: RewritableKerasModel?

  init(_ request: FineTuneRequest, session: Session) throws(CompileError) {
    (self.request, self.session) = (request, session)
    let inputs =
      [request.model, containerPath(request.model)]
      + [request.importing.architecture].compactMap { $0 } + request.data.files
    try session.refuse(output: request.output, overwriting: inputs)
    if request.writesKeras {
      // Whether the file can be written is known before the long part.
      model = try FineTuneJob.rewritable(request)
      text = nil
      keras = try liftingDiagnostic { () throws(Diagnostic) in
        try OutputFile(creating: request.output)
      }
    } else if request.output.hasSuffix(".sir") {
      try session.refuse(output: containerPath(request.output), overwriting: inputs)
      (model, keras) = (nil, nil)
      text = try liftingDiagnostic { () throws(Diagnostic) in
        try TextOutput(creating: request.output)
      }
    } else {
      throw CompileError(.unknownOutput(request.output))
    }
  }

  private static func rewritable(
    _ request: FineTuneRequest
  ) throws(CompileError) -> RewritableKerasModel {
    let file = try liftingDiagnostic { () throws(Diagnostic) in
      try InputFile(path: request.model)
    }
    let isKeras = KerasFrontend().recognizes(path: request.model, prefix: file.prefix)
    guard isKeras, !file.isText, request.importing.architecture == nil else {
      throw CompileError(.notKeras(request.model))
    }
    return try RewritableKerasModel(path: request.model)
  }

  /// Returns the network with normalizations folded, and the one that is trained.
  func networks(
    of graph: ANNGraph, _ samples: Samples
  ) throws(CompileError) -> (folded: ANNGraph, trained: ANNGraph) {
    var context = PassContext()
    context.threads = request.threads ?? processorCount
    context.preprocessing = samples.preprocessing
    let count = min(samples.count, request.calibrationLimit)
    context.calibration = CalibrationInputs(count: count) { samples.values($0) }
    var program = Program.ann(graph)
    let preparation = try liftingDiagnostic { () throws(Diagnostic) in
      try request.conversion.preparation()
    }
    // A network that was softened before keeps the responses that it was trained with.
    let isSoftened = graph.softenedLayer != nil
    try run(preparation, on: &program, &context)
    guard case .ann(let folded) = program else { return (graph, graph) }
    if request.conversion.neuron == .leaky && !isSoftened {
      try run(ConversionRequest.softening, on: &program, &context)
    }
    guard case .ann(let trained) = program else { return (folded, folded) }
    return (folded, trained)
  }

  private func run(
    _ passes: String, on program: inout Program, _ context: inout PassContext
  ) throws(CompileError) {
    let run = try liftingDiagnostic { () throws(Diagnostic) in
      try PassRun(
        PassRequest(), standard: passes, upTo: .ann, registry: session.registry,
        console: session.console)
    }
    _ = try run.apply(to: &program, &context)
  }

  /// Returns the staircases of the spike code, for integrate-and-fire neurons.
  func neurons(of graph: ANNGraph) throws(CompileError) -> [NodeID: TrainedNeuron] {
    guard request.conversion.neuron == .integrateAndFire else { return [:] }
    var result: [NodeID: TrainedNeuron] = [:]
    try liftingDiagnostic { () throws(Diagnostic) in
      let levels = try request.conversion.spikeCode().levels
      for id in graph.ids where graph[id].op != .input {
        guard let threshold = graph[id].threshold else { continue }
        var thresholds = try graph.tensors.floats(threshold)
        let channels = graph[id].shape.channels
        if let only = thresholds.first, thresholds.count == 1 {
          thresholds = [Float](repeating: only, count: channels)
        }
        var isSigned = true
        if case .activation(let function) = graph[id].op { isSigned = function.kind != .relu }
        result[id] = .staircase(thresholds: thresholds, levels: levels, isSigned: isSigned)
      }
    }
    return result
  }

  /// Returns the samples with their classes; those that the model names if none are given.
  func data(
    _ samples: Samples, answersOf model: TrainingPlan, _ options: TrainingOptions
  ) throws(CompileError) -> TrainingData {
    if let labels = samples.labels {
      return TrainingData(labels: labels) { samples.values($0) }
    }
    let unnamed = TrainingData(labels: [Int](repeating: 0, count: samples.count)) {
      samples.values($0)
    }
    let answers = try Trainer(model, options).answers(unnamed)
    return TrainingData(labels: answers) { samples.values($0) }
  }

  /// Returns how good the model itself is on the samples held out.
  func reference(
    _ model: TrainingPlan, _ data: TrainingData, _ held: Int, _ options: TrainingOptions
  ) throws(CompileError) -> Evaluation? {
    guard held > 0 else { return nil }
    let trainer = try Trainer(model, options)
    return trainer.evaluate(
      data, Trainer.split(data.count, holdingOut: held, seed: options.seed).heldOut)
  }

  /// Writes the trained network.
  func write(
    _ trained: ANNGraph, folded: ANNGraph, imported: ANNGraph, _ samples: Samples
  ) throws(CompileError) {
    if let text {
      try liftingDiagnostic { () throws(Diagnostic) in try text.write(.ann(trained)) }
    }
    guard let keras, let model else { return }
    var plain = folded
    try liftingDiagnostic { () throws(Diagnostic) in try plain.takeWeights(of: trained) }
    let weights = KerasWeights(original: imported, folded: plain)
    let elements = try liftingDiagnostic { () throws(Diagnostic) in try weights.elements() }
    try weights.check(elements, on: (0..<min(8, samples.count)).map { samples.values($0) })
    try liftingDiagnostic { () throws(Diagnostic) in
      try keras.write(try model.replacing(try readFile(request.model), elements))
      try keras.commit()
    }
  }
}

extension ANNGraph {

  /// Takes the kernels and biases of the layers of the same names.
  fileprivate mutating func takeWeights(of other: ANNGraph) throws(Diagnostic) {
    var trained: [String: Op] = [:]
    for node in other.nodes.elements { trained[node.name] = node.op }
    for id in ids {
      guard self[id].op.weights != nil, let op = trained[self[id].name], let theirs = op.weights
      else { continue }
      let kernel = copy(theirs.kernel, of: other)
      let bias = theirs.bias.map { copy($0, of: other) }
      switch self[id].op {
      case .conv2d(var conv):
        (conv.kernel, conv.bias) = (kernel, bias)
        self[id].op = .conv2d(conv)
      case .dense(var dense):
        (dense.kernel, dense.bias) = (kernel, bias)
        self[id].op = .dense(dense)
      default: break
      }
    }
  }

  private mutating func copy(_ id: TensorID, of other: ANNGraph) -> TensorID {
    tensors.add(other.tensors[id])
  }
}

extension EpochReport {

  /// The epoch as a line.
  fileprivate func line(of epochs: Int) -> String {
    var text = "epoch \(epoch) of \(epochs): loss \(fixed(loss, 4))"
    if let validation {
      text += ", held out: loss \(fixed(validation.loss, 4)), \(percentText(validation.accuracy))"
    }
    if let agreement = validation?.agreement {
      text +=
        ", divergence \(fixed(agreement.divergence, 5)), as the model \(percentText(agreement.part))"
    }
    return text + ", \(fixed(seconds, 1)) s"
  }
}

extension Diagnostic {

  /// Returns an error about samples without classes.
  fileprivate static func labelsMissing() -> Diagnostic {
    .error(
      "finetune.no-labels", "training needs the class of each image",
      notes: [
        "give them with --labels", "or leave what the model says as the only aim: --distill 1",
      ],
      exitCode: .usage)
  }

  /// Returns an error about a network with several outputs.
  fileprivate static func severalOutputs(_ count: Int) -> Diagnostic {
    .error(
      "finetune.several-outputs",
      "the network has \(count, of: "output"): training with one class for each image would spoil "
        + "the others",
      notes: ["give a network whose output are the classes"])
  }

  /// Returns an error about the variation of inputs that are no images, or small ones.
  fileprivate static func noImages(_ shape: Shape, shift: Int) -> Diagnostic {
    .error(
      "finetune.no-images",
      "inputs of shape \(shape) cannot be mirrored, or shifted by \(shift)",
      notes: ["leave out --mirror and --shift, or shift by less than the image's size"],
      exitCode: .usage)
  }

  /// Returns an error about samples that are all held out.
  fileprivate static func nothingLeft(held: Int, of count: Int) -> Diagnostic {
    .error(
      "finetune.nothing-left",
      "\(held) of \(count, of: "sample") are held out: none is left to train on",
      notes: ["hold out fewer with --validation"], exitCode: .usage)
  }

  /// Returns an error about an output whose format is not known.
  fileprivate static func unknownOutput(_ path: String) -> Diagnostic {
    .error(
      "finetune.unknown-output",
      "'-o \(path)' must end in .sir (text form) or .h5 (Keras)", exitCode: .usage)
  }

  /// Returns an error about a Keras output of a model of another framework.
  fileprivate static func notKeras(_ path: String) -> Diagnostic {
    .error(
      "finetune.not-keras",
      "a .h5 file can only be written from a Keras model, whose layers it keeps",
      at: .file(path), notes: ["write the network as text: -o NAME.sir"], exitCode: .usage)
  }
}
