// The samples on which passes measure, handed to them in the form that they take.

internal import DataIO
internal import Diagnostics
internal import EventCPU
internal import PluginAPI
internal import SpikeIR

extension Session {

  /// Opens the samples of `request` for the passes `run` that will transform `program`, and puts
  /// them, their preprocessing and an executor into `context`; `nil` if the user gave none.
  ///
  /// - Throws: what opening the samples throws.
  func calibrationSamples(
    _ request: DataRequest, for run: PassRun, on program: Program, in context: inout PassContext
  ) throws(CompileError) -> Samples? {
    context.simulator = EventSimulator()
    guard !request.data.isEmpty else {
      context.preprocessing = try statedPreprocessing(request, for: program)
      // Where samples are needed and missing, that is what the user is told.
      if request.preprocessing.isEmpty && run.contains("convert") && !run.contains("calibrate") {
        console.report(.assumedPreprocessing())
      }
      return nil
    }
    let (inputs, classifier) = program.interface
    let samples = try Samples(request, for: inputs, classifier: classifier, console: console)
    guard samples.preprocessings.allSatisfy({ $0 == samples.preprocessing }) else {
      throw CompileError(.differentPreprocessing())
    }
    context.preprocessing = samples.preprocessing
    context.calibration = CalibrationInputs(count: samples.count) { samples.values($0) }
    return samples
  }

  /// Returns the preprocessing that the user stated, for a network compiled without samples.
  private func statedPreprocessing(
    _ request: DataRequest, for program: Program
  ) throws(CompileError) -> Preprocessing {
    var sink = DiagnosticSink()
    let shape = program.interface.inputs.first?.shape ?? []
    return try liftingDiagnostic { () throws(Diagnostic) in
      try request.preprocessing.resolved(for: .float32, shape: shape, sink: &sink)
    }
  }
}

extension Diagnostic {

  /// Returns an error about inputs for which different factors follow from their types.
  fileprivate static func differentPreprocessing() -> Diagnostic {
    .error(
      "data.different-scale", "the inputs have different types, for which scales differ",
      notes: ["give --scale: one factor is stored for all inputs"], exitCode: .usage)
  }

  /// Returns a remark on a conversion without data from which a scale would follow.
  fileprivate static func assumedPreprocessing() -> Diagnostic {
    .remark(
      "data.assumed-scale", "there are no samples: raw data are taken as they are, scale 1",
      notes: ["give --scale 1/255 if the network will be run on 8-bit images"])
  }
}

extension Program {

  /// What the network takes, and how its first output names a class.
  var interface: (inputs: [NetworkInput], classifier: Classifier?) {
    switch self {
    case .ann(let graph): (graph.networkInputs, graph.classifier)
    case .snn(let graph): (graph.networkInputs, graph.classifier)
    case .mapped(let mapped): (mapped.graph.networkInputs, mapped.graph.classifier)
    }
  }
}

extension SpikingGraph {

  /// The inputs, in order, with the preprocessing that is stored.
  var networkInputs: [NetworkInput] {
    encoders.map { encoder in
      let population = self[encoder.population]
      return NetworkInput(
        name: population.name, shape: population.shape, stored: encoder.preprocessing)
    }
  }

  /// The outputs, in order.
  var networkOutputs: [NetworkOutput] {
    decoders.map {
      NetworkOutput(
        name: self[$0.population].name, shape: $0.shape ?? self[$0.population].shape)
    }
  }

  /// How the first output names a class, `nil` if it does not.
  var classifier: Classifier? {
    guard let first = decoders.first else { return nil }
    return Classifier(self[first.population].shape, isProbability: first.function == .sigmoid)
  }
}
