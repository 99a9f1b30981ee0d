// The frontend: recognizing Keras files and the way from the file to the graph.

package import Diagnostics
package import PluginAPI
internal import SpikeIR

/// A reader of models that Keras 2 and 3 save, in every layout of files.
///
/// Models are Sequential or Functional, with any number of inputs, outputs and branches; layers
/// may be shared, and models may contain models, which are unfolded.
package struct KerasFrontend: Frontend {

  /// Creates the frontend.
  package init() {}

  /// The name of the frontend.
  package var name: String { "keras" }

  /// One line on what is read.
  package var summary: String {
    "models saved by Keras 1, 2 and 3: .keras archives, whole models and weights in HDF5 (.h5)"
  }

  /// Weights that were saved alone need the description of their network.
  package var takesArchitecture: Bool { true }

  /// Returns whether the file is HDF5, an archive or a description of a network: whatever is given
  /// as a model is taken for Keras's, so that what is missing in it can be said.
  package func recognizes(path: String, prefix: [UInt8]) -> Bool {
    let isNamed = [".keras", ".h5", ".hdf5"].contains { path.hasSuffix($0) }
    return ModelFormat(prefix).map { $0 != .archive || isNamed } ?? isNamed
  }

  /// Returns the network in the file at `path` and where it comes from; warnings go to `sink`.
  ///
  /// Weights stay in the file.
  ///
  /// - Throws: all problems found, with the layer and its place in the file.
  package func load(
    path: String, options: ImportOptions, sink: inout DiagnosticSink
  ) throws(CompileError) -> ImportedModel {
    try loadWithPlaces(path, options, sink: &sink).model
  }

  /// The layers that are read.
  package var layers: [SupportedLayer] {
    [SupportedLayer("InputLayer", "with fixed extents")]
      + LayerDefinition.all.flatMap(\.lines)
      + ModelParser.modelClasses.sorted().map { SupportedLayer($0, "as a layer, unfolded") }
  }
}

extension KerasFrontend {

  /// Returns the network in the file at `path`, its files, and where they have its weights.
  ///
  /// - Throws: all problems found.
  func loadWithPlaces(
    _ path: String, _ options: ImportOptions, sink: inout DiagnosticSink
  ) throws(CompileError) -> (
    model: ImportedModel, source: ModelSource, places: [TensorID: WeightPath]
  ) {
    var warnings = DiagnosticSink()
    defer { sink.report(contentsOf: warnings.diagnostics) }
    let source = try liftingDiagnostic { () throws(Diagnostic) in
      try ModelFormat.open(path, options, sink: &warnings)
    }
    var model = try liftingDiagnostic { () throws(Diagnostic) in
      let (origin, json) = (source.config.place, try source.config.parsed())
      guard source.generation == .one else {
        return try ModelParser(origin: origin, generation: source.generation).parse(json)
      }
      return try ModelParser(origin: origin, generation: .two)
        .parse(try Keras1.translated(json, origin: origin))
    }
    try model.checkLayers()
    model.reportUnused(to: &warnings)
    try source.layout.assign(to: &model, sink: &warnings)
    var importer = Importer(name: model.name, file: path, arrays: source.layout.arrays)
    let graph = try importer.run(model)
    return (ImportedModel(graph: graph, provenance: source.provenance), source, importer.places)
  }
}

extension ModelSpec {

  /// Checks that all layers are of known kinds with options that can be read.
  ///
  /// - Throws: one diagnostic for each that is not.
  func checkLayers() throws(CompileError) {
    var sink = DiagnosticSink()
    report(to: &sink)
    try sink.throwIfErrors()
  }

  private func report(to sink: inout DiagnosticSink) {
    for layer in layers where !layer.isInput {
      if let model = layer.model {
        model.report(to: &sink)
        continue
      }
      do throws(Diagnostic) {
        try layer.config.check()
      } catch {
        sink.report(error)
      }
    }
  }

  /// Reports the layers that no output needs.
  func reportUnused(to sink: inout DiagnosticSink) {
    let used = Set(order.map(\.layer))
    for (i, layer) in layers.enumerated() {
      if let model = layer.model { model.reportUnused(to: &sink) }
      guard !used.contains(i), !inputs.contains(where: { $0.layer == layer.name }) else { continue }
      sink.report(.unusedLayer(layer.config.place))
    }
  }
}

extension LayerConfig {

  /// Checks that the layer is of a known kind and its options can be read.
  fileprivate func check() throws(Diagnostic) {
    let isForeign =
      self["registered_name"]?.string != nil
      && !(self["module"]?.string?.hasPrefix("keras") ?? true)
    guard !isForeign, let definition = LayerDefinition.named(className) else {
      throw .unsupportedLayer(
        place, className: className, advice: UnsupportedLayers.advice(className))
    }
    if let policy = dtypePolicy, isQuantized(policy) {
      throw .unsupportedOption(
        place, "its weights are quantized by Keras ('\(policy)')",
        advice: "save the model before quantizing it")
    }
    try definition.check(self)
  }
}

/// Returns whether a policy stores weights in fewer bits, with scales of their own.
///
/// - Source: the policies that `keras.dtype_policies.get` of Keras 3.15 makes: `int8_from_float32`,
///   `float8_from_bfloat16`, `int4/128_from_float32`, `gptq/4/128_from_float32`.
private func isQuantized(_ policy: String) -> Bool {
  policy.contains("_from_") || ["int", "uint", "float8"].contains { policy.hasPrefix($0) }
}

/// What to do about layers that are not supported.
private enum UnsupportedLayers {

  /// Returns advice on a layer of the class `className`.
  static func advice(_ className: String) -> String {
    switch className {
    case "Lambda":
      "its Python code is not in the graph; replace it by layers such as Rescaling or ReLU"
    case "LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM1D", "ConvLSTM2D", "Bidirectional",
      "TimeDistributed":
      "recurrent layers are not supported; use convolutions over time"
    case "Conv3D", "Conv3DTranspose", "MaxPooling3D", "AveragePooling3D":
      "only one and two dimensions are supported"
    case "LayerNormalization", "GroupNormalization", "UnitNormalization":
      "its statistics depend on the input; train with BatchNormalization instead"
    default:
      "'spikec list layers' shows what is supported; replace the layer and train again"
    }
  }
}
