// The messages of the Keras frontend. Those about a layer name it and point into the file.

internal import Diagnostics

/// A layer as messages speak of it.
struct LayerPlace: Hashable, Sendable {

  /// The description of the network.
  var config: ConfigPlace

  /// The name, after those of the models that contain the layer.
  var path: String

  /// The layer's entry in the description of the network.
  var site: Site { config.site(path) }
}

// MARK: the file

extension Diagnostic {

  /// Returns an error about an HDF5 file that holds weights without the network's description.
  static func weightsOnly(_ file: String) -> Diagnostic {
    .error(
      "keras.weights-only",
      "the file holds weights only, expected a whole model or a description of the network",
      at: .file(file),
      notes: [
        "give the description: --architecture model.json, which Python writes with "
          + "open('model.json', 'w').write(model.to_json())",
        "or save the whole model: model.save('model.keras')",
      ])
  }

  /// Returns an error about a description of a network where weights are expected.
  static func architectureOnly(_ file: String) -> Diagnostic {
    .error(
      "keras.architecture-only",
      "the file describes a network without its weights, expected a model", at: .file(file),
      notes: ["give the file of the weights as the model, and this one with --architecture"])
  }

  /// Returns an error about a description of a network that the model file has itself.
  static func unusedArchitecture(_ file: String) -> Diagnostic {
    .error(
      "keras.unused-architecture",
      "the file describes its network itself, but '--architecture' names another description",
      at: .file(file), notes: ["leave '--architecture' out, or give a file of weights alone"],
      exitCode: .usage)
  }

  /// Returns an error about a file that is something else than its name says.
  static func notArchive(_ file: String, _ found: String, advice: String?) -> Diagnostic {
    .error(
      "keras.bad-archive", "found \(found), expected a Keras archive (.keras)", at: .file(file),
      notes: [advice ?? "copy the file again, or save the model again"])
  }

  /// Returns an error about an archive that cannot be read.
  static func badArchive(_ file: String, _ message: String) -> Diagnostic {
    .error(
      "keras.bad-archive", message, at: .file(file), notes: ["save the model again"])
  }

  /// Returns an error about an archive without something that every model has.
  static func incompleteArchive(
    _ file: String, missing: String, _ members: [String]
  ) -> Diagnostic {
    let found = members.prefix(6).map { "'\($0)'" }.joined(separator: ", ")
    return .error(
      "keras.not-a-model",
      "found an archive with \(members.isEmpty ? "nothing" : found), "
        + "expected a Keras model: the member '\(missing)' is missing", at: .file(file),
      notes: ["save the whole model: model.save('model.keras')"])
  }

  /// Returns an error about an archive whose weights are in a format that Python alone reads.
  static func unsupportedWeights(_ file: String, _ member: String) -> Diagnostic {
    .error(
      "keras.unsupported-weights",
      "the weights are in '\(member)', expected 'model.weights.h5'", at: .file(file),
      notes: ["load the model with Keras and h5py installed, and save it again"])
  }

  /// Returns an error about an HDF5 file that Keras did not write.
  static func notKeras(_ file: String, members: [String]) -> Diagnostic {
    let found = members.prefix(5).joined(separator: ", ")
    return .error(
      "keras.not-a-model",
      "found an HDF5 file with \(members.isEmpty ? "nothing" : found), "
        + "expected a Keras model: the attribute 'model_config' is missing", at: .file(file),
      notes: ["save the whole model: model.save('model.keras')"])
  }

  /// Returns an error about a file of a generation whose kernels are stored differently.
  static func unsupportedVersion(_ file: String, _ found: String) -> Diagnostic {
    .error(
      "keras.unsupported-version", "\(found), expected a file of Keras 1, 2 or 3", at: .file(file),
      notes: ["load the model with Keras 2 and the TensorFlow backend, and save it again"])
  }

  /// Returns a warning about a file of a generation that did not exist when this was written.
  static func newerVersion(_ file: String, _ version: String) -> Diagnostic {
    .warning(
      "keras.newer-version",
      "written by Keras \(version), newer than any known; reading it as "
        + "Keras 3", at: .file(file))
  }

  /// Returns an error about a description of a model that cannot be understood.
  static func badConfig(_ place: ConfigPlace, _ message: String) -> Diagnostic {
    .error("keras.bad-config", message, at: place.site(""))
  }

  /// Returns an error about a model without a description of its graph.
  static func subclassedModel(_ place: ConfigPlace, _ className: String) -> Diagnostic {
    .error(
      "keras.unsupported-model",
      "found a model of the class '\(className)', expected Sequential or Functional",
      at: place.site(""),
      notes: ["rebuild the model with the functional API, load the weights, and save it"])
  }

  /// Returns an error about a model so large that it must be a mistake.
  static func tooManyNodes(_ file: String, limit: Int) -> Diagnostic {
    .error(
      "keras.too-large", "the model unfolds to more than \(limit) nodes", at: .file(file))
  }

  /// Returns an error about models that contain models without end, as good as.
  static func tooManyCalls(_ file: String, limit: Int) -> Diagnostic {
    .error(
      "keras.too-large", "the model unfolds to more than \(limit) calls of layers",
      at: .file(file))
  }
}

// MARK: the graph

extension Diagnostic {

  /// Returns an error about references between layers that make no sense.
  static func badGraph(_ place: LayerPlace, _ message: String) -> Diagnostic {
    .error("keras.bad-graph", message, at: place.site)
  }

  /// Returns a warning about a layer that no output needs.
  static func unusedLayer(_ place: LayerPlace) -> Diagnostic {
    .warning(
      "keras.unused-layer", "layer '\(place.path)' does not lead to an output; left out",
      at: place.site)
  }

  /// Returns an error about an input whose extents are not all known.
  static func unknownInputShape(_ place: LayerPlace, _ message: String) -> Diagnostic {
    .error(
      "keras.unknown-input-shape", "input '\(place.path)': \(message)", at: place.site,
      notes: [
        "build the model with fixed extents, keras.Input((height, width, channels)), "
          + "load the weights, and save it"
      ])
  }
}

// MARK: layers

extension Diagnostic {

  /// Returns an error about a layer of an unknown kind.
  static func unsupportedLayer(
    _ place: LayerPlace, className: String, advice: String
  ) -> Diagnostic {
    .error(
      "keras.unsupported-layer", "layer '\(place.path)' of the class \(className) is not supported",
      at: place.site, notes: [advice])
  }

  /// Returns an error about an option that exists in Keras and is not supported here.
  static func unsupportedOption(
    _ place: LayerPlace, _ message: String, advice: String? = nil
  ) -> Diagnostic {
    .error(
      "keras.unsupported-option", "layer '\(place.path)': \(message)", at: place.site,
      notes: advice.map { [$0] } ?? [])
  }

  /// Returns an error about an option of a layer with an impossible value, or operands that do
  /// not suit the layer.
  static func badLayer(_ place: LayerPlace, _ message: String) -> Diagnostic {
    .error("keras.bad-layer", "layer '\(place.path)': \(message)", at: place.site)
  }
}

// MARK: weights

extension Diagnostic {

  /// Returns an error about a whole model without any weights.
  static func noWeights(_ file: String, _ message: String) -> Diagnostic {
    .error(
      "keras.missing-weights", message, at: .file(file),
      notes: ["save the whole model: model.save('model.h5')"])
  }

  /// Returns an error about weights that are not in the file, or not as many as needed.
  static func missingWeights(
    _ place: LayerPlace, _ message: String, at site: Site, notes: [String] = []
  ) -> Diagnostic {
    .error(
      "keras.missing-weights", "layer '\(place.path)': \(message)", at: site, notes: notes)
  }

  /// Returns an error about weights that the description of the network has no layer for.
  static func unmatchedWeights(_ name: String, count: Int, at site: Site) -> Diagnostic {
    .error(
      "keras.unmatched-weights",
      "found \(count) weights of '\(name)', expected none: the description has no such layer",
      at: site, notes: ["give the description of the network that the weights were saved from"])
  }

  /// Returns a warning about layers whose weights are found by their position.
  static func matchedByOrder(
    _ file: String, _ found: [String], _ expected: [String]
  ) -> Diagnostic {
    func listed(_ names: [String]) -> String {
      names.prefix(3).map { "'\($0)'" }.joined(separator: ", ") + (names.count > 3 ? ", …" : "")
    }
    return .warning(
      "keras.matched-by-order",
      "found weights of \(listed(found)), expected \(listed(expected)); "
        + "taking the weights in the order of the layers", at: .file(file))
  }

  /// Returns an error about a weight of the wrong shape or type.
  static func badWeights(_ place: LayerPlace, _ message: String, at site: Site) -> Diagnostic {
    .error("keras.bad-weights", "layer '\(place.path)': \(message)", at: site)
  }

  /// Returns an error about a weight that holds NaN or infinities.
  static func nonFiniteWeights(
    _ place: LayerPlace, role: String, count: Int, of total: Int, at site: Site
  ) -> Diagnostic {
    .error(
      "keras.non-finite-weights",
      "layer '\(place.path)': \(count) of the \(total) elements of the \(role) are NaN or infinite",
      at: site,
      notes: ["the training diverged; go back to an earlier checkpoint"])
  }
}
