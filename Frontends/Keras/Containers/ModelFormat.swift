// The formats of model files, told by their first bytes.

internal import Diagnostics
internal import FileReading
internal import PluginAPI

/// A format of model files.
enum ModelFormat: Hashable, Sendable {
  /// HDF5: a whole model, or weights alone.
  case hdf5
  /// A zip archive.
  case archive
  /// A description of a network without weights.
  case json

  /// Tells the format of a file that begins with `prefix`; `nil` if it is none of them.
  init?(_ prefix: [UInt8]) {
    if prefix.starts(with: [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .hdf5
    } else if prefix.starts(with: [0x50, 0x4B, 0x03, 0x04])
      || prefix.starts(with: [0x50, 0x4B, 0x05, 0x06])
    {
      self = .archive
    } else if prefix.first(where: { $0 > 32 }) == UInt8(ascii: "{") {
      self = .json
    } else {
      return nil
    }
  }

  /// Opens the model at `path`; warnings go to `sink`.
  ///
  /// - Throws: what the format's reader throws.
  static func open(
    _ path: String, _ options: ImportOptions, sink: inout DiagnosticSink
  ) throws(Diagnostic) -> ModelSource {
    let prefix: [UInt8]
    do throws(Diagnostic) {
      prefix = try ByteSource(try ReadableFile(path: path)).prefix(4096)
    } catch {
      throw error.asKeras(reading: path)
    }
    switch ModelFormat(prefix) {
    case .archive: return try KerasArchive.open(path, options, sink: &sink)
    case .json: throw .architectureOnly(path)
    case nil where path.hasSuffix(".keras"):
      if prefix.isEmpty { throw .notArchive(path, "an empty file", advice: nil) }
      if let format = KnownFormat(startingWith: prefix) {
        throw .notArchive(path, format.name, advice: format.advice)
      }
      if let line = prefix.firstLineOfText {
        throw .notArchive(path, "a text that begins with '\(line)'", advice: nil)
      }
      // A damaged archive; the reader of archives says how.
      return try KerasArchive.open(path, options, sink: &sink)
    case .hdf5, nil: return try HDF5Container.open(path, options, sink: &sink)
    }
  }
}
