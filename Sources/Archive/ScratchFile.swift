// A file without a name for what is too large for memory; it disappears with the process, however
// that ends.

package import Diagnostics
internal import Glibc

/// A file on the disk that has no name and disappears with the value.
package final class ScratchFile: Sendable {

  /// A path under which this process, and those it forks, can open the file.
  package var path: String { "/proc/self/fd/\(descriptor)" }

  /// The size, bytes.
  package let count: Int

  private let descriptor: Int32

  /// Creates a file with all that `fill` writes, in the folder that the environment variable
  /// `TMPDIR` names or else the system's.
  ///
  /// - Throws: `data.cannot-unpack` if the disk does not take it, and what `fill` throws.
  package init(
    _ fill: ((_ piece: [UInt8]) throws(Diagnostic) -> Void) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
    var template = Array("\(folder)/spikec-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw .cannotUnpack(folder, errno) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
    var count = 0
    do throws(Diagnostic) {
      try fill { piece throws(Diagnostic) in
        try ScratchFile.write(piece, to: descriptor, folder)
        count += piece.count
      }
    } catch {
      close(descriptor)
      throw error
    }
    (self.descriptor, self.count) = (descriptor, count)
  }

  deinit {
    close(descriptor)
  }

  private static func write(
    _ bytes: [UInt8], to descriptor: Int32, _ folder: String
  ) throws(Diagnostic) {
    var written = 0
    var code: Int32 = 0
    bytes.withUnsafeBytes { buffer in
      while written < buffer.count, let base = buffer.baseAddress {
        let n = Glibc.write(descriptor, base + written, buffer.count - written)
        if n < 0 && errno == EINTR { continue }
        if n <= 0 {
          code = errno
          return
        }
        written += n
      }
    }
    guard written == bytes.count else { throw .cannotUnpack(folder, code) }
  }
}

extension Diagnostic {

  /// Returns an error about a disk that does not take what is unpacked.
  fileprivate static func cannotUnpack(_ folder: String, _ code: Int32) -> Diagnostic {
    .error(
      "data.cannot-unpack", "cannot unpack into '\(folder)': \(systemMessage(code))",
      notes: ["name a folder with space in the environment variable TMPDIR"],
      exitCode: .inputOutput)
  }
}
