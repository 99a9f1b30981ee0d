// What every container of a Keras model gives the importer: the description of the network, who
// wrote it, and the weights of each layer. Only the files of this folder know containers.

internal import Diagnostics
internal import JSONReading
internal import PluginAPI
internal import SpikeIR

/// A Keras model in files, whatever their layout.
struct ModelSource: Sendable {

  /// The file that the user called the model.
  var file: String

  /// Who wrote it.
  var generation: Generation

  /// What the files say about themselves.
  var provenance: Provenance

  /// The description of the network.
  var config: ConfigText

  /// The weights, by layer.
  var layout: any WeightLayout
}

/// The description of a network as JSON text, with its place.
struct ConfigText: Sendable {

  /// The JSON text.
  var text: String

  /// Where it stands.
  var place: ConfigPlace

  /// Returns the text as a value.
  ///
  /// - Throws: `keras.bad-config`.
  func parsed() throws(Diagnostic) -> JSON {
    do throws(JSONError) {
      return try JSON(parsing: text)
    } catch {
      throw .badConfig(
        place, "\(place.words) is not JSON: \(error.message), at byte \(error.offset)")
    }
  }
}

/// The place of the description of a network.
struct ConfigPlace: Hashable, Sendable {

  /// The file.
  var file: String

  /// The attribute or the member of the archive; empty if it is the whole file.
  var part: String

  /// The description as messages call it.
  var words: String { part.isEmpty ? "the description of the network" : "'\(part)'" }

  /// The place of what is called `path` in the description, empty for all of it.
  func site(_ path: String) -> Site {
    let full = [part, path].filter { !$0.isEmpty }.joined(separator: "/")
    return full.isEmpty ? .file(file) : .inside(file: file, path: full)
  }
}

/// The way in which a file holds the weights of layers.
protocol WeightLayout: Sendable {

  /// Gives every layer of `model` its weights; warnings go to `sink`.
  ///
  /// - Throws: `keras.missing-weights` and `keras.unmatched-weights`, for all layers concerned.
  func assign(to model: inout ModelSpec, sink: inout DiagnosticSink) throws(CompileError)

  /// The file of the weights.
  var arrays: ArrayFile { get }
}
