// Archives (`.keras`): a zip file with the description of the network, the writer, and an HDF5 file
// of weights.

internal import Archive
internal import Diagnostics
internal import FileReading
internal import HDF5
internal import JSONReading
internal import PluginAPI

/// Reads archives as `model.save('model.keras')` writes them, or anybody has packed them again.
enum KerasArchive {

  /// The member that holds the description of the network.
  private static let config = "config.json"

  /// The member that says who wrote the archive.
  private static let metadata = "metadata.json"

  /// The member that holds the weights.
  private static let weights = "model.weights.h5"

  /// The largest description that is read, bytes; networks of thousands of layers take a tenth.
  private static let textLimit = 32 << 20

  /// The largest file of weights that is unpacked, bytes, and how many times larger than in the
  /// archive a larger one may be; weights lose little by compression, only lies lose much.
  private static let unpackLimit = 256 << 20
  private static let unpackRatio = 50

  /// The largest stored file of weights whose checksum is compared, bytes: comparing takes reading
  /// all of it, and large files are inspected without.
  private static let checkLimit = 64 << 20

  /// Opens the archive at `path`; warnings go to `sink`.
  ///
  /// - Throws: `keras.bad-archive`, `keras.unsupported-version`, `keras.unused-architecture`, and
  ///   what opening the weights throws.
  static func open(
    _ path: String, _ options: ImportOptions, sink: inout DiagnosticSink
  ) throws(Diagnostic) -> ModelSource {
    guard options.architecture == nil else { throw .unusedArchitecture(path) }
    let archive = Contents(try archive(path), path)
    let place = ConfigPlace(file: path, part: archive.folder + config)
    guard let description = try text(config, archive, path) else {
      throw .incompleteArchive(path, missing: config, archive.names)
    }
    var writer = Writer(version: nil)
    var properties: [Provenance.Property] = []
    if let text = try text(metadata, archive, path) {
      let metadata = ConfigPlace(file: path, part: archive.folder + metadata)
      let json = try ConfigText(text: text, place: metadata).parsed()
      writer.version = json["keras_version"]?.string
      if let date = json["date_saved"]?.string {
        properties.append(Provenance.Property("saved", date))
      }
    }
    guard writer.version != nil else {
      throw .unsupportedVersion(path, "'\(metadata)' does not say the version of Keras")
    }
    let generation = try writer.generation(path, sink: &sink)
    var provenance = writer.provenance("Keras archive (.keras)")
    provenance.properties += properties
    return ModelSource(
      file: path, generation: generation, provenance: provenance,
      config: ConfigText(text: description, place: place),
      layout: NumberedWeights(arrays: try arrays(archive, path)))
  }

  /// The members of an archive; people pack the folder of an unpacked model again, so that all of
  /// them are in it.
  private struct Contents {
    let archive: ZipArchive
    let folder: String

    var names: [String] { archive.members.map(\.name) }

    init(_ archive: ZipArchive, _ path: String) {
      self.archive = archive
      let names = archive.members.map(\.name)
      // Systems add files of their own beside the folder.
      let folders = names.filter { $0.hasSuffix("/" + config) && !$0.hasPrefix("__MACOSX/") }
        .map { $0.dropLast(config.count) }
      let isOuter = folders.count == 1 && folders[0].count { $0 == "/" } == 1
      folder = isOuter && !names.contains(config) ? String(folders[0]) : ""
    }
  }

  private static func archive(_ path: String) throws(Diagnostic) -> ZipArchive {
    do throws(Diagnostic) {
      return try ZipArchive(ByteSource(try ReadableFile(path: path)))
    } catch {
      throw error.asKeras(reading: path)
    }
  }

  /// Returns the member `name` as text, `nil` if there is none.
  private static func text(
    _ name: String, _ archive: Contents, _ path: String
  ) throws(Diagnostic) -> String? {
    guard let member = try member(name, archive, path) else { return nil }
    guard member.size <= textLimit else {
      throw .badArchive(path, "'\(name)' has \(member.size) bytes, accepted are \(textLimit)")
    }
    let bytes: [UInt8]
    do throws(Diagnostic) {
      bytes = try archive.archive.contents(of: member).readAll()
    } catch {
      throw error.asKeras(reading: path)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .badConfig(ConfigPlace(file: path, part: name), "'\(name)' is not UTF-8 text")
    }
    return text
  }

  /// Returns the member `name`, `nil` if there is none.
  private static func member(
    _ name: String, _ archive: Contents, _ path: String
  ) throws(Diagnostic) -> ZipMember? {
    let found = archive.archive.members.filter { $0.name == archive.folder + name }
    guard found.count <= 1 else {
      throw .badArchive(path, "there are \(found.count) members '\(name)', expected one")
    }
    return found.first
  }

  private static func arrays(
    _ archive: Contents, _ path: String
  ) throws(Diagnostic) -> ArrayFile {
    guard let member = try member(weights, archive, path) else {
      let names = archive.names
      if let other = names.first(where: { $0.hasPrefix(archive.folder + "model.weights.") }) {
        throw .unsupportedWeights(path, other)
      }
      throw .incompleteArchive(path, missing: weights, names)
    }
    let file: HDF5File
    do throws(Diagnostic) {
      file = try open(member, of: archive.archive, path)
    } catch {
      throw error.id.hasPrefix("data.") || error.id.hasPrefix("file.")
        ? error.asKeras(reading: path) : error.inside(path, member: member.name)
    }
    return ArrayFile(file, file: path, member: member.name)
  }

  /// Opens the file of weights: in place if it is stored, else unpacked on the disk.
  private static func open(
    _ member: ZipMember, of archive: ZipArchive, _ path: String
  ) throws(Diagnostic) -> HDF5File {
    let attributes = ArrayFile.attributes
    if member.isStored {
      let contents = try archive.contents(of: member, checkLimit: checkLimit)
      return try HDF5File(contents.named(path), attributes: attributes)
    }
    let (limit, overflow) = member.compressedSize.multipliedReportingOverflow(by: unpackRatio)
    guard member.size <= unpackLimit || overflow || member.size <= limit else {
      throw .badArchive(
        path, "'\(weights)' would unpack from \(member.compressedSize) to \(member.size) bytes")
    }
    let file = try ReadableFile.scratch(named: path) { write throws(Diagnostic) in
      try archive.extract(member, write)
    }
    return try HDF5File(ByteSource(file), attributes: attributes)
  }
}

extension Diagnostic {

  /// Returns the diagnostic about a file or an archive as one of this frontend, placed in `file`.
  func asKeras(reading file: String) -> Diagnostic {
    var result = self
    switch id {
    case "data.bad-zip", "data.bad-compression", "file.truncated":
      result.id = "keras.bad-archive"
      if result.notes.isEmpty { result.notes = ["copy the file again, or save the model again"] }
    default: break
    }
    return result.located(at: .file(file))
  }
}
