// Who wrote a model file: version and backend, and what they mean for reading.

internal import Diagnostics
internal import PluginAPI

/// The program that wrote a file, as far as the file says.
struct Writer: Hashable, Sendable {

  /// The version of Keras, `nil` if the file does not say.
  var version: String?

  /// The backend, such as `tensorflow`, `nil` if the file does not say.
  var backend: String?

  /// Creates a writer.
  init(version: String?, backend: String? = nil) {
    (self.version, self.backend) = (version, backend)
  }

  /// Reads the writer from the attributes of the first of `groups` that has them.
  ///
  /// - Throws: `hdf5.bad-attribute`.
  init(of arrays: ArrayFile, in groups: [String]) throws(Diagnostic) {
    for group in groups {
      if version == nil { version = try arrays.string("keras_version", of: group) }
      if backend == nil { backend = try arrays.string("backend", of: group) }
    }
  }

  /// Returns the generation of Keras; a warning about unknown versions goes to `sink`.
  ///
  /// - Throws: `keras.unsupported-version`.
  func generation(_ file: String, sink: inout DiagnosticSink) throws(Diagnostic) -> Generation {
    guard let version else {
      throw .unsupportedVersion(file, "the attribute 'keras_version' is missing")
    }
    switch version.split(separator: ".").first.flatMap({ Int($0) }) {
    case 1?: return .one
    case 2?: return .two
    case 3?: return .three
    case let number? where number > 3:
      sink.report(.newerVersion(file, version))
      return .three
    case nil: throw .unsupportedVersion(file, "the attribute 'keras_version' is '\(version)'")
    default: throw .unsupportedVersion(file, "written by Keras \(version)")
    }
  }

  /// Returns the provenance of a file of the given format.
  func provenance(_ format: String, architecture: String? = nil) -> Provenance {
    var properties: [Provenance.Property] = []
    if let backend { properties.append(Provenance.Property("backend", backend)) }
    if let architecture { properties.append(Provenance.Property("architecture", architecture)) }
    return Provenance(format: format, writer: "Keras", version: version, properties: properties)
  }
}
