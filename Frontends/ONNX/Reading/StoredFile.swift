// Files of a model that are seen on reading it and opened again when elements are needed: a model
// may keep its weights in more files than a process may have open.

internal import Diagnostics
internal import FileReading

/// A file that was seen once and is opened again when its bytes are needed.
struct StoredFile: Sendable {

  /// Where a file is.
  enum Place: Hashable, Sendable {
    /// At a path that the user gave; links are followed.
    case path(String)
    /// At the end of a way of names that starts in a folder and goes through no link.
    case inside(folder: String, names: [String])
  }

  /// The path, for messages.
  let path: String

  /// Where the file is.
  let place: Place

  /// The file as it was when it was seen first.
  let identity: FileIdentity

  /// Names the open file `file`, found at `place`.
  init(_ file: ReadableFile, at place: Place) {
    path = file.path
    self.place = place
    identity = file.identity
  }

  /// Opens the file again.
  ///
  /// - Throws: `file.changed` if it is another than before, or has changed.
  func open() throws(Diagnostic) -> ReadableFile {
    let file =
      switch place {
      case .path(let path): try ReadableFile(path: path)
      case .inside(let folder, let names): try ReadableFile.opening(names, inside: folder)
      }
    guard file.identity == identity else { throw .changed(path) }
    return file
  }
}
