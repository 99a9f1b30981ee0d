// The frontend: recognizing Keras files and the way from the file to the graph.

package import Diagnostics
internal import JSONReading
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

  /// Returns the layers of the file at `path` with what the file says about itself.
  package func listing(path: String, options: ImportOptions) -> ModelListing? {
    var sink = DiagnosticSink()
    guard let (source, model) = try? described(path, options, sink: &sink) else { return nil }
    return ModelListing(
      name: model.name, provenance: source.provenance,
      inputs: model.inputs.map { input in
        let config = model.layers.first { $0.name == input.layer }?.config
        let shape = config?["batch_input_shape"] ?? config?["batch_shape"]
        return ModelListing.End(input.layer, shape: shape?.excerpt ?? "")
      },
      outputs: model.outputs.map { ModelListing.End($0.layer, shape: "") },
      layers: model.listedLayers)
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
    var (source, model) = try liftingDiagnostic { () throws(Diagnostic) in
      try described(path, options, sink: &warnings)
    }
    try model.checkLayers()
    model.reportUnused(to: &warnings)
    try source.layout.assign(to: &model, sink: &warnings)
    var importer = Importer(name: model.name, file: path, arrays: source.layout.arrays)
    let graph = try importer.run(model)
    let imported = ImportedModel(
      graph: graph, provenance: source.provenance,
      inputs: model.inputs.map { FileValue(isInteger: model.takesIntegers($0)) })
    return (imported, source, importer.places)
  }

  /// Returns the files of the model at `path` and the description of its network.
  private func described(
    _ path: String, _ options: ImportOptions, sink: inout DiagnosticSink
  ) throws(Diagnostic) -> (ModelSource, ModelSpec) {
    let source = try ModelFormat.open(path, options, sink: &sink)
    let (origin, json) = (source.config.place, try source.config.parsed())
    guard source.generation == .one else {
      let parser = ModelParser(origin: origin, generation: source.generation)
      return (source, try parser.parse(json))
    }
    let parser = ModelParser(origin: origin, generation: .two)
    return (source, try parser.parse(try Keras1.translated(json, origin: origin)))
  }
}

extension ModelSpec {

  /// The layers, those of models inside in place of them.
  fileprivate var listedLayers: [ModelListing.Layer] {
    layers.flatMap { layer in
      layer.model?.listedLayers ?? [
        ModelListing.Layer(
          layer.config.place.path, kind: layer.config.className, site: layer.config.place.site)
      ]
    }
  }

  /// Returns whether the file declares an input to hold integers.
  fileprivate func takesIntegers(_ input: Reference) -> Bool {
    let type = layers.first { $0.name == input.layer }?.config["dtype"]?.string ?? ""
    return type.hasPrefix("int") || type.hasPrefix("uint")
  }

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
    case "TimeDistributed":
      "a Dense in it may stand alone, for it works along the last axis anyway; for others fold the "
        + "time into the batch, or use a convolution"
    case "LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM1D", "ConvLSTM2D", "Bidirectional":
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
