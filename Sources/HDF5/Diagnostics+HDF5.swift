// The messages about HDF5 files.

internal import Diagnostics

extension Diagnostic {

  /// Returns an error about a file that is not there or may not be read.
  static func cannotOpen(_ path: String, reason: String) -> Diagnostic {
    .error(
      "hdf5.cannot-open", "cannot open the file: \(reason)", at: .file(path),
      exitCode: .missingInput)
  }

  /// Returns an error about a file that is not in the HDF5 format.
  static func notHDF5(_ path: String, looksLike found: String, notes: [String]) -> Diagnostic {
    .error(
      "hdf5.cannot-open", "found \(found), expected an HDF5 file", at: .file(path), notes: notes)
  }

  /// Returns an error about a file that the library refuses as a whole.
  static func damagedFile(_ path: String) -> Diagnostic {
    .error(
      "hdf5.cannot-open", "the file starts like HDF5 but is damaged", at: .file(path),
      notes: libraryNotes())
  }

  /// Returns an error about a file on which the library itself crashes or never ends.
  static func crashing(_ path: String, signal: Int32) -> Diagnostic {
    .error(
      "hdf5.damaged", "the file is damaged so that libhdf5 cannot read it (signal \(signal))",
      at: .file(path), notes: ["copy or download the file again"])
  }

  /// Returns an error about a file that ends before its declared end.
  static func truncated(_ path: String, found: UInt64, expected: UInt64) -> Diagnostic {
    .error(
      "hdf5.truncated", "the file has \(found) bytes, expected \(expected)", at: .file(path),
      notes: ["copy or download the file again"])
  }

  /// Returns an error about an object or attribute that is not there.
  static func notFound(_ what: String, in file: String, at path: String) -> Diagnostic {
    .error("hdf5.not-found", "there is no \(what)", at: .inside(file: file, path: path))
  }

  /// Returns an error about a dataset that cannot be read as asked.
  static func badDataset(_ message: String, in file: String, at path: String) -> Diagnostic {
    .error(
      "hdf5.bad-dataset", message, at: .inside(file: file, path: path), notes: libraryNotes())
  }

  /// Returns an error about an attribute that cannot be read as asked.
  static func badAttribute(
    _ name: String, _ message: String, in file: String, at path: String
  ) -> Diagnostic {
    .error(
      "hdf5.bad-attribute", "attribute '\(name)' \(message)",
      at: .inside(file: file, path: path), notes: libraryNotes())
  }

  /// Returns an error about a group whose members cannot be listed.
  static func badGroup(_ message: String, in file: String, at path: String) -> Diagnostic {
    .error("hdf5.bad-group", message, at: .inside(file: file, path: path), notes: libraryNotes())
  }

  /// Returns an error about a file that cannot be created.
  static func cannotCreate(_ path: String) -> Diagnostic {
    .error(
      "hdf5.cannot-write", "cannot create the file", at: .file(path), notes: libraryNotes(),
      exitCode: .cannotWrite)
  }

  /// Returns an error about an object or attribute that cannot be written.
  static func cannotWrite(_ what: String, in file: String, at path: String) -> Diagnostic {
    .error(
      "hdf5.cannot-write", "cannot write \(what)", at: .inside(file: file, path: path),
      notes: libraryNotes(), exitCode: .inputOutput)
  }

  /// What the library itself says about the failure: its most specific and its last error.
  private static func libraryNotes() -> [String] {
    let texts = Library.errorTexts()
    guard let first = texts.first, let last = texts.last else { return [] }
    return ["libhdf5 says: \(first)" + (first == last ? "" : "; \(last)")]
  }
}
