// Opening what the user calls a model: any format of a frontend, or the text form.

internal import Diagnostics
internal import FileReading
internal import Glibc
internal import PluginAPI
internal import SpikeIR

/// A file that holds a network, as far as it is known without loading it.
struct InputFile {

  /// The path.
  let path: String

  /// The first bytes, at most 4,096.
  let prefix: [UInt8]

  /// Opens the file at `path`.
  ///
  /// - Throws: `data.missing` or `data.cannot-open` if it cannot be opened.
  init(path: String) throws(Diagnostic) {
    self.path = path
    if isFolder(path) { throw .folder(path) }
    guard let file = unsafe fopen(path, "r") else { throw .cannotOpenModel(path, errno) }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    if unsafe count == 0 && ferror(file) != 0 { throw .cannotOpenModel(path, errno) }
    prefix = Array(bytes.prefix(count))
  }

  /// `true` iff the file is the text form, by its name.
  var isText: Bool { path.hasSuffix(".sir") }
}

extension Diagnostic {

  /// Returns an error about a model file that cannot be opened.
  fileprivate static func cannotOpenModel(_ path: String, _ code: Int32) -> Diagnostic {
    let reason = unsafe String(cString: strerror(code))
    return code == ENOENT || code == ENOTDIR
      ? .error("driver.missing", "there is no file '\(path)'", exitCode: .missingInput)
      : .error(
        "driver.cannot-open", "cannot open '\(path)': \(reason)", exitCode: .missingInput)
  }

  /// Returns an error about a folder where a model is expected.
  fileprivate static func folder(_ path: String) -> Diagnostic {
    let isSavedModel = access(path + "/saved_model.pb", F_OK) == 0
    return .error(
      "driver.is-folder",
      "'\(path)' is a folder\(isSavedModel ? ", a TensorFlow SavedModel" : ""), expected a file",
      notes: [
        isSavedModel
          ? "convert it: python -m tf2onnx.convert --saved-model \(path) --output model.onnx"
          : "give the path of the model file itself"
      ], exitCode: .missingInput)
  }

  /// Returns an error about a file that no frontend reads.
  static func unknownModel(_ file: InputFile, _ frontends: [any Frontend]) -> Diagnostic {
    let format = KnownFormat(startingWith: file.prefix)
    let text = file.prefix.firstLineOfText.map { "a text that begins with '\($0)'" }
    let found = file.prefix.isEmpty ? "empty" : format?.name ?? text
    return .error(
      "driver.unknown-model",
      found.map { "the file is \($0), expected a model" }
        ?? "the format of the model is not known",
      at: .file(file.path),
      notes: [format?.advice].compactMap { $0 } + ["known are:"]
        + frontends.map { "  \($0.name): \($0.summary)" }
        + ["  sir: the text form, in files named .sir"])
  }
}

/// Returns whether there is a folder at `path`.
func isFolder(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
