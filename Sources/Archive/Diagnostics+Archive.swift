// What can be wrong with files and archives: one factory for each message. The ids are those of
// data files, which are read through this module.

package import Diagnostics
internal import Glibc

extension Diagnostic {

  /// Returns an error about a file that does not exist or cannot be opened.
  package static func cannotOpen(_ path: String, _ code: Int32) -> Diagnostic {
    if code == ENOENT || code == ENOTDIR {
      return .error(
        "data.missing", "there is no file '\(path)'", exitCode: .missingInput)
    }
    return .error(
      "data.cannot-open", "cannot open '\(path)': \(systemMessage(code))", exitCode: .missingInput)
  }

  /// Returns an error about a path that names a folder or a device.
  package static func notAFile(_ path: String) -> Diagnostic {
    .error("data.cannot-open", "'\(path)' is not a regular file", exitCode: .missingInput)
  }

  /// Returns an error about a read that failed.
  package static func cannotRead(_ path: String, _ code: Int32) -> Diagnostic {
    .error(
      "data.cannot-read", "reading failed: \(systemMessage(code))", at: .file(path),
      exitCode: .inputOutput)
  }

  /// Returns an error about a file shorter than its header says.
  package static func truncated(_ name: String, needed: String, size: Int) -> Diagnostic {
    .error(
      "data.truncated", "the data end early: needed \(needed), found \(size) bytes",
      at: .file(name), notes: ["the file is damaged or was not copied completely"])
  }

  /// Returns an error about a damaged or unusual zip archive.
  package static func badZip(_ name: String, _ what: String) -> Diagnostic {
    .error("data.bad-zip", "not a readable zip archive: \(what)", at: .file(name))
  }

  /// Returns an error about damaged compressed data.
  package static func badCompression(_ name: String, _ what: String) -> Diagnostic {
    .error("data.bad-compression", "cannot decompress: \(what)", at: .file(name))
  }
}

/// Returns the system's words for an error number.
package func systemMessage(_ code: Int32) -> String {
  String(cString: strerror(code))
}
