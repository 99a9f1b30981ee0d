// An HDF5 file of weights: its arrays, attributes and groups, with messages that name the file
// that the user knows, also where the HDF5 file lies within an archive.

internal import Diagnostics
internal import HDF5
internal import SpikeIR

/// An HDF5 file of weights, open as long as somebody may still ask for its elements.
final class ArrayFile: Sendable {

  /// The file that the user named.
  let file: String

  /// The name of the HDF5 file within the archive; empty if it is the file itself.
  private let member: String

  private let hdf5: HDF5File

  /// Takes over `hdf5`, which is `file` or its member `member`.
  init(_ hdf5: HDF5File, file: String, member: String = "") {
    self.hdf5 = hdf5
    (self.file, self.member) = (file, member)
  }

  /// The names of attributes that readers ask for, for the trial of a file that may be damaged.
  static let attributes = [
    "model_config", "keras_version", "backend", "layer_names", "weight_names", "name", "dtype",
  ]

  /// Opens the HDF5 file at `path`.
  ///
  /// - Throws: what opening throws.
  convenience init(path: String) throws(Diagnostic) {
    self.init(
      try HDF5File(readingAt: path, attributes: ArrayFile.attributes), file: path)
  }

  /// The place of the object at `path`.
  func site(_ path: String) -> Site {
    let path = path.hasPrefix("/") ? String(path.dropFirst()) : path
    let root = member.isEmpty ? "" : member
    return .inside(file: file, path: "\(root)/\(path)")
  }

  // MARK: structure

  /// Returns what the object at `path` is, `nil` if there is none.
  func kind(of path: String) -> HDF5Kind? { hdf5.kind(of: path) }

  /// Returns the members of the group at `path`, by name.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-group`.
  func members(of path: String) throws(Diagnostic) -> [HDF5Member] {
    try located { (hdf5) throws(Diagnostic) in try hdf5.members(of: path) }
  }

  /// Returns whether the object at `path` has the attribute `name`.
  func has(_ name: String, of path: String) -> Bool { hdf5.hasAttribute(name, of: path) }

  /// Returns the string attribute `name` of the object at `path`, `nil` if there is none.
  ///
  /// - Throws: `hdf5.bad-attribute`.
  func string(_ name: String, of path: String) throws(Diagnostic) -> String? {
    guard hdf5.hasAttribute(name, of: path) else { return nil }
    return try located { (hdf5) throws(Diagnostic) in try hdf5.string(attribute: name, of: path) }
  }

  /// Returns the list attribute `name` of the object at `path`, `nil` if there is none.
  ///
  /// Long lists are split: `name0`, `name1` and so on.
  ///
  /// - Throws: `hdf5.bad-attribute`.
  func list(_ name: String, of path: String) throws(Diagnostic) -> [String]? {
    try located { (hdf5) throws(Diagnostic) in
      if hdf5.hasAttribute(name, of: path) { return try hdf5.strings(attribute: name, of: path) }
      var result: [String] = []
      var part = 0
      while hdf5.hasAttribute("\(name)\(part)", of: path) {
        result += try hdf5.strings(attribute: "\(name)\(part)", of: path)
        part += 1
      }
      return part == 0 ? nil : result
    }
  }

  // MARK: arrays

  /// Returns what the dataset at `path` is.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-dataset`.
  func info(of path: String) throws(Diagnostic) -> HDF5Dataset {
    try located { (hdf5) throws(Diagnostic) in try hdf5.info(of: path) }
  }

  /// Returns the elements of the dataset at `path` in row-major order.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-dataset`.
  func floats(_ path: String, readsBFloat16: Bool) throws(Diagnostic) -> [Float] {
    try located { (hdf5) throws(Diagnostic) in
      try hdf5.floats(path, readsBFloat16: readsBFloat16)
    }
  }

  /// Returns where in the file that the user named the elements of the dataset at `path` lie as
  /// 32-bit floating point; `nil` if they are compressed, in an archive, or stored otherwise.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-dataset`.
  func floatRange(of path: String) throws(Diagnostic) -> Range<Int>? {
    guard member.isEmpty else { return nil }
    return try located { (hdf5) throws(Diagnostic) in try hdf5.floatRange(of: path) }
  }

  /// Returns the value of `body`, with places in the file that the user named.
  private func located<T>(
    _ body: (HDF5File) throws(Diagnostic) -> T
  ) throws(Diagnostic) -> T {
    do throws(Diagnostic) {
      return try body(hdf5)
    } catch {
      throw error.inside(file, member: member)
    }
  }
}

extension Diagnostic {

  /// Returns the diagnostic about an HDF5 file placed in `member` of `file`; unchanged if the
  /// HDF5 file is the file itself.
  func inside(_ file: String, member: String) -> Diagnostic {
    guard !member.isEmpty else { return self }
    var result = self
    switch site {
    case .inside(_, let path):
      let path = path.hasPrefix("/") ? String(path.dropFirst()) : path
      result.site = .inside(file: file, path: "\(member)/\(path)")
    case .file, nil: result.site = .inside(file: file, path: member)
    case .entity, .text: break
    }
    return result
  }
}
