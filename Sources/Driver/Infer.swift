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
    var data = request.data
    let graph = try loadANN(request.model, request.importing, arranging: &data)
    let samples = try Samples(
      data, for: graph.networkInputs, classifier: graph.classifier, console: console)
    let executor = try ANNExecutor(graph)
    let threads = request.threads ?? processorCount
    let results = Outputs(count: samples.count, graph.networkOutputs)
    let watch = Stopwatch()
    try executor.run(samples, into: results, threads: threads, "inferring", console)
    let seconds = watch.seconds
    if let warning = results.warning(request.output, hasLabels: samples.labels != nil) {
      console.report(warning)
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

  /// Runs a network of tensor operators on samples.
  ///
  /// - Parameters:
  ///   - graph: the network.
  ///   - samples: what it is run on.
  ///   - task: what is being done, for the progress bar.
  /// - Returns: the outputs.
  /// - Throws: what executing and reading samples throw.
  func execute(
    _ graph: ANNGraph, on samples: Samples, _ task: String
  ) throws(CompileError) -> Outputs {
    let results = Outputs(count: samples.count, graph.networkOutputs)
    try ANNExecutor(graph).run(samples, into: results, threads: processorCount, task, console)
    return results
  }

  /// Loads the model at `path`, which must be at the level `ann`, and notes in `data` how its file
  /// has its inputs.
  ///
  /// - Throws: what loading throws; `driver.wrong-level` for a spiking network.
  func loadANN(
    _ path: String, _ options: ImportOptions, arranging data: inout DataRequest
  ) throws(CompileError) -> ANNGraph {
    let model = try loadModel(path, options)
    guard case .ann(let graph) = model.program else {
      throw CompileError(.wrongLevel(path, found: .snn, hint: "run it with 'spikec run'"))
    }
    model.arrange(&data.preprocessing)
    return graph
  }
}

extension ANNExecutor {

  /// Runs the network on `samples` and puts its outputs into `results`.
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
        results.set(i, Array(values.joined()))
      }
    }
    try samples.throwIfFailed()
  }
}

extension ANNGraph {

  /// The inputs, in order.
  var networkInputs: [NetworkInput] {
    inputs.map { NetworkInput(name: self[$0].name, shape: self[$0].shape) }
  }

  /// The outputs, in order.
  var networkOutputs: [NetworkOutput] {
    outputs.map { NetworkOutput(name: self[$0].name, shape: self[$0].shape) }
  }

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
