// What can be wrong with archives and compressed data: one factory for each message. The ids are
// those of data files, which are read through this module.

package import Diagnostics

extension Diagnostic {

  /// Returns an error about a damaged or unusual zip archive.
  package static func badZip(_ name: String, _ what: String) -> Diagnostic {
    .error("data.bad-zip", "not a readable zip archive: \(what)", at: .file(name))
  }

  /// Returns an error about damaged compressed data.
  package static func badCompression(_ name: String, _ what: String) -> Diagnostic {
    .error("data.bad-compression", "cannot decompress: \(what)", at: .file(name))
  }
}
