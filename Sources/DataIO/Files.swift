// Whole files, for parts that may not use the C library themselves.

internal import Archive
package import Diagnostics
internal import FileReading
internal import Glibc
package import SpikeIR

/// Returns the contents of the file at `path`, its first `most` bytes if it is longer.
///
/// - Throws: `file.missing`, `file.cannot-open` or `file.cannot-read`.
package func readFile(_ path: String, most: Int = .max) throws(Diagnostic) -> [UInt8] {
  let file = try ReadableFile(path: path)
  return try file.read(at: 0, count: min(file.count, most))
}

/// Returns the SHA-256 of the file at `path`.
///
/// - Throws: `file.missing`, `file.cannot-open` or `file.cannot-read`.
package func fileHash(_ path: String) throws(Diagnostic) -> SHA256Digest {
  SHA256Digest(of: try readFile(path))
}

/// Returns whether there is a file or folder at `path`.
package func fileExists(_ path: String) -> Bool {
  access(path, F_OK) == 0
}
