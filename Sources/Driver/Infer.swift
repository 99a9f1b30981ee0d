// The command `infer`: the imported network itself on samples, the reference of everything else.

internal import DataIO
package import Diagnostics
internal import Kernels
package import PluginAPI
internal import SpikeIR
internal import SpikeInterpreter
internal import Synchronization

/// What the user asks of `infer`.
package struct InferRequest: Sendable {

  /// The model file.
  package var model: String

  /// How the model file is read.
  package var importing = ImportOptions()

  /// The samples.
  package var data = DataRequest()

  /// Where to write the outputs, if anywhere.
  package var output: String?

  /// The number of threads, if not as many as processors.
  package var threads: Int?

  /// The files that make up the model.
  var modelFiles: [String] { [model] + [importing.architecture].compactMap { $0 } }

  /// Creates a request to run `model`.
  package init(model: String) {
    self.model = model
  }
}

extension Session {

  /// Runs a network of tensor operators on samples.
  ///
  /// - Throws: what opening, reading and executing throw.
  package func infer(_ request: InferRequest) throws(CompileError) -> RunReport {
    try refuse(output: request.output, overwriting: request.modelFiles + request.data.files)
    let output = try request.output.map { path throws(CompileError) in
      try liftingDiagnostic { () throws(Diagnostic) in try OutputFile(creating: path) }
    }
    let graph = try loadANN(request.model, request.importing)
    let samples = try Samples(
      request.data, for: graph.networkInputs, classifier: graph.classifier, console: console)
    let executor = try ANNExecutor(graph)
    let threads = request.threads ?? processorCount
    let results = Outputs(count: samples.count, shape: graph.firstOutputShape)
    let watch = Stopwatch()
    try executor.run(samples, into: results, threads: threads, "inferring", console)
    let seconds = watch.seconds
    if graph.outputs.count > 1 && (request.output != nil || samples.labels != nil) {
      console.report(.severalOutputs(graph.outputs.count))
    }
    let accuracy = graph.classifier.flatMap { results.accuracy($0, samples.labels) }
    if let output { try results.write(to: output) }
    let layers = graph.nodes.elements.map {
      RunReport.Layer(name: $0.name, neurons: $0.shape.count)
    }
    return RunReport(
      artefact: request.model, images: samples.count, accuracy: accuracy, wallSeconds: seconds,
      threads: threads, peakMemoryBytes: peakMemory(), layers: layers)
  }

  /// Loads the model at `path`, which must be at the level `ann`.
  ///
  /// - Throws: what loading throws; `driver.wrong-level` for a spiking network.
  func loadANN(
    _ path: String, _ options: ImportOptions
  ) throws(CompileError) -> ANNGraph {
    guard case .ann(let graph) = try loadModel(path, options).program else {
      throw CompileError(.wrongLevel(path, found: .snn, hint: "run it with 'spikec run'"))
    }
    return graph
  }
}

extension ANNExecutor {

  /// Runs the network on `samples` and puts its first outputs into `results`.
  ///
  /// - Throws: what executing and reading samples throw.
  func run(
    _ samples: Samples, into results: Outputs, threads: Int, _ task: String, _ console: Console
  ) throws(CompileError) {
    try liftingDiagnostic { () throws(Diagnostic) in
      try forEachSample(
        count: samples.count, threads: threads, input: { samples.values($0) },
        progress: { console.progress(task, Double($0) / Double(samples.count)) }
      ) { i, values in
        if let first = values.first { results.set(i, first) }
      }
    }
    try samples.throwIfFailed()
  }
}

extension Diagnostic {

  /// Returns a warning about outputs that are not used.
  static func severalOutputs(_ count: Int) -> Diagnostic {
    .warning(
      "driver.several-outputs", "the network has \(count) outputs, of which the first is taken")
  }
}

/// The first outputs of a network for all samples, filled by any number of threads.
final class Outputs: Sendable {

  /// The shape of one output.
  let shape: Shape

  private let rows: Mutex<[[Float]]>

  /// Creates a list of `count` outputs that are not known yet.
  init(count: Int, shape: Shape) {
    self.shape = shape
    rows = Mutex([[Float]](repeating: [], count: count))
  }

  /// Notes the output for sample i.
  func set(_ i: Int, _ values: [Float]) {
    rows.withLock { $0[i] = values }
  }

  /// Returns the part of the samples whose class is right, `nil` without labels.
  func accuracy(_ classifier: Classifier, _ labels: [Int]?) -> Double? {
    guard labels != nil else { return nil }
    return Classifier.accuracy(rows.withLock { $0.map(classifier.classify) }, labels)
  }

  /// Writes the outputs as a NumPy array [samples, shape].
  ///
  /// - Throws: `output.cannot-write` or `output.write-failed`.
  func write(to file: OutputFile) throws(CompileError) {
    let all = rows.withLock { $0 }
    let elements = Array(all.joined())
    try liftingDiagnostic { () throws(Diagnostic) in
      try writeNPY(elements, shape: Shape([all.count] + shape.extents), to: file)
      try file.commit()
    }
  }
}

extension ANNGraph {

  /// The inputs, in order.
  var networkInputs: [NetworkInput] {
    inputs.map { NetworkInput(name: self[$0].name, shape: self[$0].shape) }
  }

  /// The shape of the first output.
  var firstOutputShape: Shape { outputs.first.map { self[$0].shape } ?? [] }

  /// How the first output names a class, `nil` if it does not.
  var classifier: Classifier? {
    guard let first = outputs.first else { return nil }
    var isProbability = false
    if case .activation(let activation) = self[first].op {
      isProbability = activation.kind == .sigmoid || activation.kind == .hardSigmoid
    }
    return Classifier(self[first].shape, isProbability: isProbability)
  }
}
