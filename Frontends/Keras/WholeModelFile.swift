// A legacy whole-model HDF5 file: its attributes, the description of the model, where weights are.

internal import Diagnostics
internal import HDF5
internal import PluginAPI

/// A legacy whole-model file, opened and checked.
struct WholeModelFile: ~Copyable, Sendable {

  /// The file.
  let hdf5: HDF5File

  /// Who wrote it.
  let generation: Generation

  /// What the file says about itself.
  let provenance: Provenance

  /// The text of the attribute `model_config`.
  let config: String

  /// Where the weights are.
  static let weightsGroup = "/model_weights"

  /// Opens the file at `path`; warnings go to `sink`.
  ///
  /// - Throws: what opening throws; `keras.not-a-model` or `keras.unsupported-version`.
  static func open(
    _ path: String, sink: inout DiagnosticSink
  ) throws(Diagnostic) -> WholeModelFile {
    let hdf5 = try HDF5File(
      readingAt: path,
      attributes: ["model_config", "keras_version", "backend", "layer_names", "weight_names"])
    guard hdf5.hasAttribute("model_config") else { throw try notAModel(hdf5) }
    let generation = try generation(hdf5, &sink)
    let config = try hdf5.string(attribute: "model_config")
    guard let kind = hdf5.kind(of: weightsGroup) else {
      throw .noWeights(path, "the file has no group '\(weightsGroup)'")
    }
    guard kind == .group else {
      throw .noWeights(path, "'\(weightsGroup)' is a dataset, expected a group")
    }
    let provenance = Provenance(
      format: "Keras whole model, HDF5", writer: "Keras",
      version: try attribute("keras_version", hdf5),
      properties: try attribute("backend", hdf5).map { [Provenance.Property("backend", $0)] } ?? [])
    return WholeModelFile(
      hdf5: hdf5, generation: generation, provenance: provenance, config: config)
  }

  /// Returns the error for an HDF5 file without a description of a model.
  private static func notAModel(_ hdf5: borrowing HDF5File) throws(Diagnostic) -> Diagnostic {
    let isWeights =
      hdf5.hasAttribute("layer_names") || hdf5.hasAttribute("layer_names0")
      || hdf5.kind(of: weightsGroup) == .group || hdf5.kind(of: "/layers") == .group
      || hdf5.kind(of: "/_layer_checkpoint_dependencies") == .group
    guard !isWeights else { return .weightsOnly(hdf5.path) }
    return .notKeras(hdf5.path, members: try hdf5.members().map(\.name))
  }

  /// Returns who wrote the file.
  private static func generation(
    _ hdf5: borrowing HDF5File, _ sink: inout DiagnosticSink
  ) throws(Diagnostic) -> Generation {
    if let backend = try attribute("backend", hdf5), backend == "theano" {
      throw .unsupportedVersion(
        hdf5.path, "written with the Theano backend, whose kernels are flipped")
    }
    guard let version = try attribute("keras_version", hdf5) else {
      throw .unsupportedVersion(
        hdf5.path, "the attribute 'keras_version' is missing, as in files of Keras 1")
    }
    switch version.split(separator: ".").first.flatMap({ Int($0) }) {
    case 2?: return .two
    case 3?: return .three
    case let number? where number > 3:
      sink.report(.newerVersion(hdf5.path, version))
      return .three
    case nil:
      throw .unsupportedVersion(hdf5.path, "the attribute 'keras_version' is '\(version)'")
    default: throw .unsupportedVersion(hdf5.path, "written by Keras \(version)")
    }
  }

  /// Returns the string attribute `name` of the file or of its group of weights.
  private static func attribute(
    _ name: String, _ hdf5: borrowing HDF5File
  ) throws(Diagnostic) -> String? {
    for place in ["/", weightsGroup] where hdf5.hasAttribute(name, of: place) {
      return try hdf5.string(attribute: name, of: place)
    }
    return nil
  }

  /// Returns the list attribute `name` of the object at `path`, `nil` if there is none.
  ///
  /// Long lists are split: `name0`, `name1` and so on.
  ///
  /// - Throws: `hdf5.bad-attribute`.
  func list(_ name: String, of path: String) throws(Diagnostic) -> [String]? {
    if hdf5.hasAttribute(name, of: path) { return try hdf5.strings(attribute: name, of: path) }
    var result: [String] = []
    var part = 0
    while hdf5.hasAttribute("\(name)\(part)", of: path) {
      result += try hdf5.strings(attribute: "\(name)\(part)", of: path)
      part += 1
    }
    return part == 0 ? nil : result
  }

  /// Returns where the weights of the layer called `name` are, in Keras's order; `nil` if the
  /// file has none.
  ///
  /// - Throws: `hdf5.bad-attribute`.
  func weights(ofLayer name: String) throws(Diagnostic) -> [WeightPath]? {
    let group = "\(WholeModelFile.weightsGroup)/\(name)"
    guard let names = try list("weight_names", of: group) else { return nil }
    return names.map { WeightPath(path: "\(group)/\($0)") }
  }
}
