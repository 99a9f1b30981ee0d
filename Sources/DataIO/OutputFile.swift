// Files that appear whole or not at all: written under a temporary name, then renamed.

internal import Archive
package import Diagnostics
internal import FileReading
internal import Glibc
internal import Synchronization

/// A file being written; until `commit` the older file of the name stays as it is.
///
/// The temporary file is made at once, so that a place that cannot be written is found before the
/// work begins. It is removed when the value is released without `commit`, and by
/// `removeUnfinished()` when a signal ends the process.
package final class OutputFile: Sendable {

  /// Where the file will be.
  package let path: String

  /// Where to write it.
  package let temporaryPath: String

  /// `true` iff the destination is a device or pipe: the contents are copied there.
  private let isStream: Bool

  /// The temporary files of the process that are not finished, for the handler of signals.
  private static let unfinished = Mutex<Set<String>>([])

  /// Prepares to write the file at `path`.
  ///
  /// - Throws: `output.cannot-write` if that is not possible.
  package init(creating path: String) throws(Diagnostic) {
    var status = stat()
    let exists = stat(path, &status) == 0
    let format = status.st_mode & S_IFMT
    guard !exists || format != S_IFDIR else { throw .cannotWrite(path, EISDIR) }
    guard !exists || access(path, W_OK) == 0 else { throw .cannotWrite(path, errno) }
    isStream = exists && format != S_IFREG
    // Renaming onto a symbolic link would replace the link, not the file that it names.
    self.path = exists && !isStream ? resolved(path) : path
    let place = isStream ? "/tmp/spikec-output" : self.path
    let mode = exists && !isStream ? status.st_mode & 0o777 : nil
    temporaryPath = try createTemporary(beside: place, mode: mode, for: path)
    Self.unfinished.withLock { [temporaryPath] in _ = $0.insert(temporaryPath) }
  }

  deinit {
    discard()
  }

  /// Gives the finished file its name.
  ///
  /// - Throws: `output.cannot-write` if the system refuses.
  package func commit() throws(Diagnostic) {
    if isStream {
      try write(try ReadableFile(path: temporaryPath).readWhole(), to: path, flags: O_WRONLY)
      discard()
      return
    }
    let descriptor = open(temporaryPath, O_RDONLY | O_CLOEXEC)
    if descriptor >= 0 {
      fsync(descriptor)
      close(descriptor)
    }
    guard rename(temporaryPath, path) == 0 else { throw .cannotWrite(path, errno) }
    Self.unfinished.withLock { [temporaryPath] in _ = $0.remove(temporaryPath) }
  }

  /// Makes `bytes` the contents of the temporary file.
  ///
  /// - Throws: `output.cannot-write`.
  package func write(_ bytes: [UInt8]) throws(Diagnostic) {
    try write(bytes, to: temporaryPath, flags: O_WRONLY | O_TRUNC)
  }

  /// Removes the temporary files and folders of all unfinished outputs.
  package static func removeUnfinished() {
    for path in unfinished.withLock({ $0 }) { unlink(path) }
    OutputFolder.removeUnfinished()
  }

  private func discard() {
    let isUnfinished = Self.unfinished.withLock { [temporaryPath] in
      $0.remove(temporaryPath) != nil
    }
    if isUnfinished { unlink(temporaryPath) }
  }

  private func write(_ bytes: [UInt8], to path: String, flags: Int32) throws(Diagnostic) {
    let descriptor = open(path, flags | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotWrite(self.path, errno) }
    var code: Int32 = 0
    bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count, code == 0, let base = buffer.baseAddress {
        let n = Glibc.write(descriptor, base + done, buffer.count - done)
        if n >= 0 { done += n } else if errno != EINTR { code = errno }
      }
    }
    if close(descriptor) != 0 && code == 0 { code = errno }
    guard code == 0 else { throw .writeFailed(self.path, code) }
  }
}

extension ReadableFile {

  /// Returns all bytes of the file.
  fileprivate func readWhole() throws(Diagnostic) -> [UInt8] {
    try read(at: 0, count: count)
  }
}

/// Creates an empty file with a new name in the folder of `path` and returns its path.
private func createTemporary(
  beside path: String, mode: mode_t?, for output: String
) throws(Diagnostic) -> String {
  for attempt in 0..<100 {
    let candidate = "\(path).\(getpid())-\(attempt).tmp"
    let descriptor = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor < 0 && errno == EEXIST { continue }
    guard descriptor >= 0 else { throw .cannotWrite(output, errno) }
    if let mode { fchmod(descriptor, mode) }
    close(descriptor)
    return candidate
  }
  throw .cannotWrite(output, EEXIST)
}

/// Returns `path` with symbolic links followed.
private func resolved(_ path: String) -> String {
  guard let real = realpath(path, nil) else { return path }
  defer { free(real) }
  return String(cString: real)
}

/// Returns whether both paths name the same existing file.
package func isSameFile(_ a: String, _ b: String) -> Bool {
  var (x, y) = (stat(), stat())
  guard stat(a, &x) == 0, stat(b, &y) == 0 else { return false }
  return x.st_dev == y.st_dev && x.st_ino == y.st_ino
}

extension Diagnostic {

  /// Returns an error about a place where no file can be written.
  fileprivate static func cannotWrite(_ path: String, _ code: Int32) -> Diagnostic {
    .error(
      "output.cannot-write", "cannot write '\(path)': \(systemMessage(code))",
      exitCode: .cannotWrite)
  }

  /// Returns an error about a write that failed midway.
  fileprivate static func writeFailed(_ path: String, _ code: Int32) -> Diagnostic {
    .error(
      "output.write-failed", "writing '\(path)' failed: \(systemMessage(code))",
      exitCode: .inputOutput)
  }
}
