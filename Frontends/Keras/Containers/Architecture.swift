// The description of a network in a file of its own, for files that hold weights alone.

internal import Diagnostics
internal import FileReading
internal import JSONReading
internal import PluginAPI

/// A network's description as `model.to_json()` writes it.
struct Architecture: Sendable {

  /// The text with its place.
  var config: ConfigText

  /// Who wrote it.
  var writer: Writer

  /// The largest file that is taken for a description, bytes.
  private static let limit = 32 << 20

  /// Reads the description that `options` name, which the weights in `file` need.
  ///
  /// - Throws: `keras.weights-only` if none is named; `keras.missing-architecture` if there is no
  ///   such file, `keras.bad-config` if it is not JSON.
  static func required(
    _ options: ImportOptions, for file: String
  ) throws(Diagnostic) -> Architecture {
    guard let path = options.architecture else { throw .weightsOnly(file) }
    return try Architecture(path: path)
  }

  private init(path: String) throws(Diagnostic) {
    let bytes: [UInt8]
    do throws(Diagnostic) {
      let file = try ReadableFile(path: path)
      guard file.count <= Architecture.limit else {
        throw .badConfig(
          ConfigPlace(file: path, part: ""),
          "found a file of \(file.count) bytes, expected the JSON that model.to_json() gives")
      }
      bytes = try file.read(at: 0, count: file.count)
    } catch {
      throw error.asKeras(reading: path)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .badConfig(
        ConfigPlace(file: path, part: ""),
        "found bytes that are not UTF-8 text, expected the JSON that model.to_json() gives")
    }
    config = ConfigText(text: text, place: ConfigPlace(file: path, part: ""))
    writer = Architecture.writer(of: try config.parsed())
  }

  /// Returns who wrote a description: Keras 2 says so, in Keras 3 and in the member of an archive
  /// only the words differ.
  private static func writer(of json: JSON) -> Writer {
    if let version = json["keras_version"]?.string {
      return Writer(version: version, backend: json["backend"]?.string)
    }
    let layers = json["config"]?.elements ?? json["config"]?["layers"]?.elements ?? []
    let speaksTwo = layers.contains {
      $0["config"]?["batch_input_shape"] != nil
        || $0["inbound_nodes"]?.elements?.first?.elements != nil
    }
    let speaksThree = json["module"] != nil && !speaksTwo
    return Writer(version: speaksThree ? "3" : speaksTwo && json["module"] != nil ? "2" : nil)
  }
}
