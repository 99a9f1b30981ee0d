// What can be wrong with a file, whatever its format: one factory for each message.

package import Diagnostics
internal import Glibc

extension Diagnostic {

  /// Returns an error about a file that does not exist or cannot be opened.
  package static func cannotOpen(_ path: String, _ code: Int32) -> Diagnostic {
    if code == ENOENT || code == ENOTDIR {
      return .error("file.missing", "there is no file '\(path)'", exitCode: .missingInput)
    }
    return .error(
      "file.cannot-open", "cannot open '\(path)': \(systemMessage(code))", exitCode: .missingInput)
  }

  /// Returns an error about a path that names a folder, a pipe or a device.
  static func notAFile(_ path: String, isFolder: Bool) -> Diagnostic {
    .error(
      "file.cannot-open", "'\(path)' is \(isFolder ? "a folder" : "not a regular file")",
      exitCode: .missingInput)
  }

  /// Returns an error about a read that failed.
  static func cannotRead(_ path: String, _ code: Int32) -> Diagnostic {
    .error(
      "file.cannot-read", "reading failed: \(systemMessage(code))", at: .file(path),
      exitCode: .inputOutput)
  }

  /// Returns an error about a file that is not what it was when it was first opened.
  package static func changed(_ path: String) -> Diagnostic {
    .error(
      "file.changed", "the file was changed while it was being read", at: .file(path),
      notes: ["try again when nobody writes to it"], exitCode: .inputOutput)
  }

  /// Returns an error about a file shorter than its header says.
  package static func truncated(_ name: String, needed: String, size: Int) -> Diagnostic {
    .error(
      "file.truncated", "the data end early: needed \(needed), found \(size, of: "byte")",
      at: .file(name), notes: ["the file is damaged or was not copied completely"])
  }
}

/// Returns the system's words for an error number, in lower case as messages are.
package func systemMessage(_ code: Int32) -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
  let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  return String(decoding: bytes, as: UTF8.self).lowercased()
}
