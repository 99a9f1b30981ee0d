// HDF5 files: whole models, and weights alone in the two layouts that Keras has had.

internal import Diagnostics
internal import HDF5
internal import PluginAPI

/// Reads HDF5 files, which may be a whole model or weights alone.
enum HDF5Container {

  /// Where a whole model has its weights.
  static let weightsGroup = "/model_weights"

  /// Opens the HDF5 file at `path`; warnings go to `sink`.
  ///
  /// - Throws: what opening throws; `keras.not-a-model`, `keras.unsupported-version`,
  ///   `keras.unused-architecture`, `keras.missing-weights`.
  static func open(
    _ path: String, _ options: ImportOptions, sink: inout DiagnosticSink
  ) throws(Diagnostic) -> ModelSource {
    let arrays = try ArrayFile(path: path)
    if let config = try arrays.string("model_config", of: "/") {
      if options.architecture != nil { throw .unusedArchitecture(path) }
      return try wholeModel(config, arrays, sink: &sink)
    }
    if arrays.kind(of: NumberedWeights.root) == .group
      || arrays.kind(of: NumberedWeights.oldRoot) == .group
    {
      return try numberedWeights(arrays, options, sink: &sink)
    }
    for group in ["/", weightsGroup] where try isGrouped(group, arrays) {
      return try groupedWeights(group, arrays, options, sink: &sink)
    }
    guard !arrays.has("nb_layers", of: "/") else {
      throw .unsupportedVersion(
        path, "the weights are of a Keras before 1.0 and do not name their layers")
    }
    throw .notKeras(path, members: try arrays.members(of: "/").map(\.name))
  }

  /// Returns whether the group lists layers.
  private static func isGrouped(_ group: String, _ arrays: ArrayFile) throws(Diagnostic) -> Bool {
    guard arrays.kind(of: group) == .group else { return false }
    return try arrays.list("layer_names", of: group) != nil
  }

  private static func wholeModel(
    _ config: String, _ arrays: ArrayFile, sink: inout DiagnosticSink
  ) throws(Diagnostic) -> ModelSource {
    let writer = try Writer(of: arrays, in: ["/", weightsGroup])
    let generation = try writer.generation(arrays.file, sink: &sink)
    guard let kind = arrays.kind(of: weightsGroup) else {
      throw .noWeights(arrays.file, "the file has no group '\(weightsGroup)'")
    }
    guard kind == .group else {
      throw .noWeights(arrays.file, "'\(weightsGroup)' is a dataset, expected a group")
    }
    return ModelSource(
      file: arrays.file, generation: generation,
      provenance: writer.provenance("Keras whole model, HDF5"),
      config: ConfigText(
        text: config, place: ConfigPlace(file: arrays.file, part: "model_config")),
      layout: GroupedWeights(
        arrays: arrays, group: weightsGroup,
        convention: try convention(generation, writer, arrays, weightsGroup)))
  }

  /// Returns how the kernels in `group` lie.
  ///
  /// Files of Keras 1 do not say which of its two backends wrote them, but the names of weights
  /// do: TensorFlow ends those of its variables with `:0`.
  private static func convention(
    _ generation: Generation, _ writer: Writer, _ arrays: ArrayFile, _ group: String
  ) throws(Diagnostic) -> KernelConvention {
    guard generation == .one, writer.backend == nil else {
      return KernelConvention(isKeras1: generation == .one, isTheano: writer.backend == "theano")
    }
    for layer in try arrays.list("layer_names", of: group) ?? [] {
      let path = group == "/" ? "/\(layer)" : "\(group)/\(layer)"
      guard let name = try arrays.list("weight_names", of: path)?.first else { continue }
      return KernelConvention(isKeras1: true, isTheano: !name.hasSuffix(":0"))
    }
    return KernelConvention(isKeras1: true)
  }

  private static func groupedWeights(
    _ group: String, _ arrays: ArrayFile, _ options: ImportOptions, sink: inout DiagnosticSink
  ) throws(Diagnostic) -> ModelSource {
    let architecture = try Architecture.required(options, for: arrays.file)
    // The description decides how it is read; either file may be the one that says who wrote it.
    let writer = try Writer(of: arrays, in: ["/", group])
    let describer = architecture.writer.version == nil ? writer : architecture.writer
    let generation = try describer.generation(arrays.file, sink: &sink)
    return ModelSource(
      file: arrays.file, generation: generation,
      provenance: (writer.version == nil ? describer : writer).provenance(
        "Keras weights by layer name, HDF5", architecture: architecture.config.place.file),
      config: architecture.config,
      layout: GroupedWeights(
        arrays: arrays, group: group, isComplete: true,
        convention: try convention(
          generation, writer.version == nil ? describer : writer, arrays, group)))
  }

  private static func numberedWeights(
    _ arrays: ArrayFile, _ options: ImportOptions, sink: inout DiagnosticSink
  ) throws(Diagnostic) -> ModelSource {
    let architecture = try Architecture.required(options, for: arrays.file)
    return ModelSource(
      file: arrays.file,
      generation: try architecture.writer.generation(architecture.config.place.file, sink: &sink),
      provenance: architecture.writer.provenance(
        "Keras weights by layer number (.weights.h5), HDF5",
        architecture: architecture.config.place.file),
      config: architecture.config,
      layout: NumberedWeights(arrays: arrays, isComplete: true))
  }
}
