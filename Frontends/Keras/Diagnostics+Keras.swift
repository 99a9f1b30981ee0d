// The messages of the Keras frontend. Those about a layer name it and point into the file.

internal import Diagnostics

/// A layer as messages speak of it.
struct LayerPlace: Hashable, Sendable {

  /// The model file.
  var file: String

  /// The name, after those of the models that contain the layer.
  var path: String

  /// The layer's entry in the description of the model.
  var site: Site { .inside(file: file, path: "model_config/\(path)") }
}

// MARK: the file

extension Diagnostic {

  /// Returns an error about an HDF5 file that holds weights without the network's description.
  static func weightsOnly(_ file: String) -> Diagnostic {
    .error(
      "keras.not-a-model",
      "the file holds weights only, expected a whole model: the attribute "
        + "'model_config' is missing", at: .file(file),
      notes: ["save the whole model: model.save('model.h5')"])
  }

  /// Returns an error about an HDF5 file that Keras did not write.
  static func notKeras(_ file: String, members: [String]) -> Diagnostic {
    let found = members.prefix(5).joined(separator: ", ")
    return .error(
      "keras.not-a-model",
      "found an HDF5 file with \(members.isEmpty ? "nothing" : found), "
        + "expected a Keras model: the attribute 'model_config' is missing", at: .file(file),
      notes: ["save the whole model: model.save('model.h5')"])
  }

  /// Returns an error about a file of a generation whose kernels are stored differently.
  static func unsupportedVersion(_ file: String, _ found: String) -> Diagnostic {
    .error(
      "keras.unsupported-version", "\(found), expected a file of Keras 2 or 3", at: .file(file),
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
  static func badConfig(_ file: String, _ message: String) -> Diagnostic {
    .error("keras.bad-config", message, at: .inside(file: file, path: "model_config"))
  }

  /// Returns an error about a model without a description of its graph.
  static func subclassedModel(_ file: String, _ className: String) -> Diagnostic {
    .error(
      "keras.unsupported-model",
      "found a model of the class '\(className)', expected Sequential or Functional",
      at: .inside(file: file, path: "model_config"),
      notes: ["rebuild the model with the functional API, load the weights, and save it"])
  }

  /// Returns an error about a model so large that it must be a mistake.
  static func tooManyNodes(_ file: String, limit: Int) -> Diagnostic {
    .error(
      "keras.too-large", "the model unfolds to more than \(limit) nodes", at: .file(file))
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
    _ place: LayerPlace, _ message: String, at path: String, notes: [String] = []
  ) -> Diagnostic {
    .error(
      "keras.missing-weights", "layer '\(place.path)': \(message)",
      at: .inside(file: place.file, path: path), notes: notes)
  }

  /// Returns an error about a weight of the wrong shape or type.
  static func badWeights(_ place: LayerPlace, _ message: String, at path: String) -> Diagnostic {
    .error(
      "keras.bad-weights", "layer '\(place.path)': \(message)",
      at: .inside(file: place.file, path: path))
  }

  /// Returns an error about a weight that holds NaN or infinities.
  static func nonFiniteWeights(
    _ place: LayerPlace, role: String, count: Int, of total: Int, at path: String
  ) -> Diagnostic {
    .error(
      "keras.non-finite-weights",
      "layer '\(place.path)': \(count) of the \(total) elements of the \(role) are NaN or infinite",
      at: .inside(file: place.file, path: path),
      notes: ["the training diverged; go back to an earlier checkpoint"])
  }
}
