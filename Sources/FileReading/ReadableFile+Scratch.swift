// A file without a name for what is too large for memory; it disappears with the process, however
// that ends.

package import Diagnostics
internal import Glibc

extension ReadableFile {

  /// Creates a file that has no name and disappears with the value, in the folder that the
  /// environment variable `TMPDIR` names or else the system's.
  ///
  /// - Parameters:
  ///   - name: what messages call the file.
  ///   - fill: is given what writes the next piece.
  /// - Returns: the file, with all that `fill` wrote.
  /// - Throws: `file.cannot-unpack` if the disk does not take it, and what `fill` throws.
  package static func scratch(
    named name: String,
    _ fill: ((_ piece: [UInt8]) throws(Diagnostic) -> Void) throws(Diagnostic) -> Void
  ) throws(Diagnostic) -> ReadableFile {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
    var template = Array("\(folder)/spikec-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw .cannotUnpack(folder, errno) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
    do throws(Diagnostic) {
      try fill { piece throws(Diagnostic) in try write(piece, to: descriptor, folder) }
    } catch {
      close(descriptor)
      throw error
    }
    return try ReadableFile(descriptor: descriptor, path: name)
  }

  private static func write(
    _ bytes: [UInt8], to descriptor: Int32, _ folder: String
  ) throws(Diagnostic) {
    var code: Int32 = 0
    bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count, code == 0, let base = buffer.baseAddress {
        let n = Glibc.write(descriptor, base + written, buffer.count - written)
        if n > 0 {
          written += n
        } else if n == 0 {
          code = ENOSPC
        } else if errno != EINTR {
          code = errno
        }
      }
    }
    guard code == 0 else { throw .cannotUnpack(folder, code) }
  }
}

extension Diagnostic {

  /// Returns an error about a disk that does not take what is unpacked.
  fileprivate static func cannotUnpack(_ folder: String, _ code: Int32) -> Diagnostic {
    .error(
      "file.cannot-unpack", "cannot unpack into '\(folder)': \(systemMessage(code))",
      notes: ["name a folder with space in the environment variable TMPDIR"],
      exitCode: .inputOutput)
  }
}
