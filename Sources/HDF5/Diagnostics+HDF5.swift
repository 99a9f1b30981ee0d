// The messages about HDF5 files.

internal import Diagnostics
internal import FileReading

extension Diagnostic {

  /// Returns an error about a file that is not in the HDF5 format.
  static func notHDF5(_ path: String, looksLike found: String, notes: [String]) -> Diagnostic {
    .error(
      "hdf5.cannot-open", "found \(found), expected an HDF5 file", at: .file(path), notes: notes)
  }

  /// Returns an error about a file that the library refuses as a whole, and says why.
  static func damagedFile(_ path: String, _ problem: String) -> Diagnostic {
    .error(
      "hdf5.cannot-open", "the file starts like HDF5 but is damaged", at: .file(path),
      notes: libraryNotes(problem))
  }

  /// Returns an error about a file with which a child process did not come to an end.
  static func childFailed(_ failure: ChildFailure, _ path: String) -> Diagnostic {
    let problem: String
    switch failure {
    case .notStarted(let code):
      return .error(
        "hdf5.no-process", "cannot start a process that reads the file: \(systemMessage(code))",
        at: .file(path), exitCode: .inputOutput)
    case .stuck:
      return .error(
        "hdf5.no-process", "the process that reads the file does not go on", at: .file(path),
        notes: ["try again"], exitCode: .inputOutput)
    case .crashed(let signal): problem = "libhdf5 cannot read it (signal \(signal))"
    case .tooSlow: problem = "libhdf5 does not come to an end with it"
    case .nonsense: problem = "libhdf5 cannot read it"
    }
    return .error(
      "hdf5.damaged", "the file is damaged so that \(problem)", at: .file(path),
      notes: ["copy or download the file again"])
  }

  /// Returns an error about a file with more objects and links than are looked at.
  static func tooManyObjects(_ path: String, limit: Int) -> Diagnostic {
    .error(
      "hdf5.too-large", "the file has more than \(limit) objects and links", at: .file(path))
  }

  /// Returns an error about a file that ends before its declared end.
  static func cutOff(_ path: String, found: UInt64, expected: UInt64) -> Diagnostic {
    .error(
      "hdf5.truncated", "the file has \(found, of: "byte"), expected \(expected)", at: .file(path),
      notes: ["copy or download the file again"])
  }

  /// Returns an error about an object or attribute that is not there.
  static func notFound(_ what: String, in file: String, at path: String) -> Diagnostic {
    .error("hdf5.not-found", "there is no \(what)", at: .inside(file: file, path: path))
  }

  /// Returns an error about a dataset that cannot be read as asked.
  static func badDataset(
    _ message: String, _ problem: String? = nil, in file: String, at path: String
  ) -> Diagnostic {
    .error(
      "hdf5.bad-dataset", message, at: .inside(file: file, path: path),
      notes: libraryNotes(problem))
  }

  /// Returns an error about an attribute that cannot be read as asked.
  static func badAttribute(
    _ name: String, _ message: String, _ problem: String? = nil, in file: String, at path: String
  ) -> Diagnostic {
    .error(
      "hdf5.bad-attribute", "attribute '\(name)' \(message)",
      at: .inside(file: file, path: path), notes: libraryNotes(problem))
  }

  /// Returns an error about an attribute with more than is read.
  static func largeAttribute(
    _ name: String, _ bytes: Int, in file: String, at path: String
  ) -> Diagnostic {
    badAttribute(
      name,
      "holds \(bytes, of: "byte"), accepted are \(HDF5File.attributeLimit)", in: file, at: path)
  }

  /// Returns an error about a group whose members cannot be listed.
  static func badGroup(
    _ message: String, _ problem: String?, in file: String, at path: String
  ) -> Diagnostic {
    .error(
      "hdf5.bad-group", message, at: .inside(file: file, path: path),
      notes: libraryNotes(problem))
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

  /// What the library said in the child about a failure.
  private static func libraryNotes(_ problem: String?) -> [String] {
    guard let problem, !problem.isEmpty else { return [] }
    return ["libhdf5 says: \(problem)"]
  }

  /// What the library says about a failure in this process: its most specific and its last error.
  private static func libraryNotes() -> [String] {
    let texts = Library.errorTexts()
    guard let first = texts.first, let last = texts.last else { return [] }
    return ["libhdf5 says: \(first)" + (first == last ? "" : "; \(last)")]
  }
}
