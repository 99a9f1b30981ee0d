// What can be wrong with data files: one factory for each message.

package import Diagnostics
internal import Glibc
internal import SpikeIR

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
  static func notAFile(_ path: String) -> Diagnostic {
    .error("data.cannot-open", "'\(path)' is not a regular file", exitCode: .missingInput)
  }

  /// Returns an error about a read that failed.
  static func cannotRead(_ path: String, _ code: Int32) -> Diagnostic {
    .error(
      "data.cannot-read", "reading failed: \(systemMessage(code))", at: .file(path),
      exitCode: .inputOutput)
  }

  /// Returns an error about a file shorter than its header says.
  static func truncated(_ name: String, needed: String, size: Int) -> Diagnostic {
    .error(
      "data.truncated", "the data end early: needed \(needed), found \(size) bytes",
      at: .file(name), notes: ["the file is damaged or was not copied completely"])
  }

  /// Returns an error about a file longer than its header says.
  static func trailingBytes(_ name: String, expected: Int, found: Int) -> Diagnostic {
    .error(
      "data.trailing-bytes", "the header says \(expected) bytes of data, found \(found)",
      at: .file(name))
  }

  /// Returns an error about extents whose product does not fit a machine word.
  static func badExtents(_ name: String, _ extents: [Int]) -> Diagnostic {
    .error("data.bad-shape", "the shape \(Shape(extents)) is impossible", at: .file(name))
  }

  /// Returns an error about a damaged NumPy file.
  static func badNPY(_ name: String, _ what: String) -> Diagnostic {
    .error("data.bad-npy", "not a readable NumPy array: \(what)", at: .file(name))
  }

  /// Returns an error about elements that are not plain numbers.
  static func unsupportedType(_ name: String, _ what: String) -> Diagnostic {
    .error(
      "data.unsupported-type", "\(what) is not supported, expected plain numbers",
      at: .file(name), notes: ["convert the array, for example with .astype('float32')"])
  }

  /// Returns an error about a damaged or unusual zip archive.
  static func badZip(_ name: String, _ what: String) -> Diagnostic {
    .error("data.bad-zip", "not a readable zip archive: \(what)", at: .file(name))
  }

  /// Returns an error about damaged compressed data.
  static func badCompression(_ name: String, _ what: String) -> Diagnostic {
    .error("data.bad-compression", "cannot decompress: \(what)", at: .file(name))
  }

  /// Returns an error about a damaged PNG image.
  static func badPNG(_ name: String, _ what: String) -> Diagnostic {
    .error("data.bad-png", "not a readable PNG image: \(what)", at: .file(name))
  }

  /// Returns an error about a file in none of the known formats.
  static func unknownFormat(_ name: String) -> Diagnostic {
    .error(
      "data.unknown-format", "the format of the data is not known", at: .file(name),
      notes: ["expected .npy, .npz:name, .h5:/dataset, idx (also .gz), .png or a folder of .png"])
  }
}

/// Returns the system's words for an error number.
package func systemMessage(_ code: Int32) -> String {
  String(cString: strerror(code))
}
