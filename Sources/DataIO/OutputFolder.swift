// Folders that appear whole or not at all: filled under a temporary name, then renamed.

package import Diagnostics
internal import FileReading
internal import Glibc
internal import Synchronization

/// A folder of files being written; until `commit` an older folder of the name stays as it is.
///
/// The temporary folder is made at once, so that a place that cannot be written is found before the
/// work begins. It is removed when the value is released without `commit`, and by
/// `OutputFile.removeUnfinished()` when a signal ends the process.
package final class OutputFolder: Sendable {

  /// Where the folder will be.
  package let path: String

  /// Where it is filled.
  package let temporaryPath: String

  /// A file that an older folder must hold to be replaced.
  private let mark: String

  /// The temporary folders of the process that are not finished.
  private static let unfinished = Mutex<Set<String>>([])

  /// Prepares to write the folder at `path`.
  ///
  /// What is there already is replaced if it is a folder that is empty or holds a file called
  /// `mark`: it came from us. Anything else is not touched.
  ///
  /// - Throws: `output.cannot-write`, `output.occupied`.
  package init(creating path: String, replacingFoldersWith mark: String) throws(Diagnostic) {
    var trimmed = path
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.path = trimmed
    self.mark = mark
    try OutputFolder.check(trimmed, mark)
    var made: String?
    for attempt in 0..<100 where made == nil {
      let candidate = "\(trimmed).\(getpid())-\(attempt).tmp"
      if mkdir(candidate, 0o777) == 0 {
        made = candidate
      } else if errno != EEXIST {
        throw .cannotWriteFolder(trimmed, errno)
      }
    }
    guard let made else { throw .cannotWriteFolder(trimmed, EEXIST) }
    temporaryPath = made
    Self.unfinished.withLock { _ = $0.insert(made) }
  }

  deinit {
    if Self.unfinished.withLock({ [temporaryPath] in $0.remove(temporaryPath) }) != nil {
      removeFlatFolder(temporaryPath)
    }
  }

  /// Returns where the file called `name` is to be written.
  package func file(_ name: String) -> String { "\(temporaryPath)/\(name)" }

  /// Writes the file called `name`.
  ///
  /// - Throws: `output.cannot-write`, `output.write-failed`.
  package func write(_ bytes: [UInt8], to name: String) throws(Diagnostic) {
    let file = try OutputFile(creating: file(name))
    try file.write(bytes)
    try file.commit()
  }

  /// Gives the finished folder its name; an older one is gone then.
  ///
  /// - Throws: `output.cannot-write` if the system refuses, `output.occupied`.
  package func commit() throws(Diagnostic) {
    try OutputFolder.check(path, mark)
    if rename(temporaryPath, path) != 0 {
      guard errno == ENOTEMPTY || errno == EEXIST else { throw .cannotWriteFolder(path, errno) }
      // The system renames no folder onto one that holds files: the older one steps aside.
      let aside = temporaryPath + ".old"
      guard rename(path, aside) == 0 else { throw .cannotWriteFolder(path, errno) }
      guard rename(temporaryPath, path) == 0 else {
        let code = errno
        rename(aside, path)
        throw .cannotWriteFolder(path, code)
      }
      removeFlatFolder(aside)
    }
    Self.unfinished.withLock { [temporaryPath] in _ = $0.remove(temporaryPath) }
  }

  /// Removes the temporary folders of all unfinished outputs.
  static func removeUnfinished() {
    for path in unfinished.withLock({ $0 }) { removeFlatFolder(path) }
  }

  private static func check(_ path: String, _ mark: String) throws(Diagnostic) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw .occupied(path, "a file is there") }
    if let names = namesInFolder(path), !names.isEmpty, !names.contains(mark) {
      throw .occupied(path, "the folder holds other files")
    }
  }
}

/// Returns the names in a folder, `nil` if it cannot be read.
package func namesInFolder(_ path: String) -> [String]? {
  guard let folder = opendir(path) else { return nil }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// Removes a folder with the files in it; folders within it are left, and it then too.
private func removeFlatFolder(_ path: String) {
  for name in namesInFolder(path) ?? [] { unlink("\(path)/\(name)") }
  rmdir(path)
}

extension Diagnostic {

  /// Returns an error about a place where no folder can be written.
  fileprivate static func cannotWriteFolder(_ path: String, _ code: Int32) -> Diagnostic {
    .error(
      "output.cannot-write", "cannot write the folder '\(path)': \(systemMessage(code))",
      exitCode: .cannotWrite)
  }

  /// Returns an error about a place where something else is.
  fileprivate static func occupied(_ path: String, _ what: String) -> Diagnostic {
    .error(
      "output.occupied", "cannot write the folder '\(path)': \(what)",
      notes: ["name a folder that does not exist, or one of allocation tables to replace"],
      exitCode: .cannotWrite)
  }
}
